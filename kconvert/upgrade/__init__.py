"""ModelSpec -> ModelSpec, one dialect hop at a time, config and tensors together; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kconvert.errors import ConversionFailed
from kconvert.report import LayerChange, Note
from kconvert.spec import Dialect, ModelSpec
from kconvert.upgrade.account import account_for_tensors
from kconvert.upgrade.binding import bound
from kconvert.upgrade.check import unaccounted
from kconvert.upgrade.hop import hopped, with_floatx
from kconvert.upgrade.maps import hop_maps
from kconvert.upgrade.masks import with_explicit_masks
from kconvert.upgrade.names import with_legal_names

__all__ = ["Upgraded", "known_layers", "upgrade"]


@dataclass(frozen=True, slots=True)
class Upgraded:
    """A model in today's dialect and what was changed on the way.

    Attributes:
        layers: one entry per layer and hop.
        renamed: old -> new name, where today's Keras refuses the old one.
    """

    spec: ModelSpec
    layers: tuple[LayerChange, ...]
    notes: tuple[Note, ...]
    renamed: Mapping[str, str]


def upgrade(spec: ModelSpec, maps: Sequence[Path] = ()) -> Upgraded:
    """The model in the keras3 dialect; `maps` are the user's own, looked up first.

    Raises:
        ConversionFailed: with every problem of every layer.
        MapError: a layer map is malformed.
    """
    user_maps = tuple(maps)
    model = spec
    changes: list[LayerChange] = []
    while model.dialect < Dialect.keras3:
        before = model.dialect
        hop = hop_maps(before, user_maps)
        problems = list(unaccounted(model, hop))
        if problems:
            raise ConversionFailed(problems)
        if model is spec:
            model = with_floatx(bound(model, hop))
        if before == Dialect.keras2:
            model = with_explicit_masks(model)
        model, layers = hopped(model, hop)
        assert model.dialect == before + 1, f"a hop from {before.name} led to {model.dialect.name}"
        changes += layers
    account_for_tensors(spec, model)
    model, renamed = with_legal_names(model)
    notes = tuple(Note("info", old, f"renamed to {new}") for old, new in renamed.items())
    return Upgraded(model, tuple(changes), notes, renamed)


def known_layers(dialect: Dialect) -> frozenset[str]:
    """The layer classes that the built-in maps of this dialect know."""
    return frozenset(hop_maps(dialect).sections["layers"])
