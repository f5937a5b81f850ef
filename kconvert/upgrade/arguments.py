"""A layer's arguments in the next dialect; strict: every one is kept, renamed, packed or dropped, or it is a problem."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kconvert.definitions import Definition
from kconvert.errors import CodeInModel, Problem, Rejected, UnknownArgument
from kconvert.report import ArgumentChange
from kconvert.spec import Dialect, Origin
from kconvert.upgrade.conditions import holds
from kconvert.upgrade.in_short import in_short
from kconvert.upgrade.map_format import SECTIONS, CustomEntry, Entry, Section, value_key
from kconvert.upgrade.maps import HopMaps, with_case
from kconvert.upgrade.objects import held_object

CUSTOM_OBJECT = "custom_object"
"""Key of an initializer, regularizer, constraint or activation of the user's in a config of today's dialect."""
NOT_USED = "every weight comes from the file"
DEFAULT_INITIALIZER: Mapping[Dialect, Any] = {
    Dialect.keras1: "glorot_uniform",
    Dialect.keras2: {"class_name": "GlorotUniform", "config": {}},
    Dialect.keras3: {"class_name": "GlorotUniform", "config": {}},
}


@dataclass(frozen=True, slots=True)
class Arguments:
    """The new config, what became of each old argument, and what stands against it."""

    config: Mapping[str, Any]
    changes: tuple[ArgumentChange, ...]
    problems: tuple[Problem, ...]


def chosen(entry: Entry, config: Mapping[str, Any], origin: Origin, tensors: int = 0) -> Entry:
    """The entry with the words of the first case that holds.

    Raises:
        AmbiguousOrigin: a case asks what the file does not say.
    """
    if not entry.cases and entry.otherwise is None:
        return entry
    for case in entry.cases:
        if holds(case.when, config, origin, tensors):
            return with_case(entry, case)
    return with_case(entry, entry.otherwise)


def upgraded_arguments(entry: Entry, config: Mapping[str, Any], maps: HopMaps, origin: Origin) -> Arguments:
    """The new config of a layer, from an entry whose case is chosen already."""
    old = {**entry.absent, **{k: plain(v) for k, v in config.items() if k != "name"}}
    new: dict[str, Any] = {}
    changes: list[ArgumentChange] = []
    problems: list[Problem] = []
    packed = {argument: target for target, arguments in entry.pack.items() for argument in arguments}
    for argument, value in old.items():
        target = entry.rename.get(argument, argument if argument in entry.keep else None)
        if target is not None and _is_foreign_initializer(entry, argument, value, maps):
            new[target] = DEFAULT_INITIALIZER[maps.new]
            because = f"{_short(value)} is Python code; {NOT_USED}"
            changes.append(
                ArgumentChange("replaced", argument, target, because, in_short(value), in_short(new[target]))
            )
        elif target is not None:
            try:
                new[target] = _upgraded_value(entry, argument, value, maps, origin)
            except Problem as problem:
                problem.argument = problem.argument or argument
                problems.append(problem)
            else:
                what = "renamed" if target != argument else "kept" if new[target] == value else "changed"
                changes.append(ArgumentChange(what, argument, target, "", in_short(value), in_short(new[target])))
        elif argument in entry.drop:
            drop = entry.drop[argument]
            if drop.if_default is not None and value not in drop.if_default:
                problems.append(Rejected(f"{argument}={value!r}: {drop.because}", argument=argument))
            else:
                changes.append(ArgumentChange("dropped", argument, "", drop.because, in_short(value)))
        elif isinstance(entry, CustomEntry):
            try:
                new[argument] = inside_custom(argument, value, entry, maps, origin)
            except Problem as problem:
                problem.argument = problem.argument or argument
                problems.append(problem)
            else:
                what = "kept" if new[argument] == value else "changed"
                changes.append(ArgumentChange(what, argument, argument, "", in_short(value), in_short(new[argument])))
        elif argument not in packed:
            problems.append(
                UnknownArgument(f"no map accounts for the argument {argument}={_short(value)}", argument=argument)
            )
    for target, arguments in entry.pack.items():
        if any(a in old for a in arguments):
            new[target] = [old.get(a) for a in arguments]
            held = held_object(new[target])
            if held is not None:
                problems.append(UnknownArgument(f"{', '.join(arguments)} hold an object ({held[:80]!r})"))
            before = ", ".join(in_short(old.get(a)) for a in arguments)
            changes.append(ArgumentChange("packed", ", ".join(arguments), target, "", before, in_short(new[target])))
    for target, value in entry.set.items():
        new[target] = value
        changes.append(ArgumentChange("added", "", target, "", "", in_short(value)))
    return Arguments(new, tuple(changes), tuple(problems))


def _is_foreign_initializer(entry: Entry, argument: str, value: Any, maps: HopMaps) -> bool:
    """An initializer of the user's own: it decides nothing, for every weight comes from the file."""
    if entry.inside.get(argument) != "initializers" or value is None:
        return False
    name, _ = _name_and_config(value)
    return isinstance(name, str) and not any(maps.find("initializers", n) for n in (name, _camel(name)))


