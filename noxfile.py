"""All checks, by one command: `nox`. Some of them: `nox -s lint types`; what there is: `nox --list`.

nox, because it is Python as everything here, comes with `pip install '.[test]'`, and can make the environment for the one check
that must not have what the others need. All others run in the environment that nox is installed in: TensorFlow is not installed
once for each of them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nox
from packaging.requirements import Requirement

FRAMEWORKS = ("tensorflow", "keras")

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "none"
nox.options.error_on_external_run = False


@nox.session
def lint(session: nox.Session) -> None:
    """Style and form of the source: ruff."""
    _module(session, "ruff", "check", ".")
    _module(session, "ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Types: mypy, strict."""
    _module(session, "mypy")


@nox.session
def imports(session: nox.Session) -> None:
    """Who may import whom: the contracts of import-linter in pyproject.toml."""
    session.run(str(Path(sys.executable).with_name("lint-imports")))


@nox.session
def pure(session: nox.Session) -> None:
    """The half of the tests that needs no TensorFlow."""
    _module(session, "pytest", "-m", "not framework", *session.posargs)


@nox.session
def framework(session: nox.Session) -> None:
    """The half that does."""
    _module(session, "pytest", "-m", "framework", *session.posargs)


@nox.session
def browser(session: nox.Session) -> None:
    """The HTML report in chromium, driven by chromedriver."""
    _module(session, "pytest", "-m", "browser", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """`site/`: the documentation, where a link that leads nowhere is an error."""
    _module(session, "mkdocs", "build", "--strict", "--quiet")


@nox.session
def wheel(session: nox.Session) -> None:
    """`dist/`: sdist and wheel; that they are whole and work is in tests/test_packaging.py."""
    _module(session, "hatchling", "build", "--clean")


@nox.session(venv_backend="venv", default=False)
def bare(session: nox.Session) -> None:
    """The pure half in an environment of its own where no TensorFlow and no Keras is installed."""
    session.install(*_but_frameworks(nox.project.load_toml("pyproject.toml")["project"]))
    session.install("--no-deps", "--editable", ".")
    there = "import importlib.util as u, sys; sys.exit(any(u.find_spec(n) for n in sys.argv[1:]))"
    session.run("python", "-c", there, *FRAMEWORKS)
    session.run("python", "-m", "pytest", "-m", "not framework", *session.posargs)


def _module(session: nox.Session, *words: str) -> None:
    session.run(sys.executable, "-m", *words)


def _but_frameworks(project: dict[str, Any], extra: str = "test") -> Iterator[str]:
    """What kconvert and its tests stand on, read from where it is written, without the frameworks."""
    for text in (*project["dependencies"], *_of_extra(project, extra)):
        if Requirement(text).name not in FRAMEWORKS:
            yield text


def _of_extra(project: dict[str, Any], extra: str) -> Iterator[str]:
    for text in project["optional-dependencies"][extra]:
        wanted = Requirement(text)
        if wanted.name != project["name"]:
            yield text
        for other in wanted.extras if wanted.name == project["name"] else ():
            yield from _of_extra(project, other)
