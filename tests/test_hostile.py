"""The table of bad inputs: what is wrong costs one clear error, in bounded time and memory, and nothing else changes.

The cases are in hostile/table.yaml, the makers of the files beside it. The same set runs through the API and the command.
"""

import contextlib
import gzip
import hashlib
import importlib
import inspect
import os
import re
import tempfile
import time
from pathlib import Path

import audit
import bad_files
import pytest
import yaml
from conftest import ROOT

import kconvert
from kconvert import cli, errors
from kconvert.read import read
from kconvert.spec import stored_tensors

HERE = Path(__file__).parent / "hostile"
TABLE = yaml.safe_load((HERE / "table.yaml").read_text())
MAKERS = [*(importlib.import_module(f"hostile.{f.stem}") for f in sorted(HERE.glob("[a-z]*.py"))), bad_files]
CANARIES = ("CANARY-5d41402abc4b2a76", "root:x:0:0")
LONGEST, LARGEST = 2.0, 150  # seconds, megabytes


def named(case):
    given = case.get("with", ())
    words = "_".join(str(w) for w in (given if isinstance(given, list) else [given]))
    return "-".join(p for p in (str(case["row"]), case["file"], re.sub(r"\W+", "_", words)[:40].strip("_")) if p)


def marked(case):
    return pytest.param(case, id=named(case), marks=[pytest.mark.framework] if case.get("framework") else [])


REFUSED = [marked(c) for c in TABLE["cases"] if "error" in c]
TAKEN = [marked(c) for c in TABLE["cases"] if c.get("converts")]


def made(case, folder):
    """The file of a case."""
    (make,) = {getattr(m, case["file"]) for m in MAKERS if inspect.isfunction(getattr(m, case["file"], None))}
    given = case.get("with", [])
    return make(folder, *(given if isinstance(given, list) else [given]))


@pytest.fixture
def folder(case):
    """Unlike pytest's own, one that others than its owner may look into."""
    with tempfile.TemporaryDirectory(prefix="kconvert-test-") as name:
        path = Path(name)
        path.chmod(0o777)
        yield path
        for closed in path.iterdir():
            if closed.is_dir():
                closed.chmod(0o755)


@pytest.mark.parametrize("case", REFUSED)
def test_the_api_raises_one_error_and_changes_nothing(case, folder):
    source = made(case, folder)
    before = everything_below(folder)
    with watched(case), bounded(case), somebody(case), pytest.raises(errors.KConvertError) as refused:
        if case.get("reads"):
            for tensor in stored_tensors(read(source)):
                tensor.read()
        else:
            converted(case, source, folder / "new.keras")
    error = refused.value
    assert (type(error).__name__, error.code, error.exit_code) == (case["error"], case["code"], case.get("exit", 1))
    assert case["says"] in str(error)
    assert not any(canary in str(error) for canary in CANARIES)
    assert everything_below(folder) == before


@pytest.mark.parametrize("case", [c for c in REFUSED if not {"reads", "as", "api"} & c.values[0].keys()])
def test_the_command_says_it_in_one_line_and_changes_nothing(case, folder, capfd):
    source = made(case, folder)
    before = everything_below(folder)
    options = [w for k, v in case.get("options", {}).items() for w in (f"--{k.replace('_', '-')}", v)]
    with somebody(case), pytest.raises(SystemExit) as exited:
        cli.main([str(source), "-o", str(folder / "new.keras"), *options])
    out, err = capfd.readouterr()
    assert exited.value.code == case.get("exit", 1)
    assert err.startswith("error:")
    assert f"[{case['code']}]" in err
    assert err.count("\n") == 1 or (case["error"] == "ConversionFailed" and "problems; nothing was written" in err)
    assert all(c.isprintable() or c == "\n" for c in err)
    assert "Traceback" not in err
    assert out == ""
    assert not any(canary in err for canary in CANARIES)
    assert everything_below(folder) == before


@pytest.mark.parametrize("case", TAKEN)
def test_what_is_only_strange_stands_in_nobodys_way(case, tmp_path):
    source = made(case, tmp_path)
    before = everything_below(tmp_path)
    with watched(case), bounded(case):
        assert kconvert.plan(source, isolation="none", **case.get("options", {})).blockers == ()
        if case.get("reads"):
            assert all(tensor.read().shape == tensor.shape for tensor in stored_tensors(read(source)))
    assert everything_below(tmp_path) == before


