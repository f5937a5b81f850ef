"""Which classes and functions a source defines, and what of them decides how a model with them is converted."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from kconvert.definitions import Definition, Definitions, Masks

REGISTER = "register_keras_serializable"
DEFAULT_PACKAGE = "Custom"


def definitions_of(migrated: Sequence[str], originals: Sequence[str] = ()) -> Definitions:
    """The definitions of sources that today's Python can parse.

    Args:
        originals: the same before they were migrated, where functions are better followed: their words are those that
            computed the model. One that today's Python cannot parse is passed over.
    """
    named: dict[str, Definition] = {}
    for text in migrated:
        known = {node.name: node for node in statements(ast.parse(text))}
        for node in known.values():
            one = _definition(node, known, text)
            named |= dict.fromkeys([node.name, *_registered(node)], one)
    texts = [text for pair in zip(originals or migrated, migrated, strict=True) for text in dict.fromkeys(pair)]
    return Definitions(named, tuple(text for text in texts if _is_python(text)))


Statement = ast.ClassDef | ast.FunctionDef


def statements(tree: ast.Module) -> Iterator[Statement]:
    """Classes and functions at the level of the module, those below an `if` or `try` included."""
    waiting: list[ast.stmt] = list(tree.body)
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, Statement):
            yield node
        elif isinstance(node, ast.If | ast.Try | ast.With):
            waiting += [inner for inner in ast.iter_child_nodes(node) if isinstance(inner, ast.stmt)]


def _definition(node: Statement, known: Mapping[str, Statement], text: str) -> Definition:
    if isinstance(node, ast.FunctionDef):
        return Definition(node.name, False, text=ast.get_source_segment(text, node) or "")
    family = list(_family(node, known))
    source = "\n".join(ast.get_source_segment(text, one) or "" for one in family)
    methods: dict[str, ast.FunctionDef] = {}
    for one in family:
        for inner in one.body:
            if isinstance(inner, ast.FunctionDef):
                methods.setdefault(inner.name, inner)
    call = methods.get("call")
    arguments = call.args if call else None
    reads_mask = arguments is not None and any(a.arg == "mask" for a in (*arguments.args, *arguments.kwonlyargs))
    return Definition(node.name, True, frozenset(methods), reads_mask, _masks(family, methods), source)


def _family(node: ast.ClassDef, known: Mapping[str, Statement]) -> Iterator[ast.ClassDef]:
    """The class and those of its bases that the same source defines."""
    waiting, seen = [node], set[str]()
    while waiting:
        one = waiting.pop(0)
        if one.name in seen:
            continue
        seen.add(one.name)
        yield one
        bases = (known.get(base.id) for base in one.bases if isinstance(base, ast.Name))
        waiting += [base for base in bases if isinstance(base, ast.ClassDef)]


def _masks(family: Sequence[ast.ClassDef], methods: Mapping[str, ast.FunctionDef]) -> Masks:
    """By its `compute_mask`, or else by `supports_masking`; a stock class that it is made from is not looked into."""
    compute = methods.get("compute_mask")
    if compute is not None:
        found = {_answer(node.value, compute) for node in ast.walk(compute) if isinstance(node, ast.Return)}
        return found.pop() if len(found) == 1 else "its own"
    if any(_base_name(base) not in PLAIN for one in family[-1:] for base in one.bases):
        return "its own"
    supports = any(
        isinstance(node, ast.Assign)
        and any(isinstance(t, ast.Attribute | ast.Name) and _last(t) == "supports_masking" for t in node.targets)
        and isinstance(node.value, ast.Constant)
        and node.value.value
        for one in family
        for node in ast.walk(one)
    )
    return "passed" if supports else "dropped"


def _answer(value: ast.expr | None, compute: ast.FunctionDef) -> Masks:
    """What one `return` of a `compute_mask(self, inputs, mask)` says: None, the mask (or the first of several), or something else."""
    if value is None or (isinstance(value, ast.Constant) and value.value is None):
        return "dropped"
    mask = compute.args.args[2].arg if len(compute.args.args) > 2 else ""
    if isinstance(value, ast.Subscript) and isinstance(value.slice, ast.Constant) and value.slice.value == 0:
        value = value.value
    return "passed" if isinstance(value, ast.Name) and value.id == mask else "its own"


PLAIN = frozenset({"Layer", "object"})


def _base_name(node: ast.expr) -> str:
    return _last(node) if isinstance(node, ast.Attribute | ast.Name) else ""


def _last(node: ast.Attribute | ast.Name) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id


def _registered(node: Statement) -> Iterator[str]:
    """The names that decorators give it: `package>Name`."""
    for decorator in node.decorator_list:
        if not isinstance(decorator, ast.Call) or _base_name(decorator.func) != REGISTER:
            continue
        said = dict(zip(("package", "name"), decorator.args, strict=False))
        said |= {k.arg: k.value for k in decorator.keywords if k.arg}
        given = {k: v.value for k, v in said.items() if isinstance(v, ast.Constant) and isinstance(v.value, str)}
        yield f"{given.get('package') or DEFAULT_PACKAGE}>{given.get('name') or node.name}"


def _is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return False
    return True
