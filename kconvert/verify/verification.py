"""What the judge says of a file, compared with what was meant."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from kconvert.axes import Order
from kconvert.errors import VerificationFailed
from kconvert.report import Verification
from kconvert.spec import ModelSpec
from kconvert.steps import step
from kconvert.variables import OPTIMIZER
from kconvert.verify.ahead import side_by_side
from kconvert.verify.comparing import Tolerance
from kconvert.verify.comparison import compared, computed_ahead
from kconvert.verify.process import Verifier
from kconvert.verify.sides import Sides

LARGE = 128 << 20  # bytes of a file that is unpacked at its staging place instead of in memory


def verified(
    verifier: Verifier,
    path: Path,
    format: str,
    digests: Mapping[str, str],
    *,
    original: ModelSpec,
    renamed: Mapping[str, str],
    moved: Collection[str] = (),
    probe: Path | None = None,
    tolerance: Tolerance = Tolerance(),
    input_names: Sequence[str] = (),
    output_names: Sequence[str] = (),
    module: Path | None = None,
    order: Order = Order(),
    expected: Mapping[str, Any] | None = None,
) -> Verification:
    """Reloads the file elsewhere: every weight bit for bit, every output and layer against the reference and the probe.

    Args:
        digests: of every weight, and of the optimizer's state, as it was meant, under the keys of `keyed_variables`.
        original: the model as it was read.
        renamed: old -> new names of layers, where they differ.
        moved: layers of the original whose outputs layers of other names give.
        probe: an `.npz` with inputs `in_0`, ... and the outputs `out_0`, ... that the original computed.
        module: the user's own code, which the file needs.
        order: where the axes of its tensors are not where the original's are.
        expected: what the file should say of its graph, as `intermediate.facts_of` does: the first run is computed ahead with it.

    Raises:
        VerificationFailed: it is not the same function, or stock Keras cannot load it; `verification` tells how they differ.
        UsageError: the probe is not one.
    """
    is_compiled = any(key.startswith(OPTIMIZER) for key in digests)
    own = str(module) if module else None

    def load() -> Mapping[str, Any]:
        return verifier.ask(
            do="load", path=str(path), format=format, module=own, compiled=is_compiled,
            may_unpack=format == "keras" and path.stat().st_size > LARGE,
        )  # fmt: skip

    def sides(facts: Mapping[str, Any]) -> Sides:
        return Sides(original, facts, input_names, output_names, renamed, moved, order)

    step("loading the result")
    facts, ahead = side_by_side(load, None if expected is None else lambda: computed_ahead(sides(expected)))
    _compare_weights(digests, facts["digests"], by_name=format == "keras")
    return _proved(
        compared(verifier, sides(facts), probe=probe, tolerance=tolerance, weights=len(digests), ahead=ahead)
    )


def verified_pair(
    verifier: Verifier,
    original: ModelSpec,
    path: Path,
    *,
    input_names: Sequence[str],
    output_names: Sequence[str],
    probe: Path | None = None,
    tolerance: Tolerance = Tolerance(),
) -> Verification:
    """The same for any file that stock Keras (or TensorFlow, a SavedModel) loads, whoever wrote it.

    Inputs, outputs and layers are matched by name where both have the same ones, inputs and outputs otherwise by place.

    Args:
        path: `.keras`, an HDF5 file, or a SavedModel folder.
        input_names, output_names: of the original.

    Raises:
        VerificationFailed: as `verified`.
        UsageError: the probe is not one.
    """
    facts = verifier.ask(do="load", path=str(path), format="savedmodel" if path.is_dir() else "keras")
    return _proved(
        compared(verifier, Sides(original, facts, input_names, output_names), probe=probe, tolerance=tolerance)
    )


def _proved(found: Verification) -> Verification:
    if found.status == "failed":
        raise VerificationFailed(f"it differs from {found.against}: {found.difference}", found)
    return found


def _compare_weights(meant: Mapping[str, str], found: Mapping[str, str], by_name: bool) -> None:
    if by_name:
        wrong = sorted(k for k in meant.keys() | found.keys() if meant.get(k) != found.get(k))
        if wrong:
            raise VerificationFailed(f"{len(wrong)} weights of the file are not what was meant: {', '.join(wrong[:5])}")
    else:  # the format keeps neither names nor order
        missing = set(meant.values()) - set(found.values())
        if missing:
            raise VerificationFailed(f"{len(missing)} weights of the model are not in the folder")
