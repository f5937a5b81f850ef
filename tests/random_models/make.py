"""Models of one random layer, and what the framework that this runs in computes with them: `.h5` and `.npz` by number.

    KERAS_BACKEND=theano python make.py FOLDER COUNT SEED      (any Keras from 1.0.7 on)
    FUZZ_TF=1 python make.py FOLDER COUNT SEED                 (the Keras inside TensorFlow)

FUZZ_ONLY=conv2,pool makes these kinds alone. What a framework refuses is counted and left out. The models beside this file are a few
of those, and among them every one that had shown the reference wrong once. Runs on Python 2.7 and 3.
"""

from __future__ import print_function
import os, sys, json, random, warnings

warnings.simplefilter("ignore")
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
out, count, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
if not os.path.isdir(out):
    os.makedirs(out)
import numpy as np

TF = os.environ.get("FUZZ_TF")
if TF:
    import tensorflow as tf

    keras = tf.keras
    if hasattr(tf, "get_logger"):
        tf.get_logger().setLevel("ERROR")
else:
    import keras
L, M, K = keras.layers, keras.models, keras.backend
V = getattr(keras, "__version__", None) or tf.__version__
old = V.startswith("1.")
backend = K.backend() if hasattr(K, "backend") else "tensorflow"
R = random.Random(seed)
np.random.seed(seed)
c = R.choice


def tup(f, r):
    return tuple(f() for _ in range(r))


ACT = ["linear", "relu", "tanh", "softmax", "softplus", "sigmoid", "hard_sigmoid"] + ([] if old else ["elu", "selu"])


def act():
    return c(["linear", "linear", c(ACT)])


def fmt():
    return c(["th", "tf"]) if old else c(["channels_first", "channels_last"])


def shape(r, f, ch=None, lo=4, hi=9):
    s = tup(lambda: R.randint(lo, hi), r)
    ch = ch or R.randint(1, 4)
    return (ch,) + s if f in ("th", "channels_first") else s + (ch,)


def one(v, r):
    return v[0] if r == 1 else v


def conv(r):
    f = fmt() if (r > 1 or (not old and R.random() < 0.3 and hasattr(L, "DepthwiseConv2D"))) else "channels_last"
    k = tup(lambda: R.randint(1, 4), r)
    s = tup(lambda: c([1, 1, 2, 3]), r)
    d = (1,) * r
    pad = c(["same", "valid"])
    if r == 1 and not old and R.random() < 0.25 and f == "channels_last":
        pad = "causal"
    if old:
        kw = dict(border_mode=pad, activation=act(), bias=c([True, True, False]))
        if r == 1:
            return L.Convolution1D(R.randint(1, 5), k[0], subsample_length=s[0], input_shape=shape(1, "tf"), **kw)
        kw.update(subsample=s, dim_ordering=f, input_shape=shape(r, f))
        return (L.Convolution2D if r == 2 else L.Convolution3D)(R.randint(1, 5), *k, **kw)
    if R.random() < 0.3 and backend != "cntk":
        s = (1,) * r
        d = tup(lambda: c([1, 2]), r) if backend != "tensorflow" else d
    kw = dict(
        strides=one(s, r),
        padding=pad,
        dilation_rate=one(d, r),
        activation=act(),
        use_bias=c([True, True, False]),
        input_shape=shape(r, f),
    )
    if r > 1 or f != "channels_last":
        kw["data_format"] = f
    return getattr(L, "Conv%dD" % r)(R.randint(1, 5), one(k, r), **kw)


def conv1():
    return conv(1)


def conv2():
    return conv(2)


def conv3():
    return conv(3)


def atrous():
    f = fmt()
    k = tup(lambda: R.randint(1, 4), 2)
    rate = tup(lambda: c([1, 2]), 2)
    if R.random() < 0.4:
        return L.AtrousConvolution1D(3, k[0], atrous_rate=c([1, 2]), border_mode=c(["same", "valid"]), input_shape=shape(1, "tf"))
    return L.AtrousConvolution2D(
        R.randint(1, 4), *k, atrous_rate=rate, border_mode=c(["same", "valid"]), dim_ordering=f, input_shape=shape(2, f)
    )


