"""Arguments of stock classes inside code, by the layer maps: `Convolution2D(nb_filter=8)` -> `Conv2D(filters=8)`."""

from __future__ import annotations

import libcst as cst

from kconvert.migrate.names import CLASS_SECTIONS, hops
from kconvert.migrate.syntax import code, expr, keyword, literal, spaced
from kconvert.upgrade.map_format import Entry, value_key

CODE = "Lambda: .keras holds its function as code, which Keras loads with safe_mode=False alone; a layer of one's own is better"
LEFT_ALONE = ("name", "input_shape", "weights", "trainable", "dtype", "input_dim", "batch_input_shape", "input_length")


def upgraded(name: str, node: cst.Call) -> tuple[list[cst.Arg], list[str]]:
    """The arguments for today's class, and remarks about those that could not be brought over."""
    args, remarks = list(node.args), list[str]()
    for hop in hops():
        entry = next((e for s in CLASS_SECTIONS if (e := hop.find(s, name))), None)  # type: ignore[arg-type]
        if entry is None:
            continue
        if entry.reject is not None:
            remarks.append(CODE if name == "Lambda" else f"{name}: {entry.reject.because}")
            continue
        args = _packed(entry, args)
        args, more = _renamed(name, entry, args)
        remarks += more
        name = entry.becomes or name
    return (spaced(args) if args != list(node.args) else args), remarks


def _packed(entry: Entry, args: list[cst.Arg]) -> list[cst.Arg]:
    for new, olds in entry.pack.items():
        by_name = {a.keyword.value: a for a in args if a.keyword is not None}
        plain = [a for a in args if a.keyword is None and not a.star]
        if all(o in by_name for o in olds):
            text = f"({', '.join(code(by_name[o].value) for o in olds)})"
            at = args.index(by_name[olds[0]])
            args = [a for a in args if a not in [by_name[o] for o in olds]]
            args.insert(at, keyword(new, text))
        elif len(plain) > len(olds) and new == "kernel_size":  # Convolution2D(nb_filter, nb_row, nb_col)
            values = plain[1 : 1 + len(olds)]
            text = f"({', '.join(code(a.value) for a in values)})"
            at = args.index(values[0])
            args = [a for a in args if a not in values]
            args.insert(at, cst.Arg(expr(text)))
    return args


def _renamed(name: str, entry: Entry, args: list[cst.Arg]) -> tuple[list[cst.Arg], list[str]]:
    result, remarks = list[cst.Arg](), list[str]()
    for arg in args:
        old = None if arg.keyword is None else arg.keyword.value
        if old is None:
            result.append(arg)
            continue
        value = literal(arg.value)
        table = entry.values.get(old, {})
        if value is not ... and value_key(value) in table:
            arg = arg.with_changes(value=expr(repr(table[value_key(value)])))
        if old in entry.rename:
            result.append(arg.with_changes(keyword=cst.Name(entry.rename[old])))
        elif old in entry.drop and old not in LEFT_ALONE:
            allowed = entry.drop[old].if_default
            if allowed is not None and value not in allowed:
                remarks.append(f"{name}({old}={code(arg.value)}): {entry.drop[old].because}")
                result.append(arg)
        else:
            result.append(arg)
    return result, remarks
