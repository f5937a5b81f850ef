"""The recipes do what they say."""

import ast
import re
import shlex
import subprocess
import sys

import pytest
import yaml
from conftest import ROOT, SAMPLES
from test_batch import copies, poisoned

RECIPES = (ROOT / "docs" / "recipes.md").read_text()


def blocks(language):
    return re.findall(rf"^```{language}\n(.+?)^```$", RECIPES, re.MULTILINE | re.DOTALL)


def test_what_is_not_run_here_can_at_least_be_read():
    for block in blocks("python"):
        ast.parse(block)
    (job,) = (yaml.safe_load(block) for block in blocks("yaml"))
    assert any("kconvert models" in step.get("run", "") for step in job["jobs"]["models"]["steps"])


@pytest.mark.framework
def test_a_loop_over_outcomes(tmp_path, monkeypatch, capsys):
    poisoned(copies(tmp_path / "zoo", 1))
    monkeypatch.chdir(tmp_path)
    names = {}
    (code,) = re.findall(r"<!-- python: convert_many -->\n```python\n(.+?)```", RECIPES, re.DOTALL)
    exec(code, names)
    assert len(names["failed"]) == 6
    assert capsys.readouterr().out == "converted/model_00000.keras passed\n"


@pytest.mark.framework
def test_a_folder_for_a_model_server(tmp_path):
    (line,) = re.findall(r"<!-- command: version-dir -->\n```sh\n(.+)\n```", RECIPES)
    program, source, *words = shlex.split(line)
    assert program == ".venv/bin/kconvert"
    assert (ROOT / source).parent.parent == SAMPLES
    subprocess.run([sys.executable, "-m", "kconvert", ROOT / source, *words], cwd=tmp_path, check=True)
    assert (tmp_path / "served" / "digits" / "1" / "saved_model.pb").is_file()
