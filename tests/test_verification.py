"""What is compared with what: inputs that suit a model, names, tolerances. No TensorFlow."""

import json
import math

import numpy as np
import pytest
from conftest import SAMPLES, source_of, weights_of
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from kconvert.read import read
from kconvert.report import OutputCheck, Verification
from kconvert.tensor import Tensor
from kconvert.verify.ahead import Ahead, side_by_side
from kconvert.verify.comparing import Tolerance, difference
from kconvert.verify.inputs import plausible, wanted_inputs
from kconvert.verify.naming import counterparts, same_names
from kconvert.verify.reference import Computed, layer
from kconvert.verify.rounding import SINGLE, rounding, unit_of
from kconvert.verify.uses import uses

BATCHES = (3, 1)


def spec_of(name):
    return read(source_of(SAMPLES / name), weights=weights_of(SAMPLES / name))


def generated(name, run=0):
    return plausible(wanted_inputs(spec_of(name), []), BATCHES[run], run)


@pytest.mark.parametrize(
    ("sample", "kinds"),
    [
        ("sentiment_lstm", ["ids below 30, 0 where a step is masked"]),
        ("question_answering", ["ids below 10, 0 where a step is masked", "ids below 10", "ids below 10"]),
        ("tagger", ["normally distributed numbers, masked steps of 0"]),
        ("word_tagger", ["5 known words and two unknown ones"]),
        ("digits", ["pixels from 0 to 1"]),
        ("right_edges", ["numbers from -0.9 to 3", "numbers from -2 to 4"]),
        ("price_model", ["normally distributed numbers", "normally distributed numbers"]),
    ],
)
def test_inputs_suit_the_layers_that_they_reach(sample, kinds):
    assert [used.kind for used in generated(sample).run.inputs] == kinds


def test_ids_stay_inside_the_vocabulary_and_masks_stand_at_either_end():
    first, second = (generated("sentiment_lstm", run).arrays[0] for run in (0, 1))
    assert first.max() < 30
    assert first[:, 0].all()
    assert not first.all()
    assert second[:, -1].all()
    assert not second.all()


def test_runs_differ_in_batch_and_length():
    assert [generated("seq2seq", run).arrays[0].shape for run in (0, 1)] == [(3, 12, 5), (1, 7, 5)]


def test_a_fixed_batch_is_that_of_all_inputs():
    assert {a.shape[0] for run in (0, 1) for a in generated("masked_recurrent", run).arrays} == {4}


def test_the_same_seed_gives_the_same_inputs():
    for one, two in zip(generated("right_edges").arrays, generated("right_edges").arrays, strict=True):
        np.testing.assert_array_equal(one, two)


def test_models_inside_models_say_what_their_inputs_are_for():
    spec = spec_of("shared_towers")
    assert len(uses(spec)) == len(generated("shared_towers").arrays)


def test_every_sample_has_inputs_of_its_own_shapes():
    for folder in sorted(p.parent for p in SAMPLES.glob("*/io.npz")):
        arrays = generated(folder.name).arrays
        with np.load(folder / "io.npz") as recorded:
            ranks = [recorded[f"in_{n}"].ndim for n in range(sum(k.startswith("in_") for k in recorded.files))]
        assert sorted(a.ndim for a in arrays) == sorted(ranks), folder.name


@pytest.mark.parametrize(
    ("got", "want", "passed"),
    [
        ([1.0, 2.0], [1.0, 2.0001], True),
        ([1.0, 2.0], [1.0, 2.001], False),
        ([math.nan, math.inf], [math.nan, math.inf], True),
        ([math.nan], [1.0], False),
        ([math.inf], [-math.inf], False),
        ([[1.0]], [1.0], False),
        (["a", "b"], ["a", "b"], True),
        (["a", "b"], ["a", "c"], False),
        ([True, False], [True, True], False),
        ([], [], True),
    ],
)
def test_numbers_agree_within_the_tolerance_and_everything_else_exactly(got, want, passed):
    assert difference(np.array(got), np.array(want), Tolerance()).passed is passed


@given(
    hnp.arrays("float32", (3, 2), elements=st.floats(width=32)),
    hnp.arrays("float64", (3, 2), elements=st.floats(-1e3, 1e3)),
    st.booleans(),
)
def test_the_short_way_over_finite_numbers_says_what_the_long_one_does(got, want, by_scale):
    short = difference(got, want, Tolerance(), by_scale=by_scale)
    assert short == difference(got, want, Tolerance(), by_scale=by_scale, slack=np.zeros((3, 2)))


