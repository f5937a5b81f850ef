"""LocallyConnected1D/2D: patches of the input, then one matrix per position (EinsumDense `bpk,pkf->bpf`).

The kernel is (positions, patch, filters); a patch is stored rows, columns, channels, but channels, rows, columns under
channels_first, where the bias (rows, columns, filters) is also re-read as (filters, rows, columns).
The layouts of `implementation` 2 and 3 (2.2.3 on, and tf.keras): kconvert/upgrade/rules/unshared_kernels.py.
Sources: keras 2.2.4 layers/local.py, backend/tensorflow_backend.py `local_conv2d`, `bias_add`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kconvert.errors import Rejected
from kconvert.tensor import Tensor
from kconvert.upgrade.fragment import Fragment, Site, Step
from kconvert.upgrade.rules.same_convolution import zero_padding
from kconvert.upgrade.rules.unshared_kernels import Patches, as_patches
from kconvert.upgrade.shapes.windows import per_axis, spatial_axes, window

ARGUMENTS = (
    "activation", "activity_regularizer", "bias_constraint", "bias_initializer", "bias_regularizer", "dtype",
    "kernel_constraint", "kernel_initializer", "kernel_regularizer", "trainable",
)  # fmt: skip


def locally_connected(site: Site, fragment: Fragment) -> Fragment:
    """One dimension runs as two, with columns of width one."""
    config = fragment.main.config
    axes = 1 if site.old.class_name.endswith("1D") else 2
    kernel_size = (*per_axis(config["kernel_size"], axes), 1)[:2]
    strides = (*per_axis(config.get("strides"), axes), 1)[:2]
    is_first = config.get("data_format") == "channels_first"
    kernel = fragment.main.tensors["kernel"]
    zeros: Step | None = None
    if config.get("implementation", 1) != 1:
        lying = _patches(site, axes)
        kernel = as_patches(kernel, lying)
        if any(map(any, lying.zeros)):
            zeros = zero_padding(lying.zeros, fragment.with_config(data_format="channels_last"))
    positions, patch, filters = kernel.shape
    channels = patch // (kernel_size[0] * kernel_size[1])
    rows, cols = _positions(site, axes, kernel_size, strides, fragment.main.tensors.get("bias"), positions)
    dtype = config.get("dtype")

    before: list[Step] = []
    if is_first:
        before.append(Step("Permute", {"dims": [*range(2, axes + 2), 1], "dtype": dtype}, "channels_last"))
    if zeros is not None:
        before.append(zeros)
    if axes == 1:
        before.append(Step("Reshape", {"target_shape": [-1, 1, channels], "dtype": dtype}, "columns"))
    patches = {"size": list(kernel_size), "strides": list(strides), "padding": "valid", "data_format": "channels_last"}
    before.append(Step("ops.image.extract_patches", patches, "patches"))
    before.append(Step("Reshape", {"target_shape": [positions, patch], "dtype": dtype}, "positions"))

    own: dict[str, Any] = {k: config[k] for k in ARGUMENTS if k in config}
    own |= {"equation": "bpk,pkf->bpf", "output_shape": [positions, filters]}
    tensors = {**fragment.main.tensors, "kernel": kernel}
    if is_first:
        tensors["kernel"] = _channels_to_the_end(kernel, channels)
    if "bias" in tensors:
        own["bias_axes"] = "pf"
        tensors["bias"] = _bias(tensors["bias"], positions, filters, is_first)
    after: list[Step] = []
    if axes == 2:
        after.append(Step("Reshape", {"target_shape": [rows, cols, filters], "dtype": dtype}, "image"))
    if is_first:
        own["activation"] = None  # a softmax runs along the last axis of the channels_first output
        after.append(Step("Permute", {"dims": [axes + 1, *range(1, axes + 1)], "dtype": dtype}, "channels_first"))
        after.append(
            Step("Activation", {"activation": config.get("activation", "linear"), "dtype": dtype}, "activation")
        )
    main = Step("EinsumDense", own, "matrices", tensors=tensors)
    return replace(fragment, before=(*fragment.before, *before), main=main, after=(*after, *fragment.after))


def _patches(site: Site, axes: int) -> Patches:
    config = site.old.config
    shape = next((s for s in site.input_shapes if s is not None), None)
    if shape is None or None in shape[1:]:
        raise Rejected("the shape of its input is not known", option="--input-shape")
    is_first = config.get("data_format") == "channels_first"
    known = [int(n or 0) for n in shape]
    return Patches(
        tuple(known[a] for a in spatial_axes(config, len(shape))), per_axis(config["kernel_size"], axes),
        per_axis(config.get("strides"), axes), config.get("padding", "valid"), known[1 if is_first else -1],
        int(config["filters"]), is_first,
    )  # fmt: skip


def _positions(
    site: Site, axes: int, kernel: tuple[int, ...], strides: tuple[int, ...], bias: Tensor | None, positions: int
) -> tuple[int, int]:
    if bias is not None:
        return (bias.shape[0], bias.shape[1] if axes == 2 else 1)
    shape = next((s for s in site.input_shapes if s is not None), None)
    sizes = None if shape is None else [shape[a] for a in spatial_axes(site.old.config, len(shape))]
    if axes == 1:
        return (positions, 1)
    if sizes is None or None in sizes:
        raise Rejected("the shape of its input is not known", option="--input-shape")
    padding = site.old.config.get("padding", "valid")
    found = [window(n, k, s, padding) for n, k, s in zip(sizes, kernel, strides, strict=True)]
    return int(found[0] or 0), int(found[1] or 0)


def _channels_to_the_end(kernel: Tensor, channels: int) -> Tensor:
    positions, patch, filters = kernel.shape
    split = kernel.reshape((positions, channels, patch // channels, filters))
    return split.transpose((0, 2, 1, 3)).reshape((positions, patch, filters))


def _bias(bias: Tensor, positions: int, filters: int, is_first: bool) -> Tensor:
    if is_first:
        return bias.reshape((filters, positions)).transpose((1, 0))
    return bias.reshape((positions, filters))
