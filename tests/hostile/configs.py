"""Architectures that are wrong, too much, or ask for code (section D of the table)."""

import base64
import json
import marshal

import h5py
import numpy as np
from bad_files import DENSE, SAMPLES, TENSORS, functional, sequential, write, write_h5

KERNEL, BIAS = TENSORS


def of_text(folder, text):
    return write_h5(folder / "model.h5", text)


def of_config(folder, config, tensors=TENSORS):
    return write_h5(folder / "model.h5", config, tensors)


def no_model_config(folder):
    path = of_config(folder, sequential())
    with h5py.File(path, "a") as file:
        del file.attrs["model_config"]
    return path


def architecture_and_weights_only(folder):
    """To be given together."""
    write_h5(folder / "model_weights.h5")
    return write(folder / "model.json", json.dumps({**sequential(), "keras_version": "2.2.4", "backend": "tensorflow"}))


def config_as(folder, kind):
    path = of_config(folder, sequential())
    text = json.dumps(sequential())
    with h5py.File(path, "a") as file:
        value = {
            "bytes": text.encode(), "np.bytes_": np.bytes_(text), "array of one": np.array([text.encode()]),
            "str": text, "latin-1": text.replace("linear", "lin\xe9ar").encode("latin-1"), "numbers": np.arange(5),
            "two texts": np.array([text.encode(), b"x"]),
        }[kind]  # fmt: skip
        file.attrs["model_config"] = value
    return path


def duplicate_keys(folder):
    return of_text(folder, json.dumps(sequential()).replace('"units": 3', '"units": 3, "units": 1000000000'))


def brackets(folder, count):
    return of_text(folder, '{"a":' * int(count) + "1" + "}" * int(count))


def whole_number(folder, digits):
    return of_text(folder, json.dumps(sequential()).replace('"units": 3', f'"units": {"9" * int(digits)}'))


def units_as(folder, text):
    return of_text(folder, json.dumps(sequential()).replace('"units": 3', f'"units": {text}'))


def input_shape_as(folder, text):
    return of_text(
        folder, json.dumps(sequential()).replace('"batch_input_shape": [null, 5]', f'"batch_input_shape": {text}')
    )


def named(folder, name):
    """A layer of this name, its tensors below a plain one in the same place."""
    return of_text(folder, json.dumps(sequential(name=name)))


def long_name(folder):
    return named(folder, "n" * 70_000)


def long_text(folder):
    path = folder / "model.json"
    return write(path, '{"class_name": "Sequential", "config": "' + "x" * (65 << 20) + '"}')


def many_values(folder):
    return write(folder / "model.json", '{"class_name": "Sequential", "config": [' + "{}," * 2_100_000 + "{}]}")


def as_yaml(folder, text):
    return write(folder / "model.yaml", text)


def alias_bomb(folder):
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    return as_yaml(folder, "class_name: Sequential\nconfig:\n" + "".join(f"  {line}\n" for line in lines))


def alias_cycle(folder):
    return as_yaml(folder, "class_name: Sequential\nconfig: &a [*a]\n")


def yaml_brackets(folder):
    return as_yaml(folder, "class_name: " + "[" * 100_000)


def merge_bomb(folder):
    lines = ["a0: &a0 {x: 1}"] + [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 10)]
    return as_yaml(folder, "class_name: Sequential\nconfig:\n" + "".join(f"  {line}\n" for line in lines))


def yaml_of_python_2(folder):
    """Its tuples and unicode strings are tagged."""
    shape = "!!python/tuple [null, 5]"
    own = "".join(
        f"    {key}: {shape if key == 'batch_input_shape' else json.dumps(value)}\n" for key, value in DENSE.items()
    )
    write_h5(folder / "model_weights.h5")
    text = f"backend: tensorflow\nclass_name: !!python/unicode 'Sequential'\nconfig:\n- class_name: Dense\n  config:\n{own}"
    return as_yaml(folder, text + "keras_version: 2.2.4\n")


