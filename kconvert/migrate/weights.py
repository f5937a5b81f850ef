"""Weights made by assignment -> `self.add_weight`, in the same order and under the same names.

* `self.W = self.init(shape, name=n)`, `self.b = K.zeros(shape, name=n)`, `K.variable(value)`, `shared_zeros(shape)`,
  `tf.Variable(value)`, `tf.get_variable(n, shape)`: all are `add_weight`;
* `self.add_weight(shape, initializer, name=n)` (Keras 1), `self.add_weight(name, shape)` (Keras 2, tf.keras) and
  `add_variable`: arguments by keyword;
* `self.trainable_weights = [...]`, `self.params = [...]`, `self.regularizers = [...]`: what they said is said where the
  weight is made, and they go.
"""

from __future__ import annotations

import re

import libcst as cst

from kconvert.migrate.classes import ClassRewriter
from kconvert.migrate.rewriter import Work
from kconvert.migrate.syntax import (
    argument,
    assigned,
    call,
    code,
    expr,
    keyword,
    lines,
    own_attribute,
    simple,
    spaced,
)
from kconvert.migrate.weight_facts import FROZEN, SHAPE_MAKERS, VALUE_MAKERS, Facts, Makers, about_list, summands

KERAS1_ORDER = ("shape", "initializer", "name", "trainable", "regularizer", "constraint")
KERAS2_ORDER = ("name", "shape", "dtype", "initializer", "regularizer", "trainable", "constraint")
TAKEN = ("shape", "initializer", "dtype", "trainable", "autocast", "regularizer", "constraint", "aggregation", "name")
_OWN_LISTS = re.compile(r"^[\w.\[\]]*\.(_?non_)?_?trainable_(weights|variables)$|^[\w.\[\]]*\.(weights|params)$")


