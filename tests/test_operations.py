"""Op layers: every TensorFlow function of the table becomes stock operations that compute what TensorFlow computed."""

import gzip
import inspect
import json
import re
from pathlib import Path

import h5py
import numpy as np
import pytest
from conftest import ROOT

import kconvert
from kconvert.catalog.tables import with_operations
from kconvert.errors import ConversionFailed, MapError
from kconvert.read import read
from kconvert.spec import Call, Dialect, LayerSpec, ModelSpec, Origin, Port
from kconvert.upgrade import upgrade
from kconvert.upgrade.operations import OP_LAYERS, call_of_function
from kconvert.upgrade.operations.build import Build, Known, renamed
from kconvert.upgrade.operations.rules import RULES
from kconvert.upgrade.operations.table import load_table, operation_table

FOLDER = Path(__file__).parent / "operations"
CASES = sorted(FOLDER.glob("tf-*/*.json.gz"))
CALLS = sorted(FOLDER.glob("tf-*/calls.json"))
TABLE = operation_table()
REFUSED = {name for name in TABLE.rows if TABLE.functions[name].reject}


@pytest.fixture
def weights(tmp_path):
    """These models have no weights; the file that says so."""
    path = tmp_path / "weights.h5"
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = np.array([], "S1")
    return path


def group(path):
    return path.name.removesuffix(".json.gz")


def op_layers(path):
    config = json.loads(gzip.decompress(path.read_bytes()))["config"]
    return [layer for layer in config["layers"] if layer["class_name"] in OP_LAYERS]


@pytest.mark.framework
@pytest.mark.parametrize("path", CASES, ids=lambda p: f"{p.parent.name}-{group(p)}")
def test_outputs_and_dtypes_equal_those_of_tensorflow(path, weights, tmp_path):
    probe, source = path.with_name(f"{group(path)}.npz"), tmp_path / "model.json"
    source.write_bytes(gzip.decompress(path.read_bytes()))
    report = kconvert.convert(source, tmp_path / "new.keras", weights=weights, probe=probe, rtol=1e-5, atol=1e-5)
    assert report.verification.status == "passed"
    model = kconvert.load(source, weights=weights)
    with np.load(probe) as recorded:
        wanted = [str(recorded[f"out_{n}"].dtype) for n in range(len(model.outputs))]
    assert [str(output.dtype) for output in model.outputs] == wanted


def called(calls, arrays):
    """A model with one output for each call of a function by its name, and the outputs that are constants."""
    inputs = {name: a for name, a in arrays.items() if not name.startswith("out_")}
    layers = [
        LayerSpec("InputLayer", name, {"batch_shape": list(a.shape), "dtype": str(a.dtype)}, (Call(),))
        for name, a in inputs.items()
    ]
    known = {Port(name): Known(a.shape, str(a.dtype)) for name, a in inputs.items()}
    outputs, constants = {}, {}
    for number, call in enumerate(calls):
        build = Build(known)
        args = [Port(a[1:]) if isinstance(a, str) and a.startswith("@") else a for a in call["args"]]
        value = call_of_function(build, call["function"], args, call["kwargs"])
        made, names = build.named(f"call_{number}", [la.name for la in layers])
        layers += made
        for name, one in zip(call["outputs"], value if isinstance(value, tuple) else (value,), strict=True):
            (outputs if isinstance(one, Port) else constants)[name] = renamed(one, names)
    origin = Origin("calls", "json")
    spec = ModelSpec(
        Dialect.keras3, "calls", tuple(layers), tuple(map(Port, inputs)), tuple(outputs.values()), origin
    )  # fmt: skip
    return spec, list(inputs), list(outputs), constants


@pytest.mark.framework
@pytest.mark.parametrize("path", CALLS, ids=lambda p: p.parent.name)
def test_functions_by_the_names_that_people_write(path):
    from kconvert.rebuild import rebuild

    with np.load(path.with_suffix(".npz")) as file:
        arrays = dict(file)
    spec, inputs, outputs, constants = called(json.loads(path.read_text()), arrays)
    for name, value in constants.items():
        np.testing.assert_array_equal(value, arrays[name])
    for name, value in zip(outputs, rebuild(spec)([arrays[n] for n in inputs]), strict=True):
        assert str(value.numpy().dtype) == str(arrays[name].dtype)
        np.testing.assert_allclose(value, arrays[name], rtol=1e-5, atol=1e-6, err_msg=name)


