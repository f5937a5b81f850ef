"""What a masked step gives, how directions are joined and what merging does to masks: in each Keras its own way, by hand on sums.

A SimpleRNN whose kernels are one and whose activation is linear adds up what it sees.
"""

import numpy as np
import pytest
from packaging.version import Version

from kconvert.spec import Call, Dialect, LayerSpec, ModelSpec, Origin, Port, Tensor
from kconvert.verify.reference import reference

MASKED = np.array([[0, 2, 0, 4.0]])[..., None]  # a Masking layer hides the zeros
STATE = np.array([[10.0]])


def of(origin, *layers, inputs=("x",), output=None):
    """A model of this origin, e.g. `keras 2.2.4 theano`."""
    package, release, backend = origin.split()
    version = Version(release)
    dialect = {"0": Dialect.keras0, "1": Dialect.keras1, "2": Dialect.keras2, "3": Dialect.keras3}[release[0]]
    where = Origin("x.h5", "hdf5", (version, version), package, backend)
    placed = tuple(LayerSpec("InputLayer", name, {"batch_input_shape": [None, 4, 1]}, (Call(),)) for name in inputs)
    ports = tuple(Port(name) for name in inputs)
    return ModelSpec(dialect, "m", (*placed, *layers), ports, (output or Port(layers[-1].name),), where)


def masking(name="m", source="x"):
    return LayerSpec("Masking", name, {"mask_value": 0.0}, (Call((Port(source),)),))


def adding(name, call, keras0=False, **config):
    """The layer that adds up."""
    words = ("W", "U", "b") if keras0 else ("kernel", "recurrent_kernel")
    values = [[[1.0]], [[1.0]], [0.0]]
    tensors = {f"{name}/{w}": Tensor.constant(f"{name}/{w}", np.array(v)) for w, v in zip(words, values, strict=False)}
    size = {"output_dim": 1} if keras0 else {"units": 1, "use_bias": False}
    config = {**size, "activation": "linear", "return_sequences": True, **config}
    return LayerSpec("SimpleRNN", name, config, () if call is None else (call,), tensors)


def outputs(model, *arrays):
    (found,) = reference(model).run(arrays).outputs
    return found.reshape(found.shape[1:-1] if found.shape[-1] == 1 else found.shape[1:]).tolist()


@pytest.mark.parametrize("origin, config, expected", [
    ("keras 2.2.4 theano", {}, [0, 12, 12, 16]),        # what the step before gave
    ("keras 2.2.4 tensorflow", {}, [10, 12, 12, 16]),   # the state
    ("keras 2.2.4 cntk", {}, [10, 12, 12, 16]),
    ("keras 2.3.1 tensorflow", {}, [0, 12, 12, 16]),    # by the loop of tf.keras
    ("tf.keras 2.1.6 tensorflow", {}, [10, 12, 12, 16]),
    ("tf.keras 2.2.4 tensorflow", {}, [0, 12, 12, 16]),
    ("keras 3.0.5 tensorflow", {}, [0, 12, 12, 16]),
    ("keras 2.2.4 tensorflow", {"unroll": True}, [0, 12, 12, 16]),
    ("tf.keras 2.4.0 tensorflow", {"zero_output_for_mask": True}, [0, 12, 0, 16]),
    ("keras 2.2.4 tensorflow", {"go_backwards": True}, [14, 14, 16, 16]),
    ("keras 2.2.4 theano", {"return_sequences": False}, 16),
])  # fmt: skip
def test_a_masked_step(origin, config, expected):
    layer = adding("r", Call((Port("m"),), {"initial_state": [Port("s")]}), **config)
    model = of(origin, masking(), layer, inputs=("x", "s"))
    (found,) = reference(model).run([MASKED, STATE]).outputs
    assert np.squeeze(found).tolist() == expected


@pytest.mark.parametrize("config, expected", [
    ({"truncate_gradient": -1}, [0, 2, 2, 4]),  # 0.2: a masked step computes, and what it knew is then forgotten
    ({}, [0, 2, 2, 6]),                         # 0.3: the state stands still
])  # fmt: skip
def test_a_masked_step_of_early_keras(config, expected):
    layer = adding("r", Call((Port("m"),)), keras0=True, **config)
    assert outputs(of("keras 0.3.0 theano", masking(), layer), MASKED) == expected


