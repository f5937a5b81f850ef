"""Python source of custom layers -> the same for today's Keras. The source is read and rewritten, never run.

The order of the passes: Python 2 to 3, layers of Keras 0 to those of Keras 1, weights, methods, configs, then all names, then
imports, then what the module needs besides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kconvert.errors import MigrationError

if TYPE_CHECKING:
    import libcst as cst

__all__ = ["Change", "Migrated", "Remark", "migrate_source"]


@dataclass(frozen=True)
class Remark:
    """What stayed unsure: the comment's line in the new text, its words, and the class or function that it is in."""

    line: int
    text: str
    name: str = ""


@dataclass(frozen=True)
class Change:
    """Something that was rewritten, once per kind."""

    text: str


@dataclass(frozen=True)
class Migrated:
    """The new source.

    Attributes:
        text: Python 3 for today's Keras; formatting and comments are those of the old text.
        remarks: the comments `# kconvert: ...` in it.
        changes: what was done.
    """

    text: str
    remarks: tuple[Remark, ...]
    changes: tuple[Change, ...]


def migrate_source(text: str, *, filename: str = "<source>") -> Migrated:
    """Custom layers, losses, initializers, ... of any Keras from 0.3 to 2.15 and tf.keras, as source for today's Keras.

    Raises:
        MigrationError: the text is neither Python 3 nor Python 2.
    """
    if "\x00" in text or _depth(text) > DEEPEST:
        raise MigrationError(f"{filename}: holds a zero byte, or is nested too deeply to be read")
    try:
        return _migrated(text, filename)
    except RecursionError:
        raise MigrationError(f"{filename}: is nested too deeply to be read") from None


def _migrated(text: str, filename: str) -> Migrated:
    import libcst as cst

    from kconvert.migrate import emission, imports, python2
    from kconvert.migrate.configs import Configs, Functions
    from kconvert.migrate.division import Division
    from kconvert.migrate.keras0 import Keras0
    from kconvert.migrate.methods import Methods
    from kconvert.migrate.references import References
    from kconvert.migrate.rewriter import Work, rewritten
    from kconvert.migrate.signatures import Signatures
    from kconvert.migrate.training import Training
    from kconvert.migrate.weights import Weights

    parses = _parses(text)
    module = _parsed(python2.to_python3(text, filename, parses), filename)
    work = Work()
    paths = imports.imported_modules(module)
    work.is_tensorflow = any(p.startswith("tensorflow") for p in paths)
    work.is_today = any(p.startswith(("keras.ops", "keras.random")) for p in paths) or _TODAY.search(text) is not None
    work.is_keras1 = not (work.is_tensorflow or work.is_today) and _KERAS1.search(text) is not None
    passes = (Keras0, Weights, Methods, Signatures, *(() if work.is_today else (Configs, Functions)), References)
    if python2.divides_whole(text, parses):
        module = rewritten(module, Division, work)
    if "self.compiled_" in text:
        module = rewritten(module, Training, work)
    for make in passes if _KERAS0.search(text) else passes[1:]:
        module = rewritten(module, make, work)
    used = imports.used_names(module)
    module = rewritten(module, lambda w: imports.Imports(w, used), work)
    module = emission.completed(module, work)
    assert isinstance(module, cst.Module)
    result = module.code
    return Migrated(result, _remarks(result), tuple(Change(c) for c in work.changes))


_KERAS0 = re.compile(r"get_output\(|MaskedLayer|def output_shape\(|get_input")
_TODAY = re.compile(r"\bkeras\.(ops|saving|random|config)\b")
DEEPEST = 200
_KERAS1 = re.compile(
    r"initializations|get_output_shape_for|get_output\(|\w_regularizer|dim_ordering|nb_filter|\.params\s*=|border_mode|output_dim="
)


def _parses(text: str) -> bool:
    import libcst as cst

    try:
        cst.parse_module(text)
    except cst.ParserSyntaxError:
        return False
    return True


def _depth(text: str) -> int:
    """How deep brackets are nested. Python itself allows 200; the stack of LibCST's parser ends somewhere beyond."""
    deepest = depth = 0
    for sign in re.sub(r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|#.*", "", text):
        depth += (sign in "([{") - (sign in ")]}")
        deepest = max(deepest, depth)
    return deepest


def _parsed(text: str, filename: str) -> cst.Module:
    import libcst as cst

    try:
        return cst.parse_module(text)
    except cst.ParserSyntaxError as error:
        raise MigrationError(f"{filename}:{error.raw_line}: cannot be parsed: {error.message}") from None


def _remarks(text: str) -> tuple[Remark, ...]:
    """The marked comments of a text, each with the name of the class and function above it."""
    found: list[Remark] = []
    names: list[tuple[int, str]] = []
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        indent = len(line) - len(line.lstrip())
        head = re.match(r"\s*(?:async\s+)?(?:class|def)\s+(\w+)", line)
        if head:
            names = [(i, n) for i, n in names if i < indent]
            names.append((indent, head.group(1)))
        comment = re.match(r"\s*# kconvert: (.*)", line)
        if comment:
            inside = [n for i, n in names if i < indent]
            following = next((h for s in lines[number:] if (h := s.strip()) and not h.startswith(("#", "@"))), "")
            below = re.match(r"(?:class|def)\s+(\w+)", following)
            found.append(Remark(number, comment.group(1), ".".join([*inside, *([below.group(1)] if below else [])])))
    return tuple(found)
