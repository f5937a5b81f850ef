"""What is told of a conversion: frozen, picklable values that turn into JSON, and how a reader is shown them.

* values: `changes.py` (what an upgrade did), `verification.py` (what was compared), `graphs.py` (both models in short),
  `conversion.py` (all of it, and the outcomes of many), `findings.py` (inspections and plans);
* shown: `side_by_side.py` finds which new layers stand for which of the file, `verdict.py` says it in a sentence,
  `summary.py` in lines of text, `page/` in HTML; `document.py` makes the text of a file.

Here are the values, which cross the borders of processes by these names.
"""

from __future__ import annotations

from kconvert.report.changes import ArgumentChange, LayerChange, Level, Note, RuleUsed, TensorChange
from kconvert.report.conversion import Converted, Failed, Failure, Obstacle, Outcome, Report, Skipped
from kconvert.report.findings import Found, Inspection, Plan
from kconvert.report.graphs import Graph, Node, graph_of
from kconvert.report.verification import InputUsed, LayerCheck, MissingLayer, OutputCheck, Run, Verification

__all__ = [
    "ArgumentChange", "Converted", "Failed", "Failure", "Found", "Graph", "InputUsed", "Inspection", "LayerChange",
    "LayerCheck", "Level", "MissingLayer", "Node", "Note", "Obstacle", "Outcome", "OutputCheck", "Plan", "Report", "RuleUsed",
    "Run", "Skipped", "TensorChange", "Verification", "graph_of",
]  # fmt: skip
