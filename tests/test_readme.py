"""The README says what is so."""

import re
import tomllib

from conftest import ROOT

from kconvert.catalog.tables import with_support_table
from kconvert.cli import COMMANDS

README = (ROOT / "README.md").read_text()
RECIPES = (ROOT / "docs" / "recipes.md").read_text()


def test_the_support_table_is_that_of_the_maps():
    assert with_support_table(README) == README


def test_the_two_commands_are_there_and_name_files_that_exist():
    commands = dict(re.findall(r"<!-- command: (\w+) -->\n```sh\n(.+)\n```", README))
    assert set(commands) == {"convert", "test", "custom"}
    for path in re.findall(r"sample_models/\S+", commands["convert"] + commands["custom"]):
        assert (ROOT / path).is_file()
    assert (ROOT / ".ci" / "run").exists()


def test_the_wheel_that_is_named_is_that_of_this_release():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert set(re.findall(r"kconvert-([0-9.]+)-py3", README + RECIPES)) == {project["version"]}
    table = README.partition("| extra | for |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`([a-z0-9]+)`[,| ]", table)) - {"docs"} == set(project["optional-dependencies"]) - {"docs"}


def test_every_command_is_described():
    assert all(f"kconvert {command}" in README for command in COMMANDS if command != "convert")


def test_every_sample_is_described():
    described = re.findall(r"^\| (\w+) \|", (ROOT / "sample_models" / "README.md").read_text(), re.MULTILINE)
    assert sorted(set(described) - {"sample"}) == sorted(p.parent.name for p in ROOT.glob("sample_models/*/io.npz"))
