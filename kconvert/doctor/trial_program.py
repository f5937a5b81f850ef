"""Run as a program: imports TensorFlow and Keras, computes one convolution in them and in NumPy, prints what came of it as JSON."""

from __future__ import annotations

import json
import resource
import sys
import time


def main() -> None:
    """3 x 3 over 4 columns with strides (1, 2): one column of outputs, one column left over."""
    begin = time.perf_counter()
    import keras
    import numpy as np
    import tensorflow as tf

    seconds = time.perf_counter() - begin
    random = np.random.default_rng(0)
    image, kernel = (random.standard_normal(s).astype("float32") for s in ((2, 8, 4, 1), (3, 3, 1, 4)))
    found = tf.nn.conv2d(image, kernel, (1, 2), "VALID").numpy()
    meant = np.stack([np.einsum("bhwc,hwcf->bf", image[:, i : i + 3, :3], kernel) for i in range(6)], 1)[:, :, None]
    unit = 1 if sys.platform == "darwin" else 1024
    said = {
        "tensorflow": tf.__version__, "keras": keras.__version__, "seconds": seconds,
        "bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit, "wrong": float(np.abs(found - meant).max()),
    }  # fmt: skip
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main()
