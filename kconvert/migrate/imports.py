"""Imports: from where things are today, without what is no longer used."""

from __future__ import annotations

import libcst as cst

from kconvert.migrate import operations
from kconvert.migrate.names import HELPERS, plain, today
from kconvert.migrate.rewriter import Rewriter, Work
from kconvert.migrate.syntax import dotted, found

OURS = ("keras", "tensorflow", "theano", "tf_keras")


def used_names(module: cst.Module) -> frozenset[str]:
    """All names that stand outside of import statements."""
    names: set[str] = set()

    class Uses(cst.CSTVisitor):
        def visit_Import(self, node: cst.Import) -> bool:
            return False

        def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
            return False

        def visit_Name(self, node: cst.Name) -> None:
            names.add(node.value)

        def visit_Attribute_attr(self, node: cst.Attribute) -> None:
            pass

    module.visit(Uses())
    return frozenset(names)


class Imports(Rewriter):
    """Rewrites the import statements of Keras, TensorFlow and Theano."""

    def __init__(self, work: Work, used: frozenset[str]) -> None:
        super().__init__(work)
        self.used = used

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine | cst.FlattenSentinel[cst.BaseStatement] | cst.RemovalSentinel:
        new: list[cst.BaseSmallStatement] = []
        for small in updated_node.body:
            if isinstance(small, cst.ImportFrom) and _is_ours(small.module) and not small.relative:
                new += self._from(small)
            elif isinstance(small, cst.Import) and any(_is_ours(a.name) for a in small.names):
                new += self._plain(small)
            else:
                new.append(small)
        if len(new) == len(updated_node.body) and all(
            a.deep_equals(b) for a, b in zip(new, updated_node.body, strict=True)
        ):
            return updated_node
        self.work.change("imports")
        if not new:
            return cst.RemoveFromParent()
        bare = [s.with_changes(semicolon=cst.MaybeSentinel.DEFAULT) for s in new]
        first = updated_node.with_changes(body=[bare[0]])
        return cst.FlattenSentinel([first, *(cst.SimpleStatementLine(body=[s]) for s in bare[1:])])

    def _from(self, node: cst.ImportFrom) -> list[cst.BaseSmallStatement]:
        module = dotted(node.module) if node.module is not None else ""
        if module is None or isinstance(node.names, cst.ImportStar):
            home = today(plain(module or ""))
            if home is None:
                self.remark(f"{module} is not in today's Keras")
                return [node]
            return [node.with_changes(module=_module(home))]
        groups: dict[str, list[cst.ImportAlias]] = {}
        modules: list[cst.BaseSmallStatement] = []
        for alias in node.names:
            name = alias.evaluated_name
            local = alias.evaluated_alias or name
            path = plain(f"{module}.{name}")
            new = today(path)
            last = "" if new is None else new.rpartition(".")[2]
            bound = local if alias.asname is not None or not last else last
            if (operations.rows(path) or path in HELPERS or _replaced(path)) and bound not in self.used:
                continue
            if new is None:
                if bound not in self.used:
                    continue
                self.remark(f"{module}.{name} is not in today's Keras")
                groups.setdefault(module, []).append(alias)
            elif "." not in new:
                modules += [_statement(f"import {new}" + (f" as {local}" if local != new else ""))]
            else:
                group = groups.setdefault(new.rpartition(".")[0], [])
                if all(a.evaluated_name != last or a.asname is not None for a in group):
                    group.append(alias.with_changes(name=cst.Name(last)))
        made: list[cst.BaseSmallStatement] = list(modules)
        same = len(groups) == 1 and sum(map(len, groups.values())) == len(node.names)
        for home, aliases in groups.items():
            listed = _separated(aliases)
            if same:
                made.append(node.with_changes(module=_module(home), names=aliases))
            elif len(groups) == 1 and node.lpar is not None:
                made.append(node.with_changes(module=_module(home), names=_separated(aliases, keep_last=True)))
            else:
                made.append(node.with_changes(module=_module(home), names=listed, lpar=None, rpar=None))
        return made

    def _plain(self, node: cst.Import) -> list[cst.BaseSmallStatement]:
        made: list[cst.BaseSmallStatement] = []
        for alias in node.names:
            path = alias.evaluated_name
            local = alias.evaluated_alias or path.partition(".")[0]
            if not _is_ours(alias.name):
                made.append(_statement(f"import {path}" + (f" as {local}" if alias.asname else "")))
                continue
            new = today(plain(path))
            if local not in self.used and (new is None or _replaced(plain(path))):
                continue
            if new is None:
                if path.startswith(("theano", "keras")):
                    self.remark(f"{path} is still used")
                made.append(_statement(f"import {path}" + (f" as {local}" if alias.asname else "")))
            elif alias.asname is None:
                made.append(_statement(f"import {new}" if path.startswith("keras") else f"import {path}"))
            else:
                made.append(_statement(f"import {new}" + (f" as {local}" if local != new else "")))
        if len(made) == len(node.names) == 1 and made[0].deep_equals(node):
            return [node]
        return made


def _separated(aliases: list[cst.ImportAlias], keep_last: bool = False) -> list[cst.ImportAlias]:
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    result = [a if isinstance(a.comma, cst.Comma) else a.with_changes(comma=comma) for a in aliases[:-1]]
    return [*result, aliases[-1] if keep_last else aliases[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)]


def _replaced(path: str) -> bool:
    """Names that other passes replace wherever they stand."""
    return path.startswith(("keras.backend", "theano", "tensorflow")) or path.rpartition(".")[2] in (
        "initializations", "backend", "theano_utils", "shared_zeros", "sharedX",
    )  # fmt: skip


def _is_ours(module: cst.BaseExpression | None) -> bool:
    text = dotted(module) if module is not None else None
    return text is not None and text.partition(".")[0] in OURS


def _module(path: str) -> cst.Attribute | cst.Name:
    made = cst.parse_expression(path)
    assert isinstance(made, cst.Attribute | cst.Name)
    return made


def _statement(text: str) -> cst.BaseSmallStatement:
    line = cst.parse_statement(text)
    assert isinstance(line, cst.SimpleStatementLine)
    return line.body[0]


def imported_modules(module: cst.Module) -> frozenset[str]:
    """Whole names of everything that is imported, as `plain` has them."""
    names: set[str] = set()
    for node in found(module, cst.ImportFrom):
        base = dotted(node.module) if node.module is not None else ""
        if not isinstance(node.names, cst.ImportStar):
            names |= {f"{base}.{a.evaluated_name}" for a in node.names}
        else:
            names.add(base or "")
    for node in found(module, cst.Import):
        names |= {a.evaluated_name for a in node.names}
    return frozenset(names)
