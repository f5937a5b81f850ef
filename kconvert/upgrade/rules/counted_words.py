"""A lookup that counts or marks words gave floats in tf.keras, whatever its dtype; today it gives integers.

Sources: keras 2.6 and 2.15 layers/preprocessing/index_lookup.py `call`; keras 3.15 the same file.
"""

from __future__ import annotations

from dataclasses import replace

from kconvert.upgrade.fragment import Fragment, Site, Step


def counted_words(site: Site, fragment: Fragment) -> Fragment:
    """What comes out, cast; `tf_idf` gives floats today, too."""
    if fragment.main.config.get("output_mode", "int") in (None, "int", "tf_idf"):
        return fragment
    return replace(fragment, after=(*fragment.after, Step("ops.cast", {"dtype": "float32"}, "float32")))
