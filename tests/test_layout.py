"""`--data-format channels_last`: the same numbers, channels last, and no more changes of the order than needed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from both_routes import as_keras3
from conftest import custom_of, hints_of, sample_folders, source_of
from layout_table import left_first
from packaging.version import Version
from reference_table import facts_of, inputs_of, spec_of

import kconvert
from kconvert import api
from kconvert.axes import AS_BEFORE, Block, Layout, channels_last, in_blocks
from kconvert.errors import UsageError
from kconvert.layout import is_concerned, with_channels_last
from kconvert.layout.facts import facts
from kconvert.spec import Call, Dialect, LayerSpec, ModelSpec, Origin, Port, walk
from kconvert.tensor import Tensor
from kconvert.upgrade import upgrade
from kconvert.verify.reference import reference

GRAPHS = yaml.safe_load((Path(__file__).parent / "layout" / "graphs.yaml").read_text(encoding="utf-8"))
NOT_LEFT = {*facts().spatial, *facts().global_pooling, *facts().convolutional_recurrent}


def tensor(name, shape, random):
    values = random.uniform(0.1, 1, shape).astype(np.float32)
    return Tensor.of_file(name, shape, np.float32, lambda: values)


def model_of(case):
    random = np.random.default_rng(0)
    layers = []
    for name, (kind, config, *rest) in case["layers"].items():
        ports = [Port(n) for n in (rest[0] if rest else [])]
        call = Call() if not ports else Call((ports[0],)) if len(ports) == 1 else Call((ports,))
        tensors = {s: tensor(f"{name}/{s}", shape, random) for s, shape in (rest[1] if len(rest) > 1 else {}).items()}
        layers.append(LayerSpec(kind, name, config, (call,), tensors))
    inputs = [Port(la.name) for la in layers if la.class_name == "InputLayer"]
    outputs = [Port(n) for n in case.get("outputs", [layers[-1].name])]
    three = Version("3.15.1")
    return ModelSpec(
        Dialect.keras3, "m", tuple(layers), inputs, outputs, Origin("m", "keras", (three, three), backend="tensorflow")
    )


def computed(spec, inputs):
    outputs = reference(as_keras3(spec)).run(inputs, keep=False).outputs
    assert all(output is not None for output in outputs)
    return outputs


def assert_same(spec, laid, inputs):
    turned = [laid.order.given(n).laid(x) for n, x in enumerate(inputs)]
    for n, (old, new) in enumerate(zip(computed(spec, inputs), computed(laid.spec, turned), strict=True)):
        np.testing.assert_allclose(laid.order.made(n).restored(new), old, rtol=1e-4, atol=1e-5)


def inside(spec, laid):
    inputs = {layer.name for layer in spec.layers if layer.class_name == "InputLayer"}
    return [one.name for one in laid.placed if one.asker and one.before not in inputs]


@pytest.mark.parametrize("borders", ["keep", "channels_last"])
@pytest.mark.parametrize("name", GRAPHS)
def test_a_rewritten_model_computes_the_same_with_no_layer_channels_first(name, borders):
    spec = model_of(GRAPHS[name])
    laid = with_channels_last(spec, borders)
    random = np.random.default_rng(1)
    shapes = [layer.config["batch_shape"] for layer in spec.layers if layer.class_name == "InputLayer"]
    assert_same(spec, laid, [random.normal(size=(3, *shape[1:])).astype(np.float32) for shape in shapes])
    assert left_first(laid.spec) == []
    assert len(inside(spec, laid)) == GRAPHS[name]["inside"]


@pytest.mark.parametrize(
    "folder", [f for f in sample_folders() if custom_of(f) is None], ids=lambda folder: folder.name
)
def test_samples_compute_the_same_and_those_without_channels_first_are_left_alone(folder):
    spec = upgrade(spec_of(folder)).spec
    laid = with_channels_last(spec)
    if not is_concerned(spec):
        assert laid.spec is spec
        assert "already" in laid.notes[0].text
        return
    inputs, _ = inputs_of(folder, facts_of(folder))
    assert_same(spec, laid, inputs)
    assert not [
        la.name
        for _, la in walk(laid.spec)
        if la.class_name in NOT_LEFT and la.config.get("data_format") == "channels_first"
    ]


def test_a_model_that_is_shared_is_rewritten_once_for_all_of_its_calls():
    """Called on an image as it comes in, and on what a convolution gives."""
    case = GRAPHS["a convolution and a pooling"]
    config = {**case["layers"]["c"][1], "padding": "same", "filters": 2}
    kernel = {"kernel": [3, 3, 2, 2], "bias": [2]}
    image = {"x": case["layers"]["x"]}
    inner = model_of({"layers": {**image, "c": ["Conv2D", config, ["x"], kernel], "r": ["ReLU", {}, ["c"]]}})
    outer = model_of({"layers": {**image, "d": ["Conv2D", config, ["x"], kernel]}})
    shared = LayerSpec("Functional", "n", {}, (Call((Port("x"),)), Call((Port("d"),))), {}, {"model": inner})
    add = LayerSpec("Add", "a", {}, (Call(([Port("n"), Port("n", 1)],)),))
    spec = replace(outer, layers=(*outer.layers, shared, add), outputs=[Port("a")])
    laid = with_channels_last(spec)
    assert_same(spec, laid, [np.random.default_rng(1).normal(size=(3, 2, 6, 7)).astype(np.float32)])
    assert left_first(laid.spec) == []
    assert inside(spec, laid) == []
    assert len(laid.spec.layer("n").calls) == 2


def test_names_of_inputs_and_outputs_stay():
    spec = model_of(GRAPHS["a convolution and a pooling"])
    laid = with_channels_last(spec)
    assert (laid.spec.inputs, laid.spec.outputs) == (spec.inputs, spec.outputs)
    assert laid.spec.layer("p").class_name == "Permute"


def test_a_layer_that_no_rule_knows_has_what_it_always_had():
    case = GRAPHS["a convolution and a pooling"]
    own = {**case["layers"], "u": ["custom.Mixer", {"data_format": "channels_first"}, ["p"]]}
    laid = with_channels_last(model_of({"layers": own}))
    (port,) = laid.spec.layer("u").calls[0].args
    assert laid.spec.layer(port.layer).config["dims"] == [3, 1, 2]
    assert any(n.level == "warning" and "stays channels_first" in n.text for n in laid.notes)


def test_a_permute_beside_whole_numbers_computes_in_floats():
    case = GRAPHS["a convolution and a pooling"]
    own = {
        name: [kind, {**config, "dtype": "int32" if kind == "InputLayer" else "float32"}, *rest]
        for name, (kind, config, *rest) in case["layers"].items()
    }
    laid = with_channels_last(model_of({"layers": own}))
    assert {la.config["dtype"] for la in laid.spec.layers if la.class_name == "Permute"} == {"float32"}


def test_layouts_lead_there_and_back():
    array = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    there = channels_last(4)
    assert there.laid(array).shape == (2, 4, 5, 3)
    assert (there.restored(there.laid(array)) == array).all()
    flat = in_blocks(2, [Block((3, 4, 5), (1, 2, 0)), Block((2,), (0,))])
    rows = np.arange(124).reshape(2, 62)
    assert (flat.restored(flat.laid(rows)) == rows).all()
    assert (flat.laid(rows)[:, :60] == rows[:, :60].reshape(2, 3, 4, 5).transpose(0, 2, 3, 1).reshape(2, 60)).all()
    assert in_blocks(2, [Block((7, 1, 1), (1, 2, 0))]) == AS_BEFORE == Layout()


@pytest.mark.framework
def test_a_theano_model_is_the_same_function_with_channels_last(tmp_path, sample):
    """Today's Keras gives what the old one recorded, and every layer what it gave, in its new order."""
    folder = sample("theano_order")
    report = kconvert.convert(
        source_of(folder),
        tmp_path / "new.keras",
        **hints_of(folder),
        data_format="channels_last",
        probe=folder / "io.npz",
        isolation="none",
    )
    assert report.verification.status == "passed"
    assert all(layer.passed for layer in report.verification.layers)
    assert any("changes of the order" in note.text for note in report.notes)


@pytest.mark.framework
def test_a_model_is_loaded_with_channels_last(sample):
    folder = sample("mnist_cnn")
    with np.load(folder / "io.npz") as recorded:
        given, wanted = recorded["in_0"], recorded["out_0"]
    model = kconvert.load(source_of(folder), data_format="channels_last", io="channels_last")
    assert {getattr(layer, "data_format", "channels_last") for layer in model.layers} == {"channels_last"}
    np.testing.assert_allclose(model.predict(np.moveaxis(given, 1, -1), verbose=0), wanted, rtol=1e-4, atol=1e-4)


def test_io_without_a_rewriting_is_an_error_of_usage(tmp_path, sample):
    with pytest.raises(UsageError, match="say both"):
        kconvert.convert(source_of(sample("theano_order")), tmp_path / "new.keras", io="channels_last")


def test_the_plan_shows_the_layout_of_every_tensor(sample):
    folder = sample("theano_order")
    found = api.plan(source_of(folder), **hints_of(folder), data_format="channels_last", isolation="none")
    assert any(a.new_value == "axes [0, 2, 3, 1]" for layer in found.layers for a in layer.arguments)
    assert any(layer.hop == "channels_last" for layer in found.layers)
