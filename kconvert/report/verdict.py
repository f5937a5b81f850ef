"""One sentence about a conversion, the same on the terminal and at the top of the page."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from kconvert.report.conversion import Failure
from kconvert.report.verification import Verification

Answer = Literal["same", "partly", "open", "different", "refused"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came out of it.

    Attributes:
        answer: `same`: compared and equal; `partly`: as far as it could be compared; `open`: not compared; `different`;
            `refused`: no file was written, and nothing was compared.
    """

    answer: Answer
    title: str
    text: str


def verdict(check: Verification, failure: Failure | None = None) -> Verdict:
    """The answer to "is the new file right?"."""
    if check.status == "failed":
        return Verdict("different", "Not the same function", f"{_differing(check)}.")
    if failure is not None:
        return _refusal(failure)
    if check.status == "passed":
        return Verdict("same", "Same function", f"{_agreement(check)}.{_weights(check)}")
    if check.status == "partial" and not check.outputs:
        largest = max((layer.max_abs for layer in check.layers), default=0.0)
        agree = f"{counted(len(check.layers), 'layer')} before that, largest difference {difference(largest)}"
        text = f"{_lacking(check)} Compared with {check.against}: {agree}.{_weights(check)}"
        return Verdict("open", "No output could be compared", text)
    if check.status == "partial":
        missing = f"; {counted(len(check.missing), 'layer')} without a reference" if check.missing else ""
        text = f"{_agreement(check)}{missing}.{_weights(check)}"
        return Verdict("partly", "Same function as far as it could be compared", text)
    if check.status == "weights-only":
        title = "Weights equal bit for bit; outputs not compared" if check.weights_compared else "Outputs not compared"
        return Verdict("open", title, _why_open(check))
    return Verdict("open", "Converted, not verified", "The check was switched off: nothing was compared with anything.")


def difference(value: float) -> str:
    """A difference for a reader: `2.4e-7`, `0`, `∞`."""
    if value == 0:
        return "0"
    if not math.isfinite(value):
        return "∞"
    mantissa, exponent = f"{value:.1e}".split("e")
    number = mantissa.removesuffix(".0")
    return f"{value:.3g}" if 1e-3 <= abs(value) < 1e5 else f"{number}e{int(exponent)}"


def counted(number: int, noun: str) -> str:
    """`1 output`, `2 outputs`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _agreement(check: Verification) -> str:
    names = dict.fromkeys(o.name for o in check.outputs)
    largest = max((o.max_abs for o in check.outputs), default=0.0)
    against = check.against or "what the original gives"
    verb = "agrees" if len(names) == 1 else "agree"
    size = "no difference at all" if largest == 0 else f"largest difference {difference(largest)}"
    return f"{counted(len(names), 'output')} {verb} with {against}: {size}"


def _differing(check: Verification) -> str:
    return f"They differ: {check.difference}" if check.difference else "They differ"


def _weights(check: Verification) -> str:
    return f" {counted(check.weights_compared, 'weight')} equal bit for bit." if check.weights_compared else ""


def _why_open(check: Verification) -> str:
    loaded = "The file was loaded by stock Keras in another process"
    if check.weights_compared:
        loaded += f", {counted(check.weights_compared, 'weight')} equal bit for bit"
    if check.missing:
        return f"{loaded}. {_lacking(check)}"
    return f"{loaded}. A probe, recorded where the original runs, compares the outputs too."


def _lacking(check: Verification) -> str:
    if not check.missing:
        return ""
    first, layers = check.missing[0], counted(len(check.missing), "layer")
    return f"There is no reference for {layers} ({first.class_name} '{first.layer}'): {first.reason}."


def _refusal(failure: Failure) -> Verdict:
    if failure.obstacles:
        stand = "stands" if len(failure.obstacles) == 1 else "stand"
        text = f"{counted(len(failure.obstacles), 'problem')} {stand} against it. No file was written."
        return Verdict("refused", "Not converted", text)
    return Verdict("refused", "Not converted", f"{failure.message.rstrip('.')}. No file was written.")