def deconv():
    r = c([2, 2, 3, 1])
    f = fmt()
    k = tup(lambda: R.randint(1, 5), r)
    s = tup(lambda: c([1, 2, 3]), r)
    pad = c(["same", "valid"])
    if old:
        f_in = shape(2, f, lo=3, hi=5)
        n = f_in[1:] if f == "th" else f_in[:2]
        k = k[:2]
        s = s[:2]
        if len(k) < 2:
            k = k + k
            s = s + s
        nf = R.randint(1, 4)
        o = [
            (a * b if pad == "same" else (a - 1) * b + q) + (R.randint(0, b - 1) if pad == "valid" else 0)
            for a, b, q in zip(n, s, k)
        ]
        osh = (None, nf) + tuple(o) if f == "th" else (None,) + tuple(o) + (nf,)
        return L.Deconvolution2D(
            nf,
            k[0],
            k[1],
            output_shape=osh,
            subsample=s,
            border_mode=pad,
            dim_ordering=f,
            activation=act(),
            bias=c([True, False]),
            input_shape=f_in,
        )
    kw = dict(
        strides=one(s, r),
        padding=pad,
        activation=act(),
        use_bias=c([True, False]),
        data_format=f,
        input_shape=shape(r, f, lo=2, hi=5),
    )
    if R.random() < 0.3:
        kw["output_padding"] = one(tup(lambda: R.randint(0, 1), r), r)
    return getattr(L, "Conv%dDTranspose" % r)(R.randint(1, 4), one(k, r), **kw)


def sep():
    f = fmt()
    if old:
        return L.SeparableConvolution2D(
            8,
            R.randint(1, 3),
            R.randint(1, 3),
            subsample=(1, 1),
            border_mode=c(["same", "valid"]),
            depth_multiplier=R.randint(1, 2),
            dim_ordering=f,
            input_shape=shape(2, f),
        )
    r = c([1, 2, 2])
    k = tup(lambda: R.randint(1, 4), r)
    s = (c([1, 1, 2]),) * r
    kw = dict(
        strides=one(s, r),
        padding=c(["same", "valid"]),
        use_bias=c([True, False]),
        activation=act(),
        data_format=f,
        depth_multiplier=R.randint(1, 3),
        input_shape=shape(r, f),
    )
    if s[0] == 1 and R.random() < 0.3:
        kw["dilation_rate"] = 2 if r == 1 else (2, 2)
    if R.random() < 0.5 and hasattr(L, "DepthwiseConv2D"):
        if r == 1 and not hasattr(L, "DepthwiseConv1D"):
            r = 2
            kw.update(strides=s * 2, input_shape=shape(2, f))
            kw.pop("dilation_rate", None)
            k = k + k
        return getattr(L, "DepthwiseConv%dD" % r)(one(k, r), **kw)
    return getattr(L, "SeparableConv%dD" % r)(R.randint(1, 5), one(k, r), **kw)


def pool():
    r = c([1, 2, 2, 3])
    f = fmt() if r > 1 else "channels_last"
    p = tup(lambda: R.randint(1, 4), r)
    s = c([None, tup(lambda: R.randint(1, 3), r)])
    n = c(["Max", "Average"]) + "Pooling%dD" % r
    if old:
        if r == 1:
            return getattr(L, n)(p[0], stride=s and s[0], border_mode=c(["same", "valid"]), input_shape=shape(1, "tf"))
        return getattr(L, n)(p, strides=s, border_mode=c(["same", "valid"]), dim_ordering=f, input_shape=shape(r, f))
    kw = dict(strides=s and one(s, r), padding=c(["same", "valid"]), input_shape=shape(r, f))
    if r > 1:
        kw["data_format"] = f
    return getattr(L, n)(one(p, r), **kw)


def gpool():
    r = c([1, 2, 3])
    f = fmt() if r > 1 else "channels_last"
    kw = {} if r == 1 else {"dim_ordering": f} if old else {"data_format": f}
    return getattr(L, "Global" + c(["Max", "Average"]) + "Pooling%dD" % r)(input_shape=shape(r, f), **kw)


def border():
    r = c([1, 2, 3])
    f = fmt()
    two = lambda: (R.randint(0, 2), R.randint(0, 2))
    kind = c(["ZeroPadding", "Cropping"])
    kw = {} if r == 1 else {"dim_ordering": f} if old else {"data_format": f}
    if old and kind == "ZeroPadding":
        a = c([R.randint(0, 2), two()]) if r == 1 else c([two(), two() + two()]) if r == 2 else tup(lambda: R.randint(0, 2), 3)
    else:
        a = two() if r == 1 else tup(two, r)
    return getattr(L, kind + "%dD" % r)(a, input_shape=shape(r, f if r > 1 else "tf", lo=6), **kw)


