"""Rules that no sample needs, one by one."""

import numpy as np
import pytest
from packaging.version import Version

from kconvert.spec import LayerSpec, Origin
from kconvert.tensor import Tensor
from kconvert.upgrade.fragment import Fragment, Site, Step
from kconvert.upgrade.rules.constraint_axes import constraint_axes
from kconvert.upgrade.rules.dense_gradient import dense_gradient

ZERO = {"class_name": "L2", "config": {"l2": 0.0}}


def site(class_name, config, is_trained_on=False):
    version = Version("1.2.2")
    origin = Origin("m.h5", "hdf5", (version, version), backend="theano", is_trained_on=is_trained_on)
    return Site(LayerSpec(class_name, "x", config), origin)


@pytest.mark.parametrize(("axis", "moved"), [([1, 2, 3], [0, 1, 2]), (0, 3), ([0], [3]), (-1, 1)])
def test_a_constraint_of_a_th_kernel_names_the_axes_that_became_of_them(axis, moved):
    """(filters, channels, rows, columns) is (rows, columns, channels, filters) today."""
    kernel = Tensor.constant("W", np.zeros((3, 3, 2, 4), "float32"))
    constraint = {"class_name": "MaxNorm", "config": {"max_value": 2.0, "axis": axis}}
    before = Fragment(Step("Conv2D", {"kernel_constraint": constraint}, tensors={"kernel": kernel}))
    after = constraint_axes(site("Convolution2D", {"dim_ordering": "th"}), before)
    assert after.main.config["kernel_constraint"]["config"] == {"max_value": 2.0, "axis": moved}
    assert constraint_axes(site("Convolution2D", {"dim_ordering": "tf"}), before) == before


@pytest.mark.parametrize(
    ("config", "is_trained_on", "regularizer"),
    [
        ({}, True, ZERO),
        ({}, False, None),
        ({"trainable": False}, True, None),
        ({"embeddings_regularizer": {"class_name": "L1", "config": {"l1": 0.5}}}, True, {"class_name": "L1", "config": {"l1": 0.5}}),
    ],
)  # fmt: skip
def test_an_embedding_that_is_trained_on_has_a_whole_gradient(config, is_trained_on, regularizer):
    after = dense_gradient(site("Embedding", config, is_trained_on), Fragment(Step("Embedding", config)))
    assert after.main.config.get("embeddings_regularizer") == regularizer
