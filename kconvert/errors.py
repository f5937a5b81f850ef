"""Everything that kconvert raises.

KConvertError
├── SourceError              the source cannot be read as a model
│   ├── SourceNotFound
│   ├── NotAModel            another kind of file (pickle, web page, git-lfs pointer, ...)
│   ├── CorruptSource        truncated or damaged
│   ├── NoArchitecture       weights without the layers they belong to
│   └── NoWeights            layers without their weights
├── TargetError              the target cannot be written
├── UsageError               the call itself is wrong
├── MapError                 a layer map is malformed
├── ConversionFailed         carries every Problem of one model
├── Problem                  one thing wrong with one layer
│   ├── UnknownLayer
│   ├── UnknownArgument
│   ├── UnknownOperation     a TensorFlow function that the table does not have
│   ├── Rejected             understood, but today's Keras cannot express it exactly
│   ├── CodeInModel          Python code that the file only names or carries as bytecode
│   ├── AmbiguousOrigin      the file does not say what decides the numbers
│   ├── MissingTensor
│   ├── UnusedTensor
│   ├── ShapeMismatch
│   └── BrokenGraph
└── VerificationFailed       the converted file is not the same function
"""

from __future__ import annotations

from collections.abc import Iterable


class KConvertError(Exception):
    """Base of all errors of this package.

    Attributes:
        exit_code: the command line's status for it.
        report: a `kconvert.report.Report` of what was found until then, where a conversion had begun; else None.
    """

    exit_code = 1
    report: object | None = None


class SourceError(KConvertError):
    """The source cannot be read as a model."""


class SourceNotFound(SourceError):
    """There is nothing at this path."""


class NotAModel(SourceError):
    """The content is that of another kind of file."""


class CorruptSource(SourceError):
    """The file is truncated or damaged."""


class NoArchitecture(SourceError):
    """The file holds tensors, but not the layers that they belong to."""


class NoWeights(SourceError):
    """The file holds layers, but not their tensors."""


class TargetError(KConvertError):
    """The target cannot be written; nothing was changed."""

    exit_code = 2


class UsageError(KConvertError):
    """The call itself is wrong: an option's value, or options that exclude each other."""

    exit_code = 2


class MapError(KConvertError):
    """A layer map is malformed; the message names file, layer and word."""


class VerificationFailed(KConvertError):
    """The file that was written is not the same function as the original."""

    exit_code = 4


class Problem(KConvertError):
    """One thing that stands against converting one layer.

    Args:
        message: one sentence.
        layer: name of the layer in the file, with its parents: `outer/inner`.
        class_name: the layer's class in the file.
        argument: the argument concerned, if it is one.
        option: the command line option that would solve it, if there is one.
    """

    def __init__(
        self,
        message: str,
        *,
        layer: str = "",
        class_name: str = "",
        argument: str = "",
        option: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.layer = layer
        self.class_name = class_name
        self.argument = argument
        self.option = option

    def inside(self, parent: str) -> Problem:
        """The same problem, seen from the model or wrapper named `parent`."""
        self.layer = f"{parent}/{self.layer}" if self.layer else parent
        return self

    def __str__(self) -> str:
        where = f"{self.class_name} '{self.layer}'" if self.class_name else (f"'{self.layer}'" if self.layer else "")
        head = f"{where}: {self.message}" if where else self.message
        return f"{head} ({self.option})" if self.option else head


class UnknownLayer(Problem):
    """No layer map knows this class."""


class UnknownArgument(Problem):
    """No layer map accounts for this argument or this value of it."""


class UnknownOperation(Problem):
    """The table of TensorFlow functions does not have this one."""


class Rejected(Problem):
    """Understood, but it has no exact equivalent in today's Keras."""


class CodeInModel(Problem):
    """Python code that the file carries or names; it is never run."""


class AmbiguousOrigin(Problem):
    """The file does not record what decides the numbers; `option` answers it."""


class MissingTensor(Problem):
    """A layer's tensor is not in the file."""


class UnusedTensor(Problem):
    """A tensor in the file belongs to no layer."""


class ShapeMismatch(Problem):
    """A stored tensor does not have the shape that its layer needs."""


class BrokenGraph(Problem):
    """The layers' connections are inconsistent."""


class ConversionFailed(KConvertError):
    """Carries all problems of one model in `problems`, in the model's order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(p) for p in self.problems))

    def __reduce__(self) -> tuple[type[ConversionFailed], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)
