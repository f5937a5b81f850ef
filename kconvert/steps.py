"""What this process is doing right now, for whoever watches it from outside: the last step is what it died over.

`stage` and `step` cost next to nothing where nobody listens; a worker process sends them to its supervisor.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Literal

Kind = Literal["stage", "step"]
Listener = Callable[[Kind, str], None]

WORDS = {
    "read": "reading the file",
    "upgrade": "upgrading the layers",
    "import": "importing TensorFlow",
    "rebuild": "building the model",
    "training": "taking up its training",
    "export": "writing the result",
    "verify": "checking the result",
}
_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


def stage(name: str) -> None:
    """One of the pipeline's stages begins: `read`, `upgrade`, ..."""
    listener = _listener.get()
    if listener is not None:
        listener("stage", name)
        listener("step", WORDS.get(name, name))


def step(doing: str) -> None:
    """Said before whatever may crash, hang or need much memory: `reading attribute model_config`."""
    listener = _listener.get()
    if listener is not None:
        listener("step", doing)


@contextlib.contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """Sends the steps of the body to `listener`."""
    before = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(before)
