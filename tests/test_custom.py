"""The user's own code in a conversion: what its text says, what becomes of it, and that only what the user names ever runs."""

import ast
import json
import subprocess
import sys
import textwrap
from dataclasses import replace

import numpy as np
import pytest
from conftest import ROOT, SAMPLES, source_of, weights_of

import kconvert
from kconvert.custom import custom_function, definitions_of
from kconvert.custom_code import custom_code
from kconvert.errors import CodeInModel, ConversionFailed, TargetError, UnknownLayer, UsageError
from kconvert.read import read
from kconvert.spec import walk
from kconvert.tensor import Tensor
from kconvert.transfer.custom_layers import custom_pairs
from kconvert.upgrade import upgrade

WITH_MODULE = ["gated_units", "normalized_images", "attended_words", "mixer_blocks"]


def upgraded(name):
    folder = SAMPLES / name
    code = custom_code(folder / "custom.py")
    return upgrade(read(source_of(folder), weights=weights_of(folder), custom=code.definitions))


# what the text says


def facts(text):
    return definitions_of([textwrap.dedent(text)])


def test_names_are_found_with_and_without_their_package():
    found = facts(
        """
        @keras.saving.register_keras_serializable(package="mine", name="Other")
        class Scale(Layer): ...
        @register_keras_serializable()
        def swish(x): return x
        if True:
            class Inner(Scale): ...
        """
    )
    assert set(found.named) == {"Scale", "mine>Other", "swish", "Custom>swish", "Inner"}
    assert found.find("Addons>Scale").name == "Scale"
    assert found.layer("swish") is None
    assert found.find(None) is None


@pytest.mark.parametrize(
    ("body", "masks"),
    [
        ("def call(self, x): ...", "dropped"),
        ("def __init__(self): self.supports_masking = True", "passed"),
        ("supports_masking = True", "passed"),
        ("def compute_mask(self, x, mask=None): return None", "dropped"),
        ("def compute_mask(self, x, mask=None): return mask", "passed"),
        ("def compute_mask(self, x, m): return m[0] if isinstance(m, list) else m", "its own"),
        ("def compute_mask(self, x, mask=None): return mask[:, 1:]", "its own"),
    ],
)
def test_masks_by_the_text_of_a_class(body, masks):
    assert facts(f"class A(Layer):\n    {body}").layer("A").masks == masks


def test_a_stock_base_class_decides_about_masks():
    assert facts("class A(LSTM):\n    pass").layer("A").masks == "its own"


def test_a_function_is_compiled_and_read_but_never_run():
    definitions = facts(
        """
        from keras import backend as K
        LIMIT = 6.0
        def helper(x): return K.maximum(x, 0.0)
        def relu6(x, limit=LIMIT): return K.minimum(helper(x), limit)
        raise SystemExit
        """
    )
    assert custom_function(definitions, "relu6").text == "lambda x, limit: K.minimum(helper(x), 6.0)"


# sources


def test_a_module_is_found_without_importing_it_or_its_parents(tmp_path, monkeypatch):
    package = tmp_path / "their_package" / "inner"
    package.mkdir(parents=True)
    for folder in (package.parent, package):
        (folder / "__init__.py").write_text("raise SystemExit")
    (package / "layers.py").write_text("class Mine: ...\nclass Other: ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert set(custom_code("their_package.inner.layers").definitions.named) >= {"Mine", "Other"}
    only = custom_code("their_package.inner.layers:Other").definitions
    assert {d.name for d in only.named.values()} == {"Other"}
    assert not any(name.startswith("their_package") for name in sys.modules)


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ("no_such_file.py", "there is no such file"),
        ("no_such_module", "there is no module no_such_module"),
        ("json.no_such", "there is no module json.no_such"),
        ("colorsys:Nothing", "defines no Nothing"),
        ("a b", "is FILE.py or package.module"),
    ],
)
def test_a_source_that_is_none(named, says):
    with pytest.raises(UsageError, match=says):
        custom_code(named)


def test_code_must_stand_alone(tmp_path):
    path = tmp_path / "layers.py"
    path.write_text("from .base import Base\nclass A(Base): ...\n")
    with pytest.raises(UsageError, match=r"imports \.base from its own package"):
        custom_code(path)
    path.write_text("import scipy\nimport os\n")
    (note,) = (n for n in custom_code(path).notes if "scipy" in n.text)
    assert note.text == "the custom code imports scipy, which must be there wherever the model is loaded"


# the pure half


