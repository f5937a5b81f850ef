"""`FILE.py`, `package.module` and `package.module:Name`: the text behind each, and its migration to today's Keras."""

from __future__ import annotations

import ast
import importlib.machinery
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kconvert.definitions import NO_DEFINITIONS, Definitions
from kconvert.errors import UsageError
from kconvert.report import Note

LARGEST = 4 << 20  # bytes of a source


@dataclass(frozen=True, slots=True)
class CustomCode:
    """The user's code for one conversion.

    Attributes:
        names: the files, for messages.
        text: all of it as one module in today's Keras; empty where there is none.
        definitions: what it defines.
        notes: what the migration has to say.
    """

    names: tuple[str, ...] = ()
    text: str = ""
    definitions: Definitions = NO_DEFINITIONS
    notes: tuple[Note, ...] = ()


NO_CODE = CustomCode()


SIGN = "::"


def located(named: Any) -> tuple[str, ...]:
    """The file behind each source that `custom=` of the API and `--custom` name: one, or several; None is none.

    Returns:
        Whole paths, `::Name` behind one of which one name alone is meant: plain values, for any process.

    Raises:
        UsageError: there is no such source.
    """
    if named is None:
        return ()
    wanted = [named] if isinstance(named, str | os.PathLike) else list(named)
    found = [_located(one) for one in wanted]
    return tuple(f"{path.absolute()}{SIGN}{name}" if name else str(path.absolute()) for path, name in found)


def files_of(sources: Sequence[str]) -> list[Path]:
    """The files of what `located` gave."""
    return [Path(one.partition(SIGN)[0]) for one in sources]


def module_beside(target: Path) -> Path:
    """Where the code lies that a converted file needs."""
    return target.with_name(f"{target.stem}_custom.py")


def custom_code(named: Any) -> CustomCode:
    """The code that `located` found, or that is named as there.

    Raises:
        UsageError: there is no such source, or it cannot be read as Python.
    """
    wanted = located(named)
    if not wanted:
        return NO_CODE
    from kconvert.custom.facts import definitions_of
    from kconvert.migrate import migrate_source

    names: list[str] = []
    texts: list[str] = []
    migrated: list[str] = []
    only: set[str] = set()
    notes: list[Note] = []
    for one in wanted:
        file, _, name = one.partition(SIGN)
        path = Path(file)
        text = _read(path, str(one))
        found = migrate_source(text, filename=str(path))
        _check(found.text, str(one))
        names.append(str(one))
        texts.append(text)
        migrated.append(found.text)
        only |= {name} if name else set()
        for remark in found.remarks:
            where = f"{path.name}, {remark.name}" if remark.name else path.name
            notes.append(Note("warning", "", f"{where}: {remark.text}"))
    definitions = definitions_of(migrated, texts)
    if only:
        missing = only - {d.name for d in definitions.named.values()}
        if missing:
            raise UsageError(f"--custom {', '.join(names)}: defines no {', '.join(sorted(missing))}")
        kept = {n: d for n, d in definitions.named.items() if d.name in only}
        definitions = Definitions(kept, definitions.texts)
    text = _joined(migrated)
    notes += [Note("warning", "", note) for note in _foreign_imports(text)]
    return CustomCode(tuple(names), text, definitions, tuple(notes))


def _located(named: Any) -> tuple[Path, str]:
    """The file of a source, and the one name in it that is meant ('' for all)."""
    file, _, one = str(os.fspath(named)).partition(SIGN)
    path = Path(file)
    if path.suffix == ".py" or isinstance(named, os.PathLike) or os.sep in str(named):
        if not path.is_file():
            raise UsageError(f"--custom {named}: there is no such file")
        return path, one
    module, _, name = str(named).partition(":")
    if not re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", module) or not re.fullmatch(r"([A-Za-z_]\w*)?", name):
        raise UsageError(f"--custom {named}: is FILE.py or package.module, possibly with :Name")
    return _of_module(module, str(named)), name


def _of_module(module: str, named: str) -> Path:
    """The source of a module, its parents not imported as `importlib.util.find_spec` would."""
    places: Sequence[str] | None = [str(Path.cwd()), *sys.path]
    origin: str | None = None
    parts = module.split(".")
    for count in range(1, len(parts) + 1):
        spec = None if places is None else importlib.machinery.PathFinder.find_spec(".".join(parts[:count]), places)
        if spec is None:
            raise UsageError(f"--custom {named}: there is no module {'.'.join(parts[:count])}")
        places, origin = spec.submodule_search_locations, spec.origin
    if origin is None or not origin.endswith(".py"):
        raise UsageError(f"--custom {named}: its source is not a Python file")
    return Path(origin)


def _read(path: Path, named: str) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise UsageError(f"--custom {named}: larger than {LARGEST:,} bytes, which no module is")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return path.read_text(encoding="latin-1")
    except OSError as error:
        raise UsageError(f"--custom {named}: cannot be read: {error.strerror or error}") from None


def _check(text: str, named: str) -> None:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise UsageError(f"--custom {named}: is not Python that today's reads: {error}") from None
    relative = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level]
    if relative:
        what = ", ".join(f"{'.' * node.level}{node.module or ''}" for node in relative)
        raise UsageError(
            f"--custom {named}: imports {what} from its own package, and must stand alone beside the model: put what it "
            "needs into one file"
        )


def _joined(texts: Sequence[str]) -> str:
    """Several sources as one module, in their order."""
    if len(texts) == 1:
        return texts[0]
    future = "from __future__ import"
    lines = [line for text in texts for line in text.splitlines() if line.startswith(future)]
    rest = ["\n".join(line for line in text.splitlines() if not line.startswith(future)) for text in texts]
    return "\n".join([*dict.fromkeys(lines), *rest]) + "\n"


KNOWN = frozenset({"keras", "tensorflow", "numpy", *sys.stdlib_module_names})


def _foreign_imports(text: str) -> list[str]:
    """Modules that whoever loads the model will need beside Keras."""
    found: dict[str, None] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= dict.fromkeys(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found[(node.module or "").partition(".")[0]] = None
    return [f"the custom code imports {name}, which must be there wherever the model is loaded"
            for name in found if name not in KNOWN]  # fmt: skip
