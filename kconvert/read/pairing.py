"""Which file holds the tensors of this architecture?"""

from __future__ import annotations

from pathlib import Path

from kconvert.errors import NoWeights

SUFFIXES = (".h5", ".hdf5")
ANY = (
    "weights",
    "model.weights",
)  # as people and the documentation of Keras name them, whatever the architecture's name


def weights_beside(architecture: Path) -> Path:
    """The tensors' file, where the names make it plain: model.json with model.h5, model_weights.h5, weights.h5 or model.weights.h5.

    A checkpoint is named by its prefix: `weights` for `weights.index`.

    Raises:
        NoWeights: none, or more than one.
    """
    stem = architecture.stem
    shorter = stem.removesuffix("_architecture").removesuffix("_arch").removesuffix(".model")
    stems = dict.fromkeys([stem, f"{stem}_weights", f"{stem}.weights", shorter, f"{shorter}_weights", *ANY])
    found = [p for s in stems for x in SUFFIXES if (p := architecture.with_name(s + x)).is_file()]
    found += [architecture.with_name(s) for s in stems if architecture.with_name(f"{s}.index").is_file()]
    if len(found) == 1:
        return found[0]
    what = "several files could hold" if found else "no file beside it is plainly named for"
    names = f" ({', '.join(p.name for p in found)})" if found else ""
    raise NoWeights(f"{architecture}: an architecture; {what} its tensors{names}: name one with --weights FILE")