def test_inspecting_names_what_the_code_would_have_to_define():
    found = kconvert.inspect_model(SAMPLES / "normalized_images" / "model.h5", isolation="none")
    assert set(found.custom_classes) == {"NormalizedImage", "FinerImage", "leaky_clip"}
    (risk,) = (r for r in found.risks if "--custom" in r)
    assert risk.startswith("3 classes or functions are not Keras's own: NormalizedImage, FinerImage, leaky_clip")


def test_functions_dissolve_and_leave_no_custom_code():
    found = upgraded("smooth_units")
    classes = {layer.class_name for _, layer in walk(found.spec)}
    assert not any(name.startswith("custom.") for name in classes)
    assert "ops.sigmoid" in classes
    assert not any("custom_object" in str(layer.config) for _, layer in walk(found.spec))


def test_arguments_of_a_class_are_kept_and_those_of_every_layer_accounted_for():
    found = upgraded("gated_units")
    layers = [layer for layer in found.spec.layers if layer.class_name == "custom.GatedUnits"]
    assert [layer.config["sharpness"] for layer in layers] == [0.7, 1.5]
    assert all("cache_enabled" not in layer.config for layer in layers)
    dropped = {c.old for change in found.layers for c in change.arguments if c.what == "dropped"}
    assert "cache_enabled" in dropped


def test_without_the_code_each_class_and_function_is_named_with_the_option():
    with pytest.raises(ConversionFailed) as failed:
        upgrade(read(SAMPLES / "normalized_images" / "model.h5"))
    kinds = {(type(p), p.option) for p in failed.value.problems}
    assert kinds == {
        (UnknownLayer, "--custom FILE.py that defines NormalizedImage"),
        (UnknownLayer, "--custom FILE.py that defines FinerImage"),
        (CodeInModel, "--custom FILE.py that defines leaky_clip"),
    }


def named_lambda(text, folder):
    """The model of smooth_units, its file having nothing of the Lambda's function but the name, with this code."""
    path = folder / "custom.py"
    path.write_text(text)
    spec = read(SAMPLES / "smooth_units" / "model.h5", custom=custom_code(path).definitions)
    name = {"function": "distance", "function_type": "function"}
    layers = tuple(
        replace(layer, config={**layer.config, **name}) if layer.name == "far" else layer for layer in spec.layers
    )
    return replace(spec, layers=layers)


def test_a_lambda_of_which_the_file_has_the_name_alone_takes_its_function_from_the_code(tmp_path):
    spec = named_lambda((SAMPLES / "smooth_units" / "custom.py").read_text(), tmp_path)
    named = [la for la in upgrade(spec).spec.layers if la.name.startswith("far")]
    stored = [la for la in upgraded("smooth_units").spec.layers if la.name.startswith("far")]
    assert [(la.class_name, la.config) for la in named] == [(la.class_name, la.config) for la in stored]


def test_a_lambda_that_the_code_does_not_help_is_refused_with_what_it_computes(tmp_path):
    text = (SAMPLES / "smooth_units" / "custom.py").read_text()
    with pytest.raises(ConversionFailed, match=r"fetch.*: lambda pair: .*fetch\(pair\)") as failed:
        upgrade(named_lambda(text.replace("left, right = pair", "left, right = fetch(pair)"), tmp_path))
    assert [p.layer for p in failed.value.problems] == ["far"]


def test_an_activation_that_cannot_be_followed_stays_the_users(tmp_path):
    path = tmp_path / "custom.py"
    text = (SAMPLES / "normalized_images" / "custom.py").read_text()
    path.write_text(text.replace("K.minimum(K.maximum(x, 0.2 * x), 4.)", "unknown(x)"))
    spec = upgrade(read(SAMPLES / "normalized_images" / "model.h5", custom=custom_code(path).definitions)).spec
    convolution = next(layer for layer in spec.layers if layer.class_name == "Conv2D")
    assert convolution.config["activation"] == {"custom_object": "leaky_clip", "config": None}


def test_theanos_kernels_in_a_class_of_the_users_are_refused():
    folder = SAMPLES / "normalized_images"
    spec = read(folder / "model.h5", custom=custom_code(folder / "custom.py").definitions)
    own = spec.origin.custom
    named = {**own.named, "NormalizedImage": replace(own.named["NormalizedImage"], text="K.conv2d(x, self.gamma)")}
    origin = replace(spec.origin, backend="theano", custom=replace(own, named=named))
    kernel = Tensor("gamma", (3, 3, 8, 1), np.dtype("float32"), lambda: np.zeros((3, 3, 8, 1), "float32"))
    layers = tuple(
        replace(layer, tensors={"gamma": kernel}) if layer.class_name == "NormalizedImage" else layer
        for layer in spec.layers
    )
    with pytest.raises(ConversionFailed, match="Theano's kernels lie the other way round"):
        upgrade(replace(spec, origin=origin, layers=layers))


