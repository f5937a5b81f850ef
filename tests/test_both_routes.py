"""The original, by the reference, and what upgrade made of it compute the same, in NumPy alone."""

import json
from pathlib import Path

import numpy as np
import pytest
from both_routes import compared, routes
from conftest import sample_folders
from packaging.version import Version

from kconvert.spec import Call, Dialect, LayerSpec, ModelSpec, Origin, Port, Tensor

BODIES = (Path(__file__).parent / "lambdas" / "bodies.txt").read_text().splitlines()
DOUBLED = json.loads((Path(__file__).parent / "lambdas" / "compiled" / "3.6.json").read_text())[
    BODIES.index("K.identity(x) * 2")
]
LACKING = {
    "addon_layers",  # today's names of Addons' activations
    "causal_attention",
    "text_attention",  # masks of attention, which Keras 3 treats in several ways
}


STOCK = [folder for folder in sample_folders() if not (folder / "custom.py").exists()]


@pytest.mark.parametrize("folder", STOCK, ids=lambda p: p.name)
def test_samples(folder):
    state, text = compared(folder)
    assert state == "equal" or (state == "lacking" and folder.name in LACKING), text


def of(dialect, release, shapes, *layers, package="keras", backend="tensorflow"):
    inputs = tuple(
        LayerSpec("InputLayer", f"x{n}", {"batch_input_shape": [None, *shape]}, (Call(),))
        for n, shape in enumerate(shapes)
    )
    origin = Origin("m.h5", "hdf5", (Version(release), Version(release)), package, backend)
    ports = tuple(Port(layer.name) for layer in inputs)
    return ModelSpec(dialect, "m", (*inputs, *layers), ports, (Port(layers[-1].name),), origin)


def numbers(*shapes):
    random = np.random.RandomState(2)
    return [random.randn(3, *shape).astype("float32") for shape in shapes]


BOTH = (Call(([Port("x0"), Port("x1")],)),)


@pytest.mark.parametrize("shapes", [[(3,), (3,)], [(4, 3), (4, 3)]])
@pytest.mark.parametrize("release", ["1.0.0", "1.2.2"])
def test_cosines(shapes, release):
    """Of sequences a product of lengths can be negative; its root was zero."""
    config = {"mode": "cos", "mode_type": "raw", "concat_axis": -1, "dot_axes": [len(shapes[0])] * 2, "arguments": {}}
    merge = LayerSpec("Merge", "m", config, BOTH)
    assert routes(of(Dialect.keras1, release, shapes, merge), numbers(*shapes)) == ("equal", "")


@pytest.mark.parametrize("release, package, backend", [
    ("2.2.4", "keras", "tensorflow"), ("2.2.4", "keras", "theano"), ("2.3.1", "keras", "tensorflow"),
    ("2.2.4", "tf.keras", "tensorflow"), ("2.4.0", "tf.keras", "tensorflow"),
])  # fmt: skip
@pytest.mark.parametrize("shapes, axes", [
    ([(2, 6, 3), (2, 4, 3)], -1), ([(2, 6, 3), (2, 3, 4)], [3, 2]), ([(2, 3, 6), (2, 3, 4)], 2), ([(4, 3), (2, 3)], 2),
])  # fmt: skip
def test_dot_of_several_axes(release, package, backend, shapes, axes):
    dot = LayerSpec("Dot", "d", {"axes": axes, "normalize": False}, BOTH)
    model = of(Dialect.keras2, release, shapes, dot, package=package, backend=backend)
    assert routes(model, numbers(*shapes)) == ("equal", "")


@pytest.mark.parametrize("package, release", [("keras", "2.2.4"), ("tf.keras", "2.4.0")])
def test_no_mask_comes_out_of_a_lambda(package, release):
    masking = LayerSpec("Masking", "k", {"mask_value": 0.0}, (Call((Port("x0"),)),))
    config = {"function": [DOUBLED, None, None], "function_type": "lambda", "arguments": {}}
    doubled = LayerSpec("Lambda", "l", config, (Call(([Port("k"), Port("k")],)),))
    tensors = {f"r/{n}": Tensor.constant(f"r/{n}", np.eye(2, dtype="float32")) for n in ("kernel", "recurrent_kernel")}
    config = {"units": 2, "use_bias": False, "activation": "linear", "return_sequences": True}
    rnn = LayerSpec("SimpleRNN", "r", config, (Call((Port("l"),)),), tensors)
    (x,) = numbers((4, 2))
    x[:, 1:3] = 0
    assert routes(of(Dialect.keras2, release, [(4, 2)], masking, doubled, rnn, package=package), [x]) == ("equal", "")
