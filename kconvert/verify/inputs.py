"""Plausible inputs, from a seed: what a user would feed a model, and what shows a difference if there is one."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kconvert.report import InputUsed, Run
from kconvert.spec import ModelSpec, ports_in_keras_order
from kconvert.tensor import Array
from kconvert.verify.uses import Use, uses

Shape = tuple[int | None, ...]

# Sizes for open dimensions, by how many an input has beside the batch; the first pair that a model can be run on is
# taken. Neighbouring dimensions have different sizes, so that none is taken for another, and runs exchange them.
OPEN_SIZES: Mapping[int, tuple[tuple[int, int], ...]] = {
    1: ((12, 7), (48, 40), (200, 160)),
    2: ((32, 64), (64, 96), (224, 256)),
    3: ((16, 24), (32, 48), (64, 96)),
}
LARGE_FROM = 4  # runs from this number on have larger numbers
UNKNOWN_WORDS = ("quux", "zyzzyva")
IMAGE_CHANNELS = (1, 3, 4)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One input: its name, shape (None where it is open, batch first), dtype and use."""

    name: str
    shape: Shape
    dtype: str
    use: Use


@dataclass(frozen=True, slots=True)
class Given:
    """Arrays for all inputs, and what to say of them."""

    arrays: tuple[Array, ...]
    run: Run


def wanted_inputs(spec: ModelSpec, found: Sequence[tuple[str, Shape, str]]) -> list[Wanted]:
    """The inputs of the original; where its file says no shape or dtype, those of the converted model.

    Args:
        found: name, shape and dtype of each input of the converted model, in the same order.
    """
    wanted = []
    ports = list(ports_in_keras_order(spec.inputs))
    for port, use, other in itertools.zip_longest(ports, uses(spec), found[: len(ports)]):
        config = spec.layer(port.layer).config
        shape = config.get("batch_input_shape", config.get("batch_shape"))
        dtype = config.get("dtype", config.get("input_dtype"))
        known = other or (port.layer, (None,), "float32")
        wanted.append(
            Wanted(
                port.layer,
                tuple(shape) if isinstance(shape, list | tuple) else tuple(known[1]),
                dtype if isinstance(dtype, str) else known[2],
                use,
            )
        )
    return wanted


def plausible(wanted: Sequence[Wanted], examples: int, number: int, attempt: int = 0) -> Given:
    """Inputs for the run `number`.

    Runs differ in their open dimensions, where there are any, and in what numbers they take: the first and every other
    one has normally distributed ones, masks at the end; the second others, masks in front.

    Args:
        examples: the batch, unless one input fixes that for all.
        attempt: with other sizes of open dimensions, and at last with the smallest ids, for models that the first ones
            do not suit.
    """
    seed = 1000 * number + attempt
    random = np.random.default_rng(seed)
    fixed = [w.shape[0] for w in wanted if w.shape and w.shape[0] is not None]
    batch = fixed[0] if fixed else examples
    made = [_made(w, batch, random, number, attempt) for w in wanted]
    described = tuple(
        InputUsed(w.name, tuple(array.shape), str(array.dtype) if array.dtype.kind != "U" else "string", kind)
        for w, (array, kind) in zip(wanted, made, strict=True)
    )
    return Given(tuple(array for array, _ in made), Run("generated", described, seed))


def attempts(wanted: Sequence[Wanted]) -> range:
    """The attempts that `plausible` knows for this model."""
    sizes = max(len(OPEN_SIZES[1]) if _open_axes(w) else 1 for w in wanted)
    is_whole = any(w.use.below is not None or _is_whole(w.dtype) for w in wanted)
    return range(len(OPEN_SIZES[1]) + 1) if is_whole else range(sizes)


def _open_axes(wanted: Wanted) -> int:
    return sum(n is None for n in wanted.shape[1:])


