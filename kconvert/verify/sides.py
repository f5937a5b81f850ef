"""The original and the other file: which input, output and layer of one is which of the other."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kconvert.axes import NO_ORDER, Order
from kconvert.errors import VerificationFailed
from kconvert.spec import ModelSpec, walk
from kconvert.tensor import Array
from kconvert.verify.inputs import Wanted, wanted_inputs
from kconvert.verify.naming import counterparts, same_names, uncounted


@dataclass(frozen=True, slots=True)
class Sides:
    """What is compared.

    Attributes:
        original: the model as it was read.
        facts: what the judge says of the other file, which it has loaded.
        input_names, output_names: of the original.
        renamed: old -> new names of layers, where they differ.
        moved: layers of the original whose outputs layers of other names give.
        order: where the axes of the other file's tensors are not where the original's are.
    """

    original: ModelSpec
    facts: Mapping[str, Any]
    input_names: Sequence[str]
    output_names: Sequence[str]
    renamed: Mapping[str, str] = field(default_factory=dict)
    moved: Collection[str] = ()
    order: Order = NO_ORDER

    def check(self) -> None:
        """A model without a graph says nothing of its inputs and outputs.

        Raises:
            VerificationFailed: the other file has another number of inputs or outputs.
        """
        inputs, outputs = self.facts["inputs"], self.facts["outputs"]
        if inputs and (len(inputs), len(outputs)) != (len(self.input_names), len(self.output_names)):
            raise VerificationFailed(
                f"it has {len(inputs)} inputs and {len(outputs)} outputs, the original "
                f"{len(self.input_names)} and {len(self.output_names)}"
            )

    @property
    def input_order(self) -> list[int]:
        """For each input of the other file, which of the original's it is."""
        found = [name for name, *_ in self.facts["inputs"]]
        order = same_names(self.input_names, found)
        return [order.index(n) for n in range(len(order))]

    @property
    def output_order(self) -> list[int]:
        """For each output of the original, which of the other file's it is."""
        return same_names(self.output_names, self.facts["outputs"])

    def wanted(self) -> list[Wanted]:
        """The inputs of the original, completed by what the other file says of them."""
        found = [(name, tuple(shape), dtype) for name, shape, dtype in self.facts["inputs"]]
        order = same_names(self.input_names, [name for name, *_ in found])
        return wanted_inputs(
            self.original, [self._as_before(n, *found[m]) for n, m in enumerate(order)] if found else []
        )

    def _as_before(self, number: int, name: str, shape: tuple[int | None, ...], dtype: str) -> Any:
        layout = self.order.given(number)
        if layout.is_turned and len(layout.axes) == len(shape):
            shape = tuple(shape[a] for a in layout.back)
        return name, shape, dtype

    def nodes(self, counts: Mapping[str, int]) -> dict[str, str]:
        """The nodes of the other file that stand for these calls, where there are such with as many outputs.

        Args:
            counts: all calls that lead to outputs -> how many outputs they have; 0: it is not asked for.
        """
        found = self.facts["nodes"]
        paths = {"/".join((*parents, la.name)): (*parents, la.name) for parents, la in walk(self.original)}
        nodes = counterparts(counts, found, self.renamed, paths)
        wanted = {name: node for name, node in nodes.items() if counts[name] and uncounted(name) not in self.moved}
        return {name: node for name, node in wanted.items() if len(found[node]) == counts[name]}

    def classes(self) -> dict[str, str]:
        """Layer of the original, with its parents -> class."""
        return {"/".join((*parents, la.name)): la.class_name for parents, la in walk(self.original)}

    def numbers(self, arrays: Sequence[Array]) -> int:
        """About how many numbers all layers together give for these inputs."""
        pairs = [
            (n, s) for a, w in zip(arrays, self.wanted(), strict=True) for n, s in zip(a.shape, w.shape, strict=False)
        ]
        longest = max((n for n, said in pairs[1:] if said is None), default=1)
        shapes = [shape for outputs in self.facts["nodes"].values() for shape in outputs]
        examples = arrays[0].shape[0]
        return sum(examples * math.prod(longest if n is None else n for n in shape[1:]) for shape in shapes)
