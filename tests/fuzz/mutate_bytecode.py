"""Every value of every byte of three bodies: each must end as a refusal or as a reading, in bounded time.

    python tests/fuzz/mutate_bytecode.py [--step 1]

The bodies are those of tests/test_lambdas.py, as Python 2.7, 3.8 and 3.12 compiled them. A reading that is another one than
the original's is what the changed byte means: another constant, another operator, another name.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import io
import json
import sys
import time
import warnings
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from test_lambdas import model

from kconvert.errors import ConversionFailed
from kconvert.upgrade import upgrade

TESTS = Path(__file__).parents[1]
BODY = "K.clip(x, -0.5, 0.25)"
VERSIONS = ("2.7", "3.8", "3.12")


def outcome(data: bytes) -> str:
    """`refused`, or the operations that it became."""
    try:
        found = upgrade(model([base64.b64encode(data).decode(), None, None]))
    except ConversionFailed:
        return "refused"
    return repr(
        [(la.class_name, dict(la.config), [(c.args, dict(c.kwargs)) for c in la.calls]) for la in found.spec.layers[1:]]
    )


def sample(version: str) -> bytes:
    """The body as this Python compiled it."""
    bodies = (TESTS / "lambdas" / "bodies.txt").read_text().splitlines()
    compiled = json.loads((TESTS / "lambdas" / "compiled" / f"{version}.json").read_text())
    return base64.b64decode(compiled[bodies.index(BODY)])


def main() -> int:
    """Prints a tally for each Python; fails if a single mutation took more than five seconds."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--step", type=int, default=1, help="only every n-th value of a byte")
    step = arguments.parse_args().step
    warnings.simplefilter("ignore")
    worst = 0.0
    for version in VERSIONS:
        data, tally, begun = sample(version), Counter[str](), time.monotonic()
        original = outcome(data)
        for place in range(len(data)):
            for value in range(0, 256, step):
                if value == data[place]:
                    continue
                start = time.monotonic()
                with contextlib.redirect_stdout(io.StringIO()):
                    found = outcome(data[:place] + bytes([value]) + data[place + 1 :])
                worst = max(worst, time.monotonic() - start)
                tally["refused" if found == "refused" else "the same" if found == original else "another reading"] += 1
        words = ", ".join(f"{count} {what}" for what, count in tally.most_common())
        sys.stdout.write(f"Python {version}, {len(data)} bytes: {words}; {time.monotonic() - begun:.0f} s\n")
    sys.stdout.write(f"the slowest took {worst:.2f} s\n")
    return int(worst > 5)


if __name__ == "__main__":
    sys.exit(main())
