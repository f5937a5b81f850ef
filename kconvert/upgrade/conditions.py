"""Does a condition of a layer map hold for this layer of this file?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from kconvert.errors import AmbiguousOrigin
from kconvert.spec import Origin


def holds(when: Mapping[str, Any], config: Mapping[str, Any], origin: Origin, tensors: int = 0) -> bool:
    """True where every part of `when` holds. A list of values means: one of them.

    Raises:
        AmbiguousOrigin: the file does not say what the condition asks.
    """
    return all(_part_holds(key, wanted, config, origin, tensors) for key, wanted in when.items())


def _part_holds(key: str, wanted: Any, config: Mapping[str, Any], origin: Origin, tensors: int) -> bool:
    if key == "file.keras":
        return keras_is(origin, str(wanted))
    if key == "file.backend":
        return _one_of(known_backend(origin), wanted)
    if key == "file.package":
        return _one_of(origin.package, wanted)
    if key == "weights.count":
        return _one_of(tensors, wanted)
    return _one_of(config.get(key.removeprefix("config.")), wanted)


def _one_of(value: Any, wanted: Any) -> bool:
    return value in wanted if isinstance(wanted, list) else value == wanted


def known_backend(origin: Origin) -> str:
    """The backend that wrote the file.

    Raises:
        AmbiguousOrigin: no evidence.
    """
    if origin.backend is None:
        raise AmbiguousOrigin(
            "the file does not say which backend wrote it, and the numbers depend on it",
            option="--backend theano|tensorflow|cntk",
        )
    return origin.backend


def keras_is(origin: Origin, specifier: str) -> bool:
    """True where every release that can have written the file is in `specifier`, False where none is.

    Raises:
        AmbiguousOrigin: some are and some are not.
    """
    low, high = origin.keras
    spec = SpecifierSet(specifier, prereleases=True)
    if low is not None and low == high:
        return low in spec
    # between the open or closed ends, the answer can only change at a version that the specifier names
    named = [Version(s.version.removesuffix(".*")) for s in spec]
    inside = [v for v in named if (low is None or v >= low) and (high is None or v <= high)]
    probes = [v for end in (low or Version("0"), high or Version("999")) for v in [end]]
    probes += [p for v in inside for p in _around(v)]
    answers = {p in spec for p in probes if (low is None or p >= low) and (high is None or p <= high)}
    if len(answers) == 1:
        return answers.pop()
    raise AmbiguousOrigin(
        f"the file does not say which Keras wrote it, and the numbers depend on whether it was {specifier}",
        option="--keras-version X.Y.Z",
    )


def _around(version: Version) -> tuple[Version, Version, Version]:
    release = (*version.release, 0, 0)[:3]
    below = (release[0], release[1], release[2] - 1) if release[2] else (release[0], release[1] - 1, 99)
    above = (*release[:2], release[2] + 1)
    return (
        Version(".".join(map(str, (max(0, below[0]), max(0, below[1]), below[2])))),
        version,
        Version(".".join(map(str, above))),
    )


__all__ = ["holds", "keras_is", "known_backend"]
