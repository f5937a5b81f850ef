"""What a table cannot say: one small file per case, and this literal registry of them.

A rule sees the layer as it was (`Site`) and the fragment that the table and earlier rules made of it, and returns a new one.
"""

from __future__ import annotations

from kconvert.upgrade.fragment import Rule
from kconvert.upgrade.rules.batch_modes import batch_modes
from kconvert.upgrade.rules.bidirectional import bidirectional
from kconvert.upgrade.rules.bilinear_upsampling import bilinear_upsampling
from kconvert.upgrade.rules.causal import causal
from kconvert.upgrade.rules.channels_first_bias import channels_first_bias
from kconvert.upgrade.rules.cntk_lstm import cntk_lstm
from kconvert.upgrade.rules.constraint_axes import constraint_axes
from kconvert.upgrade.rules.cosine import cosine
from kconvert.upgrade.rules.cudnn import cudnn
from kconvert.upgrade.rules.deconvolution import deconvolution
from kconvert.upgrade.rules.discretization import discretization
from kconvert.upgrade.rules.dot_axes import dot_axes
from kconvert.upgrade.rules.einsum_dense import einsum_dense
from kconvert.upgrade.rules.elementwise_statistics import elementwise_statistics
from kconvert.upgrade.rules.full_padding import full_padding
from kconvert.upgrade.rules.getitem import getitem
from kconvert.upgrade.rules.hard_sigmoid import hard_sigmoid, recurrent_hard_sigmoid
from kconvert.upgrade.rules.highway import highway
from kconvert.upgrade.rules.initial_state import initial_state
from kconvert.upgrade.rules.jzs import jzs1, jzs3
from kconvert.upgrade.rules.kept_border import kept_border
from kconvert.upgrade.rules.local_response_normalization import local_response_normalization
from kconvert.upgrade.rules.locally_connected import locally_connected
from kconvert.upgrade.rules.masked_attention import masked_attention
from kconvert.upgrade.rules.maxout_dense import maxout_dense
from kconvert.upgrade.rules.named_padding import named_padding
from kconvert.upgrade.rules.parametric_softplus import parametric_softplus
from kconvert.upgrade.rules.random_crop import random_crop
from kconvert.upgrade.rules.random_fourier_features import random_fourier_features
from kconvert.upgrade.rules.retained_dropout import retained_dropout
from kconvert.upgrade.rules.same_conv_lstm import same_conv_lstm
from kconvert.upgrade.rules.same_convolution import same_convolution
from kconvert.upgrade.rules.same_pooling import same_pooling
from kconvert.upgrade.rules.same_transposed_convolution import same_transposed_convolution
from kconvert.upgrade.rules.shared_axes import shared_axes
from kconvert.upgrade.rules.simple_deep_rnn import simple_deep_rnn
from kconvert.upgrade.rules.single_axis import single_axis
from kconvert.upgrade.rules.softmax import softmax
from kconvert.upgrade.rules.srelu import srelu
from kconvert.upgrade.rules.thresholded_linear import thresholded_linear
from kconvert.upgrade.rules.time_distributed_merge import time_distributed_merge
from kconvert.upgrade.rules.time_major import time_major
from kconvert.upgrade.rules.weight_normalization import weight_normalization
from kconvert.upgrade.rules.word_context_product import word_context_product

RULES: dict[str, Rule] = {
    "retained_dropout": retained_dropout,
    "word_context_product": word_context_product,
    "time_distributed_merge": time_distributed_merge,
    "thresholded_linear": thresholded_linear,
    "simple_deep_rnn": simple_deep_rnn,
    "local_response_normalization": local_response_normalization,
    "kept_border": kept_border,
    "jzs3": jzs3,
    "jzs1": jzs1,
    "elementwise_statistics": elementwise_statistics,
    "batch_modes": batch_modes,
    "constraint_axes": constraint_axes,
    "cosine": cosine,
    "deconvolution": deconvolution,
    "dot_axes": dot_axes,
    "full_padding": full_padding,
    "named_padding": named_padding,
    "parametric_softplus": parametric_softplus,
    "shared_axes": shared_axes,
    "srelu": srelu,
    "bidirectional": bidirectional,
    "bilinear_upsampling": bilinear_upsampling,
    "channels_first_bias": channels_first_bias,
    "causal": causal,
    "cntk_lstm": cntk_lstm,
    "cudnn": cudnn,
    "discretization": discretization,
    "einsum_dense": einsum_dense,
    "getitem": getitem,
    "hard_sigmoid": hard_sigmoid,
    "highway": highway,
    "initial_state": initial_state,
    "locally_connected": locally_connected,
    "masked_attention": masked_attention,
    "random_crop": random_crop,
    "maxout_dense": maxout_dense,
    "random_fourier_features": random_fourier_features,
    "recurrent_hard_sigmoid": recurrent_hard_sigmoid,
    "same_conv_lstm": same_conv_lstm,
    "same_convolution": same_convolution,
    "same_pooling": same_pooling,
    "same_transposed_convolution": same_transposed_convolution,
    "single_axis": single_axis,
    "softmax": softmax,
    "time_major": time_major,
    "weight_normalization": weight_normalization,
}
