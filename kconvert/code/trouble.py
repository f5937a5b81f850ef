"""What stands against following Python code; the callers turn it into problems of a layer."""

from __future__ import annotations


class CodeTrouble(Exception):
    """Base of both."""


class NotPython(CodeTrouble):
    """The bytes are not a code object of the Python that they were taken for."""


class NotFollowed(CodeTrouble):
    """The code does something that is not followed: a `try`, a loop without end, an unknown name."""
