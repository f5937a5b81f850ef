"""What all passes have: whole names, marked comments, and a list of what was done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import libcst as cst
from libcst.metadata import MetadataWrapper, QualifiedNameProvider, QualifiedNameSource

from kconvert.errors import MigrationError
from kconvert.migrate.definitions import definitions
from kconvert.migrate.names import plain, today
from kconvert.migrate.syntax import dotted, lines, simple

MARK = "# kconvert: "


@dataclass
class Work:
    """What the passes over one module leave for each other.

    Attributes:
        helpers: functions of `emitted/` that the module now calls.
        needs: modules that it now uses: `keras`, `ops`, `np`.
        changes: what was done, in the order it was done.
        is_today: the module is written for today's Keras: nothing in it means what it meant before.
        is_keras1: the module is written for Keras 0 or 1.
        is_tensorflow: it is written for tf.keras.
    """

    helpers: set[str] = field(default_factory=set)
    needs: set[str] = field(default_factory=set)
    changes: list[str] = field(default_factory=list)
    is_today: bool = False
    is_keras1: bool = False
    is_tensorflow: bool = False

    def helper(self, name: str) -> str:
        """The helper's name; the module will get its definition."""
        self.helpers.add(name)
        return name

    def keras(self, path: str) -> str:
        """A whole name below `keras`, which the module will import."""
        self.needs.add("keras")
        return path

    def change(self, text: str) -> None:
        """Notes what was done, once."""
        if text not in self.changes:
            self.changes.append(text)


class Rewriter(cst.CSTTransformer):
    """A pass. `self.remark(text)` in any `leave_` puts a marked comment above the statement."""

    METADATA_DEPENDENCIES = (QualifiedNameProvider,)

    def __init__(self, work: Work) -> None:
        super().__init__()
        self.work = work
        self.stars: tuple[str, ...] = ()
        self._remarks: list[list[str]] = []

    def visit_Module(self, node: cst.Module) -> bool:
        """Star imports name no names: their modules are remembered."""
        stars = []
        for statement in node.body:
            for small in getattr(statement, "body", ()) if isinstance(statement, cst.SimpleStatementLine) else ():
                if isinstance(small, cst.ImportFrom) and isinstance(small.names, cst.ImportStar) and small.module:
                    stars.append(plain(dotted(small.module) or ""))
        self.stars = tuple(s for s in stars if s.startswith("keras"))
        return True

    def raw_path(self, node: cst.CSTNode) -> str | None:
        """The whole name as the import says it."""
        names = self.get_metadata(QualifiedNameProvider, node, set())
        names = names() if callable(names) else names
        imported = sorted(q.name for q in names or () if q.source is QualifiedNameSource.IMPORT)
        return imported[0] if imported else None

    def path(self, node: cst.CSTNode) -> str | None:
        """The whole name, as `plain` has it, of what was imported; None for what was not."""
        if not isinstance(node, cst.Name | cst.Attribute):
            return None
        names = self.get_metadata(QualifiedNameProvider, node, set())
        names = names() if callable(names) else names
        imported = [q.name for q in names or () if q.source is QualifiedNameSource.IMPORT]
        if imported:
            return plain(sorted(imported)[0])
        text = dotted(node)
        if self.stars and text is not None and not names:
            if text == "K" or text.startswith("K."):
                return "keras.backend" + text[1:]
            for star in self.stars:
                if today(f"{star}.{text}"):
                    return f"{star}.{text}"
        return None

    def remark(self, text: str) -> None:
        """Marks the statement that is being left."""
        if self._remarks and text not in self._remarks[-1]:
            self._remarks[-1].append(text)

    def leave_IndentedBlock(self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock) -> cst.BaseSuite:
        """A block that lost all of its statements."""
        if original_node.body and not updated_node.body:
            return updated_node.with_changes(body=lines("pass\n"))
        return updated_node

    def leave_If(self, original_node: cst.If, updated_node: cst.If) -> cst.If | cst.RemovalSentinel:
        """A condition of nothing."""
        if updated_node.orelse is None and _is_bare(updated_node.body) and not _is_bare(original_node.body):
            return cst.RemoveFromParent()
        return updated_node

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Opens a place for remarks at each statement."""
        if isinstance(node, cst.SimpleStatementLine | cst.BaseCompoundStatement):
            self._remarks.append([])
        if isinstance(node, cst.FunctionDef | cst.ClassDef) and node.name.value in definitions():
            super().on_visit(node)
            return False  # ours, from an earlier migration
        return super().on_visit(node)

    def on_leave(self, original: Any, updated: Any) -> Any:
        """Closes it: what was remarked becomes comments."""
        result: Any = super().on_leave(original, updated)
        if not isinstance(original, cst.SimpleStatementLine | cst.BaseCompoundStatement):
            return result
        remarks = self._remarks.pop()
        if not remarks:
            return result
        if isinstance(result, cst.FlattenSentinel):
            first, *rest = result
            return cst.FlattenSentinel([marked(first, remarks), *rest])
        return marked(result, remarks) if isinstance(result, cst.CSTNode) else result


def _is_bare(block: cst.BaseSuite) -> bool:
    body = list(block.body)
    return len(body) == 1 and isinstance(simple(body[0]), cst.Pass)


def marked(statement: Any, remarks: list[str]) -> Any:
    """The statement with marked comments above it; one that is there already is not repeated."""
    if not hasattr(statement, "leading_lines"):
        return statement
    there = {line.comment.value for line in statement.leading_lines if line.comment is not None}
    new = [cst.EmptyLine(comment=cst.Comment(MARK + r)) for r in remarks if MARK + r not in there]
    return statement.with_changes(leading_lines=[*statement.leading_lines, *new])


def rewritten(module: cst.Module, make: Callable[[Work], Rewriter], work: Work) -> cst.Module:
    """The module after one pass.

    Raises:
        MigrationError: the passes so far made something of it that is no Python.
    """
    try:
        fresh = cst.parse_module(module.code)
    except cst.ParserSyntaxError as error:
        raise MigrationError(f"line {error.raw_line} cannot be rewritten: {error.context}") from None
    return MetadataWrapper(fresh, unsafe_skip_copy=True).visit(make(work))  # its nodes are new
