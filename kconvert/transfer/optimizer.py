"""The optimizer's state of the file -> variables of today's optimizer, each element where its weight's element went."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from kconvert.errors import MissingTensor, Rejected
from kconvert.late import late_variables
from kconvert.spec import ModelSpec
from kconvert.tensor import Array, Tensor
from kconvert.training import States
from kconvert.transfer.assignment import tensors_of_variables
from kconvert.transfer.values import Pair, Values
from kconvert.variables import OPTIMIZER


@dataclass(frozen=True, slots=True)
class Trained:
    """The variables that are trained and the file's weights that went into them.

    Attributes:
        variables: each with the numbers of the elements that it is made of.
        weights: the numbers of each of the file's weights that are in them.
    """

    variables: tuple[tuple[Any, Tensor], ...]
    weights: Mapping[str, range]


def trained(numbered: ModelSpec, ranges: Mapping[str, range], model: Any) -> Trained:
    """What of the file is trained in the new model.

    Args:
        numbered: the upgraded model, whose tensors hold the numbers of the elements that went there.
        ranges: the numbers of each of the file's tensors.

    Raises:
        Problem: a trained variable holds something else than elements of the file's weights, or some of them twice, or
            a weight is trained in part.
    """
    of_variable = {id(variable): (path, tensor) for path, variable, tensor in tensors_of_variables(numbered, model)}
    is_trained = np.zeros(max((r.stop for r in ranges.values()), default=1), dtype=bool)
    found: list[tuple[Any, Tensor]] = []
    for variable in model.trainable_variables:
        path, tensor = of_variable.get(id(variable), (variable.path, None))
        if tensor is None:
            raise MissingTensor("it is trained today, but is not of the file", layer=path)
        if not _marked(tensor, ranges, is_trained):
            raise Rejected("its weights are not only moved: what stands for it takes other steps", layer=path)
        found.append((variable, tensor))
    weights = {name: numbers for name, numbers in ranges.items() if is_trained[numbers.start : numbers.stop].any()}
    partly = [name for name, numbers in weights.items() if not is_trained[numbers.start : numbers.stop].all()]
    if partly:
        raise Rejected(f"only a part of it is trained today: {', '.join(partly)}")
    return Trained(tuple(found), weights)


def _whole(numbers: Tensor, ranges: Mapping[str, range]) -> str:
    """The name of the file's tensor that this is, unchanged; empty where it is something else."""
    name = next(iter(numbers.sources), "")
    is_whole = not numbers.steps and dict(numbers.sources) == {name: numbers.size} and name in ranges
    return name if is_whole else ""


def _marked(tensor: Tensor, ranges: Mapping[str, range], is_trained: Array) -> bool:
    """Marks its elements as trained; False where they are no numbers of elements, or some of them are marked already."""
    if name := _whole(tensor, ranges):
        own = is_trained[ranges[name].start : ranges[name].stop]
        is_new = not own.any()
        own[:] = True
        return is_new
    numbers = tensor.read().reshape(-1)
    if numbers.dtype.kind != "i" or not numbers.size:
        return numbers.size == 0
    first, last = int(numbers.min()), int(numbers.max())
    if first < 1 or last >= is_trained.size or is_trained[numbers].any():
        return False
    before = np.count_nonzero(is_trained[first : last + 1])
    is_trained[numbers] = True
    return bool(np.count_nonzero(is_trained[first : last + 1]) == before + numbers.size)


def restored(optimizer: Any, found: Trained, states: States, values: Values) -> int:
    """Gives the state to an optimizer that is not built yet; returns the number of its variables that are of the file.

    Args:
        values: takes their values.

    Raises:
        Problem: a slot of today's optimizer has nothing in the file.
    """
    optimizer._var_key = id  # as in Keras's base class; on TensorFlow it asks late variables for what they have not
    with late_variables():
        optimizer.build([variable for variable, _ in found.variables])
    pairs = list(_pairs(optimizer, found, states.slots)) if states.slots else []
    if states.iterations and not states.slots and _variables(optimizer):
        raise MissingTensor("the file keeps the optimizer's step, but not what it remembers of each weight")
    optimizer.iterations.assign(states.iterations)
    if states.rate is not None and _rate(optimizer) is not None:
        _rate(optimizer).assign(states.rate)
    values.add(Pair(OPTIMIZER, "", v, _slot(v, numbers, tensors, found.weights)) for v, numbers, tensors in pairs)
    for variable in _variables(optimizer):
        if variable not in values:
            variable._deferred_initialize()
    return len(pairs)


def _pairs(
    optimizer: Any, found: Trained, slots: Mapping[str, Mapping[str, Tensor]]
) -> Iterator[tuple[Any, Tensor, Mapping[str, Tensor]]]:
    """Each variable of the optimizer with the numbers of its weight's elements and the slot's tensors."""
    own = {v.path.rpartition("/")[2]: v for v in _variables(optimizer)}
    for slot, tensors in slots.items():
        for weight, numbers in found.variables:
            variable = own.pop(f"{weight.path.replace('/', '_')}_{slot}", None)
            if variable is not None:  # SGD until Keras 2.3 keeps a momentum of zeros even where it uses none
                yield variable, numbers, tensors
    if own:
        raise MissingTensor(f"the file has nothing for {', '.join([*own][:3])}")


def _variables(optimizer: Any) -> list[Any]:
    """Those that stand beside a weight: not the counter, not the rate."""
    others = [optimizer.iterations, _rate(optimizer)]
    return [v for v in optimizer.variables if not any(v is other for other in others)]


def _rate(optimizer: Any) -> Any:
    """The variable of the learning rate, None where a schedule gives it."""
    rate = optimizer._learning_rate
    return rate if hasattr(rate, "assign") else None


def _slot(variable: Any, numbers: Tensor, tensors: Mapping[str, Tensor], weights: Mapping[str, range]) -> Tensor:
    """The slot of one variable, each element where the weight's went."""
    name = _whole(numbers, weights)
    if name and tensors[name].shape == numbers.shape and tensors[name].dtype == np.dtype(variable.dtype):
        return tensors[name]
    dtype = np.dtype(variable.dtype)
    return Tensor(variable.name, numbers.shape, dtype, lambda: _moved(numbers.read(), tensors, weights).astype(dtype))


def _moved(numbers: Array, tensors: Mapping[str, Tensor], weights: Mapping[str, range]) -> Array:
    """A slot's values, each where the weight's element went."""
    values = np.empty(numbers.shape, dtype=np.float64)
    first, last = (int(numbers.min()), int(numbers.max())) if numbers.size else (0, -1)
    for name, own in weights.items():
        if own.start > last or own.stop <= first:
            continue
        here = (numbers >= own.start) & (numbers < own.stop)
        if here.any():
            values[here] = tensors[name].read().reshape(-1)[(numbers[here] - own.start).astype(np.int64)]
    return values
