"""`padding='same'` of Theano's and CNTK's transposed convolutions, as a `valid` one that is cropped.

The three backends cut the full output at different places: Theano from kernel // 2 on, CNTK from ceil((kernel - stride) / 2),
TensorFlow from its floor. Where Theano keeps outputs beyond the full length, the kernel gets zeros at its end.
Sources: keras 2.2.4 backend/theano_backend.py `conv2d_transpose`, utils/conv_utils.py `deconv_length`; CNTK by measurement.
"""

from __future__ import annotations

from dataclasses import replace

from kconvert.upgrade.conditions import known_backend
from kconvert.upgrade.fragment import Fragment, Site, Step
from kconvert.upgrade.rules.padding import kernel_and_stride, rank_of
from kconvert.upgrade.shapes import per_axis


def same_transposed_convolution(site: Site, fragment: Fragment) -> Fragment:
    """Conv2DTranspose and Conv3DTranspose."""
    if site.old.config.get("padding") != "same":
        return fragment
    backend = known_backend(site.origin)
    if backend == "tensorflow":
        return fragment
    axes = rank_of(site.old.class_name)
    kernel, _, stride = kernel_and_stride(site, "kernel_size", axes)
    extra = site.old.config.get("output_padding")
    extras = (None,) * axes if extra is None else per_axis(extra, axes)
    grown, cropping = [], []
    for k, s, p in zip(kernel, stride, extras, strict=True):
        front = k // 2 if backend == "theano" else max(0, -(-(k - s) // 2))
        # outputs = (n - 1) s + kept
        kept = s if p is None else k - 2 * (k // 2) + p
        size = max(k, front + kept)
        grown.append(size)
        cropping.append((front, max(size, s) - front - kept))
    fragment = fragment.with_config(padding="valid", kernel_size=grown, output_padding=None)
    if tuple(grown) != kernel:
        tensor = fragment.main.tensors["kernel"]
        widths = [(0, g - k) for g, k in zip(grown, kernel, strict=True)] + [(0, 0), (0, 0)]
        fragment = fragment.with_tensors(kernel=tensor.pad(widths))
    if not any(any(c) for c in cropping):
        return fragment
    config = {key: fragment.main.config[key] for key in ("data_format", "dtype") if key in fragment.main.config}
    crop = Step(f"Cropping{axes}D", {"cropping": [list(c) for c in cropping], **config}, "cropping")
    return replace(fragment, main=replace(fragment.main, suffix="full"), after=(*fragment.after, crop))
