"""Bidirectional stores one layer and builds two; today's constructor takes both, as tf.keras's does from 2.1 on.

Today's Bidirectional also gives zeros at masked steps where it returns sequences; Keras 2 and some tf.keras repeated the
output before (kconvert/upgrade/masks says which), and tf.keras 1.13 gave zeros also where it returns the last output alone. With such a mask it is taken
apart (and where its two layers have different numbers of units, from which today's infers a wrong shape): both directions, the backward one turned round, and the merge. So it is where what it holds has become a model, which
a Bidirectional cannot hold.
Sources: keras 2.2.4 layers/wrappers.py `Bidirectional`; keras 3.15 src/layers/rnn/bidirectional.py `force_zero_output_for_mask`.
"""

from __future__ import annotations

from dataclasses import replace

from kconvert.errors import Rejected
from kconvert.spec import LayerSpec
from kconvert.upgrade.fragment import INPUT, PREVIOUS, Fragment, From, Site, Step
from kconvert.upgrade.masks.directions import has_unequal_directions, zeroes_masked_steps

MERGES = {"sum": "Add", "mul": "Multiply", "ave": "Average", "concat": "Concatenate"}


def bidirectional(site: Site, fragment: Fragment) -> Fragment:
    """The backward layer runs against the direction of the forward one and has a name of its own."""
    inner = dict(fragment.main.inner)
    forward, backward = inner["forward_layer"], inner["backward_layer"]
    assert isinstance(forward, LayerSpec) and isinstance(backward, LayerSpec)
    runs_back = not forward.config.get("go_backwards", False)
    turned = {**backward.config, "go_backwards": runs_back}  # an explicit backward layer has this already
    if forward.class_name == "Functional":
        return _apart(site, fragment, forward, backward)
    unequal = has_unequal_directions(site.old)
    zero = [zeroes_masked_steps(_held(site, role), site.origin) for role in ("forward_layer", "backward_layer")]
    if forward.config.get("return_sequences") and (unequal or not all(zero)):
        forward = replace(forward, config={**forward.config, "zero_output_for_mask": zero[0]})
        turned["zero_output_for_mask"] = zero[1]
    forward = replace(forward, name=f"forward_{forward.name}")
    backward = replace(backward, name=f"backward_{backward.name}", config=turned)
    differs = not all(zero) if forward.config.get("return_sequences") else forward.config.get("zero_output_for_mask")
    if unequal or (differs and any("mask" in call.kwargs for call in site.old.calls)):
        return _apart(site, fragment, forward, backward)
    inner |= {"forward_layer": forward, "backward_layer": backward}
    return replace(fragment, main=replace(fragment.main, inner=inner))


def _apart(site: Site, fragment: Fragment, forward: LayerSpec, backward: LayerSpec) -> Fragment:
    """Both directions as layers of their own: forward, backward, the backward one's sequence turned round, and the merge."""
    if any(isinstance(call.args[0], list) or len(call.kwargs) > 1 for call in site.old.calls):
        raise Rejected("it takes both a mask and initial states")
    held = _held(site, "forward_layer")
    mode = fragment.main.config.get("merge_mode", "concat")
    states, back_states = (_states(_held(site, role)) for role in ("forward_layer", "backward_layer"))
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
    outputs |= {first + states + i: From("backward", 1 + i) for i in range(back_states)}
    if not mode:
        return replace(fragment, main=main, after=tuple(after), outputs={0: From("forward"), 1: From(last), **outputs})
    config = {"axis": -1} if mode == "concat" else {}
    dtype = {"dtype": held.config["dtype"]} if "dtype" in held.config else {}
    merge = Step(MERGES[mode], {**config, **dtype}, "merge", ([From("forward"), From(last)],))
    return replace(fragment, main=main, after=(*after, merge), outputs=outputs)


def _held(site: Site, role: str) -> LayerSpec:
    held = site.old.inner[role]
    assert isinstance(held, LayerSpec)
    return held


def _states(layer: LayerSpec) -> int:
    """How many states a layer returns."""
    return (2 if "LSTM" in layer.class_name else 1) if layer.config.get("return_state") else 0


def _direction(suffix: str, layer: LayerSpec, source: From) -> Step:
    kwargs = () if suffix == "forward" else ("mask",)  # the main step keeps its call's own
    return Step(layer.class_name, layer.config, suffix, (source,), kwargs, layer.tensors, layer.inner)
