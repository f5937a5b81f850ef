"""Single rewrites of `kconvert migrate`, before and after: `tests/migrate/rewrites.txt`. And the command itself."""

import re

import pytest
from conftest import ROOT

from kconvert import cli
from kconvert.errors import MigrationError
from kconvert.migrate import Remark, migrate_source
from kconvert.migrate.emission import HEAD

PAIRS = {
    block.split("\n", 1)[0]: tuple(part + "\n" for part in block.split("\n", 1)[1].rstrip("\n").split("\n---\n"))
    for block in re.split(r"^=== ", (ROOT / "tests" / "migrate" / "rewrites.txt").read_text(), flags=re.MULTILINE)[1:]
}
OLD = "from keras import backend as K\n\n\ny = K.tanh(x)  # why not\nz = K.ctc_decode(y)\n"


def without_helpers(text):
    """The module without the functions that it was given."""
    return re.sub(rf"\n\n{re.escape(HEAD)}\n(?:def [\s\S]+?\n\n\n)+(?=[@a-z])(?!def )", "", text)


def run(*words):
    with pytest.raises(SystemExit) as exited:
        cli.main(["migrate", *map(str, words)])
    return exited.value.code


@pytest.fixture
def layers(tmp_path):
    path = tmp_path / "layers.py"
    path.write_text(OLD)
    return path


@pytest.mark.parametrize("name", PAIRS)
def test_a_rewrite(name):
    before, after = PAIRS[name]
    assert without_helpers(migrate_source(before).text) == after.replace("%HELPERS%\n", "")


@pytest.mark.parametrize("name", PAIRS)
def test_a_rewrite_is_done_once(name):
    once = migrate_source(PAIRS[name][0]).text
    assert migrate_source(once).text == once


def test_helpers_stand_behind_the_imports_and_only_those_that_are_needed():
    text = migrate_source("from keras import backend as K\nimport os\n\ny = K.batch_dot(a, b)\n").text
    assert re.findall(r"^(?:import|from|def|y).*", text, re.MULTILINE) == [
        "from keras import ops", "import os", "def tf_batch_dot(x, y, axes=None):", "def keras2_batch_dot(x, y, axes=None):",
        "y = keras2_batch_dot(a, b)",
    ]  # fmt: skip


def test_remarks_say_where_they_are():
    text = "from keras import backend as K\n\nclass A(Layer):\n    def call(self, x):\n        return K.ctc_decode(x)\n"
    migrated = migrate_source(text)
    assert migrated.remarks == (Remark(5, "keras.backend.ctc_decode has no equal in today's Keras", "A.call"),)
    assert migrated.text.split("\n")[4].strip() == f"# kconvert: {migrated.remarks[0].text}"


def test_nothing_is_run(tmp_path):
    migrate_source(f"import keras\nopen({str(tmp_path / 'ran')!r}, 'w')\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["def (:\n", "print 'a' 5 (\n", "x = (\n", "\x00"])
def test_what_is_no_python_is_refused(text):
    with pytest.raises(MigrationError, match=r"bad\.py"):
        migrate_source(text, filename="bad.py")


def test_deep_nesting_is_refused_or_read():
    with pytest.raises(MigrationError, match="nested too deeply"):
        migrate_source("x = " + "(" * 5000 + "1" + ")" * 5000 + "\n", filename="deep.py")


def test_the_command_prints(layers, capsys):
    assert run(layers) == 0
    said = capsys.readouterr()
    assert "y = ops.tanh(x)  # why not\n" in said.out
    assert f"{layers}:6: keras.backend.ctc_decode has no equal" in said.err
    assert layers.read_text() == OLD


def test_the_command_shows_the_difference(layers, capsys):
    assert run(layers, "--diff") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [f"--- {layers}", f"+++ {layers} (migrated)"]
    assert "-y = K.tanh(x)  # why not" in lines
    assert "+y = ops.tanh(x)  # why not" in lines
    assert layers.read_text() == OLD


def test_the_command_writes_a_new_file_and_replaces_none(layers, tmp_path, capsys):
    new = tmp_path / "new.py"
    assert run(layers, "-o", new) == 0
    assert "ops.tanh" in new.read_text()
    assert capsys.readouterr().out == ""
    assert run(layers, "-o", new) == 2
    assert "is there already; --overwrite replaces it" in capsys.readouterr().err
    assert run(layers, "-o", new, "--overwrite") == 0


def test_the_command_rewrites_in_place(layers, tmp_path):
    layers.chmod(0o640)
    assert run(layers, "--in-place") == 0
    assert "ops.tanh" in layers.read_text()
    assert layers.stat().st_mode & 0o777 == 0o640
    assert [p.name for p in tmp_path.iterdir()] == ["layers.py"]


@pytest.mark.parametrize("words", [["--diff", "--in-place"], ["-o", "new.py", "--diff"], ["-o", "n.py", "--in-place"]])
def test_one_way_at_a_time(words, layers, capsys):
    assert run(layers, *words) == 2
    assert "say one of -o NEW.py, --diff and --in-place" in capsys.readouterr().err


def test_a_missing_or_broken_file_is_one_error(tmp_path, capsys):
    assert run(tmp_path / "none.py") == 1
    assert "none.py: No such file" in capsys.readouterr().err
    (tmp_path / "broken.py").write_text("def (:\n")
    assert run(tmp_path / "broken.py", "--in-place") == 1
    assert "is neither Python 3 nor Python 2" in capsys.readouterr().err
    assert (tmp_path / "broken.py").read_text() == "def (:\n"


def test_line_ends_and_encoding_stay(tmp_path):
    path = tmp_path / "layers.py"
    path.write_bytes(
        "# -*- coding: latin-1 -*-\r\nfrom keras import backend as K\r\nx = K.abs(y)  # \xe9\r\n".encode("latin-1")
    )
    assert run(path, "--in-place") == 0
    assert path.read_bytes() == "# -*- coding: utf-8 -*-\r\nfrom keras import ops\r\nx = ops.abs(y)  # é\r\n".encode()
