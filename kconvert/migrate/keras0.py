"""Layers of Keras 0.x, which asked for their input, as layers that are given it.

* `get_output(self, train=False)` with `X = self.get_input(train)` is `call(self, X, training=None)`;
* the property `output_shape` is `compute_output_shape(self, input_shape)`;
* `build(self)` is `build(self, input_shape)`, `self.input_shape` there is `input_shape`;
* `get_output_mask` is `compute_mask`; the config has no `name` that is the class.

Source: keras 0.3.3 layers/core.py.
"""

from __future__ import annotations

import libcst as cst

from kconvert.migrate.classes import ClassRewriter
from kconvert.migrate.rewriter import Work
from kconvert.migrate.syntax import assigned, code, found, own_attribute

SIGNATURES = {
    "build": "self, input_shape",
    "output_shape": "self, input_shape",
    "get_output_mask": "self, inputs, mask=None",
}
NAMES = {"output_shape": "compute_output_shape", "get_output_mask": "compute_mask", "get_output": "call"}


class Keras0(ClassRewriter):
    """The pass."""

    def __init__(self, work: Work) -> None:
        super().__init__(work)
        self.old: list[bool] = []
        self.inputs: list[str] = []

    def begin_class(self, node: cst.ClassDef) -> None:
        own = {f.name.value for f in node.body.body if isinstance(f, cst.FunctionDef)}
        self.old.append(self.in_layer and ("get_output" in own or ("output_shape" in own and "call" not in own)))

    def end_class(self, original: cst.ClassDef, updated: cst.ClassDef) -> cst.BaseStatement:
        if not self.old.pop():
            return updated
        self.work.change("a layer of Keras 0 is one that is given its input")
        masked = any(self.path(b.value) in _MASKED for b in original.bases)
        supports = "supports_masking" in code(original)
        if masked and not supports:
            init = cst.parse_statement(
                "def __init__(self, *args, **kwargs):\n    super().__init__(*args, **kwargs)\n"
                "    self.supports_masking = True\n"
            )
            own = {f.name.value: f for f in updated.body.body if isinstance(f, cst.FunctionDef)}
            if "__init__" in own:
                function = own["__init__"]
                line = cst.parse_statement("self.supports_masking = True\n")
                body = function.body.with_changes(body=[*function.body.body, line])
                new = [function.with_changes(body=body) if s is function else s for s in updated.body.body]
            else:
                new = [init, *updated.body.body]
            updated = updated.with_changes(body=updated.body.with_changes(body=new))
        return updated

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        super().visit_FunctionDef(node)
        if self._is_method():
            self.inputs.append(_input_name(node) or "inputs")
        return True

    def end_function(self, original: cst.FunctionDef, updated: cst.FunctionDef) -> cst.BaseStatement:
        if not self._is_method():
            return updated
        given = self.inputs.pop()
        name = original.name.value
        if name == "get_output":
            with_mask = "get_input_mask" in code(original)
            text = f"self, {given}{', mask=None' if with_mask else ''}, training=None"
        elif name in SIGNATURES:
            text = SIGNATURES[name]
        else:
            return updated
        return updated.with_changes(
            name=cst.Name(NAMES.get(name, name)),
            params=_parameters(text),
            decorators=[d for d in updated.decorators if code(d.decorator) != "property"],
        )

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        if not self._is_method():
            return updated_node
        name = own_attribute(original_node.func)
        if name == "get_input":
            return cst.Name(self.inputs[-1])
        if name == "get_input_mask":
            return cst.Name("mask")
        return updated_node

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.BaseExpression:
        if self._is_method() and own_attribute(original_node) == "input_shape":
            method = self.functions[0].name.value
            if method in ("build", "output_shape"):
                return cst.Name("input_shape")
            return cst.Attribute(cst.Name(self.inputs[0]), cst.Name("shape"))
        return updated_node

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        if original_node.value == "train" and self._is_method() and self.functions[0].name.value == "get_output":
            return cst.Name("training")
        return updated_node

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine | cst.RemovalSentinel:
        pair = assigned(updated_node)
        if pair is not None and self._is_method():
            is_same = code(pair[0]) == code(pair[1])  # X = X
            if is_same or own_attribute(pair[0]) == "input":  # self.input = T.matrix()
                return cst.RemoveFromParent()
        return updated_node

    def leave_DictElement(
        self, original_node: cst.DictElement, updated_node: cst.DictElement
    ) -> cst.DictElement | cst.RemovalSentinel:
        if self.classes and self.in_layer and code(updated_node.value) == "self.__class__.__name__":
            return cst.RemoveFromParent()
        return updated_node

    def _is_method(self) -> bool:
        return bool(self.old and self.old[-1] and self.functions)


_MASKED = ("keras.layers.core.MaskedLayer", "keras.layers.MaskedLayer")


def _input_name(node: cst.FunctionDef) -> str | None:
    """`X` of `X = self.get_input(train)`."""
    for line in found(node, cst.SimpleStatementLine):
        pair = assigned(line)
        if pair is not None and isinstance(pair[1], cst.Call) and own_attribute(pair[1].func) == "get_input":
            return pair[0].value if isinstance(pair[0], cst.Name) else None
    return None


def _parameters(text: str) -> cst.Parameters:
    function = cst.parse_statement(f"def f({text}):\n    pass\n")
    assert isinstance(function, cst.FunctionDef)
    return function.params