def _upgraded_value(entry: Entry, argument: str, value: Any, maps: HopMaps, origin: Origin) -> Any:
    if argument in entry.inside:
        if entry.inside[argument] == "schedules" and not isinstance(value, Mapping):
            return value
        return upgraded_object(entry.inside[argument], value, maps, origin)
    table = entry.values.get(argument)
    if table is None:
        held = held_object(value)
        if held is not None and argument != "dtype":  # a policy is looked at by its name (dtypes.py)
            raise UnknownArgument(f"{argument} holds an object ({held[:80]!r}) where Keras writes a plain value")
        return value
    if value_key(value) not in table:
        known = ", ".join(table)
        raise UnknownArgument(f"{argument}={_short(value)} is not a value that the map knows ({known})")
    return table[value_key(value)]


def upgraded_object(section: Section, value: Any, maps: HopMaps, origin: Origin) -> Any:
    """An initializer, regularizer, constraint or activation in the next dialect.

    Raises:
        CodeInModel: not one of Keras's own: the user's code.
        Rejected, UnknownArgument: known, but not as it stands here.
    """
    if value is None:
        return None
    name, config = _name_and_config(value)
    if name == "function" and isinstance(config, str):  # tf.keras 2.13 on: the function's name apart
        return upgraded_object(section, config, maps, origin)
    own = origin.custom.find(name)
    if own is not None:
        return value if maps.new < Dialect.keras3 else custom_object(own, config)
    kind = "loss" if section == "losses" else section.removesuffix("s")
    if not isinstance(name, str) or not isinstance(config, Mapping):
        raise UnknownArgument(f"{_short(value)} is not the form of any {kind}")
    found = maps.find(section, name) or maps.find(section, _camel(name))
    if found is None and section == "activations" and isinstance(value, Mapping):
        return _layer_as_activation(name, value, maps, origin)
    if found is None:
        raise CodeInModel(
            f"the {kind} {name!r} is not one of Keras's own, so it is Python code that is not in the file",
            option=f"--custom FILE.py that defines {name}",
        )
    entry = chosen(found, config, origin)
    if entry.reject is not None:
        raise Rejected(f"{kind} {name!r}: {entry.reject.because}", option=entry.reject.option)
    arguments = upgraded_arguments(entry, config, maps, origin)
    if arguments.problems:
        raise arguments.problems[0]
    new_name = entry.becomes or (name if maps.find(section, name) else _camel(name))
    if section == "activations" or (section in ("losses", "metrics") and isinstance(value, str)):
        return new_name
    return {"class_name": new_name, "config": dict(arguments.config)}


def custom_object(own: Definition, config: Mapping[str, Any]) -> dict[str, Any]:
    """An object of the user's in a config of today's dialect: a class with its arguments, or a function without."""
    return {CUSTOM_OBJECT: own.name, "config": dict(config) if own.is_class else None}


def inside_custom(argument: str, value: Any, entry: CustomEntry, maps: HopMaps, origin: Origin) -> Any:
    """An argument of the user's own class: objects of Keras in it by the maps, everything else as it is.

    Raises:
        Rejected, UnknownArgument: an object that is not what it was.
    """
    section = _section_of(argument, value, maps)
    if section is not None:
        return upgraded_object(section, value, maps, origin)
    if isinstance(value, Mapping) and "class_name" in value:
        return _layer_inside(value, maps, origin)
    knows = OLD_ACTIVATIONS in entry.text
    if isinstance(value, str) and value == "hard_sigmoid" and maps.old < Dialect.keras3 and not knows:
        raise Rejected(
            "hard_sigmoid has another formula in today's Keras, and this layer is the user's own: give the function a name "
            "of its own in the custom code (clip(0.2 * x + 0.5, 0, 1)), and in the file"
        )
    if isinstance(value, list):
        return [inside_custom(argument, v, entry, maps, origin) for v in value]
    if isinstance(value, Mapping):
        return {k: inside_custom(k, v, entry, maps, origin) for k, v in value.items()}
    return value


