"""What runs the checks and builds the image names things that exist: noxfile, CI, commit hooks, Dockerfile."""

import ast
import re
import shutil
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text()
PYTHONS = [c.rpartition(" ")[2] for c in PROJECT["classifiers"] if c.startswith("Programming Language :: Python :: 3.")]


def sessions():
    """Name -> docstring of the checks that nox knows."""
    tree = ast.parse((ROOT / "noxfile.py").read_text())
    marked = [f for f in tree.body if isinstance(f, ast.FunctionDef) and "nox.session" in map(ast.unparse, _made_by(f))]
    return {f.name: ast.get_docstring(f) for f in marked}


def _made_by(function):
    return [d.func if isinstance(d, ast.Call) else d for d in function.decorator_list]


def commands():
    return [step["run"] for job in WORKFLOW["jobs"].values() for step in job["steps"] if "run" in step]


@pytest.mark.parametrize("file", [".ci/run", ".github/workflows/ci.yml", "CONTRIBUTING.md"])
def test_the_checks_that_are_named_are_there(file):
    named = re.findall(r"nox -s ((?:[a-z]+ ?)+)", (ROOT / file).read_text())
    assert named
    assert {word for words in named for word in words.split()} <= set(sessions())


def test_every_check_is_run_in_ci_and_says_what_it_is():
    run = " ".join(re.findall(r"nox -s ([a-z ]+)", "\n".join([*commands(), (ROOT / ".ci" / "run").read_text()])))
    assert set(sessions()) == set(run.split())
    assert all(sessions().values())


def test_ci_runs_each_python_that_is_named_and_scripts_that_exist():
    tested = [job["strategy"]["matrix"]["python"] for job in WORKFLOW["jobs"].values() if "strategy" in job]
    assert tested == [PYTHONS, PYTHONS]
    assert all((ROOT / script).is_file() for script in re.findall(r"bash (\S+)", "\n".join(commands())))
    for name in re.findall(r"/models/(\S+)", "\n".join(commands())):
        assert (ROOT / "sample_models" / name).is_file()


def test_commit_hooks_are_programs_of_this_environment():
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert repository["repo"] == "local"
    for hook in repository["hooks"]:
        assert hook["language"] == "system"
        assert shutil.which(hook["entry"].split()[0], path=Path(sys.executable).parent), hook["entry"]


def test_the_image_has_no_rights_and_copies_what_is_there():
    steps = re.findall(r"^([A-Z]+) (.+)$", DOCKERFILE, re.MULTILINE)
    let_through = (ROOT / ".dockerignore").read_text().split("\n")
    copied = [w for kind, words in steps if kind == "COPY" and "--from" not in words for w in words.split()[:-1]]
    assert {"pyproject.toml", "kconvert", "layer_maps"} <= set(copied)
    for name in copied:
        assert (ROOT / name).exists()
        assert f"!{name}" in let_through
    assert [words for kind, words in steps if kind == "USER"] == ["10001:10001"]
    assert ("ENTRYPOINT", '["kconvert"]') in steps
    assert "kconvert" in PROJECT["scripts"]
    assert next(words for kind, words in steps if kind == "ARG").removeprefix("PYTHON=") in PYTHONS


def test_what_the_image_installs_is_what_the_project_says(monkeypatch, capsys):
    (program,) = re.findall(r'RUN python -c "(.+?)" >', DOCKERFILE)
    monkeypatch.chdir(ROOT)
    exec(program, {})
    assert capsys.readouterr().out.split("\n")[:-1] == PROJECT["dependencies"]
