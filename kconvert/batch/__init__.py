"""A whole model zoo: every model below a folder, one outcome each; never raises for a model.

* `settings.py`: `kconvert.yaml` beside or above models;
* `models.py`: which models there are; `tasks.py`: what is to be converted to where, checked before any work;
* `journal.py`: what is done, in SQLite beside the output;
* `converting.py`: one model; `places.py`: threads here or a cluster, within memory; `running.py`: all of them;
* `display.py`: what is seen meanwhile; `reports.py`: one page to read in the morning; `commands.py`: how to try one again.
"""

from __future__ import annotations

from kconvert.batch.running import convert_many

__all__ = ["convert_many"]
