"""A layer that can be computed: its config in the file's own words, its tensors, and the function for its class."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from kconvert.spec import Config, Tensor
from kconvert.tensor import Array
from kconvert.verify.reference.facts import Facts, Lacking, Undecided
from kconvert.verify.reference.values import Result, agree, wide

if TYPE_CHECKING:
    from kconvert.verify.reference.graph import Graph

LARGE = 16 << 20  # bytes of a matrix that is multiplied as a whole

Function = Callable[..., Result]
"""`function(layer, *args, **kwargs)`: the arguments of the call, a `Value` wherever a tensor stood."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One tensor that a class keeps.

    Attributes:
        name: the last part of its name in the file: `kernel`; `W` for `dense_1_W`; `query_dense/kernel` below an attribute.
        trainable: False for statistics and the like, which containers list last.
    """

    name: str
    trainable: bool = True


def no_slots(layer: Layer) -> tuple[Slot, ...]:
    """Of a layer without tensors of its own."""
    return ()


@dataclass(frozen=True, slots=True)
class Rule:
    """What the reference knows of one class.

    Attributes:
        function: computes a call.
        slots: the layer's own tensors in the order of the framework's `weights`, from its config; those of the layers that
            it holds are not among them.
    """

    function: Function
    slots: Callable[[Layer], Sequence[Slot]] = no_slots


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One layer of the original model.

    Attributes:
        config: as in the file; a default of the era is the function's business.
        tensors: slot -> stored tensor.
        inner: role -> the layers that it holds: `layer`, `cell`, `cells`, and for every Bidirectional `forward_layer` and
            `backward_layer` with their own tensors.
        model: computes the model that it holds, if it is one.
        trouble: why it cannot be computed, where that is known from the file alone.
    """

    class_name: str
    name: str
    config: Config
    facts: Facts
    rule: Rule
    tensors: Mapping[str, Tensor] = field(default_factory=dict)
    inner: Mapping[str, Layer | tuple[Layer, ...]] = field(default_factory=dict)
    model: Graph | None = None
    trouble: str = ""

    def __call__(self, *args: Any, **kwargs: Any) -> Result:
        """What the layer computes from these arguments.

        Raises:
            Lacking: the reference cannot say.
        """
        if self.trouble:
            raise Lacking(self.trouble)
        try:
            return self.rule.function(self, *args, **kwargs)
        except Undecided as question:
            results = [self.with_facts(facts)(*args, **kwargs) for facts in question.candidates]
            if all(agree(results[0], other) for other in results[1:]):
                return results[0]
            raise Lacking(str(question)) from None

    def with_facts(self, facts: Facts) -> Layer:
        """The same layer as another release or backend would have it, all that it holds included."""
        inner = {
            role: held.with_facts(facts) if isinstance(held, Layer) else tuple(one.with_facts(facts) for one in held)
            for role, held in self.inner.items()
        }
        return replace(self, facts=facts, inner=inner)

    def get(self, argument: str, default: Any = None) -> Any:
        """An argument, or the default of the era where the file does not have it."""
        return self.config.get(argument, default)

    def has(self, slot: str) -> bool:
        """Is this tensor stored?"""
        return slot in self.tensors

    def tensor(self, slot: str) -> Array:
        """A stored tensor, in double precision.

        Raises:
            Lacking: it is not stored.
        """
        if slot not in self.tensors:
            raise Lacking(f"its tensor {slot!r} is not in the file")
        return wide(self.tensors[slot].read())

    def times(self, x: Array, slot: str) -> Array:
        """`x` times a stored matrix in double precision, which need not be in memory as a whole for that.

        Raises:
            Lacking: it is not stored.
        """
        matrix = self.tensors.get(slot)
        if matrix is None or len(matrix.shape) != 2 or matrix.nbytes <= LARGE:
            return x @ self.tensor(slot)
        rows, columns = matrix.shape
        if x.shape[-1] != rows:
            raise ValueError(f"{x.shape} times {matrix.shape}")
        product = np.zeros((*x.shape[:-1], columns))
        row, rest = 0, np.zeros(0)
        for some in matrix.blocks(LARGE):
            block = np.concatenate([rest, some]) if rest.size else some
            count = block.size // columns
            product += x[..., row : row + count] @ wide(block[: count * columns].reshape(count, columns))
            row, rest = row + count, block[count * columns :].copy()
        return product

    def held(self, role: str = "layer") -> Layer:
        """The one layer that it holds under this role."""
        found = self.inner.get(role)
        if not isinstance(found, Layer):
            raise Lacking(f"it holds no {role}")
        return found


def slots(*names: str) -> Callable[[Layer], tuple[Slot, ...]]:
    """The slots of a class with few of them.

    Args:
        names: `kernel`; `bias?use_bias`, there unless this argument is false; `~moving_mean`, not trained.
    """
    parsed = [(name.lstrip("~").partition("?"), not name.startswith("~")) for name in names]

    def of(layer: Layer) -> tuple[Slot, ...]:
        return tuple(
            Slot(name, trainable)
            for (name, _, condition), trainable in parsed
            if not condition or bool(layer.get(condition, True))
        )

    return of