class Weights(ClassRewriter):
    """The pass."""

    def __init__(self, work: Work) -> None:
        super().__init__(work)
        self.facts: list[Facts] = []
        self._makers = Makers(self.path)

    def begin_class(self, node: cst.ClassDef) -> None:
        self.facts.append(self._makers.facts_of(node))

    def end_class(self, original: cst.ClassDef, updated: cst.ClassDef) -> cst.BaseStatement:
        self.facts.pop()
        return updated

    # -- add_weight

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        func = updated_node.func
        if not isinstance(func, cst.Attribute) or func.attr.value not in ("add_weight", "add_variable"):
            return updated_node
        args = self._by_keyword(updated_node)
        if args is None:
            return updated_node
        return updated_node.with_changes(func=func.with_changes(attr=cst.Name("add_weight")), args=args)

    def _by_keyword(self, node: cst.Call) -> list[cst.Arg] | None:
        order = KERAS1_ORDER if self._has_keras1_order(node) else KERAS2_ORDER
        result: list[cst.Arg] = []
        for n, arg in enumerate(node.args):
            if arg.star:
                return None
            name = order[n] if arg.keyword is None and n < len(order) else arg.keyword and arg.keyword.value
            if not name or name not in TAKEN or (name == "dtype" and code(arg.value) == "None"):
                if name not in ("dtype", "use_resource", "synchronization", "partitioner", "getter", "collections"):
                    self.remark(f"add_weight has no argument {name} any more")
                continue
            if name == "shape" and code(arg.value) == "None":
                arg = arg.with_changes(value=cst.Tuple([]))
            if name == "trainable" and code(arg.value) == "None":
                continue
            result.append(arg if arg.keyword is not None else keyword(name, arg.value).with_changes(comma=arg.comma))
        said = {a.keyword.value for a in result if a.keyword is not None}
        if "shape" not in said and "name" in said and not any(a.star for a in result):
            result.insert(0, keyword("shape", "()"))
        if [a.keyword for a in node.args] == [a.keyword for a in result] and len(node.args) == len(result):
            return list(node.args) if all(a.deep_equals(b) for a, b in zip(node.args, result, strict=True)) else result
        return spaced(result)

    def _has_keras1_order(self, node: cst.Call) -> bool:
        plain = [a for a in node.args if a.keyword is None]
        if not plain:
            return True
        first = plain[0].value
        if isinstance(first, cst.Tuple | cst.List):
            return True
        if isinstance(first, cst.SimpleString | cst.FormattedString | cst.ConcatenatedString):
            return False
        text = code(first)
        if ".format(" in text or (isinstance(first, cst.BinaryOperation) and isinstance(first.operator, cst.Modulo)):
            return False
        said = {a.keyword.value for a in node.args if a.keyword is not None}
        return "name" in said or ("shape" not in said and ("shape" in text or self.work.is_keras1))

    # -- statements

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine | cst.FlattenSentinel[cst.BaseStatement] | cst.RemovalSentinel:
        if not self.classes or not self.in_layer:
            return updated_node
        facts = self.facts[-1]
        listed = about_list(original_node)
        if listed is not None:
            return self._list(listed[1], listed[2], original_node, updated_node)
        if _is_gone(original_node):
            self.work.change("lists of regularizers and constraints")
            return cst.RemoveFromParent()
        pair, new = assigned(original_node), assigned(updated_node)
        name = own_attribute(pair[0]) if pair is not None else None
        if pair is None or new is None or name is None or not isinstance(pair[1], cst.Call):
            return updated_node
        if name not in facts.created:
            return updated_node
        assert isinstance(new[1], cst.Call)
        made = self._weight(name, pair[1], new[1], facts)
        if made is None:
            return updated_node
        assign = updated_node.body[0].with_changes(value=made)
        return updated_node.with_changes(body=[assign])

    def _weight(self, name: str, old: cst.Call, new: cst.Call, facts: Facts) -> cst.BaseExpression | None:
        path = self.path(old.func)
        declared = name in facts.trainable or name in facts.frozen
        extra: list[cst.Arg] = []
        if name in facts.frozen and argument(new, "trainable") is None:
            extra.append(keyword("trainable", "False"))
        for word, where in (("regularizer", facts.regularizers), ("constraint", facts.constraints)):
            if name in where and argument(new, word) is None:
                extra.append(keyword(word, where[name]))
        if own_attribute(old.func) in ("add_weight", "add_variable"):
            return new.with_changes(args=spaced([*new.args, *extra])) if extra else new
        if not declared and not self._makers.is_initializer(old.func, facts) and not self.work.is_tensorflow:
            if path not in ("keras.backend.variable", "theano.shared"):
                return None
            self.remark("not in a list of weights: a value that no file holds")
            return None
        self.work.change("weights by add_weight")
        if path == "tensorflow.get_variable":
            return self._by_keyword_call(new, extra)
        if path in SHAPE_MAKERS:
            shape = new.args[0].value
            if "theano_utils" in path and not isinstance(shape, cst.Tuple | cst.List):
                shape = expr(f"({code(shape).strip('()')},)")  # shared_zeros(n)
            return self._add_weight(shape, SHAPE_MAKERS[path], new, extra)
        if path in VALUE_MAKERS:
            return self._from_value(old, new, extra, facts)
        given = argument(new, "shape", 0)
        return None if given is None else self._add_weight(given, code(new.func), new, extra)

    def _by_keyword_call(self, new: cst.Call, extra: list[cst.Arg]) -> cst.BaseExpression:
        args = self._by_keyword(new.with_changes(func=cst.Name("add_weight"))) or list(new.args)
        return call("self.add_weight", [*args, *extra])

    def _add_weight(
        self, shape: cst.BaseExpression, initializer: str, new: cst.Call, extra: list[cst.Arg]
    ) -> cst.BaseExpression:
        name = argument(new, "name")
        args = [keyword("shape", shape), keyword("initializer", initializer)]
        args += [keyword("name", name)] if name is not None else []
        trainable = argument(new, "trainable")
        args += [keyword("trainable", trainable)] if trainable is not None else []
        return call("self.add_weight", [*args, *extra])

    def _from_value(self, old: cst.Call, new: cst.Call, extra: list[cst.Arg], facts: Facts) -> cst.BaseExpression:
        """`K.variable(self.init(shape))` has a shape and an initializer; any other value is taken as it is."""
        value: cst.BaseExpression | None = argument(new, "value", 0) or argument(new, "initial_value", 0)
        inner: cst.BaseExpression | None = argument(old, "value", 0) or argument(old, "initial_value", 0)
        while isinstance(inner, cst.Call) and _unwrapped(inner) is not None and isinstance(value, cst.Call):
            inner, value = _unwrapped(inner), _unwrapped(value)
        if isinstance(inner, cst.Call) and isinstance(value, cst.Call):
            path = self.path(inner.func) or ""
            if self._makers.is_initializer(inner.func, facts) or (path == "" and code(inner.func).endswith("_init")):
                shape = argument(value, "shape", 0)
                if shape is not None:
                    return self._add_weight(shape, code(value.func), new, extra)
            if path in ("numpy.zeros", "numpy.ones", "tensorflow.zeros", "tensorflow.ones") and value.args:
                return self._add_weight(value.args[0].value, f'"{path.rpartition(".")[2]}"', new, extra)
        assert value is not None
        args = [cst.Arg(cst.Name("self")), cst.Arg(value)]
        for word in ("name", "trainable"):
            said = argument(new, word)
            args += [keyword(word, said)] if said is not None else []
        return call(self.work.helper("keras1_weight"), [*args, *(e for e in extra if code(e).startswith("trainable"))])

    def _list(
        self,
        names: list[str],
        value: cst.BaseExpression,
        original: cst.SimpleStatementLine,
        updated: cst.SimpleStatementLine,
    ) -> cst.SimpleStatementLine | cst.FlattenSentinel[cst.BaseStatement] | cst.RemovalSentinel:
        facts = self.facts[-1]
        terms = summands(value)
        plain = all(_is_own_list(t) or isinstance(t, cst.List | cst.Tuple) for t in terms)
        known = plain and all(n in facts.created for n in names)
        every = sum(len(t.elements) for t in terms if isinstance(t, cst.List | cst.Tuple)) == len(names)
        places = [facts.created.index(n) for n in facts.trainable if n in facts.created]
        if known and every and places == sorted(places):
            self.work.change("lists of weights, which Keras keeps by itself")
            return cst.RemoveFromParent()
        if _is_frozen_list(original):
            self.remark(f"Keras keeps its own lists of weights; this one said: {code(simple(original) or original)}")
            return cst.RemoveFromParent()
        helper = self.work.helper("keras1_weight_order")
        if not (known and every):
            self.remark("Keras keeps its own lists of weights: are these all, and made by add_weight?")
        return cst.FlattenSentinel(lines(f"{helper}(self, {code(value)})\n", updated))


