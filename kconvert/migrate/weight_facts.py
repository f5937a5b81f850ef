"""What a class says of its weights, before any of it is rewritten: which it makes, which it lists, what goes with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import libcst as cst

from kconvert.migrate.syntax import assigned, code, found, own_attribute, simple

TRAINABLE = ("trainable_weights", "_trainable_weights", "params", "trainable_params")
FROZEN = ("non_trainable_weights", "_non_trainable_weights", "non_trainable_params")
GONE = ("regularizers", "constraints")
VALUE_MAKERS = ("keras.backend.variable", "tensorflow.Variable", "theano.shared", "keras.utils.theano_utils.sharedX")
SHAPE_MAKERS = {
    "keras.backend.zeros": '"zeros"', "keras.backend.ones": '"ones"', "keras.utils.theano_utils.shared_zeros": '"zeros"',
    "keras.utils.theano_utils.shared_ones": '"ones"', "keras.backend.random_uniform_variable": '"uniform"',
    "keras.backend.random_normal_variable": '"normal"',
}  # fmt: skip
NO_INITIALIZERS = ("get", "serialize", "deserialize")


@dataclass
class Facts:
    """By the attributes that hold them.

    Attributes:
        regularizers, constraints: attribute -> source of what it was given.
    """

    created: list[str] = field(default_factory=list)
    trainable: list[str] = field(default_factory=list)
    frozen: list[str] = field(default_factory=list)
    initializers: set[str] = field(default_factory=set)
    regularizers: dict[str, str] = field(default_factory=dict)
    constraints: dict[str, str] = field(default_factory=dict)


class Makers:
    """Which calls make weights and initializers.

    Args:
        path: the whole name of what an expression means, where it was imported.
    """

    def __init__(self, path: Callable[[cst.CSTNode], str | None]) -> None:
        self._path = path

    def facts_of(self, node: cst.ClassDef) -> Facts:
        """What the class says."""
        facts = Facts()
        for line in found(node, cst.SimpleStatementLine):
            pair = assigned(line)
            if pair is not None and (name := own_attribute(pair[0])) is not None:
                value = pair[1]
                if isinstance(value, cst.Call) and self.makes_initializer(value):
                    facts.initializers.add(name)
                elif name in GONE and isinstance(value, cst.Dict):
                    for element in value.elements:
                        if isinstance(element, cst.DictElement) and own_attribute(element.key):
                            facts.constraints[own_attribute(element.key) or ""] = code(element.value)
        for line in found(node, cst.SimpleStatementLine):
            pair = assigned(line)
            name = own_attribute(pair[0]) if pair is not None else None
            if pair is not None and name is not None and name not in (*TRAINABLE, *FROZEN, *GONE):
                value = pair[1]
                if isinstance(value, cst.Call) and self._could_be_weight(value, facts):
                    facts.created.append(name)
            listed = about_list(line)
            if listed is not None:
                (facts.trainable if listed[0] in TRAINABLE else facts.frozen).extend(listed[1])
            for node_ in found(line, cst.Call):
                if isinstance(node_.func, cst.Attribute) and node_.func.attr.value == "set_param" and node_.args:
                    weight = own_attribute(node_.args[0].value)
                    if weight:
                        facts.regularizers[weight] = code(node_.func.value)
        return facts

    def makes_initializer(self, value: cst.Call) -> bool:
        """`initializers.get(init)`, `tf.random_normal_initializer()`."""
        path = self._path(value.func) or ""
        return path.startswith("keras.initializers.") or (
            path.startswith("tensorflow.") and path.endswith(("_initializer", "_init"))
        )

    def is_initializer(self, func: cst.BaseExpression, facts: Facts) -> bool:
        """Is what is called here one, such as `self.init`?"""
        name = own_attribute(func)
        if name is not None:
            return name in facts.initializers or name in ("init", "inner_init", "forget_bias_init")
        if isinstance(func, cst.Call):
            return self.makes_initializer(func)
        path = self._path(func) or ""
        name = path.rpartition(".")[2]
        return path.startswith("keras.initializers.") and name not in NO_INITIALIZERS and not name[:1].isupper()

    def _could_be_weight(self, value: cst.Call, facts: Facts) -> bool:
        path = self._path(value.func)
        if own_attribute(value.func) in ("add_weight", "add_variable"):
            return True
        if path in (*VALUE_MAKERS, *SHAPE_MAKERS, "tensorflow.get_variable"):
            return True
        return (path is None or path.startswith("keras.initializers.")) and self.is_initializer(value.func, facts)


def about_list(line: cst.CSTNode) -> tuple[str, list[str], cst.BaseExpression] | None:
    """(the list's name, attributes that it names, what is assigned or added) of a statement about a list of weights."""
    small = simple(line)
    target: cst.BaseExpression | None = None
    value: cst.BaseExpression | None = None
    if isinstance(small, cst.Assign) and len(small.targets) == 1:
        target, value = small.targets[0].target, small.value
    elif isinstance(small, cst.AugAssign):
        target, value = small.target, small.value
    elif isinstance(small, cst.Expr) and isinstance(small.value, cst.Call):
        func = small.value.func
        if isinstance(func, cst.Attribute) and func.attr.value in ("append", "extend") and small.value.args:
            target, value = func.value, small.value.args[0].value
            if func.attr.value == "append":
                value = cst.List([cst.Element(value)])
    name = own_attribute(target) if target is not None else None
    if value is None or name is None or name not in (*TRAINABLE, *FROZEN):
        return None
    names = []
    for term in summands(value):
        if isinstance(term, cst.List | cst.Tuple):
            names += [n for e in term.elements if (n := own_attribute(e.value)) is not None]
    return name, names, value


def summands(value: cst.BaseExpression) -> list[cst.BaseExpression]:
    """What is added up, in order."""
    if isinstance(value, cst.BinaryOperation) and isinstance(value.operator, cst.Add):
        return [*summands(value.left), *summands(value.right)]
    return [value]
