"""What a table cannot say of an optimizer: arguments that changed their meaning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kconvert.errors import Rejected
from kconvert.spec import Config

Changed = tuple[Config, str]
"""The new arguments, and why further steps are not exactly those of then; empty where they are."""
Rule = Callable[[Config, Config], Changed]


def clipnorm_of_all(old: Config, new: Config) -> Changed:
    """`clipnorm` until Keras 2.3 and TensorFlow 1.13 is the norm of all gradients together: today's `global_clipnorm`.

    Sources: keras 2.3.1 optimizers.py `get_gradients`; tensorflow 1.13 python/keras/optimizers.py, 1.14
    python/keras/optimizer_v2/optimizer_v2.py `get_gradients`. Only the later ones write a `name`.
    """
    clips = {k: v for k in ("clipnorm", "clipvalue", "global_clipnorm") if (v := new.get(k))}
    rest = {k: v for k, v in new.items() if k not in ("clipnorm", "clipvalue", "global_clipnorm")}
    if len(clips) > 1:
        raise Rejected(f"{' and '.join(clips)}: today's Keras clips in one way only", argument=next(iter(clips)))
    if "clipnorm" in clips and "name" not in old:
        clips = {"global_clipnorm": clips["clipnorm"]}
    return {**rest, **clips}, ""


def decay_as_schedule(old: Config, new: Config) -> Changed:
    """`decay` divides the rate by 1 + decay * step: today's InverseTimeDecay over one step.

    Sources: keras 1.0.8 to 2.3.1 optimizers.py; tensorflow 2.10 keras/optimizers/optimizer_v2/optimizer_v2.py `_decayed_lr`.
    """
    decay = new.get("decay") or 0.0
    rest = {k: v for k, v in new.items() if k != "decay"}
    if not decay:
        return rest, ""
    rate = rest.get("learning_rate")
    if isinstance(rate, Mapping):
        raise Rejected("a decay on top of a schedule of the learning rate", argument="decay")
    schedule = {"initial_learning_rate": rate, "decay_steps": 1, "decay_rate": decay}
    return {**rest, "learning_rate": {"class_name": "InverseTimeDecay", "config": schedule}}, ""


def epsilon_beside_the_root(old: Config, new: Config) -> Changed:
    """g / (sqrt(v) + epsilon) became g / sqrt(v + epsilon): the square of epsilon stands there.

    The two are equal for v = 0 and for v far above epsilon squared, and differ by the factor sqrt(2) at most in between.
    RMSprop with momentum (TensorFlow's own kernel) has it under the root already.
    Sources: keras 2.3.1 optimizers.py; tensorflow 2.3 python/keras/optimizer_v2/rmsprop.py `_resource_apply_dense`,
    core/kernels/training_ops.cc `ApplyRMSProp`, `ApplyAdagradV2`; Keras 3.15 src/optimizers/rmsprop.py, adagrad.py.
    """
    if new.get("momentum"):
        return new, ""
    epsilon = float(new.get("epsilon", 1e-7))
    because = (
        f"epsilon ({epsilon:g}) stood beside the root of the mean square and stands under it today, squared: "
        "steps differ where gradients are of its size"
    )
    return {**new, "epsilon": epsilon * epsilon}, because


RULES: Mapping[str, Rule] = {
    "clipnorm_of_all": clipnorm_of_all,
    "decay_as_schedule": decay_as_schedule,
    "epsilon_beside_the_root": epsilon_beside_the_root,
}


def ruled(names: tuple[str, ...], old: Config, new: Config) -> tuple[dict[str, Any], list[str]]:
    """The arguments after all these rules, and what is not exact."""
    inexact = []
    for name in names:
        new, because = RULES[name](old, new)
        inexact += [because] if because else []
    return dict(new), inexact
