"""The converted file computes what the legacy framework computed, as stock Keras elsewhere loads it."""

import io
import json
import zipfile
from collections import Counter

import h5py
import numpy as np
import pytest
from conftest import CORPUS, ROOT, custom_of, hints_of, sample_folders, source_of, weights_of

import kconvert
from kconvert.upgrade import upgrade
from kconvert.upgrade.rules import RULES

pytestmark = pytest.mark.framework
LINES = (ROOT / "tests" / "corpus_sample.txt").read_text().splitlines()
CASES = [CORPUS / line for line in LINES if line and not line.startswith("#")] if CORPUS.is_dir() else []


ELSEWHERE = {  # rules that change nothing in any of these models, and where they are tested
    "constraint_axes": "test_rules.py",
    "dense_gradient": "test_rules.py",
    "dot_of_matrices": "test_both_routes.py",
    "given_words": "test_hostile.py",
    "narrow_attention": "test_sums.py",
}


def stored_variables(keras_file):
    """How many variables a .keras file holds."""
    found = []
    with zipfile.ZipFile(keras_file) as archive, h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as file:
        file.visititems(lambda name, item: found.append(name) if isinstance(item, h5py.Dataset) else None)
    return len(found)


@pytest.mark.parametrize("folder", [*sample_folders(), *CASES], ids=lambda p: f"{p.parent.name}-{p.name}")
def test_outputs_equal_those_of_the_legacy_framework(folder, tmp_path):
    facts = json.loads((folder / "case.json").read_text()) if (folder / "case.json").exists() else {}
    tolerance = max(float(facts.get("tolerance") or 1e-4), 1e-6)
    target = tmp_path / "new.keras"
    report = kconvert.convert(
        source_of(folder), target, weights=weights_of(folder), probe=folder / "io.npz", rtol=tolerance, atol=tolerance,
        custom=custom_of(folder), **hints_of(folder),
    )  # fmt: skip
    assert report.verification.status == "passed"
    assert report.verification.weights_compared == stored_variables(target)
    with np.load(folder / "io.npz") as recorded:
        outputs = sum(n.startswith("out_") for n in recorded.files)
    against = Counter(check.against for check in report.verification.outputs)
    assert against["probe"] == outputs
    assert against["reference"] == outputs or (folder / "custom.py").exists() or report.verification.missing
    written = [target] if report.custom_module is None else [target, tmp_path / "new_custom.py"]
    assert sorted(tmp_path.iterdir()) == written
    assert report.custom_module in (None, tmp_path / "new_custom.py")


@pytest.mark.skipif(not CASES, reason="the corpus is not here")
def test_the_samples_use_every_rule():
    from kconvert.custom_code import custom_code
    from kconvert.read import read

    used = set()
    for folder in [*sample_folders(), *CASES]:
        hints = {("data_format" if k == "source_data_format" else k): v for k, v in hints_of(folder).items()}
        own = custom_code(custom_of(folder)).definitions
        for layer in upgrade(read(source_of(folder), weights=weights_of(folder), custom=own, **hints)).layers:
            used.update(rule.name for rule in layer.rules)
    assert set(RULES) - used == set(ELSEWHERE)


def test_samples_of_every_release_line_and_backend_are_there():
    facts = [json.loads((f / "sample.json").read_text()) for f in sample_folders()]
    assert {f["keras"][:3] for f in facts} >= {"0.2", "0.3", "1.0", "1.1", "1.2", "2.0", "2.1", "2.2", "2.3", "3.0"}
    assert {f["backend"] for f in facts} == {"theano", "tensorflow", "cntk"}
    assert len(facts) >= 10
