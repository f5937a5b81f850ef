"""The report of a conversion, written where --report says: of one that went well, and of one that was refused."""

import json

import bad_files
import numpy as np
import pytest
from conftest import SAMPLES

import kconvert
from kconvert import cli
from kconvert.errors import ConversionFailed, CorruptSource, NotAModel, VerificationFailed

UNET = SAMPLES / "small_unet"


def run(*words):
    with pytest.raises(SystemExit) as exited:
        cli.main([str(w) for w in words])
    return exited.value.code


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    assert (
        run(
            UNET / "model.h5",
            "-o",
            folder / "new.keras",
            "--probe",
            UNET / "io.npz",
            "--report",
            folder / "r.json",
            "-q",
        )
        == 0
    )
    return folder


@pytest.mark.framework
def test_the_json_report_tells_the_whole_story(written):
    report = json.loads((written / "r.json").read_text(), parse_constant=pytest.fail)
    assert report["source"]["backend"] == "theano"
    assert report["source"]["evidence"]["backend"] == "the file's attribute: theano"
    assert len(report["source"]["sha256"]) == len(report["target"]["sha256"]) == 64
    pool = next(layer for layer in report["layers"] if layer["name"] == "average_pooling2d_1")
    assert pool["becomes"][0] == "ZeroPadding2D"
    assert pool["names"][0] == "average_pooling2d_1_padding"
    assert {a["what"] for layer in report["layers"] for a in layer["arguments"]} >= {
        "kept",
        "renamed",
        "dropped",
        "changed",
    }
    assert all(a["because"] for layer in report["layers"] for a in layer["arguments"] if a["what"] == "dropped")
    assert [layer["class_name"] for layer in report["before"]["nodes"]].count("AveragePooling2D") == 1
    assert [layer["class_name"] for layer in report["after"]["nodes"]].count("AveragePooling2D") == 2
    assert {check["against"] for check in report["verification"]["outputs"]} == {"probe", "reference"}
    assert {layer["name"] for layer in report["verification"]["layers"]} >= {"conv2d_1", "average_pooling2d_1", "mask"}
    assert {"kconvert", "keras", "tensorflow", "h5py", "numpy", "python"} <= set(report["versions"])
    assert report["seconds"]["all"] > 0
    assert report["peak_memory"] > 1e6
    assert report["failure"] is None


@pytest.mark.framework
def test_the_page_says_the_same_as_the_terminal(written, tmp_path, capfd):
    words = (
        UNET / "model.h5",
        "-o",
        tmp_path / "new.keras",
        "--probe",
        UNET / "io.npz",
        "--report",
        tmp_path / "r.html",
    )
    assert run(*words) == 0
    said = capfd.readouterr().out
    page = (tmp_path / "r.html").read_text()
    assert said.startswith("Same function. 1 output agrees with those recorded in io.npz")
    assert '<h2 id="verdict">Same function</h2>' in page
    assert "those recorded in io.npz" in page


@pytest.mark.framework
def test_a_difference_has_its_page(tmp_path):
    with np.load(UNET / "io.npz") as right:
        np.savez(tmp_path / "wrong.npz", in_0=right["in_0"], out_0=right["out_0"] + 0.1)
    with pytest.raises(VerificationFailed) as failed:
        kconvert.convert(
            UNET / "model.h5", tmp_path / "new.keras", probe=tmp_path / "wrong.npz", report=tmp_path / "r.html"
        )
    page = (tmp_path / "r.html").read_text()
    assert "Not the same function" in page
    assert "They differ: mask by 0.1" in page
    assert failed.value.report.after.nodes
    assert not (tmp_path / "new.keras").exists()


@pytest.mark.parametrize("isolation", ["process", "none"])
def test_a_refusal_has_a_report_and_leaves_no_model(isolation, tmp_path):
    source = bad_files.unknown_layer(tmp_path)
    with pytest.raises(ConversionFailed) as failed:
        kconvert.convert(source, tmp_path / "new.keras", report=tmp_path / "r.html", isolation=isolation)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(["r.html", source.name])
    page = (tmp_path / "r.html").read_text()
    assert "Not converted" in page
    assert "1 problem stands against it" in page
    assert "<b>FancyDense</b>" in page
    report = failed.value.report
    assert [(o.kind, o.class_name) for o in report.failure.obstacles] == [("UnknownLayer", "FancyDense")]
    assert [node.class_name for node in report.before.nodes if node.class_name == "FancyDense"]


@pytest.mark.parametrize(
    ("content", "error"), [(b"<html>", NotAModel), (b"\x89HDF\r\n\x1a\n" + b"0" * 50, CorruptSource)]
)
def test_what_is_no_model_has_a_report_too(content, error, tmp_path):
    (tmp_path / "old.h5").write_bytes(content)
    with pytest.raises(error):
        kconvert.convert(tmp_path / "old.h5", tmp_path / "new.keras", report=tmp_path / "r.json")
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["failure"]["kind"] == error.__name__
    assert report["source"]["path"].endswith("old.h5")
