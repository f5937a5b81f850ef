"""Which rows of `known.yaml` hold in an environment."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from pathlib import Path

import yaml
from packaging.specifiers import SpecifierSet
from pydantic import BaseModel, ConfigDict, Field, field_validator

from kconvert.doctor.finding import Finding, Level
from kconvert.doctor.surroundings import Surroundings


class Row(BaseModel):
    """One known thing; the words are explained in `known.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    topic: str
    level: Level
    says: str
    do: str = ""
    variables: dict[str, str] = Field(default_factory=dict)
    packages: dict[str, str] = Field(default_factory=dict)
    machine: str = ""

    @field_validator("packages")
    @classmethod
    def _ranges(cls, packages: dict[str, str]) -> dict[str, str]:
        for said in packages.values():
            SpecifierSet(said)  # raises InvalidSpecifier, a ValueError
        return packages

    def holds(self, here: Surroundings) -> bool:
        """True where all of its conditions do."""
        return (
            all(re.fullmatch(said, here.variables.get(name, "")) for name, said in self.variables.items())
            and all(_is_in(here.packages.get(name), said) for name, said in self.packages.items())
            and (not self.machine or re.fullmatch(self.machine, here.machine, re.IGNORECASE) is not None)
        )

    def finding(self, here: Surroundings) -> Finding:
        """With the values of this environment in its sentences."""
        values = {**here.packages, **here.variables}
        return Finding(self.level, self.topic, self.says.format_map(values), self.do.format_map(values))


@functools.cache
def rows() -> tuple[Row, ...]:
    """All that is known."""
    text = Path(__file__).with_name("known.yaml").read_text(encoding="utf-8")
    return tuple(Row.model_validate(row) for row in yaml.safe_load(text))


def known(here: Surroundings) -> Iterator[Finding]:
    """What of it holds here."""
    return (row.finding(here) for row in rows() if row.holds(here))


def _is_in(release: str | None, said: str) -> bool:
    return release is not None and SpecifierSet(said).contains(release, prereleases=True)
