"""Layers and calls that no output depends on are left out, and the report says which."""

from dataclasses import replace

import pytest
from conftest import SAMPLES

from kconvert.errors import ConversionFailed
from kconvert.read import read
from kconvert.spec import Call, LayerSpec, Port, walk
from kconvert.upgrade import upgrade

ADDED = SAMPLES / "added_losses" / "model.h5"


def test_losses_and_what_only_they_need_are_left_out_at_every_depth():
    upgraded = upgrade(read(ADDED))
    assert [layer.name for _, layer in walk(upgraded.spec) if layer.class_name != "InputLayer"] == [
        "inner", "dense", "shared", "subtract",
    ]  # fmt: skip
    assert len(upgraded.spec.layer("shared").calls) == 1
    assert list(upgraded.spec.layer("subtract").calls[0].ports()) == [Port("shared", 0), Port("inner", 1)]


def test_each_of_them_has_a_note_and_each_tensor_a_reason():
    notes = {(note.layer, note.text) for note in upgrade(read(ADDED)).notes}
    assert ("inner/inner_head", "left out, for no output depends on it") in notes
    assert sum(text.startswith("a loss for training, which goes on without it") for _, text in notes) == 2
    assert sum(text.startswith("a metric for training, which goes on without it") for _, text in notes) == 1
    assert any(text.endswith("is not used: no output depends on head_normalized") for _, text in notes)
    assert sum(" is not used: " in text for _, text in notes) == 2 + 2 + 4


def test_a_layer_of_the_users_own_that_only_a_loss_needs_is_no_reason_to_refuse():
    model = read(ADDED)
    own = LayerSpec("MyHead", "own", {"secret": 1}, (Call((Port("shared", 0),)),))
    assert upgrade(replace(model, layers=(*model.layers, own))).spec.layers == upgrade(model).spec.layers
    with pytest.raises(ConversionFailed, match="MyHead 'own'"):
        upgrade(replace(model, layers=(*model.layers, own), outputs=(*model.outputs, Port("own"))))
