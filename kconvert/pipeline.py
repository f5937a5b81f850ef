"""read -> upgrade -> rebuild -> transfer -> export -> verify: the six stages, and nothing else knows their order."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kconvert.read import read
from kconvert.report import Verification
from kconvert.spec import ModelSpec, ports_in
from kconvert.upgrade import Upgraded, upgrade

if TYPE_CHECKING:
    from kconvert.verify import Tolerance, Verifier


@dataclass(frozen=True, slots=True)
class Done:
    """What the stages made of one model."""

    source: ModelSpec
    upgraded: Upgraded
    verification: Verification
    seconds: Mapping[str, float]


@dataclass(slots=True)
class Clock:
    """Seconds per stage."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextlib.contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Adds the time that the body takes."""
        start = time.perf_counter()
        yield
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - start


def converted(
    source: Path,
    target: Path,
    format: str,
    *,
    reading: Mapping[str, Any],
    maps: Sequence[Path],
    verifier: Verifier | None,
    probe: Path | None,
    tolerance: Tolerance,
    overwrite: bool,
    keep_failed: bool,
) -> Done:
    """Converts one file; `target` appears when the result is known to be right."""
    clock = Clock()
    with clock("read"):
        spec = read(source, **reading)
    with clock("upgrade"):
        upgraded = upgrade(spec, maps)
    if verifier is not None:
        verifier.start()  # it imports TensorFlow while this process does
    with clock("import"):
        from kconvert.export import staged, write
        from kconvert.framework import neutral_settings
        from kconvert.verify import verified
    with neutral_settings(), staged(target) as place:
        with clock("rebuild"):
            model, digests = built(upgraded.spec)
        with clock("export"):
            names = output_names(spec, upgraded.renamed)
            write(model, place.path, format, names)
        check = Verification("skipped")
        if verifier is not None:
            with clock("verify"), place.published_on_failure(keep_failed, overwrite):
                check = verified(
                    verifier, place.path, format, digests, probe=probe, tolerance=tolerance,
                    input_names=[i.name for i in model.inputs], output_names=names,
                )  # fmt: skip
        place.publish(overwrite)
    return Done(spec, upgraded, check, clock.seconds)


def built(spec: ModelSpec) -> tuple[Any, dict[str, str]]:
    """The Keras model with its weights, and the digest of each weight."""
    from kconvert.rebuild import rebuild
    from kconvert.transfer import transfer

    model = rebuild(spec)
    return model, transfer(spec, model)


def output_names(spec: ModelSpec, renamed: Mapping[str, str]) -> list[str]:
    """The outputs' names as the file has them: those of their layers, numbered where one layer gives several."""
    names: list[str] = []
    for port in ports_in(spec.outputs):
        wanted = name = renamed.get(port.layer, port.layer)
        number = 0
        while name in names:
            number += 1
            name = f"{wanted}_{number}"
        names.append(name)
    return names