def test_what_is_computed_ahead_is_used_for_the_same_inputs_alone():
    given_ = generated("mnist_cnn")
    ahead = Ahead(given_, True, Computed((), {}, ()))
    assert ahead.suits(generated("mnist_cnn"), True)
    assert not ahead.suits(generated("mnist_cnn"), False)
    assert not ahead.suits(generated("mnist_cnn", 1), True)
    assert not ahead.suits(generated("tagger"), True)


def test_what_goes_wrong_ahead_is_no_error_and_what_goes_wrong_in_loading_is():
    def wrong():
        raise ArithmeticError

    assert side_by_side(lambda: {"a": 1}, wrong) == ({"a": 1}, None)
    with pytest.raises(ArithmeticError):
        side_by_side(wrong, lambda: None)


@pytest.mark.parametrize("leading", [(), (2,), (2, 3)])
@pytest.mark.parametrize("columns", [3, 700])
def test_a_large_matrix_is_multiplied_in_blocks(monkeypatch, leading, columns):
    monkeypatch.setattr(layer, "LARGE", 1000)
    matrix, x = np.random.default_rng(1).random((50, columns), dtype=np.float32), np.ones((*leading, 50))
    kernel = Tensor.of_file("kernel", matrix.shape, matrix.dtype, lambda: matrix)
    dense = layer.Layer("Dense", "dense", {}, None, None, {"kernel": kernel})
    np.testing.assert_allclose(dense.times(x, "kernel"), x @ matrix.astype(np.float64), rtol=1e-13)


def test_inside_a_model_the_largest_number_is_the_scale():
    got, want = np.array([1000.0, 0.01]), np.array([1000.0, 0.0])
    assert not difference(got, want, Tolerance()).passed
    assert difference(got, want, Tolerance(), by_scale=True).passed


def test_the_worst_of_two_runs_counts():
    good = difference(np.ones(2), np.ones(2), Tolerance())
    bad = difference(np.ones(2), np.zeros(2), Tolerance())
    for both in (good.worse(bad), bad.worse(good)):
        assert (both.max_abs, both.passed) == (1.0, False)


def test_layers_are_found_under_their_new_names():
    found = ["dense_1", "block_1", "outer/conv_1", "outer#1/conv_1", "tf.add", "tf.add_1"]
    names = ["dense_1", "block/1", "outer/conv/1", "outer#1/conv/1", "tf.add", "tf.add#1", "gone"]
    renamed = {"block/1": "block_1", "outer/conv/1": "outer/conv_1"}
    expected = dict(zip(names, found, strict=False))
    paths = {"outer/conv/1": ("outer", "conv/1"), "block/1": ("block/1",)}
    assert counterparts(names, found, renamed, paths) == expected
    assert counterparts(names, found, {}, paths) == expected


def test_calls_are_counted_without_those_that_lead_nowhere():
    assert counterparts(["inner#1/a", "inner#2/a"], ["inner/a", "inner#1/a"], {}, {}) == {
        "inner#1/a": "inner/a", "inner#2/a": "inner#1/a",
    }  # fmt: skip


def test_inputs_are_matched_by_name_where_both_have_the_same_ones():
    assert same_names(["a", "b/c"], ["b_c", "a"]) == [1, 0]
    assert same_names(["a", "b"], ["x", "a"]) == [0, 1]
    assert same_names(["a", "a"], ["a", "a"]) == [0, 1]


def test_json_has_no_infinity():
    broken = Verification(
        "failed", outputs=(OutputCheck("y", math.inf, math.inf, False, "reference", "the shape is other"),)
    )
    assert json.loads(json.dumps(broken.to_dict(), allow_nan=False))["outputs"][0]["max_abs"] is None
    assert broken.difference == "y the shape is other"


def test_rounding_moves_a_well_conditioned_model_by_little():
    given = generated("price_model")
    moved = rounding(spec_of("price_model"), given.arrays, SINGLE)
    assert all(0 < m.max() < 1e-5 for m in moved)


def test_the_unit_of_rounding_is_that_of_the_coarsest_dtype():
    assert unit_of(["float32", "int32"]) == SINGLE
    assert unit_of(["float16", "float32"]) == 2.0**-12
