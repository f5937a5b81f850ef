"""The command line without TensorFlow: help, inspect and plan are instant and say what is in a file."""

import json
import subprocess
import sys

import bad_files
import pytest
from conftest import SAMPLES

import kconvert
from kconvert import cli

HEAVY = ("tensorflow", "keras", "jax", "torch")


def run(*words):
    with pytest.raises(SystemExit) as exited:
        cli.main([str(w) for w in words])
    return exited.value.code


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["inspect", "{sample}"],
        ["plan", "{sample}"],
        ["{sample}", "--dry-run"],
        ["{missing}", "-o", "x.keras"],
    ],
    ids=" ".join,
)
def test_what_needs_no_framework_imports_none(words, tmp_path):
    names = {"sample": str(SAMPLES / "seq2seq" / "model.h5"), "missing": str(tmp_path / "none.h5")}
    program = (
        f"import sys\nfor name in {HEAVY}: sys.modules[name] = None\nfrom kconvert.cli import main\nmain(sys.argv[1:])"
    )
    command = [sys.executable, "-c", program, *(w.format(**names) for w in words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == (1 if "{missing}" in words else 0), done.stderr
    assert "Error" not in done.stderr


def test_importing_the_package_imports_nothing_heavy():
    program = (
        "import sys, kconvert; print(sorted(set(sys.modules) & {'numpy', 'h5py', 'keras', 'tensorflow', 'typer'}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_inspect_says_what_is_in_a_file(capsys):
    assert run("inspect", SAMPLES / "seq2seq" / "model.h5") == 0
    out = capsys.readouterr().out
    assert "Model 'seq2seq', hdf5, keras 2.1.6 on tensorflow" in out
    assert "input   encoder_inputs [None, None, 5]" in out
    assert "layers  2 InputLayer, 2 LSTM, Dense" in out


def test_inspect_as_json_is_the_same_as_from_python(capsys):
    path = SAMPLES / "mnist_cnn" / "model.h5"
    assert run("inspect", path, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    found = kconvert.inspect_model(path)
    assert said == json.loads(json.dumps(found.to_dict()))
    assert said["origin"]["backend"] == "theano"
    assert said["origin"]["evidence"]["backend"] == "the file's attribute: theano"
    assert (said["tensors"], said["parameters"]) == (6, 822)


def test_inspect_names_code_and_unknown_classes(tmp_path, capsys):
    model = bad_files.sequential("FancyDense")
    model["config"].append({"class_name": "Lambda", "config": {"name": "secret", "function": ["4wEAAA==", None, None]}})
    assert run("inspect", bad_files.write_h5(tmp_path / "model.h5", model)) == 0
    out = capsys.readouterr().out
    assert "custom  FancyDense: dense_1" in out
    assert "1 Lambda layers hold Python code, which is never run" in out


def test_plan_says_what_would_be_done(capsys):
    assert run("plan", SAMPLES / "small_unet" / "model.h5") == 0
    out = capsys.readouterr().out
    assert "average_pooling2d_1: AveragePooling2D -> ZeroPadding2D, AveragePooling2D" in out
    assert "conv2d_1/kernel -> kernel: flip [0, 1]" in out


def test_plan_names_what_stands_against_it(tmp_path, capsys):
    assert run("plan", bad_files.unknown_layer(tmp_path), "--json") == 1
    plan = json.loads(capsys.readouterr().out)
    assert [b["class_name"] for b in plan["blockers"]] == ["FancyDense"]


def test_plan_reads_no_tensor(tmp_path, monkeypatch):
    import h5py

    def refuse(self, *key):
        raise AssertionError(f"read {self.name}")

    monkeypatch.setattr(h5py.Dataset, "__getitem__", refuse)
    plan = kconvert.plan(SAMPLES / "mnist_cnn" / "model.h5", isolation="none")
    assert len(plan.layers) == 7
    assert plan.blockers == ()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["{sample}"], "say where the result goes: -o NEW.keras"),
        (["{sample}", "-o", "new.keras", "--report", "r.txt"], "the report is written as .json"),
        (["{sample}", "-o", "new.keras", "--input-shape", "14x14"], "is a list of sizes without the batch's"),
        (["{sample}", "-o", "new.keras", "--no-such-option"], "No such option"),
        (
            ["{sample}", "new.keras"],
            "unexpected extra argument(s) (new.keras) (where the result goes is said with -o NEW)",
        ),
        (["{sample}", "-o", "new.onnx"], "the ending .onnx says no format"),
        (["{sample}", "-o", "new.keras", "--version-dir", "2"], "is a number for a SavedModel"),
        (["{sample}", "-o", "new.keras", "--resume"], "--resume is for a folder of models, which"),
        (["{zoo}"], "a folder of models: say which folder they are converted into, -o OUT"),
        (["{zoo}", "-o", "new.keras"], "a folder of models: say which folder they are converted into, -o OUT"),
        (["{zoo}", "-o", "out", "--probe", "io.npz"], "--probe is of one model (kconvert.yaml"),
        (["{zoo}", "-o", "out", "--weights", "w.h5", "--keep-failed"], "; --keep-failed is of one model (failures.txt"),
        (["{zoo}", "-o", "out", "--report", "r.html", "--dry-run"], "--report is of one model (report.html and"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_a_wrong_call_says_what_is_wrong(words, says, capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(*(w.format(sample=SAMPLES / "mnist_cnn" / "model.h5", zoo=SAMPLES) for w in words)) == 2
    assert says in capfd.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_of_a_folder_says_what_becomes_of_each_model(capsys, tmp_path):
    source = SAMPLES / "mnist_cnn"
    assert run(source, "-o", tmp_path / "out", "--dry-run") == 0
    assert capsys.readouterr().out == f"{source}/model.h5 -> {tmp_path}/out/model.keras\n"
    assert list(tmp_path.iterdir()) == []


def test_versions_are_those_of_the_packages(capsys):
    import h5py

    assert run("--version") == 0
    out = capsys.readouterr().out
    assert f"h5py {h5py.__version__}" in out
    assert out.startswith("python 3.")


@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        ("sys.modules['rich'] = None", "something that kconvert needs is missing or broken: No module named 'rich"),
        ("sys.platform = 'win32'", "kconvert runs on Linux and macOS; on Windows in WSL 2 or a container"),
    ],
    ids=["a broken package", "Windows"],
)
def test_where_it_cannot_run_it_says_so_in_one_line(trouble, says):
    program = f"import sys\n{trouble}\nfrom kconvert.__main__ import main\nmain()"
    done = subprocess.run([sys.executable, "-c", program, "--help"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: {says}")
    assert done.stderr.count("\n") == 1


def test_help_names_each_command_in_a_whole_sentence(capsys):
    assert run("--help") == 0
    said = capsys.readouterr().out
    assert "..." not in said.partition("Commands:")[2]
    assert all(f"\n  {command} " in said for command in cli.COMMANDS)


@pytest.mark.parametrize("words", [[], ["maps"]], ids=["kconvert", "kconvert maps"])
def test_no_words_at_all_are_answered_with_help(words, capsys):
    assert run(*words) == 2
    printed = capsys.readouterr()
    assert printed.out.startswith(" ".join(["Usage: kconvert", *words]))
    assert printed.err == ""
