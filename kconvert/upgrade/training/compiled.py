"""A training configuration of any age in today's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kconvert.errors import CodeInModel, Problem, Rejected
from kconvert.spec import Dialect, Origin, Training
from kconvert.training import Compiled
from kconvert.upgrade.arguments import chosen, upgraded_arguments, upgraded_object
from kconvert.upgrade.maps import HopMaps, hop_maps
from kconvert.upgrade.training.optimizer_rules import ruled

NOT_COMPILED = "the file has tensors of an optimizer, but does not say which optimizer"


def compiled(
    training: Training, dialect: Dialect, origin: Origin, maps: Sequence[Path], renamed: Mapping[str, str]
) -> Compiled:
    """The configuration as today's Keras wants it; `renamed` are the outputs' names.

    Raises:
        Problem: today's Keras has no such optimizer or loss, or it does not compute the same.
    """
    said = _said(training.config)
    if not said.get("optimizer"):
        raise Rejected(NOT_COMPILED)
    hops = [hop_maps(dialect, tuple(maps))]
    while hops[-1].new < Dialect.keras3:
        hops.append(hop_maps(hops[-1].new, tuple(maps)))
    optimizer = _marked(said["optimizer"]) if dialect is Dialect.keras2 else said["optimizer"]
    optimizer, state, inexact = _optimizer(optimizer, hops, origin)
    loss = _each(said.get("loss"), lambda value: _loss(value, hops, origin), renamed)
    left_out: list[str] = []
    metrics, weighted = (
        _each(said.get(key), lambda value: _metric(value, hops, origin, left_out), renamed)
        for key in ("metrics", "weighted_metrics")
    )
    if said.get("sample_weight_mode"):
        left_out.append("sample_weight_mode: today's fit takes weights of every shape")
    weights = _each(said.get("loss_weights"), lambda value: value, renamed)
    return Compiled(
        optimizer, loss, weights or None, _without_gaps(metrics), _without_gaps(weighted), state, tuple(inexact),
        tuple(left_out),
    )  # fmt: skip


def _said(config: Any) -> dict[str, Any]:
    """`optimizer`, `loss`, ... whether the file is HDF5 (`optimizer_config`), `.keras` or JSON of Keras 0.x."""
    if not isinstance(config, Mapping):
        return {}
    found = {k: v for k, v in config.items() if v is not None}
    if isinstance(found.get("config"), Mapping) and "optimizer" not in found:  # TensorFlow 2.12: a typed dict
        found = dict(found["config"])
    return {**found, "optimizer": found.get("optimizer") or found.get("optimizer_config")}


def _marked(optimizer: Any) -> Any:
    """The optimizers of TensorFlow 2.11 are other classes of the same names; HDF5 says `Custom>Adam`, `.keras` only hints."""
    if not isinstance(optimizer, Mapping) or not isinstance(optimizer.get("config"), Mapping):
        return optimizer
    name = str(optimizer.get("class_name"))
    is_later = optimizer["config"].get("is_legacy_optimizer") is False or "ema_momentum" in optimizer["config"]
    return {**optimizer, "class_name": f"Custom>{name}"} if is_later and not name.startswith("Custom>") else optimizer


def _optimizer(
    value: Any, hops: Sequence[HopMaps], origin: Origin
) -> tuple[dict[str, Any], tuple[tuple[str, ...], ...], list[str]]:
    if isinstance(value, str):
        value = {"class_name": value, "config": {}}
    if not isinstance(value, Mapping):
        raise Rejected(f"{value!r} is not the form of an optimizer")
    name = value.get("class_name") or value.get("name")
    config = value["config"] if "class_name" in value else {k: v for k, v in value.items() if k != "name"}
    inexact: list[str] = []
    for maps in hops:
        found = maps.find("optimizers", str(name))
        if found is None:
            raise CodeInModel(f"the optimizer {name!r} is not one of Keras's own")
        entry = chosen(found, config, origin)
        if entry.reject is not None:
            raise Rejected(f"the optimizer {name}: {entry.reject.because}")
        arguments = upgraded_arguments(entry, config, maps, origin)
        if arguments.problems:
            raise arguments.problems[0]
        name = entry.becomes or name
        config, found_inexact = ruled(entry.rule, config, arguments.config)
        inexact += found_inexact
    groups = [[s.name for s in group if s.where is None or config.get(s.where)] for group in entry.remembers or ()]
    return {"class_name": name, "config": config}, tuple(tuple(group) for group in groups if group), inexact


def _loss(value: Any, hops: Sequence[HopMaps], origin: Origin) -> Any:
    for maps in hops:
        value = upgraded_object("losses", value, maps, origin)
    return value


def _metric(value: Any, hops: Sequence[HopMaps], origin: Origin, left_out: list[str]) -> Any:
    """A metric measures and changes nothing: one that is not known goes, and that is said."""
    if isinstance(value, Mapping) and isinstance(value.get("config"), Mapping):
        config = {k: v for k, v in value["config"].items() if k not in ("name", "dtype")}
        value = config["fn"] if value.get("class_name") == "MeanMetricWrapper" else {**value, "config": config}
    try:
        return upgraded_object("metrics", value, hops[-1], origin)
    except Problem as problem:
        left_out.append(f"the metric {value!r}: {problem.message}")
        return None


def _each(nest: Any, new: Callable[[Any], Any], renamed: Mapping[str, str]) -> Any:
    """A value, a list of values, or values by the name of an output, which may have been renamed."""
    if isinstance(nest, list | tuple):
        return [_each(value, new, renamed) for value in nest]
    if isinstance(nest, Mapping) and not ("class_name" in nest and "config" in nest):
        return {renamed.get(name, name): _each(value, new, renamed) for name, value in nest.items()}
    return new(nest)


def _without_gaps(nest: Any) -> Any:
    if isinstance(nest, list):
        left = [_without_gaps(v) for v in nest]
        return [v for v in left if v is not None] or None
    if isinstance(nest, dict) and not ("class_name" in nest and "config" in nest):
        return {k: _without_gaps(v) for k, v in nest.items() if v is not None} or None
    return nest
