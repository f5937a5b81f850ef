"""Merge(mode='cos'): the dot product over the root of both squared lengths; Keras 1 puts an axis of length one in front.

Of a negative product, which sequences can have, the root is zero (`K.sqrt`); it is at least 1e-7 from 1.0.4 on, and not limited before. Sources: keras 1.0.0, 1.0.4 and 1.2.2 engine/topology.py
`Merge.call`; keras 0.3.3 layers/core.py `Merge.get_output`.
"""

from __future__ import annotations

from dataclasses import replace

from kconvert.errors import Rejected
from kconvert.spec import Port
from kconvert.upgrade.conditions import keras_is
from kconvert.upgrade.fragment import PREVIOUS, Fragment, From, Site, Step

EPSILON = 1e-7


def cosine(site: Site, fragment: Fragment) -> Fragment:
    """One layer becomes a small graph around a Dot."""
    inputs = [call.args[0] for call in site.old.calls]
    if len(inputs) != 1 or len(inputs[0]) != 2:
        raise Rejected("a cosine of other than two inputs, or called more than once")
    first, second = inputs[0]
    axes = fragment.main.config["axes"]
    dtype = {"dtype": fragment.main.config["dtype"]} if "dtype" in fragment.main.config else {}

    def squared(port: Port, axis: int, suffix: str) -> Step:
        return Step("Dot", {"axes": axis, **dtype}, suffix, ([port, port],))

    left, right = (axes, axes) if isinstance(axes, int) else axes
    main = replace(fragment.main, suffix="product")
    after = (
        squared(first, left, "first"),
        squared(second, right, "second"),
        Step("ops.multiply", {}, "lengths", (From("first"), From("second"))),
        Step("ops.maximum", {}, "positive", (From("lengths"), 0.0)),
        Step("ops.sqrt", {}, "root"),
        *([Step("ops.maximum", {}, "limited", (From("root"), EPSILON))] if keras_is(site.origin, ">=1.0.4") else []),
        Step("ops.divide", {}, "cosine", (From("product"), PREVIOUS)),
        *([Step("ops.expand_dims", {"axis": 1}, "expanded")] if keras_is(site.origin, ">=1.0.0") else []),
    )
    return replace(fragment, main=main, after=after)
