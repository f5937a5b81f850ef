"""From Keras 2.2.3 on, an LSTM on CNTK outputs its last state, the cell state c, instead of h.

keras 2.2.3 backend/cntk_backend.py `rnn`: `new_output = n_s[-1]`, 2.2.2: `n_s[0]`. An unrolled one takes another path.
"""

from __future__ import annotations

from dataclasses import replace

from kconvert.errors import Rejected
from kconvert.upgrade.conditions import keras_is
from kconvert.upgrade.fragment import Fragment, From, Site


def cntk_lstm(site: Site, fragment: Fragment) -> Fragment:
    """The last cell state is the third output of an LSTM that returns its states.

    Raises:
        Rejected: the whole sequence of cell states is asked for; no layer of today's Keras gives it.
    """
    config = site.old.config
    if site.origin.backend != "cntk" or config.get("unroll") or not keras_is(site.origin, ">=2.2.3"):
        return fragment
    if config.get("return_sequences"):
        raise Rejected(
            "from Keras 2.2.3 on, CNTK's LSTM returns the cell state instead of its output at every step, "
            "which no layer of today's Keras does"
        )
    if not site.old.calls:
        raise Rejected("from Keras 2.2.3 on, CNTK's LSTM returns its cell state, which a wrapper cannot pick")
    name = fragment.main.suffix or "lstm"
    main = replace(fragment.with_config(return_state=True).main, suffix=name)
    return replace(fragment, main=main, outputs={**fragment.outputs, 0: From(name, 2)})
