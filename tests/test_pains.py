"""What stands between people and their old models, one by one: today's Keras says what docs/pains.yaml says, and kconvert converts it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import yaml
from conftest import ROOT, SAMPLES
from examples import has_line, prepare, run_command, says
from stock_keras import StockKeras

import kconvert
from kconvert.errors import KConvertError

PAINS = yaml.safe_load((ROOT / "docs" / "pains.yaml").read_text())
FILES = ROOT / "tests" / "pains"
pains = pytest.mark.parametrize("pain", PAINS, ids=lambda pain: pain["id"])


def of(name):
    """A test of one pain."""
    return pytest.mark.parametrize("pain", [p for p in PAINS if p["id"] == name], ids=[name])


def needs_framework(command):
    """What converts or compares."""
    return command.get("exit", 0) == 0 and not {"inspect", "plan", "record"} & set(command["run"].split())


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with the samples, and with the files that any of them is given."""
    folder = tmp_path_factory.mktemp("pains")
    prepare(folder)
    for name, content in {k: v for pain in PAINS for k, v in pain.get("given", {}).items()}.items():
        data = (
            content.encode()
            if isinstance(content, str)
            else (ROOT / content[0]).read_bytes()[slice(*content[1:2] or [None])]
        )
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture(scope="module")
def stock(place):
    process = StockKeras(place)
    yield process
    process.close()


def test_all_of_them_are_here():
    assert [pain["id"] for pain in PAINS] == [f"P{n}" for n in range(1, 22)]
    for pain in PAINS:
        assert all(("today" in error) != ("seen" in error) and error["by"] for error in pain["errors"])
        assert pain["commands"]


@pains
def test_what_needs_no_framework(pain, place, monkeypatch, capfd):
    monkeypatch.chdir(place)
    check([c for c in pain["commands"] if not needs_framework(c)], capfd)


@pytest.mark.framework
@pains
def test_what_converts(pain, place, monkeypatch, capfd):
    monkeypatch.chdir(place)
    commands = [c for c in pain["commands"] if needs_framework(c)]
    check(commands, capfd)
    for source in converted_files(pain):
        probe = source.with_suffix(".npz") if (FILES in source.parents) else None
        report = kconvert.convert(source, place / "new.keras", probe=probe, overwrite=True)
        assert report.verification.status == "passed", source
    assert commands


def check(commands, capfd):
    for command in commands:
        status, output = run_command(command["run"], capfd)
        assert status == command.get("exit", 0), output
        for line in command["shows"]:
            assert has_line(output, line), f"{line!r} is no line of:\n{output}"


def converted_files(pain):
    """All files of which Keras says something, each once; the samples are converted by test_conformance.py, files that are given by a command."""
    named = dict.fromkeys(e["today"][1] for e in pain["errors"] if len(e.get("today", ())) > 1)
    return [ROOT / n for n in named if n.startswith("tests/") and n not in pain.get("refused", ())]


@pytest.mark.framework
@pains
def test_what_today_s_keras_says(pain, stock):
    for error in pain["errors"]:
        if "today" not in error:
            continue
        said = stock.says(*error["today"])
        if error["today"][0] == "differs":
            assert said > 1e-2
        else:
            assert says(said, error["text"]), f"{error['today']}: {said}"


@pains
def test_what_is_refused_is_refused_by_name(pain, place, tmp_path):
    for name in pain.get("refused", ()):
        with pytest.raises(KConvertError) as refused:
            kconvert.convert(place / name, tmp_path / "new.keras")
        assert refused.value.code.startswith("E_")
        assert list(tmp_path.iterdir()) == []


@of("P5")
@pytest.mark.parametrize("kind", ["str", "bytes", "fixed", "chunks"])
def test_texts_of_every_type_are_read(pain, kind, tmp_path):
    path = shutil.copyfile(FILES / "slashes.h5", tmp_path / "model.h5")
    before = kconvert.inspect_model(path, isolation="none").to_dict()
    with h5py.File(path, "r+") as file:
        for item in (file, file["model_weights"], *file["model_weights"].values()):
            for name, value in dict(item.attrs).items():
                del item.attrs[name]
                for key, text in retyped(name, value, kind):
                    item.attrs[key] = text
    assert kconvert.inspect_model(path, isolation="none").to_dict() == before
    assert kconvert.plan(path, isolation="none").blockers == ()