def test_every_row_of_the_table_has_a_case_or_a_reason():
    rows = {case["row"] for case in TABLE["cases"]}
    elsewhere, reasons = TABLE["tested_by"], TABLE["does_not_apply"]
    assert rows | elsewhere.keys() | reasons.keys() == set(range(1, 113))
    assert not rows & reasons.keys()
    for names in elsewhere.values():
        for name in names:
            file, _, test = name.partition("::")
            assert re.search(rf"^def {test}\(", (ROOT / "tests" / file).read_text(), re.MULTILINE), name


def test_every_error_has_a_code_of_its_own_kind():
    kinds = [k for k in vars(errors).values() if isinstance(k, type) and issubclass(k, errors.KConvertError)]
    assert all(re.fullmatch(r"E_[A-Z_]+", kind.code) for kind in kinds)


def converted(case, source, target):
    """Without the process that the isolated cases need: in this one it is seen what a refusal costs."""
    how = "process" if case.get("isolated") else "none"
    options = {"verify": False, **case.get("options", {})}
    return kconvert.convert(source, target, isolation=how, **options)


@contextlib.contextmanager
def bounded(case):
    """Time, and how much more memory the body held at once than before; TensorFlow is imported before that."""
    if case.get("framework"):
        importlib.import_module("kconvert.framework").keras_on_tensorflow()
    clock = time.monotonic if case.get("isolated") else time.process_time  # a busy machine makes nothing slower
    held, begun = _resident("VmRSS"), clock()
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    yield
    seconds, megabytes = clock() - begun, (_resident("VmHWM") - held) / 1024
    assert seconds <= case.get("seconds", LONGEST) * (3 if case.get("framework") else 1)
    assert megabytes <= case.get("megabytes", LARGEST)


@contextlib.contextmanager
def watched(case):
    """Nothing is unmarshalled, unpickled, imported, started or connected to, whatever a file says.

    Where TensorFlow or a worker has a part in it, they do all of this themselves, and the hook could not tell.
    """
    if case.get("framework") or case.get("isolated"):
        yield
        return
    with audit.watched() as seen:
        yield
    assert seen == []


def _resident(which):
    return int(re.search(rf"^{which}:\s+(\d+)", Path("/proc/self/status").read_text(), re.MULTILINE)[1])


@contextlib.contextmanager
def somebody(case):
    """The superuser may read everything; these cases are for others."""
    if case.get("as") != "nobody" or os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def everything_below(folder):
    """Every path with what it is: the content's digest, or where it leads."""
    return {p: _what(p) for p in folder.rglob("*")}


def _what(path):
    if path.is_symlink():
        return path.readlink()
    return _digest(path, path.stat().st_size) if path.is_file() else path.stat().st_mode


def _digest(path, size):
    if size > 100 << 20:
        return size, path.stat().st_mtime_ns  # sparse ones
    return hashlib.sha256(path.read_bytes()).hexdigest()


CRASHES = sorted((HERE / "crashes").glob("*.gz"))


def unpacked(crash, folder):
    path = folder / crash.name.removesuffix(".gz")
    path.write_bytes(gzip.decompress(crash.read_bytes()))
    return path


@pytest.mark.parametrize("crash", [c for c in CRASHES if "hang" not in c.name], ids=lambda c: c.name)
def test_a_file_that_kills_the_process_costs_one_error(crash, tmp_path):
    """Each of these once made HDF5 crash; whatever it does today, it is an error that says where."""
    source = unpacked(crash, tmp_path)
    with pytest.raises(errors.KConvertError) as refused:
        kconvert.convert(source, tmp_path / "new.keras")
    assert refused.value.code != "E_INTERNAL"
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize("crash", [c for c in CRASHES if "hang" in c.name], ids=lambda c: c.name)
def test_a_file_that_never_ends_costs_one_error(crash, tmp_path):
    source, begun = unpacked(crash, tmp_path), time.monotonic()
    with pytest.raises(errors.KConvertError) as refused:
        kconvert.convert(source, tmp_path / "new.keras", timeout=3)
    assert refused.value.code in ("E_TIMEOUT", "E_CORRUPT")
    assert time.monotonic() - begun < 8
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize("how", ["written", "replaced", "gone"])
def test_a_file_that_changes_while_it_is_read_is_refused(how, tmp_path):
    source = bad_files.good(tmp_path)
    first, *_ = stored_tensors(read(source))
    if how == "written":
        os.utime(source, (1, 1))
    else:
        source.unlink()
    if how == "replaced":
        bad_files.good(tmp_path)
    with pytest.raises(errors.CorruptSource, match="while it was read") as refused:
        first.read()
    assert refused.value.code == "E_CHANGED"


