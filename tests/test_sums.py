"""A sum is what NumPy computes, whatever today's Keras takes for a bias."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
from packaging.version import Version

from kconvert.errors import Rejected
from kconvert.sums import is_mistaken
from kconvert.upgrade.fragment import Fragment, Step
from kconvert.upgrade.rules.narrow_attention import narrow_attention

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


def attention(release, **config):
    fragment = Fragment(Step("MultiHeadAttention", {"num_heads": 4, "key_dim": 1, "value_dim": None, **config}))
    site = SimpleNamespace(origin=SimpleNamespace(keras=(Version(release), Version(release))))
    return fragment, narrow_attention(site, fragment)


@pytest.mark.parametrize("config", [{}, {"key_dim": 3, "value_dim": 1}])
def test_heads_of_size_one_are_refused(config):
    with pytest.raises(Rejected, match="biases of its heads"):
        attention("2.4.0", **config)


@pytest.mark.parametrize(
    ("release", "config"),
    [("3.7.0", {}), ("2.4.0", {"key_dim": 2}), ("2.4.0", {"num_heads": 1}), ("2.4.0", {"use_bias": False})],
)
def test_other_attention_is_left_as_it_is(release, config):
    before, after = attention(release, **config)
    assert after is before


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
