"""What of the recipes does not run as it stands there (test_docs.py) does what they say."""

import re

import pytest
import yaml
from conftest import ROOT
from test_batch import copies, poisoned

RECIPES = (ROOT / "docs" / "recipes.md").read_text()


def blocks(language):
    return re.findall(rf"^```{language}\n(.+?)^```$", RECIPES, re.MULTILINE | re.DOTALL)


def test_the_job_of_a_ci_converts():
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
