"""Publishes again and again, each time in a child that is killed at another moment, and says how each ended.

    strace ... python publish_and_die.py SCENARIO strace FOLDER
    python publish_and_die.py SCENARIO random FOLDER

strace kills each process at its AT-th call of one kind: a child that first makes AT - k calls of no effect dies at the k-th
of publishing.
"""

import ctypes
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from kconvert.targets.publishing import publish
from kconvert.targets.staging import staged

AT = 30
CALLS = {
    "fsync": (-1,), "write": (-1, b"", 0), "mkdir": (b"", 0), "rename": (b"", b""),
    "renameat2": (-1, b"", -1, b"", 0), "link": (b"", b""), "unlink": (b"",), "unlinkat": (-1, b"", 0), "rmdir": (b"",),
}  # fmt: skip
"""What changes a file system, with arguments that change nothing."""


def write(path, text, is_folder):
    if not is_folder:
        path.write_text(text)
        return
    (path / "variables").mkdir(parents=True)
    (path / "saved_model.pb").write_text(text)
    (path / "variables" / "variables.index").write_text(text)


def publishing(folder, scenario):
    """A model, what belongs beside it, and a report in another folder."""
    is_folder, overwrite = "folder" in scenario, "over" in scenario
    target = folder / ("served" if is_folder else "new.keras")
    with staged(target) as room, staged(folder / "reports" / "report.json") as page:
        write(room.path, "new", is_folder)
        room.path.with_name("new_custom.py").write_text("new")
        page.path.write_text("new")
        yield
        publish([*room.entries(overwrite), *page.entries(overwrite=True)])


def prepare(folder, scenario):
    """What is there before."""
    folder.mkdir(parents=True)
    (folder / "reports").mkdir()
    if "over" in scenario:
        write(folder / ("served" if "folder" in scenario else "new.keras"), "old", "folder" in scenario)
        (folder / "new_custom.py").write_text("old")
        (folder / "reports" / "report.json").write_text("old")


def killed_at(call, number, folder, scenario):
    """The status of a child that dies at its `number`-th such call of publishing, or survives if there are not so many."""
    in_a_child(lambda: prepare(folder, scenario))

    def die():
        steps = publishing(folder, scenario)
        libc = ctypes.CDLL(None)
        for _ in range(AT - number):
            getattr(libc, call)(*CALLS[call])
        list(steps)

    return in_a_child(die)


def killed_sometime(folder, scenario, within):
    """The status of a child that is killed after a random time."""
    prepare(folder, scenario)
    return in_a_child(lambda: list(publishing(folder, scenario)), random.uniform(0, within))


def in_a_child(do, seconds=None):
    child = os.fork()
    if child == 0:
        do()
        os._exit(0)
    end = None if seconds is None else time.monotonic() + seconds
    while end is not None and time.monotonic() < end:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return status
        time.sleep(0.0002)
    if end is not None:
        os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def main():
    scenario, how, place = sys.argv[1:]
    found = []
    if how == "strace":
        for call in CALLS:
            for number in range(1, AT):
                folder = Path(place) / f"{call}-{number}"
                found.append([str(folder), killed_at(call, number, folder, scenario)])
                if found[-1][1] == 0:
                    break
    else:
        folder, begin = Path(place) / "undisturbed", time.monotonic()
        in_a_child(lambda: (prepare(folder, scenario), list(publishing(folder, scenario))))
        took = 1.2 * (time.monotonic() - begin)
        for number in range(200):
            folder = Path(place) / str(number)
            found.append([str(folder), killed_sometime(folder, scenario, took)])
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