@pytest.mark.framework
def test_what_one_model_registers_the_next_does_not_see(tmp_path):
    """A custom `Dense` that this process knows is not what a file means by it."""
    import keras

    @keras.saving.register_keras_serializable(package="", name="Dense")
    class Other(keras.layers.Layer):
        def call(self, x):
            return x * 0

    try:
        model = kconvert.load(bad_files.good(tmp_path), isolation="none")
        assert type(model.layers[-1]) is keras.layers.Dense
        assert keras.saving.get_custom_objects()
    finally:
        keras.saving.get_custom_objects().clear()


@pytest.mark.framework
def test_initial_values_are_not_computed(tmp_path, monkeypatch):
    import keras

    monkeypatch.setattr(keras.initializers.Orthogonal, "__call__", lambda *_, **__: pytest.fail("computed"))
    model = kconvert.load(made({"file": "orthogonal"}, tmp_path), isolation="none")
    assert model.layers[-1].get_config()["kernel_initializer"]["class_name"] == "Orthogonal"
    assert (model.layers[-1].kernel.numpy() == 1).all()


def test_the_content_of_other_files_is_nowhere(tmp_path, capfd):
    """Neither on the terminal, nor in a report, nor in what was converted."""
    for number, case in enumerate(c for c in TABLE["cases"] if c["row"] in (33, 34, 37)):
        folder = tmp_path / str(number)
        folder.mkdir()
        source = made(case, folder)
        (folder / "canary.txt").write_text(CANARIES[0])
        for words in (
            ["inspect", "--json"],
            ["plan", "--json"],
            ["-o", str(folder / "n.keras"), "--report", str(folder / "r.json")],
        ):
            with pytest.raises(SystemExit) as exited:
                cli.main([*words[:1], str(source), *words[1:]] if words[0] != "-o" else [str(source), *words])
            assert exited.value.code == 1
        assert not (folder / "n.keras").exists()
        assert CANARIES[0] not in (folder / "r.json").read_text()
    said = capfd.readouterr()
    assert CANARIES[0] not in said.out + said.err


@pytest.mark.parametrize(
    ("case", "shown"),
    [
        ({"file": "lambda_of", "with": "list"}, "Lambda 'dense_1' holds lambda x: "),
        ({"file": "lambda_named", "with": "get_file"}, "the function 'get_file', of which the file has the name alone"),
        ({"file": "lambda_hidden", "with": "wrapper"}, "Lambda 't/hidden' holds lambda x: "),
        ({"file": "lambda_hidden", "with": "activation"}, "Dense 'dense_1' holds Python code in its arguments"),
        (
            {"file": "training_config", "with": '{"loss": {"class_name": "Lambda"}}'},
            "the training configuration holds Python code",
        ),
        (
            {"file": "holding_code", "with": "TFSMLayer"},
            "TFSMLayer 'dense_1' names another file, which is never opened: http://",
        ),
        ({"file": "vocabulary", "with": "/etc/passwd"}, "names another file, which is never opened: /etc/passwd"),
        ({"file": "unknown_layer"}, "1 classes or functions are not Keras's own: FancyDense"),
        ({"file": "genuine_zeros"}, "its tensors unpack to 16,785,408 bytes from"),
    ],
    ids=lambda v: v["file"] if isinstance(v, dict) else "",
)
def test_inspect_shows_what_a_file_holds(case, shown, tmp_path, capfd):
    source = made(case, tmp_path)
    with audit.watched() as seen:
        risks = kconvert.inspect_model(source, isolation="none").risks
    assert any(shown in risk for risk in risks), risks
    assert seen == []
    with pytest.raises(SystemExit) as exited:
        cli.main(["inspect", str(source)])
    assert exited.value.code == 0
    assert shown in capfd.readouterr().out


def test_every_promise_has_tests_that_exist():
    """SECURITY.md names them as `file::test`."""
    text = (ROOT / "SECURITY.md").read_text()
    promises = re.split(r"^\d+\. \*\*", text.split("## Not promised")[0], flags=re.MULTILINE)[1:]
    assert len(promises) == 11
    for promise in promises:
        names = re.findall(r"`(test_\w+\.py)::(test_\w+)`", promise)
        assert names, promise
        for file, test in names:
            assert re.search(rf"^def {test}\(", (ROOT / "tests" / file).read_text(), re.MULTILINE), test
