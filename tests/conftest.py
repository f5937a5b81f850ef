"""Where the truth lies: sample models in the repository, and the corpus beside it where it is there."""

import json
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("kconvert", deadline=None)  # a busy machine is no failure
settings.load_profile("kconvert")

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


def hints_of(folder: Path) -> dict[str, str]:
    """What a user must say of a case or sample, because its file does not."""
    facts = next(json.loads((folder / n).read_text()) for n in ("case.json", "sample.json") if (folder / n).exists())
    names = {"backend": "backend", "keras_version": "keras_version", "data_format": "source_data_format"}
    return {names[key]: value for key, value in (facts.get("hints") or {}).items() if key in names}


def weights_of(folder: Path) -> Path | None:
    """The file of the tensors of a case or sample, where the model has one of its own."""
    return None if source_of(folder).suffix == ".h5" else next(folder.glob("*weights.h5"), None)


def custom_of(folder: Path) -> Path | None:
    """The user's own code of a case or sample."""
    path = folder / "custom.py"
    return path if path.exists() else None


def sample_folders() -> list[Path]:
    return sorted(p.parent for p in SAMPLES.glob("*/io.npz"))


@pytest.fixture
def sample():
    """Name -> the sample's folder."""
    return lambda name: SAMPLES / name


def pytest_collection_modifyitems(config, items):
    """Tests in a browser are for machines that have one: they run when `-m` names them."""
    if "browser" in config.option.markexpr:
        return
    chosen = [item for item in items if "browser" not in item.keywords]
    config.hook.pytest_deselected(items=[item for item in items if "browser" in item.keywords])
    items[:] = chosen
