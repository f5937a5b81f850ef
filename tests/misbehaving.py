"""A worker's program that does what a damaged or hostile model does to the process that reads it."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

THINGS = {}


def answer(question, heard):
    """Does what is asked, or what the source of a job is named after."""
    do = question.get("do") or Path(question["data"]["reading"]["source"]).stem
    heard("step", f"doing {do}")
    return THINGS[do](question)


def thing(function):
    THINGS[function.__name__] = function
    return function


@thing
def echo(question):
    return {"pid": os.getpid(), **question}


@thing
def report_itself(question):
    return {"result": os.getpid()}


@thing
def report_slowly(question):
    time.sleep(0.5)
    return {"result": os.getpid()}


@thing
def segfault(question):
    ctypes.string_at(0)


@thing
def abort(question):
    os.abort()


@thing
def leave(question):
    os._exit(3)


@thing
def spin(question):
    ctypes.PyDLL(None).sleep(600)  # in C, with the interpreter's lock


@thing
def ignore_signals(question):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    time.sleep(600)


@thing
def fork(question):
    """A child in another session that outlives its parent, where nobody ends it."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    own = os.fork()
    if own == 0:
        time.sleep(600)
    Path(question["told"]).write_text(f"{child.pid} {own}")
    time.sleep(600)


@thing
def grow(question):
    held = []
    while True:
        held.append(b"x" * (8 << 20))


@thing
def grow_in_a_child(question):
    subprocess.run([sys.executable, "-c", "x = b'x' * (280 << 20); import time; time.sleep(600)"], check=False)


@thing
def allocate_too_much(question):
    bytearray(1 << 40)


@thing
def fail(question):
    raise ValueError("it is not what I thought")


@thing
def babble(question):
    os.write(int(sys.argv[2]), b"what?\n")
    time.sleep(600)


@thing
def print_a_lot(question):
    sys.stdout.write("x" * 100_000)
    sys.stdout.flush()
    os.write(1, b"x" * 100_000)
    return {"printed": True}


@thing
def surroundings(question):
    return {
        "environment": dict(os.environ),
        "folder": str(Path.cwd()),
        "path": sys.path,
        "home": str(Path("~").expanduser()),
    }
