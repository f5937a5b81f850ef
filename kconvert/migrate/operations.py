"""Calls of K.*, tf.* and theano.tensor.* -> keras.ops, by the table of operations (`layer_maps/operations/`)."""

from __future__ import annotations

from typing import Any

import libcst as cst

from kconvert.migrate.syntax import code, expr, keyword, literal, spaced
from kconvert.upgrade.map_format import value_key
from kconvert.upgrade.operations.table import Function, Source, SourceRow, operation_table

_UNSAID = ("name",)


def rows(path: str) -> list[Function | SourceRow]:
    """The rows that a function may be: of today's TensorFlow first, then of version 1."""
    table = operation_table()
    if path.startswith("tensorflow."):
        key = path.removeprefix("tensorflow.")
        names = [key, f"compat.v1.{key}"]
    else:
        names = [path]
    found: list[Function | SourceRow] = []
    for name in names:
        found += [t[name] for t in (table.sources, table.functions) if name in t]
    return found


def source_of(row: Function | SourceRow) -> Source | None:
    """What the row says of source code; None if nothing."""
    if row.source is not None:
        return None if row.source.reject else row.source
    if isinstance(row, Function) and row.becomes is not None:
        return Source(becomes=row.becomes, operands=row.operands, rename=row.rename, absent=row.absent, set=row.set)
    return None


def whole_name(becomes: str) -> str:
    """`sum` -> `keras.ops.sum`; a whole name as it is."""
    return becomes if becomes.startswith("keras.") else f"keras.ops.{becomes}"


class Unbound(Exception):
    """A call that the row cannot say; the text is the reason."""


def target(source: Source) -> str:
    """What the bare function becomes: `@name` for a helper, else a whole name."""
    return whole_name(source.becomes) if source.becomes else f"@{source.helper}"


def arguments(row: Function | SourceRow, source: Source, node: cst.Call) -> tuple[str, list[cst.Arg]]:
    """The target (as of `target`) and the arguments of the new call.

    Raises:
        Unbound: an argument that the row does not account for.
    """
    names = list(row.arguments)
    if any(a.star for a in node.args):
        if source.becomes and source.operands and not source.operands[-1].startswith("*"):
            raise Unbound("arguments given as a list")
        return target(source), list(node.args)
    given = _given(row, source, node, names)
    if source.helper and not (source.becomes and _plain(given, source)):
        return f"@{source.helper}", _for_helper(node, source, names)
    return whole_name(source.becomes or ""), _for_operation(row, source, given)


def _given(row: Any, source: Source, node: cst.Call, names: list[str]) -> dict[str, cst.Arg]:
    given: dict[str, cst.Arg] = {}
    place = 0
    for arg in node.args:
        if arg.keyword is not None:
            name = arg.keyword.value
            if name not in names and name not in source.rename and name not in _UNSAID:
                raise Unbound(f"its argument {name}")
            given[name] = arg
            continue
        if place < len(names) and not names[place].startswith("*"):
            given[names[place]] = arg
        elif names and names[-1].startswith("*"):
            given[f"*{place}"] = arg
        else:
            raise Unbound(f"{len(node.args)} arguments")
        place += 1
    return given


def _plain(given: dict[str, cst.Arg], source: Source) -> bool:
    """Are only the operands given, none of them None?"""
    meant = {n for n in given if n not in _UNSAID}
    return meant <= set(source.operands) and all(
        n in given and literal(given[n].value) is not None for n in source.operands
    )


def _for_helper(node: cst.Call, source: Source, names: list[str]) -> list[cst.Arg]:
    return [
        a.with_changes(keyword=cst.Name(source.rename[a.keyword.value]))
        if a.keyword is not None and a.keyword.value in source.rename
        else a
        for a in node.args
    ]


def _for_operation(row: Function | SourceRow, source: Source, given: dict[str, cst.Arg]) -> list[cst.Arg]:
    result: list[cst.Arg] = []
    stopped = False
    for name in source.operands:
        if name.startswith("*"):
            result += [arg for key, arg in given.items() if key.startswith("*")]
        elif name in given and not stopped:
            arg = given[name]
            result.append(arg.with_changes(keyword=None, equal=cst.MaybeSentinel.DEFAULT))
        else:
            stopped = True
    done = {n for n in source.operands if n in given}
    only = row.only if isinstance(row, Function) else {}
    ignore = row.ignore if isinstance(row, Function) else ()
    values: dict[str, dict[str, Any]] = row.values if isinstance(row, Function) else {}
    for name, arg in given.items():
        if name in done or name in _UNSAID or name in ignore or name.startswith("*"):
            continue
        value = literal(arg.value)
        if name in only:
            if value not in only[name]:
                raise Unbound(f"its argument {name}={code(arg.value)}")
            continue
        if value is None and name in source.rename:
            continue
        node: cst.BaseExpression = arg.value
        if name in values and value is not ... and value_key(value) in values[name]:
            node = expr(repr(values[name][value_key(value)]))
        new = source.rename.get(name, name)
        if arg.keyword is not None:
            result.append(arg.with_changes(keyword=cst.Name(new), value=node))
        else:
            result.append(keyword(new, node).with_changes(comma=arg.comma))
    said = {a.keyword.value for a in result if a.keyword is not None}
    for name, default in {**source.absent, **source.set}.items():
        if source.rename.get(name, name) not in said and name not in given:
            result.append(keyword(source.rename.get(name, name), repr(default)))
    return spaced(result)
