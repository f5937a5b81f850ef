"""When does today's Keras take the second operand of a sum for a bias?

From 3.7 on `ops.add(a, b)`, and with it the layers Add and Average and every bias, hands b to `tf.nn.bias_add` where b has
one axis that is longer than one, and that is as long as the last axis of a, or else its second, wherever that axis stands:
a (8, 8) plus b (8, 1) adds b to every row and not to every column. Open axes count: a sum must be right for every batch.

Source: keras 3.15.1 src/backend/tensorflow/numpy.py `add`; the wheels of 3.6.0 and 3.7.0.
"""

from __future__ import annotations

from packaging.version import Version

from kconvert.spec import Origin

Shape = tuple[int | None, ...]
FIRST_WITH_BIASES = Version("3.7")


def has_plain_sums(origin: Origin) -> bool:
    """True where the Keras that wrote the model added as NumPy does; a later one computed what today's does."""
    low = origin.keras[0]
    return low is None or low < FIRST_WITH_BIASES


def broadcast(a: Shape, b: Shape) -> Shape:
    """The shape of a sum, as NumPy has it; an open axis stays open beside one of length one."""
    rank = max(len(a), len(b))
    pairs = zip((1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b, strict=True)
    return tuple(m if n == 1 else n for m, n in pairs)


def is_mistaken(first: Shape, second: Shape) -> bool:
    """Can `second` be taken for a bias, and be added along another axis than its own?"""
    if len(first) < 2 or first == second:
        return False
    last = len(first) - 1
    for axis, length in enumerate(second):
        if length == 1 or any(n not in (1, None) for place, n in enumerate(second) if place != axis):
            continue  # not the one long axis
        fitting = {a for a in (1, last) if length is None or first[a] in (length, None)}
        own = axis - len(second) + len(first)
        if own == last and length is not None and first[last] == length:
            fitting = {last}  # it is looked at first
        if fitting and (fitting != {own} or len(second) > len(first)):
            return True
    return False
