"""`kconvert maps list`, `show` and `check`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from kconvert.cli.options import AsJson, Maps
from kconvert.cli.terminal import show
from kconvert.errors import MapError

maps_app = typer.Typer(rich_markup_mode=None)


@maps_app.command("list")
def list_maps(maps: Maps = None, as_json: AsJson = False) -> int:
    """All that the maps know, and what becomes of it, a line each."""
    from kconvert.catalog.views import listed

    found = listed(maps or ())
    if as_json:
        show([json.dumps([asdict(one) for one in found], indent=2)])
    else:
        show(f"{o.hop}  {o.section:12} {o.name}{f'  ->  {o.becomes}' if o.becomes else ''}" for o in found)
    return 0


@maps_app.command("show")
def show_map(
    name: Annotated[str, typer.Argument(metavar="LAYER", help="A class, or a function such as hard_sigmoid.")],
    maps: Maps = None,
    as_json: AsJson = False,
) -> int:
    """All that becomes of a class on its way to today's Keras."""
    from kconvert.catalog.views import shown

    found = shown(name, maps or ())
    show([json.dumps([asdict(one) for one in found], indent=2)] if as_json else (one.text for one in found))
    return 0


@maps_app.command("check")
def check_maps(files: Annotated[list[Path], typer.Argument(metavar="FILE.yaml", help="Layer maps of yours.")]) -> int:
    """Say whether layer maps of yours are right."""
    from kconvert.catalog.checks import checked

    wrong = []
    for file in files:
        try:
            found = checked(file)
        except MapError as error:
            wrong.append(str(error))
            continue
        entries = ", ".join(f"{section}: {count}" for section, count in found.entries.items()) or "nothing"
        show([f"{found.path}: {found.hop}, {entries}", *(f"  remark  {remark}" for remark in found.remarks)])
    if wrong:
        raise MapError("\n".join(wrong))
    return 0
