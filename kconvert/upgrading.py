"""The half of the pipeline that needs no framework: `read`, `upgrade`, and the order of axes where one is asked for."""

from __future__ import annotations

from dataclasses import replace

from kconvert.asked import Reading, Wishes
from kconvert.definitions import NO_DEFINITIONS, Definitions
from kconvert.layout import LaidOut, with_channels_last
from kconvert.read import read
from kconvert.spec import ModelSpec
from kconvert.steps import stage
from kconvert.upgrade import Upgraded, upgrade


def read_and_upgraded(reading: Reading, wishes: Wishes, custom: Definitions = NO_DEFINITIONS) -> ModelSpec:
    """The model of a file in today's dialect."""
    stage("read")
    spec = read(reading.source, **reading.said(), custom=custom)
    stage("upgrade")
    return upgraded_as(spec, wishes)[0].spec


def upgraded_as(spec: ModelSpec, wishes: Wishes) -> tuple[Upgraded, LaidOut | None]:
    """The model in today's dialect and, where asked for, with its channels last."""
    upgraded = upgrade(spec, wishes.maps)
    if wishes.data_format == "keep":
        return upgraded, None
    laid = with_channels_last(upgraded.spec, wishes.io)
    changes, notes = (*upgraded.layers, *laid.changes), (*upgraded.notes, *laid.notes)
    return replace(upgraded, spec=laid.spec, layers=changes, notes=notes), laid
