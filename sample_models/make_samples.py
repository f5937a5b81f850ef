"""Writes a sample model with the Keras that runs this file, and what that Keras computes with it.

    KERAS_BACKEND=theano python make_samples.py mnist_cnn          # in an environment with, say, Keras 2.0.8

writes `mnist_cnn/model.h5` (or an architecture and weights), `mnist_cnn/io.npz` (inputs `in_0`, ..., outputs `out_0`, ...)
and `mnist_cnn/sample.json` (what wrote it). Runs on Python 2.7 and 3; README.md says which Keras each sample was made with.
"""
from __future__ import print_function

import json
import os
import platform
import sys
import zlib

import numpy as np

import keras
from keras import backend as K
from keras.layers import *  # noqa
from keras.models import Model, Sequential

HERE = os.path.dirname(os.path.abspath(__file__))


def custom_code(name):
    """The module of layers that lies beside a sample."""
    sys.path.insert(0, os.path.join(HERE, name))
    return __import__("custom")


def mnist_cnn(random):
    """The textbook network for digits, channels first, with the paddings that backends disagree about."""
    model = Sequential(name="mnist_cnn")
    model.add(Conv2D(4, (3, 3), padding="same", activation="relu", input_shape=(1, 14, 14), data_format="channels_first"))
    model.add(Conv2D(4, (2, 4), padding="same", strides=2, activation="relu", data_format="channels_first"))
    model.add(MaxPooling2D((2, 2), padding="same", data_format="channels_first"))
    model.add(Dropout(0.25))
    model.add(Flatten())
    model.add(Dense(10, activation="softmax"))
    return model, [random.rand(4, 1, 14, 14)]


def sentiment_lstm(random):
    """Words to one number: masked steps, and the hard sigmoid of these years."""
    model = Sequential(name="sentiment_lstm")
    model.add(Embedding(30, 6, mask_zero=True, input_length=9))
    model.add(LSTM(7, dropout=0.2, recurrent_dropout=0.2))
    model.add(Dense(1, activation="sigmoid"))
    words = random.randint(1, 30, (5, 9))
    words[1, 5:] = 0
    words[3, 2:] = 0
    return model, [words]


def seq2seq(random):
    """An encoder whose states start a decoder."""
    encoder_inputs = Input((None, 5), name="encoder_inputs")
    encoder = LSTM(6, return_state=True, name="encoder")
    _, h, c = encoder(encoder_inputs)
    decoder_inputs = Input((None, 4), name="decoder_inputs")
    decoder = LSTM(6, return_sequences=True, return_state=True, name="decoder")
    outputs, _, _ = decoder(decoder_inputs, initial_state=[h, c])
    outputs = Dense(4, activation="softmax", name="words")(outputs)
    return Model([encoder_inputs, decoder_inputs], outputs, name="seq2seq"), [random.randn(3, 7, 5), random.randn(3, 6, 4)]


def mobilenet_block(random):
    """Depthwise convolutions and relu6, which Keras 2.1 kept outside its layers."""
    from keras.applications import mobilenet

    depthwise = getattr(mobilenet, "DepthwiseConv2D", None) or DepthwiseConv2D  # noqa: F405
    image = Input((12, 12, 3), name="image")
    x = ZeroPadding2D(((0, 1), (0, 1)))(image)
    x = Conv2D(6, 3, strides=2, use_bias=False, name="conv1")(x)
    x = BatchNormalization(name="conv1_bn")(x)
    x = Activation(mobilenet.relu6, name="conv1_relu")(x)
    x = depthwise((3, 3), padding="same", depth_multiplier=1, use_bias=False, name="conv_dw_1")(x)
    x = BatchNormalization(name="conv_dw_1_bn")(x)
    x = Activation(mobilenet.relu6, name="conv_dw_1_relu")(x)
    x = GlobalAveragePooling2D()(x)
    x = Reshape((1, 1, 6))(x)
    x = Conv2D(3, (1, 1), padding="same", name="predictions")(x)
    return Model(image, Reshape((3,))(Activation("softmax")(x)), name="mobilenet_block"), [random.randn(3, 12, 12, 3)]


