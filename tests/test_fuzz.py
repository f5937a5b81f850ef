"""Whatever stands in a file, reading ends with a value or with an error of kconvert, and no poison reaches Keras."""

import contextlib
import gzip
import importlib.util
import io
import json
import random
import tempfile
import zipfile
from pathlib import Path

import audit
import bad_files
import pytest
from conftest import ROOT, SAMPLES
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import kconvert
from kconvert.errors import KConvertError, SourceError
from kconvert.read import read
from kconvert.read.architecture import architecture_of
from kconvert.read.keras_archive import KerasArchive
from kconvert.read.sniff import sniffed
from kconvert.upgrade import upgrade
from kconvert.upgrade.names import LONGEST, legal_names

relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
beginnings = st.sampled_from(
    [b"", b"\x89HDF\r\n\x1a\n", b"PK\x03\x04", b"{", b"[", b"<html", b"\x80\x04", b"version https://git-lfs", b"class_name:",
     b"\x08\x07\x12", b"\x0a\x05\x0a", b"CDF", b"GGUF", b"(dp0"]
)  # fmt: skip


@contextlib.contextmanager
def file_of(content, name="model.h5"):
    with tempfile.TemporaryDirectory(prefix="kconvert-test-") as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        yield path


@relaxed
@given(beginnings, st.binary(max_size=200))
def test_any_bytes_have_a_kind_or_a_sentence(beginning, rest):
    with file_of(beginning + rest) as path:
        try:
            assert sniffed(path) in ("hdf5", "json", "yaml", "keras")
        except SourceError as error:
            assert str(error).startswith(str(path))


@relaxed
@given(
    st.text(max_size=200)
    | values.map(json.dumps)
    | values.map(lambda v: json.dumps({"class_name": "Model", "config": v}))
)
@example('{"class_name": "\\ud800", "config": {}}')
@example("[" * 3000)
@example('"' * 2000)
def test_any_text_is_an_architecture_or_refused(text):
    try:
        assert {"class_name", "config"} <= architecture_of(text, "x").keys()
    except SourceError as error:
        assert str(error).startswith("x: ")


pieces = st.sampled_from(
    ["class_name: ", "config: ", "Sequential", "[", "]", "{", "}", "\n", "  ", "- ", "&a ", "*a", "&b ", "*b", "<<: ", "!!python/tuple ",
     "!!python/object/apply:os.system ", "!!python/unicode ", "? ", "'", '"', "|", ">", "%YAML", "---\n", "...", "\t", ", ", "1e9", "~"]
)  # fmt: skip


@relaxed
@given(st.lists(pieces, max_size=30).map("".join))
@example("class_name: a\nconfig: &a\n  b: *a\n")
@example("? &a [*a]\n: 1")
def test_any_yaml_is_an_architecture_or_refused(text):
    try:
        assert {"class_name", "config"} <= architecture_of("class_name: x\n" + text, "x").keys()
    except SourceError as error:
        assert str(error).startswith("x: ")


@given(st.lists(st.text(st.characters(exclude_categories=()), max_size=20), unique=True, max_size=8))
@example(["..", ".", "", "CON", "a\0b", "\udcff", "x" * 5000])
def test_any_names_become_legal_and_distinct(names):
    table = legal_names(names)
    assert all(n.isascii() and 0 < len(n) <= LONGEST and n[0].isalnum() and "/" not in n for n in table.values())
    assert len({n.lower() for n in table.values()} | {n.lower() for n in names if table[n] == n}) >= len(
        {n.lower() for n in names}
    ) or len(names) != len({n.lower() for n in names})


references = st.tuples(
    st.sampled_from(["in", "a", "b", "c", "gone"]), st.integers(-1, 2), st.integers(-1, 1), st.just({})
).map(list)


@relaxed
@given(st.lists(st.tuples(st.sampled_from("abc"), st.lists(references, max_size=3)), max_size=5), references)
def test_any_graph_is_one_or_is_refused(layers, output):
    model = bad_files.functional()
    model["config"]["layers"] += [
        {"class_name": "Add", "name": name, "config": {"name": name, "trainable": True}, "inbound_nodes": [nodes]}
        for name, nodes in layers
    ]
    model["config"]["output_layers"] = [output[:3]]
    with tempfile.TemporaryDirectory(prefix="kconvert-test-") as folder, contextlib.suppress(KConvertError):
        found = read(bad_files.write_h5(Path(folder) / "model.h5", model, {})).layers
        assert {layer.name for layer in found} == {"in", *(name for name, _ in layers)}


