"""`kconvert maps`: what becomes of a class is shown whole, and a map of the user's is checked before a model is."""

import json

import pytest
import yaml
from conftest import ROOT

from kconvert import cli
from kconvert.catalog.checks import checked, mistakes
from kconvert.catalog.views import listed, shown
from kconvert.errors import MapError, UsageError
from kconvert.spec import Dialect
from kconvert.upgrade.map_format import SECTIONS
from kconvert.upgrade.maps import hop_maps

HEAD = "from: keras2\nto: keras3\n"
MINE = HEAD + "layers:\n  FancyDense: {becomes: Dense, keep: [units], rule: softmax}\n"


def run(*words):
    with pytest.raises(SystemExit) as exited:
        cli.main([str(w) for w in words])
    return exited.value.code


@pytest.fixture
def mine(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(MINE)
    return path


def test_a_layer_is_shown_from_each_dialect_that_has_it_to_the_last():
    found = shown("Convolution2D")
    assert [(s.hop, s.name) for s in found] == [
        ("keras0 -> keras1", "Convolution2D"), ("keras1 -> keras2", "Convolution2D"), ("keras2 -> keras3", "Conv2D"),
        ("keras3 -> keras3", "Conv2D"),
    ]  # fmt: skip
    entry = found[1].entry
    assert (entry["becomes"], entry["rename"]["subsample"]) == ("Conv2D", "strides")
    assert "trainable" in entry["keep"]  # from what is shared
    assert entry["weights"][0]["result"]["bias"] == "b"
    assert (ROOT / found[1].file).is_file()


def test_what_a_case_becomes_is_followed_too():
    assert {"Highway", "Dense"} <= {s.name for s in [*shown("Highway"), *shown("Dense")]}
    merged = shown("Merge")
    assert {"Add", "Multiply", "Concatenate", "Dot"} & {s.name for s in merged if s.hop == "keras2 -> keras3"}


def test_what_is_shown_is_yaml_that_the_maps_could_hold(capsys):
    assert run("maps", "show", "LSTM") == 0
    documents = capsys.readouterr().out.split("# keras")[1:]
    assert len(documents) == 4
    for document in documents:
        words = yaml.safe_load(document.partition("\n")[2])["layers"]["LSTM"]
        assert "units" in words["keep"] or "output_dim" in (*words["keep"], *words.get("rename", ()))


def test_functions_and_objects_are_shown_as_well():
    assert {s.section for s in shown("hard_sigmoid")} == {"activations"}
    assert {s.section for s in shown("Adam")} == {"optimizers"}


def test_an_unknown_name_says_which_ones_are_similar():
    with pytest.raises(UsageError, match=r"^lstn: no map knows it; similar: LSTM;"):
        shown("lstn")
    with pytest.raises(UsageError, match=r"^Wholly_other: no map knows it; kconvert maps list"):
        shown("Wholly_other")


def test_a_map_of_the_users_is_shown_and_listed_with_the_others(mine, capsys):
    assert shown("FancyDense", [mine])[0].file == str(mine)
    (line,) = [one for one in listed([mine]) if one.name == "FancyDense"]
    assert (line.hop, line.becomes) == ("keras2 -> keras3", "Dense")
    assert run("maps", "list", "--map", mine) == 0
    assert "keras2 -> keras3  layers       FancyDense  ->  Dense\n" in capsys.readouterr().out


def test_the_list_has_every_entry_of_every_map():
    found = {(one.hop, one.section, one.name) for one in listed()}
    for dialect in Dialect:
        hop = hop_maps(dialect)
        assert {(f"{hop.old.name} -> {hop.new.name}", s, n) for s in SECTIONS for n in hop.sections[s]} <= found
    refused = next(one for one in listed() if one.name == "PeepholeLSTMCell")
    assert refused.becomes.startswith("refused: its gates look at the cell state")


def test_as_json_it_is_the_same(capsys):
    assert run("maps", "show", "Dense", "--json") == 0
    assert [one["hop"] for one in json.loads(capsys.readouterr().out)] == [one.hop for one in shown("Dense")]
    assert run("maps", "list", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)) == len(listed())


def test_a_right_map_is_right(mine, capsys):
    assert run("maps", "check", mine) == 0
    assert capsys.readouterr().out == f"{mine}: keras2 -> keras3, layers: 1\n"


@pytest.mark.parametrize(
    ("layers", "says"),
    [
        ("Foo: {becomes: Dense, rule: softmaxx}", "layers.Foo: rule: softmaxx is none; similar: softmax"),
        ("Foo: {weights: {slots: [W], state: [V]}}", "layers.Foo: weights.state: V is none"),
        ("Foo: {weights: {slots: [kernel], result: {k: kernle}}}", "weights.result: kernle is none; similar: kernel"),
        ("Foo: {weights: {slots: [a], result: {b: {from: a, then: [{apply: nothing}]}}}}", "weights.apply: nothing is none"),
        ("Foo: {keep: [a], values: {b: {x: y}}}", "values: b is not kept, renamed, packed or dropped"),
        ("Foo: {cases: [{when: {config.a: 1}, rule: nowhere}]}", "layers.Foo: rule: nowhere is none"),
        ("Dense: {keep: [units]}", "override: true"),
        ("Foo: {keeps: [a]}", "layers.Foo.keeps: Extra inputs are not permitted"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_map_is_said_before_a_model_is_converted(layers, says, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(f"{HEAD}layers:\n  {layers}\n")
    with pytest.raises(MapError) as refused:
        checked(path)
    assert says in str(refused.value)
    assert str(path) in str(refused.value)


def test_all_that_is_wrong_is_said_a_line_each(tmp_path, mine, capsys):
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(HEAD + "layers:\n  A: {rule: qqq}\n  B: {rule: zzz}\n")
    assert run("maps", "check", wrong, mine, tmp_path / "none.yaml") == 1
    printed = capsys.readouterr()
    assert printed.out.startswith(f"{mine}: keras2 -> keras3")
    lines = printed.err.splitlines()
    assert lines[0] == "error: what is wrong [E_MAP]:"
    assert [line.partition(": ")[2] for line in lines[1:]] == [
        "layers.A: rule: qqq is none", "layers.B: rule: zzz is none", "cannot be read: No such file or directory"
    ]  # fmt: skip


def test_a_class_that_nobody_knows_is_remarked(tmp_path, capsys):
    path = tmp_path / "mine.yaml"
    path.write_text(
        HEAD + "layers:\n  Foo: {becomes: Densest}\n  Bar: {becomes: ops.relu}\n  Baz: {becomes: Functional}\n"
    )
    assert run("maps", "check", path) == 0
    assert capsys.readouterr().out.count("remark") == 1


@pytest.mark.parametrize("dialect", Dialect, ids=lambda d: d.name)
def test_the_built_in_maps_pass_the_check(dialect):
    for section, entries in hop_maps(dialect).sections.items():
        for name, entry in entries.items():
            assert list(mistakes(section, entry)) == [], f"{section}.{name}"
