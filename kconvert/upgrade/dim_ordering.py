"""Keras 1 does not save `dim_ordering` on padding, cropping, upsampling and SpatialDropout layers, nor does 0.3.

It is that of the layers which do save it, where they agree; else that of the nearest ones in the graph. Where no layer
says it, the user must; a SpatialDropout alone is not worth a question, it does nothing at inference. Keras 0.3 itself
takes `th` when it reads such a layer. Sources: keras 1.2.2 layers/convolutional.py, layers/core.py; keras 0.3.3
layers/convolutional.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from kconvert.errors import AmbiguousOrigin
from kconvert.spec import Dialect, LayerSpec, ModelSpec, walk

RESHAPING = frozenset(f"{kind}{n}D" for kind in ("UpSampling", "ZeroPadding", "Cropping") for n in (2, 3))
SILENT = RESHAPING | {"SpatialDropout2D", "SpatialDropout3D", "UpSample2D"}
SPELLED = {"channels_first": "th", "channels_last": "tf"}


def with_dim_ordering(model: ModelSpec) -> ModelSpec:
    """The model with a `dim_ordering` on every layer that needs one.

    Raises:
        AmbiguousOrigin: nothing in the file and no hint says it.
    """
    said = {str(layer.config["dim_ordering"]) for _, layer in walk(model) if layer.config.get("dim_ordering")}
    hint = model.origin.hints.get("data_format")
    everywhere = SPELLED[hint] if hint is not None else next(iter(said)) if len(said) == 1 else None
    return _model(model, everywhere)


def _model(model: ModelSpec, everywhere: str | None) -> ModelSpec:
    layers = tuple(_layer(layer, model, everywhere, layer.name) for layer in model.layers)
    return replace(model, layers=layers)


def _layer(layer: LayerSpec, model: ModelSpec, everywhere: str | None, place: str) -> LayerSpec:
    """`place` is the top-level layer, which stands in the graph for what it holds."""
    inner: dict[str, Any] = {}
    for role, held in layer.inner.items():
        if isinstance(held, ModelSpec):
            inner[role] = _model(held, everywhere)
        elif isinstance(held, LayerSpec):
            inner[role] = _layer(held, model, everywhere, place)
        else:
            inner[role] = tuple(_layer(one, model, everywhere, place) for one in held)
    config = layer.config
    if layer.class_name in SILENT and not config.get("dim_ordering"):
        ordering = everywhere or _of_neighbours(model, place)
        if ordering is None and model.dialect is Dialect.keras0:
            ordering = "th"
        if ordering is None and layer.class_name in RESHAPING:
            raise AmbiguousOrigin(
                "the file does not say the order of its axes, and no layer near it does",
                layer=layer.name, class_name=layer.class_name, option="--source-data-format channels_first|channels_last",
            )  # fmt: skip
        config = {**config, "dim_ordering": ordering} if ordering else config
    return replace(layer, config=config, inner=inner)


def _of_neighbours(model: ModelSpec, name: str) -> str | None:
    """What the nearest layers before and after say, if they agree."""
    before = {la.name: {p.layer for c in la.calls for p in c.ports()} for la in model.layers}
    after: dict[str, set[str]] = {la.name: set() for la in model.layers}
    for follower, sources in before.items():
        for source in sources:
            after[source].add(follower)
    orderings = {la.name: la.config.get("dim_ordering") for la in model.layers}
    found = {*_nearest(name, before, orderings), *_nearest(name, after, orderings)}
    return found.pop() if len(found) == 1 else None


def _nearest(name: str, edges: Mapping[str, set[str]], orderings: Mapping[str, Any]) -> Iterator[str]:
    ring, seen = {name}, {name}
    while ring := {n for r in ring for n in edges[r]} - seen:
        seen |= ring
        said = {str(orderings[n]) for n in ring if orderings[n]}
        if said:
            yield from said
            return
