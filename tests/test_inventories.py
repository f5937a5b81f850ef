"""Every class and argument that a real Keras release writes is accounted for by the maps, and the maps speak of nothing else."""

import json
from pathlib import Path

import pytest
from packaging.version import Version

from kconvert.errors import AmbiguousOrigin
from kconvert.spec import Dialect, Origin
from kconvert.upgrade.arguments import chosen, upgraded_arguments, upgraded_object
from kconvert.upgrade.maps import hop_maps, layer_maps_folder, load_map

FOLDER = Path(__file__).parent / "inventories"
INVENTORIES = sorted(FOLDER.glob("*.json"))
ABSTRACT = {"Initializer", "Constraint", "Regularizer"}
DIALECTS = {0: Dialect.keras0, 1: Dialect.keras1, 2: Dialect.keras2}


def inventories():
    for path in INVENTORIES:
        yield path.stem.removeprefix("keras-"), json.loads(path.read_text())


def dialect(version):
    return DIALECTS[Version(version).major]


def saved():
    for version, inventory in inventories():
        for section in ("layers", "initializers", "regularizers", "constraints"):
            facts = inventory[section]
            named = (
                facts if isinstance(facts, dict) else {name: {"saved": []} for name in facts}
            )  # functions have no arguments
            for name, one in named.items():
                if name not in ABSTRACT:
                    yield pytest.param(version, section, name, one["saved"], id=f"{version}-{section}-{name}")


def origin(version, backend="tensorflow"):
    return Origin("", "hdf5", (Version(version), Version(version)), "keras", backend)


@pytest.mark.parametrize(("version", "section", "name", "arguments"), list(saved()))
def test_every_class_and_argument_is_accounted_for(version, section, name, arguments):
    """What `get_config` of the real package saves is kept, renamed, packed or dropped; a held layer is no argument."""
    entry = hop_maps(dialect(version)).find(section, name)
    assert entry is not None, f"no map knows {name}"
    if entry.reject is not None:
        assert len(entry.reject.because) > 20
        return
    held = {"layer", "cell", "cells", "forward_layer", "backward_layer", "layers"}
    case = chosen(entry, CHOICES.get(name, {}), origin(version))
    assert set(arguments) - held <= case.known_arguments | set(case.absent)


def test_an_inventory_of_each_minor_release_is_there():
    releases = ["0.2.0", "0.3.3", "1.0.8", "1.1.2", "1.2.2", "2.0.8", "2.1.6", "2.2.4", "2.3.1"]
    assert [version for version, _ in inventories()] == releases


@pytest.mark.parametrize(("version", "inventory"), list(inventories()), ids=lambda v: v if isinstance(v, str) else "")
def test_every_activation_is_known(version, inventory):
    maps = hop_maps(dialect(version))
    known = [upgraded_object("activations", name, maps, origin(version)) for name in inventory["activations"]]
    assert all(isinstance(name, str) for name in known)


CHOICES = {"Merge": {"mode": "concat", "mode_type": "raw"}}  # a mode decides what becomes of the layer
CONDITIONAL = {
    "RNN": {"num_constants"},  # saved only by a layer that is called with constants: recurrent.py, RNN.get_config
    "Merge": {"mode_type", "output_shape_type", "output_mask_type", "output_mask", "arguments"},
}
GENERAL = {"trainable", "dtype", "batch_input_shape", "input_dtype"}
OWN_CLASSES = {"EinsumDense"}  # what rules of earlier hops make; no release of Keras 2 has it
SECTIONS = ("layers", "initializers", "regularizers", "constraints")
MAPS = sorted(layer_maps_folder().glob("*/*.yaml"))


@pytest.mark.parametrize("path", MAPS, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_the_maps_speak_of_no_argument_that_no_release_has(path):
    """A word about an argument that does not exist is a misspelling of one that does."""
    has = {}
    form = load_map(path)
    for version, inventory in inventories():
        for section in SECTIONS if dialect(version).name == form.old else ():
            for name, facts in inventory[section].items() if isinstance(inventory[section], dict) else ():
                known = has.setdefault(name, set(CONDITIONAL.get(name, ())))
                known.update(facts["saved"], facts.get("arguments", ()))
    own = {
        n: e.known_arguments - has[n]
        for s in SECTIONS
        for n, e in getattr(form, s).items()
        if n in has and n not in OWN_CLASSES
    }
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
