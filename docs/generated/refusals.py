"""What is refused and why: the maps' reasons, and the errors with their codes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import yaml
from layers import condition

import kconvert.upgrade
from kconvert.catalog.tables import DISSOLVED
from kconvert.spec import Dialect
from kconvert.upgrade.map_format import Entry, Reject, Section
from kconvert.upgrade.maps import hop_maps
from kconvert.upgrade.operations.table import operation_table

UPGRADE = Path(kconvert.upgrade.__file__).parent
FEWEST_WORDS = 3  # of a message that says something without the model's own
CODES = Path(__file__).parents[1] / "codes.yaml"
KINDS: dict[Section, str] = {"layers": "", "activations": "activation ", "initializers": "initializer ", "regularizers": "regularizer ",
         "constraints": "constraint ", "optimizers": "optimizer ", "losses": "loss ", "metrics": "metric "}  # fmt: skip


def refused_layers() -> str:
    """Every `reject` of the layer maps, cases included."""
    lines = ["| of | what | because |", "|---|---|---|"]
    for dialect in Dialect:
        for section, kind in KINDS.items():
            for name, entry in sorted(hop_maps(dialect).sections[section].items()):
                if name in DISSOLVED.get(dialect, ()):
                    continue  # operations stand in its place before the maps are asked
                for when, reject in _rejections(entry):
                    because = reject.because + (f" ({reject.option})" if reject.option else "")
                    lines.append(f"| {_era(dialect)} | {kind}`{name}`{when} | {because} |")
    return "\n".join(lines)


def refused_functions() -> str:
    """Every `reject` of the table of TensorFlow's functions."""
    rows = operation_table().functions
    lines = ["| TensorFlow | because |", "|---|---|"]
    return "\n".join(
        [*lines, *(f"| `tf.{name}` | {rows[name].reject} |" for name in sorted(rows) if rows[name].reject)]
    )


def refused_by_rules() -> str:
    """The words of every `Rejected` that Python code raises, with … for what a model says."""
    lines = ["| in | because |", "|---|---|"]
    for path in sorted(UPGRADE.rglob("*.py")):
        for because in dict.fromkeys(_messages(ast.parse(path.read_text()))):
            lines.append(f"| `{path.relative_to(UPGRADE).with_suffix('')}` | {because} |")
    return "\n".join(lines)


def _messages(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Rejected" and node.args:
            parts = node.args[0].values if isinstance(node.args[0], ast.JoinedStr) else [node.args[0]]
            words = [str(part.value) if isinstance(part, ast.Constant) else "…" for part in parts]
            if len(re.findall(r"[a-z]{2,}", "".join(words))) >= FEWEST_WORDS:
                yield "".join(words).replace("|", "\\|")


def codes() -> str:
    """Every code of docs/codes.yaml."""
    lines = ["| code | error | when |", "|---|---|---|"]
    for code, (error, meaning) in yaml.safe_load(CODES.read_text()).items():
        lines.append(f"| `{code}` | {', '.join(f'`{name}`' for name in error.split(', '))} | {meaning} |")
    return "\n".join(lines)


def _rejections(entry: Entry) -> Iterator[tuple[str, Reject]]:
    if entry.reject is not None:
        yield "", entry.reject
    for case in entry.cases:
        if case.reject is not None:
            yield f", where {condition(case.when)}", case.reject
    if entry.otherwise is not None and entry.otherwise.reject is not None:
        yield ", otherwise", entry.otherwise.reject


def _era(dialect: Dialect) -> str:
    return "early Keras 3" if dialect is Dialect.keras3 else f"Keras {dialect.value}"
