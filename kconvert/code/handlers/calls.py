"""Functions: made, called, returned from. See `machine.py` for the sources."""

from __future__ import annotations

from typing import Any

from kconvert.code.handlers.containers import dict_of, key_of
from kconvert.code.handlers.table import Handlers
from kconvert.code.instructions import Instruction, Python
from kconvert.code.machine import NULL, Cell, Frame, Function, Machine
from kconvert.code.marshalled import Code
from kconvert.code.trouble import NotFollowed, NotPython

CALLS = Handlers()
on = CALLS.on


@on("MAKE_FUNCTION", "MAKE_CLOSURE")
def make_function(machine: Machine, frame: Frame, it: Instruction) -> None:
    number = machine.release.number
    if (3, 0) < number < (3, 11):
        frame.pop()  # its qualified name
    code = frame.pop()
    if not isinstance(code, Code):
        raise NotPython("a function without code")
    closure: tuple[Any, ...] = ()
    defaults: tuple[Any, ...] = ()
    by_name: dict[str, Any] = {}
    if number < (3, 6):
        if it.name == "MAKE_CLOSURE":
            closure = frame.pop()
        if it.argument >> 16:
            raise NotFollowed("a function with annotations")
        named = frame.popped(2 * (it.argument >> 8 & 0xFF))
        by_name = {key_of(k): v for k, v in zip(named[::2], named[1::2], strict=True)}
        defaults = tuple(frame.popped(it.argument & 0xFF))
    elif number < (3, 13):
        closure = frame.pop() if it.argument & 8 else ()
        if it.argument & 4:
            frame.pop()
        by_name = dict_of(frame.pop()) if it.argument & 2 else {}
        defaults = frame.pop() if it.argument & 1 else ()
    frame.stack.append(_function(code, defaults, by_name, closure, machine.release))


def _function(code: Code, defaults: Any, by_name: Any, closure: Any, release: Python) -> Function:
    if not isinstance(closure, tuple) or not all(isinstance(c, Cell) for c in closure):
        raise NotPython("a closure that is none")
    if not isinstance(defaults, tuple):
        raise NotPython("defaults that are none")
    return Function(code, defaults, dict_of(by_name), closure, release)


@on("SET_FUNCTION_ATTRIBUTE")
def set_function_attribute(machine: Machine, frame: Frame, it: Instruction) -> None:
    value, function = frame.popped(2)
    if not isinstance(function, Function):
        raise NotPython("a function that is none")
    parts = {1: function.defaults, 2: function.keyword_defaults, 8: function.closure} | {it.argument: value}
    frame.stack.append(_function(function.code, parts[1], parts[2], parts[8], machine.release))


@on("CALL_FUNCTION", "CALL_FUNCTION_VAR", "CALL_FUNCTION_VAR_KW")
def call_function(machine: Machine, frame: Frame, it: Instruction) -> None:
    if machine.release.number >= (3, 6):
        args = frame.popped(it.argument)
        frame.stack.append(machine.call(frame.pop(), args, {}))
        return
    _old_call(machine, frame, it, "VAR" in it.name, it.name.endswith("_KW"))


def _old_call(machine: Machine, frame: Frame, it: Instruction, has_args: bool, has_kwargs: bool) -> None:
    """Before 3.6: the counts of positional and of named arguments in one number."""
    further = dict_of(frame.pop()) if has_kwargs else {}
    rest = list(machine.items(frame.pop())) if has_args else []
    named = frame.popped(2 * (it.argument >> 8 & 0xFF))
    kwargs = {_text(k): v for k, v in zip(named[::2], named[1::2], strict=True)}
    args = frame.popped(it.argument & 0xFF)
    frame.stack.append(machine.call(frame.pop(), [*args, *rest], {**kwargs, **further}))


def _text(value: Any) -> str:
    key = key_of(value)
    if not isinstance(key, str):
        raise NotPython("an argument whose name is none")
    return key


@on("CALL_FUNCTION_KW")
def call_function_kw(machine: Machine, frame: Frame, it: Instruction) -> None:
    if machine.release.number < (3, 6):
        _old_call(machine, frame, it, False, True)
        return
    args, kwargs = _with_names(frame.pop(), frame.popped(it.argument))
    frame.stack.append(machine.call(frame.pop(), args, kwargs))


def _with_names(names: Any, values: list[Any]) -> tuple[list[Any], dict[str, Any]]:
    if not isinstance(names, tuple) or len(names) > len(values):
        raise NotPython("the names of arguments are none")
    first = len(values) - len(names)
    return values[:first], {_text(n): v for n, v in zip(names, values[first:], strict=True)}


@on("CALL_METHOD")
def call_method(machine: Machine, frame: Frame, it: Instruction) -> None:
    args = frame.popped(it.argument)
    frame.stack.append(machine.call(_callee(machine, frame, args), args, {}))


def _callee(machine: Machine, frame: Frame, args: list[Any]) -> Any:
    """The function below its arguments, and beside it NULL, or its first argument."""
    first, second = frame.popped(2)
    if machine.release.number >= (3, 13):
        first, second = second, first
    if first is NULL:
        return second
    if machine.release.number >= (3, 13):
        args.insert(0, first)
        return second
    args.insert(0, second)
    return first


@on("KW_NAMES")
def kw_names(machine: Machine, frame: Frame, it: Instruction) -> None:
    frame.keywords = frame.code.consts[it.argument]


@on("CALL")
def call(machine: Machine, frame: Frame, it: Instruction) -> None:
    args, kwargs = _with_names(frame.keywords, frame.popped(it.argument))
    frame.keywords = ()
    function = _callee(machine, frame, args)
    frame.stack.append(machine.call(function, args, kwargs))


@on("CALL_KW")
def call_kw(machine: Machine, frame: Frame, it: Instruction) -> None:
    args, kwargs = _with_names(frame.pop(), frame.popped(it.argument))
    function = _callee(machine, frame, args)
    frame.stack.append(machine.call(function, args, kwargs))


@on("CALL_FUNCTION_EX")
def call_function_ex(machine: Machine, frame: Frame, it: Instruction) -> None:
    kwargs = dict_of(frame.pop()) if it.argument & 1 else {}
    args = list(machine.items(frame.pop()))
    function = frame.pop() if machine.release.number < (3, 11) else _callee(machine, frame, args)
    frame.stack.append(machine.call(function, args, kwargs))


@on("RETURN_VALUE")
def return_value(machine: Machine, frame: Frame, it: Instruction) -> None:
    frame.result, frame.is_done = frame.pop(), True


@on("RETURN_CONST")
def return_const(machine: Machine, frame: Frame, it: Instruction) -> None:
    frame.result, frame.is_done = frame.code.consts[it.argument], True


@on("RETURN_GENERATOR")
def return_generator(machine: Machine, frame: Frame, it: Instruction) -> None:
    frame.stack.append(None)


@on("YIELD_VALUE")
def yield_value(machine: Machine, frame: Frame, it: Instruction) -> None:
    frame.yielded.append(frame.pop())
    frame.stack.append(None)
