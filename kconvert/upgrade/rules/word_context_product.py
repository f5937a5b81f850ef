"""WordContextProduct of Keras 0.2: activation of the dot product of a word's and its context's vector.

Source: keras 0.2.0 layers/embeddings.py.
"""

from __future__ import annotations

from kconvert.tensor import Tensor
from kconvert.upgrade.fragment import INPUT, PREVIOUS, Fragment, From, Site, Step

WHOLE = {"slice": [None, None, None]}


def word_context_product(site: Site, fragment: Fragment) -> Fragment:
    """Two Embeddings, the product, its sum, and the activation."""
    config, tensors = fragment.main.config, fragment.main.tensors
    own = {key: config[key] for key in ("trainable", "dtype") if key in config}

    def vectors(suffix: str, column: int, table: Tensor) -> tuple[Step, Step]:
        settings = {"input_dim": table.shape[0], "output_dim": table.shape[1], **own}
        return (
            Step("ops.getitem", {"key": [WHOLE, column]}, f"{suffix}_id", (INPUT,)),
            Step("Embedding", settings, suffix, tensors={"W": table}),
        )

    before = (
        *vectors("word", 0, tensors["W_w"]),
        *vectors("context", 1, tensors["W_c"]),
        Step("ops.multiply", {}, "product", (From("word"), From("context"))),
        Step("ops.sum", {"axis": 1, "keepdims": True}, "dot"),
    )
    return Fragment(Step("Activation", {"activation": config["activation"], **own}, args=(PREVIOUS,)), before)
