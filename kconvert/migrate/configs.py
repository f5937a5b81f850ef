"""What a config says: `self.init.__name__` is `initializers.serialize(self.init)`; a missing `get_config` is written.

A class that a file names is registered under the package Custom, so that `.keras` loads with this module alone.
"""

from __future__ import annotations

import re

import libcst as cst

from kconvert.migrate.classes import KINDS, ClassRewriter
from kconvert.migrate.rewriter import Work
from kconvert.migrate.syntax import assigned, code, expr, found, literal, methods, own_attribute, parameters

REGISTER = "keras.saving.register_keras_serializable"
PACKAGE = "Custom"
PATTERNS = (
    (re.compile(r"(^|_)init(ializer)?s?$|^init"), "initializers"),
    (re.compile(r"regularizer"), "regularizers"),
    (re.compile(r"constraint"), "constraints"),
    (re.compile(r"activation|^act"), "activations"),
)


class Configs(ClassRewriter):
    """The pass."""

    def __init__(self, work: Work) -> None:
        super().__init__(work)
        self.getters: list[dict[str, str]] = []

    def begin_class(self, node: cst.ClassDef) -> None:
        getters: dict[str, str] = {}
        for line in found(node, cst.SimpleStatementLine):
            pair = assigned(line)
            name = own_attribute(pair[0]) if pair is not None else None
            if pair is not None and name is not None and isinstance(pair[1], cst.Call):
                home = _getter_home(self.path(pair[1].func) or "")
                if home:
                    getters[name] = home
        self.getters.append(getters)

    def end_class(self, original: cst.ClassDef, updated: cst.ClassDef) -> cst.BaseStatement:
        getters = self.getters.pop()
        if len(self.classes) != 1 or self.functions or self.kind not in (*KINDS, "models"):
            return updated
        updated = self._with_config(original, updated, getters)
        if self.kind in ("callbacks", "optimizers") or _is_registered(original):
            return updated
        self.work.change("registered, so that a file that names it loads")
        text = f'@{self.work.keras(REGISTER)}(package="{PACKAGE}")\nclass X: pass\n'
        made = cst.parse_statement(text)
        assert isinstance(made, cst.ClassDef)
        return updated.with_changes(decorators=[*updated.decorators, *made.decorators])

    # -- functions as values of a config

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.BaseExpression:
        if original_node.attr.value != "__name__" or not self.classes:
            return updated_node
        name = own_attribute(original_node.value)
        home = self._home(name) if name is not None else None
        if home is None:
            return updated_node
        self.work.change("functions in configs by serialize")
        return expr(f"{self.work.keras('keras')}.{home}.serialize(self.{name})")

    def leave_IfExp(self, original_node: cst.IfExp, updated_node: cst.IfExp) -> cst.BaseExpression:
        """`self.r.get_config() if self.r else None`."""
        value = original_node.body
        if isinstance(value, cst.Call) and isinstance(value.func, cst.Attribute) and not value.args:
            name = own_attribute(value.func.value)
            home = self._home(name) if name is not None and self.classes else None
            if (
                name is not None
                and home
                and value.func.attr.value == "get_config"
                and code(original_node.orelse) == "None"
            ):
                return expr(f"{self.work.keras('keras')}.{home}.serialize(self.{name})")
        return updated_node

    def _home(self, name: str) -> str | None:
        known = self.getters[-1].get(name)
        if known is not None:
            return known
        return next((home for pattern, home in PATTERNS if pattern.search(name)), None)

    # -- a config that is missing

    def _with_config(self, original: cst.ClassDef, updated: cst.ClassDef, getters: dict[str, str]) -> cst.ClassDef:
        own = methods(original)
        init = own.get("__init__")
        if init is None or init.params.star_arg not in (cst.MaybeSentinel.DEFAULT, None):
            return updated
        names = [n for n in parameters(init)[1:] if n not in ("name", "dtype", "trainable")]
        if "get_config" in own:
            self._judge(own["get_config"], init, names)
            return updated
        if not names:
            return updated
        stored = _stored(init)
        based = self.kind in ("layers", "models", "losses", "metrics")
        if any(n not in stored for n in names) or (based and init.params.star_kwarg is None):
            return updated  # Keras keeps the arguments of a layer by itself
        items = ", ".join(f'"{n}": {_value(n, stored[n], getters)}' for n in names)
        if any(n in getters for n in names):
            self.work.needs.add("keras")
        text = (
            f"def get_config(self):\n    return {{**super().get_config(), {items}}}\n"
            if based
            else f"def get_config(self):\n    return {{{items}}}\n"
        )
        made = cst.parse_statement(text).with_changes(leading_lines=[cst.EmptyLine(indent=False)])
        self.work.change("get_config is written where it was missing")
        return updated.with_changes(body=updated.body.with_changes(body=[*updated.body.body, made]))

    def _judge(self, config: cst.FunctionDef, init: cst.FunctionDef, names: list[str]) -> None:
        text = code(config)
        if "vars(" in text or "__dict__" in text:
            return
        needed = {p.name.value for p in init.params.params if p.default is None}
        said = {str(literal(s)) for s in found(config, cst.SimpleString)}
        said |= {a.keyword.value for a in found(config, cst.Arg) if a.keyword is not None}
        lost = [n for n in names if n in needed and n not in said]
        if lost:
            self.remark(f"get_config does not say {', '.join(lost)}, which __init__ needs")


