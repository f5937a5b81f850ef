"""Functions of the user's code as bytecode to follow: the text is compiled, and what comes out is read, never run.

The names that a function uses are those of its own module: what it imports, its other functions, its constants.
"""

from __future__ import annotations

import ast
import functools
import marshal
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import CodeType
from typing import Any

from kconvert.code import Function, NotFollowed, NotPython, Stored, code_object, described, python
from kconvert.code.instructions import VERSIONS
from kconvert.custom.facts import statements
from kconvert.definitions import Definitions

THIS = f"{sys.version_info.major}.{sys.version_info.minor}"


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import binds, by its whole name: `keras.backend`."""

    path: str


class Namespace:
    """The global names of one source."""

    def __init__(self, text: str) -> None:
        tree = ast.parse(text)
        self._text = text
        self._imports = dict(_imports(tree))
        self._constants = dict(_constants(tree))
        self._functions: dict[str, ast.FunctionDef | ast.Lambda] = {
            node.name: node for node in statements(tree) if isinstance(node, ast.FunctionDef)
        }
        self._functions |= dict(_lambdas(tree))

    def find(self, name: str) -> Any:
        """An `Imported`, a constant or a function; `...` where the source has no such name.

        Raises:
            NotFollowed: it is there, and cannot be followed.
        """
        if name in self._imports:
            return Imported(self._imports[name])
        if name in self._constants:
            return self._constants[name]
        return self.function(name) if name in self._functions else ...

    def function(self, name: str) -> Function:
        """The function of this name.

        Raises:
            NotFollowed: the source has none, or this Python's bytecode is not read.
        """
        node = self._functions.get(name)
        if node is None:
            raise NotFollowed(f"the custom code has no function {name}")
        layout = next((layout for layout, versions in VERSIONS.items() if THIS in versions), None)
        if layout is None:
            raise NotFollowed(f"the bytecode of Python {THIS} is not read")
        code = self._codes().get((getattr(node, "name", "<lambda>"), _line(node)))
        if code is None:
            raise NotFollowed(f"{name} is never reached when the module runs")
        try:
            read = code_object(marshal.dumps(code), layout)
        except NotPython as trouble:
            raise NotFollowed(f"{name}: {trouble}") from None
        defaults = tuple(self._default(d) for d in node.args.defaults)
        by_name = {
            a.arg: self._default(d) for a, d in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if d
        }  # fmt: skip
        return Function(read, defaults, by_name, (), python(THIS))

    def _codes(self) -> Mapping[tuple[str, int], CodeType]:
        module = compile(self._text, "<custom>", "exec", dont_inherit=True)
        return {(c.co_name, c.co_firstlineno): c for c in module.co_consts if isinstance(c, CodeType)}

    def _default(self, node: ast.expr) -> Any:
        found = _literal(node)
        if found is ... and isinstance(node, ast.Name):
            found = self._constants.get(node.id, ...)
        if found is ...:
            raise NotFollowed(f"the default {ast.unparse(node)} is computed when the module runs")
        return found


def global_name(definitions: Definitions, name: str) -> Any:
    """What a name stands for in the user's code, the words of the model's own time before today's; `...` for nothing.

    Raises:
        NotFollowed: it is there, and cannot be followed.
    """
    for text in definitions.texts:
        found = _namespace(text).find(name)
        if found is not ...:
            return found
    return ...


def custom_function(definitions: Definitions, name: str) -> Stored:
    """A function of the user's code as the Lambda layers of files have theirs.

    Raises:
        NotFollowed: there is none that can be read.
    """
    function = global_name(definitions, name)
    if not isinstance(function, Function):
        raise NotFollowed(f"the custom code has no function {name}")
    release = python(THIS)
    return Stored(release, function, described(release, function))


@functools.lru_cache(maxsize=16)
def _namespace(text: str) -> Namespace:
    return Namespace(text)


def _line(node: ast.FunctionDef | ast.Lambda) -> int:
    """The first line of its code: that of its first decorator."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(d.lineno for d in decorators)])


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                yield (alias.asname, alias.name) if alias.asname else (top, top)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _assignments(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in tree.body:
        if isinstance(node, ast.Assign):
            yield from ((target.id, node.value) for target in node.targets if isinstance(target, ast.Name))


def _lambdas(tree: ast.Module) -> Iterator[tuple[str, ast.Lambda]]:
    yield from ((name, value) for name, value in _assignments(tree) if isinstance(value, ast.Lambda))


def _constants(tree: ast.Module) -> Iterator[tuple[str, Any]]:
    yield from ((name, found) for name, value in _assignments(tree) if (found := _literal(value)) is not ...)


def _literal(node: ast.expr) -> Any:
    """The value of a literal; `...` for anything else."""
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return ...
