"""Text from a model file on its way to a terminal: without what would move the cursor, colour, beep or begin a new line."""

from __future__ import annotations


def printable(text: str) -> str:
    """The text, everything that is no printable character as Python would write it: `\\x1b`, `\\n`, `\\udcff`."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
