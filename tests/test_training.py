"""Training goes on: after further steps, the converted model predicts what the framework of then predicted."""

from pathlib import Path

import h5py
import numpy as np
import pytest

import kconvert
from kconvert.errors import ConversionFailed, Rejected
from kconvert.read import read
from kconvert.upgrade.training import numbered, states

FOLDER = Path(__file__).parent / "training"
CASES = sorted(path.stem for path in FOLDER.glob("*.npz"))
OTHER_SCHEDULE = [name for name in CASES if name.endswith("-nadam")]
EPSILON_MOVED = [
    name for name in CASES if name.startswith(("keras-", "tfkeras-2.3")) and name.endswith(("-rmsprop", "-adagrad"))
]


def source_of(name):
    return next(path for path in FOLDER.glob(f"{name}.*") if path.suffix != ".npz")


@pytest.mark.framework
@pytest.mark.parametrize("name", [name for name in CASES if name not in OTHER_SCHEDULE])
def test_further_steps_are_those_of_the_framework_that_began(name, tmp_path):
    import keras

    recorded = np.load(FOLDER / f"{name}.npz")
    report = kconvert.convert(source_of(name), tmp_path / "new.keras", verify=False)
    assert report.training["kept"], report.training["because"]
    assert report.training["iterations"] == steps_in(source_of(name))
    assert bool(report.training["inexact"]) == (name in EPSILON_MOVED)
    model = keras.models.load_model(tmp_path / "new.keras")
    np.testing.assert_allclose(model.predict(recorded["in_0"], verbose=0), recorded["out_0"], atol=1e-5)
    for _ in range(3):
        model.train_on_batch(recorded["x"], recorded["y"])
    np.testing.assert_allclose(model.predict(recorded["in_0"], verbose=0), recorded["after"], atol=1e-4)


def steps_in(source):
    """The counter in the file; Keras before 2.3 does not save one for RMSprop, Adagrad, Adadelta, nor counts for a plain SGD."""
    if source.suffix == ".keras":
        return 3
    with h5py.File(source) as file:
        group = file["optimizer_weights"]
        first = group[group.attrs["weight_names"][0]]
        return int(first[()]) if first.shape == () else 0


@pytest.mark.framework
@pytest.mark.parametrize("name", OTHER_SCHEDULE)
def test_an_optimizer_that_is_another_one_today_is_left_out_whole(name, tmp_path):
    import keras

    report = kconvert.convert(source_of(name), tmp_path / "new.keras", verify=False)
    assert not report.training["kept"]
    assert "momentum's schedule" in report.training["because"]
    assert not keras.models.load_model(tmp_path / "new.keras").compiled
    with pytest.raises(ConversionFailed, match=r"momentum's schedule.*--training auto\|drop"):
        kconvert.convert(source_of(name), tmp_path / "other.keras", training="keep")
    assert not (tmp_path / "other.keras").exists()


@pytest.mark.framework
def test_keep_takes_what_is_exact_and_refuses_what_is_not(tmp_path):
    exact = kconvert.convert(source_of("keras-2.2-adam"), tmp_path / "a.keras", training="keep")
    assert exact.training["kept"]
    assert exact.verification.weights_compared == 4 + 2 * 4 + 2  # two moments of each, steps taken, learning rate
    with pytest.raises(ConversionFailed, match=r"epsilon .* beside the root"):
        kconvert.convert(source_of("keras-2.2-rmsprop"), tmp_path / "b.keras", training="keep")
    with pytest.raises(ConversionFailed, match="keeps no optimizer"):
        kconvert.convert(source_of("keras-2.2-adam"), tmp_path / "folder", training="keep")
    dropped = kconvert.convert(source_of("keras-2.2-adam"), tmp_path / "c.keras", training="drop", verify=False)
    assert dropped.training == {**dropped.training, "kept": False, "because": "as asked for"}


@pytest.mark.framework
def test_a_damaged_state_costs_the_training_and_not_the_conversion(tmp_path):
    source = tmp_path / "model.h5"
    source.write_bytes(source_of("keras-2.2-adam").read_bytes())
    with h5py.File(source, "r+") as file:
        group = file["optimizer_weights"]
        del group[group.attrs["weight_names"][2].decode()]
    report = kconvert.convert(source, tmp_path / "new.keras", verify=False)
    assert not report.training["kept"]
    assert "is listed, but not there" in report.training["because"]


def test_slots_follow_the_names_of_weights_until_keras_2_0_5_and_then_the_layers():
    for name, first in [("keras-1.2-sgd_decay", "a_second/a_second_W"), ("keras-2.2-sgd", "z_first/z_first/kernel")]:
        spec = read(source_of(name))
        found = states(spec, [["momentum"]], sizes(spec))
        assert next(iter(found.slots["momentum"])) == first
        assert found.iterations == 3


def test_an_order_that_the_file_does_not_say_is_refused():
    """Keras 1.1.0 on Theano sorted by a running number: two layers of one shape can be either."""
    from dataclasses import replace

    from packaging.version import Version

    from kconvert.tensor import Tensor

    spec = read(source_of("keras-1.2-sgd_decay"))
    version = Version("1.1.0")
    spec = replace(spec, origin=replace(spec.origin, keras=(version, version), backend="theano"))
    assert states(spec, [["momentum"]], sizes(spec)).iterations == 3  # shapes tell
    alike = replace(
        spec,
        layers=tuple(
            replace(layer, tensors={k: Tensor.constant(t.name, np.zeros(2)) for k, t in layer.tensors.items()})
            for layer in spec.layers
        ),
        training=replace(spec.training, tensors={f"p{n}": Tensor.constant(f"p{n}", np.full(2, n)) for n in range(4)}),
    )
    with pytest.raises(Rejected, match="does not say which"):
        states(alike, [["momentum"]], sizes(alike))


def test_every_element_of_every_weight_has_a_number_of_its_own():
    spec = read(source_of("keras-2.2-sgd"))
    found = numbered(spec)
    values = np.concatenate([t.read().ravel() for layer in found.spec.layers for t in layer.tensors.values()])
    assert sorted(values) == list(range(1, values.size + 1))
    assert list(found.ranges) == list(sizes(spec))


def sizes(spec):
    return {t.name: t.size for layer in spec.layers for t in layer.tensors.values()}
