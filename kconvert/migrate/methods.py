"""Methods and attributes of layers: the names and the order that today's Keras wants.

* `get_output_shape_for` is `compute_output_shape`;
* `call` takes `training` where it asked for the learning phase;
* attributes are set behind `super().__init__`, which sets `supports_masking` anew;
* an attribute that Keras 3 keeps for itself gets an underscore; those of stock layers get their names of today.
"""

from __future__ import annotations

import re

import libcst as cst

from kconvert.migrate import layer_arguments
from kconvert.migrate.classes import ClassRewriter
from kconvert.migrate.names import hops, unsettable
from kconvert.migrate.rewriter import Work
from kconvert.migrate.syntax import (
    assigned,
    code,
    expr,
    found,
    is_docstring,
    keyword,
    lines,
    own_attribute,
    parameters,
    simple,
    spaced,
)
from kconvert.migrate.weight_facts import FROZEN, TRAINABLE

ON_TENSORS = ("_keras_shape", "_uses_learning_phase", "_keras_history")
PHASES = ("keras.backend.in_train_phase", "keras.backend.in_test_phase", "keras.backend.learning_phase")


class Methods(ClassRewriter):
    """The pass."""

    def __init__(self, work: Work) -> None:
        super().__init__(work)
        self.renames: list[dict[str, str]] = []

    def begin_class(self, node: cst.ClassDef) -> None:
        renames: dict[str, str] = {}
        if self.in_layer:
            renames = self._stock_names(node)
            for target in _set_attributes(node):
                if target in unsettable() and target not in (*TRAINABLE, *FROZEN):
                    renames[target] = f"{target}_"
                else:
                    renames.pop(target, None)
        self.renames.append(renames)

    def end_class(self, original: cst.ClassDef, updated: cst.ClassDef) -> cst.BaseStatement:
        renames = self.renames.pop()
        taken = sorted(n for n, new in renames.items() if new == f"{n}_")
        for name in taken:
            self.work.change(f"self.{name}, which Keras keeps for itself, is self.{name}_")
        return updated

    def _stock_names(self, node: cst.ClassDef) -> dict[str, str]:
        """Attributes of the stock layer that it extends: those of Keras 1 -> those of today."""
        renames, slots = dict[str, str](), dict[str, str]()
        for path in self.base_paths(node):
            name = path.rpartition(".")[2]
            for hop in hops() if path.startswith("keras.") and not self.work.is_today else ():
                entry = hop.find("layers", name)
                if entry is None:
                    continue
                renames |= {old: new for old, new in entry.rename.items() if not new.endswith(("initializer", "dtype"))}
                for form in (entry.weights or ())[-1:]:
                    slots |= {r.source: new for new, r in form.result.items() if isinstance(r.source, str)}
                name = entry.becomes or name
        used = {own_attribute(a) for a in found(node, cst.Attribute)}
        return {**renames, **slots} if used & {old for old, new in slots.items() if old != new} else {}

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine | cst.RemovalSentinel | cst.FlattenSentinel[cst.BaseStatement]:
        """`x._keras_shape = ...`: what Keras wrote on tensors of Theano."""
        pair = assigned(original_node)
        target = pair[0] if pair is not None else None
        if isinstance(target, cst.Attribute) and target.attr.value in ON_TENSORS and own_attribute(target) is None:
            self.work.change("what was written on tensors goes")
            return cst.RemoveFromParent()
        small, old = simple(updated_node), simple(original_node)
        if self.in_layer and isinstance(small, cst.Expr) and isinstance(small.value, cst.Call):
            name = (
                own_attribute(old.value.func) if isinstance(old, cst.Expr) and isinstance(old.value, cst.Call) else None
            )
            if name == "add_update" and small.value.args:
                return self._update(updated_node, small.value.args[0].value)
            if name == "add_metric":
                self.remark(f"Keras has no add_metric; it was: {code(small)}")
                return (
                    cst.RemoveFromParent() if len(self._block()) > 1 else updated_node.with_changes(body=[cst.Pass()])
                )
        return updated_node

    def _block(self) -> list[cst.CSTNode]:
        """The statements of the function that is being left."""
        return list(getattr(self.functions[-1].body, "body", ())) if self.functions else []

    def _update(
        self, line: cst.SimpleStatementLine, value: cst.BaseExpression
    ) -> cst.FlattenSentinel[cst.BaseStatement]:
        """Updates were made while training alone; today that is for the layer to say."""
        self.work.change("add_update -> an update while training")
        parts = [e.value for e in value.elements] if isinstance(value, cst.List) else [value]
        text = ""
        for part in parts:
            if isinstance(part, cst.Tuple) and len(part.elements) == 2:
                pair = ", ".join(code(e.value) for e in part.elements)
                text += f"    {self.work.helper('keras2_update')}({pair})\n"
            else:
                text += f"    {code(part)}\n"
        if not all(isinstance(p, cst.Call | cst.Tuple) for p in parts):
            self.remark("was this update made before, outside of training as well?")
        return cst.FlattenSentinel(lines("if training:\n" + text, line))

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.BaseExpression:
        name = own_attribute(original_node)
        if name is not None and self.renames and name in self.renames[-1]:
            return updated_node.with_changes(attr=cst.Name(self.renames[-1][name]))
        return updated_node

    # -- the learning phase

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        path = self.path(original_node.func)
        if own_attribute(original_node.func) == "add_loss" and len(updated_node.args) > 1:
            return updated_node.with_changes(args=spaced(updated_node.args[:1]))  # `inputs` is gone
        if code(original_node.func).startswith("super(") and code(original_node.func).endswith(".__init__"):
            return self._stock_arguments(updated_node)
        if path not in PHASES or not self.functions:
            return updated_node
        known = any("training" in parameters(f) or self._is_call(f) for f in self.functions)
        if not known:
            self.remark("what it does while training is left out: this function does not know whether it is")
        if path == "keras.backend.learning_phase":
            return expr("bool(training)" if known else "False")
        if any(a.keyword is not None and a.keyword.value == "training" for a in updated_node.args):
            return updated_node
        if len(updated_node.args) > 2:
            return updated_node
        value = "training" if known else "False"
        return updated_node.with_changes(args=spaced([*updated_node.args, keyword("training", value)]))

    def _stock_arguments(self, node: cst.Call) -> cst.Call:
        """`super().__init__(nb_filter=8)` in a class that extends a stock layer."""
        if not self.classes or self.work.is_today:
            return node
        for path in self.base_paths(self.classes[-1]):
            if path.startswith("keras."):
                args, remarks = layer_arguments.upgraded(path.rpartition(".")[2], node)
                for remark in remarks:
                    self.remark(remark)
                node = node.with_changes(args=args)
        return node

    def _is_call(self, node: cst.FunctionDef) -> bool:
        return self.in_layer and node.name.value == "call"

    def end_function(self, original: cst.FunctionDef, updated: cst.FunctionDef) -> cst.BaseStatement:
        if not self.in_layer or len(self.functions) != 1:
            return updated
        name = original.name.value
        if name == "get_output_shape_for":
            self.work.change("get_output_shape_for -> compute_output_shape")
            return updated.with_changes(name=cst.Name("compute_output_shape"))
        if name == "call" and "training" not in parameters(original) and self._asks_phase(original):
            self.work.change("call takes `training`")
            params = updated.params
            extra = cst.Param(
                name=cst.Name("training"), default=cst.Name("None"),
                equal=cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace("")),
            )  # fmt: skip
            plain = [*params.params]
            if plain and not isinstance(plain[-1].comma, cst.Comma):
                plain[-1] = plain[-1].with_changes(comma=cst.Comma(whitespace_after=cst.SimpleWhitespace(" ")))
            if params.star_kwarg is not None:
                extra = extra.with_changes(comma=cst.Comma(whitespace_after=cst.SimpleWhitespace(" ")))
            return updated.with_changes(params=params.with_changes(params=[*plain, extra]))
        if name == "__init__" and not self.work.is_today:
            return self._ordered(updated)
        return updated

    def _asks_phase(self, node: cst.FunctionDef) -> bool:
        calls = list(found(node, cst.Call))
        return any(self.path(c.func) in PHASES or own_attribute(c.func) == "add_update" for c in calls)

    # -- super().__init__

    def _ordered(self, node: cst.FunctionDef) -> cst.FunctionDef:
        body = list(getattr(node.body, "body", ()))
        at = next((n for n, s in enumerate(body) if _is_super_init(s)), None)
        if at is None:
            return node
        start = 1 if body and is_docstring(body[0]) else 0
        before = body[start:at]
        moved = [s for s in before if _only_sets_attributes(s)]
        staying = [s for s in before if s not in moved]
        if any("self." in code(s) for s in (*staying, body[at])):
            moved = [s for s in moved if re.search(r"self\.supports_masking\s*=", code(s))]
            staying = [s for s in before if s not in moved]
        if not moved:
            return node
        self.work.change("attributes are set behind super().__init__")
        new = [*body[:start], *staying, body[at], *moved, *body[at + 1 :]]
        return node.with_changes(body=node.body.with_changes(body=new))


