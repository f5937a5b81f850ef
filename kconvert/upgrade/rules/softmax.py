"""Softmax under a mask, which three Kerases treat in three ways.

Keras 2 and tf.keras until TensorFlow 2.3 do not look at the mask. From 2.4 on tf.keras adds -1e9 to masked scores, so that a
row without any unmasked score gives equal shares; today's layer gives zeros there.
Sources: keras 2.2.4 layers/advanced_activations.py `Softmax.call`; tensorflow 2.4 python/keras/layers/advanced_activations.py
the same; keras 3.15 src/layers/activations/softmax.py `call`.
"""

from __future__ import annotations

from typing import Any

from kconvert.errors import Rejected
from kconvert.spec import Call
from kconvert.upgrade.conditions import keras_is
from kconvert.upgrade.fragment import INPUT, Argument, Fragment, From, Site, Step


def softmax(site: Site, fragment: Fragment) -> Fragment:
    """Operations, which hand no mask on, where a mask would arrive."""
    masked = ["mask" in call.kwargs for call in site.old.calls]
    if not any(masked):
        return fragment
    axis = fragment.main.config.get("axis", -1)
    if site.origin.package != "tf.keras" or keras_is(site.origin, "<2.4.0"):
        return Fragment(Step("ops.softmax", {"axis": axis}), call=lambda call: Call(call.args))
    if not all(masked):
        raise Rejected("some of its calls have a mask and some have none")
    return _with_large_negative(axis, str(fragment.main.config.get("dtype", "float32")))


def _with_large_negative(axis: Any, dtype: str) -> Fragment:
    dtype = dtype.removeprefix("mixed_")
    lowest = -65504.0 if dtype == "float16" else -1e9
    steps = (
        Step("ops.cast", {"dtype": dtype}, "kept", (Argument("mask"),)),
        Step("ops.subtract", {}, "masked", (1.0, From("kept"))),
        Step("ops.multiply", {}, "offset", (From("masked"), lowest)),
        Step("ops.add", {}, "scores", (INPUT, From("offset"))),
    )
    return Fragment(Step("ops.softmax", {"axis": axis}), before=steps)
