"""WeightNormalization of tensorflow-addons: the layer it holds, with the kernel g v / |v| that it computed at each call.

A recurrent layer's recurrent kernel is treated so. A wrapper that has not seen data yet takes v as it is, unless it would
first look at the data. With `data_init` it keeps a copy of the layer's tensors that nothing reads at inference.
Source: tensorflow-addons 0.20 layers/wrappers.py.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from kconvert.errors import Rejected
from kconvert.spec import LayerSpec
from kconvert.tensor import Array, Tensor
from kconvert.upgrade.fragment import Fragment, Site, Step


def weight_normalization(site: Site, fragment: Fragment) -> Fragment:
    """The wrapper goes; training goes on without it."""
    held, old = fragment.main.inner["layer"], site.old.inner["layer"]
    assert isinstance(held, LayerSpec) and isinstance(old, LayerSpec)
    if "hard_sigmoid" in (old.config.get("activation"), old.config.get("recurrent_activation")):
        raise Rejected("holds a layer with hard_sigmoid, whose factor would be normalised away")
    slot = "recurrent_kernel" if "recurrent_kernel" in held.tensors else "kernel"
    looks_at_data = bool(site.old.config.get("data_init", True))
    own = fragment.main.tensors
    parts = [held.tensors[slot], own["g"], own["initialized"], *(t for n, t in own.items() if n.startswith("copied"))]

    def normalised(arrays: list[Array]) -> Array:
        v, g, initialized = arrays[:3]
        if not initialized:
            if looks_at_data:
                raise Rejected("it has not been initialised yet, which it does from the first data that it sees")
            return v
        square = np.sum(np.square(v), axis=tuple(range(v.ndim - 1)), keepdims=True)
        kernel: Array = v / np.sqrt(np.maximum(square, np.asarray(1e-12, v.dtype))) * g
        return kernel

    kernel = Tensor.join("g v / |v|", parts, held.tensors[slot].shape, normalised)
    kernel = replace(kernel, dtype=held.tensors[slot].dtype)
    return Fragment(Step(held.class_name, held.config, tensors={**held.tensors, slot: kernel}, inner=held.inner))
