"""What each instruction does with a frame. See `machine.py` for the sources."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kconvert.code.instructions import SHIFTS, Instruction, Python
from kconvert.code.machine import NULL, Cell, Frame, Function, Items, Machine
from kconvert.code.marshalled import Code
from kconvert.code.trouble import NotFollowed, NotPython

Handler = Callable[[Machine, Frame, Instruction], None]
HANDLERS: dict[str, Handler] = {}


def on(*names: str) -> Callable[[Handler], Handler]:
    """Registers the handler of these instructions."""

    def registered(handler: Handler) -> Handler:
        HANDLERS.update(dict.fromkeys(names, handler))
        return handler

    return registered


@on(
    "NOP", "RESUME", "COPY_FREE_VARS", "PRECALL", "SETUP_ANNOTATIONS", "GEN_START", "MAKE_CELL", "TO_BOOL", "END_FOR",
    "DELETE_FAST",
)  # fmt: skip
def nothing(machine: Machine, frame: Frame, it: Instruction) -> None:
    """No influence here; the truth of a value is asked where it decides something."""


# constants, variables and the stack


@on("LOAD_CONST")
def load_const(machine: Machine, frame: Frame, it: Instruction) -> None:
    value = frame.code.consts[it.argument]
    frame.stack.append(_as_text(value) if machine.release.number < (3, 0) else value)


def _as_text(value: Any) -> Any:
    """What was a `str` in Python 2."""
    if isinstance(value, tuple):
        return tuple(map(_as_text, value))
    return value.decode("latin-1") if isinstance(value, bytes) else value


@on("LOAD_FAST", "LOAD_FAST_CHECK")
def load_fast(machine: Machine, frame: Frame, it: Instruction) -> None:
    frame.stack.append(_local(machine, frame, it.argument))


def _local(machine: Machine, frame: Frame, number: int) -> Any:
    name = frame.code.slots[number]
    if machine.release.number >= (3, 13) and name in (*frame.code.cells, *frame.code.free):
        return frame.cell(name)
    return frame.variable(name)


@on("LOAD_FAST_LOAD_FAST")
def load_fast_twice(machine: Machine, frame: Frame, it: Instruction) -> None:
    frame.stack.append(_local(machine, frame, it.argument >> 4))
    frame.stack.append(_local(machine, frame, it.argument & 15))


@on("LOAD_FAST_AND_CLEAR")
def load_fast_and_clear(machine: Machine, frame: Frame, it: Instruction) -> None:
    name = frame.code.slots[it.argument]
    frame.stack.append(frame.variables.pop(name, Cell()))


@on("STORE_FAST")
def store_fast(machine: Machine, frame: Frame, it: Instruction) -> None:
    _store(frame, frame.code.slots[it.argument], frame.pop())


def _store(frame: Frame, name: str, value: Any) -> None:
    if isinstance(value, Cell):  # what LOAD_FAST_AND_CLEAR put by
        frame.variables[name] = value
    else:
        cell = frame.cell(name)
        cell.value, cell.is_set = value, True


@on("STORE_FAST_STORE_FAST")
def store_fast_twice(machine: Machine, frame: Frame, it: Instruction) -> None:
    _store(frame, frame.code.slots[it.argument >> 4], frame.pop())
    _store(frame, frame.code.slots[it.argument & 15], frame.pop())


@on("STORE_FAST_LOAD_FAST")
def store_fast_load_fast(machine: Machine, frame: Frame, it: Instruction) -> None:
    _store(frame, frame.code.slots[it.argument >> 4], frame.pop())
    frame.stack.append(_local(machine, frame, it.argument & 15))


@on("LOAD_DEREF")
def load_deref(machine: Machine, frame: Frame, it: Instruction) -> None:
    frame.stack.append(frame.variable(frame.code.deref[it.argument]))


@on("STORE_DEREF")
def store_deref(machine: Machine, frame: Frame, it: Instruction) -> None:
    cell = frame.cell(frame.code.deref[it.argument])
    cell.value, cell.is_set = frame.pop(), True


@on("LOAD_CLOSURE")
def load_closure(machine: Machine, frame: Frame, it: Instruction) -> None:
    frame.stack.append(frame.cell(frame.code.deref[it.argument]))


@on("POP_TOP")
def pop_top(machine: Machine, frame: Frame, it: Instruction) -> None:
    frame.pop()


@on("PUSH_NULL")
def push_null(machine: Machine, frame: Frame, it: Instruction) -> None:
    frame.stack.append(NULL)


@on("DUP_TOP")
def dup_top(machine: Machine, frame: Frame, it: Instruction) -> None:
    frame.stack.append(frame.peek())


@on("DUP_TOP_TWO")
def dup_top_two(machine: Machine, frame: Frame, it: Instruction) -> None:
    values = frame.popped(2)
    frame.stack += values * 2


@on("DUP_TOPX")
def dup_topx(machine: Machine, frame: Frame, it: Instruction) -> None:
    values = frame.popped(it.argument)
    frame.stack += values * 2


@on("COPY")
def copy(machine: Machine, frame: Frame, it: Instruction) -> None:
    frame.stack.append(frame.peek(it.argument))


@on("SWAP")
def swap(machine: Machine, frame: Frame, it: Instruction) -> None:
    frame.peek(it.argument)
    frame.stack[-1], frame.stack[-it.argument] = frame.stack[-it.argument], frame.stack[-1]


@on("ROT_TWO", "ROT_THREE", "ROT_FOUR", "ROT_N")
def rotate(machine: Machine, frame: Frame, it: Instruction) -> None:
    count = {"ROT_TWO": 2, "ROT_THREE": 3, "ROT_FOUR": 4}.get(it.name, it.argument)
    values = frame.popped(count)
    frame.stack += [values[-1], *values[:-1]]


# names, attributes and items


PYTHON2 = {"True": True, "False": False}
"""What were names in Python 2."""


@on("LOAD_GLOBAL", "LOAD_NAME")
def load_global(machine: Machine, frame: Frame, it: Instruction) -> None:
    new = it.name == "LOAD_GLOBAL" and machine.release.number >= (3, 11)
    name = frame.code.names[it.argument >> 1 if new else it.argument]
    value = PYTHON2[name] if name in PYTHON2 else machine.domain.name(name)
    _push_function(machine, frame, value, bool(new and it.argument & 1))


def _push_function(machine: Machine, frame: Frame, value: Any, with_null: bool) -> None:
    if not with_null:
        frame.stack.append(value)
    elif machine.release.number >= (3, 13):
        frame.stack += [value, NULL]
    else:
        frame.stack += [NULL, value]


@on("LOAD_ATTR")
def load_attr(machine: Machine, frame: Frame, it: Instruction) -> None:
    new = machine.release.number >= (3, 12)
    value = machine.domain.attribute(frame.pop(), frame.code.names[it.argument >> 1 if new else it.argument])
    _push_function(machine, frame, value, bool(new and it.argument & 1))


@on("LOAD_METHOD")
def load_method(machine: Machine, frame: Frame, it: Instruction) -> None:
    value = machine.domain.attribute(frame.pop(), frame.code.names[it.argument])
    _push_function(machine, frame, value, True)


@on("IMPORT_NAME")
def import_name(machine: Machine, frame: Frame, it: Instruction) -> None:
    _, wanted = frame.popped(2)
    name = frame.code.names[it.argument]
    frame.stack.append(machine.domain.module(name if wanted else name.partition(".")[0]))


@on("IMPORT_FROM")
def import_from(machine: Machine, frame: Frame, it: Instruction) -> None:
    frame.stack.append(machine.domain.attribute(frame.peek(), frame.code.names[it.argument]))


@on("BINARY_SUBSCR")
def binary_subscr(machine: Machine, frame: Frame, it: Instruction) -> None:
    value, key = frame.popped(2)
    frame.stack.append(_item(machine, value, key))


def _item(machine: Machine, value: Any, key: Any) -> Any:
    if isinstance(value, list | tuple | range) and isinstance(key, int | slice):
        try:
            return value[key]
        except (IndexError, TypeError, ValueError):
            raise NotFollowed(f"the index {key!r} is not there") from None
    if isinstance(value, dict) and isinstance(key, int | str):
        if key not in value:
            raise NotFollowed(f"the key {key!r} is not there")
        return value[key]
    return machine.domain.item(value, key)


@on("BINARY_SLICE")
def binary_slice(machine: Machine, frame: Frame, it: Instruction) -> None:
    value, start, stop = frame.popped(3)
    frame.stack.append(_item(machine, value, slice(start, stop)))


@on("SLICE+0", "SLICE+1", "SLICE+2", "SLICE+3")
def old_slice(machine: Machine, frame: Frame, it: Instruction) -> None:
    number = int(it.name[-1])
    stop = frame.pop() if number & 2 else None
    start = frame.pop() if number & 1 else None
    frame.stack.append(_item(machine, frame.pop(), slice(start, stop)))


@on("BUILD_SLICE")
def build_slice(machine: Machine, frame: Frame, it: Instruction) -> None:
    frame.stack.append(slice(*frame.popped(3 if it.argument == 3 else 2)))


# operators


BINARY = {
    "ADD": "+", "SUBTRACT": "-", "MULTIPLY": "*", "TRUE_DIVIDE": "/", "FLOOR_DIVIDE": "//", "DIVIDE": "div",
    "MODULO": "%", "POWER": "**", "MATRIX_MULTIPLY": "@", "AND": "&", "OR": "|", "XOR": "^", "LSHIFT": "<<",
    "RSHIFT": ">>",
}  # fmt: skip


@on(*(f"{kind}_{name}" for kind in ("BINARY", "INPLACE") for name in BINARY))
def binary(machine: Machine, frame: Frame, it: Instruction) -> None:
    left, right = frame.popped(2)
    frame.stack.append(machine.domain.binary(BINARY[it.name.partition("_")[2]], left, right))


@on("BINARY_OP")
def binary_op(machine: Machine, frame: Frame, it: Instruction) -> None:
    operators = machine.release.row["binary"]
    if it.argument >= len(operators):
        raise NotPython("an operator that there is not")
    left, right = frame.popped(2)
    frame.stack.append(machine.domain.binary(operators[it.argument].removesuffix("="), left, right))


UNARY = {"UNARY_NEGATIVE": "-", "UNARY_POSITIVE": "+", "UNARY_INVERT": "~", "UNARY_NOT": "not"}


@on(*UNARY)
def unary(machine: Machine, frame: Frame, it: Instruction) -> None:
    frame.stack.append(machine.domain.unary(UNARY[it.name], frame.pop()))


@on("CALL_INTRINSIC_1")
def intrinsic(machine: Machine, frame: Frame, it: Instruction) -> None:
    names = machine.release.row["intrinsics"]
    name = names[it.argument] if it.argument < len(names) else ""
    if name == "INTRINSIC_UNARY_POSITIVE":
        frame.stack.append(machine.domain.unary("+", frame.pop()))
    elif name == "INTRINSIC_LIST_TO_TUPLE":
        list_to_tuple(machine, frame, it)
    else:
        raise NotFollowed(f"it uses {name or 'an intrinsic'}, which is not followed")


@on("COMPARE_OP")
def compare(machine: Machine, frame: Frame, it: Instruction) -> None:
    shift = SHIFTS.get(machine.release.number, 0)
    operators = machine.release.row["compare"]
    number = it.argument >> shift
    if number >= len(operators) or operators[number] in ("BAD", "exception match"):
        raise NotPython("a comparison that there is not")
    left, right = frame.popped(2)
    frame.stack.append(machine.domain.compare(operators[number], left, right))


@on("IS_OP")
def is_op(machine: Machine, frame: Frame, it: Instruction) -> None:
    left, right = frame.popped(2)
    frame.stack.append(machine.domain.compare("is not" if it.argument else "is", left, right))


@on("CONTAINS_OP")
def contains_op(machine: Machine, frame: Frame, it: Instruction) -> None:
    left, right = frame.popped(2)
    frame.stack.append(machine.domain.compare("not in" if it.argument else "in", left, right))


# tuples, lists and dicts


@on("BUILD_TUPLE")
def build_tuple(machine: Machine, frame: Frame, it: Instruction) -> None:
    frame.stack.append(tuple(frame.popped(it.argument)))


@on("BUILD_LIST")
def build_list(machine: Machine, frame: Frame, it: Instruction) -> None:
    frame.stack.append(frame.popped(it.argument))


@on("BUILD_MAP")
def build_map(machine: Machine, frame: Frame, it: Instruction) -> None:
    values = frame.popped(0 if machine.release.number < (3, 5) else 2 * it.argument)
    frame.stack.append({_key(k): v for k, v in zip(values[::2], values[1::2], strict=True)})


@on("STORE_MAP")
def store_map(machine: Machine, frame: Frame, it: Instruction) -> None:
    value, key = frame.popped(2)
    _dict(frame.peek())[_key(key)] = value


@on("MAP_ADD")
def map_add(machine: Machine, frame: Frame, it: Instruction) -> None:
    first, second = frame.popped(2)
    key, value = (first, second) if machine.release.number >= (3, 8) else (second, first)
    _dict(frame.peek(it.argument))[_key(key)] = value


@on("BUILD_CONST_KEY_MAP")
def build_const_key_map(machine: Machine, frame: Frame, it: Instruction) -> None:
    keys = frame.pop()
    values = frame.popped(it.argument)
    if not isinstance(keys, tuple) or len(keys) != len(values):
        raise NotPython("a dict with too many keys")
    frame.stack.append({_key(k): v for k, v in zip(keys, values, strict=True)})


def _key(value: Any) -> Any:
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    if not isinstance(value, str | int):
        raise NotFollowed("a dict whose keys are neither texts nor numbers")
    return value


def _dict(value: Any) -> dict[Any, Any]:
    if not isinstance(value, dict):
        raise NotPython("a dict that is none")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise NotPython("a list that is none")
    return value


@on("LIST_APPEND")
def list_append(machine: Machine, frame: Frame, it: Instruction) -> None:
    value = frame.pop()
    _list(frame.peek(it.argument)).append(value)


@on("LIST_EXTEND")
def list_extend(machine: Machine, frame: Frame, it: Instruction) -> None:
    values = machine.items(frame.pop())
    _list(frame.peek(it.argument)).extend(values)


@on("LIST_TO_TUPLE")
def list_to_tuple(machine: Machine, frame: Frame, it: Instruction) -> None:
    frame.stack.append(tuple(_list(frame.pop())))


@on("DICT_MERGE", "DICT_UPDATE")
def dict_merge(machine: Machine, frame: Frame, it: Instruction) -> None:
    values = _dict(frame.pop())
    _dict(frame.peek(it.argument)).update(values)


@on("BUILD_TUPLE_UNPACK", "BUILD_LIST_UNPACK", "BUILD_TUPLE_UNPACK_WITH_CALL")
def build_unpacked(machine: Machine, frame: Frame, it: Instruction) -> None:
    values = [v for part in frame.popped(it.argument) for v in machine.items(part)]
    frame.stack.append(values if it.name == "BUILD_LIST_UNPACK" else tuple(values))


@on("BUILD_MAP_UNPACK", "BUILD_MAP_UNPACK_WITH_CALL")
def build_map_unpacked(machine: Machine, frame: Frame, it: Instruction) -> None:
    count = it.argument & 0xFF if machine.release.number < (3, 6) else it.argument
    frame.stack.append({k: v for part in frame.popped(count) for k, v in _dict(part).items()})


@on("UNPACK_SEQUENCE")
def unpack_sequence(machine: Machine, frame: Frame, it: Instruction) -> None:
    values = machine.items(frame.pop(), it.argument)
    if len(values) != it.argument:
        raise NotFollowed(f"{it.argument} variables are set to {len(values)} values")
    frame.stack += [*values][::-1]


# functions


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
        by_name = {_key(k): v for k, v in zip(named[::2], named[1::2], strict=True)}
        defaults = tuple(frame.popped(it.argument & 0xFF))
    elif number < (3, 13):
        closure = frame.pop() if it.argument & 8 else ()
        if it.argument & 4:
            frame.pop()
        by_name = _dict(frame.pop()) if it.argument & 2 else {}
        defaults = frame.pop() if it.argument & 1 else ()
    frame.stack.append(_function(code, defaults, by_name, closure, machine.release))


def _function(code: Code, defaults: Any, by_name: Any, closure: Any, release: Python) -> Function:
    if not isinstance(closure, tuple) or not all(isinstance(c, Cell) for c in closure):
        raise NotPython("a closure that is none")
    if not isinstance(defaults, tuple):
        raise NotPython("defaults that are none")
    return Function(code, defaults, _dict(by_name), closure, release)


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
    further = _dict(frame.pop()) if has_kwargs else {}
    rest = list(machine.items(frame.pop())) if has_args else []
    named = frame.popped(2 * (it.argument >> 8 & 0xFF))
    kwargs = {_text(k): v for k, v in zip(named[::2], named[1::2], strict=True)}
    args = frame.popped(it.argument & 0xFF)
    frame.stack.append(machine.call(frame.pop(), [*args, *rest], {**kwargs, **further}))


def _text(value: Any) -> str:
    key = _key(value)
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
    kwargs = _dict(frame.pop()) if it.argument & 1 else {}
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


# jumps and loops


def _jump(frame: Frame, it: Instruction) -> None:
    if it.target is None:
        raise NotPython("a jump that leads nowhere")
    frame.next = it.target


@on("JUMP_FORWARD", "JUMP_ABSOLUTE", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT", "CONTINUE_LOOP")
def jump(machine: Machine, frame: Frame, it: Instruction) -> None:
    _jump(frame, it)


@on(*(f"POP_JUMP_{way}IF_{which}" for way in ("", "FORWARD_", "BACKWARD_") for which in ("TRUE", "FALSE")))
def pop_jump_if(machine: Machine, frame: Frame, it: Instruction) -> None:
    if machine.truth(frame.pop()) == it.name.endswith("TRUE"):
        _jump(frame, it)


@on(*(f"POP_JUMP_{way}IF_{which}" for way in ("", "FORWARD_", "BACKWARD_") for which in ("NONE", "NOT_NONE")))
def pop_jump_if_none(machine: Machine, frame: Frame, it: Instruction) -> None:
    if machine.truth(machine.domain.compare("is", frame.pop(), None)) != it.name.endswith("NOT_NONE"):
        _jump(frame, it)


@on("JUMP_IF_TRUE_OR_POP", "JUMP_IF_FALSE_OR_POP")
def jump_if_or_pop(machine: Machine, frame: Frame, it: Instruction) -> None:
    if machine.truth(frame.peek()) == it.name.startswith("JUMP_IF_TRUE"):
        _jump(frame, it)
    else:
        frame.pop()


@on("GET_ITER")
def get_iter(machine: Machine, frame: Frame, it: Instruction) -> None:
    value = frame.pop()
    frame.stack.append(value if isinstance(value, Items) else Items(machine.items(value)))


@on("FOR_ITER")
def for_iter(machine: Machine, frame: Frame, it: Instruction) -> None:
    items = frame.peek()
    if not isinstance(items, Items):
        raise NotPython("a loop over nothing")
    if items.place < len(items.values):
        items.place += 1
        frame.stack.append(items.values[items.place - 1])
        return
    frame.pop()
    _jump(frame, it)
    following = [i.name for i in frame.program[frame.next : frame.next + 2]]
    if following[:1] == ["END_FOR"]:
        frame.next += 2 if machine.release.number >= (3, 13) and following[1:] == ["POP_TOP"] else 1


@on("SETUP_LOOP")
def setup_loop(machine: Machine, frame: Frame, it: Instruction) -> None:
    if it.target is None:
        raise NotPython("a loop that ends nowhere")
    frame.blocks.append((it.target, len(frame.stack)))


@on("POP_BLOCK")
def pop_block(machine: Machine, frame: Frame, it: Instruction) -> None:
    if not frame.blocks:
        raise NotPython("the end of a loop that never began")
    frame.blocks.pop()


@on("BREAK_LOOP")
def break_loop(machine: Machine, frame: Frame, it: Instruction) -> None:
    if not frame.blocks:
        raise NotPython("the end of a loop that never began")
    frame.next, depth = frame.blocks.pop()
    del frame.stack[depth:]
