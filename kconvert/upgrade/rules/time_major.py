"""`time_major=True` of tf.keras's recurrent layers: (time, batch, features) in and, with return_sequences, out.

Today's layers have the batch first, so both are turned. Source: tensorflow 2.4 python/keras/layers/recurrent.py `RNN.call`.
"""

from __future__ import annotations

from dataclasses import replace

from kconvert.errors import Rejected
from kconvert.upgrade.fragment import Fragment, From, Site, Step


def time_major(site: Site, fragment: Fragment) -> Fragment:
    """All recurrent layers."""
    config = site.old.config
    if not config.get("time_major"):
        return fragment
    if any(call.kwargs.get("mask") is not None for call in site.old.calls):
        raise Rejected("it takes both a mask and time first", argument="time_major")
    swap = {"axis1": 0, "axis2": 1}
    before = Step("ops.swapaxes", swap, "batch_first")
    if not config.get("return_sequences"):
        return replace(fragment, before=(before, *fragment.before))
    main = replace(fragment.main, suffix="sequence")
    states = {n: From("sequence", n) for n in range(1, 3)} if config.get("return_state") else {}
    after = Step("ops.swapaxes", swap, "time_first", (From("sequence"),))
    return replace(fragment, before=(before, *fragment.before), main=main, after=(after,), outputs=states)
