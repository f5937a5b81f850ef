"""Softmax: today's layer leaves masked steps out of the sum, that of Keras 2 did not look at the mask.

Sources: keras 2.2.4 layers/advanced_activations.py `Softmax.call`; keras 3.15 src/layers/activations/softmax.py `call`.
"""

from __future__ import annotations

from kconvert.upgrade.fragment import Fragment, Site, Step


def softmax(site: Site, fragment: Fragment) -> Fragment:
    """An operation, which hands no mask on, where a mask would arrive."""
    if not any("mask" in call.kwargs for call in site.old.calls):
        return fragment
    axis = fragment.main.config.get("axis", -1)
    return Fragment(Step("ops.softmax", {"axis": axis}), call=lambda call: type(call)(call.args))
