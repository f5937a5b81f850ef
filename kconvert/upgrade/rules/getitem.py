"""`x[:, 0]` in a graph of Keras 3: the index is an argument of the call there and of the operation here.

Source: keras 3.0.5 src/ops/numpy.py `GetItem`.
"""

from __future__ import annotations

from kconvert.errors import Rejected
from kconvert.spec import Call, Nest, ports_in
from kconvert.upgrade.fragment import Fragment, Site


def getitem(site: Site, fragment: Fragment) -> Fragment:
    """One index per layer: a graph has an operation for each of its slices."""
    keys = [call.kwargs.get("key", call.args[-1]) for call in site.old.calls]
    key = keys[0]
    if any(other != key for other in keys) or any(ports_in(key)):
        raise Rejected("its index is not the same constant in each call")
    index: list[Nest] = list(key) if isinstance(key, list | tuple) else [key]
    return Fragment(fragment.with_config(key=index).main, call=lambda call: Call((call.args[0],)))
