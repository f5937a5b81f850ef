"""Writes models of op layers with the TensorFlow that runs this file, and what that TensorFlow computes with them.

    python make_cases.py tf-2.4                    # in an environment with TensorFlow 2.4, beside this file

writes `tf-2.4/<group>.json.gz`, the architecture, and `<group>.npz` (inputs `in_0`, ..., outputs `out_0`, ...) for each group
below; these models have no weights. A function that this TensorFlow does not have is left out. TensorFlow 1.15 to 2.3 write
TensorFlowOpLayer, 2.4 to 2.15 TFOpLambda.

Some functions never appear in a file under the name that people write (`tf.transpose` is `compat.v1.transpose` there). They
are called here one by one: `calls.json` lists name, arguments (`"@x"` is an input) and output, `calls.npz` the arrays.
"""
from __future__ import print_function

import gzip
import json
import os
import sys

import numpy as np
import tensorflow as tf

HERE = os.path.dirname(os.path.abspath(__file__))
keras = tf.keras
v1 = tf.compat.v1
IS_GRAPH = tuple(map(int, tf.__version__.split(".")[:2])) < (2, 4)
random = np.random.RandomState(7)


def floats(*shape):
    return random.randn(*shape).astype("float32")


def positive(*shape):
    return (random.rand(*shape) * 2 + 0.1).astype("float32")


def inside(*shape):
    return (random.rand(*shape) * 1.8 - 0.9).astype("float32")


def integers(low, high, *shape):
    return random.randint(low, high, shape).astype("int32")


def group_unary():
    data = [("x", floats(2, 4, 6)), ("p", positive(2, 4, 6)), ("u", inside(2, 4, 6))]

    def cases(x, p, u):
        for name in ("abs ceil cos cosh erf exp floor log_sigmoid negative reciprocal rint round sigmoid sign sin sinh "
                     "softplus square tan tanh expm1 asinh atan is_finite is_inf is_nan bessel_i0").split():
            yield name, lambda f=getattr(tf.math, name): f(x)
        for name in "log sqrt rsqrt log1p reciprocal_no_nan".split():
            yield name, lambda f=getattr(tf.math, name): f(p)
        for name in "acos asin atanh erfinv erfc".split():
            yield name, lambda f=getattr(tf.math, name, None): f(u)
        yield "acosh", lambda: tf.math.acosh(p + 1.0)
        yield "half", lambda: tf.math.round(tf.round(x * 4.0) / 2.0)
        yield "halfrint", lambda: tf.math.rint(tf.round(x * 4.0) / 2.0)
        yield "not", lambda: tf.logical_not(x > 0.0)
        yield "not_operator", lambda: ~(x < 0.0)
        yield "abs_operator", lambda: abs(-x)
        yield "identity", lambda: tf.identity(x)
        yield "stop_gradient", lambda: tf.stop_gradient(x)
        yield "zeros_like", lambda: tf.zeros_like(x)
        yield "ones_like", lambda: tf.ones_like(x)
        yield "zeros_like_v1", lambda: v1.zeros_like(x)
        yield "ones_like_v1", lambda: v1.ones_like(x)
        yield "cast", lambda: tf.cast(x * 3.0, tf.int32)
        yield "cast_back", lambda: tf.cast(tf.cast(x * 3.0, "int64"), tf.float32)
        yield "cast_bool", lambda: tf.cast(x > 0.3, tf.float32)
        yield "cast_double", lambda: tf.cast(x, tf.float64) * 2.0
        yield "cast_same", lambda: tf.cast(x, tf.float32)
        if IS_GRAPH:
            yield "raw_clip", lambda: tf.raw_ops.ClipByValue(t=x, clip_value_min=-0.5, clip_value_max=0.5)
            yield "raw_ones_like", lambda: tf.raw_ops.OnesLike(x=x)
        yield "to_double", lambda: v1.to_double(x)
        yield "to_int64", lambda: v1.to_int64(x * 3.0)
        yield "convert_to_tensor", lambda: tf.convert_to_tensor(x) * 1.5
        yield "ensure_shape", lambda: tf.ensure_shape(x, [None, 4, 6])
        yield "to_float", lambda: v1.to_float(tf.cast(x * 3.0, tf.int32))
        yield "to_int32", lambda: v1.to_int32(x * 3.0)

    return data, cases


