"""The reference by itself computes what the legacy frameworks recorded, and says so where it cannot."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from conftest import CORPUS, ROOT, sample_folders
from reference_table import facts_of, inputs_of, judged, spec_of

from kconvert.read import read
from kconvert.spec import Call, Dialect, LayerSpec, ModelSpec, Origin, Port, Tensor
from kconvert.upgrade.maps import hop_maps
from kconvert.verify.reference import reference
from kconvert.verify.reference.registry import FAMILIES, MODELS, RULES

LINES = (ROOT / "tests" / "corpus_sample.txt").read_text().splitlines()
CASES = [CORPUS / line for line in LINES if line and not line.startswith("#")][::4] if CORPUS.is_dir() else []


@pytest.mark.parametrize("folder", [*sample_folders(), *CASES], ids=lambda p: f"{p.parent.name}-{p.name}")
def test_outputs_equal_those_of_the_legacy_framework(folder):
    state, text = judged(folder)
    if (folder / "custom.py").exists():  # code of the user's is not run: what hangs on it is unknown, never wrong
        assert state in ("equal", "lacking"), text
    else:
        assert (state, text) == ("equal", "")


UNDECIDED = {
    "keras-1.1.2-theano/Convolution3D",
    "keras-2.2.4-cntk/DepthwiseConv2D_0036",
    "keras-2.2.4-cntk/DepthwiseConv2D_0068",
    "keras-2.2.4-cntk/SeparableConv2D_0019",
    "keras-3.0.5/UpSampling2D_0001",
}
"""What a framework computes otherwise elsewhere, or wrong: the reference does not have it, and it is not converted."""


@pytest.mark.parametrize(
    "file", sorted((ROOT / "tests" / "random_models").glob("*/*.h5")), ids=lambda p: f"{p.parent.name}-{p.stem}"
)
def test_random_layers_equal_those_of_the_legacy_framework(file):
    backend = file.parent.name.split("-")[2] if file.parent.name.startswith("keras-1") else None
    with np.load(file.with_suffix(".npz")) as recorded:
        computed = reference(read(file, backend=backend)).run([recorded["in_0"]])
        if f"{file.parent.name}/{file.stem}" in UNDECIDED:
            assert [m.class_name for m in computed.missing] == [file.stem.split("_")[0]]
            return
        assert computed.missing == ()
        np.testing.assert_allclose(computed.outputs[0], recorded["out_0"], rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("dialect", Dialect)
def test_a_class_stands_in_one_family(dialect):
    names = Counter(name for family in FAMILIES for name in getattr(family, dialect.name.upper(), {}))
    assert [name for name, count in names.items() if count > 1 or name in MODELS] == []


NOT_YET = {
    "FixedDropout", "HashedCrossing", "LSTMV1", "LSTMV2", "GRUV1", "GRUV2", "UnifiedGRU", "LSTMCellV1", "LSTMCellV2",
    "GRUCellV1", "GRUCellV2",
}  # fmt: skip
"""Layers whose conversion is right and "was not compared"; whoever writes one takes it off this list."""


@pytest.mark.parametrize("dialect", [Dialect.keras0, Dialect.keras1, Dialect.keras2])
def test_every_layer_of_the_maps_has_its_second_opinion(dialect):
    converted = {name for name, entry in hop_maps(dialect).sections["layers"].items() if entry.reject is None}
    assert converted - set(RULES[dialect]) == (NOT_YET if dialect is Dialect.keras2 else set())


def test_every_layer_of_every_call_is_there_with_the_shape_that_it_gives(sample):
    folder = sample("shared_towers")
    inputs, _ = inputs_of(folder, facts_of(folder))
    spec = spec_of(folder)
    computed = reference(spec).run(inputs)
    calls = [f"{la.name}#{n}" if n else la.name for la in spec.layers for n in range(len(la.calls))]
    assert set(calls) <= set(computed.layers)
    assert all(value is not None for value in computed.layers.values())


def of_layers(*layers, keras="2.2.4", backend="tensorflow"):
    from packaging.version import Version

    version = Version(keras)
    origin = Origin("x.h5", "hdf5", (version, version), backend=backend)
    return ModelSpec(Dialect.keras2, "m", layers, (Port(layers[0].name),), (Port(layers[-1].name),), origin)


X = LayerSpec("InputLayer", "x", {"batch_input_shape": [None, 5, 1]}, (Call(),))


def test_what_is_unknown_is_named_and_all_before_it_is_computed():
    known = LayerSpec("Activation", "a", {"activation": "relu"}, (Call((Port("x"),)),))
    own = LayerSpec("MyLayer", "mine", {}, (Call((Port("a"),)),))
    behind = LayerSpec("Flatten", "f", {}, (Call((Port("mine"),)),))
    computed = reference(of_layers(X, known, own, behind)).run([np.full((1, 5, 1), -1.0)])
    assert computed.outputs == (None,)
    assert [(m.layer, m.class_name) for m in computed.missing] == [("mine", "MyLayer")]
    assert np.array_equal(computed.layers["a"], np.zeros((1, 5, 1)))
    assert computed.layers["f"] is None


def convolution(name, kernel):
    tensor = Tensor.constant("kernel", np.asarray(kernel, dtype=np.float32).reshape(-1, 1, 1))
    config = {"kernel_size": [len(kernel)], "padding": "same", "use_bias": False}
    return LayerSpec("Conv1D", name, config, (Call((Port("x"),)),), {"c/kernel": replace(tensor, name="c/kernel:0")})


@pytest.mark.parametrize("backend, kernel, expected", [
    ("tensorflow", [1, 2], [2, 1, 0, 0, 0]),   # y[n] = x[n] + 2 x[n+1], nothing before the first
    ("theano", [1, 2], [0, 1, 2, 0, 0]),       # turned round, and one zero before: y[n] = 2 x[n-1] + x[n]
    (None, [2, 2, 2], [2, 2, 2, 0, 0]),        # the same either way: no need to know
])  # fmt: skip
def test_backends_convolve_their_own_way(backend, kernel, expected):
    x = np.array([0, 1, 0, 0, 0.0]).reshape(1, 5, 1)
    computed = reference(of_layers(X, convolution("c", kernel), backend=backend)).run([x])
    result = computed.outputs[0]
    assert result is not None
    assert result.reshape(-1).tolist() == expected


def test_a_backend_that_matters_and_is_unknown_is_asked_for():
    computed = reference(of_layers(X, convolution("c", [1, 2]), backend=None)).run([np.ones((1, 5, 1))])
    assert computed.outputs == (None,)
    assert "--backend" in computed.missing[0].reason


def test_the_number_of_inputs_is_checked():
    with pytest.raises(ValueError, match="has 1 inputs, 2 were given"):
        reference(of_layers(X, convolution("c", [1]))).run([np.ones((1, 5, 1))] * 2)


def test_somebodys_own_class_with_the_name_of_a_later_one_is_not_taken_for_it():
    own = LayerSpec("LayerNormalization", "n", {"scale": False, "center": False}, (Call((Port("x"),)),))
    computed = reference(of_layers(X, own, keras="2.2.4")).run([np.ones((1, 5, 1))])
    assert [m.class_name for m in computed.missing] == ["LayerNormalization"]
