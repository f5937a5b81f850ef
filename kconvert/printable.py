"""Text for a terminal: what a file says can hold control characters, and a terminal would obey them."""

from __future__ import annotations

from rich.text import Text


def printable(line: str | Text) -> str | Text:
    """The same with every control character written as its escape: `\\x1b`, `\\u202e`; line ends and tabs stay."""
    if isinstance(line, str):
        return line if line.isprintable() else "".join(map(_character, line))
    if line.plain.isprintable():
        return line
    parts = [part.copy() for part in line.divide(range(1, len(line)))]
    for part in parts:
        part.plain = "".join(map(_character, part.plain))
    return Text("").join(parts)


def _character(character: str) -> str:
    if character.isprintable() or character in "\n\t":
        return character
    return character.encode("unicode_escape").decode("ascii")
