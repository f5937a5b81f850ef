"""ParametricSoftplus: alpha * softplus(beta * x), with weights per element.

Source: keras 1.2.2 layers/advanced_activations.py `ParametricSoftplus.call`.
"""

from __future__ import annotations

from dataclasses import replace

from kconvert.upgrade.fragment import Fragment, Site
from kconvert.upgrade.rules.elementwise import elementwise


def parametric_softplus(site: Site, fragment: Fragment) -> Fragment:
    """One layer becomes three."""
    alphas, betas = fragment.main.tensors["alphas"], fragment.main.tensors["betas"]
    config = fragment.main.config
    before = elementwise("betas", config, site, shape=betas.shape, scale=betas)
    after = elementwise("alphas", config, site, shape=alphas.shape, scale=alphas)
    main = replace(fragment.main, suffix="softplus", tensors={})
    return replace(fragment, main=main, before=before, after=after)
