"""TensorFlow functions as stock operations of today's Keras.

One table (`layer_maps/operations/`) says what becomes of each function; what it cannot say is a rule in `rules/`. What calls
them: op layers, and the code of Lambda layers (`resolving.py`).
"""

from __future__ import annotations

from kconvert.map_files import OP_LAYERS
from kconvert.upgrade.operations.calls import call_of_function

__all__ = ["OP_LAYERS", "call_of_function"]
