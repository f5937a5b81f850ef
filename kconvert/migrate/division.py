"""`/` of Python 2: of two whole numbers it is a whole number. Lengths are divided by `//`; where nobody can tell, a comment says so."""

from __future__ import annotations

import re

import libcst as cst

from kconvert.migrate.classes import ClassRewriter
from kconvert.migrate.syntax import code, literal

WHOLE = re.compile(
    r"\b(len|int)\(|shape\b|_dim\b|\bnb_\w+|\bdim\b|_size\b|\bn_\w+|\bnum_\w+|\b(rows|cols|height|width|channels|units|filters|size)\b"
)
FLOATING = re.compile(r"\d\.|\.\d|\d[eE]-?\d|\bfloat\(|\b(K|T|tf|np|numpy|math)\.")


class Division(ClassRewriter):
    """The pass; for modules of Python 2 alone."""

    def leave_BinaryOperation(
        self, original_node: cst.BinaryOperation, updated_node: cst.BinaryOperation
    ) -> cst.BaseExpression:
        operator = updated_node.operator
        if not isinstance(operator, cst.Divide):
            return updated_node
        left, right = code(updated_node.left), code(updated_node.right)
        if FLOATING.search(left) or FLOATING.search(right) or not isinstance(literal(updated_node.right), int):
            return updated_node
        if not (isinstance(literal(updated_node.left), int) or WHOLE.search(left)):
            self.remark(f"in Python 2, {left} / {right} of two whole numbers is a whole number")
            return updated_node
        self.work.change("division of whole numbers by //")
        floor = cst.FloorDivide(operator.whitespace_before, operator.whitespace_after)
        return updated_node.with_changes(operator=floor)
