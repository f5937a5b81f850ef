"""A conversion that is ended from outside, races with others or finds no room leaves what was there, and nothing else."""

import contextlib
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
import zipfile

import psutil
import pytest
from conftest import ROOT, SAMPLES

import kconvert
from kconvert.errors import TargetError
from kconvert.jobs import doing

pytestmark = pytest.mark.framework
MNIST = SAMPLES / "mnist_cnn" / "model.h5"


def start(*words, **options):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # what started the tests may have set it aside, as nohup does
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "kconvert", *map(str, words)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, **options,
        )  # fmt: skip
    finally:
        signal.signal(signal.SIGHUP, before)


def workers_of(process):
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(process.pid).children(recursive=True)
    return []


def workers_when_they_are_there(process):
    while process.poll() is None and not workers_of(process):
        time.sleep(0.01)
    return workers_of(process)


def interrupted_in_time(within, target, report):
    """A conversion that is still at work after a random time of at most `within` seconds, and its workers."""
    while True:
        process = start(MNIST, "-o", target, "--overwrite", "--report", report)
        workers = workers_when_they_are_there(process)
        time.sleep(random.uniform(0, within))
        workers += workers_of(process)
        if process.poll() is None:
            return process, workers
        assert process.wait() == 0  # it was faster
        target.write_text("precious")
        report.unlink()
        within /= 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL], ids=lambda n: n.name)
@pytest.mark.parametrize("within", [0, 2.5], ids=["at first", "at any time"])
def test_what_is_interrupted_ends_at_once_and_leaves_nothing(number, within, tmp_path):
    """A kill -9 leaves a folder that the next run removes, but no process."""
    target = tmp_path / "out" / "new.keras"
    target.parent.mkdir()
    target.write_text("precious")
    process, workers = interrupted_in_time(within, target, tmp_path / "report.json")
    begin = time.monotonic()
    process.send_signal(number)
    out, err = process.communicate()
    assert time.monotonic() - begin < 5
    assert process.returncode in ((128 + number,) if number != signal.SIGKILL else (-9,)), err
    assert (out, err) == ("", "" if number == signal.SIGKILL else "error: interrupted\n")
    assert psutil.wait_procs(workers, timeout=5)[1] == []
    assert target.read_text() == "precious"
    left = [p.name for p in target.parent.iterdir() if p != target]
    if number == signal.SIGKILL:
        assert all(name.startswith(".kconvert-") for name in left)
    else:
        assert left == []
        assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_second_interrupt_changes_nothing(tmp_path):
    process = start(MNIST, "-o", tmp_path / "new.keras")
    workers = workers_when_they_are_there(process)
    for _ in range(20):
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
        time.sleep(0.002)
    out, err = process.communicate()
    assert (process.returncode, out, err) == (130, "", "error: interrupted\n")
    assert psutil.wait_procs(workers, timeout=5)[1] == []
    assert list(tmp_path.iterdir()) == []


def test_of_several_processes_with_one_target_exactly_one_wins(tmp_path):
    target = tmp_path / "new.keras"
    runs = [start(MNIST, "-o", target, "--no-verify", "-q") for _ in range(2)]
    ends = [(run.communicate()[1], run.returncode) for run in runs]
    assert sorted(status for _, status in ends) == [0, 2]
    assert all("exists already (--overwrite replaces it)" in err for err, status in ends if status)
    assert zipfile.ZipFile(target).testzip() is None
    assert list(tmp_path.iterdir()) == [target]


@contextlib.contextmanager
def little_room(folder, size):
    """A file system of `size` bytes, where one may be mounted; elsewhere files that may not be longer."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
    mounted = (
        shutil.which("mount") is not None and subprocess.run(command, check=False, capture_output=True).returncode == 0
    )
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    if not mounted:
        doing.pool_of(os.getpid(), False).close()  # limits of files are those that a worker started with
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        if mounted:
            subprocess.run(["umount", str(folder)], check=True)
        else:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("format", ["keras", "savedmodel"])
def test_a_full_disk_leaves_what_was_there(format, tmp_path):
    outcomes = []
    for size in (8 << 10, 32 << 10, 64 << 10, 4 << 20):
        folder = tmp_path / str(size)
        folder.mkdir()
        with little_room(folder, size):
            target = folder / "new.keras" if format == "keras" else folder / "served"
            old = target
            if format == "savedmodel":
                target.mkdir()
                old = target / "saved_model.pb"
            old.write_text("old")
            try:
                kconvert.convert(MNIST, target, overwrite=True, verify=False)
                outcomes.append("new")
                assert old.read_bytes() != b"old"
            except TargetError as error:
                assert "no space left, or too large a file" in str(error)
                outcomes.append("old")
                assert old.read_text() == "old"
            assert list(folder.iterdir()) == [target]
    assert outcomes == sorted(outcomes, reverse=True)
    assert (outcomes[0], outcomes[-1]) == ("old", "new")


def test_a_report_is_published_with_the_model_or_not_at_all(tmp_path):
    report = tmp_path / "reports" / "report.json"
    kconvert.convert(MNIST, tmp_path / "new.keras", report=report, verify=False)
    assert report.stat().st_size > 1000
    before = report.read_bytes()
    with pytest.raises(TargetError, match="exists already"):
        kconvert.convert(MNIST, tmp_path / "new.keras", report=report, verify=False)
    assert report.read_bytes() == before
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["new.keras", "report.json", "reports"]