def group_binary():
    data = [("x", floats(2, 4, 6)), ("y", floats(2, 4, 6)), ("p", positive(2, 4, 6)), ("i", integers(-9, 9, 2, 5)),
            ("j", integers(1, 5, 2, 5)), ("v", floats(2, 6))]

    def cases(x, y, p, i, j, v):
        zero = tf.nn.relu(y)
        yield "add", lambda: tf.add(x, y)
        yield "add_operator", lambda: x + y
        yield "add_constant", lambda: 1.5 + x
        yield "add_array", lambda: x + np.arange(6).astype("float32")
        yield "add_list", lambda: tf.add(x, [1.0, 2.0, 3.0, 4.0, 5.0, 6.5])
        yield "add_broadcast", lambda: x + v[:, tf.newaxis]
        yield "subtract", lambda: tf.subtract(x, y)
        yield "subtract_reversed", lambda: 1.0 - x
        yield "multiply", lambda: tf.multiply(x, y)
        yield "multiply_integers", lambda: i * 3
        yield "scalar_mul", lambda: tf.math.scalar_mul(2.5, x)
        yield "divide", lambda: tf.divide(x, p)
        yield "truediv", lambda: x / 255.0
        yield "truediv_reversed", lambda: 2.0 / p
        yield "truediv_integers", lambda: i / j
        yield "floordiv", lambda: x // p
        yield "floordiv_integers", lambda: i // j
        yield "floordiv_function", lambda: tf.math.floordiv(i, 3)
        yield "floormod", lambda: x % p
        yield "floormod_integers", lambda: i % j
        yield "mod", lambda: tf.math.mod(i, 4)
        yield "divide_no_nan", lambda: tf.math.divide_no_nan(x, zero)
        yield "multiply_no_nan", lambda: tf.math.multiply_no_nan(x, zero)
        yield "reciprocal_no_nan", lambda: tf.math.reciprocal_no_nan(zero)
        yield "xdivy", lambda: tf.math.xdivy(zero, p)
        yield "xlogy", lambda: tf.math.xlogy(zero, zero)
        yield "xlog1py", lambda: tf.math.xlog1py(zero, p)
        yield "pow", lambda: tf.pow(p, y)
        yield "pow_operator", lambda: x ** 2
        yield "pow_reversed", lambda: 2.0 ** x
        yield "pow_integers", lambda: j ** 3
        yield "maximum", lambda: tf.maximum(x, y)
        yield "maximum_constant", lambda: tf.maximum(x, 0.05)
        yield "minimum", lambda: tf.minimum(x, y)
        yield "squared_difference", lambda: tf.math.squared_difference(x, y)
        yield "atan2", lambda: tf.math.atan2(x, y)
        yield "add_n", lambda: tf.add_n([x, y, p])
        yield "clip_by_value", lambda: tf.clip_by_value(x, -0.5, 0.75)
        yield "clip_by_tensor", lambda: tf.clip_by_value(x, -p, p)
        yield "clip_by_norm", lambda: tf.clip_by_norm(x, 1.5, axes=[2])
        for name in "equal not_equal greater greater_equal less less_equal".split():
            yield name, lambda f=getattr(tf, name): f(i, 2)
            yield name + "_tensors", lambda f=getattr(tf.math, name): f(i, j)
        yield "greater_operator", lambda: x > y
        yield "less_operator", lambda: x <= 0.25
        yield "logical_and", lambda: tf.logical_and(x > 0.0, y > 0.0)
        yield "logical_or", lambda: tf.logical_or(x > 0.0, y > 0.0)
        yield "logical_xor", lambda: tf.math.logical_xor(x > 0.0, y > 0.0)
        yield "and_operator", lambda: (x > 0.0) & (y > 0.0)
        yield "or_operator", lambda: (x > 0.0) | (y > 0.0)
        yield "where", lambda: tf.where(x > y, x, y * 0.5)
        yield "where_constants", lambda: tf.where(x > 0.0, 1.0, -1.0)
        yield "where_v2", lambda: v1.where_v2(x > 0.0, x, 0.0)

    return data, cases


def group_reductions():
    data = [("x", floats(2, 4, 6)), ("p", positive(2, 4, 6)), ("i", integers(-3, 4, 2, 5)), ("t", floats(2, 5))]

    def cases(x, p, i, t):
        for name in "sum prod mean max min logsumexp".split():
            function, old = getattr(tf, "reduce_" + name), getattr(v1, "reduce_" + name)
            yield name, lambda f=function: f(x, 1)
            yield name + "_axes", lambda f=function: f(x, axis=[1, -1])
            yield name + "_keepdims", lambda f=function: f(x, axis=-1, keepdims=True)
            yield name + "_all", lambda f=function: p * f(x)
            yield name + "_v1", lambda f=old: f(x, axis=1, keep_dims=True)
            yield name + "_v1_indices", lambda f=old: f(x, reduction_indices=[2])
        for name in "any all".split():
            function, old = getattr(tf, "reduce_" + name), getattr(v1, "reduce_" + name)
            yield name, lambda f=function: f(x > 0.0, axis=1)
            yield name + "_v1", lambda f=old: f(x > 0.0, 1, keep_dims=True)
        for name in "reduce_std reduce_variance reduce_euclidean_norm".split():
            yield name, lambda f=getattr(tf.math, name): f(x, axis=1)
            yield name + "_keepdims", lambda f=getattr(tf.math, name): f(x, axis=[1, 2], keepdims=True)
        yield "sum_integers", lambda: tf.reduce_sum(i, axis=1)
        yield "count_nonzero", lambda: tf.math.count_nonzero(i, axis=1)
        yield "cumsum", lambda: tf.cumsum(x, axis=1)
        yield "cumsum_exclusive", lambda: tf.cumsum(x, axis=-1, exclusive=True)
        yield "cumsum_reverse", lambda: tf.math.cumsum(x, 2, reverse=True, exclusive=True)
        yield "cumprod", lambda: tf.math.cumprod(x, axis=1)
        yield "cumprod_exclusive", lambda: tf.math.cumprod(x, axis=1, exclusive=True, reverse=True)
        yield "argmax", lambda: tf.argmax(x, axis=-1)
        yield "argmax_first", lambda: tf.argmax(tf.transpose(t), output_type=tf.int32)
        yield "argmin", lambda: tf.math.argmin(x, axis=1)
        yield "argmax_v1", lambda: v1.argmax(x, dimension=1)
        yield "argmin_v1", lambda: v1.argmin(x, 2)
        yield "top_k", lambda: tf.math.top_k(t, k=3)
        yield "top_k_values", lambda: tf.nn.top_k(t, 2).values
        yield "l2_normalize", lambda: tf.math.l2_normalize(x, axis=-1)
        yield "l2_normalize_epsilon", lambda: tf.nn.l2_normalize(x, axis=[1, 2], epsilon=3.0)
        yield "l2_normalize_v1", lambda: v1.nn.l2_normalize(x, dim=1)
        yield "norm", lambda: tf.norm(x, axis=-1)
        yield "norm_keepdims", lambda: tf.norm(x, axis=1, keepdims=True)
        yield "norm_1", lambda: tf.norm(x, ord=1, axis=-1)
        yield "norm_inf", lambda: tf.norm(x, ord=np.inf, axis=1)
        yield "norm_3", lambda: tf.norm(x, ord=3, axis=1)
        yield "norm_2", lambda: tf.linalg.norm(x, ord=2, axis=1)
        yield "norm_fro", lambda: tf.norm(x, ord="fro", axis=[-2, -1])
        yield "norm_v1", lambda: v1.norm(x, axis=1, keep_dims=True)
        yield "normalize", lambda: list(tf.linalg.normalize(x, axis=-1))
        yield "moments", lambda: list(tf.nn.moments(x, axes=[1], keepdims=True))
        yield "moments_v1", lambda: list(v1.nn.moments(x, [1, 2]))
        yield "sort", lambda: tf.sort(x, axis=1)
        yield "sort_descending", lambda: tf.sort(x, direction="DESCENDING")
        yield "argsort", lambda: tf.argsort(i, axis=1)
        yield "argsort_descending", lambda: tf.argsort(i, direction="DESCENDING", stable=True)

    return data, cases


