"""The shell completes commands and options, also behind a model's name where no command stands."""

import os
import subprocess
import sys

import pytest
from conftest import ROOT

from kconvert.cli import COMMANDS, FIRST_WORDS
from kconvert.cli.completion import ASKED, NUMBER, TEXT, WORDS, with_convert

PROGRAM = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from kconvert.cli import main; main(sys.argv[1:])"


@pytest.mark.parametrize(
    ("line", "becomes"),
    [
        ("kconvert old.h5 --pro", "kconvert convert old.h5 --pro"),
        ("kconvert --pro", "kconvert convert --pro"),
        ("kconvert old.h5 ", "kconvert convert old.h5 "),
        ("kconvert plan old.h5 --b", None),
        ("kconvert ins", None),
        ("kconvert ", None),
        ("kconvert -", None),
        ("kconvert --version", None),
    ],
)
def test_a_line_is_read_as_it_is_run(line, becomes):
    assert with_convert({TEXT: line}, FIRST_WORDS) == ({} if becomes is None else {TEXT: becomes})
    words = line.split(" ")
    bash = {WORDS: "\n".join(words), NUMBER: str(len(words) - 1)}
    changed = {} if becomes is None else {WORDS: becomes.replace(" ", "\n"), NUMBER: str(len(words))}
    assert with_convert(bash, FIRST_WORDS) == changed


def completions(*words):
    variables = {ASKED: "complete_bash", WORDS: "\n".join(("kconvert", *words)), NUMBER: str(len(words))}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env={**os.environ, **variables}, capture_output=True, text=True, check=True
    )  # fmt: skip
    return done.stdout.split()


def test_commands_options_and_values_are_completed():
    assert set(completions("")) == set(COMMANDS)
    assert completions("old.h5", "--pro") == ["--probe"]
    assert completions("old.h5", "--training", "") == ["keep", "drop", "auto"]
    assert completions("maps", "s") == ["show"]
    assert completions("old.h5", "") == []  # then the shell offers files


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_is_given_a_script(shell):
    variables = {**os.environ, ASKED: f"source_{shell}"}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=variables, capture_output=True, text=True, check=True)
    assert f"{ASKED}=complete_{shell}" in done.stdout


def test_bash_takes_the_script(tmp_path):
    program = tmp_path / "kconvert"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{PROGRAM}" "$@"\n')
    program.chmod(0o755)
    script = (
        f'eval "$({ASKED}=source_bash kconvert)"; COMP_WORDS=(kconvert old.h5 --ov); COMP_CWORD=2; '
        '_kconvert_completion kconvert; echo "${COMPREPLY[@]}"'
    )
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = subprocess.run(["bash", "-c", script], env={**os.environ, "PATH": path}, capture_output=True, text=True)  # noqa: PLW1510
    assert done.stdout == "--overwrite\n", done.stderr
