"""Short words for making and reading pieces of a LibCST tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import libcst as cst

_EMPTY = cst.Module([])
Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement


def code(node: cst.CSTNode) -> str:
    """The node as source."""
    return _EMPTY.code_for_node(node)


def expr(text: str) -> cst.BaseExpression:
    """Source as an expression."""
    return cst.parse_expression(text)


def lines(text: str, like: cst.CSTNode | None = None) -> list[Statement]:
    """Source as statements, the first with the comments before `like`."""
    body = list(cst.parse_module(text).body)
    before = getattr(like, "leading_lines", ())
    if body and before:
        body[0] = body[0].with_changes(leading_lines=before)
    return body


def dotted(node: cst.CSTNode) -> str | None:
    """`a.b.c` as text, None for anything else."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        before = dotted(node.value)
        return None if before is None else f"{before}.{node.attr.value}"
    return None


def own_attribute(node: cst.CSTNode) -> str | None:
    """`x` of `self.x`."""
    if isinstance(node, cst.Attribute) and isinstance(node.value, cst.Name) and node.value.value == "self":
        return node.attr.value
    return None


def literal(node: cst.CSTNode | None) -> Any:
    """The value of a plain constant; `...` for what is none."""
    import ast

    if node is None:
        return ...
    try:
        return ast.literal_eval(code(node).strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return ...


def keyword(name: str, value: cst.BaseExpression | str) -> cst.Arg:
    """`name=value`."""
    node = expr(value) if isinstance(value, str) else value
    tight = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    return cst.Arg(value=node, keyword=cst.Name(name), equal=tight)


def spaced(args: Iterable[cst.Arg]) -> list[cst.Arg]:
    """Arguments in a new order: each keeps what stands around its comma, and all but the last have one."""
    listed = list(args)
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    result = []
    for n, arg in enumerate(listed):
        last = n == len(listed) - 1
        has = isinstance(arg.comma, cst.Comma)
        if last and has and not isinstance(arg.comma.whitespace_after, cst.ParenthesizedWhitespace):  # type: ignore[union-attr]
            arg = arg.with_changes(comma=cst.MaybeSentinel.DEFAULT)
        elif not last and not has:
            arg = arg.with_changes(comma=comma)
        result.append(arg)
    return result


def call(function: str, args: Sequence[cst.Arg]) -> cst.Call:
    """`function(args)`."""
    return cst.Call(func=expr(function), args=spaced(args))


def argument(node: cst.Call, name: str, place: int | None = None) -> cst.BaseExpression | None:
    """An argument by keyword, or by position."""
    for arg in node.args:
        if arg.keyword is not None and arg.keyword.value == name:
            return arg.value
    plain = [a for a in node.args if a.keyword is None and not a.star]
    return plain[place].value if place is not None and place < len(plain) else None


def methods(node: cst.ClassDef) -> dict[str, cst.FunctionDef]:
    """The functions of a class by name."""
    return {s.name.value: s for s in node.body.body if isinstance(s, cst.FunctionDef)}


def simple(statement: cst.CSTNode) -> cst.BaseSmallStatement | None:
    """The only small statement of a line."""
    if isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1:
        return statement.body[0]
    return None


def assigned(statement: cst.CSTNode) -> tuple[cst.BaseExpression, cst.BaseExpression] | None:
    """(target, value) of a plain assignment to one target."""
    small = simple(statement) if not isinstance(statement, cst.Assign) else statement
    if isinstance(small, cst.Assign) and len(small.targets) == 1:
        return small.targets[0].target, small.value
    return None


def found(node: cst.CSTNode, kind: type[Any]) -> Iterator[Any]:
    """All nodes of a kind, in order."""
    if isinstance(node, kind):
        yield node
    for child in node.children:
        yield from found(child, kind)


def is_docstring(statement: cst.CSTNode) -> bool:
    """Is it a line that is nothing but a text?"""
    small = simple(statement)
    return isinstance(small, cst.Expr) and isinstance(small.value, cst.SimpleString | cst.ConcatenatedString)


def parameters(function: cst.FunctionDef) -> list[str]:
    """Names of the parameters that are not `*args` or `**kwargs`, `self` among them."""
    p = function.params
    return [x.name.value for x in (*p.posonly_params, *p.params, *p.kwonly_params)]