def _unwrapped(node: cst.Call) -> cst.Call | None:
    """`x.eval()`, `K.get_value(x)`, `K.eval(x)`, `np.asarray(x)` -> x."""
    if isinstance(node.func, cst.Attribute):
        if node.func.attr.value == "eval" and not node.args and isinstance(node.func.value, cst.Call):
            return node.func.value
        if node.func.attr.value in ("eval", "get_value", "asarray", "array") and len(node.args) == 1:
            inner = node.args[0].value
            return inner if isinstance(inner, cst.Call) else None
    return None


def _is_own_list(term: cst.BaseExpression) -> bool:
    """`self.d1.trainable_weights`: the weights of a layer, which Keras finds by itself."""
    return _OWN_LISTS.match(code(term).strip()) is not None


def _is_frozen_list(line: cst.CSTNode) -> bool:
    listed = about_list(line)
    return listed is not None and listed[0] in FROZEN


def _is_gone(line: cst.CSTNode) -> bool:
    """Statements about `self.regularizers` and `self.constraints`, and `set_param`."""
    text = code(simple(line) or line)
    if re.match(r"self\.(regularizers|constraints)\s*(=|\+=|\[|\.append\()", text):
        return True
    return re.match(r"[\w.]+\.(set_param|set_layer)\(", text) is not None
