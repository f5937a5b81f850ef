"""BatchNormalization up to Keras 0.3.0 has statistics for every element of a sample: one of all elements in a row.

Source: keras 0.2.0 layers/normalization.py `build`.
"""

from __future__ import annotations

from dataclasses import replace

from kconvert.upgrade.fragment import Fragment, Site, Step


def elementwise_statistics(site: Site, fragment: Fragment) -> Fragment:
    """Reshape, BatchNormalization, Reshape; or what it was, where a sample has one axis."""
    shape = fragment.main.tensors["gamma"].shape
    if len(shape) == 1 or site.old.config.get("mode", 0) != 0:
        return fragment
    dtype = {key: fragment.main.config[key] for key in ("dtype",) if key in fragment.main.config}
    size = fragment.main.tensors["gamma"].size
    flat = Step("Reshape", {"target_shape": [size], **dtype}, "flat")
    back = Step("Reshape", {"target_shape": list(shape), **dtype}, "elements")
    tensors = {slot: tensor.reshape((size,)) for slot, tensor in fragment.main.tensors.items()}
    main = replace(fragment.with_config(axis=-1).main, tensors=tensors, suffix="normalized")
    return replace(fragment, main=main, before=(flat,), after=(back,))
