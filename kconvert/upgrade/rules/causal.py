"""`causal=True` of Attention and AdditiveAttention is `use_causal_mask=True` of each call today.

Source: tensorflow 2.3 python/keras/layers/dense_attention.py; keras 2.10 layers/attention/base_dense_attention.py, which has both.
"""

from __future__ import annotations

from dataclasses import replace

from kconvert.spec import Call
from kconvert.upgrade.fragment import Fragment, Site


def causal(site: Site, fragment: Fragment) -> Fragment:
    """Attention and AdditiveAttention."""
    return replace(fragment, call=lambda call: Call(call.args, {**call.kwargs, "use_causal_mask": True}))