def ups():
    r = c([1, 2, 2, 3])
    f = fmt()
    s = tup(lambda: R.randint(1, 3), r)
    kw = {} if r == 1 else {"dim_ordering": f} if old else {"data_format": f}
    if r == 2 and not old and R.random() < 0.5:
        kw["interpolation"] = "bilinear"
    if r == 2 and kw.get("interpolation") and backend == "theano":
        s = (2, 2)
    return getattr(L, "UpSampling%dD" % r)(one(s, r), input_shape=shape(r, f if r > 1 else "tf", hi=6), **kw)


def local():
    r = c([1, 2])
    f = fmt() if r == 2 else "channels_last"
    k = tup(lambda: R.randint(1, 3), r)
    s = tup(lambda: R.randint(1, 2), r)
    if old:
        if r == 1:
            return L.LocallyConnected1D(
                2, k[0], subsample_length=s[0], activation=act(), bias=c([True, False]), input_shape=shape(1, "tf", hi=6)
            )
        return L.LocallyConnected2D(
            2, k[0], k[1], subsample=s, activation=act(), bias=c([True, False]), dim_ordering=f, input_shape=shape(2, f, hi=6)
        )
    kw = dict(strides=one(s, r), activation=act(), use_bias=c([True, False]), input_shape=shape(r, f, hi=6))
    if r == 2:
        kw["data_format"] = f
    if TF and R.random() < 0.6:
        kw.update(implementation=c([1, 2, 3]))
        kw["padding"] = "valid" if kw["implementation"] == 1 else c(["valid", "same"])
    return getattr(L, "LocallyConnected%dD" % r)(R.randint(1, 3), one(k, r), **kw)


def bn():
    n = R.randint(1, 4)
    s = tup(lambda: R.randint(2, 5), n)
    ax = c([-1] + list(range(1, n + 1)))
    if old:
        return L.BatchNormalization(
            mode=c([0, 0, 1, 2]), axis=c([-1] + list(range(1, n + 1))), epsilon=c([1e-3, 1e-4]), input_shape=s
        )
    kw = dict(
        axis=ax,
        epsilon=c([1e-3, 1e-4, 2e-6] if backend != "theano" else [1e-3, 1e-4]),
        center=c([True, False]),
        scale=c([True, False]),
        input_shape=s,
    )
    return L.BatchNormalization(**kw)


def ln():
    n = R.randint(1, 4)
    s = tup(lambda: R.randint(2, 5), n)
    ax = c([-1, 1, n, list(range(1, n + 1))])
    return L.LayerNormalization(axis=ax, epsilon=c([1e-3, 1e-6]), center=c([True, False]), scale=c([True, False]), input_shape=s)


def gn():
    s = tup(lambda: R.randint(2, 5), 2) + (c([4, 6]),)
    if R.random() < 0.3:
        return L.GroupNormalization(groups=2, axis=1, input_shape=(4,) + s[:2])
    return L.GroupNormalization(
        groups=c([1, 2, -1]), epsilon=1e-3, center=c([True, False]), scale=c([True, False]), input_shape=s
    )


def un():
    return L.UnitNormalization(axis=c([-1, 1, [1, 2]]), input_shape=(3, 4, 5))


def adv():
    s = tup(lambda: R.randint(2, 5), c([1, 2, 3]))
    n = len(s)
    ch = (
        ["leaky", "elu", "thr", "prelu"]
        + ([] if not hasattr(L, "ReLU") else ["relu", "softmax"])
        + (["srelu", "psp"] if old else [])
    )
    k = c(ch)
    if k == "leaky":
        return L.LeakyReLU(R.uniform(0, 1), input_shape=s)
    if k == "elu":
        return L.ELU(R.uniform(0.2, 2), input_shape=s)
    if k == "thr":
        return L.ThresholdedReLU(R.uniform(0, 1), input_shape=s)
    sh = c([None, [1], [n]]) if V >= "1.1" else None
    kw = {} if sh is None else {"shared_axes": sh}
    if k == "prelu":
        return L.PReLU(input_shape=s, **kw)
    if k == "srelu":
        return L.SReLU(input_shape=s, **kw)
    if k == "psp":
        return L.ParametricSoftplus(input_shape=s, **kw)
    if k == "relu":
        return L.ReLU(max_value=c([None, 0.5, 2.0]), negative_slope=c([0.0, 0.3]), threshold=c([0.0, 0.4]), input_shape=s)
    return L.Softmax(axis=c([-1, 1, n]), input_shape=s)


