"""The user's own code, named by --custom: where it is, what it defines, and what its functions compute.

Nothing here runs it: sources are found without importing them, read as text, migrated, parsed and compiled. It runs where
`rebuild` loads it, and only because the user named it.
"""

from __future__ import annotations

from kconvert.custom.facts import definitions_of
from kconvert.custom.functions import Imported, custom_function, global_name
from kconvert.custom.sources import NO_CODE, CustomCode, custom_code

__all__ = ["NO_CODE", "CustomCode", "Imported", "custom_code", "custom_function", "definitions_of", "global_name"]
