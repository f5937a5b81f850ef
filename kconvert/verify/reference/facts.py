"""Who wrote the model: the questions about release and backend that a layer's function may ask.

Where the file does not say, a question raises `Undecided` with what could be; the layer is then computed for each of these, and
only if the results agree is there one (`layer.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from packaging.version import Version

from kconvert.definitions import NO_DEFINITIONS, Definitions
from kconvert.spec import Dialect, Origin


class Lacking(Exception):
    """The reference cannot compute this layer; the text says why."""


class Undecided(Exception):
    """The file does not say what was asked."""

    def __init__(self, question: str, candidates: tuple[Facts, ...]) -> None:
        super().__init__(question)
        self.candidates = candidates


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the framework that a model was written by.

    Attributes:
        lowest, highest: releases of Keras; None is an open end.
        package: `keras` or `tf.keras`.
        known_backend, known_data_format: None where neither the file nor the user says it. The data format is that of
            the whole model, for layers that did not save their own.
        has_fixed_batch: the model was made for one size of the batch. Loops over time are then other ones in several Kerases.
        own: what the user's own code defines, in place of what Keras has under the same name.
    """

    dialect: Dialect
    lowest: Version | None = None
    highest: Version | None = None
    package: str = "keras"
    known_backend: str | None = None
    known_data_format: str | None = None
    has_fixed_batch: bool = False
    own: Definitions = NO_DEFINITIONS

    @classmethod
    def of(cls, dialect: Dialect, origin: Origin) -> Facts:
        """What an origin proves."""
        is_tensorflow = origin.package == "tf.keras" or dialect is Dialect.keras3
        backend = "tensorflow" if is_tensorflow else origin.backend
        hint = origin.hints.get("data_format")
        return cls(dialect, *origin.keras, origin.package, backend, hint, own=origin.custom)

    @property
    def backend(self) -> str:
        """`theano`, `tensorflow` or `cntk`. CNTK came with Keras 2.0.5."""
        if self.known_backend is not None:
            return self.known_backend
        possible = ("theano", "tensorflow", "cntk") if self.dialect is Dialect.keras2 else ("theano", "tensorflow")
        raise Undecided(
            "the result depends on the backend, which the file does not say (--backend)",
            tuple(replace(self, known_backend=name) for name in possible),
        )

    @property
    def data_format(self) -> str:
        """`channels_first` or `channels_last`, for a layer that does not say its own. Keras 0.x took the first one for granted."""
        if self.known_data_format is not None:
            return {"th": "channels_first", "tf": "channels_last"}.get(self.known_data_format, self.known_data_format)
        if self.dialect is Dialect.keras0:
            return "channels_first"
        raise Undecided(
            "the result depends on the order of axes, which the file does not say (--source-data-format)",
            tuple(replace(self, known_data_format=name) for name in ("channels_first", "channels_last")),
        )

    @property
    def is_tf_keras(self) -> bool:
        """Was it written by the Keras inside TensorFlow?"""
        return self.package == "tf.keras"

    def since(self, release: str) -> bool:
        """Was it written by this release of Keras or a later one?"""
        border = Version(release)
        if self.lowest is not None and self.lowest >= border:
            return True
        if self.highest is not None and self.highest < border:
            return False
        raise Undecided(
            f"the result depends on whether Keras {release} or an earlier one wrote it, which the file does not say "
            "(--keras-version)",
            (replace(self, highest=Version(f"{release}.dev0")), replace(self, lowest=border)),
        )
