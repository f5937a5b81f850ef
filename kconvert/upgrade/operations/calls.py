"""One call of a function of the table."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence

from kconvert.errors import MissingTensor
from kconvert.upgrade.operations.arguments import bound, function_named
from kconvert.upgrade.operations.build import Build, Value
from kconvert.upgrade.operations.rules import RULES
from kconvert.upgrade.operations.table import Function, operation_table


def call_of_function(build: Build, name: str, args: Sequence[Value], kwargs: Mapping[str, Value]) -> Value:
    """What a call of a TensorFlow function gives, its operations added to `build`.

    Raises:
        UnknownOperation, UnknownArgument, Rejected: the table has no equivalent.
    """
    return applied(build, function_named(name, operation_table()), args, kwargs)


def applied(build: Build, function: Function, args: Sequence[Value], kwargs: Mapping[str, Value]) -> Value:
    """The same with the function's row."""
    operands, settings = bound(function, args, kwargs)
    if function.rule is not None:
        rule = RULES[function.rule]
        try:
            inspect.signature(rule).bind(build, **settings)
        except TypeError as error:
            raise MissingTensor(f"the file does not say everything that it was called with: {error}") from None
        return rule(build, **settings)
    assert function.becomes is not None
    return build(function.becomes, *operands, **{k: v for k, v in settings.items() if v is not None})
