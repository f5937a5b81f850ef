"""The functions of `emitted/`, read as text."""

from __future__ import annotations

import ast
import functools
from dataclasses import dataclass
from importlib.resources import files

FILES = ("backend", "images", "weights", "recurrent")


@dataclass(frozen=True)
class Definition:
    """One function of `emitted/`: its source and the names that it uses."""

    text: str
    uses: frozenset[str]
    place: int


@functools.cache
def definitions() -> dict[str, Definition]:
    """All functions and classes of `emitted/` by name, read as text."""
    result: dict[str, Definition] = {}
    for name in FILES:
        text = (files("kconvert.migrate") / "emitted" / f"{name}.py").read_text(encoding="utf-8")
        split = text.split("\n")
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                uses = frozenset(n.id for n in ast.walk(node) if isinstance(n, ast.Name))
                source = "\n".join(split[first - 1 : node.end_lineno])
                result[node.name] = Definition(source, uses, len(result))
    return result
