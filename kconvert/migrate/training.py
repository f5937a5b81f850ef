"""A `train_step` of TensorFlow 2 -> that of Keras 3: `compute_loss` and the metrics one by one.

Source: the migration guide of Keras 3, and keras 3.15 src/backend/tensorflow/trainer.py.
"""

from __future__ import annotations

import libcst as cst

from kconvert.migrate.classes import ClassRewriter
from kconvert.migrate.syntax import assigned, call, code, found, keyword, lines, own_attribute, simple


class Training(ClassRewriter):
    """The pass."""

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        if not self.in_layer or own_attribute(updated_node.func) != "compiled_loss":
            return updated_node
        plain = [a.value for a in updated_node.args if a.keyword is None]
        if len(plain) < 2:
            return updated_node
        self.work.change("compiled_loss -> compute_loss")
        given = {a.keyword.value: a.value for a in updated_node.args if a.keyword is not None}
        weight = plain[2] if len(plain) > 2 else given.get("sample_weight")
        extra = [keyword("sample_weight", weight)] if weight is not None else []
        return call("self.compute_loss", [keyword("y", plain[0]), keyword("y_pred", plain[1]), *extra])

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine | cst.FlattenSentinel[cst.BaseStatement]:
        small = simple(updated_node)
        if not self.in_layer or not isinstance(small, cst.Expr) or not isinstance(small.value, cst.Call):
            return updated_node
        if code(small.value.func) != "self.compiled_metrics.update_state":
            return updated_node
        self.work.change("compiled_metrics -> metrics")
        values = ", ".join(code(a.value) for a in small.value.args)
        names = {t.value for t in self._losses()}
        loss = next(iter(sorted(names)), "loss")
        text = (
            "for metric in self.metrics:\n"
            f'    metric.update_state(*(({loss},) if metric.name == "loss" else ({values})))\n'
        )
        return cst.FlattenSentinel(lines(text, updated_node))

    def _losses(self) -> list[cst.Name]:
        """What `self.compiled_loss(...)` is assigned to."""
        result = []
        for line in found(self.functions[0], cst.SimpleStatementLine) if self.functions else ():
            pair = assigned(line)
            target, value = pair or (None, None)
            is_loss = isinstance(value, cst.Call) and own_attribute(value.func) == "compiled_loss"
            if is_loss and isinstance(target, cst.Name):
                result.append(target)
        return result
