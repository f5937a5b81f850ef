"""What today's Keras alone makes of old files: a process without kconvert, asked in JSON lines.

As a program it answers `[word, path]`, see docs/pains.yaml, with what Keras said: `{"said": "ValueError: ..."}`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path


class StockKeras:
    """One process for many questions, in `folder`."""

    def __init__(self, folder):
        environment = {k: v for k, v in os.environ.items() if k not in ("KERAS_BACKEND", "TF_USE_LEGACY_KERAS")}
        environment |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "KERAS_HOME": str(folder)}
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=environment, cwd=folder, text=True,
        )  # fmt: skip

    def says(self, word, *arguments):
        """The error's class and words, or what there is to say without one."""
        self._process.stdin.write(json.dumps([word, *map(str, arguments)]) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())["said"]

    def close(self):
        self._process.stdin.close()
        self._process.wait(60)


def main():
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever else is printed
    sys.modules["kconvert"] = None
    import keras
    import numpy as np

    def loaded(path, **options):
        return keras.models.load_model(path, **options)

    def load(path):
        loaded(path)

    def unsafe(path):
        loaded(path, safe_mode=False)

    def read_json(path):
        keras.models.model_from_json(Path(path).read_text())

    def save(path):
        loaded(path, compile=False).save("folder")

    def uncalled():
        return repr(keras.models.Sequential([keras.layers.Dense(2)]).input)

    def served(path):
        keras.layers.TFSMLayer(path, call_endpoint="serving_default")

    def recorded(path, prefix):
        beside = Path(path).with_suffix(".npz")
        with np.load(beside if beside.exists() else Path(path).parent / "io.npz") as arrays:
            return [arrays[f"{prefix}{n}"] for n in range(sum(k.startswith(prefix) for k in arrays.files))]

    def predicted(path):
        inputs = recorded(path, "in_")
        outputs = loaded(path).predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)
        return outputs if isinstance(outputs, list) else [outputs]

    def predict(path):
        predicted(path)

    def differs(path):
        pairs = zip(predicted(path), recorded(path, "out_"), strict=True)
        return max(float(np.abs(got - wanted).max()) for got, wanted in pairs)

    def signature(path):
        import tensorflow as tf

        served = tf.saved_model.load(path).signatures["serving_default"]
        specs = served.structured_input_signature[1], served.structured_outputs
        return [{name: [spec.shape[1:].as_list(), spec.dtype.name] for name, spec in part.items()} for part in specs]

    words = {"load": load, "unsafe": unsafe, "json": read_json, "predict": predict, "save": save, "input": uncalled,
             "differs": differs, "served": served, "signature": signature}  # fmt: skip
    for line in sys.stdin:
        word, *arguments = json.loads(line)
        keras.backend.clear_session()
        try:
            said = words[word](*arguments) or "no error"
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
        answers.write(json.dumps({"said": said}) + "\n")


if __name__ == "__main__":
    main()
