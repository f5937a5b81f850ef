"""Dot of tensors of four axes or more on TensorFlow before Keras 2.3 and tf.keras 2.1: a product of their last two.

What Keras calls `axes` only says there which of the last two axes is summed over; the axes before them are one more of the batch. Today's
Dot sums over the axis and keeps all others of both. Sources: keras 1.2.2 and 2.2.4 backend/tensorflow_backend.py `batch_dot`; tensorflow
1.15 python/keras/backend.py `batch_dot`, 2.1 likewise without it.
"""

from __future__ import annotations

from dataclasses import replace

from kconvert.errors import Rejected
from kconvert.upgrade.conditions import keras_is, known_backend
from kconvert.upgrade.fragment import Fragment, Site, Step


def dot_of_matrices(site: Site, fragment: Fragment) -> Fragment:
    """An einsum; a Dot of fewer axes is what it was."""
    ranks = [len(shape) for shape in site.input_shapes if shape is not None]
    if not ranks or max(ranks) < 4 or keras_is(site.origin, ">=2.3.0"):
        return fragment
    if known_backend(site.origin) != "tensorflow":
        return fragment
    if len(set(ranks)) > 1 or site.old.config.get("normalize"):
        raise Rejected("a dot product of four axes with another rank, or normalized, as TensorFlow 1 computed it")
    rank, axes = ranks[0], site.old.config.get("axes", -1)
    first, second = ((axes, axes) if isinstance(axes, int) else axes)[:2]
    batch = "abcdefgh"[: rank - 2]
    left = "iz" if first % rank == rank - 1 else "zi"
    right = "jz" if second % rank == rank - 1 else "zj"
    equation = f"{batch}{left},{batch}{right}->{batch}ij"
    if any(len(call.args) != 1 or not isinstance(call.args[0], list | tuple) for call in site.old.calls):
        raise Rejected("a dot product of four axes that is not called on a list of two")
    main = Step("ops.einsum", {}, fragment.main.suffix)
    return replace(fragment, main=main, call=lambda call: replace(call, args=(equation, *call.args[0])))
