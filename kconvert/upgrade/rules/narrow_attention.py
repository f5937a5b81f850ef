"""MultiHeadAttention with keys or values of size one: the biases of its heads are (heads, 1).

Today's adds them along the steps where there are as many steps as heads. See `kconvert/sums.py`.
"""

from __future__ import annotations

from kconvert.errors import Rejected
from kconvert.sums import has_plain_sums
from kconvert.upgrade.fragment import Fragment, Site


def narrow_attention(site: Site, fragment: Fragment) -> Fragment:
    """Refused where that can happen."""
    config = fragment.main.config
    sizes = (config.get("key_dim"), config.get("value_dim") or config.get("key_dim"))
    if 1 in sizes and config.get("num_heads") != 1 and config.get("use_bias", True) and has_plain_sums(site.origin):
        raise Rejected("with key_dim or value_dim 1 today's Keras can add the biases of its heads along the steps")
    return fragment
