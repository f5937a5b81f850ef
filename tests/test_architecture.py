"""docs/architecture.md says what stands, and the packages that list their files list all of them."""

import ast
import re
import tomllib

import pytest
from conftest import ROOT

from kconvert.asked import FORMATS
from kconvert.export import WRITERS
from kconvert.jobs import JOBS

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
KCONVERT = ROOT / "kconvert"
QUOTED = re.findall(r"`([^`\n]+)`", PAGE.replace("```", ""))
PACKAGES = sorted(init.parent for init in KCONVERT.rglob("__init__.py") if init.parent != KCONVERT)


def docstring(path):
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""


def test_every_package_and_module_of_the_first_level_is_named():
    layers = re.search(r"<!-- layers -->\n```text\n(.*?)```", PAGE, re.DOTALL)[1]
    words = set(re.split(r"[\s|]+", layers)) | {re.split(r"[/.]", quoted)[0] for quoted in QUOTED}
    modules = {path.stem for path in KCONVERT.glob("*.py")} - {"__init__"}
    packages = {path.parent.name for path in KCONVERT.glob("*/__init__.py")}
    assert modules | packages <= words


def test_every_file_that_it_names_is_there():
    named = {q for q in QUOTED if re.fullmatch(r"[\w./*-]+(\.py|\.yaml|\.toml|/)", q)}
    assert len(named) > 40
    missing = [q for q in named if not any([*KCONVERT.glob(q), *ROOT.glob(q)])]
    assert missing == []


def test_every_file_that_contributing_names_is_there():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([\w./-]+\.(?:py|yaml|txt|json))`", text))
    there = [
        p.relative_to(ROOT).as_posix()
        for f in ("docs", "kconvert", "layer_maps", "sample_models", "tests")
        for p in (ROOT / f).rglob("*")
    ]
    there += [p.name for p in ROOT.iterdir()]
    assert len(named) > 60
    assert [name for name in named if not any(f"/{path}".endswith(f"/{name}") for path in there)] == []


def test_the_layers_are_those_that_import_linter_keeps():
    said = re.search(r"<!-- layers -->\n```text\n(.*?)```", PAGE, re.DOTALL)[1].splitlines()
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    assert said == contracts[0]["layers"]


def test_every_job_is_named():
    assert set(JOBS) <= set(QUOTED)


def named_in(package):
    return set(re.findall(r"`([\w/]+\.py|\w+/)`", docstring(package / "__init__.py")))


@pytest.mark.parametrize("package", PACKAGES, ids=lambda p: p.relative_to(KCONVERT).as_posix())
def test_what_a_package_says_of_its_files_is_true(package):
    there = (package, package.parent, KCONVERT, ROOT)
    assert [name for name in named_in(package) if not any((folder / name).exists() for folder in there)] == []


@pytest.mark.parametrize(
    "package",
    [p for p in PACKAGES if "\n* `" in (said := docstring(p / "__init__.py")) and "every other file" not in said],
    ids=lambda p: p.relative_to(KCONVERT).as_posix(),
)
def test_a_package_that_lists_its_files_lists_all(package):
    modules = {path.name for path in package.glob("*.py")} - {"__init__.py"}
    packages = {f"{path.parent.name}/" for path in package.glob("*/__init__.py")}
    assert modules | packages <= named_in(package)


def test_every_format_that_can_be_asked_for_has_its_writer():
    assert tuple(WRITERS) == FORMATS
