"""A target is the old one, the new one, or absent, at every instant: killed anywhere, raced by others, on a full disk."""

import contextlib
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import publish_and_die
import pytest

from kconvert.errors import TargetError
from kconvert.targets import publishing
from kconvert.targets.checked import checked_report, checked_target
from kconvert.targets.publishing import Entry, publish
from kconvert.targets.staging import staged, sweep

PROGRAM = Path(publish_and_die.__file__)
CHANGES = "fsync,write,mkdir,rename,renameat2,link,unlink,unlinkat,rmdir"


def killed_at_every_call(scenario, place):
    """Folder -> status of the child that published there: strace kills one at each call that changes a file system.

    Where there is no strace, or it may not trace, 200 are killed at random moments.
    """
    program = [sys.executable, str(PROGRAM), scenario]
    inject = f"inject={CHANGES}:signal=KILL:when={publish_and_die.AT}"
    strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={CHANGES}", "-e", inject]
    if shutil.which("strace") is not None and run([*strace, "true"]).returncode == 0:
        found = json.loads(run([*strace, *program, "strace", str(place)]).stdout)
        survived = [Path(folder).name.split("-")[0] for folder, status in found if status == 0]
        assert survived == list(publish_and_die.CALLS)  # the last of each kind: every call there is has killed one
        assert len(found) - len(survived) > 25
    else:
        found = json.loads(run([*program, "random", str(place)]).stdout)
        assert len(found) == 200
    return {Path(folder): status for folder, status in found}


def run(command):
    environment = os.environ | {"PYTHONPATH": str(PROGRAM.parents[1])}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


@pytest.mark.parametrize("scenario", ["fresh file", "file over file", "fresh folder", "folder over folder"])
def test_a_kill_9_anywhere_leaves_no_torn_target(scenario, tmp_path):
    before, seen = ("old" if "over" in scenario else None), set()
    for folder, status in killed_at_every_call(scenario, tmp_path).items():
        assert status in (0, signal.SIGKILL)
        sweep(folder)
        sweep(folder / "reports")
        seen.add(state_of(folder, scenario))
        assert not list(folder.rglob(".kconvert-*"))
    # module, model, report come in this order, and each is whole
    steps = [("new",) * n + (before,) * (3 - n) for n in range(4)]
    assert seen <= set(steps)
    assert {steps[0], steps[3]} <= seen


def state_of(folder, scenario):
    target = folder / ("served" if "folder" in scenario else "new.keras")
    if target.is_dir():
        texts = {text(target / "saved_model.pb"), text(target / "variables" / "variables.index")}
        assert len(texts) == 1
        model = texts.pop()
    else:
        model = text(target)
    return text(folder / "new_custom.py"), model, text(folder / "reports" / "report.json")


def text(path):
    return path.read_text() if path.exists() else None


@pytest.fixture(params=["renameat2", "without"])
def either_system(request, monkeypatch):
    """Linux, and a system or file system that has neither an exclusive nor an exchanging rename."""
    if request.param == "without":
        monkeypatch.setattr(publishing, "_renamed", lambda *_: False)


def room_with(place, tmp_path, name, new="new", is_folder=False, overwrite=False):
    (tmp_path / f"{name}-room" / "old").mkdir(parents=True)
    made = tmp_path / f"{name}-room" / place.name
    publish_and_die.write(made, new, is_folder)
    return Entry(made, place, tmp_path / f"{name}-room" / "old", overwrite)


@pytest.mark.usefixtures("either_system")
@pytest.mark.parametrize("is_folder", [False, True])
def test_what_is_there_is_never_replaced_unless_that_is_asked(is_folder, tmp_path):
    place = tmp_path / "target"
    publish_and_die.write(place, "old", is_folder)
    with pytest.raises(TargetError, match=r"target: exists already \(--overwrite replaces it\)"):
        publish([room_with(place, tmp_path, "a", is_folder=is_folder)])
    assert text(place / "saved_model.pb" if is_folder else place) == "old"
    publish([room_with(place, tmp_path, "b", is_folder=is_folder, overwrite=True)])
    assert text(place / "saved_model.pb" if is_folder else place) == "new"


@pytest.mark.usefixtures("either_system")
@pytest.mark.parametrize("is_folder", [False, True])
@pytest.mark.parametrize("had_old", [False, True])
def test_if_one_cannot_be_moved_those_before_it_are_taken_back(is_folder, had_old, tmp_path):
    places = [tmp_path / "one", tmp_path / "two"]
    if had_old:
        publish_and_die.write(places[0], "old", is_folder)
    entries = [room_with(p, tmp_path, p.name, is_folder=is_folder, overwrite=True) for p in places]
    entries.append(room_with(tmp_path / "missing" / "three", tmp_path, "three"))
    with pytest.raises(TargetError, match="three: cannot be written: No such file"):
        publish(entries)
    assert text(places[0] / "saved_model.pb" if is_folder else places[0]) == ("old" if had_old else None)
    assert not places[1].exists()


@pytest.mark.usefixtures("either_system")
def test_a_link_at_the_target_is_replaced_and_what_it_names_is_not(tmp_path):
    (tmp_path / "named").write_text("mine")
    (tmp_path / "target").symlink_to(tmp_path / "named")
    publish([room_with(tmp_path / "target", tmp_path, "a", overwrite=True)])
    assert (tmp_path / "target").read_text() == "new"
    assert not (tmp_path / "target").is_symlink()
    assert (tmp_path / "named").read_text() == "mine"