class Functions(ClassRewriter):
    """Registers functions that a file may name: activations, losses, metrics, initializers."""

    def end_function(self, original: cst.FunctionDef, updated: cst.FunctionDef) -> cst.BaseStatement:
        if self.classes or len(self.functions) != 1 or _is_registered(original) or not self._may_be_named(original):
            return updated
        text = f'@{self.work.keras(REGISTER)}(package="{PACKAGE}")\ndef f(): pass\n'
        made = cst.parse_statement(text)
        assert isinstance(made, cst.FunctionDef)
        return updated.with_changes(decorators=[*updated.decorators, *made.decorators])

    def _may_be_named(self, node: cst.FunctionDef) -> bool:
        params = node.params
        if node.name.value.startswith(("_", "keras1_", "keras2_", "tf_", "theano_")) or params.star_arg not in (
            cst.MaybeSentinel.DEFAULT,
            None,
        ):
            return False
        needed = [p.name.value for p in params.params if p.default is None]
        is_right = len(needed) == 1 or needed[:2] in (["y_true", "y_pred"], ["y", "y_pred"], ["target", "output"])
        calls = [self.path(c.func) or "" for c in found(node, cst.Call)]
        return (
            is_right
            and len(needed) <= 2
            and any(c.startswith(("keras.backend.", "keras.ops.", "tensorflow.")) for c in calls)
        )


def _getter_home(path: str) -> str | None:
    for home in ("initializers", "regularizers", "constraints", "activations"):
        if path == f"keras.{home}.get":
            return home
    return None


def _is_registered(node: cst.ClassDef | cst.FunctionDef) -> bool:
    return any("register_keras_serializable" in code(d) or "register_serializable" in code(d) for d in node.decorators)


def _stored(init: cst.FunctionDef) -> dict[str, str]:
    """Parameter -> the attribute that keeps it: `self.n = n`, `self.f = activations.get(f)`."""
    stored: dict[str, str] = {}
    names = set(parameters(init))
    for assign in found(init, cst.Assign):
        for target in assign.targets:
            pairs = (
                list(
                    zip(
                        [e.value for e in target.target.elements],
                        [e.value for e in assign.value.elements],
                        strict=False,
                    )
                )
                if isinstance(target.target, cst.Tuple) and isinstance(assign.value, cst.Tuple)
                else [(target.target, assign.value)]
            )
            for left, value in pairs:
                attribute = own_attribute(left)
                inner = value.args[0].value if isinstance(value, cst.Call) and len(value.args) == 1 else value
                if attribute is not None and isinstance(inner, cst.Name) and inner.value in names:
                    stored.setdefault(inner.value, attribute)
    return stored


def _value(name: str, attribute: str, getters: dict[str, str]) -> str:
    if attribute in getters:
        return f"keras.{getters[attribute]}.serialize(self.{attribute})"
    return f"self.{attribute}"
