"""Every tensor of the file is used exactly once: counted in elements, so that splitting and joining are seen too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container

from kconvert.errors import ConversionFailed, MissingTensor, Problem, UnusedTensor
from kconvert.spec import ModelSpec, stored_tensors


def account_for_tensors(before: ModelSpec, after: ModelSpec, dropped: Container[str] = ()) -> None:
    """Compares the elements that the file stores with those that the upgraded model uses.

    Args:
        dropped: tensors that are reported as unused.

    Raises:
        ConversionFailed: a tensor is left over, or used more often than once.
    """
    stored = _elements(before)
    used = _elements(after)
    problems: list[Problem] = []
    for name in stored.keys() | used.keys():
        if name in dropped and not used[name]:
            continue
        if used[name] < stored[name]:
            problems.append(
                UnusedTensor(f"{name}: {stored[name] - used[name]} of {stored[name]} elements are not used")
            )
        elif used[name] > stored[name]:
            problems.append(MissingTensor(f"{name}: used {used[name] / max(1, stored[name]):g} times"))
    if problems:
        raise ConversionFailed(sorted(problems, key=lambda p: p.message))


def _elements(model: ModelSpec) -> Counter[str]:
    counted: Counter[str] = Counter()
    for tensor in stored_tensors(model):
        counted.update(tensor.sources)
    return counted
