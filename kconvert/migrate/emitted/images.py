"""Convolutions, pooling, padding and lengths: keras 1.2.2 and 2.2.4 backend/tensorflow_backend.py, utils/conv_utils.py."""

import keras
import numpy as np
from keras import ops


def keras2_data_format(data_format):
    """Any of the names of all times; None is what this machine's Keras is set to."""
    names = {"th": "channels_first", "tf": "channels_last", None: keras.config.image_data_format()}
    return names.get(data_format, data_format)


def keras2_normalize_data_format(value):
    """conv_utils.normalize_data_format."""
    return keras2_data_format(value.lower() if value is not None else None)


def keras2_bias_add(x, bias, data_format=None):
    """K.bias_add: a bias of one axis is that of the channels."""
    first = keras2_data_format({"NHWC": "channels_last", "NCHW": "channels_first"}.get(data_format, data_format))
    if first == "channels_first" and len(bias.shape) == 1 and len(x.shape) > 2:
        return x + ops.reshape(bias, (1, -1, *[1] * (len(x.shape) - 2)))
    return x + bias


def keras2_temporal_padding(x, padding=(1, 1)):
    """K.temporal_padding."""
    pair = (padding, padding) if isinstance(padding, int) else tuple(padding)
    return ops.pad(x, [[0, 0], list(pair), [0, 0]])


def keras1_asymmetric_temporal_padding(x, left_pad=1, right_pad=1):
    """K.asymmetric_temporal_padding."""
    return ops.pad(x, [[0, 0], [left_pad, right_pad], [0, 0]])


def keras2_spatial_2d_padding(x, padding=((1, 1), (1, 1)), data_format=None):
    """K.spatial_2d_padding; a number is for both sides."""
    pairs = [[p, p] if isinstance(p, int) else list(p) for p in padding]
    none = [0, 0]
    first = keras2_data_format(data_format) == "channels_first"
    return ops.pad(x, [none, none, *pairs] if first else [none, *pairs, none])


def keras1_asymmetric_spatial_2d_padding(x, top_pad=1, bottom_pad=1, left_pad=1, right_pad=1, data_format=None):
    """K.asymmetric_spatial_2d_padding."""
    return keras2_spatial_2d_padding(x, ((top_pad, bottom_pad), (left_pad, right_pad)), data_format)


def keras2_spatial_3d_padding(x, padding=((1, 1), (1, 1), (1, 1)), data_format=None):
    """K.spatial_3d_padding."""
    return keras2_spatial_2d_padding(x, padding, data_format)


def keras2_resize_images(x, height_factor, width_factor, data_format=None, interpolation="nearest"):
    """K.resize_images by whole factors."""
    first = keras2_data_format(data_format) == "channels_first"
    if interpolation != "nearest":
        height, width = x.shape[2:4] if first else x.shape[1:3]
        size = (height * height_factor, width * width_factor)
        name = keras2_data_format(data_format)
        return ops.image.resize(x, size, interpolation=interpolation, data_format=name)
    for axis, factor in zip((2, 3) if first else (1, 2), (height_factor, width_factor), strict=True):
        x = ops.repeat(x, factor, axis=axis)
    return x


