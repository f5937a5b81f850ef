"""Makes the stock operations that stand for one call of a TensorFlow function, and knows the shapes of what they give.

A value is a `Port` (a tensor of the graph), a constant (number, text, NumPy array), a `Length`, a list of values that are
one tensor or one argument together, or a tuple: several outputs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kconvert.errors import Rejected
from kconvert.spec import Call, LayerSpec, Port, ports_in
from kconvert.upgrade.operations.folding import as_array, folded, has_lengths
from kconvert.upgrade.operations.lengths import Length
from kconvert.upgrade.shapes.operations import result_dtype, result_shapes

Value = Any


Lengths = tuple[Any, ...]  # numbers, and a Length where only a running model knows


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a tensor. In its shape, the same `Length` stands for the same number wherever it appears."""

    shape: Lengths | None = None
    dtype: str | None = None


class Build:
    """The operations of one call; `named` gives them their names when all are made.

    Args:
        known: of the tensors that the call can take.
    """

    def __init__(self, known: Mapping[Port, Known]) -> None:
        self._known = dict(known)
        self._made: list[tuple[str, str, dict[str, Any], Call]] = []

    def __call__(self, name: str, *operands: Value, **config: Any) -> Value:
        """The result of a function of `keras.ops`: computed at once where it takes nothing but constants and lengths."""
        if not any(True for _ in ports_in((list(operands), config))):
            return folded(name, operands, config)
        if has_lengths(config):
            raise Rejected(f"{name} needs a length that is known only when the model runs")
        tensors = tuple(self._operand(o, operands) for o in operands)
        fixed = {k: v for k, v in config.items() if not any(True for _ in ports_in(v))}
        return self._add(name, tensors, fixed, {k: v for k, v in config.items() if k not in fixed})

    def reshaped_behind_batch(self, tensor: Port, target: Sequence[int]) -> Port:
        """A Reshape layer, which leaves the batch as it is, whatever its length."""
        dtype = self.dtype(tensor)
        config = {"target_shape": list(target)} | ({"dtype": dtype} if (dtype or "").startswith("float") else {})
        port = Port(self._temporary())
        self._made.append((port.layer, "Reshape", config, Call((tensor,))))
        shape = self.known_shape(tensor, "a reshape")
        rest = (Length(port, axis) if n == -1 else n for axis, n in enumerate(target, start=1))
        self._known[port] = Known((shape[0], *rest), dtype)
        return port

    def shape(self, value: Value) -> Lengths | None:
        """The shape of a tensor or constant; None where not even its rank is known."""
        if isinstance(value, Port):
            return self._known.get(value, Known()).shape
        if isinstance(value, Length):
            return ()
        if isinstance(value, list | tuple) and any(True for _ in ports_in(value)):
            first = self.shape(value[0])
            return None if first is None else (len(value), *first)
        return tuple(as_array(value).shape)

    def known_shape(self, value: Value, what: str) -> Lengths:
        """The same where it is needed.

        Raises:
            Rejected: it is not known.
        """
        shape = self.shape(value)
        if shape is None:
            raise Rejected(f"{what} needs the shape of its input, which is not known here")
        return shape

    def dtype(self, value: Value) -> str | None:
        """The dtype of a tensor or array; None where it is not known, and for Python's numbers, which adapt."""
        if isinstance(value, Port):
            return self._known.get(value, Known()).dtype
        return str(value.dtype) if isinstance(value, np.ndarray | np.generic) and value.dtype != object else None

    def named(self, name: str, taken: Iterable[str]) -> tuple[tuple[LayerSpec, ...], dict[str, str]]:
        """The operations as layers, the last one under this name, and what the others are called."""
        used = set(taken)
        names: dict[str, str] = {}
        for number, (temporary, operation, _, _) in enumerate(self._made):
            wanted = name if number == len(self._made) - 1 else f"{name}_{operation.rpartition('.')[2]}"
            new = wanted
            count = 1
            while new in used:
                count += 1
                new = f"{wanted}_{count}"
            used.add(new)
            names[temporary] = new
        layers = tuple(
            LayerSpec(operation, names[temporary], config, (_renamed(call, names),))
            for temporary, operation, config, call in self._made
        )
        return layers, names

    def known_as(self, value: Value, names: Mapping[str, str]) -> dict[Port, Known]:
        """What is known of the tensors in a value, with the final names."""
        found: dict[Port, Known] = {}
        for port in ports_in(value):
            known = self._known.get(port, Known())
            shape = None if known.shape is None else tuple(renamed(n, names) for n in known.shape)
            found[renamed(port, names)] = Known(shape, known.dtype)
        return found

    def length_as_tensor(self, length: Length) -> Port:
        """A length as an int32 number: ones along its axis, added up."""
        if length.operation:
            parts = [self._operand(p, ()) for p in length.parts]
            result: Port = self(length.operation, *parts) if length.operation != "cast" else self(
                "cast", parts[0], dtype=length.parts[1]
            )  # fmt: skip
            return result
        assert length.port is not None
        rank = len(self.known_shape(length.port, "a length"))
        key = [{"slice": [None, None, None]} if axis == length.axis else 0 for axis in range(rank)]
        line = self("getitem", length.port, key=key)
        total: Port = self("sum", self("ones_like", line, dtype="int32"))
        return total

    def _operand(self, value: Value, operands: Sequence[Value]) -> Value:
        """A constant in the dtype of the tensor that it meets; a number stays one and adapts by itself."""
        if isinstance(value, Length):
            return self.length_as_tensor(value)
        if isinstance(value, list | tuple) and any(True for _ in ports_in(value)):
            return [self._operand(v, value) for v in value]
        if has_lengths(value):
            raise Rejected("lengths that are known only when the model runs meet a tensor")
        if isinstance(value, np.generic):
            return value.item()
        if isinstance(value, list | tuple | np.ndarray):
            dtypes = [d for o in operands if isinstance(o, Port) and (d := self.dtype(o)) not in (None, "bool")]
            array = as_array(value)
            adapts = not isinstance(value, np.ndarray) and dtypes and not str(dtypes[0]).startswith("bfloat")
            return array.astype(dtypes[0]) if adapts else array
        return value

    def _temporary(self) -> str:
        return f"\0{len(self._made)}"

    def _add(self, name: str, operands: tuple[Value, ...], config: dict[str, Any], kwargs: dict[str, Any]) -> Value:
        temporary = self._temporary()
        self._made.append((temporary, f"ops.{name}", config, Call(operands, kwargs)))
        shapes = result_shapes(name, operands, config, self.shape)
        dtype = result_dtype(name, operands, config, self.dtype)
        if shapes is None:
            if name in WITH_SEVERAL:
                raise Rejected(f"the number of outputs of {name} is not known here")
            shapes = [None]
        ports = tuple(Port(temporary, 0, output) for output in range(len(shapes)))
        for output, (port, shape) in enumerate(zip(ports, shapes, strict=True)):
            self._known[port] = Known(with_lengths(shape, port), "int32" if name == "top_k" and output else dtype)
        return ports if name in WITH_SEVERAL else ports[0]


