"""Python code found in a model: bytecode -> instructions -> what it computes. Read, never run; pure.

`stored_function` reads what a config holds; a `Machine` follows it with the values of a `Domain`.
"""

from __future__ import annotations

from kconvert.code.instructions import python
from kconvert.code.machine import Domain, Function, Items, Machine
from kconvert.code.marshalled import code_object
from kconvert.code.stored import Stored, described, stored_function
from kconvert.code.trouble import CodeTrouble, NotFollowed, NotPython

__all__ = [
    "CodeTrouble", "Domain", "Function", "Items", "Machine", "NotFollowed", "NotPython", "Stored", "code_object",
    "described", "python", "stored_function",
]  # fmt: skip