OLD_ACTIVATIONS = "keras2_activation"  # kconvert/migrate/emitted: takes names for the functions that they were
HARMLESS = frozenset(["hard_sigmoid", "recurrent_hard_sigmoid"])  # where no argument says hard_sigmoid


def _layer_inside(value: Mapping[str, Any], maps: HopMaps, origin: Origin) -> Any:
    """A layer that the user's own class makes from its config.

    Raises:
        Rejected: one that becomes several layers, or that computes something else with the same weights.
    """
    name, config = value["class_name"], value.get("config")
    entry = maps.find("layers", name) if isinstance(name, str) else None
    if entry is None or isinstance(entry, CustomEntry) or not isinstance(config, Mapping):
        return value
    entry = chosen(entry, config, origin)
    said = [v for k, v in config.items() if k.endswith("activation")]
    moved = any(r.then for form in entry.weights or () for r in form.result.values())
    if entry.reject or set(entry.rule) - HARMLESS or moved or "hard_sigmoid" in said:
        raise Rejected(f"makes a {name} from its config, which today's Keras would compute otherwise")
    found = upgraded_arguments(entry, config, maps, origin)
    if found.problems:
        raise found.problems[0]
    own = {k: config[k] for k in ("name",) if k in config}
    return {**value, "class_name": entry.becomes or name, "config": {**own, **found.config}}


OBJECTS: Mapping[str, Section] = {
    "regularizer": "regularizers", "constraint": "constraints", "initializer": "initializers", "init": "initializers",
    "activation": "activations",
}  # fmt: skip


def _section_of(argument: str, value: Any, maps: HopMaps) -> Section | None:
    """What kind of object of Keras's own a value is, by what its argument ends in and by its name."""
    if not isinstance(value, Mapping):
        return None
    name, _ = _name_and_config(value)
    said = OBJECTS.get(argument.rpartition("_")[2])
    sections = [said] if said else [s for s in SECTIONS if s != "layers" and "class_name" in value]
    known = (s for s in sections if isinstance(name, str) and (maps.find(s, name) or maps.find(s, _camel(name))))
    return next(known, None)


def _name_and_config(value: Any) -> tuple[Any, Any]:
    """From `name`, `{"class_name", "config"}`, or what Keras 0.x and 1 write: the arguments beside a `name`."""
    if not isinstance(value, Mapping):
        return value, {}
    if "class_name" in value:
        return value["class_name"], value.get("config") or {}
    return value.get("name"), {k: v for k, v in value.items() if k != "name"}


def _layer_as_activation(name: str, value: Mapping[str, Any], maps: HopMaps, origin: Origin) -> Any:
    """A layer without weights in an activation's place: `activation=LeakyReLU(0.1)`.

    Raises:
        CodeInModel: no layer of Keras's own.
    """
    config = value.get("config")
    entry = maps.find("layers", name)
    if entry is None or entry.weights or entry.reject or not isinstance(config, Mapping):
        raise CodeInModel(
            f"the activation {name!r} is not one of Keras's own, so it is Python code that is not in the file",
            option=f"--custom FILE.py that defines {name}",
        )
    found = upgraded_arguments(chosen(entry, config, origin), config, maps, origin)
    if found.problems:
        raise found.problems[0]
    held = {k: v for k, v in found.config.items() if k not in ("dtype", "trainable")}
    if "name" in config:
        held["name"] = config["name"]
    return {
        "module": "keras.layers", "class_name": entry.becomes or name, "config": held, "registered_name": None
    }  # fmt: skip


def plain(value: Any) -> Any:
    """A number that Keras 2.0 wrote as `{"type": "ndarray", "value": 0.1}` (topology.py, get_json_type) as itself."""
    if isinstance(value, Mapping) and set(value) == {"type", "value"} and value["type"] == "ndarray":
        return value["value"]
    return value


def _camel(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
