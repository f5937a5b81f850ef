"""YAML of Keras 0.x to 2.x: plain values, and the few tags that Python 2's Keras wrote for plain values.

The pure Python loader alone: the C one dies of deep nesting. Depth and aliases are counted while the text is composed,
before anything is constructed; merge keys, which multiply, are not Keras's.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import yaml

from kconvert.errors import CorruptSource, UnsafeSource
from kconvert.read.scan.json_text import check_values
from kconvert.read.scan.limits import DEEPEST_TEXT, LARGEST_YAML, MOST_ALIASES

NUMPY_KINDS = "iufb"
MERGE = "tag:yaml.org,2002:merge"


def plain_yaml(text: str, where: str) -> Any:
    """The value of a YAML text.

    Raises:
        CorruptSource: not valid, or ambiguous.
        UnsafeSource: a tag that would construct something, or beyond the limits.
    """
    if len(text) > LARGEST_YAML:
        raise UnsafeSource(f"{where}: {len(text):,} bytes of YAML; the limit is {LARGEST_YAML:,}", code="E_LIMIT")
    try:
        value = yaml.load(text, Loader=_ModelLoader)
    except _TooMuch as error:
        raise UnsafeSource(f"{where}: {error}", code="E_LIMIT") from None
    except yaml.constructor.ConstructorError as error:
        tagged = "tag" in str(error.problem)
        kind, code = (UnsafeSource, "E_CODE") if tagged else (CorruptSource, "E_BAD_CONFIG")
        raise kind(f"{where}: {error.problem}: nothing from a model file is executed", code=code) from None
    except (yaml.YAMLError, RecursionError, ValueError, TypeError, KeyError) as error:
        words = " ".join(str(error).split())
        raise CorruptSource(f"{where}: not valid YAML: {words}", code="E_BAD_CONFIG") from None
    check_values(value, where)
    return value


class _TooMuch(Exception):
    """Beyond the limits."""


class _ModelLoader(yaml.SafeLoader):
    """The tags that Python 2's Keras wrote for plain values; any other is an error."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = self._aliases = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """As ever, but bounded; an alias inside what it names would never end."""
        self._aliases += self.check_event(yaml.AliasEvent)
        self._depth += 1
        if self._depth > DEEPEST_TEXT or self._aliases > MOST_ALIASES:
            raise _TooMuch(f"YAML nested deeper than {DEEPEST_TEXT} or with more than {MOST_ALIASES} aliases")
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Refuses merge keys and keys that are there twice."""
        known = set()
        for key, _ in node.value:
            if key.tag == MERGE:
                raise ValueError("a merge key (<<), which no Keras writes")
            if isinstance(key, yaml.ScalarNode):
                if key.value in known:
                    raise ValueError(f"the key {key.value!r} is there twice")
                known.add(key.value)


def _sequence(loader: yaml.SafeLoader, node: yaml.SequenceNode) -> list[Any]:
    return loader.construct_sequence(node, deep=True)


def _scalar(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Any:
    return loader.construct_scalar(node)


def _long(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    return int(loader.construct_scalar(node))


def _dtype(loader: yaml.SafeLoader, node: yaml.MappingNode) -> str:
    """`{args: [i8, 0, 1], state: [3, <, ...]}` as `<i8`; the scalar below is all that it is used for."""
    fields = loader.construct_mapping(node, deep=True)
    order = fields.get("state", [3, "<"])[1]
    return f"{order if order in ('<', '>') else '|'}{fields['args'][0]}"


def _number(loader: yaml.SafeLoader, node: yaml.SequenceNode) -> Any:
    """A NumPy scalar: the name of its type and its bytes."""
    name, data = loader.construct_sequence(node, deep=True)
    dtype = np.dtype(name)
    raw = data if isinstance(data, bytes) else str(data).encode("latin-1")
    if dtype.kind not in NUMPY_KINDS or len(raw) != dtype.itemsize:
        raise ValueError(f"{name!r} with {len(raw)} bytes is not a number")
    return np.frombuffer(raw, dtype)[0].item()


_ModelLoader.add_constructor("tag:yaml.org,2002:python/object/apply:numpy.dtype", _dtype)
_ModelLoader.add_constructor("tag:yaml.org,2002:python/object/apply:numpy.core.multiarray.scalar", _number)
_ModelLoader.add_constructor("tag:yaml.org,2002:python/tuple", _sequence)
_ModelLoader.add_constructor("tag:yaml.org,2002:python/unicode", _scalar)
_ModelLoader.add_constructor("tag:yaml.org,2002:python/str", _scalar)
_ModelLoader.add_constructor("tag:yaml.org,2002:python/long", _long)
