"""Commands and programs of the documentation, run as they stand there."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

from kconvert import cli

FOLDERS = ("sample_models", "tests")
BLOCK = re.compile(
    r"<!-- run(?:: exit (?P<exit>\d+))? -->\n```(?P<language>sh|python)\n(?P<code>.+?)\n```(?:\n+```text\n(?P<shown>.+?)\n```)?",
    re.DOTALL,
)
"""A block that is run: with its exit status where it is not 0, and lines of what it prints behind it."""


def prepare(folder):
    """A folder that looks like a checkout to whoever copies a command out of the documentation."""
    for name in FOLDERS:
        (folder / name).symlink_to(ROOT / name)


def run_command(line, capfd):
    """The status of a line of a shell, and what it printed; `kconvert` is called in this process, whose workers are warm."""
    words = shlex.split(line)
    settings = dict(w.split("=", 1) for w in words if re.fullmatch(r"[A-Z_]+=.*", w))
    words = words[len(settings) :]
    capfd.readouterr()
    if words[0].endswith("kconvert") and not set(words) & {"|", ">", "&&"}:
        with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as exited:
            for name, value in settings.items():
                patch.setenv(name, value)
            cli.main(words[1:])
        status = exited.value.code
    else:
        line = re.sub(r"(?:\S*/)?\bkconvert (?=[a-z./])", f"{shlex.quote(sys.executable)} -m kconvert ", line)
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
        status = subprocess.run(line, shell=True, env=environment, check=False).returncode
    return status, "".join(capfd.readouterr())


def run_python(code):
    """The status of a program, and what it printed."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}.", "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def says(text, wanted):
    """Do these words stand in the text, with something else at each … of theirs? Line breaks are blanks."""
    parts = [re.escape(" ".join(part.split())) for part in wanted.split("…")]
    return re.search(".*?".join(parts), " ".join(text.split())) is not None


def has_line(output, wanted):
    """Is this a line of the output, with something else at each …?"""
    pattern = ".*".join(re.escape(part) for part in wanted.rstrip().split("…"))
    return any(re.fullmatch(pattern, line.rstrip()) for line in output.splitlines())
