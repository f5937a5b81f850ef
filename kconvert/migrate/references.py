"""Every name of another time -> its name today: functions by the table of operations, classes by the layer maps."""

from __future__ import annotations

from typing import Any

import libcst as cst

from kconvert.migrate import layer_arguments, operations
from kconvert.migrate.names import DTYPES, HELPERS, plain, today
from kconvert.migrate.rewriter import Rewriter
from kconvert.migrate.syntax import argument, code, dotted, expr, keyword, literal

NEW_DEFAULTS = {  # what a stock class meant where it was not said
    "LSTM": ("recurrent_activation", "keras2_hard_sigmoid_activation"),
    "ConvLSTM2D": ("recurrent_activation", "keras2_hard_sigmoid_activation"),
}
GONE = ("contrib", "layers", "get_variable", "variable_scope", "placeholder", "Session", "get_collection",
        "global_variables_initializer", "assign", "assign_add", "assign_sub", "python")  # fmt: skip
GETTERS = {"keras.regularizers.get": "keras1_regularizer", "keras.constraints.get": "keras1_constraint"}


class References(Rewriter):
    """Rewrites references; imports are another pass's."""

    def visit_Import(self, node: cst.Import) -> bool:
        return False

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        return False

    # -- calls

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        path = self.path(original_node.func)
        if path is None:
            return self._method(updated_node)
        special = self._getter(path, updated_node)
        if special is not None:
            return special
        done = self._operation(path, updated_node)
        if done is not None:
            return done
        new = today(path)
        if new is None or not new.startswith("keras.") or new.startswith("keras.ops."):
            return updated_node
        old_name = path.rpartition(".")[2]
        args, remarks = (
            ([*updated_node.args], []) if self.work.is_today else layer_arguments.upgraded(old_name, updated_node)
        )
        for remark in remarks:
            self.remark(remark)
        if args != list(updated_node.args):
            self.work.change(f"arguments of {old_name}")
        if new == "keras.layers.InputSpec":
            args = [_open_rank(a) for a in args]
        args = self._defaults(new.rpartition(".")[2], new, args)
        return updated_node.with_changes(args=args)

    def _defaults(self, name: str, new: str, args: list[cst.Arg]) -> list[cst.Arg]:
        if not new.startswith("keras.layers.") or self.work.is_today:
            return args
        said = {a.keyword.value for a in args if a.keyword is not None}
        result = [
            a.with_changes(value=expr(self.work.helper("keras2_hard_sigmoid_activation")))
            if a.keyword is not None and a.keyword.value.endswith("activation") and literal(a.value) == "hard_sigmoid"
            else a
            for a in args
        ]
        if name in ("LSTM", "GRU", "ConvLSTM2D") and "recurrent_activation" not in said:
            if self.work.is_tensorflow:
                self.remark(f"{name}: TensorFlow 1 took hard_sigmoid for its gates, TensorFlow 2 sigmoid as today")
            else:
                function = self.work.helper("keras2_hard_sigmoid_activation")
                result.append(keyword("recurrent_activation", function))
                self.remark(f"{name}: up to Keras 2.2 the gates' activation was hard_sigmoid; of 2.3 on, say 'sigmoid'")
        if name == "GRU" and "reset_after" not in said:
            if self.work.is_tensorflow:
                self.remark("GRU: TensorFlow 1 meant reset_after=False, TensorFlow 2 True as today")
            else:
                result.append(keyword("reset_after", "False"))
        if len(result) == len(args):
            return result
        from kconvert.migrate.syntax import spaced

        return spaced(result)

    def _getter(self, path: str, node: cst.Call) -> cst.BaseExpression | None:
        if self.work.is_today:
            return None
        if path in ("keras.activations.get", "keras.layers.activations.get"):
            value = literal(node.args[0].value) if node.args else ...
            if value is ... or value == "hard_sigmoid":
                return node.with_changes(func=expr(self.work.helper("keras2_activation")))
            return None
        if path == "keras.initializers.get" and len(node.args) > 1:
            return node.with_changes(args=[node.args[0].with_changes(comma=cst.MaybeSentinel.DEFAULT)])
        if path in GETTERS and self.work.is_keras1:
            return node.with_changes(func=expr(self.work.helper(GETTERS[path])))
        return None

    def _operation(self, path: str, node: cst.Call) -> cst.BaseExpression | None:
        rows = [(r, s) for r in operations.rows(path) if (s := operations.source_of(r)) is not None]
        reason = ""
        for row, source in rows:
            try:
                target, args = operations.arguments(row, source, node)
            except operations.Unbound as unbound:
                reason = str(unbound)
                continue
            if target == "keras.ops.concatenate" and _joins_shapes(node):
                target = "@keras2_concatenate"
            if target == "@keras2_batch_dot":
                target = self._batch_dot(node)
            self.work.change(f"{path} -> {target.lstrip('@')}")
            return node.with_changes(func=expr(self._spelled(target)), args=args)
        if reason:
            self.remark(f"{path}: {reason} has no equal here; it stays as it is")
            return node
        return None

    def _batch_dot(self, node: cst.Call) -> str:
        """Since Keras 2.3 and in tf.keras since 1.13 it is that of Theano."""
        if self.work.is_tensorflow:
            return "@tf_batch_dot"
        axes = literal(argument(node, "axes", 2))
        if isinstance(axes, list | tuple) and any(isinstance(a, int) and (a > 2 or a < 0) for a in axes):
            self.remark(
                "K.batch_dot of more than three axes: as in Keras 2.0 to 2.2 on TensorFlow; else use tf_batch_dot"
            )
        return "@keras2_batch_dot"

    def _method(self, node: cst.Call) -> cst.BaseExpression:
        """Methods of TensorFlow 1's and Theano's tensors and shapes."""
        func = node.func
        if not isinstance(func, cst.Attribute):
            return node
        name, owner = func.attr.value, func.value
        if name == "as_list" and not node.args:
            return expr(f"list({code(owner)})")
        if name == "get_shape" and not node.args:
            return cst.Attribute(owner, cst.Name("shape"))
        if name == "dimshuffle":
            args = [cst.Arg(owner, comma=cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))), *node.args]
            return node.with_changes(func=expr(self.work.helper("theano_dimshuffle")), args=args)
        if name == "get_output_shape_for":
            return node.with_changes(func=func.with_changes(attr=cst.Name("compute_output_shape")))
        return node

    # -- names

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.BaseExpression:
        path = self.path(original_node)
        if path is None:
            if updated_node.attr.value == "_keras_shape":
                return expr(f"tuple({code(updated_node.value)}.shape)")
            owner = updated_node.value
            if updated_node.attr.value == "value" and isinstance(owner, cst.Subscript) and "shape" in code(owner.value):
                return owner
            return updated_node
        root: Any = original_node.value
        while isinstance(root, cst.Attribute):
            root = root.value
        return self._reference(path, original_node, updated_node, root)

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        path = self.path(original_node)
        if path is None:
            return updated_node
        return self._reference(path, original_node, updated_node, original_node)

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:
        return updated_node.with_changes(keyword=original_node.keyword)

    def leave_Param(self, original_node: cst.Param, updated_node: cst.Param) -> cst.Param:
        return updated_node.with_changes(name=original_node.name)

    def _reference(self, path: str, original: Any, updated: cst.BaseExpression, root: Any) -> cst.BaseExpression:
        name = path.rpartition(".")[2]
        if path.startswith("tensorflow.") and path.count(".") == 1 and name in DTYPES:
            return expr(f'"{name}"')
        if path in HELPERS:
            self.work.change(f"{name} is a base class that the module has itself")
            return expr(self.work.helper(HELPERS[path]))
        sources = [s for r in operations.rows(path) if (s := operations.source_of(r)) is not None]
        if sources:
            target = operations.target(sources[0])
            activation = target.replace("keras.ops.", "keras.activations.")
            if sources[0].absent and today(activation) == activation:
                target = activation  # not called here, it has no arguments to say that ops.gelu is not tf.nn.gelu
            return expr(self._spelled(target))
        new = today(path)
        if new is None:
            return self._unknown(path, updated, isinstance(original, cst.Attribute))
        if isinstance(original, cst.Name):
            last = new.rpartition(".")[2]
            return cst.Name(last if original.value == name != last else original.value)
        root_path = self.path(root) or ""
        home = today(root_path) if not root_path.startswith("tensorflow") else None
        if home and new.startswith(home + "."):
            return expr(_root_name(root.value, self.raw_path(root) or "", home) + new[len(home) :])
        return expr(self.work.keras(new))

    def _unknown(self, path: str, updated: cst.BaseExpression, is_attribute: bool) -> cst.BaseExpression:
        rows = operations.rows(path)
        version2 = path.removeprefix("tensorflow.")
        if path.startswith("tensorflow.") and is_attribute and rows and not _in_version2(version2):
            self.remark(f"tf.{version2} is a function of TensorFlow 1; it stays one, on the tensorflow backend only")
            root = dotted(updated) or ""
            return expr(f"{root.partition('.')[0]}.compat.v1.{version2}") if ".compat.v1." not in root else updated
        if path.startswith("keras.backend.") and path.count(".") == 2:
            self.remark(f"keras.backend.{path.rpartition('.')[2]} has no equal in today's Keras")
        elif path.startswith("tensorflow.") and version2.partition(".")[0] in GONE:
            self.remark(f"tf.{version2} is gone with TensorFlow 1")
        elif path.startswith("theano.tensor.") and path.count(".") >= 2:
            self.remark(f"{path} has no equal here")
        elif path.startswith("keras.") and path.rpartition(".")[2][:1].isupper():
            self.remark(f"{path} is not in today's Keras")
        return updated

    def _spelled(self, target: str) -> str:
        if target.startswith("@"):
            return self.work.helper(target[1:])
        if target.startswith("keras.ops."):
            self.work.needs.add("ops")
            return target.removeprefix("keras.")
        return self.work.keras(target)


