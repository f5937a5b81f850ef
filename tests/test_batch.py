"""A folder of models: one outcome each, whatever they are, and a second run does only what is new."""

import io
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import h5py
import numpy as np
import pytest
from conftest import ROOT, SAMPLES
from rich.console import Console

import kconvert
from kconvert.batch.commands import command
from kconvert.batch.display import Display
from kconvert.batch.journal import Journal
from kconvert.batch.places import Room
from kconvert.batch.settings import Settings
from kconvert.batch.tasks import tasks_of
from kconvert.errors import NoWeights, TargetError, UsageError
from kconvert.files.content import digest_of
from kconvert.jobs.discovery import models_below
from kconvert.read.pairing import weights_beside
from kconvert.report import Converted, Failed, Skipped
from kconvert.report.page import zoo_page

MNIST = SAMPLES / "mnist_cnn"


def copies(folder, count, start=0):
    """Small models, each with other weights."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(start, start + count):
        path = folder / f"model_{number:05}.h5"
        shutil.copyfile(MNIST / "model.h5", path)
        with h5py.File(path, "r+") as file:
            file["model_weights/dense_1/dense_1/bias"][0] = np.float32(number) / 7
    return folder


def poisoned(folder):
    """Six files that are no models, or worse."""
    whole = (MNIST / "model.h5").read_bytes()
    (folder / "cut.h5").write_bytes(whole[: len(whole) // 2])
    (folder / "empty.h5").write_bytes(b"")
    (folder / "page.h5").write_text("<!doctype html><title>404 Not Found</title>")
    (folder / "pickle.h5").write_bytes(b"\x80\x04\x95" + b"\0" * 40)
    (folder / "pointer.h5").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 12\n")
    with h5py.File(folder / "far.h5", "w") as file:
        file["model_weights"] = h5py.ExternalLink("/etc/passwd", "/")
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": []})
    return folder


def test_models_are_found_by_content_and_belong_together_as_their_names_say(tmp_path):
    shutil.copyfile(MNIST / "model.h5", tmp_path / "weights_of_a_net.data")
    shutil.copytree(SAMPLES / "price_model" / "saved_model", tmp_path / "served" / "1")
    (tmp_path / "pair").mkdir()
    (tmp_path / "pair" / "net.json").write_text('{"class_name": "Sequential", "config": []}')
    shutil.copyfile(MNIST / "model.h5", tmp_path / "pair" / "net_weights.h5")
    (tmp_path / "package.json").write_text('{"dependencies": {}}')
    (tmp_path / "notes.txt").write_text("class_name: nothing")
    (tmp_path / "broken.h5").write_text("not a model")
    (tmp_path / ".git").mkdir()
    shutil.copyfile(MNIST / "model.h5", tmp_path / ".git" / "model.h5")
    found = {f.relative: f.weights and Path(f.weights).name for f in models_below(tmp_path)}
    assert found == {
        "broken.h5": None, "pair/net.json": "net_weights.h5", "served/1": None, "weights_of_a_net.data": None
    }  # fmt: skip
    assert [f.relative for f in models_below(tmp_path, include=["pair/*", "*.h5"], exclude=["broken*"])] == [
        "pair/net.json"
    ]


def test_two_models_for_one_place_are_refused_before_the_work(tmp_path):
    shutil.copyfile(MNIST / "model.h5", tmp_path / "net.h5")
    shutil.copyfile(MNIST / "model.h5", tmp_path / "net.hdf5")
    with pytest.raises(UsageError, match=r"net\.h5, net\.hdf5 would all become .*net\.keras.*--exclude"):
        tasks_of(models_below(tmp_path), str(tmp_path), str(tmp_path.parent / "out"), {}, "keras")
    with pytest.raises(UsageError, match="own folder"):
        tasks_of(models_below(tmp_path), str(tmp_path), str(tmp_path), {}, "keras")


def test_a_version_is_a_folder_below_each_model(tmp_path):
    shutil.copyfile(MNIST / "model.h5", tmp_path / "net.h5")
    shutil.copytree(SAMPLES / "price_model" / "saved_model", tmp_path / "served" / "1")
    models = models_below(tmp_path)
    tasks = tasks_of(models, str(tmp_path), "out", {}, "savedmodel", 3)
    assert sorted(task.target for task in tasks) == ["out/net/3", "out/served/3"]
    shutil.copytree(SAMPLES / "price_model" / "saved_model", tmp_path / "served" / "2")
    with pytest.raises(UsageError, match="served/1, served/2 would all become out/served/3"):
        tasks_of(models_below(tmp_path), str(tmp_path), "out", {}, "savedmodel", 3)
    for wrong in ({"version_dir": 1, "format": "keras"}, {"version_dir": -1}):
        with pytest.raises(UsageError, match=r"--version-dir -?1: is a number for a SavedModel"):
            kconvert.convert_many(tmp_path, tmp_path / "out", **wrong)


def test_what_is_of_one_model_alone_is_not_ignored(tmp_path):
    with pytest.raises(UsageError, match=r"--probe is of one model \(kconvert\.yaml .*; --report is of one model"):
        kconvert.convert_many(MNIST, tmp_path / "out", probe="io.npz", report="r.html")
    with pytest.raises(TypeError, match="unexpected keyword argument 'bakend'"):
        kconvert.convert_many(MNIST, tmp_path / "out", bakend="theano")
    assert list(tmp_path.iterdir()) == []


def test_the_nearest_settings_win_and_their_paths_are_meant_from_their_file(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "kconvert.yaml").write_text("backend: theano\nkeras_version: 1.2.2\n")
    (tmp_path / "a" / "kconvert.yaml").write_text('files:\n  "b/*.h5": {backend: tensorflow, probe: io.npz}\n')
    settings = Settings(tmp_path)
    assert settings.of("top.h5") == {"backend": "theano", "keras_version": "1.2.2"}
    assert settings.of("a/b/x.h5") == {
        "backend": "tensorflow", "keras_version": "1.2.2", "probe": str(tmp_path / "a" / "io.npz")
    }  # fmt: skip
    (tmp_path / "a" / "b" / "kconvert.yaml").write_text("backends: theano\n")
    with pytest.raises(UsageError, match=r"b/kconvert\.yaml: backends: Extra inputs"):
        Settings(tmp_path).of("a/b/x.h5")


def test_one_batch_at_a_time_writes_to_a_folder(tmp_path):
    with Journal(str(tmp_path)), pytest.raises(TargetError, match="another batch"):
        Journal(str(tmp_path))
    Journal(str(tmp_path)).close()


def test_what_is_done_is_done_only_while_nothing_has_changed(tmp_path):
    copies(tmp_path / "zoo", 1)
    (task,) = tasks_of(models_below(tmp_path / "zoo"), str(tmp_path / "zoo"), str(tmp_path / "out"), {}, "keras")
    with Journal(str(tmp_path / "out")) as journal:
        Path(task.target).write_bytes(b"result")
        journal.write(task, "converted", {"status": "converted"})
        assert journal.finished(task) == {"status": "converted"}
        Path(task.target).write_bytes(b"other")
        assert journal.finished(task) is None
        Path(task.target).write_bytes(b"result")
        (other,) = tasks_of(
            [task.found], task.found.source.rpartition("/")[0], str(tmp_path / "out"), {"backend": "theano"}, "keras"
        )
        assert journal.finished(other) is None
        journal.write(task, "failed", {"status": "failed"})
        assert journal.finished(task) is None


def test_a_large_model_waits_until_there_is_room_for_it():
    room = Room(100)
    order = []
    with room.taken(80):
        waiting = threading.Thread(target=lambda: order.append(_took(room, 50)))
        waiting.start()
        time.sleep(0.2)
        assert order == []
    waiting.join(5)
    assert order == [True]
    with room.taken(10**9):  # alone, it is let in whatever it needs
        assert room._at_work == 1


def _took(room, nbytes):
    with room.taken(nbytes):
        return True


def test_names_from_files_are_text_on_the_page():
    record = {"model": "<script>alert(1)</script>", "status": "failed", "error": "NotAModel", "message": "<b>"}
    page = zoo_page([record], {"failed": 1})
    assert "<script>alert(1)</script>" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "default-src &#39;none&#39;; style-src &#39;sha256-" in page


@pytest.mark.framework
def test_poisoned_files_cost_themselves_alone_and_a_second_run_does_what_is_new(tmp_path):
    zoo, out = poisoned(copies(tmp_path / "zoo", 13)), tmp_path / "out"
    (zoo / "deep").mkdir()
    shutil.copyfile(zoo / "model_00003.h5", zoo / "deep" / "same.h5")
    outcomes = list(kconvert.convert_many(zoo, out, jobs=2))
    assert sorted(type(o).__name__ for o in outcomes) == ["Converted"] * 14 + ["Failed"] * 6
    failed = {Path(o.source).name for o in outcomes if isinstance(o, Failed)}
    assert failed == {"cut.h5", "empty.h5", "page.h5", "pickle.h5", "pointer.h5", "far.h5"}
    report = json.loads((out / "report.json").read_text())
    assert report["summary"] == {"converted": 14, "failed": 6}
    assert len((out / "failures.txt").read_text().splitlines()) == 12
    assert all((out / model["page"]).is_file() for model in report["models"])
    assert digest_of(out / "deep" / "same.keras") == digest_of(out / "model_00003.keras")
    alone = tmp_path / "alone.keras"
    kconvert.convert(zoo / "model_00003.h5", alone)
    assert digest_of(alone) == digest_of(out / "model_00003.keras")

    copies(zoo, 1, start=50)
    (out / "model_00001.keras").write_bytes(b"damaged since")
    again = list(kconvert.convert_many(zoo, out, resume=True, include=["model_*"]))
    done = {Path(o.source).name for o in again if isinstance(o, Converted)}
    assert done == {"model_00001.h5", "model_00050.h5"}
    assert sum(isinstance(o, Skipped) for o in again) == 12
    assert not list(out.rglob(".kconvert-*"))


def targets(folder):
    return tasks_of(list(models_below(str(folder))), str(folder), str(folder.parent / "out"), {}, "keras")


@pytest.mark.parametrize("name", ["weights.h5", "model.weights.h5", "net_weights.h5", "net.hdf5"])
def test_an_architecture_has_the_one_weights_file_beside_it_that_is_named_so(name, tmp_path):
    for file in ("net.json", name):
        (tmp_path / file).touch()
    assert weights_beside(tmp_path / "net.json") == tmp_path / name
    (tmp_path / "net_weights.hdf5").touch()
    with pytest.raises(NoWeights, match="several files"):
        weights_beside(tmp_path / "net.json")


def test_a_terminal_shows_what_each_worker_is_at(tmp_path):
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100, height=20, _environ={"TERM": "xterm"})
    with Display(console, is_quiet=False) as display:
        display.begin("zoo/a.h5")
        display.begin("zoo/" + "b" * 100 + ".h5")
        display.add(Failed("zoo/a.h5", "out/a.keras", UsageError("zoo/a.h5: is no model")))
        display._progress.refresh()
        last = screen.getvalue().rpartition("\x1b[1A\x1b[2K")[2]
    assert "zoo/a.h5" not in last
    assert "..." + "b" * 54 + ".h5" in last
    assert "1 done" in last
    assert "1 failed" in last


def test_the_command_that_tries_a_model_again_has_all_that_was_said_of_it(tmp_path):
    (zoo := tmp_path / "zoo").mkdir()
    shutil.copyfile(MNIST / "model.h5", zoo / "a b.h5")
    (zoo / "kconvert.yaml").write_text("{backend: theano, custom: [x.py, y.py], input_shape: [null, 3], verify: false}")
    found = list(models_below(str(zoo)))
    (task,) = tasks_of(found, str(zoo), str(tmp_path / "out"), {"training": "auto", "rtol": 0.5}, "keras")
    assert shlex.split(command(task)) == [
        "kconvert", str(zoo / "a b.h5"), "-o", str(tmp_path / "out" / "a b.keras"), "--overwrite", "--rtol", "0.5",
        "--backend", "theano", "--input-shape", "None,3", "--custom", str(zoo / "x.py"), "--custom", str(zoo / "y.py"),
        "--no-verify",
    ]  # fmt: skip


def test_what_appears_while_a_batch_runs_is_its_own_and_what_was_there_is_not(tmp_path):
    tasks = targets(copies(tmp_path / "zoo", 3))
    there = Path(tasks[0].target)
    there.parent.mkdir()
    there.write_text("precious")
    with Journal(str(tmp_path / "out")) as journal:
        own = journal.claim(tasks, lambda task: Path(task.target).exists())
    assert set(own) == {task.target for task in tasks[1:]}
    Path(tasks[1].target).write_text("published, and killed before the journal knew")
    with Journal(str(tmp_path / "out")) as journal:
        assert set(journal.claim(tasks, lambda task: Path(task.target).exists())) == set(own)


@pytest.mark.framework
def test_a_model_published_by_a_batch_that_was_killed_is_done_again_and_what_others_wrote_stays(tmp_path):
    zoo, out = copies(tmp_path / "zoo", 2), tmp_path / "out"
    shutil.copyfile(zoo / "model_00000.h5", zoo / "same.h5")
    out.mkdir()
    (out / "same.keras").write_text("precious")
    with Journal(str(out)) as journal:
        journal.claim(targets(zoo), lambda task: Path(task.target).exists())
    (out / "model_00001.keras").write_text("published, and killed before the journal knew")
    outcomes = {Path(o.target).name: o for o in kconvert.convert_many(zoo, out, resume=True)}
    assert isinstance(outcomes["model_00001.keras"], Converted)
    assert isinstance(outcomes["same.keras"], Failed)
    assert "exists already" in str(outcomes["same.keras"].error)
    assert (out / "same.keras").read_text() == "precious"


@pytest.mark.framework
def test_a_batch_for_a_model_server(tmp_path, capfd):
    from kconvert import cli

    zoo = tmp_path / "zoo"
    shutil.copytree(SAMPLES / "price_model" / "saved_model", zoo / "price" / "7")
    shutil.copyfile(MNIST / "model.h5", zoo / "digits.h5")
    shutil.copyfile(MNIST / "model.h5", zoo / "same.h5")
    for words, status in (([], "converted"), (["--resume"], "skipped")):
        with pytest.raises(SystemExit) as exited:
            cli.main([str(zoo), "-o", str(tmp_path / "served"), "--version-dir", "1", *words])
        assert exited.value.code == 0, capfd.readouterr().err
        assert f"3 {status}" in capfd.readouterr().out
    found = {p.relative_to(tmp_path / "served").as_posix() for p in tmp_path.rglob("served/**/saved_model.pb")}
    assert found == {"price/1/saved_model.pb", "digits/1/saved_model.pb", "same/1/saved_model.pb"}


@pytest.mark.framework
def test_an_interrupted_batch_ends_soon_leaves_nothing_half_done_and_goes_on(tmp_path):
    zoo, out = copies(tmp_path / "zoo", 6), tmp_path / "out"
    command = [sys.executable, "-m", "kconvert", str(zoo), "-o", str(out), "--jobs", "2"]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, cwd=ROOT, start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.stderr is not None
    assert b"converted" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    begin = time.monotonic()
    assert process.wait(30) == 130
    assert time.monotonic() - begin < 10
    process.stderr.close()
    assert not list(out.rglob(".kconvert-*"))
    whole = {p.name for p in out.glob("*.keras")}
    assert 1 <= len(whole) < 6
    outcomes = list(kconvert.convert_many(zoo, out, resume=True))
    assert {Path(o.target).name for o in outcomes if isinstance(o, Skipped)} <= whole
    assert len(list(out.glob("*.keras"))) == 6


@pytest.fixture
def store(monkeypatch):
    """An S3 server on this machine, with one bucket."""
    import boto3
    from moto.server import ThreadedMotoServer

    for name, value in {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    boto3.client("s3").create_bucket(Bucket="models")
    yield "s3://models"
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()
    server.stop()


@pytest.mark.framework
def test_models_in_a_store_are_converted_into_it_and_a_second_run_goes_on(tmp_path, store):
    import s3fs

    system = s3fs.S3FileSystem()
    for path in copies(tmp_path / "zoo", 3).iterdir():
        system.put_file(str(path), f"models/old/a/{path.name}")
    (tmp_path / "page.h5").write_text("<!doctype html><title>no</title>")
    system.put_file(str(tmp_path / "page.h5"), "models/old/page.h5")
    outcomes = list(kconvert.convert_many(f"{store}/old", f"{store}/new", jobs=2))
    assert sorted(type(o).__name__ for o in outcomes) == ["Converted"] * 3 + ["Failed"]
    system.invalidate_cache()
    assert {p.rpartition("/")[2] for p in system.find("models/new")} == {
        "model_00000.keras", "model_00001.keras", "model_00002.keras",
        "journal.sqlite", "report.json", "report.html", "failures.txt",
        "model_00000.h5.html", "model_00001.h5.html", "model_00002.h5.html", "page.h5.html",
    }  # fmt: skip
    system.rm_file("models/new/a/model_00001.keras")
    again = list(kconvert.convert_many(f"{store}/old", f"{store}/new", resume=True, exclude=["page*"]))
    assert [Path(o.target).name for o in again if isinstance(o, Converted)] == ["model_00001.keras"]
    assert sum(isinstance(o, Skipped) for o in again) == 2


@pytest.mark.framework
def test_a_cluster_that_loses_a_worker_still_finishes_with_the_same_outcomes(tmp_path):
    from distributed import LocalCluster

    zoo, out = copies(tmp_path / "zoo", 5), tmp_path / "out"
    (zoo / "page.h5").write_text("<!doctype html><title>no</title>")
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        seen = []
        for outcome in kconvert.convert_many(zoo, out, scheduler=cluster.scheduler_address):
            seen.append(outcome)
            if len(seen) == 1:
                nanny = next(iter(cluster.workers.values()))
                os.kill(nanny.pid, signal.SIGKILL)
    assert sorted(type(o).__name__ for o in seen) == ["Converted"] * 5 + ["Failed"]
    assert {p.name for p in out.glob("*.keras")} == {f"model_{n:05}.keras" for n in range(5)}
    alone = tmp_path / "alone.keras"
    kconvert.convert(zoo / "model_00004.h5", alone)
    assert digest_of(alone) == digest_of(out / "model_00004.keras")


def test_a_scheduler_that_is_not_there_is_a_wrong_call(tmp_path):
    copies(tmp_path / "zoo", 1)
    with pytest.raises(UsageError, match="--scheduler"):
        list(kconvert.convert_many(tmp_path / "zoo", tmp_path / "out", scheduler="nowhere"))
    Journal(str(tmp_path / "out")).close()
