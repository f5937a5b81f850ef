"""What each instruction does with a frame: one function for each, by what they are about."""

from __future__ import annotations

from kconvert.code.handlers.calls import CALLS
from kconvert.code.handlers.containers import CONTAINERS
from kconvert.code.handlers.jumps import JUMPS
from kconvert.code.handlers.names import NAMES
from kconvert.code.handlers.operators import OPERATORS
from kconvert.code.handlers.stack import STACK
from kconvert.code.handlers.table import Handlers

HANDLERS = Handlers({**STACK, **NAMES, **OPERATORS, **CONTAINERS, **CALLS, **JUMPS})
