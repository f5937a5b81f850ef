"""Bidirectional stores one layer and builds two; today's constructor takes both.

Today's Bidirectional also gives zeros at masked steps where it returns sequences; Keras 2 repeated the output before. With a
mask it is therefore taken apart: both directions, the backward one turned round, and the merge.
Sources: keras 2.2.4 layers/wrappers.py `Bidirectional`; keras 3.15 src/layers/rnn/bidirectional.py `force_zero_output_for_mask`.
"""

from __future__ import annotations

from dataclasses import replace

from kconvert.errors import Rejected
from kconvert.spec import LayerSpec
from kconvert.upgrade.fragment import INPUT, PREVIOUS, Fragment, From, Site, Step

MERGES = {"sum": "Add", "mul": "Multiply", "ave": "Average", "concat": "Concatenate"}


def bidirectional(site: Site, fragment: Fragment) -> Fragment:
    """The backward layer runs against the direction of the forward one and has a name of its own."""
    inner = dict(fragment.main.inner)
    forward, backward = inner["forward_layer"], inner["backward_layer"]
    assert isinstance(forward, LayerSpec) and isinstance(backward, LayerSpec)
    turned = {**backward.config, "go_backwards": not forward.config.get("go_backwards", False)}
    forward = replace(forward, name=f"forward_{forward.name}")
    backward = replace(backward, name=f"backward_{backward.name}", config=turned)
    if forward.config.get("return_sequences") and any("mask" in call.kwargs for call in site.old.calls):
        return _apart(site, fragment, forward, backward)
    inner |= {"forward_layer": forward, "backward_layer": backward}
    return replace(fragment, main=replace(fragment.main, inner=inner))


def _apart(site: Site, fragment: Fragment, forward: LayerSpec, backward: LayerSpec) -> Fragment:
    if any(isinstance(call.args[0], list) or len(call.kwargs) > 1 for call in site.old.calls):
        raise Rejected("it takes both a mask and initial states")
    mode = fragment.main.config.get("merge_mode", "concat")
    states = int(bool(forward.config.get("return_state"))) * (2 if forward.class_name == "LSTM" else 1)
    main = Step(forward.class_name, forward.config, "forward", tensors=forward.tensors)
    back = Step(backward.class_name, backward.config, "backward", (INPUT,), ("mask",), backward.tensors)
    flip = Step("ops.flip", {"axis": 1}, "turned", (PREVIOUS,))
    first = 1 if mode else 2
    outputs = {first + i: From("forward", 1 + i) for i in range(states)}
    outputs |= {first + states + i: From("backward", 1 + i) for i in range(states)}
    if not mode:
        return replace(
            fragment, main=main, after=(back, flip), outputs={0: From("forward"), 1: From("turned"), **outputs}
        )
    config = {"axis": -1} if mode == "concat" else {}
    merge = Step(
        MERGES[mode], {**config, "dtype": forward.config.get("dtype")}, "merge", ([From("forward"), From("turned")],)
    )
    return replace(fragment, main=main, after=(back, flip, merge), outputs=outputs)
