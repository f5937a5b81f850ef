"""The table of TensorFlow functions (`layer_maps/operations/`), as validated, typed values."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from kconvert.errors import MapError
from kconvert.map_files import StrictLoader, layer_maps_folder


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Form):
    """What a call becomes in Python source, where that is not what `becomes` of the row says.

    Attributes:
        becomes: a function of `keras.ops`, or the whole path of another one (`keras.random.normal`).
        helper: a function of `kconvert/migrate/emitted/`, called as the old one was. Beside `becomes`: for a call that gives
            more than the operands.
        operands: as in a Function: what `becomes` takes first, by position; `*values` takes all that follow.
        rename: parameter -> its name in `becomes` or `helper`.
        absent: parameter -> the value that a call without it means.
        set: arguments with a fixed value.
        reject: why it stays as it is.
    """

    becomes: str | None = None
    helper: str | None = None
    operands: tuple[str, ...] = ()
    rename: dict[str, str] = Field(default_factory=dict)
    absent: dict[str, Any] = Field(default_factory=dict)
    set: dict[str, Any] = Field(default_factory=dict)
    reject: str | None = None


class SourceRow(_Form):
    """A function that only source code calls: no model file holds it."""

    arguments: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    source: Source


class Function(_Form):
    """One function: what it is called with, and the stock operation or rule that it becomes.

    Attributes:
        becomes: a function of `keras.ops`; or else `rule`, a name in `kconvert/upgrade/operations/rules/`.
        also: further names of the same function, with the same arguments.
        use: a shared group of words.
        arguments: all parameters, in the order of the signature.
        operands: those that the stock operation takes first, by position.
        rename: parameter -> the name that the stock operation, or the rule, has for it.
        absent: parameter -> the value that a call without it means, where the stock operation's default is another.
        values: parameter -> table of old value -> new value.
        only: parameter -> the values that it may have; another is refused, these are left out.
        ignore: parameters without influence on the numbers (`name` always is one).
        set: arguments of the stock operation with a fixed value.
        reject: why there is no exact equivalent.
        source: what a call of it in Python source becomes, where the words above do not say it.
    """

    source: Source | None = None
    becomes: str | None = None
    rule: str | None = None
    also: tuple[str, ...] = ()
    use: str | None = None
    arguments: tuple[str, ...] = ()
    operands: tuple[str, ...] = ()
    rename: dict[str, str] = Field(default_factory=dict)
    absent: dict[str, Any] = Field(default_factory=dict)
    values: dict[str, dict[str, Any]] = Field(default_factory=dict)
    only: dict[str, tuple[Any, ...]] = Field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    set: dict[str, Any] = Field(default_factory=dict)
    reject: str | None = None


class Node(_Form):
    """One operation of a TensorFlow graph, as a call of a function of the table.

    Attributes:
        function: that function's name.
        inputs: the function's parameters that the operation's inputs are; `*values` takes any number.
        attributes: attribute of the operation -> parameter of the function.
    """

    function: str
    inputs: tuple[str, ...]
    attributes: dict[str, str] = Field(default_factory=dict)

    @field_validator("inputs")
    @classmethod
    def _one_star(cls, inputs: tuple[str, ...]) -> tuple[str, ...]:
        if sum(name.startswith("*") for name in inputs) > 1:
            raise ValueError("only one of the inputs can be of any number")
        return inputs


class TableFile(_Form):
    """One YAML file of the table."""

    shared: dict[str, Function] = Field(default_factory=dict)
    functions: dict[str, Function] = Field(default_factory=dict)
    nodes: dict[str, Node] = Field(default_factory=dict)
    sources: dict[str, SourceRow] = Field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """Everything that is known, `use` resolved and `also` spelled out.

    Attributes:
        functions: every name -> what it becomes.
        nodes: operation of a graph -> the call that it is.
        rows: the names that have a row of their own; the others are listed in `also`.
        sources: what only source code calls, by every name.
    """

    functions: Mapping[str, Function]
    nodes: Mapping[str, Node]
    rows: tuple[str, ...]
    sources: Mapping[str, SourceRow]


@functools.cache
def operation_table() -> Table:
    """The built-in table.

    Raises:
        MapError: a file is malformed, says something twice, or names what is not there.
    """
    functions: dict[str, Function] = {}
    nodes: dict[str, Node] = {}
    rows: list[str] = []
    sources: dict[str, SourceRow] = {}
    for path in sorted((layer_maps_folder() / "operations").glob("*.yaml")):
        form = load_table(path)
        for name, function in form.functions.items():
            resolved = _resolved(function, form.shared, f"{path}: {name}")
            rows.append(name)
            for alias in (name, *function.also):
                if alias in functions:
                    raise MapError(f"{path}: {alias} is there already")
                functions[alias] = resolved
        nodes |= form.nodes
        for name, row in form.sources.items():
            for alias in (name, *row.also):
                if alias in sources:
                    raise MapError(f"{path}: {alias} is there already")
                sources[alias] = row
    for operation, node in nodes.items():
        known = functions.get(node.function)
        used = {*(n.lstrip("*") for n in node.inputs), *node.attributes.values()}
        if known is None or not used <= set(known.arguments):
            raise MapError(f"{operation}: {node.function} is not there, or has no such arguments")
    return Table(functions, nodes, tuple(rows), sources)


def load_table(path: Path) -> TableFile:
    """One file, validated.

    Raises:
        MapError: not YAML, a key twice, an unknown word, or a value of the wrong form; the message names all of them.
    """
    try:
        return TableFile.model_validate(yaml.load(path.read_text(encoding="utf-8"), Loader=StrictLoader))
    except (yaml.YAMLError, RecursionError) as error:
        raise MapError(f"{path}: {error}") from None
    except ValidationError as error:
        lines = [f"{path}: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise MapError("\n".join(lines)) from None


def _resolved(function: Function, shared: Mapping[str, Function], where: str) -> Function:
    base: dict[str, Any] = {}
    if function.use is not None:
        if function.use not in shared:
            raise MapError(f"{where}: `use` names {function.use!r}, which the file does not share")
        base = shared[function.use].model_dump(exclude_unset=True)
    whole = Function(**{**base, **function.model_dump(exclude_unset=True), "use": None})
    if sum(word is not None for word in (whole.becomes, whole.rule, whole.reject)) != 1:
        raise MapError(f"{where}: says not exactly one of becomes, rule, reject")
    named = {*whole.operands, *whole.rename, *whole.absent, *whole.values, *whole.only, *whole.ignore}
    if not named <= set(whole.arguments):
        raise MapError(f"{where}: {sorted(named - set(whole.arguments))} are not among its arguments")
    return whole