def test_of_many_processes_that_publish_to_one_place_exactly_one_wins(tmp_path):
    place, (ready, go) = tmp_path / "new.keras", os.pipe()

    def one(number):
        with staged(place) as room:
            room.path.write_text(str(number) * 1000)
            os.close(go)
            os.read(ready, 1)  # until the parent hangs up
            try:
                publish(room.entries(overwrite=False))
            except TargetError as error:
                return 1 if str(error).endswith("exists already (--overwrite replaces it)") else 2
            return 0

    children = []
    for number in range(8):
        children.append(os.fork())
        if children[-1] == 0:
            os._exit(one(number))
    time.sleep(0.2)
    os.close(ready)
    os.close(go)
    statuses = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert sorted(statuses) == [0] + [1] * 7
    assert place.read_text() == str(statuses.index(0)) * 1000
    assert list(tmp_path.iterdir()) == [place]


def test_a_failure_to_reach_the_disk_leaves_what_was_there(tmp_path, monkeypatch):
    place = tmp_path / "target"
    place.write_text("old")

    def fails(number):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(TargetError, match="cannot be written: Input/output error"):
        publish([room_with(place, tmp_path, "a", overwrite=True)])
    assert place.read_text() == "old"


def test_only_what_dead_processes_left_is_swept(tmp_path):
    target = tmp_path / "new.keras"
    program = (
        "import os, signal, sys; from pathlib import Path; from kconvert.targets.staging import staged\n"
        "with staged(Path(sys.argv[1])) as room:\n"
        "    room.path.write_text('half'); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    run([sys.executable, "-c", program, str(target)])
    (left,) = tmp_path.glob(".kconvert-*")
    assert (left / "new" / "new.keras").read_text() == "half"
    (tmp_path / ".kconvert-mine.txt").write_text("a file of the user's")
    with staged(target) as living:
        sweep(tmp_path)
        assert not left.exists()
        assert living.path.parent.is_dir()
    assert [p.name for p in tmp_path.iterdir()] == [".kconvert-mine.txt"]


def test_a_folder_that_was_being_replaced_is_put_back_by_the_next_run(tmp_path):
    gap = tmp_path / ".kconvert-dead" / "old" / "gap-served"
    publish_and_die.write(gap, "old", is_folder=True)
    sweep(tmp_path)
    assert text(tmp_path / "served" / "saved_model.pb") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["served"]


def test_folders_that_were_made_for_nothing_are_removed(tmp_path):
    with contextlib.suppress(RuntimeError), staged(tmp_path / "a" / "b" / "new.keras"):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("file/new.keras", "cannot be written: File exists"),
        ("n" * 300 + ".keras", "cannot be written: File name too long"),
        ("a\0b.keras", r"cannot be written: (lstat: )?embedded null"),
    ],
    ids=["in a file", "long", "null"],
)
def test_a_place_that_cannot_be_is_found_before_anything_is_written(target, says, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(TargetError, match=says) as refused, staged(tmp_path / target):
        raise AssertionError
    assert refused.value.code == "E_OUT_PATH"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def disguises(folder):
    """Names of the source `model.keras` that do not look like it, and of folders around it."""
    source = folder / "model.keras"
    (folder / "sub").mkdir()
    (folder / "link.keras").symlink_to(source)
    os.link(source, folder / "hard.keras")
    (folder / "folder_link").symlink_to(folder, target_is_directory=True)
    return [
        source, folder / "." / "model.keras", folder / "sub" / ".." / "model.keras", folder / "link.keras",
        folder / "hard.keras", folder / "folder_link" / "model.keras", Path(os.path.relpath(source)),
    ]  # fmt: skip


def test_the_source_in_any_disguise_is_no_target(tmp_path):
    source = tmp_path / "model.keras"
    source.write_text("source")
    for target in disguises(tmp_path):
        for overwrite in (False, True):
            with pytest.raises(TargetError, match="is a file of the conversion itself"):
                checked_target(target, None, None, overwrite, [source])
        with pytest.raises(TargetError, match="is a file of the conversion itself"):
            checked_report(target, tmp_path / "new.keras", [source])


def test_a_folder_that_holds_the_source_is_no_target(tmp_path):
    (tmp_path / "served" / "inner").mkdir(parents=True)
    (tmp_path / "served" / "saved_model.pb").write_text("x")
    source = tmp_path / "served" / "inner" / "model.h5"
    source.write_text("source")
    with pytest.raises(TargetError, match=r"holds .*model\.h5, which the conversion reads"):
        checked_target(tmp_path / "served", None, None, True, [source])
    with pytest.raises(TargetError, match=r"is a part of .*served, which the conversion reads"):
        checked_target(tmp_path / "served" / "inner", None, None, True, [tmp_path / "served"])


def test_a_dangling_link_is_something_that_is_there(tmp_path):
    (tmp_path / "new.keras").symlink_to(tmp_path / "nothing")
    with pytest.raises(TargetError, match="exists already"):
        checked_target(tmp_path / "new.keras", None, None, False, [])


def test_a_report_has_a_place_of_its_own(tmp_path):
    for report in (tmp_path / "new.keras", tmp_path / "new.keras" / "report.json"):
        with pytest.raises(TargetError, match="the report has a place of its own"):
            checked_report(report, tmp_path / "new.keras", [])
    with pytest.raises(TargetError, match="is a folder"):
        checked_report(tmp_path, tmp_path / "new.keras", [])
