"""Whatever a file does to the process that reads it, Python and the command line have one error, and go on."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import misbehaving
import numpy as np
import pytest
from conftest import ROOT, SAMPLES, source_of

import kconvert
from kconvert import cli
from kconvert.errors import Crashed, OutOfMemory, SourceError, TimedOut, UsageError, WorkerError
from kconvert.jobs import doing
from kconvert.workers import Pool

MNIST = SAMPLES / "mnist_cnn"
SEEDS = ROOT.parent / "shared" / "hostile"
BAD = [
    ("segfault", Crashed, "SIGSEGV while doing segfault", "E_WORKER_CRASH"),
    ("leave", Crashed, "its process ended with status 3 while doing leave", "E_WORKER_CRASH"),
    ("spin", TimedOut, "not done after 1 s, while doing spin (--timeout)", "E_TIMEOUT"),
    ("grow", OutOfMemory, "needs more than 0.195 GiB of memory, while doing grow (--memory-limit)", "E_MEMORY"),
]
SECONDS = {"spin": 1}  # of what ends by no limit but that of time: on a busy machine the others may take longer


@pytest.fixture
def bad_files(monkeypatch, tmp_path):
    """Files that do what they are named after to whoever reads them: a worker's stub does it."""
    pool = Pool(Path(misbehaving.__file__))
    monkeypatch.setattr(doing, "pool_of", lambda *_: pool)
    yield lambda name: tmp_path / f"{name}.h5"
    pool.close()


def run(*words):
    with pytest.raises(SystemExit) as exited:
        cli.main([str(w) for w in words])
    return exited.value.code


@pytest.mark.parametrize(("name", "error", "says", "code"), BAD)
def test_python_has_one_error_whatever_a_file_does(bad_files, name, error, says, code, tmp_path):
    limits = {"timeout": SECONDS.get(name, 60), "memory_limit": "200M"}
    for call in (
        kconvert.inspect_model,
        kconvert.plan,
        kconvert.load,
        lambda p, **o: kconvert.convert(p, p.with_suffix(".keras"), **o),
    ):
        with pytest.raises(error) as raised:
            call(bad_files(name), **limits)
        assert (str(raised.value), raised.value.code) == (f"{bad_files(name)}: {says}", code)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "error", "says", "code"), BAD)
