"""One model against its original, run by run: outputs and layers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np

from kconvert.report import LayerCheck, MissingLayer, OutputCheck, Run, Verification
from kconvert.tensor import Array
from kconvert.verify.ahead import Ahead
from kconvert.verify.comparing import Difference, Tolerance, difference
from kconvert.verify.inputs import Given, Wanted, attempts, plausible
from kconvert.verify.naming import uncounted
from kconvert.verify.probe import read_probe
from kconvert.verify.process import Verifier
from kconvert.verify.reference import Computed, Reference, reference
from kconvert.verify.rounding import UNITS, rounding, unit_of
from kconvert.verify.running import Ran, run
from kconvert.verify.sides import Sides

# How many numbers all layers together may give in one run: below the first, several runs of several examples; up to the
# second, what layers give is held in memory and compared (in double precision, 8 bytes each).
SMALL = 4_000_000
KEPT = 80_000_000
BATCHES = (16, 1)
SEARCHED = (2, 3, 4)  # further runs, outputs only, of many examples
MANY = 64
NOTHING = 1e-9  # of numbers that are all zero but for rounding
INSIDE = 64.0  # units of rounding that a layer may be off by, relative to its largest number


def compared(
    verifier: Verifier,
    sides: Sides,
    *,
    probe: Path | None,
    tolerance: Tolerance,
    weights: int = 0,
    ahead: Ahead | None = None,
) -> Verification:
    """Runs both on the same inputs: those of the probe, and plausible ones.

    Args:
        ahead: of `computed_ahead`.

    Returns:
        What was found, of status `failed` where they differ.

    Raises:
        UsageError: the probe is not one.
        VerificationFailed: the file has other inputs or outputs, or stock Keras died over it.
    """
    sides.check()
    comparison = _Comparison(verifier, sides, tolerance, ahead)
    if probe is not None:
        recorded = read_probe(probe, len(sides.input_names), len(sides.output_names))
        comparison.on_recorded(recorded.given, recorded.outputs)
    comparison.on_plausible()
    return comparison.verification(weights, "" if probe is None else probe.name)


def computed_ahead(sides: Sides) -> Ahead:
    """The reference of the first run, for sides of which the file has not been loaded yet."""
    given, _ = _fitting(sides, sides.wanted(), BATCHES[0], 0, 0)
    keep = sides.numbers(given.arrays) <= KEPT
    return Ahead(given, keep, reference(sides.original).run(given.arrays, keep=keep))


def _fitting(sides: Sides, wanted: Sequence[Wanted], examples: int, number: int, attempt: int) -> tuple[Given, bool]:
    """Inputs of as many examples as are not too many for the model, and whether one is not."""
    one = plausible(wanted, 1, number, attempt)
    each = sides.numbers(one.arrays) // max(1, len(one.arrays[0]))
    fitting = max(1, min(examples, SMALL // max(1, each)))
    return plausible(wanted, fitting, number, attempt), each <= SMALL


class _Comparison:
    """Gathers differences; the worst of all runs counts."""

    def __init__(self, verifier: Verifier, sides: Sides, tolerance: Tolerance, ahead: Ahead | None = None) -> None:
        self._ahead = ahead
        self._verifier, self._sides, self._tolerance = verifier, sides, tolerance
        self._outputs: dict[tuple[str, str], Difference] = {}
        self._layers: dict[str, Difference] = {}
        self._nodes: dict[str, str] = {}
        self._missing: dict[str, MissingLayer] = {}
        self._runs: list[Run] = []
        self._remarks: dict[str, None] = {}
        self._refused = ""
        self._is_small = True
        self._reference = self._prepared()
        self._classes = sides.classes()
        self._unit = unit_of(sides.facts["dtypes"])
        self._range = float(np.finfo("float16" if self._unit == UNITS["float16"] else "float32").max)
        self._inside = Tolerance(max(tolerance.relative, INSIDE * self._unit), tolerance.absolute)

    def on_recorded(self, given: Given, outputs: Sequence[Array]) -> None:
        """Both sides on a probe; a reference that does not give what was recorded is not used any further."""
        computed = self._computed(given, keep=self._sides.numbers(given.arrays) <= KEPT)
        with self._run(given, computed) as ran:
            if ran.refused:
                broken = Difference(math.inf, math.inf, False, because=f"stock Keras cannot run it: {ran.refused}")
                self._outputs |= {(name, "probe"): broken for name in self._sides.output_names}
                return
            self._runs.append(given.run)
            self._add_outputs("probe", given, ran, outputs)
            if computed is None:
                return
            pairs = [(ours, theirs) for ours, theirs in zip(computed.outputs, outputs, strict=True) if ours is not None]
            if all(difference(ours, theirs, self._tolerance).passed for ours, theirs in pairs):
                self._add(given, computed, ran)
            else:
                self._reference = None
                self._remarks["the reference does not give what was recorded, so it was not used"] = None

    def on_plausible(self) -> None:
        """Both sides on generated inputs.

        Where a difference is larger than rounding makes one, though no output is off by more than the tolerance, inputs are
        searched that show it.
        """
        wanted = self._sides.wanted()
        attempt = next((n for n in attempts(wanted) if self._is_compared(self._given(wanted, BATCHES[0], 0, n))), None)
        if attempt is None or self._reference is None:
            return
        if self._is_small:
            self._is_compared(self._given(wanted, BATCHES[1], 1, attempt))
            for number in SEARCHED:
                if self._is_suspicious():
                    self._is_compared(self._given(wanted, MANY, number, attempt), keep=False)

    def _given(self, wanted: Sequence[Wanted], examples: int, number: int, attempt: int) -> Given:
        given, self._is_small = _fitting(self._sides, wanted, examples, number, attempt)
        return given

    def _is_suspicious(self) -> bool:
        """Nothing has failed, and something is off by more than rounding."""
        found = [*self._layers.values(), *self._outputs.values()]
        return all(d.passed for d in self._outputs.values()) and any(
            d.max_abs > INSIDE * self._unit * d.size + NOTHING for d in found
        )

    def verification(self, weights: int, probe: str) -> Verification:
        """Everything that was found."""
        outputs = tuple(
            OutputCheck(name, d.max_abs, d.max_rel, d.passed, against, d.because)
            for (name, against), d in self._outputs.items()
        )
        layers = tuple(
            LayerCheck(
                name, self._classes.get(uncounted(name), ""), self._nodes[name], d.max_abs, d.max_rel, d.passed,
                d.size, d.because,
            )
            for name, d in self._layers.items()
        )  # fmt: skip
        differing = [layer.name for layer in layers if not layer.passed]
        is_complete = {check.name for check in outputs} == set(self._sides.output_names)
        is_failed = not all(check.passed for check in outputs) or (bool(differing) and not is_complete)
        if self._refused and not self._runs:
            self._remarks[f"stock Keras could not run it on plausible inputs: {self._refused}"] = None
        if differing and not is_failed:
            self._remarks[f"{len(differing)} layers differ and no output does: {differing[0]} is the first"] = None
        compared = {check.against for check in outputs} or ({"reference"} if layers else set())
        words = {
            "probe": f"those recorded in {probe}",
            "reference": "an independent computation of the original in NumPy",
        }
        return Verification(
            status="failed" if is_failed else "passed" if is_complete else "partial" if compared else "weights-only",
            weights_compared=weights,
            outputs=outputs,
            against=" and ".join(text for what, text in words.items() if what in compared),
            layers=layers,
            first_difference=differing[0] if differing else "",
            missing=tuple(self._missing.values()),
            runs=tuple(self._runs),
            rtol=self._tolerance.relative,
            atol=self._tolerance.absolute,
            remarks=tuple(self._remarks),
        )

    def _prepared(self) -> Reference | None:
        try:
            return reference(self._sides.original)
        except Exception as error:  # an oversight of the reference's must not stand against a conversion
            self._lacks(error)
            return None

    def _computed(self, given: Given, keep: bool) -> Computed | None:
        if self._reference is None:
            return None
        ahead, self._ahead = self._ahead, None
        try:
            if ahead is not None and ahead.suits(given, keep):
                computed = ahead.computed
            else:
                computed = self._reference.run(given.arrays, keep=keep)
        except Exception as error:
            self._lacks(error)
            return None
        for missing in computed.missing:
            self._missing.setdefault(missing.layer, MissingLayer(missing.layer, missing.class_name, missing.reason))
        return computed

    def _lacks(self, error: Exception) -> None:
        self._missing.setdefault("", MissingLayer("", "", f"the reference stopped: {type(error).__name__}: {error}"))

    def _is_compared(self, given: Given, keep: bool = True) -> bool:
        """False where stock Keras cannot run the file on these inputs."""
        if self._sides.numbers(given.arrays) > KEPT:
            keep = False
            self._remarks["the layers give too many numbers to be compared one by one"] = None
        computed = self._computed(given, keep)
        if computed is not None and _largest(computed) > self._range:
            self._remarks[
                "some generated inputs lead beyond the largest number of its precision: not compared on these"
            ] = None
            return True
        with self._run(given, computed) as ran:
            if ran.refused:
                self._refused = ran.refused
                return False
            self._runs.append(given.run)
            if computed is not None:
                self._add(given, computed, ran)
            if ran.without_layers:
                self._remarks[f"stock Keras could not be asked layer by layer: {ran.without_layers}"] = None
        return True

    def _run(self, given: Given, computed: Computed | None) -> AbstractContextManager[Ran]:
        made = {} if computed is None else computed.layers
        counts = {name: 0 if self._is_input(name) else _count(value) for name, value in made.items()}
        nodes = self._sides.nodes(counts)
        self._nodes.update(nodes)
        order = self._sides.order
        arrays = [order.given(n).laid(given.arrays[n]) for n in self._sides.input_order]
        return run(self._verifier, arrays, nodes, self._sides.output_order, order)

    def _is_input(self, name: str) -> bool:
        """Of a model at any depth: it gives what it was given."""
        return self._classes.get(uncounted(name)) == "InputLayer"

    def _add(self, given: Given, computed: Computed, ran: Ran) -> None:
        self._add_outputs("reference", given, ran, computed.outputs)
        found: dict[str, Difference] = {}
        for name, output, got in ran.layers():
            made = computed.layers[name]
            want = made[output] if isinstance(made, tuple) else made
            if want is not None:
                found[name] = difference(got, want, self._inside, by_scale=True).worse(found.get(name))
        for name in computed.layers:  # in the order of the computation
            if name in found:
                self._layers[name] = found[name].worse(self._layers.get(name))

    def _add_outputs(self, against: str, given: Given, ran: Ran, outputs: Sequence[Array | None]) -> None:
        slack: list[Array | None] | None = None
        for number, (got, want) in enumerate(zip(ran.outputs(), outputs, strict=True)):
            if want is None:
                continue
            name = self._sides.output_names[number]
            found = difference(got, want, self._tolerance)
            if not found.passed and math.isfinite(found.max_abs) and self._reference is not None:
                slack = rounding(self._sides.original, given.arrays, self._unit) if slack is None else slack
                found = difference(got, want, self._tolerance, slack=slack[number])
                if found.passed:
                    self._remarks[
                        f"{name}: rounding alone moves it by more than the tolerance, and so far it may differ"
                    ] = None
            self._outputs[name, against] = found.worse(self._outputs.get((name, against)))


def _largest(computed: Computed) -> float:
    """The largest number that the reference comes across, in double precision: a coarser one may have no such number."""
    values = [*computed.outputs, *computed.layers.values()]
    arrays = [a for v in values if v is not None for a in (v if isinstance(v, tuple) else (v,)) if a.dtype.kind == "f"]
    return max((float(np.max(np.abs(a), initial=0.0, where=np.isfinite(a))) for a in arrays), default=0.0)


def _count(made: Array | tuple[Array, ...] | None) -> int:
    return 0 if made is None else len(made) if isinstance(made, tuple) else 1