def yaml_with_loose_values(folder):
    """`no` is false and `1e-07` a text in YAML 1.1; a layer's name is what is written."""
    path = yaml_of_python_2(folder)
    return write(
        path, path.read_text().replace('name: "dense_1"', "name: dense_1").replace("trainable: true", "trainable: yes")
    )


def of_a_sample(folder, name, *path):
    """A real model of Keras 0.x or 1.x."""
    source = SAMPLES / name
    for other in source.glob("*"):
        if other.is_file():
            write(folder / other.name, other.read_bytes())
    return folder / (path[0] if path else "model.h5")


def layer_of(folder, class_name, module=None, registered_name=None):
    entry = {"class_name": class_name, "config": {**DENSE}, "module": module, "registered_name": registered_name}
    return of_config(folder, {"class_name": "Sequential", "config": [entry]})


def code(source="lambda x: __import__('os').system('touch owned')"):
    """Bytecode of this Python, in base64 as Keras writes it."""
    return base64.b64encode(marshal.dumps(eval(source).__code__)).decode()


LAMBDA = {"name": "dense_1", "trainable": True, "batch_input_shape": [None, 5], "dtype": "float32", "output_shape": None,
          "output_shape_type": "raw", "mask": None, "arguments": {}, "function_type": "lambda"}  # fmt: skip


def lambda_config(function, **changes):
    return {**LAMBDA, "function": function, **changes}


def lambda_of(folder, form):
    function = {
        "list": [code(), None, None],
        "new": {"class_name": "__lambda__", "config": {"code": code(), "defaults": None, "closure": None}},
        "text": [marshal.dumps((lambda x: eval("x")).__code__).decode("raw_unicode_escape"), None, None],
        "garbage": ["AAAA" * 10, None, None],
        "number": 5,
    }[form]
    return of_config(
        folder,
        {"class_name": "Sequential", "config": [{"class_name": "Lambda", "config": lambda_config(function)}]},
        {},
    )


def lambda_named(folder, name):
    function = {"module": "keras.utils", "class_name": "function", "config": name, "registered_name": name}
    config = lambda_config(function, function_type="raw", arguments={"fname": "x", "origin": "http://localhost:1/x"})
    return of_config(folder, {"class_name": "Sequential", "config": [{"class_name": "Lambda", "config": config}]}, {})


def lambda_hidden(folder, where):
    """A Lambda with code where a reader of the top level alone does not look."""
    entry = {"class_name": "Lambda", "config": lambda_config([code(), None, None], name="hidden")}
    dense = {"class_name": "Dense", "config": dict(DENSE)}
    if where == "nested":
        model = {"class_name": "Sequential", "config": [{"class_name": "Sequential", "config": [entry]}]}
    elif where == "wrapper":
        model = {"class_name": "Sequential", "config": [{"class_name": "TimeDistributed", "config": {
            "name": "t", "trainable": True, "batch_input_shape": [None, 4, 5], "layer": entry}}]}  # fmt: skip
    elif where == "bidirectional":
        model = {"class_name": "Sequential", "config": [{"class_name": "Bidirectional", "config": {
            "name": "b", "trainable": True, "batch_input_shape": [None, 4, 5], "merge_mode": "concat", "layer": entry}}]}  # fmt: skip
    elif where == "activation":
        model = {
            "class_name": "Sequential",
            "config": [{"class_name": "Dense", "config": {**DENSE, "activation": entry}}],
        }
    elif where == "regularizer":
        model = {
            "class_name": "Sequential",
            "config": [{"class_name": "Dense", "config": {**DENSE, "kernel_regularizer": entry}}],
        }
    elif where == "arguments":
        entry["config"]["arguments"] = {"f": {"type": "lambda", "value": code()}}
        model = {"class_name": "Sequential", "config": [entry]}
    elif where == "output_shape":
        identity = code("lambda x: x")
        entry["config"] |= {"function": [identity, None, None], "output_shape": code(), "output_shape_type": "lambda"}
        model = {"class_name": "Sequential", "config": [entry, {"class_name": "Dense", "config": dict(DENSE)}]}
    elif where == "build_config":
        model = {"class_name": "Sequential", "config": [{**dense, "build_config": entry}]}
    elif where == "compile_config":
        model = {"class_name": "Sequential", "config": [dense], "compile_config": {"loss": entry}}
    return of_config(folder, model, TENSORS if "Dense" in json.dumps(model) else {})