def test_the_command_line_has_one_line_whatever_a_file_does(bad_files, name, error, says, code, tmp_path, capfd):
    limits = ["--timeout", str(SECONDS.get(name, 60)), "--memory-limit", "200M"]
    for words in (
        ["inspect", bad_files(name)],
        ["plan", bad_files(name)],
        [bad_files(name), "-o", tmp_path / "new.keras"],
    ):
        assert run(*words, *limits) == 1
        assert capfd.readouterr() == ("", f"error: {bad_files(name)}: {says} [{code}]\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("seed", sorted(SEEDS.glob("*.h5")) or [MNIST / "io.npz"], ids=lambda p: p.name)
def test_files_that_crash_their_readers_cost_one_error_in_time(seed):
    begin = time.monotonic()
    with pytest.raises((WorkerError, SourceError, kconvert.KConvertError)):
        kconvert.inspect_model(seed, timeout=3)
    assert time.monotonic() - begin < 8
    assert kconvert.inspect_model(MNIST / "model.h5").parameters == 822


def test_the_parent_imports_neither_hdf5_nor_a_framework_nor_numpy(tmp_path):
    program = (
        "import sys, kconvert\n"
        "print(kconvert.inspect_model(sys.argv[1]).name, len(kconvert.plan(sys.argv[1]).layers))\n"
        "try: kconvert.convert(sys.argv[1], sys.argv[2], probe=sys.argv[1])\n"
        "except kconvert.KConvertError as error: print(type(error).__name__)\n"
        "heavy = {'h5py', 'tensorflow', 'keras', 'numpy', 'yaml', 'pydantic', 'libcst', 'kconvert.code', 'kconvert.migrate'}\n"
        "print(sorted(set(sys.modules) & heavy))\n"
    )
    done = command("-c", program, str(MNIST / "model.h5"), str(tmp_path / "no" / "new.onnx"))
    assert done.stdout.splitlines() == ["sequential 7", "UsageError", "[]"], done.stderr


@pytest.mark.parametrize("way", ["kconvert", "python -m kconvert"])
def test_modules_in_the_current_folder_are_not_imported(way, tmp_path):
    for name in ("json", "numpy", "grp", "h5py", "yaml", "sitecustomize", "usercustomize", "signal", "rich", "psutil"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'a').write({name!r})\n")
    shutil.copy(MNIST / "model.h5", tmp_path)
    script = ["-P", "-c", "from kconvert.__main__ import main; main()"]  # as an installed command has it
    done = command(*(script if way == "kconvert" else ["-m", "kconvert"]), "inspect", "model.h5", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "ran").exists()


def test_neither_a_home_nor_room_for_temporary_files_is_needed(tmp_path):
    surroundings = {n: v for n, v in os.environ.items() if n not in ("HOME", "USER", "LOGNAME")} | {"LC_ALL": "C"}
    surroundings["TMPDIR"] = "/proc"  # where nobody can write, root neither
    for words in (["inspect", MNIST / "model.h5"], ["plan", MNIST / "model.h5"]):
        done = command("-m", "kconvert", *map(str, words), environment=surroundings)
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.framework
@pytest.mark.parametrize("isolation", ["process", "none"])
def test_nothing_is_left_among_temporary_files(isolation, tmp_path):
    """TensorFlow leaves the functions that it traced, when its process is killed."""
    program = "import sys, kconvert; kconvert.convert(sys.argv[1], sys.argv[2], isolation=sys.argv[3])"
    room = tmp_path / "temporary"
    room.mkdir()
    source = source_of(SAMPLES / "served_age_groups")
    command = [sys.executable, "-c", program, source, tmp_path / "new.keras", isolation]
    subprocess.run(command, env={**os.environ, "TMPDIR": str(room)}, cwd=ROOT, check=True)
    assert (tmp_path / "new.keras").exists()
    assert list(room.iterdir()) == []


def test_a_reader_who_goes_away_is_no_failure():
    reader = subprocess.Popen(
        [sys.executable, "-m", "kconvert", "inspect", str(MNIST / "model.h5"), "--json"], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=environment(),
    )  # fmt: skip
    reader.stdout.close()
    assert (reader.stderr.read(), reader.wait()) == (b"", 0)


def test_a_full_device_for_what_is_said_is_one_error():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "kconvert", "inspect", str(MNIST / "model.h5")], stdout=full,
            stderr=subprocess.PIPE, text=True, check=False, env=environment(),
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1


def test_an_isolation_that_is_none_of_them_is_refused():
    with pytest.raises(UsageError, match="isolation='thread': not one of process, none"):
        kconvert.inspect_model(MNIST / "model.h5", isolation="thread")


def test_inspecting_and_planning_are_the_same_in_process_and_out_of_it():
    for folder in (MNIST, SAMPLES / "seq2seq"):
        source = source_of(folder)
        assert kconvert.inspect_model(source) == kconvert.inspect_model(source, isolation="none")
        assert kconvert.plan(source).to_dict() == kconvert.plan(source, isolation="none").to_dict()


def test_steps_are_told():
    told = []
    with pytest.raises(kconvert.KConvertError):
        kconvert.convert(MNIST / "io.npz", MNIST / "new.keras", on_step=lambda kind, text: told.append((kind, text)))
    assert told[:2] == [("stage", "read"), ("step", "reading the file")]


@pytest.mark.framework
@pytest.mark.parametrize("name", ["mnist_cnn", "seq2seq", "small_unet"])
def test_a_loaded_model_is_the_same_in_process_and_out_of_it(name):
    here, elsewhere = (kconvert.load(source_of(SAMPLES / name), isolation=i) for i in ("none", "process"))
    assert here.get_config() == elsewhere.get_config()
    for a, b in zip(here.weights, elsewhere.weights, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


def command(*words, cwd=None, environment=None):
    surroundings = (environment or os.environ) | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, check=False, cwd=cwd, env=surroundings
    )


def environment():
    return os.environ | {"PYTHONPATH": str(ROOT)}
