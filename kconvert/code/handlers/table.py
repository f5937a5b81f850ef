"""Which function handles which instruction."""

from __future__ import annotations

from collections.abc import Callable

from kconvert.code.instructions import Instruction
from kconvert.code.machine import Frame, Machine

Handler = Callable[[Machine, Frame, Instruction], None]


class Handlers(dict[str, Handler]):
    """Instruction -> what it does with a frame."""

    def on(self, *names: str) -> Callable[[Handler], Handler]:
        """The function below handles these instructions."""

        def registered(handler: Handler) -> Handler:
            self.update(dict.fromkeys(names, handler))
            return handler

        return registered