# weights


class Variable:
    def __init__(self, name, shape, trainable=True):
        self.name, self.shape, self.trainable, self.path = name, shape, trainable, name

    def assign(self, value): ...


class Held:
    """What `custom_pairs` asks of a layer of Keras."""

    def __init__(self, name, variables=(), inside=()):
        self.name, self.own, self.inside = name, list(variables), list(inside)

    @property
    def weights(self):
        return [*self.own, *(v for layer in self.inside for v in layer.weights)]

    def _flatten_layers(self, recursive=True, include_self=True):
        return self.inside


def paired(layer, *named):
    from kconvert.spec import LayerSpec

    tensors = {
        n: Tensor(n, shape, np.dtype("float32"), lambda shape=shape: np.zeros(shape, "float32")) for n, shape in named
    }
    return {t.name: v for v, t in custom_pairs(LayerSpec("custom.A", "a", {}, (), tensors), layer)}


def test_weights_by_name_whatever_their_order():
    w, b = Variable("a_W", (2, 2)), Variable("a_b", (2, 2))
    assert paired(Held("a", [w, b]), ("a/a/a_b:0", (2, 2)), ("a/a/a_W:0", (2, 2))) == {"a/a/a_b:0": b, "a/a/a_W:0": w}


def test_weights_of_sublayers_whose_numbers_count_otherwise():
    first, second = (Held(f"dense_{n}", [Variable("kernel", (2, 2))]) for n in (9, 10))
    found = paired(Held("a", [], [first, second]), ("a/dense_2/kernel:0", (2, 2)), ("a/dense/kernel:0", (2, 2)))
    assert found == {"a/dense/kernel:0": first.own[0], "a/dense_2/kernel:0": second.own[0]}


def test_weights_without_names_by_order_the_trained_first():
    state, w, b = Variable("state", (3,), False), Variable("w", (2,)), Variable("b", (2,))
    found = paired(Held("a", [state, w, b]), ("a/param_0", (2,)), ("a/param_1", (2,)), ("a/param_2", (3,)))
    assert [v.name for v in found.values()] == ["w", "b", "state"]


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ([("a/w:0", (2,))], r"1 tensors and 2 variables: the custom code makes w \(2,\), b \(3,\); the file has a/w:0"),
        ([("a/w:0", (2,)), ("a/b:0", (4,))], "no way to tell which is which"),
        ([("a/w:0", (2,)), ("a/c:0", (3,))], "no way to tell which is which"),
    ],
)
def test_weights_that_do_not_fit_name_both_sides(named, says):
    with pytest.raises(kconvert.errors.Problem, match=says):
        paired(Held("a", [Variable("w", (2,)), Variable("b", (3,))]), *named)


# trust

AUDIT = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import kconvert, kconvert.api, kconvert.jobs.inspection
seen, found = [], {}
def hook(event, arguments):
    if event in ("compile", "exec", "marshal.loads", "marshal.load", "pickle.find_class", "import", "os.system", "subprocess.Popen"):
        seen.append([event, str(arguments[1] if event == "compile" else arguments[0])[:200]])
questions = json.loads(sys.argv[2])
for name, source, weights, custom in questions:  # all that kconvert and Python import is there then
    kconvert.plan(source, weights=weights, custom=custom, isolation="none")
