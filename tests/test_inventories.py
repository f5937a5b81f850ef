"""Every class and argument that a real Keras release writes is accounted for by the maps, and the maps speak of nothing else."""

import json
from pathlib import Path

import pytest
from packaging.version import Version

from kconvert.errors import AmbiguousOrigin
from kconvert.map_files import layer_maps_folder
from kconvert.spec import Dialect, Origin
from kconvert.upgrade.arguments import chosen, upgraded_arguments, upgraded_object
from kconvert.upgrade.maps import hop_maps, load_map

FOLDER = Path(__file__).parent / "inventories"
INVENTORIES = sorted(FOLDER.glob("*.json"))
ABSTRACT = {"Initializer", "Regularizer", "Constraint"}


DIALECTS = {"keras-0": Dialect.keras0, "keras-1": Dialect.keras1, "keras-3": Dialect.keras3}


def dialect_of(release):
    return DIALECTS.get(release[: len("keras-0")], Dialect.keras2)


def facts_of(inventory, section):
    """Class -> what is known of it; the initializers of Keras 0.x and 1 are functions, which save no arguments."""
    found = inventory[section]
    return found if isinstance(found, dict) else {name: {"saved": []} for name in found}


def inventories(dialect=None):
    for path in INVENTORIES:
        if dialect in (None, dialect_of(path.stem)):
            yield path.stem, json.loads(path.read_text())


def saved():
    for release, inventory in inventories():
        for section in ("layers", "initializers", "regularizers", "constraints"):
            for name, facts in facts_of(inventory, section).items():
                if name not in ABSTRACT:
                    where = origin(inventory["keras"], release)
                    yield pytest.param(release, where, section, name, facts["saved"], id=f"{release}-{section}-{name}")


def origin(version, release="keras", backend="tensorflow"):
    exact = Version(version.split("-")[0])
    return Origin("", "hdf5", (exact, exact), release.split("-")[0], backend)


@pytest.mark.parametrize(("release", "where", "section", "name", "arguments"), list(saved()))
def test_every_class_and_argument_is_accounted_for(release, where, section, name, arguments):
    """What `get_config` of the real package saves is kept, renamed, packed or dropped; a held layer is no argument."""
    entry = hop_maps(dialect_of(release)).find(section, name)
    assert entry is not None, f"no map knows {name}"
    if entry.reject is not None:
        assert len(entry.reject.because) > 20
        return
    held = {"layer", "cell", "cells", "forward_layer", "backward_layer", "layers"}
    case = chosen(entry, CHOICES.get(name, {}), where)
    assert set(arguments) - held <= case.known_arguments | set(case.absent)


def test_an_inventory_of_each_minor_release_is_there():
    early = ["keras-0.2.0", "keras-0.3.3", "keras-1.0.8", "keras-1.1.2", "keras-1.2.2"]
    standalone = ["keras-2.0.8", "keras-2.1.6", "keras-2.2.4", "keras-2.3.1", "keras-3.0", "keras-3.15"]
    in_tensorflow = ["1.13", "1.15", "1.4", "2.1", "2.12", "2.15", "2.4", "2.8"]
    assert [p.stem for p in INVENTORIES] == [*early, *standalone, *(f"tf.keras-{release}" for release in in_tensorflow)]


@pytest.mark.parametrize(("release", "inventory"), list(inventories()), ids=lambda v: v if isinstance(v, str) else "")
def test_every_activation_is_known(release, inventory):
    maps, where = hop_maps(dialect_of(release)), origin(inventory["keras"], release)
    known = [upgraded_object("activations", name, maps, where) for name in inventory["activations"]]
    assert all(isinstance(name, str) for name in known)


CHOICES = {"Merge": {"mode": "concat", "mode_type": "raw"}}  # a mode decides what becomes of the layer
CONDITIONAL = {
    "Merge": {"mode_type", "output_shape_type", "output_mask_type", "output_mask", "arguments"},
    "RNN": {"num_constants", "zero_output_for_mask"},
    "StackedRNNCells": {"reverse_state_order"},
}  # saved only where they are set: recurrent.py, `get_config`
GENERAL = {"trainable", "dtype", "batch_input_shape", "input_dtype"}
SECTIONS = ("layers", "initializers", "regularizers", "constraints")
HOPS = {
    Dialect.keras0: "keras0_to_keras1",
    Dialect.keras1: "keras1_to_keras2",
    Dialect.keras2: "keras2_to_keras3",
    Dialect.keras3: "keras3_to_keras3",
}
RECORDED = [
    (dialect, path)
    for dialect, hop in HOPS.items()
    for path in sorted((layer_maps_folder() / hop).glob("*.yaml"))
    if any(getattr(load_map(path), section) for section in SECTIONS)
]  # optimizers, losses and metrics are recorded with their state: tests/training


@pytest.mark.parametrize(("dialect", "path"), RECORDED, ids=lambda p: p.stem if isinstance(p, Path) else p.name)
def test_the_maps_speak_of_no_argument_that_no_release_has(dialect, path):
    """A word about an argument that does not exist is a misspelling of one that does."""
    has = {}
    for _, inventory in inventories(dialect):
        for section in SECTIONS:
            for name, facts in facts_of(inventory, section).items():
                known = has.setdefault(name, set(CONDITIONAL.get(name, ())))
                known.update(facts["saved"], facts.get("arguments", ()))
    form = load_map(path)
    own = {n: e.known_arguments - has[n] for s in SECTIONS for n, e in getattr(form, s).items() if n in has}
    shared = {n: e.known_arguments - GENERAL - set().union(*has.values()) for n, e in form.shared.items()}
    assert {name: words for name, words in (own | shared).items() if words} == {}


def test_an_unknown_argument_is_a_problem():
    maps = hop_maps(Dialect.keras2)
    entry = maps.find("layers", "Dense")
    found = upgraded_arguments(entry, {"units": 3, "speed": 9}, maps, origin("2.2.4"))
    assert [p.argument for p in found.problems] == ["speed"]


def test_what_the_file_does_not_say_is_asked_for():
    maps = hop_maps(Dialect.keras2)
    config = {"implementation": 1, "use_bias": True}
    with pytest.raises(AmbiguousOrigin, match="keras-version"):
        chosen(maps.find("layers", "GRU"), config, Origin("", "hdf5", (Version("2.0.0"), None), "keras", "theano"))
