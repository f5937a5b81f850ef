"""How a model was trained, in today's words: optimizer, losses, metrics, and which tensor is which slot of which weight.

`compiled` takes the configuration through the same hops as the layers; `states` sorts the optimizer's tensors, which files
list without saying whose they are; `numbered` finds out where each element of each weight went, so that a slot's values can
be sent the same way.
"""

from __future__ import annotations

from kconvert.upgrade.training.compiled import compiled
from kconvert.upgrade.training.numbering import Numbered, numbered
from kconvert.upgrade.training.states import states
from kconvert.upgrade.training.statistics import other_steps

__all__ = ["Numbered", "compiled", "numbered", "other_steps", "states"]
