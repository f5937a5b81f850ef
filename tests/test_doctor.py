"""`kconvert doctor` finds what is wrong with an environment, says what to do, and is quiet about a sound one."""

import json
import os
import subprocess
import sys
from dataclasses import fields, replace

import pytest
import yaml
from conftest import ROOT

from kconvert.doctor import examine, finding, judging, known, trial
from kconvert.doctor.limits import Limits
from kconvert.doctor.surroundings import Place, Surroundings
from kconvert.plain import plain

GIGA = 1 << 30
SOUND = Surroundings(
    python="3.11.7", executable="/v/bin/python", location="/v/lib/kconvert", system="Linux", machine="aarch64", has_avx=None,
    packages={"kconvert": "0.1.0", "tensorflow": "2.21.0", "keras": "3.15.1", "distributed": "2026.1.1", "s3fs": "2026.2.0"},
    needed={"tensorflow": "<2.22,>=2.21", "keras": ">=3.15.1"},
    extras={"cluster": {"distributed": ">=2024.5"}, "s3": {"s3fs": ">=2024.2"}, "test": {"pytest": ">=8"}},
    variables={}, keras_json={}, shadows={},
    limits=Limits(processors=8, memory=16 * GIGA, memory_free=8 * GIGA, open_files=1024),
    temporary=Place("/tmp", 50 * GIGA), results=Place("/models", 50 * GIGA),
)  # fmt: skip
TABLE = yaml.safe_load((ROOT / "tests" / "environments.yaml").read_text())
ALWAYS = {"ops.add"}  # of every Keras that kconvert takes


def changed(changes):
    """The sound environment with other values; None takes a package away."""
    new = {}
    for name, value in changes.items():
        before = getattr(SOUND, name)
        if isinstance(before, Limits):
            new[name] = replace(before, **value)
        elif isinstance(before, Place):
            new[name] = Place(**value)
        elif name in ("packages", "variables"):
            new[name] = {k: v for k, v in {**before, **value}.items() if v is not None}
        else:
            new[name] = value
    return replace(SOUND, **new)


def found(here):
    return [f for f in judging.findings(here) if f.topic not in ALWAYS]


def test_a_sound_environment_has_nothing_but_what_every_one_has():
    assert found(SOUND) == []
    assert [(f.level, f.topic) for f in judging.findings(SOUND)] == [("note", "ops.add")]


@pytest.mark.parametrize(
    "row", TABLE, ids=lambda row: row["says"].partition(" ")[2][:40] or f"sound with {row['with']}"
)
def test_what_is_wrong_is_said_with_what_to_do(row):
    findings = found(changed(row["with"]))
    if not row["says"]:
        assert findings == []
        return
    (one,) = findings
    head, _, does = row["says"].partition(" -> ")
    level, _, topic_and_text = head.partition(" ")
    topic, _, text = topic_and_text.partition(": ")
    assert (one.level, one.topic) == (level, topic)
    assert text in one.says
    assert does in one.do
    assert row.get("known", one.topic) == one.topic


def test_every_row_of_what_is_known_has_an_environment_where_it_holds():
    assert {row["known"] for row in TABLE if "known" in row} | ALWAYS == {row.topic for row in known.rows()}


def test_all_that_is_wrong_is_said_at_once_the_worst_first(monkeypatch):
    ill = changed({"packages": {"tensorflow": None}, "variables": {"KERAS_BACKEND": "jax"}, "has_avx": False})
    monkeypatch.setattr("kconvert.doctor.surroundings", lambda folder: ill)
    examination = examine()
    assert [f.topic for f in examination.findings] == ["tensorflow", "processor", "KERAS_BACKEND", "ops.add"]
    assert not examination.is_able
    assert examination.to_dict()["able"] is False


TRIED = '{"tensorflow": "2.21.0", "keras": "3.15.1", "seconds": 3.04, "bytes": 524288000, "wrong": %s}\n'


