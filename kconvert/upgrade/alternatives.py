"""A question that the file does not answer matters only if the answers lead to different models."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, TypeVar

from kconvert.errors import AmbiguousOrigin, ConversionFailed
from kconvert.spec import LayerSpec, ModelSpec
from kconvert.upgrade.comparing import comparable

T = TypeVar("T")


def the_only_answer(
    answers: Sequence[str],
    result: Callable[[str], T],
    model: Callable[[T], ModelSpec],
    names: Collection[str],
    *,
    question: str,
    option: str,
) -> T:
    """The result on which all answers agree.

    Args:
        answers, result: the possible answers, and what each leads to.
        model: what is compared of a result.
        names: the layers of the file; the problem is told of them.

    Raises:
        ConversionFailed: they do not agree: an AmbiguousOrigin for each layer that is different; or all of them fail, and
            this is what the first one says.
    """
    found: dict[str, T] = {}
    failed: list[ConversionFailed] = []
    for answer in answers:
        try:
            found[answer] = result(answer)
        except ConversionFailed as error:
            failed.append(error)
    if not found:
        raise failed[0]
    signatures = [dict(_signatures(model(one))) for one in found.values()]
    new_names = dict.fromkeys(name for signature in signatures for name in signature)
    different = [n for n in new_names if any(s.get(n) != signatures[0].get(n) for s in signatures)]
    if failed:
        different = different or [p.layer for p in failed[0].problems]
    if different:
        text = f"the file does not say {question}, and the numbers depend on it"
        concerned = dict.fromkeys(_of_file(name, names) for name in different)
        raise ConversionFailed(AmbiguousOrigin(text, layer=name, option=option) for name in concerned)
    return next(iter(found.values()))


def _of_file(name: str, names: Collection[str]) -> str:
    """The layer of the file that became this one, among others perhaps: its name is the beginning of theirs."""
    return max((n for n in names if name == n or name.startswith((f"{n}_", f"{n}/"))), key=len, default=name)


def _signatures(model: ModelSpec, parents: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Layer -> everything that decides its numbers; a tensor by its name and what was done to it."""
    for layer in model.layers:
        yield "/".join((*parents, layer.name)), _signature(layer)
        if layer.inner_model is not None:
            yield from _signatures(layer.inner_model, (*parents, layer.name))


def _signature(layer: LayerSpec) -> Any:
    tensors = {slot: (t.name, t.shape, t.steps) for slot, t in layer.tensors.items()}
    inner = [_signature(held) for held in layer.inner_layers()]
    return layer.class_name, layer.config, comparable(layer.calls), tensors, inner