def group_arrays():
    data = [("x", floats(2, 4, 6)), ("y", floats(2, 4, 6)), ("i", integers(0, 4, 2, 5)), ("k", integers(0, 4, 2)),
            ("w", floats(2, 1, 6))]

    def cases(x, y, i, k, w):
        n = tf.shape(x)[0]
        yield "transpose", lambda: tf.transpose(x, [0, 2, 1])
        yield "transpose_perm", lambda: tf.transpose(x, perm=(1, 0, 2)) + 1.0
        yield "transpose_v1", lambda: v1.transpose(x, [0, 2, 1])
        yield "expand_dims", lambda: tf.expand_dims(x, -1)
        yield "expand_dims_axis", lambda: tf.expand_dims(x, axis=1)
        yield "expand_dims_v1", lambda: v1.expand_dims(x, dim=2)
        yield "squeeze", lambda: tf.squeeze(w, axis=1)
        yield "squeeze_axes", lambda: tf.squeeze(tf.expand_dims(w, -1), [1, -1])
        yield "squeeze_v1", lambda: v1.squeeze(w, squeeze_dims=[1])
        yield "squeeze_all", lambda: tf.squeeze(w)
        yield "reshape", lambda: tf.reshape(x, [-1, 8, 3])
        yield "reshape_batch", lambda: tf.reshape(x, [n, 24])
        yield "reshape_shape", lambda: tf.reshape(x, tf.shape(y))
        yield "reshape_stack", lambda: tf.reshape(x, tf.stack([n, tf.shape(x)[1] * tf.shape(x)[2]]))
        yield "reshape_concat", lambda: tf.reshape(x, tf.concat([tf.shape(x)[:1], [2, 2, 6]], axis=0))
        yield "reshape_v1", lambda: tf.reshape(x, (v1.shape(x)[0], 24))
        yield "reshape_fold", lambda: tf.reshape(tf.reshape(x, [n * 4, 6]), [-1, 4, 6])
        yield "reshape_prod", lambda: tf.reshape(x, [-1, tf.reduce_prod(tf.shape(x)[1:])])
        yield "size", lambda: x / tf.cast(tf.size(x[:, :, 0]) // n, tf.float32)
        yield "size_v1", lambda: x / tf.cast(v1.size(x[:, :, 0]), tf.float32)
        yield "batch_mean", lambda: tf.reduce_sum(x) / tf.cast(n, tf.float32) + x
        yield "scale_by_length", lambda: x / tf.sqrt(tf.cast(tf.shape(x)[-1], tf.float32))
        yield "rank", lambda: x * tf.cast(tf.rank(x), tf.float32)
        yield "concat", lambda: tf.concat([x, y], axis=-1)
        yield "concat_constant", lambda: tf.concat([x, y, tf.zeros_like(x) + 2.0], 1)
        yield "stack", lambda: tf.stack([x, y], axis=1)
        yield "stack_last", lambda: tf.stack([x, y, x], axis=-1)
        yield "unstack", lambda: tf.unstack(x, axis=1)[2]
        yield "unstack_num", lambda: tf.unstack(x, num=6, axis=-1)[::2]
        yield "split", lambda: tf.split(x, 2, axis=1)
        yield "split_sizes", lambda: tf.split(x, [1, 2, 3], axis=-1)
        yield "split_rest", lambda: tf.split(x, num_or_size_splits=[2, -1], axis=2)
        yield "tile", lambda: tf.tile(x, [1, 2, 1])
        yield "tile_batch", lambda: tf.tile(tf.reduce_mean(x, axis=0, keepdims=True), [n, 1, 1])
        yield "repeat", lambda: tf.repeat(x, 2, axis=1)
        if not IS_GRAPH:  # TensorFlow 2.3 makes it of operations whose size depends on the data
            yield "repeat_list", lambda: tf.repeat(x, repeats=[1, 2, 0, 1], axis=1)
        yield "reverse", lambda: tf.reverse(x, axis=[1])
        yield "reverse_two", lambda: tf.reverse(x, [1, -1])
        yield "roll", lambda: tf.roll(x, shift=1, axis=1)
        yield "roll_two", lambda: tf.roll(x, shift=[1, -2], axis=[1, 2])
        yield "gather", lambda: tf.gather(x, [0, 2, 2], axis=1)
        yield "gather_table", lambda: tf.gather(np.arange(24).reshape(4, 6).astype("float32"), i)
        yield "gather_batch", lambda: tf.gather(x, i, axis=1, batch_dims=1)
        yield "gather_one", lambda: tf.gather(x, k, axis=1, batch_dims=1)
        yield "gather_v1", lambda: v1.gather(x, [3, 1], axis=1)
        yield "gather_last", lambda: v1.batch_gather(x, i) if False else tf.gather(x, [1], axis=-1)
        yield "one_hot", lambda: tf.one_hot(i, 4)
        yield "one_hot_outside", lambda: tf.one_hot(i - 1, 3)
        yield "one_hot_axis", lambda: tf.one_hot(i, depth=4, axis=1)
        yield "one_hot_values", lambda: tf.one_hot(i, 4, on_value=5.0, off_value=-1.0)
        yield "one_hot_integers", lambda: tf.one_hot(i, 4, dtype=tf.int32)
        yield "pad", lambda: tf.pad(x, [[0, 0], [1, 2], [0, 3]])
        yield "pad_value", lambda: tf.pad(x, [[0, 0], [1, 0], [0, 1]], constant_values=-1.5)
        yield "pad_reflect", lambda: tf.pad(x, [[0, 0], [2, 1], [1, 1]], mode="REFLECT")
        yield "pad_symmetric", lambda: tf.pad(x, [[0, 0], [2, 1], [1, 1]], "SYMMETRIC")
        yield "pad_v1", lambda: v1.pad(x, [[0, 0], [1, 1], [0, 0]], mode="CONSTANT", constant_values=2.0)
        yield "slice", lambda: tf.slice(x, [0, 1, 2], [-1, 2, 3])
        yield "strided_slice", lambda: tf.strided_slice(x, [0, 1, 0], [2, 4, 6], [1, 2, 3])
        yield "strided_slice_masks", lambda: tf.strided_slice(x, [0, 1], [0, 3], begin_mask=1, end_mask=1)
        yield "getitem", lambda: x[:, 1]
        yield "getitem_slices", lambda: x[:, 1:3, ::2]
        yield "getitem_negative", lambda: x[:, -1, :-2]
        yield "getitem_ellipsis", lambda: x[..., 2]
        yield "getitem_newaxis", lambda: x[:, tf.newaxis, :, 1, tf.newaxis]
        yield "getitem_reversed", lambda: x[:, ::-1]
        yield "getitem_length", lambda: x[:, : tf.shape(x)[1] - 1]
        yield "broadcast_to", lambda: tf.broadcast_to(w, [2, 4, 6])
        yield "broadcast_to_batch", lambda: tf.broadcast_to(w, [n, 4, 6])
        yield "fill", lambda: x + tf.fill([n, 4, 1], 0.5)
        yield "fill_shape", lambda: tf.fill(tf.shape(x), 2.5) * x
        yield "zeros", lambda: tf.concat([x, tf.zeros([n, 1, 6])], axis=1)
        yield "ones", lambda: tf.concat([x, tf.ones(tf.stack([n, 2, 6]))], axis=1)
        yield "range", lambda: x + tf.cast(tf.range(tf.shape(x)[-1]), tf.float32)
        yield "range_batch", lambda: x + tf.cast(tf.range(n), tf.float32)[:, tf.newaxis, tf.newaxis]
        yield "sequence_mask", lambda: tf.sequence_mask(k, 4)
        yield "sequence_mask_float", lambda: x * tf.sequence_mask(k, maxlen=4, dtype=tf.float32)[:, :, tf.newaxis]

    return data, cases


def group_einsum():
    """One model for itself: from TensorFlow 2.4 on the file does not say what tf.einsum was called on."""
    data = [("x", floats(2, 4, 5)), ("y", floats(2, 6, 5))]
    return data, lambda x, y: [("einsum", lambda: tf.tanh(tf.einsum("bij,bkj->bik", y, x)))]


def group_linalg():
    data = [("x", floats(2, 4, 6)), ("y", floats(2, 4, 6)), ("v", floats(2, 6)), ("s", floats(2, 4, 4)),
            ("a", floats(2, 5, 3)), ("b", floats(2, 5, 3))]

    def cases(x, y, v, s, a, b):
        spd = tf.matmul(s, s, transpose_b=True) + np.eye(4).astype("float32")
        yield "matmul", lambda: tf.matmul(s, x)
        yield "matmul_transposed", lambda: tf.matmul(x, y, transpose_b=True)
        yield "matmul_transposed_first", lambda: tf.linalg.matmul(x, y, transpose_a=True)
        yield "matmul_adjoint", lambda: tf.matmul(x, y, adjoint_b=True)
        yield "matmul_operator", lambda: s @ x
        yield "matmul_matrix", lambda: tf.matmul(v, np.linspace(-1, 1, 12).reshape(6, 2).astype("float32"))
        yield "matmul_matrix_transposed", lambda: tf.matmul(v, np.linspace(-1, 1, 12).reshape(2, 6).astype("float32"), transpose_b=True)
        yield "matvec", lambda: tf.linalg.matvec(x, v)
        yield "matrix_transpose", lambda: tf.linalg.matrix_transpose(x)
        yield "tensordot", lambda: tf.tensordot(x, np.linspace(-1, 1, 12).reshape(6, 2).astype("float32"), axes=1)
        yield "tensordot_axes", lambda: tf.tensordot(x, np.linspace(-1, 1, 12).reshape(4, 3).astype("float32"), axes=[[1], [0]])
        yield "trace", lambda: tf.linalg.trace(s)
        yield "diag_part", lambda: tf.linalg.diag_part(s)
        if IS_GRAPH:
            yield "raw_diag_part", lambda: tf.raw_ops.MatrixDiagPartV2(input=s, k=0, padding_value=0.0)
        yield "diag_part_offset", lambda: tf.linalg.diag_part(s, k=1)
        yield "diag", lambda: tf.linalg.diag(v)
        yield "solve", lambda: tf.linalg.solve(spd, x)
        yield "band_part", lambda: tf.linalg.band_part(s, -1, 0)
        yield "band_part_upper", lambda: tf.linalg.band_part(s, 0, -1)
        yield "band_part_both", lambda: tf.linalg.band_part(x, 1, 2)
        yield "inv", lambda: tf.linalg.inv(spd)
        yield "det", lambda: tf.linalg.det(spd)
        yield "cholesky", lambda: tf.linalg.cholesky(spd)
        yield "cross", lambda: tf.linalg.cross(a, b)
        if IS_GRAPH:  # later ones lose what it is called on
            yield "einsum", lambda: tf.einsum("bij,bkj->bik", x, y)

    return data, cases


def group_nn():
    data = [("x", floats(2, 4, 6)), ("im", floats(2, 6, 8, 4)), ("s", floats(2, 8, 4))]
    kernel = random.randn(3, 3, 4, 5).astype("float32") / 4
    depthwise = random.randn(3, 3, 4, 2).astype("float32") / 4

    def cases(x, im, s):
        for name in "relu relu6 elu selu softsign leaky_relu gelu silu swish crelu".split():
            yield name, lambda f=getattr(tf.nn, name, None): f(x * 4.0)
        yield "leaky_relu_alpha", lambda: tf.nn.leaky_relu(x, alpha=0.05)
        yield "gelu_approximate", lambda: tf.nn.gelu(x, approximate=True)
        yield "silu_beta", lambda: tf.nn.silu(x, 1.5)
        yield "nn_tanh", lambda: tf.nn.tanh(x) + tf.nn.sigmoid(x) + tf.nn.softplus(x)
        yield "softmax", lambda: tf.nn.softmax(x)
        yield "softmax_axis", lambda: tf.nn.softmax(x, axis=1)
        yield "log_softmax", lambda: tf.nn.log_softmax(x, axis=-1)
        yield "softmax_v1", lambda: v1.nn.softmax(x, dim=1)
        yield "log_softmax_v1", lambda: v1.nn.log_softmax(x, axis=1)
        yield "bias_add", lambda: tf.nn.bias_add(im, [0.5, -0.5, 1.0, 2.0])
        yield "batch_normalization", lambda: tf.nn.batch_normalization(
            im, *(np.float32([[0.1, 0.2, 0.3, 0.4], [1, 2, 3, 4], [0.5, 0, -0.5, 1], [1, 1.5, 2, 0.5]])), variance_epsilon=1e-3)
        yield "batch_normalization_plain", lambda: tf.nn.batch_normalization(
            im, *(np.float32([[0.1, 0.2, 0.3, 0.4], [1, 2, 3, 4]])), offset=None, scale=None, variance_epsilon=1e-3)
        yield "lrn", lambda: tf.nn.local_response_normalization(im, depth_radius=1, bias=2.0, alpha=0.5, beta=0.75)
        yield "conv2d", lambda: tf.nn.conv2d(im, kernel, strides=1, padding="SAME")
        yield "conv2d_strides", lambda: tf.nn.conv2d(im, kernel, strides=[1, 2, 2, 1], padding="VALID")
        yield "conv2d_dilated", lambda: tf.nn.conv2d(im, kernel, 1, "SAME", dilations=[1, 2, 2, 1])
        yield "conv2d_padding", lambda: tf.nn.conv2d(im, kernel, [1, 1, 1, 1], [[0, 0], [1, 0], [0, 2], [0, 0]])
        yield "conv2d_v1", lambda: v1.nn.conv2d(im, filter=kernel, strides=[1, 1, 1, 1], padding="SAME")
        yield "conv1d", lambda: tf.nn.conv1d(s, kernel[0], stride=2, padding="SAME")
        yield "convolution", lambda: tf.nn.convolution(im, kernel, padding="SAME")
        yield "conv3d", lambda: tf.nn.conv3d(im[:, tf.newaxis], kernel[tf.newaxis], [1, 1, 2, 1, 1], "SAME")
        yield "embedding_lookup", lambda: tf.nn.embedding_lookup(kernel[0, 0], tf.cast(tf.abs(x), tf.int32) % 4)
        yield "sigmoid_cross_entropy", lambda: tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.sigmoid(x), logits=x)
        yield "softmax_cross_entropy", lambda: tf.nn.softmax_cross_entropy_with_logits(tf.nn.softmax(x), x, axis=-1)
        yield "max_pool3d", lambda: tf.nn.max_pool3d(im[:, tf.newaxis], [1, 1, 2, 2, 1], [1, 1, 2, 2, 1], "SAME")
        yield "avg_pool3d", lambda: tf.nn.avg_pool3d(im[:, tf.newaxis], (1, 2, 2), (1, 2, 2), "VALID")
        yield "depthwise_conv2d", lambda: tf.nn.depthwise_conv2d(im, depthwise, [1, 1, 1, 1], "SAME")
        yield "depthwise_conv2d_strides", lambda: tf.nn.depthwise_conv2d(im, depthwise, strides=[1, 2, 2, 1], padding="VALID")
        yield "max_pool2d", lambda: tf.nn.max_pool2d(im, 2, 2, "VALID")
        yield "max_pool", lambda: tf.nn.max_pool(im, [1, 3, 3, 1], [1, 2, 2, 1], "SAME")
        yield "max_pool1d", lambda: tf.nn.max_pool1d(s, ksize=2, strides=1, padding="SAME")
        yield "max_pool_v1", lambda: v1.nn.max_pool(im, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME")
        yield "avg_pool2d", lambda: tf.nn.avg_pool2d(im, ksize=3, strides=2, padding="SAME")
        yield "avg_pool1d", lambda: tf.nn.avg_pool1d(s, 2, 2, "VALID")
        yield "avg_pool", lambda: tf.nn.avg_pool(im, [2, 3], [1, 1], "VALID")
        yield "avg_pool_v1", lambda: v1.nn.avg_pool(value=im, ksize=[1, 2, 2, 1], strides=[1, 1, 1, 1], padding="SAME")
        yield "depth_to_space", lambda: tf.nn.depth_to_space(im, 2)
        yield "space_to_depth", lambda: tf.nn.space_to_depth(im, block_size=2)
        yield "depth_to_space_v1", lambda: v1.depth_to_space(im, 2)
        yield "space_to_depth_v1", lambda: v1.space_to_depth(im, 2)

    return data, cases


def group_backend():
    """What code of these years calls: functions of keras.backend and keras.activations."""
    data = [("x", floats(2, 4, 6)), ("y", floats(2, 4, 6)), ("p", positive(2, 4, 6)), ("s", floats(2, 4, 4))]
    K, A = keras.backend, keras.activations

    def cases(x, y, p, s):
        for name in "abs exp square sigmoid tanh relu softplus softsign elu sign round hard_sigmoid softmax".split():
            yield name, lambda f=getattr(K, name, None): f(x * 2.0)
        for name in "log sqrt".split():
            yield name, lambda f=getattr(K, name, None): f(p)
        for name in "mean sum max min prod std var logsumexp".split():
            yield name, lambda f=getattr(K, name, None): f(x, axis=1)
            yield name + "_keepdims", lambda f=getattr(K, name, None): f(x, axis=[1, 2], keepdims=True)
        for name in ("relu gelu swish hard_sigmoid softmax elu selu softplus softsign tanh sigmoid exponential linear mish "
                     "log_softmax relu6").split():
            yield "activation_" + name, lambda f=getattr(A, name, None): f(x * 3.0)
        yield "relu_all", lambda: A.relu(x, alpha=0.1, max_value=1.0, threshold=0.2)
        yield "relu_slope", lambda: K.relu(x, alpha=0.3)
        yield "relu_max", lambda: K.relu(x * 4.0, max_value=2.0)
        yield "relu_six", lambda: K.relu(x * 4.0, max_value=6.0)
        yield "any", lambda: K.cast(K.any(x > 0.0, axis=1), "float32")
        yield "all", lambda: K.cast(K.all(x > -1.0, axis=1), "float32")
        yield "argmax", lambda: K.argmax(x, axis=-1)
        yield "clip", lambda: K.clip(x, -0.5, 0.5)
        yield "pow", lambda: K.pow(p, 1.5)
        yield "maximum", lambda: K.maximum(x, y) + K.minimum(x, 0.0)
        yield "equal", lambda: K.cast(K.equal(x, y), "float32") + K.cast(K.greater(x, y), K.floatx())
        yield "epsilon", lambda: x / (K.sqrt(K.sum(K.square(x), axis=-1, keepdims=True)) + K.epsilon())
        yield "dot", lambda: K.dot(x, K.constant(np.linspace(-1, 1, 12).reshape(6, 2)))
        yield "batch_dot", lambda: K.batch_dot(x, y, axes=2)
        yield "batch_dot_axes", lambda: K.batch_dot(x, y, axes=[1, 1])
        yield "transpose", lambda: K.permute_dimensions(x, (0, 2, 1))
        yield "reshape", lambda: K.reshape(x, (-1, 24))
        yield "expand_dims", lambda: K.squeeze(K.expand_dims(x, 1), 1)
        yield "concatenate", lambda: K.concatenate([x, y], axis=-1)
        yield "stack", lambda: K.stack([x, y], axis=1)
        yield "repeat_elements", lambda: K.repeat_elements(x, 2, axis=1)
        yield "repeat", lambda: K.repeat(x[:, 0], 3)
        yield "tile", lambda: K.tile(x, [1, 2, 1])
        yield "flatten", lambda: K.batch_flatten(x)
        yield "l2_normalize", lambda: K.l2_normalize(x, axis=-1)
        yield "switch", lambda: K.switch(x > 0.0, x, y)
        yield "one_hot", lambda: K.one_hot(K.cast(K.clip(x * 2.0, 0.0, 3.0), "int32"), 4)
        yield "reverse", lambda: K.reverse(x, axes=1)
        yield "cumsum", lambda: K.cumsum(x, axis=1)
        yield "gather", lambda: K.gather(K.constant(np.arange(12).reshape(4, 3)), K.cast(K.abs(x[:, 0]), "int32") % 4)
        yield "ones_like", lambda: K.ones_like(x) - K.zeros_like(y)
        yield "int_shape", lambda: x * float(K.int_shape(x)[-1])
        yield "shape", lambda: K.reshape(x, (K.shape(x)[0], 24))
        yield "spatial_padding", lambda: K.spatial_2d_padding(K.expand_dims(x, -1))
        yield "temporal_padding", lambda: K.temporal_padding(x, (1, 2))
        yield "resize_images", lambda: K.resize_images(K.expand_dims(x, -1), 2, 2, "channels_last")
        yield "pool2d", lambda: K.pool2d(K.expand_dims(x, -1), (2, 2), strides=(2, 2))
        yield "bias_add", lambda: K.bias_add(x, K.constant([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]))
        yield "identity", lambda: K.identity(x)
        yield "stop_gradient", lambda: K.stop_gradient(x)
        yield "sin", lambda: K.sin(x) + K.cos(x)
        yield "not_equal", lambda: K.cast(K.not_equal(x, 0.0), "float32") * K.cast(K.less_equal(x, 0.5), "float32")

    return data, cases


def group_images():
    data = [("im", positive(2, 6, 8, 3)), ("g", positive(2, 6, 8, 1)), ("q", integers(0, 255, 2, 6, 8, 3).astype("uint8"))]

    def cases(im, g, q):
        yield "resize", lambda: tf.image.resize(im, (12, 16))
        yield "resize_odd", lambda: tf.image.resize(im, [7, 5])
        yield "resize_nearest", lambda: tf.image.resize(im, [9, 5], method="nearest")
        if tf.__version__ >= "2":  # TensorFlow 1 rounds its weights to a table
            yield "resize_bicubic", lambda: tf.image.resize(im, [9, 5], method="bicubic")
        yield "resize_antialias", lambda: tf.image.resize(im, [3, 3], antialias=True)
        yield "resize_lanczos", lambda: tf.image.resize(im, [3, 9], method="lanczos3", antialias=True)
        yield "resize_same", lambda: tf.image.resize(im, [6, 8])
        yield "resize_integers", lambda: tf.image.resize(q, [3, 4])
        yield "resize_nearest_integers", lambda: tf.image.resize(q, [3, 5], method="nearest")
        yield "resize_v1", lambda: v1.image.resize(im, [9, 5])
        yield "resize_v1_aligned", lambda: v1.image.resize_images(im, [9, 5], method=0, align_corners=True)
        yield "resize_v1_nearest", lambda: v1.image.resize_images(im, [9, 5], method=1)
        yield "resize_bilinear", lambda: v1.image.resize_bilinear(im, [12, 16])
        yield "resize_bilinear_odd", lambda: v1.image.resize_bilinear(im, (4, 11))
        yield "resize_bilinear_aligned", lambda: v1.image.resize_bilinear(im, (4, 11), align_corners=True)
        yield "resize_bilinear_half", lambda: v1.image.resize_bilinear(im, (4, 11), half_pixel_centers=True)
        yield "resize_nearest_v1", lambda: v1.image.resize_nearest_neighbor(im, (4, 11))
        yield "resize_nearest_aligned", lambda: v1.image.resize_nearest_neighbor(im, (4, 11), align_corners=True)
        yield "rgb_to_grayscale", lambda: tf.image.rgb_to_grayscale(im)
        yield "grayscale_to_rgb", lambda: tf.image.grayscale_to_rgb(g)
        yield "flip_left_right", lambda: tf.image.flip_left_right(im)
        yield "flip_up_down", lambda: tf.image.flip_up_down(im)
        yield "transpose", lambda: tf.image.transpose(im)
        for k in (1, 2, 3) if tf.__version__ >= "2" else ():  # a graph of conditions in TensorFlow 1
            yield "rot90_%d" % k, lambda k=k: tf.image.rot90(im, k)
        yield "per_image_standardization", lambda: tf.image.per_image_standardization(im)
        yield "adjust_brightness", lambda: tf.image.adjust_brightness(im, 0.3)
        yield "adjust_contrast", lambda: tf.image.adjust_contrast(im, 1.7)
        yield "central_crop", lambda: tf.image.central_crop(im, 0.5)
        yield "crop_to_bounding_box", lambda: tf.image.crop_to_bounding_box(im, 1, 2, 3, 4)
        yield "pad_to_bounding_box", lambda: tf.image.pad_to_bounding_box(im, 1, 2, 9, 11)
        yield "resize_with_crop_or_pad", lambda: tf.image.resize_with_crop_or_pad(im, 4, 11)
        yield "rgb_to_hsv", lambda: tf.image.rgb_to_hsv(im / 2.2)
        yield "convert_image_dtype", lambda: tf.image.convert_image_dtype(q, tf.float32)
        yield "extract_patches", lambda: tf.image.extract_patches(im, [1, 2, 3, 1], [1, 2, 2, 1], [1, 1, 1, 1], "VALID")

    return data, cases


def group_sequences():
    """Lengths that are open in the model, and code around them."""
    data = [("sequence", floats(2, 5, 8)), ("memory", floats(2, 7, 8)), ("ids", integers(0, 6, 2, 5))]

    def cases(t, z, ids):
        shape = tf.shape(t)
        yield "heads", lambda: tf.transpose(tf.reshape(t, [shape[0], shape[1], 2, 4]), [0, 2, 1, 3])
        yield "heads_back", lambda: tf.reshape(tf.transpose(
            tf.reshape(t, [-1, tf.shape(t)[1], 2, 4]), [0, 2, 1, 3]), [tf.shape(t)[0], 2, -1])
        yield "attention", lambda: tf.matmul(tf.nn.softmax(tf.matmul(t, z, transpose_b=True) / np.sqrt(8.0)), z)
        yield "positions", lambda: t + tf.cast(tf.range(tf.shape(t)[1]), tf.float32)[tf.newaxis, :, tf.newaxis]
        yield "mean", lambda: tf.reduce_sum(t, axis=1) / tf.cast(tf.shape(t)[1], tf.float32)
        yield "masked_mean", lambda: tf.reduce_sum(t * tf.cast(ids > 0, tf.float32)[:, :, tf.newaxis], 1) / tf.maximum(
            tf.reduce_sum(tf.cast(tf.not_equal(ids, 0), tf.float32), axis=1, keepdims=True), 1.0)
        yield "padding_mask", lambda: tf.cast(tf.math.equal(ids, 0), tf.float32)[:, tf.newaxis, tf.newaxis, :] * -1e9
        yield "last", lambda: t[:, -1]
        yield "first", lambda: tf.concat([t[:, :1], t[:, -1:]], axis=1)
        yield "states", lambda: tf.concat([tf.zeros([tf.shape(t)[0], 3]), t[:, 0]], axis=-1)
        yield "repeat_vector", lambda: tf.tile(tf.expand_dims(t[:, 0], 1), [1, 3, 1])
        yield "token", lambda: tf.concat([tf.tile(np.ones((1, 1, 8), "float32") * 0.5, [tf.shape(t)[0], 1, 1]), t], 1)
        yield "flat", lambda: tf.reshape(t, [-1, 8])

    return data, cases


OPEN = {  # shapes of inputs of group_sequences
    "sequence": (None, None, 8), "memory": (None, None, 8), "ids": (None, None)}


def made(group, folder):
    keras.backend.clear_session()
    data, cases = globals()["group_" + group]()
    inputs = [keras.Input(batch_shape=OPEN.get(n, (None,) + a.shape[1:]), dtype=str(a.dtype), name=n) for n, a in data]
    outputs, left_out = [], []
    for label, case in cases(*inputs):
        try:
            value = case()
            values = list(value) if isinstance(value, (list, tuple)) else [value]
            keras.Model(inputs, values).predict([a for _, a in data], batch_size=len(data[0][1]))
        except Exception as error:
            left_out.append("%s: %s" % (label, str(error).split("\n")[0][:110]))
        else:
            outputs += values
    model = keras.Model(inputs, outputs, name=group)
    arrays = [a for _, a in data]
    results = model.predict(arrays, batch_size=len(arrays[0]))
    results = results if isinstance(results, list) else [results]
    write(folder, group, json.loads(model.to_json()), arrays, results)
    print(group, len(outputs), "outputs; left out:", *left_out, sep="\n   ")


CALLS = [
    ("transpose", ["@x", [0, 2, 1]], {}),
    ("squeeze", ["@w", 1], {}),
    ("gather", ["@x", [0, 2]], {"axis": 1}),
    ("gather", ["@x", "@i"], {"axis": 1, "batch_dims": 1}),
    ("pad", ["@x", [[0, 0], [1, 2], [0, 1]], "REFLECT"], {}),
    ("pad", ["@x", [[0, 0], [1, 2], [0, 1]]], {"constant_values": 1.5}),
    ("norm", ["@x"], {"axis": 1}),
    ("divide", ["@x", "@p"], {}),
    ("math.floordiv", ["@x", "@p"], {}),
    ("math.scalar_mul", [2.0, "@x"], {}),
    ("linalg.matvec", ["@x", "@v"], {}),
    ("nn.crelu", ["@x", 1], {}),
    ("nn.moments", ["@x", [1]], {"keepdims": True}),
    ("compat.v1.nn.moments", ["@x", [1, 2]], {"keep_dims": True}),
    ("nn.conv2d", ["@im", "@k", [1, 2, 2, 1], "SAME"], {}),
    ("nn.conv1d", ["@x", "@k1", 1, "VALID"], {}),
    ("nn.depthwise_conv2d", ["@im", "@k", [1, 1, 1, 1], "SAME"], {}),
    ("nn.max_pool", ["@im", 2, 2, "SAME"], {}),
    ("nn.batch_normalization", ["@im", "@mean", "@variance", "@mean", "@variance", 1e-3], {}),
    ("compat.v1.to_float", ["@i"], {}),
    ("compat.v1.to_int32", ["@x"], {}),
    ("compat.v1.to_int64", ["@x"], {}),
    ("compat.v1.to_double", ["@x"], {}),
    ("compat.v1.expand_dims", ["@x"], {"dim": 1}),
    ("compat.v1.reduce_sum", ["@x", 1], {"keep_dims": True}),
    ("compat.v1.reduce_prod", ["@x"], {"reduction_indices": [1]}),
    ("compat.v1.reduce_mean", ["@x", 1], {"keep_dims": True}),
    ("compat.v1.reduce_max", ["@x"], {"axis": [1, 2]}),
    ("compat.v1.reduce_min", ["@x"], {"reduction_indices": 2}),
    ("compat.v1.reduce_logsumexp", ["@x", 1], {"keep_dims": True}),
    ("compat.v1.reduce_any", ["@b", 1], {}),
    ("compat.v1.reduce_all", ["@b"], {"axis": 2, "keep_dims": True}),
    ("compat.v1.argmax", ["@x"], {"dimension": 1}),
    ("compat.v1.argmin", ["@x", 1], {}),
    ("compat.v1.math.l2_normalize", ["@x"], {"dim": 2}),
    ("nn.softmax_cross_entropy_with_logits", ["@p", "@x"], {}),
    ("nn.sigmoid_cross_entropy_with_logits", ["@p", "@x"], {}),
    ("nn.embedding_lookup", ["@table", "@i"], {}),
    ("shape", ["@x"], {}),
    ("size", ["@x"], {}),
]
ARRAYS = {"x": floats(2, 4, 6), "p": positive(2, 4, 6), "w": floats(2, 1, 6), "v": floats(2, 6), "i": integers(0, 4, 2, 5),
          "b": random.rand(2, 4, 6) > 0.5, "im": floats(2, 6, 8, 4), "k": floats(3, 3, 4, 2), "k1": floats(3, 6, 2),
          "table": floats(4, 2), "mean": floats(4), "variance": positive(4)}


def called(folder):
    """Each of CALLS by itself, on constants."""
    def now(value):
        if isinstance(value, str) and value.startswith("@"):
            return tf.constant(ARRAYS[value[1:]])
        return value

    recorded, arrays = [], dict(ARRAYS)
    for name, args, kwargs in CALLS:
        function = tf
        for part in name.split("."):
            function = getattr(function, part)
        result = function(*map(now, args), **{k: now(v) for k, v in kwargs.items()})
        outputs = []
        for value in result if isinstance(result, (list, tuple)) else [result]:
            outputs.append("out_%d" % len([n for n in arrays if n.startswith("out_")]))
            arrays[outputs[-1]] = value.numpy()
        recorded.append({"function": name, "args": args, "kwargs": kwargs, "outputs": outputs})
    with open(os.path.join(folder, "calls.json"), "w") as file:
        json.dump(recorded, file, indent=1)
    np.savez_compressed(os.path.join(folder, "calls.npz"), **arrays)


def write(folder, group, config, inputs, outputs):
    if not os.path.isdir(folder):
        os.makedirs(folder)
    with gzip.GzipFile(os.path.join(folder, group + ".json.gz"), "wb", 9, mtime=0) as file:
        file.write(json.dumps(config, sort_keys=True).encode())
    recorded = {"in_%d" % n: a for n, a in enumerate(inputs)}
    recorded.update({"out_%d" % n: a for n, a in enumerate(outputs)})
    np.savez_compressed(os.path.join(folder, group + ".npz"), **recorded)


if __name__ == "__main__":
    groups = [n[6:] for n in sorted(globals()) if n.startswith("group_")]
    for name in sys.argv[2:] or groups + ([] if IS_GRAPH else ["calls"]):
        target = os.path.join(HERE, sys.argv[1])
        called(target) if name == "calls" else made(name, target)