sys.addaudithook(hook)
for name, source, weights, custom in questions:
    seen.clear()
    plan = kconvert.plan(source, weights=weights, custom=custom, isolation="none")
    found[name] = {"seen": list(seen), "blocked": [str(b) for b in plan.blockers]}
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    """Name -> what happened in a process that planned the conversion of each sample, without and with its code."""
    questions = []
    for name in [*WITH_MODULE, "smooth_units"]:
        folder = SAMPLES / name
        code = tmp_path_factory.mktemp(name) / "custom.py"
        code.write_text((folder / "custom.py").read_text() + "\nimport antigravity\nraise SystemExit\n")
        model = [str(source_of(folder)), str(weights_of(folder)) if weights_of(folder) else None]
        questions += [[name, *model, None], [f"{name} with code", *model, str(code)]]
    words = [str(ROOT), json.dumps(questions)]
    done = subprocess.run([sys.executable, "-c", AUDIT, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", [*WITH_MODULE, "smooth_units"])
def test_nothing_of_a_file_is_unmarshalled_compiled_or_imported(name, audited):
    assert audited[name]["blocked"]
    assert [event for event, _ in audited[name]["seen"] if event != "import"] == []


@pytest.mark.parametrize("name", [*WITH_MODULE, "smooth_units"])
def test_a_plan_reads_the_code_that_the_user_names_and_does_not_run_it(name, audited):
    found = audited[f"{name} with code"]
    assert found["blocked"] == []
    assert {event for event, _ in found["seen"]} <= {"compile", "import"}
    assert not any("antigravity" in what for event, what in found["seen"] if event == "import")


# whole conversions


@pytest.mark.framework
@pytest.mark.parametrize("name", WITH_MODULE)
def test_the_result_loads_with_its_module_alone(name, tmp_path):
    folder = SAMPLES / name
    report = kconvert.convert(
        source_of(folder), tmp_path / "new.keras", weights=weights_of(folder), custom=folder / "custom.py",
        probe=folder / "io.npz",
    )  # fmt: skip
    assert report.custom_module == tmp_path / "new_custom.py"
    ast.parse(report.custom_module.read_text())
    code = """
import sys
sys.modules["kconvert"] = None
import numpy as np, new_custom, keras
own = vars(new_custom)
model = keras.models.load_model("new.keras", custom_objects=own, safe_mode=True)
data = np.load(sys.argv[1])
inputs = [data[n] for n in data.files if n.startswith("in_")]
assert np.allclose(model.predict(inputs, verbose=0), data["out_0"], atol=1e-4)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder / "io.npz")], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.framework
def test_functions_alone_need_no_module(tmp_path):
    folder = SAMPLES / "smooth_units"
    report = kconvert.convert(
        folder / "model.h5", tmp_path / "new.keras", custom=str(folder / "custom.py"), probe=folder / "io.npz"
    )
    assert report.custom_module is None
    assert [p.name for p in tmp_path.iterdir()] == ["new.keras"]
    assert any("needs no module" in note.text for note in report.notes)


@pytest.mark.framework
def test_nothing_is_left_in_the_process(tmp_path):
    import keras
    from keras.src.saving import object_registration

    folder = SAMPLES / "mixer_blocks"
    modules, names = set(sys.modules), dict(object_registration.GLOBAL_CUSTOM_NAMES)
    objects = dict(keras.saving.get_custom_objects())
    model = kconvert.load(folder / "model.h5", custom=folder / "custom.py")
    with np.load(folder / "io.npz") as data:
        np.testing.assert_allclose(model.predict(data["in_0"], verbose=0), data["out_0"], atol=1e-4)
    assert keras.saving.get_custom_objects() == objects
    assert names == object_registration.GLOBAL_CUSTOM_NAMES
    assert not {
        name for name in set(sys.modules) - modules if "custom" in name and not name.startswith(("keras", "kconvert"))
    }


@pytest.mark.framework
def test_the_users_own_file_is_never_overwritten(tmp_path):
    folder = SAMPLES / "gated_units"
    own = tmp_path / "new_custom.py"
    own.write_text((folder / "custom.py").read_text())
    with pytest.raises(TargetError, match="is a file of the conversion itself, which is never overwritten"):
        kconvert.convert(folder / "model.json", tmp_path / "new.keras", custom=own, overwrite=True, verify=False)
    assert own.read_text() == (folder / "custom.py").read_text()
    with pytest.raises(TargetError, match="exists already"):
        kconvert.convert(folder / "model.json", tmp_path / "new.keras", custom=folder / "custom.py", verify=False)
    assert [p.name for p in tmp_path.iterdir()] == ["new_custom.py"]


@pytest.mark.framework
def test_a_savedmodel_needs_no_module(tmp_path):
    folder = SAMPLES / "mixer_blocks"
    report = kconvert.convert(
        folder / "model.h5", tmp_path / "new", custom=folder / "custom.py", probe=folder / "io.npz"
    )
    assert report.custom_module is None
    assert [p.name for p in tmp_path.iterdir()] == ["new"]


@pytest.mark.framework
@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("def __init__(self, units,", "def __init__(self, count,", "does not take its arguments"),
        ('"scale", shape=(int(input_shape[-1]),)', '"scale", shape=(7,)', "MixerBlock|today's Keras refuses it"),
        ('self.scale = self.add_weight("scale"', 'self.extra = self.add_weight("extra", shape=(2,))\n        self.scale = self.add_weight("scale"', "variables"),
        ("import tensorflow as tf\n", "import tensorflow as tf\nraise RuntimeError('broken')\n", "the migrated code raises RuntimeError: broken"),
    ],
)  # fmt: skip
def test_code_that_does_not_fit_the_file(old, new, says, tmp_path):
    folder = SAMPLES / "mixer_blocks"
    path = tmp_path / "custom.py"
    text = (folder / "custom.py").read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(kconvert.KConvertError, match=says):
        kconvert.convert(folder / "model.h5", tmp_path / "new.keras", custom=path, verify=False)
    assert [p.name for p in tmp_path.iterdir()] == ["custom.py"]
