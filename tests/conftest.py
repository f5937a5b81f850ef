"""Where the truth lies: sample models in the repository, and the corpus beside it where it is there."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "sample_models"
CORPUS = ROOT.parent / "shared" / "corpus"


def source_of(folder: Path) -> Path:
    """The model file of a case or sample."""
    names = (
        "model.h5",
        "model.keras",
        "saved_model",
        "model.json",
        "model.yaml",
        "architecture.json",
        "architecture.yaml",
    )
    return next(folder / name for name in names if (folder / name).exists())


def sample_folders() -> list[Path]:
    return sorted(p.parent for p in SAMPLES.glob("*/io.npz"))


@pytest.fixture
def sample():
    """Name -> the sample's folder."""
    return lambda name: SAMPLES / name
