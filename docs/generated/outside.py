"""Pages of the repository that are pages of the site as well, and links between both.

Links are written as they work in the repository. On the site, those to a page of it lead there, and those to other files are
their text.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File

ROOT = Path(__file__).parents[2]
PAGES = ("CONTRIBUTING.md", "SECURITY.md", "layer_maps/README.md", "sample_models/README.md")
LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]*)\]\((?!\w+:|#)(?P<target>[^)#\s]*)(?P<anchor>#[^)\s]*)?\)")
CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)


def files(config: MkDocsConfig) -> list[File]:
    """The pages from outside docs/, under their path in the repository."""
    return [File.generated(config, page, content=(ROOT / page).read_text()) for page in PAGES]


def with_links(markdown: str, page: str) -> str:
    """A page's text with links as the site has them."""
    own = page if page in PAGES else f"docs/{page}"

    def linked(link: re.Match[str]) -> str:
        there = posixpath.normpath(posixpath.join(posixpath.dirname(own), link["target"]))
        on_site = there if there in PAGES else there.removeprefix("docs/")
        if on_site == there and there not in PAGES:
            return link["text"]
        return f"[{link['text']}]({posixpath.relpath(on_site, posixpath.dirname(page) or '.')}{link['anchor'] or ''})"

    return "".join(part if part.startswith("`") else LINK.sub(linked, part) for part in CODE.split(markdown))
