"""read -> upgrade -> rebuild -> transfer -> export -> verify: the six stages, and nothing else knows their order."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kconvert.axes import Order
from kconvert.custom_code import CustomCode
from kconvert.layout import LaidOut, with_channels_last
from kconvert.read import read
from kconvert.report import Verification
from kconvert.resuming import Resumed, prepared, resumed
from kconvert.spec import ModelSpec, Nest, ports_in_keras_order, walk
from kconvert.steps import stage
from kconvert.training import Borders, Wanted
from kconvert.upgrade import Upgraded, upgrade
from kconvert.variables import keyed_states, keyed_variables

if TYPE_CHECKING:
    from kconvert.transfer import Values
    from kconvert.verify import Tolerance, Verifier


@dataclass(frozen=True, slots=True)
class Served:
    """Names of inputs and outputs for who calls a model by name, in the order of the model's own.

    Attributes:
        is_kept: False where the source's serving signature has names that are not those of its layers.
    """

    inputs: list[str]
    outputs: list[str]
    is_kept: bool = True


@dataclass(frozen=True, slots=True)
class Done:
    """What the stages made of one model."""

    source: ModelSpec
    upgraded: Upgraded
    served: Served
    training: Resumed
    verification: Verification
    seconds: Mapping[str, float]
    needs_code: bool = False


@dataclass(slots=True)
class Reached:
    """How far a conversion came, for the report of one that fails."""

    source: ModelSpec | None = None
    upgraded: Upgraded | None = None


@dataclass(slots=True)
class Clock:
    """Seconds per stage."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextlib.contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Adds the time that the body takes."""
        stage(name)
        start = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start


def converted(
    source: Path,
    place: Path,
    format: str,
    *,
    reading: Mapping[str, Any],
    maps: Sequence[Path],
    custom: CustomCode,
    verifier: Verifier | None,
    probe: Path | None,
    tolerance: Tolerance,
    training: Wanted,
    reached: Reached,
    data_format: str = "keep",
    io: Borders = "keep",
) -> Done:
    """Converts one file into `place`, from where the caller publishes it when nothing was raised.

    What belongs beside the target is written beside `place`. `reached` says how far it came if something was.
    """
    clock = Clock()
    with clock("read"):
        spec = reached.source = read(source, **reading, custom=custom.definitions)
    with clock("upgrade"):
        spec, without_training = prepared(spec, maps, training, format)
        upgraded, laid = upgraded_as(spec, maps, data_format, io)
        reached.upgraded = upgraded
    if verifier is not None:
        verifier.start()  # it imports TensorFlow while this process does; not sooner, what reads a file has little memory
    code = custom.text if needs_code(upgraded.spec) else ""
    module = custom_module(place) if code and format == "keras" else None
    with clock("import"):
        from kconvert.export import write
        from kconvert.framework import keras_on_tensorflow, neutral_settings
        from kconvert.rebuild import loaded
        from kconvert.verify import verified

        keras_on_tensorflow()
    if module is not None:
        module.write_text(code, encoding="utf-8")
    with neutral_settings(), loaded(code, custom_module(place).stem, str(module or place)) as objects:
        with clock("rebuild"):
            model, values = built(upgraded.spec, objects, is_digested=verifier is not None)
        with clock("training"):
            state = without_training or resumed(
                spec,
                upgraded,
                model,
                values,
                maps,
                training,
                lambda new: with_channels_last(new, io).spec if laid else new,
            )
        with clock("export"):
            served = served_names(spec, upgraded.renamed)
            write(model, place, format, served, values)
        check = Verification("skipped")
        if verifier is not None:
            with clock("verify"):
                digests = values.digests([*keyed_variables(model), *keyed_states(model)])
                check = verified(
                    verifier, place, format, digests, original=spec, renamed=upgraded.renamed, moved=upgraded.moved,
                    probe=probe, tolerance=tolerance, input_names=served.inputs, output_names=served.outputs,
                    module=module, order=laid.order if laid else Order(),
                )  # fmt: skip
    return Done(spec, upgraded, served, state, check, clock.seconds, bool(code))


def upgraded_as(
    spec: ModelSpec, maps: Sequence[Path], data_format: str, io: Borders
) -> tuple[Upgraded, LaidOut | None]:
    """The model in today's dialect and, where asked for, with its channels last."""
    upgraded = upgrade(spec, maps)
    if data_format == "keep":
        return upgraded, None
    laid = with_channels_last(upgraded.spec, io)
    changes, notes = (*upgraded.layers, *laid.changes), (*upgraded.notes, *laid.notes)
    return replace(upgraded, spec=laid.spec, layers=changes, notes=notes), laid


def custom_module(target: Path) -> Path:
    """Where the user's own code lies that a converted file needs."""
    return target.with_name(f"{target.stem}_custom.py")


def needs_code(spec: ModelSpec) -> bool:
    """True for a model in today's dialect that anything of the user's own is left in."""
    return any(layer.class_name.startswith("custom.") or _names_object(layer.config) for _, layer in walk(spec))


def _names_object(value: Any) -> bool:
    if isinstance(value, Mapping):
        return "custom_object" in value or any(map(_names_object, value.values()))
    return isinstance(value, list | tuple) and any(map(_names_object, value))


def pair_verified(
    source: Path,
    other: Path,
    *,
    reading: Mapping[str, Any],
    verifier: Verifier,
    probe: Path | None,
    tolerance: Tolerance,
) -> Verification:
    """Is another file, whoever wrote it, the same function as the source?"""
    stage("read")
    spec = read(source, **reading)
    verifier.start()
    stage("verify")
    from kconvert.verify import verified_pair

    names = served_names(spec, {})
    return verified_pair(
        verifier, spec, other, input_names=names.inputs, output_names=names.outputs, probe=probe, tolerance=tolerance
    )


def built(spec: ModelSpec, custom: Mapping[str, Any] | None = None, is_digested: bool = True) -> tuple[Any, Values]:
    """The Keras model, and the values of its weights, which are in memory only where the user's own code may ask for them.

    Args:
        custom: the user's own classes and functions, loaded.
        is_digested: the values' digests will be asked for.
    """
    from kconvert.rebuild import rebuild
    from kconvert.transfer import transfer

    model = rebuild(spec, custom or {})
    return model, transfer(spec, model, is_digested)


def served_names(spec: ModelSpec, renamed: Mapping[str, str]) -> Served:
    """The names as the file has them: those of its signature, or else of the layers, legal as today's Keras wants them."""
    inputs, inputs_kept = _served(spec.inputs, renamed, spec.signature.inputs if spec.signature else None)
    outputs, outputs_kept = _served(spec.outputs, renamed, spec.signature.outputs if spec.signature else None)
    return Served(inputs, outputs, inputs_kept and outputs_kept)


def _served(nest: Nest, renamed: Mapping[str, str], signed: Mapping[str, str] | None) -> tuple[list[str], bool]:
    ports = list(ports_in_keras_order(nest))
    names = _numbered(renamed.get(port.layer, port.layer) for port in ports)
    if signed is None or set(names) == set(signed):
        return names, True
    if len(signed) == len(names) == 1:
        return list(signed), True
    originals = _numbered(port.layer for port in ports)
    if set(originals) == set(signed):
        return originals, True
    return names, False


def _numbered(wanted: Iterable[str]) -> list[str]:
    """Numbers where one layer gives several."""
    names: list[str] = []
    for want in wanted:
        name, number = want, 0
        while name in names:
            number += 1
            name = f"{want}_{number}"
        names.append(name)
    return names
