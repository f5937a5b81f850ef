"""Lambda layers: bytecode of every Python is read, never run, and becomes operations with the numbers of the real framework."""

import base64
import contextlib
import json
import re
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from packaging.version import Version

from kconvert.code import NotFollowed, NotPython, stored_function
from kconvert.errors import ConversionFailed
from kconvert.spec import Call, Dialect, LayerSpec, ModelSpec, Origin, Port
from kconvert.upgrade import upgrade
from kconvert.upgrade.lambdas import constants
from kconvert.upgrade.operations.table import operation_table

FOLDER = Path(__file__).parent / "lambdas"
BODIES = (FOLDER / "bodies.txt").read_text().splitlines()
COMPILED = {path.stem: json.loads(path.read_text()) for path in sorted((FOLDER / "compiled").glob("*.json"))}
PLAIN = [
    n
    for n, body in enumerate(BODIES)
    if not any(word in body for word in ("for ", "lambda", " if ", "(1, ", "*[", "{", "1 / 255"))
]


def model(function, release="2.4.0", package="tf.keras", config=None):
    inputs = tuple(
        LayerSpec("InputLayer", name, {"batch_input_shape": [None, 4, 6], "dtype": "float32"}, (Call(),))
        for name in "xy"
    )
    config = {"function": function, "function_type": "lambda", "arguments": {}, **(config or {})}
    layer = LayerSpec("Lambda", "body", config, (Call(([Port("x"), Port("y")],)),))
    origin = Origin("", "hdf5", (Version(release), Version(release)), package, "tensorflow")
    return ModelSpec(Dialect.keras2, "m", (*inputs, layer), (Port("x"), Port("y")), (Port("body"),), origin)


def rebuilt(code):
    """The upgraded model of a body."""
    return upgrade(model([code, None, None])).spec


@pytest.mark.parametrize("version", COMPILED)
def test_every_body_is_read_as_it_was_written(version):
    for number in PLAIN:
        assert stored_function(COMPILED[version][number]).text == stored_function(COMPILED["3.8"][number]).text


@pytest.mark.parametrize(
    "body", ["x[:, -1, :]", "-x * 0.5", "1.0 - x", "(x + y) / 2", "K.clip(x, -0.5, 0.25)", "x[..., ::2]"]
)
@pytest.mark.parametrize("version", COMPILED)
def test_the_text_is_that_of_the_body(version, body):
    of_list = re.sub(r"\bx\b", "t[0]", re.sub(r"\by\b", "t[1]", body))
    assert stored_function(COMPILED[version][BODIES.index(body)]).text == f"lambda t: {of_list}"


@pytest.mark.parametrize("version", sorted(set(COMPILED) - {"3.8"}))
def test_every_body_becomes_the_same_operations_in_every_python(version):
    for number, body in enumerate(BODIES):
        wanted, found = (rebuilt(COMPILED[v][number]) for v in ("3.8", version))
        assert [la.class_name for la in found.layers] == [la.class_name for la in wanted.layers], body
        assert [str(la.config) for la in found.layers] == [str(la.config) for la in wanted.layers], body


def test_a_short_body_is_not_taken_for_nonsense_of_another_python():
    """`lambda x: x` of Python 3.13: its bytes are instructions of 3.11 and 3.12 too, such as no compiler would write."""
    code = "YwEAAAAAAAAAAAAAAAEAAAADAAAA8wYAAACVAFUAJAApAU6pACkB2gF4cwEAAAAg2gFm2gg8bGFtYmRhPnIEAAAAAQAAAHMEAAAAgACJIfMAAAAA"
    assert stored_function([code, None, None]).text == "lambda x: x"


@pytest.mark.framework
def test_outputs_equal_those_of_the_real_framework():
    from kconvert.rebuild import rebuild

    with np.load(FOLDER / "truth.npz") as file:
        truth = dict(file)
    for number, body in enumerate(BODIES):
        found = np.asarray(rebuild(rebuilt(COMPILED["3.8"][number]))([truth["x"], truth["y"]]))
        np.testing.assert_allclose(found, truth[f"out_{number}"], rtol=1e-5, atol=1e-6, err_msg=body)


def test_every_function_of_keras_backend_in_the_table_is_exercised():
    rows = [name for name in operation_table().rows if name.startswith("keras.backend.")]
    text = "\n".join(BODIES)
    assert [n for n in rows if f"K.{n.rpartition('.')[2]}(" not in text] == []


