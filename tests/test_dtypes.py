"""One name for every form in which a dtype or policy was saved."""

import pytest

from kconvert.errors import UnknownArgument
from kconvert.upgrade.dtypes import dtype_name

FORMS = {
    "float32": "float32",
    None: None,
    "infer": None,
    "float16_with_float32_vars": "mixed_float16",
}


@pytest.mark.parametrize(("saved", "name"), FORMS.items())
def test_a_name(saved, name):
    assert dtype_name(saved) == name


@pytest.mark.parametrize("class_name", ["Policy", "PolicyV1", "DTypePolicy"])
def test_a_policy_is_told_by_its_name(class_name):
    saved = {"class_name": class_name, "config": {"name": "mixed_bfloat16"}, "shared_object_id": 3}
    assert dtype_name(saved) == "mixed_bfloat16"


def test_a_policy_for_each_layer_is_not_guessed():
    with pytest.raises(UnknownArgument, match="no name"):
        dtype_name({"class_name": "DTypePolicyMap", "config": {"default_policy": "float32"}})
