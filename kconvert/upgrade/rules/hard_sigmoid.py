"""`hard_sigmoid` was clip(0.2 x + 0.5, 0, 1) until Keras 2.3 and tf.keras 2.15; today's is clip(x / 6 + 0.5, 0, 1).

old(x) = today(1.2 x), so the factor goes into the weights that make x, or into a Rescaling before an Activation. A model
that is trained on keeps its weights as they are (a factor in them is a factor in every step); there, and where the function
is applied to something else than a sum with weights, two stock layers stand for it: Rescaling, and ReLU up to 1.
Sources: keras 2.3.1 backend/tensorflow_backend.py `hard_sigmoid`; keras 3.15 src/backend/tensorflow/nn.py.
"""

from __future__ import annotations

from dataclasses import replace

from kconvert.upgrade.fragment import Fragment, Site, Step

FACTOR = 1.2
AS_LAYERS = {
    "module": "keras",
    "class_name": "Sequential",
    "config": {
        "name": "hard_sigmoid",
        "layers": [
            {"module": "keras.layers", "class_name": "Rescaling", "config": {"scale": 0.2, "offset": 0.5}},
            {"module": "keras.layers", "class_name": "ReLU", "config": {"max_value": 1.0}},
        ],
    },
    "registered_name": None,
}
"""clip(0.2 x + 0.5, 0, 1) in the place of an activation."""

SCALED_SLOTS = {
    **dict.fromkeys(
        ["Dense", "EinsumDense", "Conv1D", "Conv2D", "Conv3D", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose",
         "DepthwiseConv1D", "DepthwiseConv2D", "LocallyConnected1D", "LocallyConnected2D"], ("kernel", "bias")),
    **dict.fromkeys(["SeparableConv1D", "SeparableConv2D"], ("pointwise_kernel", "bias")),
    "Highway": ("W", "b"),
    **dict.fromkeys(["SimpleRNN", "SimpleRNNCell", "GRU", "GRUCell"], ("kernel", "recurrent_kernel", "bias")),
}  # fmt: skip
GATE_SLOTS = ("kernel", "recurrent_kernel", "bias")


def hard_sigmoid(site: Site, fragment: Fragment) -> Fragment:
    """Keeps `activation='hard_sigmoid'` the function that it was."""
    if site.old.config.get("activation") != "hard_sigmoid":
        return fragment
    if site.old.class_name == "Activation":
        dtype = fragment.main.config.get("dtype")
        rescaling = Step("Rescaling", {"scale": FACTOR, "dtype": dtype}, "rescaling")
        return replace(fragment, before=(*fragment.before, rescaling))
    slots = SCALED_SLOTS.get(site.old.class_name)
    if slots is None or site.origin.is_trained_on:
        return fragment.with_config(activation=AS_LAYERS)
    if site.old.class_name in ("GRU", "GRUCell"):
        units = int(site.old.config["units"])
        return _scaled(fragment, slots, [(2 * units, 3 * units)])
    return _scaled(fragment, slots, [None])


def recurrent_hard_sigmoid(site: Site, fragment: Fragment) -> Fragment:
    """Keeps `recurrent_activation='hard_sigmoid'`: gates i, f, o of an LSTM (stored i, f, c, o), z and r of a GRU (z, r, h)."""
    if site.old.config.get("recurrent_activation") != "hard_sigmoid":
        return fragment
    if site.origin.is_trained_on:
        return fragment.with_config(recurrent_activation=AS_LAYERS)
    n = int(site.old.config.get("units", site.old.config.get("filters", 0)))
    gates: list[tuple[int, int] | None] = [(0, 2 * n)]
    if not site.old.class_name.startswith("GRU"):
        gates.append((3 * n, 4 * n))
    return _scaled(fragment, GATE_SLOTS, gates)


def _scaled(fragment: Fragment, slots: tuple[str, ...], columns: list[tuple[int, int] | None]) -> Fragment:
    assert slots[0] in fragment.main.tensors, f"no {slots[0]} to scale"
    for slot in slots:
        tensor = fragment.main.tensors.get(slot)
        if tensor is not None:
            for part in columns:
                tensor = tensor.scale(FACTOR, part)
            fragment = fragment.with_tensors(**{slot: tensor})
    return fragment
