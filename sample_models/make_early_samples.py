"""Writes a sample model with the Keras 0.2 to 1.2 that runs this file, and what that Keras computes with it.

    KERAS_BACKEND=theano python make_early_samples.py digits          # in an environment with, say, Keras 1.0.8

writes `digits/model.h5` (or an architecture and weights), `digits/io.npz` (inputs `in_0`, ..., outputs `out_0`, ...) and
`digits/sample.json` (what wrote it). Runs on Python 2.7; README.md says which Keras each sample was made with.
"""
from __future__ import print_function

import json
import os
import platform
import sys
import zlib

import numpy as np

from keras.layers.core import *  # noqa
from keras.layers.advanced_activations import *  # noqa
from keras.layers.convolutional import *  # noqa
from keras.layers.embeddings import *  # noqa
from keras.layers.noise import *  # noqa
from keras.layers.normalization import *  # noqa
from keras.layers.recurrent import *  # noqa
from keras.models import *  # noqa

try:
    from keras.layers import *  # noqa
except ImportError:
    pass

HERE = os.path.dirname(os.path.abspath(__file__))
MAKERS = {}


def sample(keras, backend="theano", form="h5"):
    """One function, one sample."""

    def named(function):
        MAKERS[function.__name__] = (function, keras, backend, form)
        return function

    return named


def custom_code(name):
    """The module of layers that lies beside a sample."""
    sys.path.insert(0, os.path.join(HERE, name))
    return __import__("custom")


@sample("0.3.3", form="json")
def gated_units(random):
    """Somebody's own layer of 2015, whose weights have no names."""
    own = custom_code("gated_units")
    model = Sequential()
    model.add(Dense(6, input_dim=5, activation="tanh"))
    model.add(own.GatedUnits(5, sharpness=0.7))
    model.add(own.GatedUnits(4))
    model.add(Dense(2))
    return model, [random.randn(4, 5)]


@sample("1.2.2", "tensorflow")
def normalized_images(random):
    """Somebody's own layers of Keras 1, and an activation that becomes operations."""
    own = custom_code("normalized_images")
    x = image = Input((5, 5, 3))
    x = Convolution2D(8, 3, 3, border_mode="same", activation=own.leaky_clip, dim_ordering="tf")(x)
    x = own.NormalizedImage()(x)
    x = own.FinerImage(2)(x)
    return Model(image, Convolution2D(1, 3, 3, dim_ordering="tf")(x)), [random.randn(2, 5, 5, 3)]


@sample("0.2.0", form="json")
def mutants(random):
    """The recurrent layers that only Keras 0.2 had, and a Dropout that multiplies at inference."""
    model = Sequential()
    model.add(JZS1(5, input_shape=(6, 3), return_sequences=True))
    model.add(JZS2(4, return_sequences=True))
    model.add(JZS3(4, return_sequences=True))
    model.add(TimeDistributedDense(4, activation="tanh"))
    model.add(SimpleDeepRNN(4, depth=2, activation="tanh"))
    model.add(Dropout(0.4))
    model.add(Dense(2))
    return model, [random.randn(3, 6, 3)]


@sample("0.2.0", form="json")
def filters_of_2015(random):
    """A convolutional net with statistics for every element, a full convolution, and pools that keep the border."""
    model = Sequential()
    model.add(Convolution2D(3, 2, 3, border_mode="full", input_shape=(2, 6, 7)))
    model.add(BatchNormalization())
    model.add(Activation("relu"))
    model.add(MaxPooling2D((2, 2), ignore_border=False))
    model.add(Convolution2D(4, 3, 2, border_mode="same"))
    model.add(ThresholdedLinear(theta=0.2))
    model.add(Flatten())
    model.add(Dense(3, activation="softmax"))
    return model, [random.randn(3, 2, 6, 7)]


@sample("0.2.0", form="json")
def skip_gram(random):
    """How well a word fits its context: the product of two embeddings."""
    model = Sequential()
    model.add(WordContextProduct(12, 5, init="normal"))
    return model, [random.randint(0, 12, (6, 2))]


@sample("0.2.0", form="yaml")
def words_with_gaps(random):
    """Masked words, after which Keras 0.2 starts anew; YAML with tuples."""
    model = Sequential()
    model.add(Embedding(12, 5, mask_zero=True))
    model.add(GRU(5, return_sequences=True))
    model.add(Activation("tanh"))
    model.add(LSTM(4))
    model.add(Dense(2))
    return model, [np.array([[3, 4, 0, 7, 1, 2], [5, 0, 0, 0, 0, 0], [1, 2, 3, 4, 5, 6], [0, 0, 4, 5, 0, 1]])]


