"""Following the calls of a model: ports, shared layers, models in models, and what cannot be computed.

Only what leads to the model's outputs is computed. A call whose inputs are unknown is left out in silence: what made them
unknown has been said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kconvert.spec import Call, ModelSpec, Nest, Port, map_ports
from kconvert.verify.reference.facts import Lacking
from kconvert.verify.reference.layer import Layer
from kconvert.verify.reference.values import Value

Path = tuple[str, ...]
Node = tuple[str, int]
Outputs = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """What the reference lacks.

    Attributes:
        layer: name of the call: `outer/inner`, `name#1` for a second call.
        reason: one sentence.
    """

    layer: str
    class_name: str
    reason: str


@dataclass(slots=True)
class Journal:
    """What happened in one run: the outputs of every call where they are kept, and what is missing."""

    keep: bool
    outputs: dict[str, Outputs | None] = field(default_factory=dict)
    missing: list[Missing] = field(default_factory=list)

    def note(self, name: str, outputs: Outputs | None) -> None:
        """Remembers what a call gave."""
        if self.keep:
            self.outputs[name] = outputs


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """A model whose layers can be computed.

    Attributes:
        path: where it is below the outermost model.
        layers: path -> layer, for all models.
    """

    spec: ModelSpec
    path: Path
    layers: Mapping[Path, Layer]

    def __call__(self, *inputs: Value) -> Outputs:
        """The outputs of a model that another layer holds.

        Raises:
            Lacking: for one of them.
        """
        journal = Journal(keep=False)
        outputs = self.run(inputs, journal)
        if journal.missing:
            first = journal.missing[0]
            raise Lacking(f"{first.class_name} {first.layer!r} inside it: {first.reason}")
        return tuple(value for value in outputs if value is not None)

    def run(self, inputs: Sequence[Value | None], journal: Journal, prefix: str = "") -> list[Value | None]:
        """The model's outputs in order, None where the reference cannot say.

        Args:
            inputs: in the order of `flat(spec.inputs)`.
            prefix: what stands before the names of its calls in the journal.
        """
        done: dict[Node, Outputs | None] = {}
        for port, value in zip(flat(self.spec.inputs), inputs, strict=True):
            done[port.layer, port.call] = None if value is None else (value,)
        calls = {(la.name, n): call for la in self.spec.layers for n, call in enumerate(la.calls)}
        order = list(_order(calls, [(p.layer, p.call) for p in flat(self.spec.outputs)]))
        uses = Counter((p.layer, p.call) for node in order for p in calls[node].ports())
        uses.update((p.layer, p.call) for p in flat(self.spec.outputs))
        for node in order:
            name = prefix + (node[0] if node[1] == 0 else f"{node[0]}#{node[1]}")
            if node not in done:
                done[node] = self._called(node, calls[node], done, journal, name)
            journal.note(name, done[node])
            for port in calls[node].ports():
                uses[port.layer, port.call] -= 1
                if not uses[port.layer, port.call]:
                    done[port.layer, port.call] = None
        return [_at(port, done) for port in flat(self.spec.outputs)]

    def _called(
        self, node: Node, call: Call, done: Mapping[Node, Outputs | None], journal: Journal, name: str
    ) -> Outputs | None:
        layer = self.layers[(*self.path, node[0])]
        if layer.model is not None:
            inputs = [_at(port, done) for port in call.ports()]
            try:
                outputs = layer.model.run(inputs, journal, f"{name}/")
            except ValueError as error:
                journal.missing.append(Missing(name, layer.class_name, str(error)))
                return None
            return None if any(value is None for value in outputs) else tuple(v for v in outputs if v is not None)
        if any(_at(port, done) is None for port in call.ports()):
            return None
        args = map_ports(call.args, lambda port: _at(port, done))
        kwargs = map_ports(dict(call.kwargs), lambda port: _at(port, done))
        args, kwargs = _with_mask(args, {key: value for key, value in kwargs.items() if value is not None})
        try:
            result = layer(*args, **kwargs)
        except Lacking as lacking:
            journal.missing.append(Missing(name, layer.class_name, str(lacking)))
        except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, AssertionError) as error:
            reason = f"the reference cannot compute it: {type(error).__name__}: {error}"
            journal.missing.append(Missing(name, layer.class_name, reason))
        else:
            return result if isinstance(result, tuple) else (result,)
        return None


def flat(nest: Nest) -> list[Port]:
    """The ports of a model's inputs or outputs in order; a dict's are sorted by their keys."""
    if isinstance(nest, Port):
        return [nest]
    if isinstance(nest, Mapping):
        return [port for key in sorted(nest) for port in flat(nest[key])]
    return [port for part in nest for port in flat(part)]


def _at(port: Port, done: Mapping[Node, Outputs | None]) -> Value | None:
    outputs = done.get((port.layer, port.call))
    return None if outputs is None else outputs[port.output]


def _with_mask(args: tuple[Nest, ...], kwargs: dict[str, Nest]) -> tuple[tuple[Nest, ...], dict[str, Nest]]:
    """A tensor given as `mask` is the mask of the first argument."""
    if args and isinstance(args[0], Value) and isinstance(kwargs.get("mask"), Value):
        mask = kwargs.pop("mask").array.astype(bool)
        return (Value(args[0].array, mask), *args[1:]), kwargs
    return args, kwargs


def _order(calls: Mapping[Node, Call], wanted: Sequence[Node]) -> Iterator[Node]:
    """The calls that lead to the wanted ones, each after those that it needs."""
    seen: set[Node] = set()
    waiting = [(node, False) for node in reversed(wanted)]
    while waiting:
        node, is_ready = waiting.pop()
        if is_ready:
            yield node
        elif node not in seen:
            seen.add(node)
            waiting.append((node, True))
            waiting += [((p.layer, p.call), False) for p in calls[node].ports() if (p.layer, p.call) not in seen]
