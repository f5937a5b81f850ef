"""Which value of a call is which parameter of the function? Strict: each is used, or known to mean nothing, or a problem."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kconvert.errors import BrokenGraph, MissingTensor, Rejected, UnknownArgument, UnknownOperation
from kconvert.spec import Port
from kconvert.upgrade.map_format import value_key
from kconvert.upgrade.operations.lengths import Length
from kconvert.upgrade.operations.table import Function, Table

IRRELEVANT_ATTRIBUTES = frozenset(
    ["N", "num_split", "Truncate", "incompatible_shape_error", "validate_indices", "use_cudnn_on_gpu", "_cloned", "_class",
     "explicit_paddings", "bad_indices_policy"]
)  # fmt: skip


def function_named(name: str, table: Table) -> Function:
    """The row of a function.

    Raises:
        UnknownOperation: there is none.
        Rejected: it says why there is no equivalent.
    """
    found = table.functions.get(name)
    if found is None:
        raise UnknownOperation(f"the TensorFlow function tf.{name} is not in the table of operations")
    if found.reject is not None:
        raise Rejected(f"tf.{name}: {found.reject}")
    return found


def of_node(
    operation: str, attributes: Mapping[str, Any], inputs: Sequence[Any], table: Table
) -> tuple[str, dict[str, Any]]:
    """The function that an operation of a TensorFlow graph is a call of, and that call's arguments by name.

    Raises:
        UnknownOperation: the table does not have the operation.
        UnknownArgument: it has an attribute that the table does not account for.
        BrokenGraph: too many or too few inputs.
    """
    node = table.nodes.get(operation)
    if node is None:
        raise UnknownOperation(f"the TensorFlow operation {operation} is not in the table of operations")
    values = list(inputs)
    arguments: dict[str, Any] = {}
    star = next((n for n, name in enumerate(node.inputs) if name.startswith("*")), None)
    if star is not None:
        behind = len(node.inputs) - star - 1
        values[star : len(values) - behind] = [values[star : len(values) - behind]]
    if len(values) != len(node.inputs):
        raise BrokenGraph(f"{operation} takes {len(node.inputs)} inputs, not {len(values)}")
    arguments |= {name.lstrip("*"): value for name, value in zip(node.inputs, values, strict=True)}
    for name, value in attributes.items():
        target = node.attributes.get(name)
        if name == "explicit_paddings" and value:
            arguments["padding"] = [value[n : n + 2] for n in range(0, len(value), 2)]
            continue
        if target is not None:
            arguments.setdefault(target, value)
        elif not (_is_type(name) or name in IRRELEVANT_ATTRIBUTES) and value not in (None, [], False):
            raise UnknownArgument(f"{operation}: the table does not account for {name}={value!r}", argument=name)
    return node.function, arguments


def _is_type(attribute: str) -> bool:
    """`T`, `Tidx`, `SrcT`, `out_type`: which kernel ran; the tensors say it as well."""
    return attribute in ("T", "DstT", "SrcT", "Index") or attribute.startswith("T") or attribute.endswith("_type")


def bound(function: Function, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """The operands by position and the other arguments by the names that the stock operation or rule has for them.

    Raises:
        UnknownArgument: an argument that the function does not have, or a value that the table does not know.
        Rejected: a value that has no equivalent.
        MissingTensor: an operand is not there.
    """
    names = [name.lstrip("*") for name in function.arguments]
    if function.arguments and function.arguments[-1].startswith("*"):  # any number of them
        args = [*args[: len(names) - 1], list(args[len(names) - 1 :])]
    if len(args) > len(names):
        raise UnknownArgument(f"{len(args)} arguments where the function takes {len(names)}")
    given = dict(zip(names, args, strict=False))
    for name, value in kwargs.items():
        if name not in names and name != "name":
            raise UnknownArgument(f"no row accounts for the argument {name}={value!r}", argument=name)
        given[name] = value
    operands = function.operands if function.rule is None else ()  # a rule takes everything by name
    settings: dict[str, Any] = dict(function.set)
    for name, value in {**function.absent, **given}.items():
        if name == "name" or name in function.ignore or name in operands:
            continue
        if name in function.only:
            if value not in function.only[name]:
                raise Rejected(f"{name}={value!r} has no equivalent", argument=name)
            continue
        if name in function.rename and value is None:
            continue  # the older of two names for the same argument
        settings[function.rename.get(name, name)] = _value(function, name, value)
    missing = [name for name in function.operands if given.get(name) is None]
    if missing:
        raise MissingTensor(f"the file does not say what its argument {missing[0]} was")
    return [given[name] for name in operands], settings


def _value(function: Function, name: str, value: Any) -> Any:
    table = function.values.get(name)
    if table is None or value_key(value) not in table:
        if table is not None and not isinstance(value, int | Port | Length | np.ndarray):
            raise UnknownArgument(f"{name}={value!r} is not a value that the table knows", argument=name)
        return value
    return table[value_key(value)]
