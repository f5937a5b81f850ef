"""A second route to a model's numbers: an interpreter of the ORIGINAL model in NumPy.

It computes the file as it was read, in its own dialect, with the semantics of the release and backend that wrote it. It is written
from the sources of those frameworks and shares nothing with `upgrade` and the layer maps: where both routes lead to the same
numbers, two independent readings of the original agree.

* `values.py`, `facts.py`, `layer.py`: what a layer's function is given; `binding.py`: which stored tensor is whose;
* `graph.py`: following the calls; `registry.py`: class name -> function, per dialect;
* every other file: one family of layers. A function states where it was read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kconvert.spec import ModelSpec
from kconvert.tensor import Array
from kconvert.verify.reference.binding import bound
from kconvert.verify.reference.graph import Graph, Journal, Missing, flat
from kconvert.verify.reference.registry import rules_of
from kconvert.verify.reference.values import Value, wide

__all__ = ["Computed", "Missing", "Reference", "reference"]


@dataclass(frozen=True, slots=True, eq=False)
class Computed:
    """What the original model computes.

    Attributes:
        outputs: in the flattened order of the model's outputs; None where not computable.
        layers: name of a call (`name`, `outer/inner`, `name#1` for the second call) -> its output, a tuple of several, or
            None; empty unless kept.
        missing: what the reference lacks.
    """

    outputs: tuple[Array | None, ...]
    layers: Mapping[str, Array | tuple[Array, ...] | None]
    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """A model ready to be computed."""

    graph: Graph

    def run(self, inputs: Sequence[Array], *, keep: bool = True) -> Computed:
        """Computes the model.

        Args:
            inputs: in the flattened order of the model's inputs (a dict's sorted by key), batch first. They are cast to the
                types that the model declares.
            keep: also what every layer gives.

        Raises:
            ValueError: there are more or fewer inputs than the model has.
        """
        ports = flat(self.graph.spec.inputs)
        if len(ports) != len(inputs):
            raise ValueError(f"the model has {len(ports)} inputs, {len(inputs)} were given")
        journal = Journal(keep)
        given = [Value(self._cast(port.layer, array)) for port, array in zip(ports, inputs, strict=True)]
        with np.errstate(all="ignore"):
            outputs = self.graph.run(given, journal)
        layers = {
            name: None if made is None else made[0].array if len(made) == 1 else tuple(v.array for v in made)
            for name, made in journal.outputs.items()
        }
        return Computed(tuple(None if v is None else v.array for v in outputs), layers, tuple(journal.missing))

    def _cast(self, name: str, array: Array) -> Array:
        """An input as the model's placeholder holds it."""
        array = np.asarray(array)
        config = self.graph.spec.layer(name).config
        declared = config.get("dtype") or config.get("input_dtype") or "float32"
        if array.dtype.kind not in "biuf" or not isinstance(declared, str) or declared == "string":
            return array
        dtype = np.dtype("float32" if declared == "bfloat16" else declared)
        return wide(array.astype(dtype))


def reference(spec: ModelSpec) -> Reference:
    """Prepares a model; reads no tensor."""
    layers = bound(spec, rules_of(spec))
    return Reference(Graph(spec, (), layers))
