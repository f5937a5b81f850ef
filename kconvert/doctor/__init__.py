"""`kconvert doctor`: is this installation whole, what are its limits, and what is known to go wrong in it?

* `surroundings.py` looks: releases from the packages' metadata, variables and files; `limits.py`: memory, threads, files;
* `known.yaml` lists what is known of variables and releases, `known.py` says which of it holds here;
* `judging.py`: what else stands against conversions; `finding.py`: one such thing; `lines.py`: all of it as text;
* `trial.py`: with `deep`, TensorFlow is imported in a process of its own (`trial_program.py`) and computes something.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kconvert.doctor.finding import Finding
from kconvert.doctor.judging import findings
from kconvert.doctor.surroundings import Surroundings, surroundings
from kconvert.doctor.trial import tried
from kconvert.plain import plain

__all__ = ["Examination", "Finding", "examine"]


@dataclass(frozen=True, slots=True)
class Examination:
    """What there is, and what to know about it, the worst first."""

    surroundings: Surroundings
    findings: tuple[Finding, ...]

    @property
    def is_able(self) -> bool:
        """True where nothing stands against a conversion."""
        return all(f.level != "error" for f in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """As plain data; sizes in bytes."""
        found: dict[str, Any] = {"able": self.is_able, **plain(self.surroundings), "findings": plain(self.findings)}
        return found


def examine(folder: Path | None = None, *, deep: bool = False) -> Examination:
    """Looks at this environment and changes nothing; without `deep` it takes no TensorFlow and a fraction of a second.

    Args:
        folder: where results would be written; the current one by default.
        deep: import TensorFlow and let it compute something that some of its releases compute wrongly.
    """
    found = surroundings(folder or Path())
    noticed = [*findings(found), *(tried(found.packages) if deep else ())]
    return Examination(found, tuple(sorted(noticed, key=lambda f: f.rank)))
