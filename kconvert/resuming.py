"""Training state from the file to the converted model: all of it, or none with the reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kconvert.asked import Wanted, Wishes
from kconvert.errors import ConversionFailed, KConvertError, Problem, Rejected
from kconvert.spec import ModelSpec
from kconvert.upgrade import Upgraded, upgrade
from kconvert.upgrade.training import compiled, numbered, other_steps, states

if TYPE_CHECKING:
    from kconvert.transfer import Values

OPTION = "--training auto|drop"


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


def prepared(spec: ModelSpec, wishes: Wishes) -> tuple[ModelSpec, Resumed | None]:
    """The model, marked as one that is trained on where that is possible; else why not.

    Raises:
        ConversionFailed: `keep` is wanted, and today's Keras has no such optimizer or loss, or not the same.
    """
    if spec.training is None:
        return spec, Resumed(False, "the file has none")
    if wishes.training == "drop":
        return spec, Resumed(False, "as asked for")
    try:
        if wishes.format != "keras":
            raise Rejected("this format keeps no optimizer: write a .keras file")
        if spec.training.damage:
            raise Rejected(f"it cannot be read: {spec.training.damage}")
        said = compiled(spec.training, spec.dialect, spec.origin, wishes.maps, {})
        inexact = (*said.inexact, *other_steps(spec))
        if wishes.training == "keep" and inexact:
            raise Rejected("; ".join(inexact))
    except KConvertError as error:
        return spec, _left_out(error, wishes.training)
    return replace(spec, origin=replace(spec.origin, is_trained_on=True)), None


def resumed(
    spec: ModelSpec,
    upgraded: Upgraded,
    model: Any,
    values: Values,
    wishes: Wishes,
    rewritten: Callable[[ModelSpec], ModelSpec] = lambda new: new,
) -> Resumed:
    """Compiles the rebuilt model as the file says and gives its optimizer the file's state.

    Args:
        spec: of `prepared`, and `upgraded` what became of it.
        values: takes what the optimizer's variables shall be.
        rewritten: what is done to an upgraded model, which moves its weights once more.

    Raises:
        ConversionFailed: `keep` is wanted, and not all of it can be given.
    """
    from kconvert.rebuild import compile_model, forget_training
    from kconvert.transfer import restored, trained

    assert spec.training is not None
    try:
        said = compiled(spec.training, spec.dialect, spec.origin, wishes.maps, upgraded.renamed)
        numbers = numbered(spec)
        found = trained(rewritten(upgrade(numbers.spec, wishes.maps).spec), numbers.ranges, model)
        state = states(spec, said.state, {name: len(numbers) for name, numbers in found.weights.items()})
        compile_model(model, said)
        variables = restored(model.optimizer, found, state, values)
    except KConvertError as error:
        forget_training(model)
        return _left_out(error, wishes.training)
    optimizer = str(said.optimizer["class_name"])
    inexact = (*said.inexact, *other_steps(spec))
    return Resumed(True, "", optimizer, state.iterations, variables, inexact, said.notes)


def _left_out(error: KConvertError, wanted: Wanted) -> Resumed:
    if wanted == "keep":
        problems = error.problems if isinstance(error, ConversionFailed) else [error]
        raise ConversionFailed([_as_asked(problem) for problem in problems]) from None
    return Resumed(False, str(error))


def _as_asked(problem: Any) -> Problem:
    if isinstance(problem, Problem):
        problem.option = problem.option or OPTION
        return problem
    return Rejected(str(problem), option=OPTION)