def retyped(name, value, kind):
    """An attribute as other releases of h5py and Keras write it."""
    texts = [v.decode() if isinstance(v, bytes) else v for v in np.atleast_1d(value).tolist()]
    made = {
        "str": texts,
        "bytes": [t.encode() for t in texts],
        "fixed": np.array([t.encode() for t in texts], "S"),
        "chunks": texts,
    }[kind]
    if np.ndim(value) == 0:
        return [(name, made[0])]
    if kind == "chunks":
        return [(f"{name}{n}", [text]) for n, text in enumerate(texts)]
    return [(name, made if texts else np.array([], "S1"))]


@of("P13")
def test_the_new_names_are_listed_and_collide_with_nothing(pain, tmp_path):
    path = shutil.copyfile(FILES / "slashes.h5", tmp_path / "model.h5")
    with h5py.File(path, "r+") as file:
        config = file.attrs["model_config"]
        config = config.decode() if isinstance(config, bytes) else config
        file.attrs["model_config"] = config.replace('"conv1/relu"', '"conv1_bn"')
        layers = file["model_weights"]
        layers.move("conv1/relu", "conv1_bn")
        layers.attrs["layer_names"] = [b"conv1_bn" if n == b"conv1/relu" else n for n in layers.attrs["layer_names"]]
    plan = kconvert.plan(path, isolation="none")
    assert plan.blockers == ()
    names = {layer.name: layer.new_name for layer in plan.layers}
    assert names["conv1_bn"] == "conv1_bn"
    assert len(set(names.values())) == len(names)
    assert plan.renamed["conv1/conv"] == "conv1_conv"
    assert plan.renamed["conv1/bn"] not in ("conv1/bn", "conv1_bn")


@pytest.mark.framework
@of("P19")
def test_an_old_installation_neither_matters_nor_changes(pain, place):
    keras_json = place / "home" / ".keras" / "keras.json"
    keras_json.parent.mkdir(parents=True)
    old = json.dumps({"backend": "theano", "image_data_format": "channels_first", "floatx": "float16", "epsilon": 1e-3})
    keras_json.write_text(old)
    program = (
        "import os, sys, kconvert; before = dict(os.environ); report = kconvert.convert(*sys.argv[1:]); "
        "assert report.verification.status == 'passed' and dict(os.environ) == before"
    )
    settings = {
        "HOME": str(place / "home"),
        "KERAS_BACKEND": "theano",
        "TF_USE_LEGACY_KERAS": "1",
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-c", program, FILES / "slashes.h5", place / "there.keras"]
    subprocess.run(command, env={**os.environ, **settings}, check=True)
    kconvert.convert(FILES / "slashes.h5", place / "plain.keras")
    assert (place / "there.keras").read_bytes() == (place / "plain.keras").read_bytes()
    assert keras_json.read_text() == old


@pytest.mark.framework
@of("P20")
def test_a_server_sees_the_names_order_and_dtypes_of_the_original(pain, place, stock):
    kconvert.convert(SAMPLES / "price_model" / "saved_model", place / "served", version_dir=1)
    inputs, outputs = stock.says("signature", place / "served" / "1")
    wanted = kconvert.inspect_model(SAMPLES / "price_model" / "saved_model").signature
    assert {name: dtype for name, (_, dtype) in inputs.items()} == dict(wanted["inputs"])
    assert {name: dtype for name, (_, dtype) in outputs.items()} == dict(wanted["outputs"])
    assert inputs["rooms"][0] == [5]


def test_every_file_is_used():
    text = (ROOT / "docs" / "pains.yaml").read_text() + Path(__file__).read_text()
    assert [p.name for p in FILES.glob("*.*") if p.suffix in (".h5", ".keras") and p.name not in text] == []
