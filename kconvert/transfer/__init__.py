"""Tensors of the spec -> variables of the model, by slot; shapes are checked before anything is written."""

from __future__ import annotations

from kconvert.transfer.assignment import transferred as transfer
from kconvert.transfer.optimizer import restored, trained

__all__ = ["restored", "trained", "transfer"]