def _open_rank(arg: cst.Arg) -> cst.Arg:
    """`ndim="3+"` of Keras 1 is `min_ndim=3`."""
    value = literal(arg.value)
    if arg.keyword is not None and arg.keyword.value == "ndim" and isinstance(value, str) and value.endswith("+"):
        return arg.with_changes(keyword=cst.Name("min_ndim"), value=expr(value[:-1]))
    return arg


def _in_version2(key: str) -> bool:
    from kconvert.upgrade.operations.table import operation_table

    return key in operation_table().functions


def _root_name(local: str, path: str, home: str) -> str:
    """`initializations` is imported as `initializers` from now on; an alias stays."""
    return home.rpartition(".")[2] if local == path.rpartition(".")[2] else local


def _joins_shapes(node: cst.Call) -> bool:
    """Does it join what need not be tensors: lists of numbers, parts of a shape?"""
    values = next((a.value for a in node.args if a.keyword is None or a.keyword.value in ("values", "tensors")), None)
    if not isinstance(values, cst.List | cst.Tuple):
        return False
    return any(_is_piece(e.value) for e in values.elements)


def _is_piece(node: cst.BaseExpression) -> bool:
    if isinstance(node, cst.List | cst.Tuple):
        return True
    text = code(node)
    if isinstance(node, cst.Subscript):
        return "shape" in text or (len(node.slice) == 1 and ":" in code(node.slice[0]))
    return "shape(" in text


def module_today(path: str) -> str | None:
    """Where a module is today."""
    return today(plain(path))
