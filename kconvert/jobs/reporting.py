"""What the pipeline did, as a report."""

from __future__ import annotations

import dataclasses
import errno
import os
import resource
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kconvert.custom_code import CustomCode, module_beside
from kconvert.errors import KConvertError
from kconvert.files.content import Aside
from kconvert.jobs.inspection import origin_facts
from kconvert.pipeline import Done, Reached
from kconvert.report import Failure, Graph, Note, Report, Verification, graph_of
from kconvert.resuming import Resumed
from kconvert.spec import ModelSpec, stored_tensors
from kconvert.versions import versions

if TYPE_CHECKING:
    from kconvert.jobs import Conversion

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def reported(job: Conversion, done: Done, code: CustomCode, *, aside: Aside, begin: float) -> Report:
    """The report on a model that is at the job's place now, and at its target as soon as it is published.

    Args:
        code: the user's own.
        aside: has the digests of source and result.
        begin: of the whole, on the clock `time.perf_counter`.
    """
    source_digest, target_digest = aside.digest_of(job.reading.source), aside.digest_of(job.place)
    spec, format = done.source, job.wishes.format
    notes = [*done.upgraded.notes, *_notes_on(done, code, format), *_training_notes(done.training, spec)]
    if not done.served.is_kept:
        notes.append(
            Note(
                "warning",
                "",
                f"the serving signature was {_signature(spec)}; names that layers do not have are not kept",
            )
        )
    return Report(
        source={
            "path": job.name,
            "sha256": source_digest,
            **origin_facts(spec),
            "tensors": sum(1 for _ in stored_tensors(spec)),
        },
        target={"path": str(job.target), "format": format, "sha256": target_digest},
        layers=done.upgraded.layers,
        training=dataclasses.asdict(done.training),
        verification=done.verification,
        notes=tuple(notes),
        renamed=done.upgraded.renamed,
        versions=versions(),
        seconds={**done.seconds, "all": time.perf_counter() - begin},
        custom_module=module_beside(job.target) if done.needs_code and format == "keras" else None,
        peak_memory=_peak_memory(),
        before=graph_of(spec),
        after=graph_of(done.upgraded.spec),
    )


def refused(job: Conversion, error: KConvertError, reached: Reached, *, digest: str, seconds: float) -> Report:
    """What is known of a model that was not converted, and what stood against it.

    Args:
        digest: of the source, where it was read.
        seconds: that it took.
    """
    spec, upgraded = reached.source, reached.upgraded
    facts = {} if spec is None else {**origin_facts(spec), "tensors": sum(1 for _ in stored_tensors(spec))}
    return Report(
        source={"path": job.name, "sha256": digest, **facts},
        target={"path": str(job.target), "format": job.wishes.format, "sha256": ""},
        layers=upgraded.layers if upgraded else (),
        verification=getattr(error, "verification", None) or Verification("skipped"),
        notes=upgraded.notes if upgraded else (),
        renamed=upgraded.renamed if upgraded else {},
        versions=versions(),
        seconds={"all": seconds},
        peak_memory=_peak_memory(),
        before=graph_of(spec) if spec else Graph(),
        after=graph_of(upgraded.spec) if upgraded else Graph(),
        failure=Failure.of(error),
    )


def _peak_memory() -> int:
    """Bytes, of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _notes_on(done: Done, code: CustomCode, format: str) -> Iterator[Note]:
    """What there is to say of the user's own code."""
    if not code.text:
        return
    if not done.needs_code:
        yield Note("info", "", f"nothing of {', '.join(code.names)} is left in the model, which needs no module")
        return
    yield from code.notes
    if format != "keras":
        yield Note("info", "", "the SavedModel holds what the custom code computes, and needs no module")


def _signature(spec: ModelSpec) -> str:
    signed = spec.signature
    return f"{list(signed.inputs)} -> {list(signed.outputs)}" if signed else ""


def _training_notes(training: Resumed, spec: ModelSpec) -> list[Note]:
    if spec.training is None:
        return []
    if not training.kept:
        what = "optimizer, losses, metrics and optimizer state are left out"
        return [Note("info", "", f"{what}: {training.because}")]
    notes = [Note("warning", "", f"training goes on, not exactly as then: {because}") for because in training.inexact]
    return notes + [Note("info", "", f"training: {note}") for note in training.notes]


def is_want_of_space(error: Exception) -> bool:
    """Is the disk full? Every library of the export says it in its own way, HDF5 and TensorFlow in the text alone."""
    text = str(error)
    return getattr(error, "errno", None) in FULL or any(os.strerror(n) in text or f"errno = {n}," in text for n in FULL)