@pytest.mark.parametrize(
    ("status", "printed", "complained", "says"),
    [
        (-4, "", "", ["error tensorflow: ended with SIGILL when it was imported: the processor lacks instructions"]),
        (-9, "", "", ["error tensorflow: ended with SIGKILL when it was imported: the system gave it no more memory"]),
        (1, "", "Traceback\nImportError: numpy.core", ["error tensorflow: cannot be imported: ImportError: numpy.core"]),
        (1, "", "", ["error tensorflow: cannot be imported: it said nothing"]),
        (0, "noise\n" + TRIED % 1e-6, "W", ["note tensorflow: tensorflow 2.21.0 with keras 3.15.1 came up in 3.0 s and 500 MiB"]),
        (0, TRIED.replace("3.15.1", "3.16.0") % 0, "", ["note tensorflow: ", "warning keras: 3.16.0 is imported, while pip names 3.15.1"]),
        (0, TRIED % 3.5, "", ["note tensorflow: ", "warning oneDNN, tried: one of the convolutions named under oneDNN came out wrong here, by 3.5"]),
    ],
)  # fmt: skip
def test_what_a_trial_left_is_judged(status, printed, complained, says):
    findings = list(trial.judged(status, printed, complained, {"tensorflow": "2.21.0", "keras": "3.15.1"}))
    assert len(findings) == len(says)
    for one, text in zip(findings, says, strict=True):
        assert f"{one.level} {one.topic}: {one.says}".startswith(text)


def doctor(*words, **variables):
    """The command, in an environment where TensorFlow, Keras, h5py and NumPy cannot be imported."""
    program = "import sys; sys.modules.update(tensorflow=None, keras=None, h5py=None, numpy=None); from kconvert.cli import main; main(sys.argv[1:])"
    return subprocess.run(
        [sys.executable, "-c", program, "doctor", *words], capture_output=True, text=True, check=False, cwd=ROOT,
        env={**os.environ, **variables},
    )  # fmt: skip


def test_the_command_says_what_is_here_without_a_framework(tmp_path):
    (tmp_path / "keras.json").write_text('{"backend": "theano"}')
    done = doctor("--json", KERAS_HOME=str(tmp_path), TF_USE_LEGACY_KERAS="1", TMPDIR=str(tmp_path / "gone"))
    said = json.loads(done.stdout)
    assert set(said) == {"able", "findings", *(f.name for f in fields(Surroundings))}
    topics = {f["topic"]: f["level"] for f in said["findings"]}
    assert {"keras.json", "TF_USE_LEGACY_KERAS", "TMPDIR"} <= set(topics)
    assert set(topics.values()) <= set(finding.LEVELS)
    assert done.returncode == (0 if said["able"] else 1)
    assert said["limits"]["processors"] >= 1
    assert said["location"] == str(ROOT / "kconvert")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["keras.json"]


def test_the_command_says_it_in_words(tmp_path):
    done = doctor(KERAS_BACKEND="theano", KERAS_HOME=str(tmp_path))
    assert "warning   KERAS_BACKEND: is theano" in done.stdout
    assert "          -> unset KERAS_BACKEND" in done.stdout
    last = done.stdout.splitlines()[-1]
    assert last == ("able to convert" if done.returncode == 0 else "not able to convert, see the errors")
    assert done.stderr == ""


def test_an_error_is_an_exit_status(monkeypatch, capsys):
    from kconvert import cli

    ill = changed({"packages": {"tensorflow": None}})
    monkeypatch.setattr("kconvert.doctor.surroundings", lambda folder: ill)
    with pytest.raises(SystemExit) as exited:
        cli.main(["doctor"])
    assert exited.value.code == 1
    assert "error     tensorflow: is not installed" in capsys.readouterr().out


def test_an_examination_is_plain_data():
    examination = examine()
    assert json.loads(json.dumps(examination.to_dict()))["packages"] == dict(examination.surroundings.packages)
    assert plain(examination.surroundings.limits)["memory"] > GIGA / 4


@pytest.mark.framework
def test_a_trial_imports_tensorflow_as_a_worker_does(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "theano")
    first, *others = trial.tried({})
    assert (first.level, first.topic) == ("note", "tensorflow")
    assert first.says.startswith("tensorflow 2.")
    assert {f.topic for f in others} <= {"oneDNN, tried"}