def test_every_row_is_exercised_by_a_case_of_a_real_tensorflow():
    functions, nodes = set(), set()
    for path in CASES:
        for layer in op_layers(path):
            if layer["class_name"] == "TensorFlowOpLayer":
                nodes.add(layer["config"]["node_def"]["op"])
            else:
                functions.add(layer["config"]["function"])
    for path in CALLS:
        functions |= {call["function"] for call in json.loads(path.read_text())}
    assert functions | nodes <= set(TABLE.functions) | set(TABLE.nodes)
    functions |= {TABLE.nodes[operation].function for operation in nodes}
    uncovered = [
        n
        for n in TABLE.rows
        if not n.startswith("keras.backend.") and not functions.intersection([n, *TABLE.functions[n].also])
    ]
    assert set(uncovered) <= REFUSED
    assert set(TABLE.nodes) == nodes
    assert len(functions) > 120


@pytest.mark.parametrize("path", sorted(FOLDER.glob("tf-*/signatures.txt")), ids=lambda p: p.parent.name)
def test_every_parameter_of_the_real_functions_is_accounted_for_in_its_order(path):
    lines = [line.split() for line in path.read_text().splitlines()]
    assert len(lines) > 250
    for name, *stored in lines:
        if name in REFUSED or TABLE.functions[name].reject:
            continue
        arguments = [a for a in TABLE.functions[name].arguments if a != "_sentinel"]  # it forces the use of names
        parameters = [p for p in stored if p != "_sentinel"]
        assert [a for a in arguments if a in parameters] == [p for p in parameters if p in arguments], name
        assert set(parameters) <= {*arguments, "name"}, name


def test_both_kinds_of_op_layers_are_there():
    assert {p.parent.name for p in CASES} == {"tf-1.15", "tf-2.3", "tf-2.4", "tf-2.15"}


def test_the_table_in_the_readme_is_that_of_the_rows():
    text = (ROOT / "layer_maps" / "operations" / "README.md").read_text()
    assert with_operations(text) == text


def test_the_readme_explains_every_word_once():
    text = (ROOT / "layer_maps" / "operations" / "README.md").read_text()
    from kconvert.upgrade.operations.table import Function, Node

    explained = re.findall(r"^\| `(\w+)`", text, re.MULTILINE)
    assert sorted(explained) == sorted([*Function.model_fields, *Node.model_fields])


def test_every_rule_is_used_and_takes_what_its_rows_give():
    assert {f.rule for f in TABLE.functions.values()} - {None} == set(RULES)
    for name, function in TABLE.functions.items():
        if function.rule is None:
            continue
        given = {a.lstrip("*") for a in function.arguments if a not in (*function.ignore, *function.only, "name")}
        wanted = {function.rename.get(a, a) for a in given} | set(function.set)
        assert wanted <= set(inspect.signature(RULES[function.rule]).parameters), name


@pytest.mark.framework
def test_every_stock_operation_is_one_of_keras():
    from keras import ops

    for function in TABLE.functions.values():
        if function.becomes:
            found = ops
            for part in function.becomes.split("."):
                found = getattr(found, part)
            assert callable(found)


