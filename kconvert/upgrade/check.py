"""Which classes and arguments does no map account for? Asked of the whole model before anything is changed."""

from __future__ import annotations

from collections.abc import Iterator

from kconvert.errors import NONSENSE, BrokenGraph, CodeInModel, Problem, Rejected, UnknownArgument, UnknownLayer
from kconvert.spec import Dialect, LayerSpec, ModelSpec, Origin, walk
from kconvert.upgrade.arguments import chosen, upgraded_arguments
from kconvert.upgrade.lambdas import held_lambda
from kconvert.upgrade.map_format import Entry
from kconvert.upgrade.maps import HopMaps
from kconvert.upgrade.objects import held_object
from kconvert.upgrade.operations import OP_LAYERS

HOLD_CODE = frozenset(["TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"])


def unaccounted(model: ModelSpec, maps: HopMaps) -> Iterator[Problem]:
    """A problem for each class, argument and value, at every depth, that stands against this hop."""
    for parents, layer in walk(model):
        held = held_object([(call.args, dict(call.kwargs)) for call in layer.calls])
        if held is not None:
            where = "/".join((*parents, layer.name))
            yield BrokenGraph(f"it is called on an object ({held[:80]!r})", layer=where, class_name=layer.class_name)
        dtype = layer.config.get("dtype")
        if layer.class_name == "InputLayer" and not isinstance(dtype, str | None):
            where = "/".join((*parents, layer.name))
            yield UnknownArgument("its dtype is not a name", layer=where, class_name=layer.class_name, argument="dtype")
        if layer.inner_model is not None or layer.class_name.startswith("ops.") or layer.class_name in OP_LAYERS:
            continue
        if maps.old == Dialect.keras2 and held_lambda(layer) is not None:
            continue
        try:
            entry = entry_of(layer, maps, model.origin)
            problems = upgraded_arguments(entry, layer.config, maps, model.origin).problems
        except Problem as found:
            problems = (found,)
        except NONSENSE as error:
            problems = (UnknownArgument(f"its arguments are not those that Keras writes ({_words(error)})"),)
        for problem in problems:
            problem.layer, problem.class_name = "/".join((*parents, layer.name)), layer.class_name
            yield problem


def entry_of(layer: LayerSpec, maps: HopMaps, origin: Origin) -> Entry:
    """The entry for this layer, its case chosen.

    Raises:
        UnknownLayer, Rejected, AmbiguousOrigin: there is none, or none that can be used.
    """
    found = maps.find("layers", layer.class_name)
    if layer.class_name in HOLD_CODE:
        raise CodeInModel("holds code or a program of another framework, which would run when the model is loaded")
    if found is None:
        raise UnknownLayer(
            "is not a layer of Keras, so its Python code is needed (today's Keras says: Unknown layer: "
            f"'{layer.class_name}', or: Could not locate class '{layer.class_name}')",
            option=f"--custom FILE.py that defines {layer.class_name.rpartition('>')[2]}",
        )
    entry = chosen(found, layer.config, origin, len(layer.tensors))
    if entry.reject is not None:
        raise Rejected(entry.reject.because, option=entry.reject.option)
    return entry


def _words(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
