"""MultiHeadAttention under a mask: what a query sees that may look at nothing.

tf.keras adds -1e9 to all of its scores, so it sees the mean of all values. Today's layer does the same, but one with
`dropout` takes another path, in which it sees nothing (zeros). Dropout does nothing at inference, so it goes.
Sources: keras 2.12 layers/activation/softmax.py `Softmax.call`; keras 3.15 src/layers/attention/multi_head_attention.py
`_compute_attention`, src/layers/activations/softmax.py.
"""

from __future__ import annotations

from kconvert.upgrade.fragment import Fragment, Site


def masked_attention(site: Site, fragment: Fragment) -> Fragment:
    """MultiHeadAttention."""
    masked = any("attention_mask" in call.kwargs for call in site.old.calls)
    return fragment.with_config(dropout=0.0) if masked and fragment.main.config.get("dropout") else fragment
