"""A bad input costs one clear error: the same from Python and from the command line, and nothing is left behind."""

from pathlib import Path

import bad_files
import pytest
import yaml

import kconvert
from kconvert import cli, errors

CASES = yaml.safe_load((Path(__file__).parent / "bad_inputs.yaml").read_text())
cases = pytest.mark.parametrize(
    "case",
    [pytest.param(c, marks=[pytest.mark.framework] if c.get("framework") else []) for c in CASES],
    ids=lambda c: "-".join([c["file"], *c.get("options", {})]),
)


@cases
def test_python_raises_one_error_of_the_right_kind(case, tmp_path):
    source = getattr(bad_files, case["file"])(tmp_path)
    before = everything_below(tmp_path)
    with pytest.raises(getattr(errors, case["error"])) as refused:
        kconvert.convert(source, tmp_path / "new.keras", **case.get("options", {}))
    assert case["says"] in str(refused.value)
    assert refused.value.exit_code == case["exit"]
    assert everything_below(tmp_path) == before


@cases
def test_the_command_line_says_it_in_one_line_and_exits_with_the_right_status(case, tmp_path, capfd):
    source = getattr(bad_files, case["file"])(tmp_path)
    before = everything_below(tmp_path)
    options = [w for k, v in case.get("options", {}).items() for w in (f"--{k.replace('_', '-')}", v)]
    with pytest.raises(SystemExit) as exited:
        cli.main([str(source), "-o", str(tmp_path / "new.keras"), *options])
    out, err = capfd.readouterr()
    assert exited.value.code == case["exit"]
    assert case["says"] in err
    assert err.startswith("error:")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert out == ""
    assert everything_below(tmp_path) == before


def test_all_problems_of_a_model_are_named_at_once(tmp_path, capfd):
    two = bad_files.sequential("FancyDense")
    two["config"].append(
        {"class_name": "Dense", "config": {**bad_files.DENSE, "name": "dense_2", "activation": "swoosh"}}
    )
    source = bad_files.write_h5(tmp_path / "model.h5", two)
    with pytest.raises(SystemExit):
        cli.main([str(source), "-o", str(tmp_path / "new.keras")])
    err = capfd.readouterr().err
    assert "2 problems; nothing was written" in err
    assert "FancyDense 'dense_1'" in err
    assert "Dense 'dense_2': the activation 'swoosh' is not one of Keras's own" in err


def everything_below(folder):
    return {p: p.stat().st_size for p in folder.rglob("*")}