def holding_code(folder, class_name):
    config = {"name": "dense_1", "trainable": True, "batch_input_shape": [None, 5], "dtype": "float32", "filepath": "http://localhost:1/model",
              "module": "gASVAA==", "call_endpoint": "serve"}  # fmt: skip
    return of_config(folder, {"class_name": "Sequential", "config": [{"class_name": class_name, "config": config}]})


def vocabulary(folder, words):
    config = {"name": "dense_1", "trainable": True, "batch_input_shape": [None, 1], "dtype": "string", "max_tokens": None,
              "num_oov_indices": 1, "oov_token": "[UNK]", "mask_token": None, "invert": False, "output_mode": "int",
              "vocabulary": words, "idf_weights": None, "sparse": False, "pad_to_max_tokens": False, "encoding": "utf-8"}  # fmt: skip
    model = {"class_name": "Sequential", "config": [{"class_name": "StringLookup", "config": config}]}
    return write_h5(folder / "model.h5", model, {}, version="2.12.0")


def dead_node(folder):
    """`dense_2` is called, but no output depends on it."""
    path = of_config(folder, functional(("dense_1", "in"), ("dense_2", "in")))
    with h5py.File(path, "a") as file:
        weights = file["model_weights"]
        weights.copy("dense_1", "dense_2")
        weights.attrs["layer_names"] = [b"dense_1", b"dense_2"]
    return path


def referring(folder, where):
    model = functional(("dense_1", "in"))
    config = model["config"]
    dense = config["layers"][1]
    if where == "itself":
        dense["inbound_nodes"] = [[["dense_1", 0, 0, {}]]]
    elif where == "a call that is not there":
        dense["inbound_nodes"] = [[["in", 7, 0, {}]]]
    elif where == "a call before the first":
        dense["inbound_nodes"] = [[["in", -1, 0, {}]]]
    elif where == "an output before the first":
        dense["inbound_nodes"] = [[["in", 0, -3, {}]]]
    elif where == "a text":
        dense["inbound_nodes"] = [[["in", "zero", 0, {}]]]
    elif where == "a number":
        dense["inbound_nodes"] = 5
    elif where == "no output":
        config["output_layers"] = [["gone", 0, 0]]
    elif where == "no input":
        config["input_layers"] = [["gone", 0, 0]]
    return of_config(folder, model)


def same_name_inside(folder):
    inner = {"class_name": "Sequential", "config": [{"class_name": "Dense", "config": dict(DENSE)}]}
    model = {"class_name": "Sequential", "config": {"name": "outer", "layers": [
        {"class_name": "Sequential", "config": {"name": "dense_1", "layers": inner["config"]}}]}}  # fmt: skip
    return of_config(folder, model)


def used_often(folder, times):
    """One layer in a chain of calls of itself."""
    model = functional(("dense_1", "in"))
    dense = model["config"]["layers"][1]
    dense["config"]["units"] = 5
    dense["inbound_nodes"] += [[["dense_1", n, 0, {}]] for n in range(times)]
    model["config"]["output_layers"] = [["dense_1", times, 0]]
    return of_config(folder, model, {KERNEL: np.ones((5, 5), "f4"), BIAS: np.ones(5, "f4")})


def nested(folder, depth):
    entry = {"class_name": "Dense", "config": dict(DENSE)}
    for _ in range(depth):
        entry = {"class_name": "Sequential", "config": [entry]}
    return of_config(folder, entry)


def empty_model(folder):
    return of_config(folder, {"class_name": "Sequential", "config": []})


