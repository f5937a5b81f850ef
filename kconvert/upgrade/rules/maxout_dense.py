"""MaxoutDense: the largest of several Dense products. Source: keras 2.2.4 legacy/layers.py `MaxoutDense.call`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kconvert.upgrade.fragment import Fragment, Site, Step


def maxout_dense(site: Site, fragment: Fragment) -> Fragment:
    """W (features, inputs, outputs) and b (features, outputs) as one EinsumDense, then the maximum over the features."""
    tensors = fragment.main.tensors
    features, _, outputs = tensors["W"].shape
    config: dict[str, Any] = {"equation": "bi,kio->bko", "output_shape": [features, outputs]}
    config |= {k: fragment.main.config[k] for k in ("trainable", "dtype") if k in fragment.main.config}
    new = {"kernel": tensors["W"]}
    if "b" in tensors:
        config["bias_axes"] = "ko"
        new["bias"] = tensors["b"]
    main = Step("EinsumDense", config, "products", tensors=new)
    return replace(fragment, main=main, after=(Step("ops.max", {"axis": 1}, "largest"),))
