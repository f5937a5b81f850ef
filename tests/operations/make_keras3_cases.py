"""Writes a model of operations of Keras 3 with the Keras that runs this file, and what it computes with them.

    python make_keras3_cases.py keras-3.0

writes `keras-3.0/operations.json.gz`, the architecture, and `operations.npz`: `in_0`, ..., and the outputs `out_0`, ... in order. An
operation that this Keras does not have, or cannot save, is left out.
"""

import gzip
import json
import os
import sys

import keras
import numpy as np
from keras import ops

random = np.random.RandomState(5)
DATA = {
    "x": random.randn(2, 4, 6).astype("float32"),
    "y": random.randn(2, 4, 6).astype("float32"),
    "p": (random.rand(2, 4, 6) + 0.2).astype("float32"),
    "u": (random.rand(2, 4, 6) * 1.8 - 0.9).astype("float32"),
    "s": random.randn(2, 4, 4).astype("float32"),
    "i": random.randint(0, 4, (2, 5)).astype("int32"),
    "im": random.rand(2, 6, 8, 3).astype("float32"),
}


def cases(x, y, p, u, s, i, im):
    for name in ("abs absolute ceil cos cosh erf exp expm1 floor isfinite isinf isnan log_sigmoid negative reciprocal sigmoid sign sin "
                 "sinh softplus square tan tanh arcsinh arctan relu relu6 selu silu softsign hard_sigmoid gelu elu leaky_relu copy").split():
        yield lambda f=getattr(ops, name, None): f(x)
    for name in "log log1p log2 log10 sqrt rsqrt".split():
        yield lambda f=getattr(ops, name): f(p)
    for name in "arccos arcsin arctanh erfinv".split():
        yield lambda f=getattr(ops, name, None): f(u)
    for name in "add subtract multiply divide true_divide maximum minimum arctan2 floor_divide mod".split():
        yield lambda f=getattr(ops, name): f(x, p)
    for name in "equal not_equal greater greater_equal less less_equal".split():
        yield lambda f=getattr(ops, name): f(i, 2)
    yield lambda: x + 1.5
    yield lambda: 1.0 - x
    yield lambda: x / p
    yield lambda: x**2
    yield lambda: -x
    yield lambda: x @ ops.transpose(y, (0, 2, 1))
    yield lambda: ops.power(p, 1.5)
    yield lambda: ops.logical_and(ops.greater(x, 0), ops.less(y, 0))
    yield lambda: ops.logical_or(ops.greater(x, 0), ops.less(y, 0))
    yield lambda: ops.logical_not(ops.greater(x, 0))
    yield lambda: ops.where(ops.greater(x, y), x, y)
    for name in "sum mean max min prod std var amax amin".split():
        yield lambda f=getattr(ops, name): f(x, axis=1)
        yield lambda f=getattr(ops, name): f(x, axis=(1, 2), keepdims=True)
    yield lambda: ops.logsumexp(x, axis=-1)
    yield lambda: ops.any(ops.greater(x, 1), axis=-1)
    yield lambda: ops.all(ops.greater(x, -1), axis=-1)
    yield lambda: ops.argmax(x, axis=-1)
    yield lambda: ops.argmin(x, axis=1)
    yield lambda: ops.argsort(x, axis=-1)
    yield lambda: ops.sort(x, axis=1)
    yield lambda: ops.cumsum(x, axis=1)
    yield lambda: ops.cumprod(x, axis=1)
    yield lambda: ops.top_k(x, 2)[0]
    yield lambda: ops.top_k(x, 2)[1]
    yield lambda: ops.reshape(x, (-1, 8, 3))
    yield lambda: ops.transpose(x, (0, 2, 1))
    yield lambda: ops.expand_dims(x, 1)
    yield lambda: ops.squeeze(ops.expand_dims(x, -1), -1)
    yield lambda: ops.concatenate([x, y], axis=-1)
    yield lambda: ops.stack([x, y], axis=1)
    yield lambda: ops.split(x, 2, axis=1)[1]
    yield lambda: ops.split(x, [1, 3], axis=-1)[1]
    yield lambda: ops.unstack(x, axis=1)[2]
    yield lambda: ops.tile(x, [1, 2, 1])
    yield lambda: ops.repeat(x, 2, axis=1)
    yield lambda: ops.flip(x, axis=1)
    yield lambda: ops.roll(x, 1, axis=1)
    yield lambda: ops.pad(x, [[0, 0], [1, 2], [0, 1]])
    yield lambda: ops.pad(x, [[0, 0], [1, 1], [2, 0]], mode="reflect")
    yield lambda: ops.take(x, np.array([0, 2, 2]), axis=1)
    yield lambda: ops.one_hot(i, 4)
    yield lambda: ops.clip(x, -0.5, 0.25)
    yield lambda: ops.cast(i, "float32")
    yield lambda: ops.cast(x * 3.0, "int32")
    yield lambda: ops.zeros_like(x) + ops.ones_like(y)
    yield lambda: ops.matmul(s, x)
    yield lambda: ops.einsum("bij,bkj->bik", x, y)
    yield lambda: ops.tensordot(x, np.linspace(-1, 1, 12).reshape(6, 2).astype("float32"), axes=1)
    yield lambda: ops.swapaxes(x, 1, 2)
    yield lambda: ops.moveaxis(x, 1, 2)
    yield lambda: ops.tril(s)
    yield lambda: ops.triu(s, k=1)
    yield lambda: ops.diagonal(s, axis1=1, axis2=2)
    yield lambda: ops.trace(s, axis1=1, axis2=2)
    yield lambda: ops.softmax(x)
    yield lambda: ops.softmax(x, axis=1)
    yield lambda: ops.log_softmax(x)
    yield lambda: ops.gelu(x, approximate=False)
    yield lambda: ops.leaky_relu(x, negative_slope=0.1)
    yield lambda: ops.max_pool(im, 2, 2)
    yield lambda: ops.max_pool(im, 3, 2, padding="same")
    yield lambda: ops.average_pool(im, 3, 2, padding="same")
    yield lambda: ops.conv(im, np.linspace(-1, 1, 108).reshape(3, 3, 3, 4).astype("float32"), 1, "same")
    yield lambda: ops.image.resize(im, (9, 5))
    yield lambda: ops.image.resize(im, (9, 5), interpolation="nearest")
    yield lambda: ops.image.extract_patches(im, (2, 3), strides=(2, 2))
    yield lambda: ops.nn.moments(x, axes=[1])[1]
    yield lambda: ops.norm(x, axis=-1)
    yield lambda: ops.normalize(x, axis=-1)
    yield lambda: x[:, 0]
    yield lambda: x[..., ::2]
    yield lambda: x[:, 1:3, None]
    yield lambda: x[:, -1]
    yield lambda: ops.squeeze(x[:, :1], axis=1)
    yield lambda: ops.stop_gradient(x)
    yield lambda: ops.broadcast_to(x[:, :1], (2, 4, 6))


