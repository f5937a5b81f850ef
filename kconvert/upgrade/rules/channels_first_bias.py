"""Today's `ops.add` mistakes a channels_first bias for a channels_last one where the last axis is as long as the channels.

It hands anything that looks like a bias to `tf.nn.bias_add`, and looks at the last axis first; so a convolution of 8
filters on channels_first images that are 8 wide adds its bias along the width. Where that can happen (also where the
width is open) the convolution runs on channels_last, between two Permutes.
Source: keras 3.15.1 src/backend/tensorflow/numpy.py `add`; src/layers/convolutional/base_conv.py `call`.
"""

from __future__ import annotations

from dataclasses import replace

from kconvert.sums import has_plain_sums
from kconvert.upgrade.fragment import Fragment, Site, Step
from kconvert.upgrade.rules.padding import rank_of
from kconvert.upgrade.shapes.layers import output_shapes

BY_LAST_AXIS = frozenset({"softmax", "log_softmax"})


def channels_first_bias(site: Site, fragment: Fragment) -> Fragment:
    """All convolutions, ConvLSTM2D included."""
    main = fragment.main
    bias = main.tensors.get("bias")
    if main.config.get("data_format") != "channels_first" or bias is None or not has_plain_sums(site.origin):
        return fragment
    if not _can_be_mistaken(site, main):
        return fragment
    axes = rank_of(main.class_name)
    time = 1 if main.class_name.startswith("ConvLSTM") else 0
    dtype = {"dtype": main.config["dtype"]} if "dtype" in main.config else {}
    to_last = Step("Permute", {"dims": _dims(time, [*range(2, axes + 2), 1]), **dtype}, "channels_last")
    kept_time = time if main.config.get("return_sequences") else 0
    to_first = Step("Permute", {"dims": _dims(kept_time, [axes + 1, *range(1, axes + 1)]), **dtype}, "channels_first")
    after = [to_first]
    config = {**main.config, "data_format": "channels_last"}
    if config.get("activation") in BY_LAST_AXIS:
        after.append(Step("Activation", {"activation": config["activation"], **dtype}, "activation"))
        config["activation"] = "linear"
    new = replace(main, config=config, suffix=main.suffix or "convolution")
    return replace(fragment, main=new, before=(*fragment.before, to_last), after=(*after, *fragment.after))


def _dims(time: int, order: list[int]) -> list[int]:
    """The order of the axes of an image, behind an axis of time where there is one."""
    return [*range(1, time + 1), *(axis + time for axis in order)]


def _can_be_mistaken(site: Site, main: Step) -> bool:
    bias = main.tensors["bias"]
    gates = 4 if main.class_name.startswith("ConvLSTM") else 1
    channels = bias.size // gates
    if channels == 1:
        return False
    for shape in site.input_shapes or (None,):
        outputs = None if shape is None else output_shapes(site.old, [shape])
        width = outputs[0][-1] if outputs and outputs[0] is not None else None
        if width is None or width == channels:
            return True
    return False
