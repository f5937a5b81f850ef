"""Initial states that a node lists as further inputs: `[x, h, c]` becomes `x, initial_state=[h, c]`.

Source: keras 2.2.4 layers/recurrent.py `RNN.__call__`, layers/wrappers.py `Bidirectional.__call__`.
"""

from __future__ import annotations

from dataclasses import replace

from kconvert.spec import Call
from kconvert.upgrade.fragment import Fragment, Site


def initial_state(site: Site, fragment: Fragment) -> Fragment:
    """All recurrent layers."""
    if not any(isinstance(call.args[0], list | tuple) for call in site.old.calls if call.args):
        return fragment
    return replace(fragment, call=_with_states)


def _with_states(call: Call) -> Call:
    first = call.args[0]
    if not isinstance(first, list | tuple) or len(first) == 1:
        return call
    return Call((first[0],), {**call.kwargs, "initial_state": list(first[1:])})