CANARY = "/canary/of a file"
POISONS = [
    {"class_name": "TFSMLayer", "config": {"name": "p", "filepath": CANARY}},
    {"class_name": "Lambda", "config": {"name": "p", "function": CANARY, "function_type": "function"}},
    {"class_name": "__lambda__", "config": {"code": CANARY, "defaults": None, "closure": None}},
    {"module": "os", "class_name": "system", "config": {"command": CANARY}, "registered_name": "system"},
    {"module": "builtins", "class_name": "function", "config": CANARY, "registered_name": "function"},
    {"module": "keras.utils", "class_name": "get_file", "config": {"fname": CANARY, "origin": CANARY}, "registered_name": None},
    {"class_name": "StringLookup", "config": {"name": "p", "vocabulary": CANARY}},
    {"class_name": "ops.vectorized_map", "config": {"function": CANARY}},
    {"class_name": CANARY, "config": {}},
]  # fmt: skip


def hosts():
    """Models of Keras 2 and 3 with nested models, wrappers, cells, initializers and operations."""
    dense = bad_files.functional(("dense_1", "in"))
    texts = [json.dumps(dense)]
    for name in ("word_tagger", "variational"):
        with zipfile.ZipFile(SAMPLES / name / "model.keras") as archive:
            texts.append(archive.read("config.json").decode())
    return texts


HOSTS = hosts()


def places(value, path=()):
    """Every key and index at every depth."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*path, key)
        yield from places(inner, (*path, key))


def poisoned(host, place, poison, is_added):
    """The config with the poison at a place, or beside it under a key of its own."""
    model = json.loads(host)
    *way, last = place
    one = model
    for key in way:
        one = one[key]
    if is_added and isinstance(one, dict):
        one[f"{last}_too"] = poison
    elif is_added:
        one.insert(last, poison)
    else:
        one[last] = poison
    return model


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(HOSTS), st.randoms(use_true_random=False), st.sampled_from(POISONS), st.booleans())
def test_no_poison_at_any_place_reaches_keras(host, chance, poison, is_added):
    """Refused, or gone: nothing of it is in what the model is rebuilt from."""
    model = poisoned(host, chance.choice(list(places(json.loads(host)))), poison, is_added)
    with tempfile.TemporaryDirectory(prefix="kconvert-test-") as folder, audit.watched() as seen:
        if host is HOSTS[0]:
            path = bad_files.write_h5(Path(folder) / "model.h5", model)
        else:
            source = SAMPLES / ("word_tagger" if host is HOSTS[1] else "variational") / "model.keras"
            path = with_config(source, Path(folder), model)
        with contextlib.suppress(KConvertError):
            spec = upgrade(read(path)).spec
            assert CANARY not in repr((spec.layers, spec.inputs, spec.outputs))
    assert seen == []


def with_config(source, folder, config):
    with zipfile.ZipFile(source) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(folder / "model.keras", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, json.dumps(config) if name == "config.json" else content)
    return folder / "model.keras"


ARCHIVE = gzip.compress((SAMPLES / "word_tagger" / "model.keras").read_bytes())


@relaxed
@given(st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1, max_size=6), st.booleans())
def test_any_damage_to_an_archive_is_none_or_is_refused(changes, is_at_the_end):
    content = bytearray(gzip.decompress(ARCHIVE))
    for place, value in changes:
        content[-1 - place % 600 if is_at_the_end else place % len(content)] = value
    with file_of(bytes(content), "model.keras") as path, contextlib.suppress(SourceError):
        archive = KerasArchive(path)
        assert isinstance(archive.metadata(), dict)
        assert "class_name" in architecture_of(archive.text("config.json"), "x")
        assert archive.weights().read(4) is not None


def fuzzer(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "tests" / "fuzz" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_damaged_hdf5_costs_the_process_nothing(tmp_path):
    """A short run of tests/fuzz/mutate_hdf5.py, up to where TensorFlow would begin."""
    mutate, chance = fuzzer("mutate_hdf5"), random.Random(20)
    data = (SAMPLES / "mnist_cnn" / "model.h5").read_bytes()
    ends = set()
    for _ in range(60):
        (tmp_path / "model.h5").write_bytes(mutate.mutated(data, chance))
        try:
            kconvert.plan(tmp_path / "model.h5", timeout=20)
            ends.add("planned")
        except KConvertError as error:
            ends.add(error.code)
    assert {"planned", "E_CORRUPT"} <= ends
    assert "E_INTERNAL" not in ends


@pytest.mark.parametrize("version", ["2.7", "3.12"])
def test_mutated_bytecode_is_read_or_refused(version):
    """A tenth of tests/fuzz/mutate_bytecode.py in another order than test_lambdas.py."""
    mutate, chance = fuzzer("mutate_bytecode"), random.Random(5)
    data = mutate.sample(version)
    mutate.outcome(data)  # what kconvert itself imports late
    with audit.watched() as seen, contextlib.redirect_stdout(io.StringIO()):
        found = [
            mutate.outcome(data[:place] + bytes([chance.randrange(256)]) + data[place + 1 :])
            for place in range(len(data))
            for _ in range(2)
        ]
    assert found.count("refused") > len(found) / 4
    assert seen == []
