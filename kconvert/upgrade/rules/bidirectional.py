"""Bidirectional stores one layer and builds two; today's constructor takes both.

Today's Bidirectional also gives zeros at masked steps where it returns sequences; Keras 2 repeated the output before. With a
mask it is therefore taken apart: both directions, the backward one turned round, and the merge. So it is where what it
holds has become a model, which a Bidirectional cannot hold.
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
    if forward.class_name == "Functional":
        return _apart(site, fragment, forward, backward)
    forward = replace(forward, name=f"forward_{forward.name}")
    backward = replace(backward, name=f"backward_{backward.name}", config=turned)
    if forward.config.get("return_sequences") and any("mask" in call.kwargs for call in site.old.calls):
        return _apart(site, fragment, forward, backward)
    inner |= {"forward_layer": forward, "backward_layer": backward}
    return replace(fragment, main=replace(fragment.main, inner=inner))


def _apart(site: Site, fragment: Fragment, forward: LayerSpec, backward: LayerSpec) -> Fragment:
    """Both directions as layers of their own: forward, backward, the backward one's sequence turned round, and the merge."""
    if any(isinstance(call.args[0], list) or len(call.kwargs) > 1 for call in site.old.calls):
        raise Rejected("it takes both a mask and initial states")
    held = site.old.inner["forward_layer"]
    assert isinstance(held, LayerSpec)
    mode = fragment.main.config.get("merge_mode", "concat")
    states = int(bool(held.config.get("return_state"))) * (2 if held.class_name == "LSTM" else 1)
    main = _direction("forward", forward, PREVIOUS)
    turned = Step("ops.flip", {"axis": 1}, "turned", (PREVIOUS,))
    after = [_direction("backward", backward, INPUT)]
    if backward.class_name == "Functional":  # it cannot run backwards itself
        after = [Step("ops.flip", {"axis": 1}, "reversed", (INPUT,)), _direction("backward", backward, PREVIOUS)]
    last = "turned" if held.config.get("return_sequences") else "backward"
    if last == "turned":
        after.append(turned)
    first = 1 if mode else 2
    outputs = {first + i: From("forward", 1 + i) for i in range(states)}
    outputs |= {first + states + i: From("backward", 1 + i) for i in range(states)}
    if not mode:
        return replace(fragment, main=main, after=tuple(after), outputs={0: From("forward"), 1: From(last), **outputs})
    config = {"axis": -1} if mode == "concat" else {}
    dtype = {"dtype": held.config["dtype"]} if "dtype" in held.config else {}
    merge = Step(MERGES[mode], {**config, **dtype}, "merge", ([From("forward"), From(last)],))
    return replace(fragment, main=main, after=(*after, merge), outputs=outputs)


def _direction(suffix: str, layer: LayerSpec, source: From) -> Step:
    kwargs = () if suffix == "forward" else ("mask",)  # the main step keeps its call's own
    return Step(layer.class_name, layer.config, suffix, (source,), kwargs, layer.tensors, layer.inner)
