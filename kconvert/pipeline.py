"""read -> upgrade -> rebuild -> transfer -> export -> verify: the six stages, and nothing else knows their order."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kconvert.asked import Checking, Reading, Wishes
from kconvert.axes import Order
from kconvert.custom_code import CustomCode, module_beside
from kconvert.export.served import Served, served_names
from kconvert.files.content import Aside
from kconvert.layout import with_channels_last
from kconvert.read import read
from kconvert.report import Verification
from kconvert.resuming import Resumed, prepared, resumed
from kconvert.spec import ModelSpec
from kconvert.steps import stage
from kconvert.upgrade import Upgraded
from kconvert.upgrade.custom import needs_code
from kconvert.upgrading import upgraded_as
from kconvert.variables import keyed_states, keyed_variables

if TYPE_CHECKING:
    from kconvert.transfer import Values
    from kconvert.verify import Verifier


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
    reading: Reading,
    wishes: Wishes,
    checking: Checking,
    place: Path,
    *,
    custom: CustomCode,
    verifier: Verifier | None,
    reached: Reached,
    aside: Aside,
) -> Done:
    """Converts one file into `place`, from where the caller publishes it when nothing was raised.

    What belongs beside the target is written beside `place`. `reached` says how far it came if something was. Digests of
    source and result are begun `aside`.
    """
    clock = Clock()
    with clock("read"):
        spec = reached.source = read(reading.source, **reading.said(), custom=custom.definitions)
    aside.begin(reading.source)
    with clock("upgrade"):
        spec, without_training = prepared(spec, wishes)
        upgraded, laid = upgraded_as(spec, wishes)
        reached.upgraded = upgraded
    if verifier is not None:
        verifier.start()  # it imports TensorFlow while this process does; not sooner, what reads a file has little memory
    code = custom.text if needs_code(upgraded.spec) else ""
    module = module_beside(place) if code and wishes.format == "keras" else None
    with clock("import"):
        from kconvert.export import write
        from kconvert.framework import keras_on_tensorflow, neutral_settings
        from kconvert.rebuild import loaded
        from kconvert.verify import Tolerance, facts_of, verified

        keras_on_tensorflow()
    if module is not None:
        module.write_text(code, encoding="utf-8")
    with neutral_settings(), loaded(code, module_beside(place).stem, str(module or place)) as objects:
        with clock("rebuild"):
            model, values = built(upgraded.spec, objects, is_digested=verifier is not None)
        with clock("training"):
            state = without_training or resumed(
                spec,
                upgraded,
                model,
                values,
                wishes,
                lambda new: with_channels_last(new, wishes.io).spec if laid else new,
            )
        with clock("export"):
            served = served_names(spec, upgraded.renamed)
            write(model, place, wishes.format, served, values)
        aside.to_disk(place)
        aside.begin(place)
        check = Verification("skipped")
        if verifier is not None:
            with clock("verify"):
                digests = values.digests([*keyed_variables(model), *keyed_states(model)])
                check = verified(
                    verifier, place, wishes.format, digests, original=spec, renamed=upgraded.renamed, moved=upgraded.moved,
                    probe=checking.probe, tolerance=Tolerance(checking.rtol, checking.atol), input_names=served.inputs,
                    output_names=served.outputs, module=module, order=laid.order if laid else Order(),
                    expected=facts_of(model) if wishes.format == "keras" and checking.probe is None else None,
                )  # fmt: skip
    return Done(spec, upgraded, served, state, check, clock.seconds, bool(code))


def pair_verified(reading: Reading, other: Path, checking: Checking, verifier: Verifier) -> Verification:
    """Is another file, whoever wrote it, the same function as the source?"""
    stage("read")
    spec = read(reading.source, **reading.said())
    verifier.start()
    stage("verify")
    from kconvert.verify import Tolerance, verified_pair

    names = served_names(spec, {})
    return verified_pair(
        verifier, spec, other, input_names=names.inputs, output_names=names.outputs, probe=checking.probe,
        tolerance=Tolerance(checking.rtol, checking.atol),
    )  # fmt: skip


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
