"""Class or operation -> the rule that knows how it runs in another layout; whatever has none forces the order it had."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from kconvert.layout.facts import facts
from kconvert.layout.rules import along, elementwise, reshape, rows, spatial, wrappers
from kconvert.layout.ways import Rule, Use, Way


def way_of(use: Use) -> Way | None:
    """How a layer runs on what it is offered, None where it must have everything as before."""
    if use.layer.inner_model is not None:
        return wrappers.model(use)
    rule = _rules().get(use.layer.class_name)
    return None if rule is None else rule(use)


@functools.cache
def _rules() -> Mapping[str, Rule]:
    known, operations = facts(), facts().operations
    rules: dict[str, Rule] = {
        **dict.fromkeys(known.spatial, spatial.spatial),
        **dict.fromkeys(known.global_pooling, spatial.global_pooling),
        **dict.fromkeys(known.convolutional_recurrent, spatial.convolutional_recurrent),
        **dict.fromkeys(known.spatial_dropout, spatial.spatial_dropout),
        **dict.fromkeys(known.elementwise, elementwise.elementwise),
        **dict.fromkeys(known.dropout, elementwise.dropout),
        **dict.fromkeys(known.merges, elementwise.merge),
        **dict.fromkeys(known.by_axis, along.by_axis),
        **dict.fromkeys(known.on_last_axis, rows.on_last_axis),
        "Activation": elementwise.activation,
        "Rescaling": elementwise.rescaling,
        "PReLU": elementwise.prelu,
        "Flatten": rows.flatten,
        "Reshape": reshape.reshape,
        "RepeatVector": rows.repeat_vector,
        "Concatenate": rows.concatenate,
        "Dot": rows.dot,
        "TimeDistributed": wrappers.time_distributed(way_of),
        "Bidirectional": wrappers.bidirectional(way_of),
        "SpectralNormalization": wrappers.spectral(way_of),
        "ops.concatenate": rows.concatenate,
        "ops.pad": along.pad,
        "ops.getitem": along.getitem,
    }
    rules |= {f"ops.{name}": elementwise.operation for name in operations["elementwise"]}
    rules |= {f"ops.{name}": along.along for name in operations["along"]}
    rules |= {f"ops.{name}": along.reduction for name in operations["reductions"]}
    rules |= {f"ops.{name}": spatial.spatial_operation for name in operations["spatial"]}
    return rules
