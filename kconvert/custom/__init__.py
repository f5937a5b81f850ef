"""The user's own code, named by --custom: what it defines, and what its functions compute. Text is read and compiled, never run."""

from __future__ import annotations

from kconvert.custom.facts import definitions_of
from kconvert.custom.functions import Imported, custom_function, global_name

__all__ = ["Imported", "custom_function", "definitions_of", "global_name"]
