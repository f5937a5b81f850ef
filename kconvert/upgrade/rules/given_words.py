"""StringLookup, IntegerLookup, TextVectorization: the words must be in the file itself.

HDF5 of TensorFlow 2.6 does not have those that were learned. A name of a file in their place would be opened by whoever
loads the model. Source: keras 3.15 src/layers/preprocessing/index_lookup.py `set_vocabulary`.
"""

from __future__ import annotations

from kconvert.errors import Rejected
from kconvert.upgrade.fragment import Fragment, Site


def given_words(site: Site, fragment: Fragment) -> Fragment:
    """The layer as it is; without its words it is refused."""
    words = fragment.main.config.get("vocabulary")
    if isinstance(words, str):
        raise Rejected(f"its vocabulary is in another file, {words!r}", argument="vocabulary", code="E_EXTERNAL_REF")
    if not words and fragment.main.config.get("output_mode", "int") is not None:
        raise Rejected("its vocabulary is not in the file", argument="vocabulary")
    if "Variable" in fragment.main.tensors:
        if not fragment.main.config.get("idf_weights"):
            raise Rejected("its inverse frequencies are not among its arguments", argument="idf_weights")
        return fragment.without_tensors(["Variable"], "idf_weights has its values")
    return fragment
