"""Parts of pages that are made of data when the site is built: `<!-- generated: NAME -->` in a page is replaced by one of them.

Markdown in, Markdown out. What they are made of is the maps, the errors, the tests' data, and the two YAML files of this folder's parent.
"""

import re

import layers
import pains
import refusals
import scores

PARTS = {
    "pains": pains.part,
    "keras0": lambda: layers.hop(0),
    "keras1": lambda: layers.hop(1),
    "keras2": lambda: layers.hop(2),
    "keras3": lambda: layers.hop(3),
    "functions": layers.functions,
    "refused_layers": refusals.refused_layers,
    "refused_functions": refusals.refused_functions,
    "refused_by_rules": refusals.refused_by_rules,
    "codes": refusals.codes,
    "scores": scores.part,
}
MARK = re.compile(r"<!-- generated: (\w+) -->")


def on_page_markdown(markdown, **_):
    """Called by mkdocs for each page."""
    return MARK.sub(lambda mark: PARTS[mark[1]](), markdown)
