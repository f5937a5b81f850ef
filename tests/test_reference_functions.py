"""The reference's functions: op layers, graph operations, operations of Keras 3 and code, against what the real frameworks computed."""

import gzip
import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from packaging.version import Version

from kconvert.read import read
from kconvert.spec import Call, Dialect, LayerSpec, ModelSpec, Origin, Port
from kconvert.verify.reference import reference
from kconvert.verify.reference.functions.table import called

OPERATIONS = Path(__file__).parent / "operations"
LAMBDAS = Path(__file__).parent / "lambdas"
BODIES = (LAMBDAS / "bodies.txt").read_text().splitlines()
COMPILED = {path.stem: json.loads(path.read_text()) for path in sorted((LAMBDAS / "compiled").glob("*.json"))}
CALLS = sorted(OPERATIONS.glob("tf-*/calls.json"))


def numbered(arrays, prefix):
    return [arrays[f"{prefix}_{n}"] for n in range(sum(key.startswith(f"{prefix}_") for key in arrays))]


def assert_equal(found, wanted, what):
    assert found is not None, what
    assert found.shape == wanted.shape, what
    np.testing.assert_allclose(found.astype(float), wanted.astype(float), rtol=2e-5, atol=2e-5, err_msg=what)


@pytest.mark.parametrize(
    "path", sorted(OPERATIONS.glob("*-*/*.json.gz")), ids=lambda p: f"{p.parent.name}-{p.name.removesuffix('.json.gz')}"
)
def test_every_output_of_every_model_of_operations_is_computed(path, tmp_path):
    source, weights = tmp_path / "model.json", tmp_path / "weights.h5"
    source.write_bytes(gzip.decompress(path.read_bytes()))
    with h5py.File(weights, "w") as file:
        file.attrs["layer_names"] = np.array([], "S1")
    with np.load(path.with_name(path.name.replace(".json.gz", ".npz"))) as file:
        arrays = dict(file)
    computed = reference(read(source, weights=weights)).run(numbered(arrays, "in"), keep=False)
    assert computed.missing == ()
    for number, (found, wanted) in enumerate(zip(computed.outputs, numbered(arrays, "out"), strict=True)):
        assert_equal(found, wanted, f"output {number}")


@pytest.mark.parametrize("path", CALLS, ids=lambda p: p.parent.name)
def test_functions_are_found_by_every_name(path):
    with np.load(path.with_suffix(".npz")) as file:
        arrays = dict(file)

    def given(value):
        if isinstance(value, list):
            return [given(v) for v in value]
        return arrays[value[1:]] if isinstance(value, str) and value.startswith("@") else value

    for call in json.loads(path.read_text()):
        kwargs = {key: given(value) for key, value in call["kwargs"].items()}
        result = called(call["function"], given(call["args"]), kwargs)
        results = result if isinstance(result, tuple | list) else (result,)
        for name, found in zip(call["outputs"], results, strict=True):
            assert_equal(np.asarray(found), arrays[name], call["function"])


def body(code, **config):
    """A model of two inputs and a Lambda."""
    inputs = tuple(
        LayerSpec("InputLayer", name, {"batch_input_shape": [None, 4, 6], "dtype": "float32"}, (Call(),))
        for name in "xy"
    )
    config = {"function": [code, None, None], "function_type": "lambda", "arguments": {}, **config}
    layer = LayerSpec("Lambda", "body", config, (Call(([Port("x"), Port("y")],)),))
    origin = Origin("", "hdf5", (Version("2.4.0"), Version("2.4.0")), "tf.keras", "tensorflow")
    return ModelSpec(Dialect.keras2, "m", (*inputs, layer), (Port("x"), Port("y")), (Port("body"),), origin)


@pytest.mark.parametrize("version", COMPILED)
def test_every_body_in_every_python_gives_the_numbers_of_the_real_framework(version):
    with np.load(LAMBDAS / "truth.npz") as file:
        truth = dict(file)
    for number, text in enumerate(BODIES):
        computed = reference(body(COMPILED[version][number])).run([truth["x"], truth["y"]], keep=False)
        assert_equal(computed.outputs[0], truth[f"out_{number}"], text)


@pytest.mark.parametrize("config, reason", [
    ({"function": "sampling", "function_type": "function"}, "nothing of its function but the name"),
    ({"arguments": {"nope": 1}}, "no argument nope"),
    ({"function": ["AAAA", None, None]}, "its Python code cannot be read"),
])  # fmt: skip
def test_code_that_is_not_followed_is_said_to_be_missing(config, reason):
    computed = reference(body(COMPILED["3.8"][0], **config)).run([np.zeros((1, 4, 6))] * 2)
    assert computed.outputs == (None,)
    assert reason in computed.missing[0].reason


@pytest.mark.parametrize("function, args", [
    ("tile", [np.zeros((1, 1000, 1000)), [1, 1000, 1000]]),
    ("fill", [[1 << 20, 1 << 20], 1.0]),
    ("math.add", [np.zeros((1 << 16, 1)), np.zeros((1, 1 << 16))]),
    ("one_hot", [np.zeros(1 << 10, int), 1 << 30]),
    ("linalg.matmul", [np.zeros((1 << 16, 1)), np.zeros((1, 1 << 16))]),
])  # fmt: skip
def test_a_result_that_fills_the_memory_is_refused(function, args):
    from kconvert.verify.reference.facts import Lacking

    with pytest.raises(Lacking, match="too large"):
        called(function, args, {})