def main(folder):
    """Writes the case."""
    inputs = {name: keras.Input(batch_shape=(None, *a.shape[1:]), dtype=str(a.dtype), name=name) for name, a in DATA.items()}
    outputs, left_out = [], []
    for case in cases(**inputs):
        try:
            value = case()
            model = keras.Model(list(inputs.values()), value)
            keras.models.model_from_json(model.to_json())(list(DATA.values()))
        except Exception as error:
            left_out.append(str(error).split("\n")[0][:120])
        else:
            outputs.append(value)
    model = keras.Model(list(inputs.values()), outputs)
    results = [np.asarray(value) for value in model(list(DATA.values()))]
    os.makedirs(folder, exist_ok=True)
    with gzip.GzipFile(os.path.join(folder, "operations.json.gz"), "wb", mtime=0) as file:
        file.write(json.dumps(json.loads(model.to_json())).encode())
    arrays = {f"in_{n}": a for n, a in enumerate(DATA.values())} | {f"out_{n}": a for n, a in enumerate(results)}
    np.savez_compressed(os.path.join(folder, "operations.npz"), **arrays)
    print(len(outputs), "outputs; left out:", *left_out, sep="\n   ")


if __name__ == "__main__":
    main(os.path.join(os.path.dirname(os.path.abspath(__file__)), sys.argv[1]))
