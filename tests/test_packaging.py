"""What is published: an sdist that builds and can be tested, and a wheel that works where the repository is not in reach."""

import email
import importlib.metadata
import os
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile

import pytest
from conftest import ROOT, SAMPLES

import kconvert

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
GENERATED = ("__pycache__", ".pyc")


def built(kind, source, folder):
    """One file of this kind, built without a network in this environment."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True, text=True)
    (path,) = folder.iterdir()
    return path


def names_of(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {n for n in archive.namelist() if ".dist-info/" not in n}


def files_below(folder):
    return {
        p.relative_to(folder).as_posix()
        for p in folder.rglob("*")
        if p.is_file() and not any(g in str(p) for g in GENERATED)
    }


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return built("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    """Unpacked."""
    folder = tmp_path_factory.mktemp("sdist")
    with tarfile.open(built("sdist", ROOT, folder)) as archive:
        archive.extractall(folder, filter="data")
    return folder / f"kconvert-{PROJECT['version']}"


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """An environment that was empty before the wheel came; what kconvert stands on is lent to it by this one.

    Packages are found by a line in a `.pth` file: those of an editable install are not, since its own `.pth` is not read.
    """
    home = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    python = home / "bin" / "python"
    command = [sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", "--quiet", wheel]
    subprocess.run(command, check=True, capture_output=True, text=True)
    (packages,) = home.glob("lib/python*/site-packages")
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return home / "bin"


def run(program, *words, cwd):
    """In a folder of its own, with an environment that says nothing of this checkout."""
    variables = {n: v for n, v in os.environ.items() if not n.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run([program, *words], cwd=cwd, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_the_package_and_the_maps_and_nothing_else(wheel):
    package = {f"kconvert/{n}" for n in files_below(ROOT / "kconvert")}
    maps = {f"kconvert/layer_maps/{n}" for n in files_below(ROOT / "layer_maps")}
    assert names_of(wheel) == package | maps
    assert "kconvert/py.typed" in package


def test_the_wheel_says_what_it_is(wheel):
    with zipfile.ZipFile(wheel) as archive:
        inside = f"kconvert-{PROJECT['version']}.dist-info"
        said = email.message_from_bytes(archive.read(f"{inside}/METADATA"))
        assert archive.read(f"{inside}/entry_points.txt").decode().split() == [
            "[console_scripts]", "kconvert", "=", "kconvert.__main__:main"
        ]  # fmt: skip
        assert archive.read(f"{inside}/licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()
    assert said["Description-Content-Type"] == "text/markdown"
    assert {"cluster", "s3", "gcs", "test"} <= set(said.get_all("Provides-Extra"))


def test_the_sdist_builds_the_same_wheel_and_brings_its_tests(sdist, wheel, tmp_path):
    assert names_of(built("wheel", sdist, tmp_path)) == names_of(wheel)
    for folder in ("tests", "sample_models", "docs", "layer_maps"):
        assert files_below(sdist / folder) == files_below(ROOT / folder)
    for file in ("README.md", "SECURITY.md", "CHANGELOG.md", "noxfile.py", ".ci/run", ".github/workflows/ci.yml"):
        assert (sdist / file).read_bytes() == (ROOT / file).read_bytes()


def test_the_installed_command_finds_itself_and_its_maps(installed, tmp_path):
    where = "import kconvert, kconvert.map_files as m; print(kconvert.__file__, m.layer_maps_folder())"
    assert run(installed / "python", "-c", where, cwd=tmp_path).count(str(installed.parent)) == 2
    assert f"kconvert {PROJECT['version']}" in run(installed / "kconvert", "--version", cwd=tmp_path)
    assert "flip [0, 1]" in run(installed / "kconvert", "plan", SAMPLES / "mnist_cnn" / "model.h5", cwd=tmp_path)
    assert "kconvert old_model.h5 -o new.keras" in run(installed / "python", "-m", "kconvert", "--help", cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.framework
def test_the_installed_command_converts(installed, tmp_path):
    sample = SAMPLES / "mnist_cnn"
    words = (sample / "model.h5", "-o", "digits.keras", "--probe", sample / "io.npz", "--report", "digits.html")
    assert "Same function" in run(installed / "kconvert", *words, cwd=tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {"digits.keras", "digits.html"}


def test_what_names_the_release_names_the_same_one():
    assert f"\nversion: {PROJECT['version']}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"\n## {PROJECT['version']}" in (ROOT / "CHANGELOG.md").read_text()


def test_the_package_says_which_release_it_is():
    assert kconvert.__version__ == importlib.metadata.version("kconvert")
