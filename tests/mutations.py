"""Faults put into conversions, between upgrade and rebuild: does verification find them?

    python tests/mutations.py CORPUS [--count 200] [--seed 0] [--only 'keras-1.2/*'] [--json FILE]

A fault counts as real if the outputs on the recorded inputs (`io.npz`) leave the recorded ones by more than the tolerance;
verification itself is not shown those. The last lines say how many real faults there were and how many were found.
"""

from __future__ import annotations

import argparse
import collections
import fnmatch
import json
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from conftest import hints_of, source_of, weights_of

from kconvert.errors import ConversionFailed, KConvertError, VerificationFailed
from kconvert.spec import Call, LayerSpec, ModelSpec
from kconvert.tensor import Tensor

ACTIVATIONS = ("relu", "tanh", "sigmoid", "hard_sigmoid", "softplus", "linear", "elu", "selu", "softsign")
SEQUENCES = ("LSTM", "GRU", "SimpleRNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
GATES = {"LSTM": 4, "GRU": 3, "LSTMCell": 4, "GRUCell": 3, "ConvLSTM2D": 4, "ConvLSTM1D": 4, "ConvLSTM3D": 4}


@dataclass(frozen=True)
class Fault:
    """One way to get one layer wrong."""

    kind: str
    layer: str
    make: Callable[[LayerSpec], LayerSpec]


def faults(spec: ModelSpec, chance: random.Random) -> list[tuple[Fault, ModelSpec]]:
    """Every fault that fits a layer of the model, and the model with it."""
    return [
        (fault, mutant)
        for layer in spec.layers
        for fault, new in _in_layer(layer, chance)
        for mutant in [_with(spec, new)]
    ]


def _with(spec: ModelSpec, new: LayerSpec) -> ModelSpec:
    return replace(spec, layers=tuple(new if la.name == new.name else la for la in spec.layers))


def _in_layer(layer: LayerSpec, chance: random.Random) -> Iterator[tuple[Fault, LayerSpec]]:
    for fault in _of_layer(layer, chance):
        yield fault, fault.make(layer)
    for role, held in layer.inner.items():
        if isinstance(held, ModelSpec):
            inside = [(fault, mutant) for fault, mutant in faults(held, chance)]
        elif isinstance(held, LayerSpec):
            inside = list(_in_layer(held, chance))
        else:
            inside = [
                (fault, tuple(new if n == i else other for n, other in enumerate(held)))
                for i, cell in enumerate(held)
                for fault, new in _in_layer(cell, chance)
            ]
        for fault, new in inside:
            yield replace(fault, layer=f"{layer.name}/{fault.layer}"), replace(layer, inner={**layer.inner, role: new})


def _of_layer(layer: LayerSpec, chance: random.Random) -> Iterator[Fault]:
    for kind, make in (*_tensor_faults(layer, chance), *_argument_faults(layer, chance), *_call_faults(layer)):
        yield Fault(kind, layer.name, make)


def _tensor_faults(layer: LayerSpec, chance: random.Random):
    for slot, tensor in layer.tensors.items():
        if tensor.dtype.kind != "f" or not tensor.size:
            continue
        shape = tensor.shape

        def changed(function, slot=slot):
            return lambda la: _with_tensor(la, slot, function)

        place = chance.randrange(tensor.size)
        yield "one weight by 1 %", changed(lambda a, place=place: _one(a, place, 1.01))
        yield "one weight by 30 %", changed(lambda a, place=place: _one(a, place, 1.3))
        yield "a tensor by 1 %", changed(lambda a: a * 1.01)
        if "bias" in slot or slot == "beta":
            yield "bias dropped", changed(np.zeros_like)
        if len(shape) >= 3 and max(shape[:-2]) > 1:
            axes = tuple(range(len(shape) - 2))
            yield "kernel flipped", changed(lambda a, axes=axes: np.flip(a, axes))
        if len(shape) >= 2 and shape[-1] == shape[-2] and shape[-1] > 1:
            yield "kernel transposed", changed(lambda a: np.swapaxes(a, -1, -2))
        if len(shape) == 4 and shape[0] == shape[1] and shape[0] > 1:
            yield "height and width exchanged", changed(lambda a: np.swapaxes(a, 0, 1))
        gates = GATES.get(layer.class_name, 0)
        if gates and shape[-1] % gates == 0:
            one, two = chance.sample(range(gates), 2)
            yield "gates swapped", changed(lambda a, gates=gates, one=one, two=two: _swapped(a, gates, one, two))
        if slot == "embeddings" and shape[0] > 1:
            yield "rows shifted by one", changed(lambda a: np.roll(a, 1, 0))
        if slot == "moving_variance":
            yield "deviation for variance", changed(np.sqrt)
    if {"gamma", "beta"} <= set(layer.tensors):
        yield "gamma and beta exchanged", lambda la: _exchanged(la, "gamma", "beta")
    if {"moving_mean", "moving_variance"} <= set(layer.tensors):
        yield "mean and variance exchanged", lambda la: _exchanged(la, "moving_mean", "moving_variance")


def _argument_faults(layer: LayerSpec, chance: random.Random):
    config, name = layer.config, layer.class_name

    def other(**changes):
        return lambda la: replace(la, config={**la.config, **changes})

    for key in ("activation", "recurrent_activation"):
        if key in config and isinstance(config[key], str):
            other_one = chance.choice([a for a in ACTIVATIONS if a != config[key]])
            yield f"{key} changed", other(**{key: other_one})
    if name in ("BatchNormalization", "LayerNormalization", "GroupNormalization") and "epsilon" in config:
        yield "epsilon changed", other(epsilon=1e-3 if config["epsilon"] != 1e-3 else 1e-5)
        yield "epsilon large", other(epsilon=0.1)
    if config.get("padding") in ("same", "valid") and name not in ("ops.image.extract_patches",):
        yield "padding changed", other(padding="valid" if config["padding"] == "same" else "same")
    if name.startswith(("ZeroPadding", "Cropping")):
        key = "padding" if name.startswith("Zero") else "cropping"
        yield f"{key} on the other side", other(**{key: _mirrored(config.get(key))})
    if isinstance(config.get("axis"), int) and name in ("Concatenate", "BatchNormalization", "Softmax"):
        yield "axis wrong", other(axis=1 if config["axis"] in (-1, 3, 2) else -1)
    if name == "Embedding" and config.get("mask_zero"):
        yield "mask lost", other(mask_zero=False)
    if name == "Masking":
        yield "mask lost", other(mask_value=12345.0)
    if name in SEQUENCES and "go_backwards" in config:
        yield "read backwards", other(go_backwards=not config["go_backwards"])
    if name == "GRU" and config.get("reset_after") is False and not config.get("use_bias", True):
        yield "reset_after changed", other(reset_after=True)
    if name == "Bidirectional" and config.get("merge_mode") in ("sum", "mul", "ave"):
        yield (
            "merge_mode changed",
            other(merge_mode=chance.choice([m for m in ("sum", "mul", "ave") if m != config["merge_mode"]])),
        )
    for key in ("negative_slope", "alpha", "threshold"):
        if isinstance(config.get(key), int | float):
            yield f"{key} changed", other(**{key: float(config[key]) + 0.1})
    if name.startswith("UpSampling2D"):
        yield (
            "interpolation changed",
            other(interpolation="nearest" if config.get("interpolation") == "bilinear" else "bilinear"),
        )
    if name in (
        "MaxPooling1D",
        "MaxPooling2D",
        "MaxPooling3D",
        "AveragePooling1D",
        "AveragePooling2D",
        "AveragePooling3D",
    ):
        swapped = {"Max": "Average", "Average": "Max"}
        new = name.replace("Max", "#").replace("Average", "Max").replace("#", "Average")
        assert new != name and swapped
        yield "another pool", lambda la, new=new: replace(la, class_name=new)
    if name == "Rescaling":
        yield "scale changed", other(scale=np.multiply(config["scale"], 1.02).tolist())
    if name in ("Dropout", "GaussianNoise"):
        key = "rate" if name == "Dropout" else "stddev"
        yield "only training changed", other(**{key: 0.9})
    if name == "BatchNormalization":
        yield "only training changed", other(momentum=0.5)


def _call_faults(layer: LayerSpec):
    lists = [c for c in layer.calls if c.args and isinstance(c.args[0], list) and len(c.args[0]) > 1]
    if lists and layer.class_name in ("Concatenate", "Subtract", "Dot"):
        yield "inputs exchanged", lambda la: _with_calls(la, lambda args: ([*args[0][::-1]], *args[1:]))
    if layer.class_name in ("Add", "Multiply", "Average", "Maximum"):
        new = {"Add": "Multiply", "Multiply": "Add", "Average": "Maximum", "Maximum": "Average"}[layer.class_name]
        yield "another merge", lambda la: replace(la, class_name=new)
    if layer.class_name in ("ops.subtract", "ops.divide", "ops.power") and all(len(c.args) == 2 for c in layer.calls):
        yield "inputs exchanged", lambda la: _with_calls(la, lambda args: args[::-1])


def _with_calls(layer: LayerSpec, new) -> LayerSpec:
    return replace(layer, calls=tuple(Call(new(c.args), c.kwargs) for c in layer.calls))


def _with_tensor(layer: LayerSpec, slot: str, function) -> LayerSpec:
    tensor: Tensor = layer.tensors[slot]

    def read():
        value = tensor.read()
        return np.asarray(function(value), value.dtype).reshape(value.shape)

    return replace(layer, tensors={**layer.tensors, slot: replace(tensor, read=read)})


def _exchanged(layer: LayerSpec, one: str, two: str) -> LayerSpec:
    return replace(layer, tensors={**layer.tensors, one: layer.tensors[two], two: layer.tensors[one]})


def _one(array, place, factor):
    new = np.array(array)
    new.ravel()[place] *= factor
    return new


def _swapped(array, gates, one, two):
    parts = np.split(array, gates, -1)
    parts[one], parts[two] = parts[two], parts[one]
    return np.concatenate(parts, -1)


def _mirrored(value):
    if isinstance(value, list | tuple) and len(value) == 2 and all(isinstance(v, int) for v in value):
        return [value[1], value[0]]
    if isinstance(value, list | tuple):
        return [_mirrored(v) for v in value]
    return value


@dataclass(frozen=True)
class Result:
    """What became of one fault: `real` if it changes the recorded outputs, `found` by verification."""

    case: str
    fault: Fault
    real: bool
    change: float
    status: str
    first: str = ""

    @property
    def found(self) -> bool:
        return self.status == "failed"


def check(folder: Path, verifier, chance: random.Random, tolerance: float) -> Result | None:
    """Puts one random fault into the conversion of one case; None where none fits or the mutant cannot be built."""
    from kconvert.export import write
    from kconvert.export.served import served_names
    from kconvert.framework import neutral_settings
    from kconvert.pipeline import built
    from kconvert.read import read
    from kconvert.upgrade import upgrade
    from kconvert.variables import keyed_variables
    from kconvert.verify import Tolerance, verified
    from kconvert.verify.comparing import difference
    from kconvert.verify.running import run

    hints = {("data_format" if k == "source_data_format" else k): v for k, v in hints_of(folder).items()}
    spec = read(source_of(folder), weights=weights_of(folder), **hints)
    upgraded = upgrade(spec)
    by_kind: dict[str, list[tuple[Fault, ModelSpec]]] = collections.defaultdict(list)
    for fault, mutant in faults(upgraded.spec, chance):
        by_kind[fault.kind].append((fault, mutant))
    if not by_kind:
        return None
    fault, mutant = chance.choice(by_kind[chance.choice(sorted(by_kind))])
    served = served_names(spec, upgraded.renamed)
    with tempfile.TemporaryDirectory() as temporary, neutral_settings():
        path = Path(temporary) / "mutant.keras"
        try:
            model, values = built(mutant)
            write(model, path, "keras", served, values)
        except (ConversionFailed, ValueError):
            return None
        try:
            found = verified(
                verifier, path, "keras", values.digests(keyed_variables(model)), original=spec, renamed=upgraded.renamed, moved=upgraded.moved,
                tolerance=Tolerance(tolerance, tolerance), input_names=served.inputs, output_names=served.outputs,
            )  # fmt: skip
        except VerificationFailed as error:
            found = error.verification
        with np.load(folder / "io.npz") as recorded:
            given = [recorded[f"in_{n}"] for n in range(len(served.inputs))]
            wanted = [recorded[f"out_{n}"] for n in range(len(served.outputs))]
        with run(verifier, given, {}, range(len(wanted))) as ran:
            if ran.refused:
                real, change = True, float("inf")
            else:
                apart = [
                    difference(g, w, Tolerance(tolerance, tolerance))
                    for g, w in zip(ran.outputs(), wanted, strict=True)
                ]
                real, change = not all(d.passed for d in apart), max(d.max_abs for d in apart)
    status = "failed" if found is None else found.status
    return Result("/".join(folder.parts[-2:]), fault, real, change, status, found.first_difference if found else "")


def main() -> None:
    from kconvert.verify import Verifier

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--count", type=int, default=200, help="real faults")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="*")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    folders = [
        f.parent
        for f in sorted(asked.corpus.glob("*/*/io.npz"))
        if fnmatch.fnmatch("/".join(f.parts[-3:-1]), asked.only)
    ]
    folders = [f for f in folders if not (f / "custom.py").exists()]
    chance, results = random.Random(asked.seed), []
    with Verifier() as verifier:
        while sum(r.real and r.status in ("failed", "passed") for r in results) < asked.count:
            folder = chance.choice(folders)
            facts = json.loads((folder / "case.json").read_text())
            try:
                result = check(folder, verifier, chance, max(float(facts.get("tolerance") or 1e-4), 1e-6))
            except KConvertError:
                continue
            if result is not None:
                results.append(result)
                real = "real" if result.real else "no fault"
                print(
                    f"{result.status:12} {real:8} {result.change:.3g} {result.case} {result.fault.layer}: {result.fault.kind}",
                    flush=True,
                )
    table = collections.Counter(("real" if r.real else "unreal", r.status) for r in results)
    kinds = collections.Counter(r.fault.kind for r in results if r.real)
    missed = [r for r in results if r.real and r.status == "passed"]
    print(json.dumps({"counts": {" ".join(k): n for k, n in sorted(table.items())}, "kinds": kinds}, indent=1))
    for r in missed:
        print("MISSED", r.case, r.fault.layer, r.fault.kind, r.change)
    print(
        f"real faults: {sum(r.real for r in results)}, found: {sum(r.real and r.found for r in results)}, missed: {len(missed)}"
    )
    if asked.json:
        rows = [
            {
                "case": r.case,
                "layer": r.fault.layer,
                "kind": r.fault.kind,
                "real": r.real,
                "change": r.change,
                "status": r.status,
                "first": r.first,
            }
            for r in results
        ]
        asked.json.write_text(json.dumps(rows, indent=1))
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
