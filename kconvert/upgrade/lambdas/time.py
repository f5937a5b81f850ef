"""TimeDistributed around a Lambda: keras 2.2.4 layers/wrappers.py joins batch and time, calls the layer once, and parts them."""

from __future__ import annotations

from typing import Any

from kconvert.errors import CodeInModel
from kconvert.spec import Port
from kconvert.upgrade.operations.build import Build
from kconvert.upgrade.operations.lengths import Length


def without_time(build: Build, inputs: Any) -> Port:
    """Every step of every sequence as an element of one batch."""
    if not isinstance(inputs, Port):
        raise CodeInModel("TimeDistributed calls it on several tensors")
    shape = build.known_shape(inputs, "TimeDistributed")
    if not isinstance(shape[0], Length):
        raise CodeInModel("TimeDistributed calls it step by step, as the size of the batch is fixed")
    if any(isinstance(n, Length) for n in shape[1:]):
        raise CodeInModel("TimeDistributed calls it on lengths that are known only when the model runs")
    joined: Port = build("reshape", inputs, newshape=[-1, *shape[2:]])
    return joined


def with_time(build: Build, value: Any, inputs: Any) -> Port:
    """The steps in their sequences again."""
    if not isinstance(value, Port):
        raise CodeInModel("TimeDistributed gives several tensors")
    steps = build.known_shape(inputs, "TimeDistributed")[1]
    rest = build.known_shape(value, "TimeDistributed")[1:]
    if any(isinstance(n, Length) for n in rest):
        raise CodeInModel("TimeDistributed gives lengths that are known only when the model runs")
    parted: Port = build("reshape", value, newshape=[-1, steps, *rest])
    return parted
