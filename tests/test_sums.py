"""A sum is what NumPy computes, whatever today's Keras takes for a bias."""

import itertools

import numpy as np
import pytest

from kconvert.sums import is_mistaken

SHAPES = [
    shape for rank in range(1, 5) for shape in itertools.product((1, 2, 3), repeat=rank) if rank < 4 or 2 in shape[1:3]
]


@pytest.mark.parametrize(
    ("first", "second", "mistaken"),
    [
        ((None, 8), (None, 8), False),
        ((None, 8), (None, 1), True),  # eight rows would do
        ((None, 1), (None, 8), False),
        ((None, 6, 5, 6), (6, 1, 1), True),
        ((None, 6, 5, 7), (6, 1, 1), False),
        ((None, 6, 5, None), (6, 1, 1), True),
        ((None, 6, 5, 6), (6,), False),
        ((None, 5, 1), (5,), True),
        ((None, 6), (1, 1, 6), True),
        ((None, 6), (), False),
    ],
)
def test_what_could_be_mistaken_with_some_batch(first, second, mistaken):
    assert is_mistaken(first, second) is mistaken


@pytest.mark.framework
def test_what_is_not_mistaken_is_right_and_every_plain_sum_is():
    from kconvert.rebuild.sums import plain_sum

    random = np.random.default_rng(0)
    for first, second in itertools.product(SHAPES, SHAPES):
        a, b = random.normal(size=first).astype("f4"), random.normal(size=second).astype("f4")
        try:
            right = a + b
        except ValueError:
            continue
        assert np.array_equal(np.asarray(plain_sum(a, b)), right), (first, second)


@pytest.mark.framework
def test_layers_of_sums_keep_their_inputs_in_an_order_that_is_right():
    import keras

    from kconvert.rebuild.sums import in_safe_order

    shapes = [(6, 5, 6), (6, 1, 1), (1, 5, 1)]
    for order in itertools.permutations(shapes):
        tensors = in_safe_order([keras.Input(shape) for shape in order])
        model = keras.Model(tensors, keras.layers.Add()(tensors))
        for batch in (1, 5, 6):
            values = [
                np.random.default_rng(n).normal(size=(batch, *t.shape[1:])).astype("f4") for n, t in enumerate(tensors)
            ]
            assert np.allclose(np.asarray(model(values)), sum(values), atol=1e-6)