def _is_super_init(statement: cst.CSTNode) -> bool:
    small = simple(statement)
    if not isinstance(small, cst.Expr) or not isinstance(small.value, cst.Call):
        return False
    func = small.value.func
    return isinstance(func, cst.Attribute) and func.attr.value == "__init__"


def _only_sets_attributes(statement: cst.CSTNode) -> bool:
    """`self.x = ...`, also below `if` and `else`; nothing that reads or changes `kwargs`."""
    text = code(statement)
    if "kwargs" in text or isinstance(statement, cst.FunctionDef):
        return False
    if isinstance(statement, cst.If):
        inner = [*getattr(statement.body, "body", ())]
        rest = statement.orelse
        if isinstance(rest, cst.If):
            return all(map(_only_sets_attributes, inner)) and _only_sets_attributes(rest)
        if isinstance(rest, cst.Else):
            inner += getattr(rest.body, "body", ())
        return all(map(_only_sets_attributes, inner))
    pair = assigned(statement)
    if pair is None:
        return False
    targets = [e.value for e in pair[0].elements] if isinstance(pair[0], cst.Tuple) else [pair[0]]
    return all(own_attribute(t) is not None for t in targets)


def _set_attributes(node: cst.ClassDef) -> set[str]:
    names: set[str] = set()
    for assign in found(node, cst.AssignTarget):
        targets = [e.value for e in assign.target.elements] if isinstance(assign.target, cst.Tuple) else [assign.target]
        names |= {n for t in targets if (n := own_attribute(t)) is not None}
    return names
