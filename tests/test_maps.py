"""Layer maps: strict in form, complete in words, and open to the user's own."""

import json
import re
import shutil
from pathlib import Path

import h5py
import pytest
import yaml
from conftest import ROOT, SAMPLES

from kconvert.catalog.tables import REPLACED, schema
from kconvert.errors import ConversionFailed, MapError
from kconvert.map_files import layer_maps_folder
from kconvert.read import read
from kconvert.spec import Dialect
from kconvert.upgrade import upgrade
from kconvert.upgrade.map_format import OPERATIONS, Entry, MapFile, Operation, Result, Weights
from kconvert.upgrade.maps import hop_maps
from kconvert.upgrade.rules import RULES
from kconvert.upgrade.slots import NAMED_FUNCTIONS
from kconvert.upgrade.training.optimizer_rules import RULES as OPTIMIZER_RULES

BAD_MAPS = yaml.safe_load((Path(__file__).parent / "bad_maps.yaml").read_text())
FOLDER = layer_maps_folder()


@pytest.mark.parametrize("case", BAD_MAPS, ids=lambda c: c["name"])
def test_a_malformed_map_is_refused_by_name(case, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(case["map"])
    with pytest.raises(MapError) as refused:
        hop_maps(Dialect.keras2, (path,))
    assert case["says"] in str(refused.value)
    assert "mine.yaml" in str(refused.value)


def test_a_users_map_adds_a_layer_and_replaces_one_that_it_says_it_replaces(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(
        "from: keras2\nto: keras3\nlayers:\n"
        "  FancyDense: {becomes: Dense, keep: [units]}\n"
        "  Dropout: {override: true, keep: [rate]}\n"
    )
    layers = hop_maps(Dialect.keras2, (path,)).sections["layers"]
    assert layers["FancyDense"].becomes == "Dense"
    assert "seed" not in layers["Dropout"].known_arguments
    assert "seed" in hop_maps(Dialect.keras2).sections["layers"]["Dropout"].known_arguments


def test_the_map_that_the_readme_shows_converts_the_class_that_it_names(tmp_path):
    (example,) = re.findall(r"```yaml\n(.*?)```", (FOLDER / "README.md").read_text(), re.DOTALL)
    mine, source = tmp_path / "mine.yaml", tmp_path / "model.h5"
    mine.write_text(example)
    shutil.copy(SAMPLES / "mobilenet_block" / "model.h5", source)
    with h5py.File(source, "r+") as file:
        file.attrs["model_config"] = file.attrs["model_config"].replace('"BatchNormalization"', '"BatchNorm"')
    with pytest.raises(ConversionFailed, match="BatchNorm 'conv1_bn': is not a layer of Keras"):
        upgrade(read(source))
    mapped, plain = upgrade(read(source), [mine]).spec, upgrade(read(SAMPLES / "mobilenet_block" / "model.h5")).spec
    assert [(la.class_name, la.name, la.config) for la in mapped.layers] == [
        (la.class_name, la.name, la.config) for la in plain.layers
    ]
    assert "BatchNormalization" in {la.class_name for la in mapped.layers}


def test_every_rule_and_named_function_is_used_and_every_used_one_is_there():
    used_rules, used_functions = set(), set()
    for dialect in Dialect:
        for entry in hop_maps(dialect).sections["layers"].values():
            for form in (entry, *entry.cases, *([entry.otherwise] if entry.otherwise else [])):
                used_rules.update(form.rule)
                for weights in form.weights or ():
                    for result in weights.result.values():
                        used_functions.update(step.apply for step in result.then if step.apply)
    assert used_rules == set(RULES)
    assert used_functions == set(NAMED_FUNCTIONS)


def test_every_rule_of_an_optimizer_is_used_and_every_used_one_is_there():
    optimizers = [entry for dialect in Dialect for entry in hop_maps(dialect).sections["optimizers"].values()]
    assert {name for entry in optimizers for name in entry.rule} == set(OPTIMIZER_RULES)


def test_layers_that_a_rule_replaces_are_no_layers_of_keras_3():
    for dialect, names in REPLACED.items():
        known = hop_maps(dialect).sections["layers"]
        assert set(known) >= names
        assert all(known[name].rule or known[name].cases for name in names)


def test_the_schema_file_is_that_of_the_code():
    assert json.loads((FOLDER / "schema.json").read_text()) == schema()


def test_the_readme_of_the_maps_explains_every_word_once():
    text = (FOLDER / "README.md").read_text()
    forms = (MapFile, Entry, Weights, Result, Operation)
    words = {field.alias or name for form in forms for name, field in form.model_fields.items()} | set(OPERATIONS)
    words |= {"config.<argument>", "file.keras", "file.backend", "file.package", "weights.count"}
    explained = re.findall(r"^\| `([^`]+)`", text, re.MULTILINE)
    assert sorted(explained) == sorted(words)


def test_a_map_file_says_where_its_facts_were_read():
    for path in FOLDER.glob("*/*.yaml"):
        head = path.read_text().split("from:")[0]
        assert re.search(r"keras/|engine/|addons/", head), f"{path.name} names no source"
    assert (ROOT / "layer_maps" / "README.md").exists()