def test_a_malformed_table_is_refused_by_name(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("functions:\n  math.add: {becomes: add, colour: red}\n")
    with pytest.raises(MapError, match=r"mine\.yaml: functions\.math\.add\.colour"):
        load_table(path)


def model(tmp_path, *layers, outputs, shape=(None, 4, 6)):
    """A functional model of tf.keras 2.4: an input `x` and op layers (name, class, config, node)."""
    entries = [
        {"class_name": "InputLayer", "name": "x", "inbound_nodes": [],
         "config": {"batch_input_shape": list(shape), "dtype": "float32", "name": "x"}},
        *({"class_name": c, "name": n, "config": {"name": n, **config}, "inbound_nodes": [node]}
          for n, c, config, node in layers),
    ]  # fmt: skip
    config = {"name": "m", "layers": entries, "input_layers": [["x", 0, 0]], "output_layers": outputs}
    path = tmp_path / "model.json"
    path.write_text(json.dumps({"class_name": "Functional", "config": config, "keras_version": "2.4.0",
                                "backend": "tensorflow"}))  # fmt: skip
    return path


def function(name, node, function=None):
    return name, "TFOpLambda", {"function": function or name}, node


def problems_of(path, weights):
    with pytest.raises(ConversionFailed) as failed:
        upgrade(read(path, weights=weights))
    return [str(p) for p in failed.value.problems]


def test_every_unknown_function_is_named_once_with_all_other_problems(weights, tmp_path):
    path = model(
        tmp_path,
        function("a", ["x", 0, 0, {}], "signal.frame"),
        function("b", ["a", 0, 0, {}], "math.lgamma"),
        function("c", ["b", 0, 0, {"y": 1.0}], "math.add"),
        ("d", "FancyDense", {}, [["c", 0, 0, {}]]),
        outputs=[["d", 0, 0]],
    )
    said = problems_of(path, weights)
    assert len(said) == 3
    assert "FancyDense 'd': is not a layer of Keras" in said[0]
    assert "TFOpLambda 'a': the TensorFlow function tf.signal.frame is not in the table" in said[1]
    assert "TFOpLambda 'b': the TensorFlow function tf.math.lgamma is not in the table" in said[2]


BAD = [
    (function("a", ["x", 0, 0, {"rate": 0.5}], "nn.dropout"), "draws random numbers"),
    (function("a", ["x", 0, 0, {}], "__operators__.eq"), "does not save what `==` compares with"),
    (function("a", ["x", 0, 0, {}], "math.add"), "does not say what its argument y was"),
    (function("a", ["x", 0, 0, {}], "reshape"), "missing a required argument: 'shape'"),
    (function("a", ["x", 0, 0, {"y": 1.0, "colour": 2}], "math.add"), "no row accounts for the argument colour=2"),
    (function("a", ["x", 0, 0, {"size": [3, 3], "method": "area"}], "image.resize"), "by the method 'area'"),
    (function("a", ["_CONSTANT_VALUE", -1, "bij,bjk->bik", {}], "einsum"), "does not save what tf.einsum was called on"),
    (("a", "ClassMethod", {"cls_symbol": "RaggedTensor", "method_name": "from_tensor"}, ["x", 0, 0, {}]),
     "RaggedTensor.from_tensor"),
    (("a", "TensorFlowOpLayer", {"node_def": {"op": "Lgamma", "attr": {}}, "constants": {}}, [["x", 0, 0, {}]]),
     "the TensorFlow operation Lgamma is not in the table"),
    (("a", "TensorFlowOpLayer", {"node_def": "binary", "constants": {}}, [["x", 0, 0, {}]]), "its node_def is not one"),
    (("a", "SlicingOpLambda", {"function": "__operators__.getitem"}, ["x", 0, 0, {"slice_spec": ["x", 0, 0]}]),
     "the index is computed when the model runs"),
]  # fmt: skip


@pytest.mark.parametrize(("layer", "says"), BAD, ids=lambda v: v if isinstance(v, str) else None)
def test_what_has_no_equivalent_is_refused_with_the_reason(layer, says, weights, tmp_path):
    path = model(tmp_path, layer, outputs=[["a", 0, 0]])
    with pytest.raises(ConversionFailed) as failed:
        upgrade(read(path, weights=weights))
    assert says in str(failed.value)


def test_an_output_that_is_no_tensor_is_refused(weights, tmp_path):
    path = model(tmp_path, function("a", ["x", 0, 0, {}], "shape"), outputs=[["a", 0, 0]])
    assert "it is an output of the model" in problems_of(path, weights)[0]


def test_the_report_says_what_became_of_each_function(weights, tmp_path):
    path = model(tmp_path, function("a", ["x", 0, 0, {"y": 2.0}], "math.squared_difference"), outputs=[["a", 0, 0]])
    upgraded = upgrade(read(path, weights=weights))
    (change,) = [c for c in upgraded.layers if c.name == "a"]
    assert change.becomes == ("ops.subtract", "ops.square")
    assert [la.class_name for la in upgraded.spec.layers] == ["InputLayer", "ops.subtract", "ops.square"]
    assert upgraded.spec.outputs == (Port("a"),)


def test_a_lambda_beside_op_layers_is_refused_in_its_own_words(weights, tmp_path):
    """Its `function` is a list of bytecode, defaults and closure, not a name."""
    lambda_layer = ("d", "Lambda", {"function": ["4wEA", None, None], "function_type": "lambda"}, [["a", 0, 0, {}]])
    path = model(
        tmp_path, function("a", ["x", 0, 0, {"y": 2.0}], "math.add"), lambda_layer, outputs=[["d", 0, 0]]
    )  # fmt: skip
    said = problems_of(path, weights)
    assert len(said) == 1
    assert said[0].startswith("Lambda 'd'")