@pytest.mark.parametrize("origin, mode, expected", [
    ("keras 2.2.4 tensorflow", "sum", [0 + 6, 2 + 6, 2 + 4, 6 + 4]),
    ("tf.keras 2.4.0 tensorflow", "sum", [0, 2 + 6, 0, 6 + 4]),  # zeros at masked steps
    ("keras 2.2.4 tensorflow", "mul", [0, 12, 8, 24]),
    ("keras 2.2.4 tensorflow", "concat", [[0, 6], [2, 6], [2, 4], [6, 4]]),
    ("keras 1.2.2 tensorflow", "ave", [3, 4, 3, 5]),
])  # fmt: skip
def test_two_directions(origin, mode, expected):
    is_keras1 = origin.startswith("keras 1")
    held = adding("r", None, keras0=is_keras1)
    names = ("W", "U", "b") if is_keras1 else ("kernel", "recurrent_kernel")
    one = {"W": [[1.0]], "U": [[1.0]], "b": [0.0], "kernel": [[1.0]], "recurrent_kernel": [[1.0]]}
    tensors = {
        f"b/{way}/{n}": Tensor.constant(f"b/{way}/{n}", np.array(one[n])) for way in ("forward", "back") for n in names
    }
    plain = LayerSpec(held.class_name, held.name, held.config)
    both = LayerSpec("Bidirectional", "b", {"merge_mode": mode}, (Call((Port("m"),)),), tensors, {"layer": plain})
    assert outputs(of(origin, masking(), both), MASKED) == expected


OTHER = np.array([[1, 1, 1, 0.0]])[..., None]


@pytest.mark.parametrize("class_name, config, sources, expected", [
    ("Add", {}, ("m", "n"), [0, 3, 3, 3]),          # only the second step counts in both
    ("Add", {}, ("m", "y"), [0, 3, 3, 7]),          # a branch without a mask has no say
    ("Concatenate", {"axis": 1}, ("m", "n"), [0, 2, 2, 6, 7, 8, 9, 9]),
    ("Dot", {"axes": 1}, ("m", "n"), None),
])  # fmt: skip
def test_masks_of_merges(class_name, config, sources, expected):
    merge = LayerSpec(class_name, "j", config, (Call(([Port(s) for s in sources],)),))
    layers = [masking(), masking("n", "y"), merge]
    if expected is not None:
        layers.append(adding("r", Call((Port("j"),))))
    model = of("keras 2.2.4 theano", *layers, inputs=("x", "y"))
    found = outputs(model, MASKED, OTHER)
    assert found == (expected if expected is not None else [2.0])


@pytest.mark.parametrize("release, expected", [("2.2.2", 0.5), ("2.2.3", 0.75)])
def test_an_lstm_on_cntk_gives_its_other_state(release, expected):
    """All gates 0.5 (hard_sigmoid of 0), a linear activation: c = 0.5 c + 0.5 x, h = 0.5 c."""
    kernel = np.array([[0.0, 0.0, 1.0, 0.0]])
    tensors = {"r/kernel": kernel, "r/recurrent_kernel": np.zeros((1, 4))}
    config = {"units": 1, "use_bias": False, "activation": "linear", "recurrent_activation": "hard_sigmoid"}
    layer = LayerSpec(
        "LSTM", "r", config, (Call((Port("x"),)),), {k: Tensor.constant(k, v) for k, v in tensors.items()}
    )
    model = of(f"keras {release} cntk", layer)
    (found,) = reference(model).run([np.ones((1, 2, 1))]).outputs
    assert found.item() == pytest.approx(expected * (1 if release == "2.2.3" else 0.75), abs=1e-12)


def test_a_backend_that_is_not_known_does_not_matter_where_the_results_agree():
    layer = adding("r", Call((Port("m"),)))
    model = of("keras 2.2.4 theano", masking(), layer)
    unknown = ModelSpec(
        model.dialect, "m", model.layers, model.inputs, model.outputs, Origin("x.h5", "hdf5", model.origin.keras)
    )
    assert outputs(unknown, MASKED) == [0, 2, 2, 6]
    stateful = adding("r", Call((Port("m"),), {"initial_state": [Port("s")]}))
    model = of("keras 2.2.4 theano", masking(), stateful, inputs=("x", "s"))
    unknown = ModelSpec(
        model.dialect, "m", model.layers, model.inputs, model.outputs, Origin("x.h5", "hdf5", model.origin.keras)
    )
    computed = reference(unknown).run([MASKED, STATE])
    assert computed.outputs == (None,)
    assert "--backend" in computed.missing[0].reason
