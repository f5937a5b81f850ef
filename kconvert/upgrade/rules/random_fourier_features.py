"""RandomFourierFeatures of tf.keras: cos(x W / scale + b), from a Dense layer and an operation.

Source: keras 2.8 layers/kernelized.py (tensorflow 1.15 python/keras/layers/kernelized.py is the same).
"""

from __future__ import annotations

import numpy as np

from kconvert.tensor import Array, Tensor
from kconvert.upgrade.fragment import PREVIOUS, Fragment, Site, Step


def random_fourier_features(site: Site, fragment: Fragment) -> Fragment:
    """The scale, a weight of its own there, goes into the kernel; neither is trained any more."""
    tensors = fragment.main.tensors
    kernel, scale = tensors["unscaled_kernel"], tensors["kernel_scale"]
    config = {"units": kernel.shape[1], "dtype": fragment.main.config.get("dtype"), "trainable": False}
    weights = {"kernel": Tensor.join("quotient", [kernel, scale], kernel.shape, _scaled), "bias": tensors["bias"]}
    return Fragment(Step("Dense", config, "features", tensors=weights), after=(Step("ops.cos", {}, "", (PREVIOUS,)),))


def _scaled(parts: list[Array]) -> Array:
    kernel, scale = parts
    scaled: Array = (np.float32(1.0) / scale) * kernel
    return scaled
