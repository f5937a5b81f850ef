"""The documentation says what is so: its examples are run, its site is built without a warning."""

import ast
import json
import os
import re
import subprocess
import sys

import outside
import pytest
import scores
import yaml
from conftest import ROOT
from examples import BLOCK, FOLDERS, has_line, prepare, run_command, run_python
from hook import MARK, PARTS

import kconvert
import kconvert.errors
from kconvert import cli

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
RUN = [page for page in PAGES if "<!-- run" in page.read_text()]


def named(page):
    return str(page.relative_to(DOCS))


@pytest.mark.framework
@pytest.mark.parametrize("page", RUN, ids=named)
def test_examples(page, tmp_path, monkeypatch, capfd):
    """All of a page in one folder, in its order."""
    prepare(tmp_path)
    monkeypatch.chdir(tmp_path)
    text = page.read_text()
    blocks = list(BLOCK.finditer(text))
    assert len(blocks) == text.count("<!-- run")
    for block in blocks:
        if block["language"] == "python":
            status, output = run_python(block["code"])
        else:
            results = [run_command(line, capfd) for line in block["code"].splitlines()]
            assert [status for status, _ in results[:-1]] == [0] * (len(results) - 1), results
            status, output = results[-1][0], "\n".join(output for _, output in results)
        assert status == int(block["exit"] or 0), output
        for line in (block["shown"] or "").splitlines():
            assert has_line(output, line), f"{line!r} is no line of:\n{output}"


def test_what_is_not_run_can_at_least_be_read():
    for page in PAGES:
        for language, code in re.findall(r"^```(python|yaml)\n(.+?)^```$", page.read_text(), re.MULTILINE | re.DOTALL):
            ast.parse(code) if language == "python" else yaml.safe_load(code)
        for path in re.findall(rf"(?:{'|'.join(FOLDERS)})/[\w/.-]+\w", page.read_text()):
            assert (ROOT / path).exists() or list((ROOT / path).parent.glob(f"{(ROOT / path).name}.*")), path


def test_the_site_is_built_without_a_warning(tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", tmp_path / "site"]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    built = {str(p.parent.relative_to(tmp_path / "site")) for p in tmp_path.rglob("index.html")}
    pages = [page.removesuffix(".md") for page in [*map(named, PAGES), *outside.PAGES]]
    assert built == {re.sub(r"(^|/)(index|README)$", "", page) or "." for page in pages}
    errors = (tmp_path / "site" / "errors" / "index.html").read_text()
    assert all(f'id="p{n}"' in errors for n in range(1, 22))
    assert "<!-- generated" not in errors
    commands = (tmp_path / "site" / "commands" / "index.html").read_text()
    assert all(f'id="kconvert-{command}"' in commands for command in cli.COMMANDS)
    assert "--keras-version" in commands
    api = (tmp_path / "site" / "api" / "index.html").read_text()
    assert all(f'id="kconvert.{name}"' in api for name in kconvert.__all__ if name != "KConvertError")


@pytest.mark.parametrize("page, link, there", [
    ("architecture.md", "[how](../CONTRIBUTING.md#add)", "[how](CONTRIBUTING.md#add)"),
    ("convert/hdf5.md", "[p](../errors.md#p6), [c](../../kconvert/cli.py)", "[p](../errors.md#p6), c"),
    ("layer_maps/README.md", "[t](operations/README.md) [r](../docs/recipes.md)", "t [r](../recipes.md)"),
    ("index.md", "[a](https://keras.io) [b](#here) `[c](x.py)`", "[a](https://keras.io) [b](#here) `[c](x.py)`"),
])  # fmt: skip
def test_links_lead_to_pages_of_the_site_or_are_text(page, link, there):
    assert outside.with_links(link, page) == there


def test_every_generated_part_is_on_a_page():
    marks = [mark for page in PAGES for mark in MARK.findall(page.read_text())]
    assert sorted(marks) == sorted(PARTS)


def test_every_code_is_explained():
    """And none that is not there."""
    source = "".join(path.read_text() for path in (ROOT / "kconvert").rglob("*.py"))
    explained = yaml.safe_load((DOCS / "codes.yaml").read_text())
    assert set(explained) == set(re.findall(r'"(E_[A-Z_]+)"', source))
    for names, meaning in explained.values():
        assert all(
            issubclass(getattr(kconvert.errors, name), kconvert.errors.KConvertError) for name in names.split(", ")
        )
        assert meaning
    for error in vars(kconvert.errors).values():
        if isinstance(error, type) and issubclass(error, kconvert.errors.KConvertError) and "code" in vars(error):
            names = explained[error.code][0].split(", ")
            assert any(
                issubclass(getattr(kconvert.errors, name), error) or issubclass(error, getattr(kconvert.errors, name))
                for name in names
            )


def test_every_layer_of_the_maps_has_a_row():
    from kconvert.spec import Dialect
    from kconvert.upgrade.maps import hop_maps

    for dialect in Dialect:
        page = PARTS[dialect.name]()
        assert all(f"\n| `{name}` |" in page for name in hop_maps(dialect).sections["layers"])
    assert "\n| `Convolution2D` | `Conv2D` |" in PARTS["keras1"]()
    assert "`nb_filter` → `filters`" in PARTS["keras1"]()


def test_the_scores_add_up(tmp_path):
    """The table is what the script counts in results."""
    results = [
        {"case": "a", "era": "keras-1.2", "error": None},
        {"case": "b", "era": "keras-1.2", "error": "outputs differ by 0.3 (tolerance 0.0001)", "resume": "not reached"},
        {"case": "c", "era": "tfkeras-2.10", "error": "ValueError: Unknown layer", "resume": "not reached"},
        {"case": "d", "era": "tfkeras-2.4", "error": None, "resume": "ok"},
    ]
    (tmp_path / "r.json").write_text(json.dumps(results))
    script = ROOT / "benchmarks" / "score_table.py"
    made = subprocess.run(
        [sys.executable, script, f"keras==3.0:{tmp_path / 'r.json'}"], capture_output=True, text=True, check=True
    ).stdout
    assert scores.table(yaml.safe_load(made)).splitlines()[2:] == [
        "| Keras 1.2 | 2 | 1 (1 wrong) |",
        "| tf.keras of TensorFlow 2.4 | 1 | 1 |",
        "| tf.keras of TensorFlow 2.10 | 1 | 0 |",
        "| **all** | **4** | **2 (1 wrong)** |",
        "| training goes on as recorded | 3 | 1 |",
    ]
    counts = yaml.safe_load(scores.FILE.read_text())
    assert len({str({era: c["models"] for era, c in loader["eras"].items()}) for loader in counts.values()}) == 1
    assert scores.part() in PARTS["scores"]()
