"""BatchNormalization of Keras 1 in modes 1 and 2, which normalise with what they see, also at inference.

Mode 1 takes mean and deviation of each sample's last axis, mode 2 those of the whole batch for each feature. Epsilon is added to the
variance and, but for mode 2 from 1.0.6 on, to its root as well. The statistics that are stored are not used.
Sources: normalization.py `call` and backend/*_backend.py `normalize_batch_in_training` of keras 1.0.0 to 1.2.2.
"""

from __future__ import annotations

from dataclasses import replace

from kconvert.errors import Rejected
from kconvert.upgrade.conditions import keras_is, known_backend
from kconvert.upgrade.fragment import INPUT, PREVIOUS, Fragment, From, Site, Step
from kconvert.upgrade.rules.elementwise import elementwise


def batch_modes(site: Site, fragment: Fragment) -> Fragment:
    """BatchNormalization of Keras 0.3 and 1."""
    mode = site.old.config.get("mode", 0)
    if mode == 0:
        return fragment
    if mode not in (1, 2):
        raise Rejected(f"mode={mode!r} is none that Keras had", argument="mode")
    rank = _rank(site)
    axis = int(site.old.config.get("axis", -1)) % rank if mode == 2 else rank - 1
    reduced = [a for a in range(rank) if a != axis] if mode == 2 else [-1]
    epsilon = site.old.config["epsilon"]
    inside, outside = _epsilons(site, mode)
    steps = [
        Step("ops.mean", {"axis": reduced, "keepdims": True}, "mean", (INPUT,)),
        Step("ops.subtract", {}, "centered", (INPUT, PREVIOUS)),
        Step("ops.var", {"axis": reduced, "keepdims": True}, "variance", (INPUT,)),
    ]
    if inside:
        steps.append(Step("ops.add", {}, "variance_epsilon", (PREVIOUS, epsilon)))
    steps.append(Step("ops.sqrt", {}, "deviation"))
    if outside:
        steps.append(Step("ops.add", {}, "deviation_epsilon", (PREVIOUS, epsilon)))
    steps.append(Step("ops.divide", {}, "normalized", (From("centered"), PREVIOUS)))
    fragment = fragment.without_tensors(
        ["moving_mean", "moving_variance"], f"mode {mode} uses the statistics of what it sees"
    )
    gamma, beta = fragment.main.tensors["gamma"], fragment.main.tensors["beta"]
    shape = [1] * (rank - 1)
    shape[axis - 1] = gamma.size
    if len(gamma.shape) > 1:  # up to 0.3.0: a weight for every element
        shape = list(gamma.shape)
    main, *after = elementwise("scaled", fragment.main.config, site, shape=shape, scale=gamma, shift=beta)
    return replace(fragment, main=main, before=tuple(steps), after=tuple(after))


def _rank(site: Site) -> int:
    ranks = {len(shape) for shape in site.input_shapes if shape is not None}
    if len(ranks) != 1:
        raise Rejected("its mode needs the number of axes of its input, which is not known", option="--input-shape")
    return ranks.pop()


def _epsilons(site: Site, mode: int) -> tuple[bool, bool]:
    """Is epsilon added to the variance, and to the deviation?"""
    if mode == 1:
        return keras_is(site.origin, ">=1.0.5"), True
    if keras_is(site.origin, "<1.0.6"):
        return True, True
    if keras_is(site.origin, "<1.0.8") and known_backend(site.origin) == "theano":
        return keras_is(site.origin, "<1.0.7"), True
    return True, False
