"""Reports, findings and errors are the same values on both sides of a process's border, and nothing else crosses it."""

import json
from pathlib import Path

import numpy as np
import pytest

from kconvert import errors
from kconvert.asked import Checking, Reading, Wishes
from kconvert.errors import ConversionFailed, InternalError, KConvertError, UnknownLayer, VerificationFailed
from kconvert.jobs import JOBS, Conversion
from kconvert.plain import plain, restored, restored_error
from kconvert.report import ArgumentChange, LayerChange, Note, Report, TensorChange, Verification
from kconvert.report.findings import Plan

EVERY_ERROR = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, KConvertError)]
LAYER = LayerChange(
    "conv", "Convolution2D", ("ZeroPadding2D", "Conv2D"), "conv_1",
    (ArgumentChange("renamed", "nb_filter", "filters"),), (TensorChange("W", "kernel", (3, 3), "float32", ("flip",)),),
)  # fmt: skip


def crossed(value):
    return json.loads(json.dumps(plain(value)))


def test_a_report_is_the_same_report():
    report = Report(
        {"path": "a.h5", "keras": {"from": None, "to": "1.2"}}, {"path": "b.keras"}, (LAYER, LAYER),
        notes=(Note("warning", "", "text"),), renamed={"a/b": "a_b"}, seconds={"all": 1.5}, peak_memory=7,
        verification=Verification("passed", 3), custom_module=Path("b_custom.py"),
    )  # fmt: skip
    assert restored(Report, crossed(report)) == report


def test_a_plan_has_its_blockers_as_errors():
    blocker = UnknownLayer("no map has it", layer="x", class_name="Fancy", option="--custom")
    plan = Plan({"kind": "hdf5"}, (LAYER,), blockers=(blocker,))
    again = restored(Plan, crossed(plan))
    assert again.to_dict() == plan.to_dict()
    assert type(again.blockers[0]) is UnknownLayer


@pytest.mark.parametrize("kind", EVERY_ERROR, ids=lambda e: e.__name__)
def test_every_error_is_the_same_error(kind):
    if kind is ConversionFailed:
        error = kind([UnknownLayer("one", layer="a"), errors.Rejected("two", layer="b", argument="c")])
    else:
        error = kind("what is wrong")
    for name in ("layer", "option", "step", "signal"):
        if hasattr(error, name):
            setattr(error, name, f"its {name}")
    error.add_note("a trace")
    again = restored_error(crossed(error))
    assert type(again) is type(error)
    assert (str(again), again.args, again.__notes__, again.exit_code) == (
        str(error), error.args if kind is not ConversionFailed else again.args, ["a trace"], error.exit_code,
    )  # fmt: skip
    if kind is ConversionFailed:
        assert [(type(p), str(p)) for p in again.problems] == [(type(p), str(p)) for p in error.problems]
        assert isinstance(again.problems, tuple)


def test_an_error_may_carry_a_part_of_the_report():
    error = VerificationFailed("they differ")
    error.verification = Verification("failed", 2)
    assert restored_error(crossed(error)).verification == Verification("failed", 2)


def test_an_error_that_nobody_knows_is_an_internal_one():
    class Mine(errors.SourceError):
        pass

    assert type(restored_error(crossed(Mine("x")))) is errors.SourceError
    assert type(restored_error({"$error": "SystemExit", "args": ["x"], "data": {}})) is InternalError


def test_numbers_of_numpy_are_numbers_and_names_of_any_bytes_stay():
    data = crossed({"n": np.int64(3), "x": np.float32(0.5), "a": np.arange(2), "s": {1}, "name": "\udcff\n"})
    assert data == {"n": 3, "x": 0.5, "a": [0, 1], "s": [1], "name": "\udcff\n"}


def test_a_job_is_the_same_job():
    reading = Reading(Path("a.json"), Path("w.h5"), "theano", input_shape=(None, 4))
    wishes = Wishes((Path("m.yaml"),), "channels_last", training="drop", format="savedmodel")
    job = Conversion(
        reading, wishes, Checking(None, 1e-3, is_wanted=False), "a.json", Path("/x/new.keras"), Path("new.keras")
    )
    assert restored(JOBS["Conversion"], crossed(job)) == job
