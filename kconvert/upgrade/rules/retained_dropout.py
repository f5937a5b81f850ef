"""Dropout until Keras 0.2 multiplies by 1 - p at inference; from 0.3.0 on it divides by that in training instead.

Sources: keras 0.2.0 layers/core.py `Dropout.get_output`; keras 0.3.0 backend/theano_backend.py `dropout`.
"""

from __future__ import annotations

from dataclasses import replace

from kconvert.upgrade.conditions import keras_is
from kconvert.upgrade.fragment import PREVIOUS, Fragment, Site, Step


def retained_dropout(site: Site, fragment: Fragment) -> Fragment:
    """Dropout, and what training makes of it today multiplied by 1 - p as well."""
    p = float(site.old.config["p"])
    if p == 0 or not keras_is(site.origin, "<0.3.0"):
        return fragment
    main = replace(fragment.main, suffix="dropout")
    return replace(fragment, main=main, after=(Step("ops.multiply", {}, "retained", (PREVIOUS, 1.0 - p)),))
