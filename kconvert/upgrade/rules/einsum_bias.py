"""EinsumDense whose bias lies on another axis than the last: today's adds it along the last one where that is as long.

That axis is made the last of what the layer computes, and a Permute puts it where it was. See `kconvert/sums.py`.
Source: keras 3.15.1 src/layers/core/einsum_dense.py `call`; keras 2.12 layers/core/einsum_dense.py `call`.
"""

from __future__ import annotations

from dataclasses import replace

from kconvert.errors import Rejected
from kconvert.sums import has_plain_sums, is_mistaken
from kconvert.upgrade.fragment import Fragment, Site, Step
from kconvert.upgrade.rules.channels_first_bias import BY_LAST_AXIS
from kconvert.upgrade.shapes.layers import output_shapes


def einsum_bias(site: Site, fragment: Fragment) -> Fragment:
    """EinsumDense, and Permute behind it."""
    main = fragment.main
    bias = main.tensors.get("bias")
    if bias is None or not has_plain_sums(site.origin):
        return fragment
    equation = str(main.config["equation"]).replace(" ", "")
    takes, gives = equation.split("->")
    if not any(is_mistaken(shape, bias.shape) for shape in _outputs(site, gives, len(bias.shape))):
        return fragment
    if "." in gives:
        raise Rejected("its bias lies on an axis that today's Keras can mistake for the last", argument="bias_axes")
    letter = next(a for a, n in zip(gives[-len(bias.shape) :], bias.shape, strict=True) if n != 1)
    last = gives.replace(letter, "") + letter
    lengths = dict(zip(gives[1:], _as_list(main.config["output_shape"]), strict=True))
    config = {
        **main.config, "equation": f"{takes}->{last}", "bias_axes": letter,
        "output_shape": [lengths[axis] for axis in last[1:]],
    }  # fmt: skip
    dtype = {"dtype": config["dtype"]} if "dtype" in config else {}
    after = [Step("Permute", {"dims": [last.index(axis) for axis in gives[1:]], **dtype}, "axes")]
    if config.get("activation") in BY_LAST_AXIS:
        after.append(Step("Activation", {"activation": config["activation"], **dtype}, "activation"))
        config["activation"] = "linear"
    tensors = {**main.tensors, "bias": bias.reshape((bias.size,))}
    new = replace(main, config=config, tensors=tensors, suffix=main.suffix or "dense")
    return replace(fragment, main=new, after=(*after, *fragment.after))


def _outputs(site: Site, gives: str, least: int) -> list[tuple[int | None, ...]]:
    """The shapes that it can give; open axes where they are not known."""
    rank = max(len(gives.replace(".", "")), least) + (1 if "." in gives else 0)
    shapes = []
    for shape in site.input_shapes or (None,):
        found = None if shape is None else output_shapes(site.old, [shape])
        known = found[0] if found else None
        shapes.append((None,) * rank if known is None else known)
    return shapes


def _as_list(shape: object) -> list[int | None]:
    return list(shape) if isinstance(shape, list | tuple) else [shape]  # type: ignore[list-item]
