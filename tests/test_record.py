"""The script for the old machine: plain ASCII that Python 2.7 and every Python 3 reads alike."""

import ast
import subprocess
import sys

import numpy as np
import pytest

from kconvert import cli

NOT_IN_PYTHON_2 = (
    ast.JoinedStr, ast.AnnAssign, ast.AsyncFunctionDef, ast.Await, ast.Nonlocal, ast.NamedExpr, ast.YieldFrom,
    ast.MatMult, ast.Match,
)  # fmt: skip


@pytest.fixture
def script(capsys):
    with pytest.raises(SystemExit) as exited:
        cli.main(["record"])
    assert exited.value.code == 0
    return capsys.readouterr().out


def test_it_is_the_same_in_every_python(script):
    script.encode("ascii")
    tree = ast.parse(script, feature_version=(3, 4))
    assert [n for n in ast.walk(tree) if isinstance(n, NOT_IN_PYTHON_2)] == []
    futures = [n.names for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module == "__future__"]
    assert {a.name for names in futures for a in names} == {"absolute_import", "division", "print_function"}


def test_functions_have_no_python_3_arguments(script):
    functions = [n for n in ast.walk(ast.parse(script)) if isinstance(n, ast.FunctionDef | ast.Lambda)]
    arguments = [a for f in functions for a in (*f.args.posonlyargs, *f.args.kwonlyargs, *f.args.args)]
    assert [a.arg for a in arguments if getattr(a, "annotation", None)] == []
    assert not any(f.args.posonlyargs or f.args.kwonlyargs for f in functions)
    assert not any(f.returns for f in functions if isinstance(f, ast.FunctionDef))
    raises = [n for n in ast.walk(ast.parse(script)) if isinstance(n, ast.Raise)]
    assert all(r.cause is None for r in raises)


def test_classes_and_calls_are_those_of_both_pythons(script):
    tree = ast.parse(script)
    assert all(c.bases for c in ast.walk(tree) if isinstance(c, ast.ClassDef))
    assert not any(c.keywords for c in ast.walk(tree) if isinstance(c, ast.ClassDef))
    calls = [c for c in ast.walk(tree) if isinstance(c, ast.Call) and isinstance(c.func, ast.Name)]
    assert not [c for c in calls if c.func.id == "super" and not c.args]


def test_it_imports_nothing_but_keras_and_what_comes_with_it(script):
    names = {a.name.split(".")[0] for n in ast.walk(ast.parse(script)) if isinstance(n, ast.Import) for a in n.names}
    names |= {n.module.split(".")[0] for n in ast.walk(ast.parse(script)) if isinstance(n, ast.ImportFrom)}
    stock = {"__future__", "argparse", "inspect", "json", "os", "sys"}
    assert names - stock == {"numpy", "keras", "tensorflow", "h5py", "theano", "pkg_resources"}


STAND_IN = """
import sys, types
import numpy as np
class Embedding(object):
    mask_zero, input_dim = True, 9
class Tensor(object):
    dtype, name = "int32", "ids:0"
class Node(object):
    pass
class Model(object):
    def __init__(self):
        self.inputs = [Tensor()]
        embedding, node = Embedding(), Node()
        node.input_tensors, node.output_tensors = self.inputs, []
        embedding._inbound_nodes = [node]
        self.layers = [embedding]
    def predict(self, x, batch_size=32, verbose=0):
        if x.shape[1] < 64:
            raise ValueError("too short")
        return x.sum(1, keepdims=True).astype("float32") / 2
models = types.ModuleType("keras.models")
models.load_model = lambda path, custom_objects=None, compile=True: Model()
keras = types.ModuleType("keras")
keras.models, keras.__version__ = models, "2.2.4"
keras.backend = types.ModuleType("keras.backend")
keras.backend.backend = lambda: "theano"
keras.backend.int_shape = lambda tensor: (None, None)
sys.modules.update({"keras": keras, "keras.models": models, "keras.backend": keras.backend})
"""


def test_it_records_what_a_model_computes(script, tmp_path):
    (tmp_path / "record_probe.py").write_text(script)
    (tmp_path / "old.keras").write_bytes(b"\x89HDF\r\n\x1a\n")
    program = f"{STAND_IN}\nsys.argv[1:] = ['old.keras', '--package', 'keras']\nimport runpy\nrunpy.run_path('record_probe.py', run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    assert "keras 2.2.4, backend theano" in done.stdout
    assert "in_0   ids:0 (3, 64) int32, ids below 9, 0 at the end of a sample" in done.stdout
    with np.load(tmp_path / "io.npz") as probe:
        assert sorted(probe.files) == ["in_0", "out_0"]
        assert probe["in_0"].min() == 0
        assert 1 <= probe["in_0"][:2].min() <= probe["in_0"].max() < 9
        np.testing.assert_array_equal(probe["out_0"], probe["in_0"].sum(1, keepdims=True) / 2)
