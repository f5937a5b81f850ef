"""Every form in which a Keras wrote down how a layer was called."""

import pytest

from kconvert.read.nodes import call_of, ports_of
from kconvert.spec import Call, Port


def tensor(*history):
    return {
        "class_name": "__keras_tensor__",
        "config": {"shape": [None], "dtype": "float32", "keras_history": [*history]},
    }


A, B = Port("a"), Port("b", 1, 2)
NODES = {
    "one tensor": ([["a", 0, 0]], Call((A,))),
    "one tensor with nothing said": ([["a", 0, 0, {}]], Call((A,))),
    "several": ([["a", 0, 0, {}], ["b", 1, 2, {}]], Call(([A, B],))),
    "alone, with arguments": (["a", 0, 0, {"y": ["b", 1, 2], "name": None}], Call((A,), {"y": B, "name": None})),
    "arguments of each": ([["a", 0, 0, {"mask": ["b", 1, 2]}]], Call((A,), {"mask": B})),
    "tensors in lists": (["a", 0, 0, {"xs": [["b", 1, 2], 3.0]}], Call((A,), {"xs": [B, 3.0]})),
    "a dict": ({"p": ["a", 0, 0, {}], "q": ["b", 1, 2, {}]}, Call(({"p": A, "q": B},))),
    "a constant": (["_CONSTANT_VALUE", -1, 2.5, {"y": ["a", 0, 0]}], Call((2.5,), {"y": A})),
    "words that look like a tensor": (["a", 0, 0, {"names": ["x", "y", "z"]}], Call((A,), {"names": ["x", "y", "z"]})),
    "Keras 3": (
        {"args": [[tensor("a", 0, 0), tensor("b", 1, 2)]], "kwargs": {"mask": None}},
        Call(([A, B],), {"mask": None}),
    ),
    "Keras 3, a slice": (
        {"args": [tensor("a", 0, 0), [{"class_name": "__slice__", "config": {"start": None, "stop": 3, "step": None}}, 0]],
         "kwargs": {}},
        Call((A, [{"slice": [None, 3, None]}, 0])),
    ),
    "an input": ([], Call()),
}  # fmt: skip


@pytest.mark.parametrize(("node", "call"), NODES.values(), ids=NODES.keys())
def test_a_node_is_one_call(node, call):
    assert call_of(node) == call


def test_inputs_and_outputs_keep_their_structure():
    assert ports_of([["a", 0, 0], ["b", 1, 2]]) == (A, B)
    assert ports_of(["a", 0, 0]) == (A,)
    assert ports_of({"y": ["b", 1, 2], "x": ["a", 0, 0]}) == {"y": B, "x": A}
