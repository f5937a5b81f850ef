"""Deconvolution2D of Keras 1 says the shape of its output; here it is a `valid` transposed convolution that is cropped to it.

Theano begins at kernel // 2 (`same`), kernel - 1 (`full`) or 0 (`valid`), and for an even kernel and `same` keeps no more than
ceil(input / stride) rows, whatever was asked for. TensorFlow begins at half of what a `same` convolution of the output
would have padded. Where the output reaches beyond what the kernel gives, there are zeros: the kernel grows by as many.
Sources: keras 1.0.8 and 1.2.2 backend/theano_backend.py `deconv2d`, `_postprocess_conv2d_output`; backend/tensorflow_backend.py.
"""

from __future__ import annotations

from dataclasses import replace

from kconvert.errors import Rejected
from kconvert.upgrade.conditions import known_backend
from kconvert.upgrade.fragment import Fragment, Site, Step
from kconvert.upgrade.rules.padding import tensorflow_same
from kconvert.upgrade.shapes.windows import per_axis


def deconvolution(site: Site, fragment: Fragment) -> Fragment:
    """Deconvolution2D."""
    config = fragment.main.config
    declared = site.old.config["output_shape"]
    sizes = declared[2:4] if config["data_format"] == "channels_first" else declared[1:3]
    if None in sizes:
        raise Rejected("output_shape leaves the size of the output open", argument="output_shape")
    kernel, strides = per_axis(config["kernel_size"], 2), per_axis(config.get("strides"), 2)
    grown, cropping = [], []
    for k, s, size in zip(kernel, strides, sizes, strict=True):
        front, kept, full = _axis(site, str(config["padding"]), k, s, int(size))
        missing = max(0, front + kept - full)
        grown.append(max(k, s) + missing if missing else k)
        cropping.append([front, max(0, full + missing - front - kept)])
    widths = [(0, g - k) for g, k in zip(grown, kernel, strict=True)]
    fragment = fragment.with_config(padding="valid", kernel_size=grown)
    if tuple(grown) != kernel:
        padded = fragment.main.tensors["kernel"].pad([*_where_the_zeros_go(site, widths), (0, 0), (0, 0)])
        fragment = fragment.with_tensors(kernel=padded)
    if not any(any(c) for c in cropping):
        return fragment
    own = {key: config[key] for key in ("data_format", "dtype") if key in config}
    crop = Step("Cropping2D", {"cropping": cropping, **own}, "cropping")
    activation = config.get("activation", "linear")
    main = replace(fragment.with_config(activation="linear").main, suffix="full")
    dtype = {"dtype": config["dtype"]} if "dtype" in config else {}
    after = (crop, Step("Activation", {"activation": activation, **dtype}, "activation"))
    return replace(fragment, main=main, after=(*fragment.after, *after))


def _axis(site: Site, padding: str, k: int, s: int, size: int) -> tuple[int, int, int]:
    """Where the output begins in the full one, how much of it is kept, and how long the full one is."""
    if known_backend(site.origin) == "theano":
        front = {"same": k // 2, "full": k - 1}.get(padding, 0)
        inputs = (size + 2 * front - k) // s + 1
        kept = min(size, -(-inputs // s)) if padding == "same" and k % 2 == 0 else size
    else:
        inputs = -(-size // s) if padding == "same" else -(-(size - k + 1) // s)
        front, kept = (tensorflow_same(size, k, s)[0] if padding == "same" else 0), size
    return front, kept, (inputs - 1) * s + max(k, s)


def _where_the_zeros_go(site: Site, widths: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """At the end of the kernel as it is applied: Theano's is turned round when it becomes today's."""
    return [(b, a) for a, b in widths] if known_backend(site.origin) == "theano" else widths