def keras2_conv1d(x, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    """K.conv1d; `causal` pads before."""
    if padding == "causal":
        x, padding = ops.pad(x, [[0, 0], [dilation_rate * (kernel.shape[0] - 1), 0], [0, 0]]), "valid"
    name = keras2_data_format(data_format)
    return ops.conv(x, kernel, strides, padding, data_format=name, dilation_rate=dilation_rate)


def keras2_conv2d(x, kernel, strides=(1, 1), padding="valid", data_format=None, dilation_rate=(1, 1)):
    """K.conv2d, the kernel as (rows, columns, in, out)."""
    name = keras2_data_format(data_format)
    return ops.conv(x, kernel, tuple(strides), padding, data_format=name, dilation_rate=tuple(dilation_rate))


def keras2_conv2d_transpose(x, kernel, output_shape, strides=(1, 1), padding="valid", data_format=None):
    """K.conv2d_transpose; the kernel as (rows, columns, out, in)."""
    name = keras2_data_format(data_format)
    result = ops.conv_transpose(x, kernel, tuple(strides), padding, data_format=name)
    rows, columns = output_shape[2:4] if name == "channels_first" else output_shape[1:3]
    return result[:, :, :rows, :columns] if name == "channels_first" else result[:, :rows, :columns]


def keras2_depthwise_conv2d(
    x, depthwise_kernel, strides=(1, 1), padding="valid", data_format=None, dilation_rate=(1, 1)
):
    """K.depthwise_conv2d."""
    name = keras2_data_format(data_format)
    return ops.depthwise_conv(x, depthwise_kernel, tuple(strides), padding, name, tuple(dilation_rate))


def keras2_pool2d(x, pool_size, strides=(1, 1), padding="valid", data_format=None, pool_mode="max"):
    """K.pool2d."""
    pool = ops.max_pool if pool_mode == "max" else ops.average_pool
    return pool(x, tuple(pool_size), tuple(strides), padding, keras2_data_format(data_format))


def keras2_conv_output_length(input_length, filter_size, padding, stride, dilation=1):
    """conv_utils.conv_output_length."""
    if input_length is None:
        return None
    dilated = filter_size + (filter_size - 1) * (dilation - 1)
    cut = {"same": 0, "valid": dilated - 1, "causal": 0, "full": 1 - dilated}[padding]
    return (input_length - cut + stride - 1) // stride


def keras2_deconv_length(dim_size, stride_size, kernel_size, padding, output_padding=None, dilation=1):
    """conv_utils.deconv_length."""
    if dim_size is None:
        return None
    kernel_size = kernel_size + (kernel_size - 1) * (dilation - 1)
    if output_padding is not None:
        pad = {"same": kernel_size // 2, "valid": 0, "full": kernel_size - 1}[padding]
        return (dim_size - 1) * stride_size + kernel_size - 2 * pad + output_padding
    more = {"same": 0, "valid": max(kernel_size - stride_size, 0), "full": -(stride_size + kernel_size - 2)}[padding]
    return dim_size * stride_size + more


def keras2_normalize_tuple(value, n, name=None):
    """conv_utils.normalize_tuple: a number, n times."""
    return (value,) * n if isinstance(value, int) else tuple(value)


def keras2_normalize_padding(value):
    """conv_utils.normalize_padding."""
    return value.lower()


def keras2_batch_normalization(x, mean, var, beta, gamma, axis=-1, epsilon=1e-3):
    """K.batch_normalization: all but x already have a shape that fits."""
    scale = ops.rsqrt(var + epsilon)
    scale = scale if gamma is None else scale * gamma
    return (x - mean) * scale + (0.0 if beta is None else beta)


def keras2_normalize_batch_in_training(x, gamma, beta, reduction_axes, epsilon=1e-3):
    """K.normalize_batch_in_training: (normalized, mean, variance)."""
    axes = list(reduction_axes)
    mean, var = ops.moments(x, axes)
    shape = [1 if n in axes else x.shape[n] for n in range(len(x.shape))]

    def broad(value):
        return None if value is None else ops.reshape(value, shape)

    return keras2_batch_normalization(x, broad(mean), broad(var), broad(beta), broad(gamma), epsilon=epsilon), mean, var


def tf_dimension_value(dimension):
    """tf.compat.dimension_value: the length itself."""
    return getattr(dimension, "value", dimension)


def tf_tensor_shape(dims):
    """tf.TensorShape: a tuple of lengths."""
    return tuple(None if d is None else int(np.asarray(d)) for d in dims)


def tf_matmul(a, b, transpose_a=False, transpose_b=False, name=None):
    """tf.matmul with its transpositions."""
    return ops.matmul(ops.swapaxes(a, -1, -2) if transpose_a else a, ops.swapaxes(b, -1, -2) if transpose_b else b)


def tf_squared_difference(x, y, name=None):
    """tf.math.squared_difference."""
    return ops.square(ops.subtract(x, y))


def tf_add_n(inputs, name=None):
    """tf.add_n."""
    return sum(inputs[1:], inputs[0])


def tf_split(value, num_or_size_splits, axis=0, num=None, name=None):
    """tf.split: a list says sizes, where ops.split takes places."""
    if isinstance(num_or_size_splits, int):
        return ops.split(value, num_or_size_splits, axis=axis)
    return ops.split(value, [int(n) for n in np.cumsum(num_or_size_splits)[:-1]], axis=axis)


def tf_pad(tensor, paddings, mode="CONSTANT", name=None, constant_values=0):
    """tf.pad."""
    if mode.lower() == "constant":
        return ops.pad(tensor, paddings, constant_values=constant_values or None)
    return ops.pad(tensor, paddings, mode=mode.lower())
