"""What a class of the user's is: a layer, a model, an initializer, ...; and the pass that knows it at every place."""

from __future__ import annotations

import libcst as cst

from kconvert.migrate.names import HELPERS, today
from kconvert.migrate.rewriter import Rewriter, Work
from kconvert.migrate.syntax import dotted, methods

KINDS = ("initializers", "regularizers", "constraints", "losses", "metrics", "callbacks", "optimizers", "layers")
LAYERS = ("layers", "models")


class ClassRewriter(Rewriter):
    """A pass that knows the class, its kind and the function that it is in."""

    def __init__(self, work: Work) -> None:
        super().__init__(work)
        self.kinds: dict[str, str] = {}
        self.classes: list[cst.ClassDef] = []
        self.functions: list[cst.FunctionDef] = []

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:
        self.kinds[node.name.value] = self._kind(node)
        self.classes.append(node)
        self.begin_class(node)
        return True

    def leave_ClassDef(self, original_node: cst.ClassDef, updated_node: cst.ClassDef) -> cst.BaseStatement:
        result = self.end_class(original_node, updated_node)
        self.classes.pop()
        return result

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        self.functions.append(node)
        return True

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.BaseStatement:
        result = self.end_function(original_node, updated_node)
        self.functions.pop()
        return result

    def begin_class(self, node: cst.ClassDef) -> None:
        """Called at the head of a class."""

    def end_class(self, original: cst.ClassDef, updated: cst.ClassDef) -> cst.BaseStatement:
        """The class as it becomes."""
        return updated

    def end_function(self, original: cst.FunctionDef, updated: cst.FunctionDef) -> cst.BaseStatement:
        """The function as it becomes."""
        return updated

    @property
    def kind(self) -> str:
        """What the class is that is being gone through; empty for none."""
        return self.kinds.get(self.classes[-1].name.value, "") if self.classes else ""

    @property
    def in_layer(self) -> bool:
        """Is it a layer or model?"""
        return self.kind in LAYERS

    def base_paths(self, node: cst.ClassDef) -> list[str]:
        """Whole names of the bases, those in the module by their own."""
        return [self.path(b.value) or dotted(b.value) or "" for b in node.bases]

    def _kind(self, node: cst.ClassDef) -> str:
        for path in self.base_paths(node):
            if self.kinds.get(path):
                return self.kinds[path]
            if path in HELPERS:
                return "layers"
            new = today(path) or ""
            if new in ("keras.Model", "keras.Sequential") or new.startswith("keras.models."):
                return "models"
            for kind in KINDS:
                if new.startswith(f"keras.{kind}.") or path.startswith(f"keras.{kind}."):
                    return kind
            if path.startswith(("keras.engine.", "keras.legacy.")):
                return "layers"
        own = methods(node)
        return "layers" if node.bases and "call" in own and "build" in own else ""
