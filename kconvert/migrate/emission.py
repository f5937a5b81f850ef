"""Gives the module what it now needs: imports, and copies of the functions in `emitted/`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import libcst as cst

from kconvert.migrate.definitions import definitions
from kconvert.migrate.imports import OURS
from kconvert.migrate.rewriter import MARK, Work
from kconvert.migrate.syntax import dotted, is_docstring

HEAD = "# What Keras of that time computed and today's has no function for (written by kconvert migrate)."
IMPORTS = {"keras": "import keras", "np": "import numpy as np", "math": "import math", "ops": "from keras import ops"}


def completed(module: cst.Module, work: Work) -> cst.Module:
    """The module with the imports and helper functions that its code now uses."""
    there = {s.name.value for s in module.body if isinstance(s, cst.FunctionDef | cst.ClassDef)}
    wanted, todo = set[str](), list(work.helpers)
    needs = set(work.needs)
    while todo:
        name = todo.pop()
        if name in wanted:
            continue
        wanted.add(name)
        definition = definitions()[name]
        todo += [u for u in definition.uses if u in definitions()]
        needs |= definition.uses & set(IMPORTS)
    chosen = sorted(wanted - there, key=lambda n: definitions()[n].place)
    body = list(module.body)
    bound = _bound(body)
    lines = [IMPORTS[n] for n in ("math", "keras", "np", "ops") if n in needs and n not in bound]
    at = _first_import(body)
    new_imports = [s for line in lines for s in cst.parse_module(line).body]
    if new_imports and at < len(body):
        lines_before = list(getattr(body[at], "leading_lines", ()))
        remarks = [n for n in lines_before if n.comment is not None and n.comment.value.startswith(MARK)]
        before = [n for n in lines_before if n not in remarks]
        if before and _is_import(body[at]):
            new_imports[0] = new_imports[0].with_changes(leading_lines=before)
            body[at] = body[at].with_changes(leading_lines=remarks)
    body[at:at] = new_imports
    if chosen:
        text = f"\n\n{HEAD}\n" + "\n\n\n".join(definitions()[n].text for n in chosen)
        made = list(cst.parse_module(text).body)
        made[0] = made[0].with_changes(leading_lines=_blank_then_comment())
        end = _last_import(body)
        if end < len(body):
            body[end] = _with_blank_lines(body[end])
        body[end:end] = made
    return module.with_changes(body=body, header=module.header)


def _blank_then_comment() -> list[cst.EmptyLine]:
    return [cst.EmptyLine(), cst.EmptyLine(), cst.EmptyLine(comment=cst.Comment(HEAD))]


def _with_blank_lines(statement: Any) -> Any:
    lines = list(getattr(statement, "leading_lines", ()))
    blank = 0
    while blank < len(lines) and lines[blank].comment is None:
        blank += 1
    return statement.with_changes(
        leading_lines=[cst.EmptyLine(indent=False), cst.EmptyLine(indent=False), *lines[blank:]]
    )


def _is_import(statement: cst.CSTNode) -> bool:
    if isinstance(statement, cst.SimpleStatementLine):
        return any(isinstance(s, cst.Import | cst.ImportFrom) for s in statement.body)
    if isinstance(statement, cst.Try):
        return any(_is_import(s) for s in statement.body.body)
    return False


def _bound(body: Sequence[cst.CSTNode]) -> set[str]:
    """Local names that plain imports at the top give their usual meaning."""
    names: set[str] = set()
    for statement in body:
        for small in getattr(statement, "body", ()) if isinstance(statement, cst.SimpleStatementLine) else ():
            if isinstance(small, cst.Import):
                names |= {
                    {"keras": "keras", "numpy": "np", "math": "math"}.get(a.evaluated_name, "")
                    for a in small.names
                    if (a.evaluated_alias or a.evaluated_name) in IMPORTS
                }
            if isinstance(small, cst.ImportFrom) and not isinstance(small.names, cst.ImportStar):
                home = dotted(small.module) if small.module is not None else None
                names |= {"ops" for a in small.names if home == "keras" and a.evaluated_name == "ops" and not a.asname}
    return names


def _first_import(body: Sequence[cst.CSTNode]) -> int:
    """Before the first import of Keras or TensorFlow; else after docstring and `__future__`."""
    start = 0
    for n, statement in enumerate(body):
        small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
        if is_docstring(statement) and n == 0:
            start = 1
        elif isinstance(small, cst.ImportFrom) and small.module is not None and dotted(small.module) == "__future__":
            start = n + 1
        elif isinstance(small, cst.Import | cst.ImportFrom):
            names = (
                [dotted(small.module) if small.module is not None else ""]
                if isinstance(small, cst.ImportFrom)
                else [dotted(a.name) for a in small.names]
            )
            if any((name or "").partition(".")[0] in OURS for name in names):
                return n
    return start


def _last_import(body: Sequence[cst.CSTNode]) -> int:
    """After the imports at the top."""
    last = 0
    for n, statement in enumerate(body):
        if _is_import(statement) or (is_docstring(statement) and n == 0):
            last = n + 1
        elif isinstance(statement, cst.FunctionDef | cst.ClassDef):
            break
    return last
