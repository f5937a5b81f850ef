"""A model that was written to disk between two stages is the same model."""

import json

import numpy as np
import pytest
from conftest import SAMPLES, custom_of, sample_folders, source_of

from kconvert.custom_code import custom_code
from kconvert.jobs.spec_file import read_spec, write_spec
from kconvert.read import read
from kconvert.spec import walk
from kconvert.upgrade import upgrade


def listed(nest):
    """A nest with arrays as their dtype and values, for arrays have no equality of their own."""
    if isinstance(nest, np.ndarray):
        return [str(nest.dtype), nest.tolist()]
    if isinstance(nest, dict):
        return {key: listed(value) for key, value in nest.items()}
    return type(nest)(map(listed, nest)) if isinstance(nest, list | tuple) else nest


def plain(spec):
    """Everything but the tensors' values."""
    return [
        (parents, la.class_name, la.name, dict(la.config), [(listed(c.args), listed(dict(c.kwargs))) for c in la.calls], list(la.inner),
         {s: (t.name, t.shape, t.dtype, dict(t.sources), t.steps) for s, t in la.tensors.items()})
        for parents, la in walk(spec)
    ]  # fmt: skip


@pytest.mark.parametrize("stage", ["read", "upgrade"])
@pytest.mark.parametrize("folder", sample_folders(), ids=lambda p: p.name)
def test_written_and_read_again_it_is_equal(folder, stage, tmp_path):
    own = custom_code(custom_of(folder)).definitions
    spec = read(source_of(folder), custom=own)
    spec = upgrade(spec).spec if stage == "upgrade" else spec
    write_spec(spec, tmp_path)
    again = read_spec(tmp_path)
    assert plain(again) == plain(spec)
    assert (again.inputs, again.outputs, again.origin) == (spec.inputs, spec.outputs, spec.origin)
    assert (again.addressed, again.signature) == (spec.addressed, spec.signature)
    for (_, old), (_, new) in zip(walk(spec), walk(again), strict=True):
        for slot, tensor in old.tensors.items():
            np.testing.assert_array_equal(new.tensors[slot].read(), tensor.read())


def test_another_form_is_refused(tmp_path):
    (tmp_path / "model.json").write_text(json.dumps({"form": 99}))
    with pytest.raises(ValueError, match="form 99, not 1"):
        read_spec(tmp_path)


def test_the_folder_holds_no_code(tmp_path):
    write_spec(read(SAMPLES / "mnist_cnn" / "model.h5"), tmp_path)
    assert {p.suffix for p in tmp_path.iterdir()} == {".json", ".safetensors"}
