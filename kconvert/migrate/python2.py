"""Python 2 source -> Python 3 that LibCST can parse.

The tokens that only Python 2 has (`print x`, `except E, e`, backticks, `0777`, `<>`, `exec`) are brought over by fissix, the
maintained copy of lib2to3 (PSF licence), which left the standard library with Python 3.13. It parses; it runs nothing.
"""

from __future__ import annotations

import re
from typing import Any

from kconvert.errors import MigrationError

SYNTAX = ("print", "except", "repr", "numliterals", "ne", "exec", "raise", "throw", "tuple_params", "paren", "ws_comma")
WORDS = ("xrange", "unicode", "basestring", "long", "has_key", "dict", "zip", "map", "filter", "reduce", "raw_input",
         "itertools", "itertools_imports", "imports", "next", "nonzero", "metaclass", "methodattrs", "isinstance")  # fmt: skip
EVIDENCE = re.compile(
    r"\b(xrange|unicode|basestring|raw_input|reduce)\s*\(|\.(iteritems|itervalues|iterkeys|has_key)\(|\bbasestring\b|\blong\("
    r"|\.(items|keys|values)\(\)\s*\+"
)


def to_python3(text: str, filename: str, parses: bool) -> str:
    """The source as Python 3.

    Raises:
        MigrationError: it is not Python 2 either.
    """
    if parses and not EVIDENCE.search(text):
        return text
    from fissix import refactor
    from fissix.pgen2.parse import ParseError
    from fissix.pgen2.tokenize import TokenError

    names = [f"fissix.fixes.fix_{name}" for name in (*(() if parses else SYNTAX), *WORDS)]
    names.remove("fissix.fixes.fix_ws_comma") if "fissix.fixes.fix_ws_comma" in names else None

    class Tool(refactor.RefactoringTool):  # type: ignore[misc]
        """Says nothing on its own."""

        def log_error(self, msg: Any, *args: Any, **kwargs: Any) -> None:
            raise MigrationError(f"{filename}: is neither Python 3 nor Python 2: {args[-1] if args else msg}")

        def log_message(self, msg: Any, *args: Any) -> None:
            return

        def log_debug(self, msg: Any, *args: Any) -> None:
            return

    options = {"print_function": parses or "from __future__ import print_function" in text}
    try:
        tree = Tool(names, options).refactor_string(text if text.endswith("\n") else text + "\n", filename)
    except (ParseError, TokenError, ValueError) as error:
        raise MigrationError(f"{filename}: is neither Python 3 nor Python 2: {error}") from None
    result = str(tree)
    return (
        re.sub(
            r"(?<![\w.])u(?=['\"])|(?<![\w.])[uU][rR](?=['\"])",
            lambda m: "r" if "r" in m.group().lower() else "",
            result,
        )
        if not parses
        else result
    )


def divides_whole(text: str, parses: bool) -> bool:
    """Is it source of Python 2, where `/` of two whole numbers is a whole number?"""
    is_python2 = not parses or EVIDENCE.search(text) is not None
    return is_python2 and re.search(r"from __future__ import .*\bdivision\b", text) is None
