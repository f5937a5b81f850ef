"""ThresholdedLinear of Keras 0.x: x where |x| is not below theta, else 0. Source: keras 0.3.3 layers/advanced_activations.py."""

from __future__ import annotations

from kconvert.upgrade.fragment import INPUT, PREVIOUS, Fragment, Site, Step


def thresholded_linear(site: Site, fragment: Fragment) -> Fragment:
    """Three operations."""
    theta = float(site.old.config["theta"])
    before = (
        Step("ops.absolute", {}, "absolute", (INPUT,)),
        Step("ops.less", {}, "below", (PREVIOUS, theta)),
    )
    return Fragment(Step("ops.where", {}, args=(PREVIOUS, 0.0, INPUT)), before)
