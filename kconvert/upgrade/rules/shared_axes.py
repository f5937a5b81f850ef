"""PReLU of Keras 0.x and 1: no file says `shared_axes`, but along a shared axis the weights have one element.

Source: keras 1.2.2 layers/advanced_activations.py `PReLU.build`.
"""

from __future__ import annotations

from kconvert.upgrade.fragment import Fragment, Site


def shared_axes(site: Site, fragment: Fragment) -> Fragment:
    """PReLU."""
    shape = fragment.main.tensors["alpha"].shape
    shared = [axis for axis, size in enumerate(shape, 1) if size == 1]
    return fragment.with_config(shared_axes=shared or None)