def _made(wanted: Wanted, examples: int, random: np.random.Generator, number: int, attempt: int) -> tuple[Array, str]:
    tries = OPEN_SIZES[min(3, max(1, _open_axes(wanted)))]
    is_last_try = attempt >= len(tries)
    sizes = itertools.cycle(tries[min(attempt, len(tries) - 1)][:: -1 if number % 2 else 1])
    shape = (examples, *(next(sizes) if n is None else n for n in wanted.shape[1:]))
    use = wanted.use
    if wanted.dtype == "string":
        return _strings(use, shape, random)
    if use.numbers:
        known = np.array([*use.numbers, max(use.numbers) + 7, max(use.numbers) + 8])
        return random.choice(known, shape).astype(
            wanted.dtype
        ), f"{len(use.numbers)} known numbers and two unknown ones"
    if wanted.dtype == "bool":
        return _with_first(random.random(shape) < 0.7), "true and false"
    if use.below is not None:
        below = min(2, use.below) if is_last_try else use.below
        return _ids(use, below, shape, random, number).astype(wanted.dtype), _of_ids(use, below)
    if _is_whole(wanted.dtype):
        top = 256 if wanted.dtype == "uint8" or use.is_pixels else 2 if is_last_try else 10
        return random.integers(0, top, shape).astype(wanted.dtype), f"whole numbers below {top}"
    values, kind = _numbers(use, shape, random, number)
    if use.mask_value is not None and len(shape) >= 3:
        values, kind = _masked(values, use.mask_value, random, number), f"{kind}, masked steps of {use.mask_value:g}"
    return values.astype(wanted.dtype), kind


def _numbers(use: Use, shape: tuple[int, ...], random: np.random.Generator, number: int) -> tuple[Array, str]:
    is_image = len(shape) == 4 and (shape[-1] in IMAGE_CHANNELS or shape[1] in IMAGE_CHANNELS)
    if use.is_pixels:
        return random.integers(0, 256, shape).astype(np.float64), "pixels from 0 to 255"
    if use.between is not None:
        return random.uniform(*use.between, shape), f"numbers from {use.between[0]:.4g} to {use.between[1]:.4g}"
    if is_image:
        return (random.uniform(-1, 1, shape), "pixels from -1 to 1") if number % 2 else (
            random.random(shape), "pixels from 0 to 1")  # fmt: skip
    if number % 2:
        return random.uniform(-2, 2, shape), "numbers from -2 to 2"
    if number >= LARGE_FROM:
        return 3.0 * random.standard_normal(shape), "normally distributed numbers, three times as large"
    return random.standard_normal(shape), "normally distributed numbers"


def _ids(use: Use, below: int, shape: tuple[int, ...], random: np.random.Generator, number: int) -> Array:
    if not use.zero_is_mask or below < 2 or len(shape) < 2:
        return random.integers(0, below, shape)
    ids = random.integers(1, below, shape)
    ids[~_steps(shape[:2], random, number)] = 0
    return ids


def _masked(values: Array, mask_value: float, random: np.random.Generator, number: int) -> Array:
    values[~_steps((values.shape[0], values.shape[1]), random, number)] = mask_value
    return values


def _steps(shape: tuple[int, ...], random: np.random.Generator, number: int) -> Array:
    """Which steps of which sequence are there: all of the first (of several), at least one of each other."""
    batch, length = shape
    lengths = random.integers(1, length + 1, batch)
    if batch > 1:
        lengths[0] = length
    else:
        lengths[0] = max(1, length - length // 3)
    there = np.arange(length)[None, :] < lengths[:, None]
    return there[:, ::-1] if number % 2 else there


def _of_ids(use: Use, below: int) -> str:
    return f"ids below {below}" + (", 0 where a step is masked" if use.zero_is_mask and below > 1 else "")


def _strings(use: Use, shape: tuple[int, ...], random: np.random.Generator) -> tuple[Array, str]:
    words = np.array([*(use.words or ("a", "b", "c")), *UNKNOWN_WORDS])
    if not use.sentences:
        return random.choice(words, shape), f"{len(use.words)} known words and two unknown ones"
    texts = [" ".join(random.choice(words, random.integers(1, 8))) for _ in range(int(np.prod(shape)))]
    return np.array(texts).reshape(shape), f"sentences of {len(use.words)} known words and two unknown ones"


def _with_first(mask: Array) -> Array:
    """The first step is always there."""
    if mask.ndim > 1:
        mask[:, 0] = True
    return mask


def _is_whole(dtype: str) -> bool:
    return dtype.startswith(("int", "uint"))
