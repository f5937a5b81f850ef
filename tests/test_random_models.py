"""Models of one random layer (`random_models/make.py`) become today's, which computes what the legacy framework recorded, or are refused."""

from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT

import kconvert

FOLDER = ROOT / "tests" / "random_models"
REFUSED = {
    "keras-1.1.2-theano/Convolution3D": "put the zeros of an even three-dimensional kernel on different sides",
    "keras-2.2.4-cntk/DepthwiseConv2D_0036": "gave the dilation_rate to CNTK as strides",
    "keras-2.2.4-cntk/DepthwiseConv2D_0068": "computed every channel from the first one on a CPU",
    "keras-2.2.4-cntk/SeparableConv2D_0019": "computed every channel from the first one on a CPU",
    "keras-3.0.5/UpSampling2D_0001": "took the width and the channels for the size",
    "tf.keras-2.4/Resizing_0067": "interpolation='mitchellcubic' is not a value that the map knows",
}
"""Model -> the reason."""
FILES = {f"{file.parent.name}/{file.stem}": file for file in sorted(FOLDER.glob("*/*.h5"))}


def todays(file: Path):
    """The model in memory; Keras 1 does not write its backend to a file."""
    backend = file.parent.name.split("-")[2] if file.parent.name.startswith("keras-1") else None
    return kconvert.load(file, backend=backend, isolation="none")


@pytest.mark.framework
@pytest.mark.parametrize("name", [name for name in FILES if name not in REFUSED])
def test_random_layers_equal_those_of_the_legacy_framework(name):
    with np.load(FILES[name].with_suffix(".npz")) as recorded:
        computed = np.asarray(todays(FILES[name])(recorded["in_0"]))
        np.testing.assert_allclose(computed, recorded["out_0"], rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_equivalent_is_refused_with_the_reason(name):
    with pytest.raises(kconvert.KConvertError) as refused:
        todays(FILES[name])
    assert REFUSED[name] in str(refused.value)
