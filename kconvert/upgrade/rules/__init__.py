"""What a table cannot say: one small file per case, and this literal registry of them: a map names a rule by its function.

A rule sees the layer as it was (`Site`) and the fragment that the table and earlier rules made of it, and returns a new one.
"""

from __future__ import annotations

from kconvert.upgrade.fragment import Rule
from kconvert.upgrade.rules.adaptive_pooling import adaptive_pooling
from kconvert.upgrade.rules.batch_modes import batch_modes
from kconvert.upgrade.rules.bidirectional import bidirectional
from kconvert.upgrade.rules.bilinear_upsampling import bilinear_upsampling
from kconvert.upgrade.rules.causal import causal
from kconvert.upgrade.rules.channels_first_bias import channels_first_bias
from kconvert.upgrade.rules.cntk_lstm import cntk_lstm
from kconvert.upgrade.rules.constraint_axes import constraint_axes
from kconvert.upgrade.rules.cosine import cosine
from kconvert.upgrade.rules.counted_words import counted_words
from kconvert.upgrade.rules.cudnn import cudnn
from kconvert.upgrade.rules.deconvolution import deconvolution
from kconvert.upgrade.rules.dense_gradient import dense_gradient
from kconvert.upgrade.rules.discretization import discretization
from kconvert.upgrade.rules.dot_axes import dot_axes
from kconvert.upgrade.rules.dot_of_matrices import dot_of_matrices
from kconvert.upgrade.rules.einsum_bias import einsum_bias
from kconvert.upgrade.rules.einsum_dense import einsum_dense
from kconvert.upgrade.rules.elementwise_statistics import elementwise_statistics
from kconvert.upgrade.rules.full_padding import full_padding
from kconvert.upgrade.rules.getitem import getitem
from kconvert.upgrade.rules.given_words import given_words
from kconvert.upgrade.rules.hard_sigmoid import hard_sigmoid, recurrent_hard_sigmoid
from kconvert.upgrade.rules.highway import highway
from kconvert.upgrade.rules.initial_state import initial_state
from kconvert.upgrade.rules.integer_bins import integer_bins
from kconvert.upgrade.rules.jzs import jzs1, jzs3
from kconvert.upgrade.rules.kept_border import kept_border
from kconvert.upgrade.rules.local_response_normalization import local_response_normalization
from kconvert.upgrade.rules.locally_connected import locally_connected
from kconvert.upgrade.rules.masked_attention import masked_attention
from kconvert.upgrade.rules.maxout_dense import maxout_dense
from kconvert.upgrade.rules.named_padding import named_padding
from kconvert.upgrade.rules.narrow_attention import narrow_attention
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
    rule.__name__: rule
    for rule in (
        adaptive_pooling,
        batch_modes,
        bidirectional,
        bilinear_upsampling,
        causal,
        channels_first_bias,
        cntk_lstm,
        constraint_axes,
        cosine,
        counted_words,
        cudnn,
        deconvolution,
        dense_gradient,
        discretization,
        dot_axes,
        dot_of_matrices,
        einsum_bias,
        einsum_dense,
        elementwise_statistics,
        full_padding,
        getitem,
        given_words,
        hard_sigmoid,
        highway,
        initial_state,
        integer_bins,
        jzs1,
        jzs3,
        kept_border,
        local_response_normalization,
        locally_connected,
        masked_attention,
        maxout_dense,
        named_padding,
        narrow_attention,
        parametric_softplus,
        random_crop,
        random_fourier_features,
        recurrent_hard_sigmoid,
        retained_dropout,
        same_conv_lstm,
        same_convolution,
        same_pooling,
        same_transposed_convolution,
        shared_axes,
        simple_deep_rnn,
        single_axis,
        softmax,
        srelu,
        thresholded_linear,
        time_distributed_merge,
        time_major,
        weight_normalization,
        word_context_product,
    )
}
