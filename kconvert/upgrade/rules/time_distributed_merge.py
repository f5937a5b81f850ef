"""TimeDistributedMerge of Keras 0.x: the sum, mean or product of all steps. Source: keras 0.3.3 layers/core.py."""

from __future__ import annotations

from kconvert.errors import Rejected
from kconvert.upgrade.fragment import Fragment, Site, Step

OPERATIONS = {"sum": "ops.sum", "ave": "ops.mean", "mul": "ops.prod"}


def time_distributed_merge(site: Site, fragment: Fragment) -> Fragment:
    """One operation."""
    mode = site.old.config["mode"]
    if mode not in OPERATIONS:
        raise Rejected(f"mode={mode!r} is none that Keras had", argument="mode")
    return Fragment(Step(OPERATIONS[mode], {"axis": 1}))