def move():
    k = c(["flatten", "reshape", "permute", "repeat", "act", "dense", "mask"])
    s = (R.randint(2, 4), R.randint(2, 4), R.randint(2, 4))
    if k == "flatten":
        kw = {} if old or V < "2.2" or R.random() < 0.4 else {"data_format": fmt()}
        return L.Flatten(input_shape=s, **kw)
    if k == "reshape":
        return L.Reshape(c([(-1,), (s[2], -1), (s[2] * s[1], s[0])]), input_shape=s)
    if k == "permute":
        return L.Permute(tuple(R.sample([1, 2, 3], 3)), input_shape=s)
    if k == "repeat":
        return L.RepeatVector(R.randint(1, 4), input_shape=s[:1])
    if k == "act":
        return L.Activation(c([a for a in ACT] + (["swish", "gelu"] if TF and V >= "2.4" else [])), input_shape=s[:2])
    if k == "mask":
        return L.Masking(c([0.0, 0.5]), input_shape=s[:2])
    kw = {"bias": c([True, False])} if old else {"use_bias": c([True, False])}
    return L.Dense(R.randint(1, 5), activation=act(), input_shape=s[:1] if old and V < "1.2" else s[: c([1, 2])], **kw)


def dense_old():
    k = c(["highway", "maxout"])
    if k == "highway":
        return L.Highway(activation=act(), bias=c([True, True, False]), input_shape=(R.randint(2, 5),))
    return L.MaxoutDense(R.randint(1, 4), nb_feature=R.randint(1, 4), bias=c([True, False]), input_shape=(R.randint(2, 5),))


def pre():
    E = getattr(L, "experimental", None)
    P = getattr(E, "preprocessing", None) if E else None
    g = lambda n: getattr(L, n, None) or getattr(P, n)
    k = c(["Rescaling", "Resizing", "CenterCrop"])
    if k == "Rescaling":
        return g(k)(R.uniform(0.1, 2), offset=c([0.0, -1.0]), input_shape=(4, 5, 3))
    if k == "CenterCrop":
        return g(k)(R.randint(2, 5), R.randint(2, 5), input_shape=(R.randint(5, 9), R.randint(5, 9), 3))
    kw = {}
    if V >= "2.6":
        kw = {"crop_to_aspect_ratio": c([True, False])}
    return g(k)(
        R.randint(2, 12),
        R.randint(2, 12),
        interpolation=c(["nearest", "bilinear", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic"]),
        input_shape=(R.randint(4, 9), R.randint(4, 9), 2),
        **kw
    )


MAKERS = [
    conv1,
    conv2,
    conv2,
    conv3,
    deconv,
    deconv,
    sep,
    sep,
    pool,
    pool,
    gpool,
    border,
    ups,
    local,
    local,
    bn,
    bn,
    adv,
    adv,
    move,
    move,
]
if old:
    MAKERS += [atrous, dense_old, dense_old]
if hasattr(L, "LayerNormalization"):
    MAKERS += [ln, ln]
if hasattr(L, "GroupNormalization"):
    MAKERS += [gn]
if hasattr(L, "UnitNormalization"):
    MAKERS += [un]
if TF and V >= "2.4":
    MAKERS += [pre, pre]
only = os.environ.get("FUZZ_ONLY")
if only:
    MAKERS = [m for m in MAKERS if m.__name__ in only.split(",")]
done = failed = 0
reasons = {}
for n in range(count):
    try:
        K.clear_session() if hasattr(K, "clear_session") else None
        maker = c(MAKERS)
        layer = maker()
        m = M.Sequential()
        m.add(layer)
        w = []
        for v, a in zip(m.weights, m.get_weights()):
            name = v.name
            x = (
                np.random.uniform(0.5, 1.5, a.shape)
                if ("var" in name or "std" in name or "gamma" in name)
                else np.random.normal(0, 0.6, a.shape)
            )
            w.append(x.astype(a.dtype))
        m.set_weights(w)
        ish = m.input_shape[1:]
        x = np.random.normal(0, 1.0, (3,) + tuple(ish)).astype("float32")
        if maker is move and type(layer).__name__ == "Masking":
            x[:, ::2] = layer.mask_value
        y = m.predict(x)
        p = os.path.join(out, "%04d" % n)
        m.save(p + ".h5") if V >= "1.0.7" else None
        np.savez(p + ".npz", in_0=x, out_0=y)
        done += 1
    except Exception as e:
        failed += 1
        r = maker.__name__ + " " + type(e).__name__ + " " + str(e).replace("\n", " ")[:110]
        reasons[r] = reasons.get(r, 0) + 1
print(V, backend, "done", done, "failed", failed)
for r, k in sorted(reasons.items(), key=lambda t: -t[1])[:6]:
    print("   ", k, r)
