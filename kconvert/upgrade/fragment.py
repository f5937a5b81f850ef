"""What one layer becomes: a chain (or small graph) of layers of the next dialect around one main layer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kconvert.errors import Rejected
from kconvert.spec import Call, Config, Inner, LayerSpec, Nest, Origin, Port
from kconvert.tensor import Tensor

Shape = tuple[int | None, ...]
MOST_COPIES = 10_000


def copies(wanted: Any, what: str) -> int:
    """How often a rule may repeat its steps: as often as the file says, within reason.

    Raises:
        Rejected: more often.
    """
    number = int(wanted)
    if number > MOST_COPIES:
        raise Rejected(f"{what} is {number:,}, and each would become layers of its own; the limit is {MOST_COPIES:,}")
    return number


@dataclass(frozen=True, slots=True)
class From:
    """The output of an earlier step of the same fragment."""

    step: str
    output: int = 0


@dataclass(frozen=True, slots=True)
class Argument:
    """A keyword argument of the original call, as an argument of a step: its `mask`."""

    name: str


PREVIOUS = From("previous")
INPUT = From("input")


@dataclass(frozen=True, slots=True)
class Step:
    """One layer of a fragment.

    Attributes:
        suffix: names it: `<layer>_<suffix>`; the last step bears the layer's own name, so that ports stay valid.
        args: what it is called on: constants and From, INPUT being the original layer's own input.
        kwargs: the original call's keyword arguments that it is given as well (`mask`).
    """

    class_name: str
    config: Config = field(default_factory=dict)
    suffix: str = ""
    args: tuple[Nest, ...] = (PREVIOUS,)
    kwargs: tuple[str, ...] = ()
    tensors: Mapping[str, Tensor] = field(default_factory=dict)
    inner: Mapping[str, Inner] = field(default_factory=dict)

    @property
    def is_linear(self) -> bool:
        """A layer (not an operation) on nothing but the step before it."""
        return self.args == (PREVIOUS,) and not self.class_name.startswith("ops.")


@dataclass(frozen=True, slots=True)
class Fragment:
    """The steps for one layer.

    Attributes:
        call: rewrites how the main step is called (`initial_state`).
        outputs: output number of the layer -> the step that gives it now; others stay at the last step, which bears
            the layer's name.
        dropped: file tensor -> why nothing uses it: the layer stored it without ever using it at inference.
    """

    main: Step
    before: tuple[Step, ...] = ()
    after: tuple[Step, ...] = ()
    call: Callable[[Call], Call] | None = None
    outputs: Mapping[int, From] = field(default_factory=dict)
    dropped: Mapping[str, str] = field(default_factory=dict)

    @property
    def steps(self) -> tuple[Step, ...]:
        """All of them, in order."""
        return (*self.before, self.main, *self.after)

    @property
    def is_linear(self) -> bool:
        """True for a plain chain of layers."""
        return all(s.is_linear for s in self.steps)

    def with_config(self, **changes: Any) -> Fragment:
        """The main step with other arguments; `...` takes one away."""
        config = {**self.main.config, **changes}
        return replace(self, main=replace(self.main, config={k: v for k, v in config.items() if v is not ...}))

    def with_tensors(self, **changes: Tensor) -> Fragment:
        """The main step with other tensors."""
        return replace(self, main=replace(self.main, tensors={**self.main.tensors, **changes}))

    def without_tensors(self, slots: Iterable[str], because: str) -> Fragment:
        """The main step without tensors that no output of the layer ever depended on."""
        gone = {self.main.tensors[slot].name: because for slot in slots}
        kept = {slot: tensor for slot, tensor in self.main.tensors.items() if tensor.name not in gone}
        return replace(self, main=replace(self.main, tensors=kept), dropped={**self.dropped, **gone})


@dataclass(frozen=True, slots=True)
class Site:
    """Where a rule stands: the layer as it was, and what is known around it.

    Attributes:
        old: the layer in the dialect before the hop.
        origin: which release and backend wrote it.
        input_shapes: shape of the first input of each call, batch first; None where it is not known.
    """

    old: LayerSpec
    origin: Origin
    input_shapes: tuple[Shape | None, ...] = ()


Rule = Callable[[Site, Fragment], Fragment]


def placed(fragment: Fragment, layer: LayerSpec, taken: Iterable[str]) -> tuple[LayerSpec, ...]:
    """The fragment as layers of the model, called as often as `layer` was.

    Raises:
        Rejected: the layer is called in a way that its replacement cannot take.
    """
    names = _step_names(fragment, layer.name, set(taken) - {layer.name})
    specs = []
    for index, (step, name) in enumerate(zip(fragment.steps, names, strict=True)):
        calls = tuple(_call(fragment, index, names, old_call, number) for number, old_call in enumerate(layer.calls))
        specs.append(LayerSpec(step.class_name, name, step.config, calls, step.tensors, step.inner))
    return tuple(specs)


def redirected(fragment: Fragment, layer: LayerSpec, specs: Sequence[LayerSpec]) -> dict[Port, Port]:
    """Old -> new port of every output that another step gives now."""
    names = {step.suffix: spec.name for step, spec in zip(fragment.steps, specs, strict=True)}
    return {
        Port(layer.name, call, output): Port(names[source.step], call, source.output)
        for output, source in fragment.outputs.items()
        for call in range(len(layer.calls))
    }


def _step_names(fragment: Fragment, name: str, taken: set[str]) -> list[str]:
    names = []
    for step in fragment.steps[:-1]:
        wanted = candidate = (
            f"{name}_{step.suffix}" if step.suffix else f"{name}_{step.class_name.split('.')[-1].lower()}"
        )
        number = 1
        while candidate in taken or candidate in names:
            number += 1
            candidate = f"{wanted}_{number}"
        names.append(candidate)
    return [*names, name]


def _call(fragment: Fragment, index: int, names: list[str], old: Call, number: int) -> Call:
    step = fragment.steps[index]
    whole = fragment.call(old) if fragment.call else old
    if index == 0 and step.args == (PREVIOUS,):
        if step is not fragment.main and _more_than_one_input(whole):
            raise Rejected("it is called with further tensors, which the layers that replace it cannot take")
        return whole
    by_suffix = {s.suffix: n for s, n in zip(fragment.steps, names, strict=True)}

    def filled(nest: Nest) -> Nest:
        if nest == PREVIOUS and isinstance(nest, From):
            return whole.args[0] if index == 0 else Port(names[index - 1], number)
        if nest == INPUT and isinstance(nest, From):
            return whole.args[0]
        if isinstance(nest, Argument):
            return old.kwargs[nest.name]
        if isinstance(nest, From):
            return Port(by_suffix[nest.step], number, nest.output)
        if isinstance(nest, list | tuple):
            return type(nest)(filled(v) for v in nest)
        return nest

    return Call(tuple(filled(a) for a in step.args), {k: old.kwargs[k] for k in step.kwargs if k in old.kwargs})


def _more_than_one_input(call: Call) -> bool:
    return bool(call.kwargs) or len(call.args) != 1 or not isinstance(call.args[0], Port)
