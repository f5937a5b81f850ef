"""Shell completion where the first word is a model and no command: what is asked is read as if `convert` stood before it.

The shell's script, which Typer writes, hands over the line so far in variables of the environment: bash its words and which of
them is meant, the others the text up to the cursor (typer 0.29 _completion_classes.py).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

ASKED = "_KCONVERT_COMPLETE"
TEXT, WORDS, NUMBER = "_TYPER_COMPLETE_ARGS", "COMP_WORDS", "COMP_CWORD"


def with_convert(variables: Mapping[str, str], first_words: Collection[str]) -> dict[str, str]:
    """The variables that change; none where the line begins with one of `first_words`, or its first word is not done yet."""
    if WORDS in variables:
        mark = "\n" if "\n" in variables[WORDS] else " "
        words = variables[WORDS].split(mark)
        number = int(variables[NUMBER])
        if not _is_meant(words[1:], number, first_words):
            return {}
        return {WORDS: mark.join((words[0], "convert", *words[1:])), NUMBER: str(number + 1)}
    program, _, rest = variables.get(TEXT, "").partition(" ")
    words = rest.split(" ")
    return {TEXT: f"{program} convert {rest}"} if _is_meant(words, len(words), first_words) else {}


def _is_meant(words: list[str], number: int, first_words: Collection[str]) -> bool:
    """Is the word of this number one of an implicit `convert`? The first one only where it is an option."""
    first = words[0] if words else ""
    return first not in first_words and (number > 1 or (first.startswith("-") and len(first) > 1))