@sample("0.3.3", form="json")
def graph_with_outputs(random):
    """A Graph: a node for two inputs, merges of every kind, two named outputs."""
    graph = Graph()
    graph.add_input("left", input_shape=(4, 5))
    graph.add_input("right", input_shape=(4, 5))
    graph.add_node(GRU(4, return_sequences=True), "reader", input="left")
    graph.add_node(TimeDistributedDense(4), "projected", input="right")
    graph.add_node(LSTM(3, go_backwards=True), "summary", inputs=["reader", "projected"], merge_mode="mul")
    graph.add_node(TimeDistributedMerge("ave"), "mean", inputs=["reader", "projected"], merge_mode="concat")
    graph.add_output("similar", inputs=["reader", "projected"], merge_mode="dot", dot_axes=-1)
    graph.add_output("both", inputs=["summary", "mean"], merge_mode="concat")
    return graph, [random.randn(3, 4, 5), random.randn(3, 4, 5)]


@sample("0.3.3", form="json")
def branches(random):
    """Two branches in a Merge, their tensors in one list; masks that the Merge drops; an Embedding with dropout."""
    words = Sequential()
    words.add(Embedding(9, 5, mask_zero=True, dropout=0.2, input_length=4))
    words.add(LSTM(4, return_sequences=True))
    numbers = Sequential()
    numbers.add(Dense(4, input_dim=3, activation="hard_sigmoid"))
    numbers.add(BatchNormalization())
    numbers.add(RepeatVector(4))
    model = Sequential()
    model.add(Merge([words, numbers], mode="concat", concat_axis=-1))
    model.add(GRU(3))
    model.add(SReLU(a_left_init="one"))
    return model, [np.array([[1, 2, 0, 0], [3, 4, 5, 0], [8, 7, 6, 5]]), random.randn(3, 3)]


@sample("1.0.8")
def digits(random):
    """Channels first on Theano: even kernels, `same` pooling, a kernel of 1D in the first layout, SReLU."""
    image = Input(shape=(1, 9, 9), name="image")
    x = Convolution2D(4, 2, 3, border_mode="same", activation="relu", dim_ordering="th", name="first")(image)
    x = MaxPooling2D((3, 3), strides=(2, 2), border_mode="same", dim_ordering="th")(x)
    x = BatchNormalization(axis=1, mode=0)(x)
    x = AveragePooling2D((2, 2), border_mode="same", dim_ordering="th")(x)
    x = Reshape((4, 9))(x)
    x = Convolution1D(5, 2, border_mode="same", name="sequence")(x)
    x = SReLU(a_left_init="one")(x)
    x = Flatten()(x)
    x = Highway(activation="tanh")(MaxoutDense(6)(x))
    return Model(input=image, output=Dense(3, activation="softmax")(x)), [random.randn(3, 1, 9, 9)]


@sample("1.1.2", form="json")
def question_answering(random):
    """A Merge of a Merge: what a Sequential of Keras 1 has instead of a functional model."""
    story, question = Sequential(), Sequential()
    story.add(Embedding(10, 4, input_length=5, mask_zero=True))
    question.add(Embedding(10, 4, input_length=3))
    match = Sequential()
    match.add(Merge([story, question], mode="dot", dot_axes=[2, 2]))
    other = Sequential()
    other.add(Embedding(10, 3, input_length=5))
    response = Sequential()
    response.add(Merge([match, other], mode="sum"))
    response.add(Permute((2, 1)))
    answer = Sequential()
    answer.add(Merge([response, question], mode="concat", concat_axis=-1))
    answer.add(LSTM(4))
    answer.add(Dense(3))
    words = [random.randint(1, 10, (3, n)) for n in (5, 3, 5)]
    return answer, words


@sample("1.2.2")
def upsampled(random):
    """A decoder on Theano: transposed convolution, dilation, paddings by name, cropping; axes that the file does not say."""
    image = Input(shape=(2, 4, 5), name="image")
    x = ZeroPadding2D({"top_pad": 1, "left_pad": 2}, dim_ordering="th")(image)
    x = AtrousConvolution2D(3, 2, 2, atrous_rate=(2, 1), dim_ordering="th")(x)
    x = PReLU(shared_axes=[2, 3])(x)
    x = Deconvolution2D(3, 3, 3, (None, 3, 6, 12), subsample=(2, 2), border_mode="same", dim_ordering="th")(x)
    x = Cropping2D(((1, 0), (2, 1)), dim_ordering="th")(UpSampling2D((1, 2), dim_ordering="th")(x))
    x = Convolution2D(4, 2, 2, border_mode="full", dim_ordering="th")(x)
    x = GlobalAveragePooling2D(dim_ordering="th")(ParametricSoftplus()(x))
    return Model(input=image, output=Dense(2)(x)), [random.randn(3, 2, 4, 5)]


