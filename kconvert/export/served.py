"""By which names callers give a converted model its inputs and take its outputs: those that the original had."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kconvert.spec import ModelSpec, Nest, ports_in_keras_order


@dataclass(frozen=True, slots=True)
class Served:
    """Names of inputs and outputs, in the order in which Keras flattens them.

    Attributes:
        is_kept: False where the source's serving signature has names that are not those of its layers.
    """

    inputs: list[str]
    outputs: list[str]
    is_kept: bool = True


def served_names(spec: ModelSpec, renamed: Mapping[str, str]) -> Served:
    """The names as the file has them: those of its signature, or else of the layers, legal as today's Keras wants them."""
    inputs, inputs_kept = _served(spec.inputs, renamed, spec.signature.inputs if spec.signature else None)
    outputs, outputs_kept = _served(spec.outputs, renamed, spec.signature.outputs if spec.signature else None)
    return Served(inputs, outputs, inputs_kept and outputs_kept)


def _served(nest: Nest, renamed: Mapping[str, str], signed: Mapping[str, str] | None) -> tuple[list[str], bool]:
    ports = list(ports_in_keras_order(nest))
    names = _numbered(renamed.get(port.layer, port.layer) for port in ports)
    if signed is None or set(names) == set(signed):
        return names, True
    if len(signed) == len(names) == 1:
        return list(signed), True
    originals = _numbered(port.layer for port in ports)
    if set(originals) == set(signed):
        return originals, True
    return names, False


def _numbered(wanted: Iterable[str]) -> list[str]:
    """Numbers where one layer gives several."""
    names: list[str] = []
    for want in wanted:
        name, number = want, 0
        while name in names:
            number += 1
            name = f"{want}_{number}"
        names.append(name)
    return names