def test_a_named_function_is_refused_with_the_option_that_helps():
    with pytest.raises(ConversionFailed, match=r"'sampling', of which the file has nothing but the name.*--custom"):
        upgrade(model("sampling", config={"function_type": "function"}))


def test_what_is_not_followed_is_shown_as_python():
    code = COMPILED["3.8"][BODIES.index("1.0 / (1.0 + K.exp(-x))")]
    with pytest.raises(ConversionFailed, match=r"no argument nope: lambda t: 1\.0 / \(1\.0 \+ K\.exp\(-t\[0\]\)\)"):
        upgrade(model([code, None, None], config={"arguments": {"nope": 1}}))


def test_random_numbers_at_inference_are_refused():
    code = COMPILED["3.8"][BODIES.index("K.in_train_phase(x + K.random_normal(K.shape(x)), x)")]
    assert [la.class_name for la in rebuilt(code).layers][2:] in ([], ["ops.copy"])


SAMPLES = {
    version: base64.b64decode(COMPILED[version][BODIES.index("K.clip(x, -0.5, 0.25)")])
    for version in ("2.7", "3.8", "3.12")
}


@pytest.mark.parametrize("version", SAMPLES)
def test_every_mutation_of_a_byte_ends_in_a_reading_or_a_refusal(version):
    data, begun = SAMPLES[version], time.monotonic()
    for place in range(len(data)):
        for value in {data[place] ^ 1, data[place] ^ 128, 0, 255, (data[place] + 1) % 256, (data[place] + 7) % 256}:
            mutated = data[:place] + bytes([value]) + data[place + 1 :]
            with contextlib.suppress(ConversionFailed):
                upgrade(model([base64.b64encode(mutated).decode(), None, None]))
    assert time.monotonic() - begun < 60


@pytest.mark.parametrize("version", SAMPLES)
def test_every_truncation_is_refused(version):
    for length in range(len(SAMPLES[version])):
        with pytest.raises(NotPython):
            stored_function([base64.b64encode(SAMPLES[version][:length]).decode(), None, None])


@pytest.mark.parametrize(
    "data",
    [
        b"c" + b"(\x01\x00\x00\x00" * 5000,
        b"\xe3" + b"\xff" * 200,
        b"c" + b"\x00" * 16 + b"s\xff\xff\xff\x7f",
        b"\xe3" + b"\x00" * 20 + b"l\xff\xff\xff\x7f" + b"\x01" * 50,
        b"",
    ],
)
def test_hostile_bytes_are_refused_in_bounded_time(data):
    begun = time.monotonic()
    with pytest.raises(NotPython):
        stored_function([base64.b64encode(data).decode(), None, None])
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize(
    "make",
    [
        lambda: constants.call("numpy.outer", [np.ones(1 << 16), np.ones(1 << 16)], {}),
        lambda: constants.call("numpy.diag", [np.ones(1 << 16)], {}),
        lambda: constants.call("numpy.zeros", [(1 << 12, 1 << 12)], {}),
        lambda: constants.binary("+", np.ones((1 << 16, 1)), np.ones((1, 1 << 16)), False),
        lambda: constants.binary("**", 9, 9**9, False),
        lambda: constants.binary("*", "x", 1 << 30, False),
    ],
)
def test_a_constant_that_fills_the_memory_is_refused(make):
    with pytest.raises(NotFollowed):
        make()


def test_a_loop_without_end_is_refused():
    code = SAMPLES["2.7"]
    loop = bytes([113, 0, 0, 83])  # JUMP_ABSOLUTE 0
    start = code.index(b"s", 17)
    size = int.from_bytes(code[start + 1 : start + 5], "little")
    data = code[: start + 1] + len(loop).to_bytes(4, "little") + loop + code[start + 5 + size :]
    with pytest.raises(ConversionFailed, match="too many steps"):
        upgrade(model([base64.b64encode(data).decode(), [1], None]))


def test_nothing_of_a_file_is_unmarshalled_compiled_or_imported():
    seen, watching = [], [True]

    def hook(event, arguments):
        if watching[0] and event in (
            "marshal.loads",
            "marshal.load",
            "compile",
            "exec",
            "code.__new__",
            "function.__new__",
        ):
            seen.append(event)

    rebuilt(COMPILED["3.8"][0])  # whatever kconvert itself imports late
    sys.addaudithook(hook)
    for number in range(len(BODIES)):
        rebuilt(COMPILED["3.8"][number])
    watching[0] = False
    assert seen == []
