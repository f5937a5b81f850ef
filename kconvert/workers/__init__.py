"""Processes that do what may go wrong, each with limits, a lifeline, and a word on what it is doing.

* `supervised.py`: the supervisor's half of one process; `child.py`: the worker's half, a program of its own;
* `pool.py`: workers that wait for the next job;
* `limits.py`: how many seconds and bytes; `memory.py`: how many bytes there are;
* `environment.py`: what a worker is told of its surroundings.
"""

from __future__ import annotations

from kconvert.workers.limits import Allowance, Limits, allowance
from kconvert.workers.pool import Pool
from kconvert.workers.supervised import Supervised

__all__ = ["Allowance", "Limits", "Pool", "Supervised", "allowance"]
