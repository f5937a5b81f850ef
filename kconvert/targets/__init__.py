"""Where a result goes: asked before any work, written beside its place, shown there when all of it is right.

The caller's half of writing, whatever the format; `kconvert.export` is the half that makes the file.

* `checked.py`: may it be written there? `staging.py`: a place beside it; `publishing.py`: all of it appears at once, or nothing;
* `refusals.py`: why not.
"""