def shared_towers(random):
    """One model used twice inside another, and merges."""
    inside = Sequential(name="tower")
    inside.add(Dense(6, activation="tanh", input_shape=(5,)))
    inside.add(BatchNormalization())
    inside.add(Dense(4, activation="elu"))
    left, right = Input((5,), name="left"), Input((5,), name="right")
    a, b = inside(left), inside(right)
    both = concatenate([a, b, multiply([a, b]), maximum([a, b])])
    outputs = [Dense(1, activation="hard_sigmoid", name="alike")(both), dot([a, b], axes=1, normalize=True, name="cosine")]
    return Model([left, right], outputs, name="shared_towers"), [random.randn(6, 5), random.randn(6, 5)]


def small_unet(random):
    """Down and up again: transposed convolutions, dilation, pooling and cropping."""
    image = Input((16, 16, 2), name="image")
    down = Conv2D(4, 3, padding="same", activation="relu")(image)
    small = AveragePooling2D(3, strides=2, padding="same")(down)
    small = Conv2D(6, 3, padding="same", dilation_rate=2)(small)
    small = PReLU(shared_axes=[1, 2])(small)
    up = Conv2DTranspose(4, 3, strides=2, padding="same", activation="relu")(small)
    joined = Concatenate()([up, down])
    mask = Conv2D(1, 1, activation="sigmoid", name="mask")(Cropping2D(1)(joined))
    return Model(image, mask, name="small_unet"), [random.randn(2, 16, 16, 2)]


def addition_rnn(random):
    """Digits of a sum: one recurrent layer that repeats, one that returns a sequence."""
    model = Sequential(name="addition_rnn")
    model.add(LSTM(8, input_shape=(7, 5)))
    model.add(RepeatVector(4))
    model.add(LSTM(8, return_sequences=True))
    model.add(TimeDistributed(Dense(5)))
    model.add(Activation("softmax"))
    return model, [random.rand(3, 7, 5)]


def strided_cnn(random):
    """Even kernels, odd sizes and strides with `same` padding."""
    image = Input((9, 8, 2), name="image")
    x = Conv2D(3, (2, 3), strides=(2, 2), padding="same", name="even")(image)
    x = MaxPooling2D((3, 2), strides=1, padding="same")(x)
    x = SeparableConv2D(4, 3, padding="same", activation="relu", name="separable")(x) if K.backend() != "cntk" else x
    return Model(image, Dense(3)(Flatten()(x)), name="strided_cnn"), [random.randn(3, 9, 8, 2)]


