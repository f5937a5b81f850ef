"""EinsumDense: axes that `output_shape` leaves open, and that the input has, get their length from there.

tf.keras does so itself; today's layer takes an open axis as one of unknown length.
Sources: keras 2.12 layers/core/einsum_dense.py `_analyze_split_string`; keras 3.15 src/layers/core/einsum_dense.py, the same.
"""

from __future__ import annotations

from kconvert.upgrade.fragment import Fragment, Site
from kconvert.upgrade.shapes.layers import completed_einsum


def einsum_dense(site: Site, fragment: Fragment) -> Fragment:
    """EinsumDense whose equation has no ellipsis."""
    shape = next((s for s in site.input_shapes if s is not None), None)
    wanted = site.old.config.get("output_shape")
    equation = str(site.old.config["equation"])
    if shape is None or not isinstance(wanted, list | tuple) or None not in wanted or "." in equation:
        return fragment
    return fragment.with_config(output_shape=completed_einsum(equation, shape, wanted))
