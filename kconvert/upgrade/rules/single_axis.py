"""`axis: [3]` of tf.keras's BatchNormalization is `axis: 3` today; several axes at once have no equivalent.

Sources: tensorflow 1.8 to 2.15, normalization `BatchNormalizationBase.build` (which turns the axis into a list);
keras 3.15 src/layers/normalization/batch_normalization.py.
"""

from __future__ import annotations

from kconvert.errors import Rejected
from kconvert.upgrade.fragment import Fragment, Site


def single_axis(site: Site, fragment: Fragment) -> Fragment:
    """All kinds of BatchNormalization."""
    axis = site.old.config.get("axis", -1)
    if not isinstance(axis, list | tuple):
        return fragment
    if len(axis) != 1:
        raise Rejected(f"axis={list(axis)}: today's layer normalises one axis", argument="axis")
    return fragment.with_config(axis=axis[0])
