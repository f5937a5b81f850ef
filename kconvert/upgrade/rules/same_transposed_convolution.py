"""`padding='same'` of Theano's and CNTK's transposed convolutions, as a `valid` one that is cropped.

The three backends cut the full output at different places: Theano from kernel // 2 on, TensorFlow from the floor of half of
what is to be cut, CNTK from its ceiling for odd kernels and its floor for even ones, which is before the first output
where the stride is larger than the kernel. Outputs beyond the full ones are zeros at that side of the kernel.
Sources: keras 2.2.4 backend/theano_backend.py `conv2d_transpose`, utils/conv_utils.py `deconv_length`; CNTK by measurement.
"""

from __future__ import annotations

from dataclasses import replace

from kconvert.upgrade.conditions import known_backend
from kconvert.upgrade.fragment import Fragment, Site, Step
from kconvert.upgrade.rules.channels_first_bias import BY_LAST_AXIS
from kconvert.upgrade.rules.padding import kernel_and_stride, rank_of
from kconvert.upgrade.shapes.windows import per_axis


def same_transposed_convolution(site: Site, fragment: Fragment) -> Fragment:
    """Conv2DTranspose and Conv3DTranspose."""
    if site.old.config.get("padding") != "same":
        return fragment
    backend = known_backend(site.origin)
    if backend == "tensorflow":
        return fragment
    axes = rank_of(site.old.class_name)
    kernel, _, stride = kernel_and_stride(site.old.config, "kernel_size", axes)
    extra = site.old.config.get("output_padding")
    extras = (None,) * axes if extra is None else per_axis(extra, axes)
    widths, cropping = [], []
    for k, s, p in zip(kernel, stride, extras, strict=True):
        # outputs = (n - 1) s + kept, of (n - 1) s + k
        kept = s if p is None else k - 2 * (k // 2) + p
        front = k // 2 if backend == "theano" else _cntk_front(k, k - kept)
        before, front = max(0, -front), max(0, front)
        size = max(before + k, front + kept)
        widths.append((before, size - k - before))
        cropping.append((front, max(size, s) - front - kept))
    grown = [before + k + behind for k, (before, behind) in zip(kernel, widths, strict=True)]
    fragment = fragment.with_config(padding="valid", kernel_size=grown, output_padding=None)
    if any(width != (0, 0) for width in widths):
        padded = fragment.main.tensors["kernel"].pad([*widths, (0, 0), (0, 0)])
        fragment = fragment.with_tensors(kernel=padded)
    if not any(any(c) for c in cropping):
        return fragment
    config = {key: fragment.main.config[key] for key in ("data_format", "dtype") if key in fragment.main.config}
    crop = Step(f"Cropping{axes}D", {"cropping": [list(c) for c in cropping], **config}, "cropping")
    after = [crop]
    main = replace(fragment.main, suffix="full")
    if main.config.get("activation") in BY_LAST_AXIS and config.get("data_format") == "channels_first":
        dtype = {"dtype": config["dtype"]} if "dtype" in config else {}
        after.append(Step("Activation", {"activation": main.config["activation"], **dtype}, "activation"))
        main = replace(main, config={**main.config, "activation": "linear"})
    return replace(fragment, main=main, after=(*fragment.after, *after))


def _cntk_front(kernel: int, total: int) -> int:
    return -(-total // 2) if kernel % 2 else total // 2
