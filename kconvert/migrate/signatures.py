"""What today's Keras calls with less or with more than the old one did.

* `call(self, x, training)` is called without `training` where nobody says it: `training=None`;
* a constructor gets what every layer has (`name`, `trainable`, `dtype`) from a file, so it takes `**kwargs` and hands them on;
* a layer of standalone Keras that does not say its output's shape has that of its input: TimeDistributed asks for it;
* an initializer, regularizer or constraint gets from a file what its `get_config` says: Keras 1 wrote the class's name as `name`.
"""

from __future__ import annotations

import libcst as cst

from kconvert.migrate.classes import ClassRewriter
from kconvert.migrate.syntax import code, lines, literal, spaced

FILLED = ("training", "mask")
NAMED = ("initializers", "regularizers", "constraints")
OWN_NAME = ("self.__class__.__name__", "type(self).__name__")


class Signatures(ClassRewriter):
    """The pass."""

    def end_function(self, original: cst.FunctionDef, updated: cst.FunctionDef) -> cst.BaseStatement:
        if len(self.classes) != 1 or len(self.functions) != 1:
            return updated
        if self.in_layer and original.name.value == "call":
            return updated.with_changes(params=self._with_defaults(updated.params))
        if self.in_layer and original.name.value == "__init__" and updated.params.star_kwarg is None:
            return self._taking_any(updated)
        return updated

    def end_class(self, original: cst.ClassDef, updated: cst.ClassDef) -> cst.BaseStatement:
        defined = {f.name.value for f in original.body.body if isinstance(f, cst.FunctionDef)}
        raw = [self.raw_path(base.value) or "" for base in original.bases]
        is_plain = all(path.startswith("keras.") and path.endswith(".Layer") for path in raw) and raw
        if len(self.classes) != 1 or self.functions or self.work.is_today or not is_plain:
            return updated
        if "call" not in defined or "compute_output_shape" in defined:
            return updated
        self.work.change("a layer that said nothing of its output's shape has that of its input")
        method = lines("def compute_output_shape(self, input_shape):\n    return input_shape\n")[0]
        blank = method.with_changes(leading_lines=[cst.EmptyLine(indent=False)])
        return updated.with_changes(body=updated.body.with_changes(body=[*updated.body.body, blank]))

    def leave_Dict(self, original_node: cst.Dict, updated_node: cst.Dict) -> cst.BaseExpression:
        if self.kind not in NAMED or not self.functions or self.functions[0].name.value != "get_config":
            return updated_node
        kept = [e for e in updated_node.elements if not _is_own_name(e)]
        if len(kept) == len(updated_node.elements):
            return updated_node
        self.work.change("the class's own name is no argument of it")
        if kept:
            kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return updated_node.with_changes(elements=kept)

    def _with_defaults(self, parameters: cst.Parameters) -> cst.Parameters:
        """The last parameters, as far as they are such, with None for a default."""
        listed = list(parameters.params)
        for place in range(len(listed) - 1, 0, -1):
            one = listed[place]
            if one.default is None:
                if one.name.value not in FILLED:
                    break
                self.work.change(f"`call` is called without {one.name.value} as well")
                tight = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
                listed[place] = one.with_changes(default=cst.Name("None"), equal=tight)
        return parameters.with_changes(params=listed)

    def _taking_any(self, function: cst.FunctionDef) -> cst.FunctionDef:
        handing_on = _HandingOn()
        changed = function.visit(handing_on)
        if not handing_on.found or not isinstance(changed, cst.FunctionDef):
            return function
        self.work.change("constructors take what every layer has")
        star = cst.Param(cst.Name("kwargs"), star="**")
        return changed.with_changes(params=changed.params.with_changes(star_kwarg=star))


class _HandingOn(cst.CSTTransformer):
    """`super().__init__(**kwargs)`."""

    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        func = original_node.func
        if (
            not isinstance(func, cst.Attribute)
            or func.attr.value != "__init__"
            or not code(func.value).startswith("super(")
        ):
            return updated_node
        if any(arg.star == "**" for arg in updated_node.args):
            return updated_node
        self.found = True
        return updated_node.with_changes(args=spaced([*updated_node.args, cst.Arg(cst.Name("kwargs"), star="**")]))


def _is_own_name(element: cst.BaseDictElement) -> bool:
    return isinstance(element, cst.DictElement) and literal(element.key) == "name" and code(element.value) in OWN_NAME
