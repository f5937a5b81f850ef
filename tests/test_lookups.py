"""Lookups and hashes whose file does not say what they computed are refused."""

from dataclasses import replace

import pytest
from conftest import SAMPLES

from kconvert.errors import ConversionFailed
from kconvert.read import read
from kconvert.upgrade import upgrade

COUNTED = SAMPLES / "counted_words" / "model.h5"


def upgraded_with(name, **arguments):
    model = read(COUNTED)
    layers = (replace(la, config={**la.config, **arguments}) if la.name == name else la for la in model.layers)
    return upgrade(replace(model, layers=tuple(layers)))


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("integer_lookup", {"vocabulary": None}, "its vocabulary is not in the file"),
        ("integer_lookup_1", {"vocabulary": "/etc/hostname"}, "its vocabulary is in another file, '/etc/hostname'"),
        ("hashing", {"salt": [0xDECAFCAFFE, 0xDECAFCAFFE]}, "which hash it took is lost"),
    ],
)
def test_what_the_file_does_not_hold_is_not_guessed(name, arguments, message):
    with pytest.raises(ConversionFailed, match=message):
        upgraded_with(name, **arguments)


def test_the_other_salts_are_those_that_the_layer_had():
    layers = {la.name: la for la in upgraded_with("hashing", salt=[5, 6]).spec.layers}
    assert layers["hashing"].config["salt"] == [5, 6]
    assert layers["hashing"].config["dtype"] == "int64"