def local_filters(random):
    """A filter of its own at every position."""
    model = Sequential(name="local_filters")
    model.add(LocallyConnected2D(3, (3, 2), strides=(2, 1), activation="tanh", input_shape=(7, 6, 2)))
    model.add(Reshape((9 * 5 // 3, 3)))
    model.add(LocallyConnected1D(4, 3, strides=2))
    model.add(ThresholdedReLU(0.1))
    model.add(GlobalMaxPooling1D())
    return model, [random.randn(4, 7, 6, 2)]


def tagger(random):
    """A label for each step, with steps that are masked, read from both sides."""
    model = Sequential(name="tagger")
    model.add(Masking(0.0, input_shape=(6, 4)))
    model.add(Bidirectional(GRU(5, return_sequences=True), merge_mode="concat"))
    model.add(TimeDistributed(Dense(4, activation="relu")))
    model.add(Bidirectional(LSTM(3, return_sequences=True, recurrent_activation="hard_sigmoid"), merge_mode="ave"))
    model.add(Dense(3, activation="softmax"))
    steps = random.randn(4, 6, 4)
    steps[0, 4:] = 0
    steps[2, 1:] = 0
    return model, [steps]


def autoencoder(random):
    """Saved as JSON and weights."""
    model = Sequential(name="autoencoder")
    model.add(Dense(6, activation="selu", input_shape=(12,), name="encoder"))
    model.add(LeakyReLU(0.2))
    model.add(GaussianNoise(0.1))
    model.add(Dense(12, activation="sigmoid", name="decoder"))
    return model, [random.randn(5, 12)], "json"


def weather_map(random):
    """The next frame of a short film."""
    model = Sequential(name="weather_map")
    model.add(ConvLSTM2D(4, 3, padding="same", return_sequences=True, input_shape=(4, 8, 8, 2)))
    model.add(BatchNormalization())
    model.add(Conv3D(1, (2, 3, 3), padding="same", activation="sigmoid"))
    model.add(UpSampling3D((1, 2, 2)))
    return model, [random.rand(2, 4, 8, 8, 2)]


def old_defaults(random):
    """A network as of 2016, saved as YAML and weights."""
    model = Sequential(name="old_defaults")
    model.add(Dense(8, kernel_initializer="lecun_uniform", activation="softplus", kernel_regularizer="l2", input_shape=(6,)))
    model.add(BatchNormalization(scale=False))
    model.add(ELU(0.7))
    model.add(Dense(4, kernel_constraint="maxnorm", activation="hard_sigmoid"))
    model.add(Reshape((2, 2)))
    model.add(Permute((2, 1)))
    model.add(Flatten())
    return model, [random.randn(5, 6)], "yaml"


def early_layers(random):
    """Two layers of 2015 that Keras 2 carried along until 2.3."""
    from keras.legacy.layers import Highway, MaxoutDense

    model = Sequential(name="early_layers")
    model.add(MaxoutDense(5, nb_feature=3, input_shape=(6,)))
    model.add(Highway(activation="relu"))
    model.add(Dense(2))
    return model, [random.randn(5, 6)]


def attended_words(random):
    """Somebody's own layers of Keras 2: one that reads a mask, one made of layers, inside a TimeDistributed, too."""
    own = custom_code("attended_words")
    words = Input((6,))
    x = Embedding(12, 5, mask_zero=True)(words)
    x = Bidirectional(LSTM(3, return_sequences=True))(x)
    attended = own.Attended(4, initializer=own.SmallUniform(0.2))(x)
    x = TimeDistributed(own.Residual(6))(RepeatVector(2)(attended))
    x = Dense(3, kernel_initializer=own.SmallUniform())(Flatten()(own.Residual(6, name="again")(x)))
    ids = random.randint(1, 12, (4, 6))
    ids[1, 4:] = 0
    ids[2, 2:] = 0
    return Model(words, x, name="attended_words"), [ids]


def smooth_units(random):
    """Somebody's own functions: an activation, a Lambda of which the file has the name alone."""
    own = custom_code("smooth_units")
    left, right = Input((5,)), Input((5,))
    tower = Sequential([Dense(6, activation=own.smooth, input_shape=(5,)), Dense(4), Activation(own.smooth)], name="tower")
    far = Lambda(own.distance, output_shape=own.pair_shape, name="far")([tower(left), tower(right)])
    return Model([left, right], far, name="smooth_units"), [random.randn(4, 5), random.randn(4, 5)]


def main():
    name = sys.argv[1]
    random = np.random.RandomState(zlib.crc32(name.encode()) % (2 ** 31))
    made = globals()[name](random)
    model, inputs, form = made[0], made[1], made[2] if len(made) > 2 else "h5"
    weights = []
    for w in model.get_weights():
        weights.append((0.5 + random.rand(*w.shape) if w.ndim == 1 else 0.4 * random.randn(*w.shape)).astype(w.dtype))
    model.set_weights(weights)
    inputs = [x.astype("int32" if x.dtype.kind in "iu" else "float32") for x in inputs]
    outputs = model.predict(inputs if len(inputs) > 1 else inputs[0], batch_size=len(inputs[0]))
    outputs = outputs if isinstance(outputs, list) else [outputs]
    folder = os.path.join(HERE, name)
    if not os.path.isdir(folder):
        os.makedirs(folder)
    if form == "h5":
        model.save(os.path.join(folder, "model.h5"))
    else:
        text = model.to_json() if form == "json" else model.to_yaml()
        with open(os.path.join(folder, "model." + form), "w") as file:
            file.write(text)
        model.save_weights(os.path.join(folder, "model_weights.h5"))
    arrays = {"in_%d" % i: a for i, a in enumerate(inputs)}
    arrays.update({"out_%d" % i: a for i, a in enumerate(outputs)})
    np.savez_compressed(os.path.join(folder, "io.npz"), **arrays)
    engine = __import__(K.backend()) if K.backend() != "cntk" else __import__("cntk")
    facts = {
        "keras": keras.__version__, "backend": K.backend(), "engine": engine.__version__,
        "python": platform.python_version(), "shows": globals()[name].__doc__,
    }
    with open(os.path.join(folder, "sample.json"), "w") as file:
        json.dump(facts, file, indent=1, sort_keys=True)
        file.write("\n")
    print(name, facts["keras"], facts["backend"], [o.shape for o in outputs])


if __name__ == "__main__":
    main()
