"""Training state from the file to the converted model: all of it, or none with the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from kconvert.errors import ConversionFailed, KConvertError, Problem, Rejected
from kconvert.spec import ModelSpec
from kconvert.upgrade import Upgraded, upgrade
from kconvert.upgrade.training import compiled, numbered, states

Wanted = Literal["keep", "drop", "auto"]
OPTION = "--training drop"


@dataclass(frozen=True, slots=True)
class Resumed:
    """What became of the training state.

    Attributes:
        kept: True where the model is compiled and its optimizer goes on where it stopped.
        because: why not, where it is not.
        optimizer: today's class of the optimizer.
        iterations: steps that it has taken.
        variables: how many of its variables came from the file.
        inexact: why further steps are not exactly those of the framework that wrote the file.
        notes: what was left out and changes no step.
    """

    kept: bool
    because: str = ""
    optimizer: str = ""
    iterations: int = 0
    variables: int = 0
    inexact: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def resumed(
    spec: ModelSpec, upgraded: Upgraded, model: Any, maps: Sequence[Path], wanted: Wanted, format: str
) -> Resumed:
    """Compiles the rebuilt model as the file says and gives its optimizer the file's state.

    Under `auto`, what is not exact is kept and said, and what cannot be expressed leaves the model uncompiled.

    Raises:
        ConversionFailed: `keep` is wanted, and it cannot be exact.
    """
    if spec.training is None:
        return Resumed(False, "the file has none")
    if wanted == "drop":
        return Resumed(False, "as asked for")
    try:
        if format != "keras":
            raise Rejected("the format keeps no optimizer: write a .keras file")
        found = _resumed(spec, upgraded.renamed, model, maps)
        if wanted == "keep" and found.inexact:
            raise Rejected("; ".join(found.inexact))
    except KConvertError as error:
        if wanted == "keep":
            problems = error.problems if isinstance(error, ConversionFailed) else [error]
            raise ConversionFailed([_as_asked(problem) for problem in problems]) from None
        _forget(model)
        return Resumed(False, str(error))
    return found


def _resumed(spec: ModelSpec, renamed: Mapping[str, str], model: Any, maps: Sequence[Path]) -> Resumed:
    from kconvert.rebuild import compile_model
    from kconvert.transfer import restored, trained

    assert spec.training is not None
    if spec.training.damage:
        raise Rejected(f"it cannot be read: {spec.training.damage}")
    said = compiled(spec.training, spec.dialect, spec.origin, maps, renamed)
    numbers = numbered(spec)
    found = trained(upgrade(numbers.spec, maps).spec, numbers.ranges, model)
    state = states(spec, said.state, list(found.weights))
    compile_model(model, said)
    variables = restored(model.optimizer, found, state)
    return Resumed(
        True, "", str(said.optimizer["class_name"]), state.iterations, variables, said.inexact, said.notes
    )  # fmt: skip


def _as_asked(problem: Any) -> Problem:
    if isinstance(problem, Problem):
        problem.option = problem.option or OPTION
        return problem
    return Rejected(str(problem), option=OPTION)


def _forget(model: Any) -> None:
    """A model as it is before `compile`."""
    model.compiled = False
    model.optimizer = None
