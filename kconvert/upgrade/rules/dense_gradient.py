"""The gradient of an Embedding comes as the rows that were looked up; today's optimizers take a row that occurs twice for two.

They square each occurrence by itself, where Keras until 2.3 and tf.keras added the occurrences up first. A regularizer of zero
makes the gradient a whole matrix, in which they are added up. Only a model that is trained on needs it.
Sources: keras 2.3.1 optimizers.py `Adam.get_updates`; tensorflow 2.3 python/keras/optimizer_v2/optimizer_v2.py
`_resource_apply_sparse_duplicate_indices`; Keras 3.15 src/backend/tensorflow/sparse.py `sparse_to_dense` and its callers.
"""

from __future__ import annotations

from kconvert.upgrade.fragment import Fragment, Site


def dense_gradient(site: Site, fragment: Fragment) -> Fragment:
    """`L2(0.0)` where the Embedding has no regularizer."""
    config = fragment.main.config
    if not site.origin.is_trained_on or config.get("embeddings_regularizer") or not config.get("trainable", True):
        return fragment
    return fragment.with_config(embeddings_regularizer={"class_name": "L2", "config": {"l2": 0.0}})
