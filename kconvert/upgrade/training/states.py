"""An optimizer's tensors, sorted: files list them without saying whose they are.

First come counters and rates (scalars), then the slots of the trainable weights in the order that the framework of then
gathered these in. Where a checkpoint names the weight that a slot belongs to, the name decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kconvert.errors import MissingTensor, Rejected, ShapeMismatch
from kconvert.spec import Dialect, ModelSpec, stored_tensors
from kconvert.tensor import Tensor
from kconvert.training import States
from kconvert.upgrade.conditions import keras_is

OF_SLOT = "/.OPTIMIZER_SLOT/"
SLOT_NAMES = {
    "m": ("momentum",), "v": ("velocity", "norm"), "vhat": ("velocity_hat",), "rms": ("velocity",),
    "momentum": ("momentum",), "mg": ("average_gradient",), "accumulator": ("accumulator",), "linear": ("linear",),
    "accum_grad": ("accumulated_grad",), "accum_var": ("accumulated_delta_var",),
}  # fmt: skip
"""Slots of a checkpoint and what today's optimizers call them (tensorflow 2.10 keras/optimizers/optimizer_v2/)."""


def states(spec: ModelSpec, wanted: Sequence[Sequence[str]], trained: Mapping[str, int]) -> States:
    """The state of the optimizer in a file.

    Args:
        spec: the model as the file has it, its tensors not yet bound.
        wanted: the slots of `Compiled.state`.
        trained: the weights that are trained and the number of their elements.

    Raises:
        Problem: the tensors are not those of this optimizer, or it cannot be said whose they are.
    """
    assert spec.training is not None
    tensors = spec.training.tensors
    if any(OF_SLOT in name for name in tensors):
        return _by_name(tensors, [slot for block in wanted for slot in block], trained)
    scalars = [t for t in tensors.values() if t.shape == ()]
    iterations = int(scalars[0].read()) if scalars else 0
    rate = float(scalars[1].read()) if len(scalars) > 1 else None
    rest = [t for t in tensors.values() if t.shape != ()]
    orders = _orders(spec, trained)
    fitting = [found for order in orders if (found := _sorted(rest, wanted, order, trained)) is not None]
    if not fitting:
        raise ShapeMismatch(
            f"{len(rest)} tensors of the optimizer do not fit the {len(trained)} weights that are trained"
        )
    if any(other != fitting[0] for other in fitting[1:]):
        raise Rejected("the file does not say which of the optimizer's tensors belongs to which weight")
    return States(iterations, fitting[0], rate)


def _orders(spec: ModelSpec, trained: Mapping[str, int]) -> list[list[str]]:
    """The orders that the trained weights can have had: that of the layers, or until Keras 2.0.5 that of their names.

    Keras 1.1.0 and 1.1.1 on Theano sort by a number that is not in the file: what fits is taken if nothing else does.
    Sources: keras 1.0.8 engine/training.py `collect_trainable_weights`, 1.1.2, 1.2.2 and 2.0.5 `_make_train_function`.
    """
    by_layer = [t.name for t in stored_tensors(spec) if t.name in trained]
    if spec.dialect >= Dialect.keras2 and (spec.origin.package != "keras" or keras_is(spec.origin, ">=2.0.6")):
        return [by_layer]
    own = {t.name: t.name.removeprefix(f"{layer.name}/") for layer in spec.layers for t in layer.tensors.values()}
    by_name = sorted(by_layer, key=lambda name: own.get(name, name))
    is_numbered = (
        spec.dialect is Dialect.keras1 and spec.origin.backend == "theano" and keras_is(spec.origin, ">=1.1,<1.1.2")
    )
    return [by_layer, by_name] if is_numbered else [by_name]


def _sorted(
    tensors: Sequence[Tensor], wanted: Sequence[Sequence[str]], order: Sequence[str], sizes: Mapping[str, int]
) -> dict[str, dict[str, Tensor]] | None:
    """The tensors by slot and weight, None where they do not fit this order.

    Adam of Keras 2.1 to 2.3 has a placeholder of shape (1,) for each weight in place of the slots of amsgrad.
    """
    count = len(order)
    slots: dict[str, dict[str, Tensor]] = {}
    rest = list(tensors)
    for block in wanted if rest else ():
        for number, slot in enumerate(block):
            slots[slot] = dict(zip(order, rest[number :: len(block)][:count], strict=False))
        rest = rest[count * len(block) :]
    if any(len(found) != count or any(t.size != sizes[n] for n, t in found.items()) for found in slots.values()):
        return None
    is_filled = not rest or (len(rest) == count and all(t.shape == (1,) for t in rest))
    return slots if is_filled else None


def _by_name(tensors: Mapping[str, Tensor], wanted: Sequence[str], trained: Mapping[str, int]) -> States:
    slots: dict[str, dict[str, Tensor]] = {slot: {} for slot in wanted}
    suffix = "/.ATTRIBUTES/VARIABLE_VALUE"
    owners = {name.removesuffix(suffix): name for name in trained}
    for key, tensor in tensors.items():
        owner, _, path = key.partition(OF_SLOT)
        word = path.removesuffix(suffix).rpartition("/")[2]
        slot = next((s for s in SLOT_NAMES.get(word, ()) if s in slots), None)
        if slot is not None and owner in owners:
            slots[slot][owners[owner]] = tensor
    lacking = [f"{slot} of {name}" for slot, found in slots.items() for name in trained if name not in found]
    if lacking:
        raise MissingTensor(f"the optimizer's state lacks {', '.join(lacking[:3])}")
    counters = [t for key, t in tensors.items() if key.startswith(("optimizer/iter/", "optimizer/_iterations/"))]
    return States(int(counters[0].read()) if counters else 0, slots)
