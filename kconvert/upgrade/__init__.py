"""ModelSpec -> ModelSpec, one dialect hop at a time, config and tensors together; pure.

`_upgraded` below is the order of it all. The files, by what they are about:

* the facts: `map_format.py` (the vocabulary, typed), `maps.py` (what becomes of this class?), `conditions.py`;
* before a hop, on the whole model: `check.py` (is everything accounted for?), `unused.py`, `theano.py`, `resets.py`,
  `dim_ordering.py`, `dtypes.py`, `masks/` (what the dialect leaves unsaid becomes explicit);
* code and op layers as stock operations: `lambdas/`, `operations/`; the user's own classes and functions: `custom.py`,
  `custom_tensors.py`, `functions_apart.py`;
* tensors: `binding.py` and `addressed.py` (whose is it?), `slots.py` (what becomes of it?), `account.py` (each exactly once);
* one layer: `hop.py` makes it a `Fragment` (`fragment.py`) by `arguments.py`, `objects.py` and `rules/`; `wrapping.py`;
* the training state: `training/`; asked by many: `shapes/`, `order.py`, `in_short.py`, `comparing.py`;
* at the end: `names.py`; around everything: `alternatives.py` (a question whose answers lead to the same model is none).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kconvert.errors import NONSENSE, BrokenGraph, CodeInModel, ConversionFailed, Problem
from kconvert.report import LayerChange, Note
from kconvert.spec import Dialect, ModelSpec, walk
from kconvert.upgrade.account import account_for_tensors
from kconvert.upgrade.addressed import without_states
from kconvert.upgrade.alternatives import the_only_answer
from kconvert.upgrade.binding import bound
from kconvert.upgrade.check import unaccounted
from kconvert.upgrade.custom import with_custom_layers
from kconvert.upgrade.dim_ordering import with_dim_ordering
from kconvert.upgrade.dtypes import with_dtypes
from kconvert.upgrade.functions_apart import apart_from, with_functions_apart
from kconvert.upgrade.hop import hopped
from kconvert.upgrade.lambdas import held_lambda
from kconvert.upgrade.maps import hop_maps
from kconvert.upgrade.masks import with_explicit_masks, without_merged_masks
from kconvert.upgrade.names import with_legal_names
from kconvert.upgrade.operations.resolving import Resolved, with_stock_operations
from kconvert.upgrade.resets import with_resets
from kconvert.upgrade.theano import with_theano
from kconvert.upgrade.unused import with_needed_calls, without_unused

__all__ = ["Upgraded", "upgrade"]

BACKENDS = {
    Dialect.keras0: ("theano", "tensorflow"),
    Dialect.keras1: ("theano", "tensorflow"),
    Dialect.keras2: ("theano", "tensorflow", "cntk"),
}


@dataclass(frozen=True, slots=True)
class Upgraded:
    """A model in today's dialect and what was changed on the way.

    Attributes:
        layers: one entry per layer and hop.
        renamed: old -> new name, where today's Keras refuses the old one.
        moved: names of layers of the file whose outputs layers of other names give now.
    """

    spec: ModelSpec
    layers: tuple[LayerChange, ...]
    notes: tuple[Note, ...]
    renamed: Mapping[str, str]
    moved: frozenset[str] = frozenset()


def upgrade(spec: ModelSpec, maps: Sequence[Path] = ()) -> Upgraded:
    """The model in the keras3 dialect; `maps` are the user's own, looked up first.

    Where the file does not say which backend wrote it, the model is upgraded for each that can have: if the results are
    the same, the question does not matter.

    Raises:
        ConversionFailed: with every problem of every layer.
        MapError: a layer map is malformed.
    """
    try:
        return _for_all_backends(spec, tuple(maps))
    except NONSENSE as error:
        what = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise ConversionFailed(
            [
                BrokenGraph(
                    f"its description is not one that Keras writes ({what})", layer=spec.name, code="E_BAD_CONFIG"
                )
            ]
        ) from error


def _for_all_backends(spec: ModelSpec, maps: tuple[Path, ...]) -> Upgraded:
    if spec.origin.backend is not None or spec.dialect not in BACKENDS:
        return _upgraded(spec, maps)
    backends = BACKENDS[spec.dialect]
    return the_only_answer(
        backends,
        lambda backend: _upgraded(replace(spec, origin=replace(spec.origin, backend=backend)), maps),
        lambda upgraded: upgraded.spec,
        [layer.name for layer in spec.layers],
        question="which backend wrote it",
        option=f"--backend {'|'.join(backends)}",
    )


def _upgraded(spec: ModelSpec, maps: tuple[Path, ...]) -> Upgraded:
    begun, dropped = without_states(with_theano(spec))
    model = begun = with_needed_calls(begun)
    left_out: tuple[Note, ...] = ()
    changes: list[LayerChange] = []
    moved: set[str] = set()
    while model is begun or model.dialect < Dialect.keras3:  # an early Keras 3 takes one hop, to the Keras 3 of today
        before = model.dialect
        hop = with_custom_layers(hop_maps(before, maps), spec.origin.custom)
        is_first = model is begun
        problems = list(unaccounted(without_unused(model).model, hop))
        if before == Dialect.keras2:
            resolved = _resolved(model)
            model, problems = resolved.model, problems + list(resolved.problems)
            changes += resolved.changes
        if problems:
            raise ConversionFailed(problems)
        if is_first:
            used = without_unused(bound(model, hop))  # bound first: a file lists the tensors of all layers
            model = with_dtypes(used.model)
            dropped |= used.dropped
            left_out = used.notes
        try:
            model = _prepared(model)
        except Problem as problem:
            raise ConversionFailed([problem]) from None
        model, layers, unused, elsewhere = hopped(model, hop)
        assert model.dialect == hop.new and before in (hop.new - 1, Dialect.keras3), (
            f"a hop from {before.name} led to {model.dialect.name}"
        )
        changes += layers
        dropped |= unused
        moved |= elsewhere
    account_for_tensors(spec, model, dropped)
    model, renamed = with_legal_names(model)
    notes = [*left_out]
    notes += [Note("info", old, f"renamed to {new}") for old, new in renamed.items()]
    notes += [Note("info", "", f"{tensor} is not used: {because}") for tensor, because in dropped.items()]
    return Upgraded(model, tuple(changes), tuple(notes), renamed, frozenset(moved))


def _resolved(model: ModelSpec) -> Resolved:
    """The model without op layers and Lambdas; the user's functions as operations, too, where they can be."""
    kept: set[str] = set()
    lambdas = {"/".join((*above, layer.name)) for above, layer in walk(model) if held_lambda(layer) is not None}
    while True:
        resolved = with_stock_operations(with_functions_apart(model, kept))
        back = {apart_from(p.layer) for p in resolved.problems if p.layer not in lambdas and isinstance(p, CodeInModel)}
        if not back - kept:
            return resolved
        kept |= back


def _prepared(model: ModelSpec) -> ModelSpec:
    """The model with what its own dialect left unsaid made explicit: masks, and the order of axes."""
    if model.dialect is Dialect.keras0:
        return with_dim_ordering(without_merged_masks(with_resets(model)))
    return with_dim_ordering(model) if model.dialect is Dialect.keras1 else with_explicit_masks(model)
