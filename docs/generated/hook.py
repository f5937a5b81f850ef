"""What mkdocs calls: pages from outside of docs/, and parts of pages that are made of data when the site is built.

`<!-- generated: NAME -->` in a page is replaced by one of the parts, which are Markdown: made of the maps, the code, and the YAML files
of this folder's parent.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import commands
import layers
import outside
import pains
import refusals
import scores
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

from kconvert.catalog import tables

PARTS: dict[str, Callable[[], str]] = {
    "commands": commands.part,
    "pains": pains.part,
    "keras0": lambda: layers.hop(0),
    "keras1": lambda: layers.hop(1),
    "keras2": lambda: layers.hop(2),
    "keras3": lambda: layers.hop(3),
    "functions": tables.operations,
    "refused_layers": refusals.refused_layers,
    "refused_functions": refusals.refused_functions,
    "refused_by_rules": refusals.refused_by_rules,
    "codes": refusals.codes,
    "scores": scores.part,
}
MARK = re.compile(r"<!-- generated: (\w+) -->")


def on_files(files: Files, config: MkDocsConfig, **_: Any) -> Files:
    """Called by mkdocs once it knows the pages."""
    for file in outside.files(config):
        files.append(file)
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Called by mkdocs for each page."""
    return outside.with_links(MARK.sub(lambda mark: PARTS[mark[1]](), markdown), page.file.src_uri)
