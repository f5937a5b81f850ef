"""RandomCrop at inference: the largest part of the middle with the wanted proportions, resized. Today's does nothing then.

From 2.8 on that is a Resizing with `crop_to_aspect_ratio`; until 2.6 the image was resized first and cropped afterwards.
Training does not crop at random any more. Sources: tensorflow 2.4 python/keras/layers/preprocessing/image_preprocessing.py
`RandomCrop.call`, keras 2.8 the same file.
"""

from __future__ import annotations

from dataclasses import replace

from kconvert.errors import Rejected
from kconvert.upgrade.conditions import keras_is
from kconvert.upgrade.fragment import Fragment, Site, Step


def random_crop(site: Site, fragment: Fragment) -> Fragment:
    """As Resizing, or as Resizing and CenterCrop."""
    config = fragment.main.config
    common = {"interpolation": "bilinear", "dtype": config.get("dtype", "float32")}
    if keras_is(site.origin, ">=2.8"):
        resizing = {**common, "height": config["height"], "width": config["width"], "crop_to_aspect_ratio": True}
        return replace(fragment, main=Step("Resizing", resizing))
    if not keras_is(site.origin, "<2.7"):
        raise Rejected("what Keras 2.7 did at inference is not known")
    height, width = int(config["height"]), int(config["width"])
    shape = next((s for s in site.input_shapes if s is not None), None)
    rows, cols = (None, None) if shape is None else shape[-3:-1]
    if rows is None or cols is None:
        raise Rejected(
            "how it resizes depends on the size of its input, which the file leaves open", option="--input-shape"
        )
    size = (int(width * rows / cols), width) if rows / cols > height / width else (height, int(height * cols / rows))
    resizing = {**common, "height": size[0], "width": size[1]}
    return replace(
        fragment, before=(Step("Resizing", resizing, "resized"),), main=replace(fragment.main, class_name="CenterCrop")
    )