@sample("1.2.2", "tensorflow")
def theano_order(random):
    """Channels first on TensorFlow, as wide as there are channels; every mode of BatchNormalization; ConvLSTM2D."""
    video = Input(shape=(3, 2, 5, 6), name="video")
    x = ConvLSTM2D(6, 3, 3, border_mode="same", return_sequences=True, dim_ordering="th", name="memory")(video)
    x = TimeDistributed(Convolution2D(4, 2, 3, dim_ordering="th"), name="frames")(x)
    x = Reshape((12, 4, 4))(x)
    x = BatchNormalization(axis=1, mode=2)(x)
    x = SeparableConvolution2D(12, 2, 2, border_mode="same", dim_ordering="th")(x)
    x = Dense(5)(Flatten()(x))
    return Model(input=video, output=BatchNormalization(mode=1)(x)), [random.randn(3, 3, 2, 5, 6)]


@sample("1.2.2", "tensorflow")
def two_directions(random):
    """Fused gates, two directions over masked words, a cosine of branches, a frozen layer inside a nested model."""
    words = Input(shape=(6,), dtype="int32", name="words")
    x = Embedding(12, 5, mask_zero=True)(words)
    x = Bidirectional(LSTM(4, return_sequences=True, consume_less="gpu"), merge_mode="sum")(x)
    x = GRU(4, consume_less="gpu", inner_activation="sigmoid")(x)
    inside = Sequential(name="inside")
    inside.add(Dense(4, input_dim=3, trainable=False))
    inside.add(BatchNormalization())
    other = Input(shape=(3,), name="other")
    y = inside(other)
    same = merge([x, y], mode="cos", dot_axes=1, name="same")
    total = merge([x, y], mode="max", name="total")
    ids = np.array([[1, 2, 3, 0, 0, 0], [4, 5, 6, 7, 8, 9], [11, 0, 0, 0, 0, 0]])
    return Model(input=[words, other], output=[same, total]), [ids, random.randn(3, 3)]


def predicted(model, inputs):
    if hasattr(model, "input_order"):  # Graph of 0.x
        answer = model.predict(dict(zip(model.input_order, inputs)))
        return [answer[name] for name in model.output_order]
    answer = model.predict(inputs if len(inputs) > 1 else inputs[0])
    return answer if isinstance(answer, list) else [answer]


def seeded(model, random):
    """No weight stays as it was made: zeros and ones hide mistakes."""
    if hasattr(model, "input_order"):
        held = list(model.nodes.values())
    elif hasattr(model, "layer_cache") or not hasattr(model, "inbound_nodes"):  # 0.x, whose containers lose count
        held = getattr(model, "layers", None)
    else:
        held = None
    if held:
        for layer in held:
            seeded(layer, random)
    else:
        model.set_weights([w + random.uniform(-0.3, 0.3, w.shape).astype("float32") for w in model.get_weights()])


def write(name):
    function, release, backend, form = MAKERS[name]
    seed = zlib.crc32(name.encode()) & 0x7FFFFFFF
    np.random.seed(seed)
    random = np.random.RandomState(seed)
    model, inputs = function(random)
    inputs = [x.astype("int32" if x.dtype.kind == "i" else "float32") for x in inputs]
    if release.startswith("0."):
        loss = dict((n, "mse") for n in model.output_order) if hasattr(model, "output_order") else "mse"
        model.compile("sgd", loss)
    seeded(model, random)
    outputs = predicted(model, inputs)
    folder = os.path.join(HERE, name)
    if not os.path.isdir(folder):
        os.makedirs(folder)
    if form == "h5":
        model.save(os.path.join(folder, "model.h5"))
    else:
        text = model.to_yaml() if form == "yaml" else model.to_json()
        with open(os.path.join(folder, "model." + form), "w") as file:
            file.write(text)
        model.save_weights(os.path.join(folder, "model_weights.h5"), overwrite=True)
    arrays = dict(("in_%d" % i, x) for i, x in enumerate(inputs))
    arrays.update(("out_%d" % i, np.asarray(y)) for i, y in enumerate(outputs))
    np.savez_compressed(os.path.join(folder, "io.npz"), **arrays)
    engine = __import__(backend).__version__
    facts = {"keras": release, "backend": backend, "engine": engine, "python": platform.python_version(),
             "shows": function.__doc__}  # fmt: skip
    if name in HINTS:
        facts["hints"] = HINTS[name]
    with open(os.path.join(folder, "sample.json"), "w") as file:
        file.write(json.dumps(facts, indent=1, sort_keys=True).replace(" \n", "\n") + "\n")
    print(name, [np.asarray(y).shape for y in outputs], [float(np.std(y)) for y in outputs])


HINTS = {}
"""What a user must say, because the file does not."""


if __name__ == "__main__":
    for chosen in sys.argv[1:]:
        write(chosen)
