"""The tensors of a layer of the user's own -> its variables, by name, place in the layer, and order of creation.

A file names a tensor after its variable, and after the layers above it in some releases, with numbers that count otherwise
today (`dense_7/kernel:0`, `kernel_1:0`); or it says attribute and number (`att/query_dense/0`). Each way of comparing is
tried for all tensors of the layer together, the strictest first: one that gives every variable exactly one tensor of its
shape is taken. Where none does, nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from kconvert.errors import Problem, ShapeMismatch, UnusedTensor
from kconvert.spec import LayerSpec
from kconvert.tensor import Tensor
from kconvert.variables import STATES

Key = tuple[Any, ...]
UNNAMED = re.compile(r"(param|variable)(_\d+)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Named:
    """A tensor or variable: the parts of its name below the layer, the last one its own; `item` is itself."""

    parts: tuple[str, ...]
    shape: tuple[int, ...]
    item: Any


def custom_pairs(spec: LayerSpec, layer: Any, others: Sequence[Any] = ()) -> list[tuple[Any, Tensor]]:
    """Variable and tensor, for every tensor of the spec.

    Args:
        others: variables of layers inside that the spec tells apart.

    Raises:
        UnusedTensor, ShapeMismatch: they do not fit each other; the message names both sides.
    """
    taken = {id(variable) for variable in others}
    variables = [v for v in _variables(layer, ()) if id(v.item) not in taken]
    tensors = [Named(_parts(t.name, spec.name), t.shape, t) for t in spec.tensors.values()]
    by_address = _by_address(spec.tensors, layer)
    if by_address is not None:
        return by_address
    twins = _twins(tensors)
    if twins:
        pairs = custom_pairs(
            replace(spec, tensors={t.item.name: t.item for t in tensors if t.item.name not in twins}), layer, others
        )
        return pairs + [
            (variable, tensor) for name, (tensor, first) in twins.items() for variable, t in pairs if t is first
        ]
    if len(variables) != len(tensors):
        raise _problem(UnusedTensor, spec, variables, tensors, f"{len(tensors)} tensors and {len(variables)} variables")
    for compared in COMPARED:
        found = _matched(variables, tensors, compared)
        if found is not None:
            return found
    if _says_nothing(tensors) or _says_other_names(variables, tensors):
        ordered = list(zip(_trained_first(variables), tensors, strict=True))
        if all(v.shape == t.shape for v, t in ordered):
            return [(v.item, t.item) for v, t in ordered]
    raise _problem(ShapeMismatch, spec, variables, tensors, "no way to tell which is which fits names and shapes")


TWIN = re.compile(r"^(.*)b'([^']+)'_\d+$")


def _twins(tensors: Sequence[Named]) -> dict[str, tuple[Tensor, Tensor]]:
    """Name -> a tensor that is stored a second time, and the first one.

    A layer whose `_trainable_weights` were set by hand lists those of its sublayers twice in Keras 2.3, which numbers the
    names of the second ones (keras 2.3.1 engine/saving.py `_uniquify`).
    """
    known = {t.item.name: t.item for t in tensors}
    found: dict[str, tuple[Tensor, Tensor]] = {}
    for name, tensor in known.items():
        twin = TWIN.match(name)
        first = known.get(f"{twin[1]}{twin[2]}") if twin else None
        if first is not None and np.array_equal(first.read(), tensor.read(), equal_nan=True):
            found[name] = (tensor, first)
    return found


def _variables(layer: Any, above: tuple[str, ...]) -> Iterator[Named]:
    """In the order of creation, layer by layer; states and seeds left out."""
    inside = layer._flatten_layers(recursive=False, include_self=False)
    below = {id(v) for held in inside for v in held.weights}
    seen: set[int] = set()
    for variable in layer.weights:
        if id(variable) not in below and variable.name not in STATES:
            yield Named((*above, variable.name), tuple(variable.shape), variable)
    for held in inside:
        for named in _variables(held, (*above, held.name)):
            if id(named.item) not in seen:
                seen.add(id(named.item))
                yield named


def _parts(name: str, layer: str) -> tuple[str, ...]:
    """`scope/att_1/att_1/dense_7/kernel:0` -> `dense_7`, `kernel`."""
    parts = re.sub(r":\d+$", "", name).split("/")
    places = [n for n, part in enumerate(parts[:-1]) if part == layer]
    return tuple(parts[places[-1] + 1 :] if places else parts[-1:])


def _plain(part: str) -> str:
    """Without the number that a framework counted."""
    return re.sub(r"(_\d+)+$", "", part).lower()


def _number(part: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"_(\d+)", re.sub(r"^.*?((?:_\d+)*)$", r"\1", part)))) or (0,)


COMPARED: tuple[tuple[Callable[[Named], Key], Callable[[Named], Key]], ...] = (
    (lambda n: n.parts, lambda n: ()),
    (lambda n: n.parts[-1:], lambda n: ()),
    (lambda n: tuple(map(_plain, n.parts)), lambda n: tuple(map(_number, n.parts))),
    (lambda n: (_plain(n.parts[-1]),), lambda n: ()),
)
"""What must be equal, and by what those are put in order for which it is; () is the order of the file and of creation."""


def _matched(
    variables: Sequence[Named],
    tensors: Sequence[Named],
    compared: tuple[Callable[[Named], Key], Callable[[Named], Key]],
) -> list[tuple[Any, Tensor]] | None:
    same, place = compared
    is_exact = compared in COMPARED[:2]
    left, right = _grouped(variables, same), _grouped(tensors, same)
    if left.keys() != right.keys():
        return None
    pairs: list[tuple[Any, Tensor]] = []
    for key, some in left.items():
        others = right[key]
        if len(some) != len(others) or (is_exact and len(some) > 1):
            return None
        for v, t in zip(sorted(some, key=place), sorted(others, key=place), strict=True):
            if v.shape != t.shape:
                return None
            pairs.append((v.item, t.item))
    return pairs


def _grouped(named: Sequence[Named], same: Callable[[Named], Key]) -> Mapping[Key, list[Named]]:
    groups: dict[Key, list[Named]] = {}
    for one in named:
        groups.setdefault(same(one), []).append(one)
    return groups


def _says_nothing(tensors: Sequence[Named]) -> bool:
    return all(UNNAMED.fullmatch(t.parts[-1]) for t in tensors)


def _says_other_names(variables: Sequence[Named], tensors: Sequence[Named]) -> bool:
    """No tensor has a name that some variable has: what was one name then is another now, and order alone is left."""
    return not {_plain(v.parts[-1]) for v in variables} & {_plain(t.parts[-1]) for t in tensors}


def _trained_first(variables: Sequence[Named]) -> list[Named]:
    """As every Keras lists the weights of a layer: those that are trained, then the others."""
    return sorted(variables, key=lambda v: not v.item.trainable)


def _by_address(tensors: Mapping[str, Tensor], layer: Any) -> list[tuple[Any, Tensor]] | None:
    """The variables that attributes and numbers lead to; None where one leads nowhere, or two to the same."""
    pairs = []
    for address, tensor in tensors.items():
        variable = _at(layer, address.split("/"))
        if variable is None or tuple(variable.shape) != tensor.shape:
            return None
        pairs.append((variable, tensor))
    return pairs if len({id(v) for v, _ in pairs}) == len(pairs) else None


def _at(place: Any, address: Sequence[str]) -> Any:
    for part in address:
        place = _inside(place, part)
        if place is None:
            return None
    return place if hasattr(place, "assign") and hasattr(place, "shape") else None


def _inside(place: Any, part: str) -> Any:
    """What an object holds under this attribute, number or name, in the words of checkpoints and of `.keras` files."""
    if isinstance(place, Mapping):
        return place.get(part)
    if isinstance(place, list | tuple):
        return _in_list(place, part)
    if part.isdigit():
        below = {id(v) for held in place._flatten_layers(recursive=False, include_self=False) for v in held.weights}
        own = [v for v in place.weights if id(v) not in below and v.name not in STATES]
        return own[int(part)] if int(part) < len(own) else None
    if hasattr(place, "layers"):
        layers = [one for one in place.layers if type(one).__name__ != "InputLayer"]
        if part == "layers":
            return layers
        if found := re.fullmatch(r"layer(_with_weights)?-(\d+)", part):
            some = [one for one in layers if one.weights] if found[1] else layers
            return some[int(found[2])] if int(found[2]) < len(some) else None
    names = (part, f"_{part}", part.lstrip("_"))
    return next((found for name in names if (found := getattr(place, name, None)) is not None), None)


def _in_list(place: Sequence[Any], part: str) -> Any:
    """By number, or by class and number: `dense`, `dense_1`."""
    if part.isdigit():
        return place[int(part)] if int(part) < len(place) else None
    counted: dict[str, int] = {}
    for one in place:
        name = re.sub(
            r"([a-z0-9])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", type(one).__name__)
        ).lower()
        number = counted[name] = counted.get(name, -1) + 1
        if part == (f"{name}_{number}" if number else name):
            return one
    return None


def _problem(
    kind: type[Problem], spec: LayerSpec, variables: Sequence[Named], tensors: Sequence[Named], what: str
) -> Problem:
    code = ", ".join(f"{'/'.join(v.parts)} {v.shape}" for v in variables) or "none"
    file = ", ".join(f"{t.item.name} {t.shape}" for t in tensors) or "none"
    return kind(f"{what}: the custom code makes {code}; the file has {file}", class_name=spec.class_name)
