"""Everything that kconvert raises.

KConvertError
├── SourceError              the source cannot be read as a model
│   ├── SourceNotFound
│   ├── NotAModel            another kind of file (pickle, web page, git-lfs pointer, ...)
│   ├── CorruptSource        truncated or damaged
│   ├── UnsafeSource         refused before it is read: it would reach outside itself, run code, or take all memory
│   ├── NoArchitecture       weights without the layers they belong to
│   └── NoWeights            layers without their weights
├── TargetError              the target cannot be written
├── UsageError               the call itself is wrong
├── MapError                 a layer map is malformed
├── MigrationError           Python source that cannot be parsed
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
├── VerificationFailed       the converted file is not the same function
└── WorkerError              the process that did the work did not finish it
    ├── Crashed              it died: a damaged file, or one that was made to do this
    ├── TimedOut
    ├── OutOfMemory
    └── InternalError        a mistake of kconvert's own
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

NONSENSE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What Python raises where a config has a text for a number or a list for a dict: at the borders of `read` and `upgrade`
it becomes one error that says so."""


class KConvertError(Exception):
    """Base of all errors of this package.

    Attributes:
        exit_code: the command line's status for it.
        code: a stable word for programs, `E_...`: that of the class, or a narrower one that is given with the message.
        report: a `kconvert.report.Report` of what was found until then, where a conversion had begun; else None.
    """

    exit_code = 1
    code = "E_FAILED"
    report: Any = None

    def __init__(self, message: str = "", *, code: str = "") -> None:
        super().__init__(message)
        if code:
            self.code = code


class SourceError(KConvertError):
    """The source cannot be read as a model."""

    code = "E_SOURCE"


class SourceNotFound(SourceError):
    """There is nothing at this path."""

    code = "E_NOT_FOUND"


class NotAModel(SourceError):
    """The content is that of another kind of file."""

    code = "E_WRONG_FORMAT"


class CorruptSource(SourceError):
    """The file is truncated or damaged."""

    code = "E_CORRUPT"


class UnsafeSource(SourceError):
    """Refused before it is read: it would reach outside itself, run code, or take more than a model may."""

    code = "E_UNSAFE"


class NoArchitecture(SourceError):
    """The file holds tensors, but not the layers that they belong to."""

    code = "E_NO_CONFIG"


class NoWeights(SourceError):
    """The file holds layers, but not their tensors."""

    code = "E_NO_WEIGHTS"


class TargetError(KConvertError):
    """The target cannot be written; nothing was changed."""

    exit_code = 2
    code = "E_OUT"


class UsageError(KConvertError):
    """The call itself is wrong: an option's value, or options that exclude each other."""

    exit_code = 2
    code = "E_USAGE"


class MapError(KConvertError):
    """A layer map is malformed; the message names file, layer and word."""

    code = "E_MAP"


class MigrationError(KConvertError):
    """Python source that is neither Python 3 nor Python 2."""


class VerificationFailed(KConvertError):
    """The file that was written is not the same function as the original.

    Args:
        verification: a `report.Verification` that tells how they differ, where both could be run.
    """

    exit_code = 4
    code = "E_NOT_EQUAL"

    def __init__(self, message: str, verification: Any = None) -> None:
        super().__init__(message)
        self.verification = verification


class WorkerError(KConvertError):
    """The process that worked on a model did not finish.

    Args:
        message: one sentence.
        step: what it was doing: `reading attribute model_config`.
    """

    code = "E_WORKER"

    def __init__(self, message: str, *, step: str = "") -> None:
        super().__init__(message)
        self.step = step


class Crashed(WorkerError):
    """It died; `signal` is the name of what killed it (`SIGSEGV`), or empty where it ended by itself."""

    code = "E_WORKER_CRASH"

    def __init__(self, message: str, *, step: str = "", signal: str = "") -> None:
        super().__init__(message, step=step)
        self.signal = signal


class TimedOut(WorkerError):
    """It was not done in time (`--timeout`)."""

    code = "E_TIMEOUT"


class OutOfMemory(WorkerError):
    """It needed more memory than it may (`--memory-limit`)."""

    code = "E_MEMORY"


class InternalError(WorkerError):
    """kconvert itself is wrong: something was raised that is none of these errors."""

    code = "E_INTERNAL"


class Problem(KConvertError):
    """One thing that stands against converting one layer.

    Args:
        message: one sentence.
        layer: name of the layer in the file, with its parents: `outer/inner`.
        class_name: the layer's class in the file.
        argument: the argument concerned, if it is one.
        option: the command line option that would solve it, if there is one.
        code: a narrower word than that of the class.
    """

    code = "E_LAYER"

    def __init__(
        self,
        message: str,
        *,
        layer: str = "",
        class_name: str = "",
        argument: str = "",
        option: str = "",
        code: str = "",
    ) -> None:
        super().__init__(message, code=code)
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

    code = "E_UNKNOWN_CLASS"


class UnknownArgument(Problem):
    """No layer map accounts for this argument or this value of it."""

    code = "E_BAD_CONFIG"


class UnknownOperation(Problem):
    """The table of TensorFlow functions does not have this one."""

    code = "E_UNKNOWN_OPERATION"


class Rejected(Problem):
    """Understood, but it has no exact equivalent in today's Keras."""

    code = "E_NO_EQUIVALENT"


class CodeInModel(Problem):
    """Python code that the file carries or names; it is never run."""

    code = "E_CODE"


class AmbiguousOrigin(Problem):
    """The file does not record what decides the numbers; `option` answers it."""

    code = "E_AMBIGUOUS"


class MissingTensor(Problem):
    """A layer's tensor is not in the file."""

    code = "E_WEIGHTS_MISMATCH"


class UnusedTensor(Problem):
    """A tensor in the file belongs to no layer."""

    code = "E_WEIGHTS_MISMATCH"


class ShapeMismatch(Problem):
    """A stored tensor does not have the shape that its layer needs."""

    code = "E_WEIGHTS_MISMATCH"


class BrokenGraph(Problem):
    """The layers' connections are inconsistent."""

    code = "E_GRAPH"


class ConversionFailed(KConvertError):
    """Carries all problems of one model in `problems`, in the model's order; `code` is that of the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(p) for p in self.problems), code=self.problems[0].code if self.problems else "")

    def __reduce__(self) -> tuple[type[ConversionFailed], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)