def shapeless(folder):
    """Two layers, the first without tensors: nothing says how wide the input is."""
    config = {k: v for k, v in DENSE.items() if k != "batch_input_shape"}
    drop = {"class_name": "Flatten", "config": {"name": "flatten_1", "trainable": True, "data_format": "channels_last"}}
    return of_config(folder, {"class_name": "Sequential", "config": [drop, {"class_name": "Dense", "config": config}]})


def asking_for(folder, what):
    """An allocation of gigabytes in a few hundred bytes."""
    own = {
        k: v
        for k, v in DENSE.items()
        if k not in ("units", "bias_initializer", "bias_regularizer", "bias_constraint", "use_bias")
    }
    entry = {
        "Dense": ("Dense", {**DENSE, "units": 10**9}),
        "Dense, beyond all bounds": ("Dense", {**DENSE, "units": 10**18}),
        "Dense, less than nothing": ("Dense", {**DENSE, "units": -1}),
        "Dense of a text": ("Dense", {**DENSE, "units": "8"}),
        "a wide input": ("Dense", {**DENSE, "batch_input_shape": [None, 10**12]}),
        "Embedding": ("Embedding", {
            "name": "dense_1", "trainable": True, "batch_input_shape": [None, 3], "dtype": "float32", "input_dim": 10**9,
            "output_dim": 100, "embeddings_initializer": "uniform", "embeddings_regularizer": None,
            "activity_regularizer": None, "embeddings_constraint": None, "mask_zero": False, "input_length": None}),
        "EinsumDense": ("EinsumDense", {
            **own, "equation": "ab,bcd->acd", "output_shape": [100_000, 100_000],
            "bias_axes": None, "bias_initializer": "zeros", "bias_regularizer": None, "bias_constraint": None}),
        "SeparableConv2D": ("SeparableConv2D", {
            "name": "dense_1", "trainable": True, "batch_input_shape": [None, 9, 9, 5], "dtype": "float32",
            "filters": 10**6, "kernel_size": [3, 3], "strides": [1, 1], "padding": "valid",
            "data_format": "channels_last", "dilation_rate": [1, 1], "depth_multiplier": 10**6, "activation": "linear",
            "use_bias": True, "depthwise_initializer": "zeros", "pointwise_initializer": "zeros",
            "bias_initializer": "zeros", "depthwise_regularizer": None, "pointwise_regularizer": None,
            "bias_regularizer": None, "activity_regularizer": None, "depthwise_constraint": None,
            "pointwise_constraint": None, "bias_constraint": None}),
    }[what]  # fmt: skip
    tensors = {
        "Embedding": {KERNEL: np.ones((5, 3), "f4")}, "EinsumDense": {KERNEL: np.ones((5, 3, 1), "f4")},
        "SeparableConv2D": {KERNEL: np.ones((3, 3, 5, 1), "f4"), "dense_1/p:0": np.ones((1, 1, 5, 3), "f4"),
                            BIAS: np.ones(3, "f4")},
    }.get(what, TENSORS)  # fmt: skip
    model = {"class_name": "Sequential", "config": [dict(zip(("class_name", "config"), entry, strict=True))]}
    return write_h5(folder / "model.h5", model, tensors, version="2.4.0")


def orthogonal(folder):
    """An initial value that takes minutes to compute, of a kernel that the file has."""
    size = 2000
    config = {**DENSE, "units": size, "batch_input_shape": [None, size],
              "kernel_initializer": {"class_name": "Orthogonal", "config": {"gain": 1.0, "seed": None}}}  # fmt: skip
    tensors = {KERNEL: np.ones((size, size), "f4"), BIAS: np.ones(size, "f4")}
    return of_config(
        folder, {"class_name": "Sequential", "config": [{"class_name": "Dense", "config": config}]}, tensors
    )


def training_config(folder, text):
    path = of_config(folder, sequential())
    with h5py.File(path, "a") as file:
        file.attrs["training_config"] = text
    return path


def backend_of(folder, name):
    return write_h5(folder / "model.h5", sequential(), backend=name)