def with_lengths(shape: Sequence[Any] | None, port: Port) -> Lengths | None:
    """The shape with a `Length` of its own wherever a number is not known."""
    return None if shape is None else tuple(Length(port, axis) if n is None else n for axis, n in enumerate(shape))


WITH_SEVERAL = frozenset(["split", "unstack", "top_k", "moments"])
"""Operations that give a list of tensors."""


def _renamed(call: Call, names: Mapping[str, str]) -> Call:
    def port(old: Port) -> Port:
        return Port(names.get(old.layer, old.layer), old.call, old.output)

    return call.on(port)


def renamed(value: Value, names: Mapping[str, str]) -> Value:
    """A value with the final names in its ports and lengths."""
    if isinstance(value, Length):
        port = None if value.port is None else renamed(value.port, names)
        return Length(port, value.axis, value.operation, tuple(renamed(p, names) for p in value.parts))
    if isinstance(value, np.ndarray):
        if value.dtype != object:
            return value
        result = np.empty(value.shape, dtype=object)
        for index, item in np.ndenumerate(value):
            result[index] = renamed(item, names)
        return result
    if isinstance(value, list | tuple):
        return type(value)(renamed(v, names) for v in value)
    return Port(names.get(value.layer, value.layer), value.call, value.output) if isinstance(value, Port) else value
