"""The converted file computes what the legacy framework computed, as stock Keras elsewhere loads it."""

import json

import numpy as np
import pytest
from conftest import CORPUS, ROOT, sample_folders, source_of

import kconvert
from kconvert.upgrade import upgrade
from kconvert.upgrade.rules import RULES

pytestmark = pytest.mark.framework
LINES = (ROOT / "tests" / "corpus_sample.txt").read_text().splitlines()
CASES = [CORPUS / line for line in LINES if line and not line.startswith("#")] if CORPUS.is_dir() else []


@pytest.mark.parametrize("folder", [*sample_folders(), *CASES], ids=lambda p: f"{p.parent.name}-{p.name}")
def test_outputs_equal_those_of_the_legacy_framework(folder, tmp_path):
    facts = json.loads((folder / "case.json").read_text()) if (folder / "case.json").exists() else {}
    tolerance = max(float(facts.get("tolerance") or 1e-4), 1e-6)
    source = source_of(folder)
    weights = next((p for p in folder.glob("*weights.h5")), None) if source.suffix != ".h5" else None
    target = tmp_path / "new.keras"
    report = kconvert.convert(
        source, target, weights=weights, probe=folder / "io.npz", rtol=tolerance, atol=tolerance
    )  # fmt: skip
    assert report.verification.status == "passed"
    assert report.verification.weights_compared >= sum(len(layer.tensors) for layer in report.layers) * 0.5
    with np.load(folder / "io.npz") as recorded:
        assert len(report.verification.outputs) == sum(n.startswith("out_") for n in recorded.files)
    assert [p.name for p in tmp_path.iterdir()] == ["new.keras"]


@pytest.mark.skipif(not CASES, reason="the corpus is not here")
def test_the_samples_use_every_rule():
    from kconvert.read import read

    used = set()
    for folder in [*sample_folders(), *CASES]:
        source = source_of(folder)
        weights = next((p for p in folder.glob("*weights.h5")), None) if source.suffix != ".h5" else None
        for layer in upgrade(read(source, weights=weights)).layers:
            used.update(layer.rules)
    assert used == set(RULES)


def test_samples_of_every_release_line_and_backend_are_there():
    facts = [json.loads((f / "sample.json").read_text()) for f in sample_folders()]
    assert {f["keras"][:3] for f in facts} == {"2.0", "2.1", "2.2", "2.3"}
    assert {f["backend"] for f in facts} == {"theano", "tensorflow", "cntk"}
    assert len(facts) >= 10
