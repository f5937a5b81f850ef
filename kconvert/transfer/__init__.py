"""Tensors of the spec -> variables of the model, by slot; shapes are checked before anything is read."""

from __future__ import annotations

from kconvert.transfer.assignment import transferred as transfer
from kconvert.transfer.optimizer import restored, trained
from kconvert.transfer.values import Values

__all__ = ["Values", "restored", "trained", "transfer"]
