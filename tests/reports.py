"""Reports made without TensorFlow: of samples, of hundreds of layers, and of files that mean harm."""

import dataclasses

from conftest import SAMPLES, hints_of, source_of, weights_of

from kconvert.jobs.inspection import origin_facts
from kconvert.read import read
from kconvert.report import (
    ArgumentChange,
    Failure,
    InputUsed,
    LayerChange,
    LayerCheck,
    MissingLayer,
    Note,
    Obstacle,
    OutputCheck,
    Report,
    RuleUsed,
    Run,
    TensorChange,
    Verification,
)
from kconvert.report.graphs import Graph, Node, graph_of
from kconvert.upgrade import upgrade

HOSTILE = """"'><script>window.hacked=1</script><img src=x onerror=window.hacked=1></style></title>{{7*7}}\x1b[31m`a`"""
VERSIONS = {"python": "3.11.7", "kconvert": "0.1.0"}


def report_of_sample(name: str, **changes) -> Report:
    """What a conversion of a sample reports, with made-up differences."""
    folder = SAMPLES / name
    hints = hints_of(folder)
    reading = {
        "backend": hints.get("backend"),
        "keras_version": hints.get("keras_version"),
        "data_format": hints.get("source_data_format"),
    }
    spec = read(source_of(folder), weights=weights_of(folder), **reading)
    upgraded = upgrade(spec)
    before = graph_of(spec)
    report = Report(
        source={"path": f"models/{name}.h5", "sha256": "ab" * 32, **origin_facts(spec), "tensors": 9},
        target={"path": f"{name}.keras", "format": "keras", "sha256": "cd" * 32},
        layers=upgraded.layers,
        training={"kept": False, "because": "the file has none"},
        verification=verification(before),
        notes=upgraded.notes,
        renamed=upgraded.renamed,
        versions=VERSIONS,
        seconds={"read": 0.1, "all": 3.2},
        peak_memory=592_000_000,
        before=before,
        after=graph_of(upgraded.spec),
    )
    return dataclasses.replace(report, **changes)


def verification(graph: Graph, wrong: str = "") -> Verification:
    """All outputs and layers agree, but for the layer `wrong`."""
    layers = tuple(
        LayerCheck(
            n.name, n.class_name, n.name, 0.02 if n.name == wrong else 1e-9 * 1.5**i % 1e-6, 1e-6, n.name != wrong, 3.0
        )
        for i, n in enumerate(graph.nodes)
        if n.class_name != "InputLayer"
    )
    inputs = tuple(InputUsed(n.name, (4, 8), "float32", "normal") for n in graph.nodes if "input" in n.role)
    outputs = tuple(OutputCheck(n.name, 2e-7, 1e-6, True, "reference") for n in graph.nodes if "output" in n.role)
    return Verification(
        "passed", 9, outputs, "the original, computed from its file", layers, wrong, (), (Run("generated", inputs, 0),)
    )  # fmt: skip


def report_of_many(count: int) -> Report:
    """A chain of `count` convolutions and their like, with side branches, a tenth of them changed."""
    kinds = ("Conv2D", "BatchNormalization", "Activation", "Concatenate")
    nodes = [Node("input", "input", 0, "InputLayer", role="input")]
    changes = []
    for n in range(1, count):
        takes = (n - 1, max(0, n - 4)) if n % 4 == 0 else (n - 1,)
        name = f"block_{n // 4}_layer_{n}"
        nodes.append(Node(name, name, 0, kinds[n % 4], takes, role="output" if n == count - 1 else ""))
        arguments = tuple(ArgumentChange("kept", f"argument_{k}", f"argument_{k}", "", "3", "3") for k in range(14))
        steps = ("flip [0, 1]",) if n % 40 == 0 else ()
        tensors = (TensorChange(f"{name}/kernel:0", "kernel", (3, 3, 64, 64), "float32", steps),)
        changes.append(
            LayerChange(name, kinds[n % 4], (kinds[n % 4],), name, arguments, tensors, (), "a -> b", (name,))
        )
    graph = Graph(tuple(nodes))
    return Report(
        {"path": "large.h5", "sha256": "", "kind": "hdf5", "dialect": "keras2", "package": "keras", "keras": "2.2.4",
         "backend": "tensorflow", "evidence": {}, "tensors": count},
        {"path": "large.keras", "format": "keras", "sha256": ""},
        tuple(changes), verification=verification(graph), versions=VERSIONS, seconds={"all": 1.0}, before=graph,
        after=graph,
    )  # fmt: skip


def hostile_report(status: str = "passed", failure: bool = False) -> Report:
    """Markup, code and control characters in every text that a model file can bring in."""
    h = HOSTILE
    nodes = (
        Node(h, h, 0, h, role="input output", holds=(h,)),
        Node(f"{h}/inner", h, 1, h, (0,), is_model=True),
        Node(f"{h}2", f"{h}2", 0, h, (0, 1)),
    )
    change = LayerChange(
        h, h, (h, h), h, (ArgumentChange("kept", h, h, h, h, h), ArgumentChange("dropped", h, "", h, h)),
        (TensorChange(h, h, (1,), h, (h,)),), (RuleUsed(h, h),), h, (h, f"{h}2"),
    )  # fmt: skip
    check = Verification(
        status, 1, (OutputCheck(h, 1e-7, float("inf"), status != "failed", h, h),), h,
        (LayerCheck(h, h, h, 0.0, 0.0, True, 1.0, h), LayerCheck(f"{h}2", h, h, float("inf"), 1.0, False, 1.0, h)), h,
        (MissingLayer(h, h, h),), (Run(h, (InputUsed(h, (1,), h, h),), 0),),
    )  # fmt: skip
    return Report(
        {"path": h, "sha256": h, "kind": h, "dialect": h, "package": h, "keras": {"from": h, "to": h}, "backend": h,
         "evidence": {h: h, "backend": h, "keras_version": h}, "tensors": 1},
        {"path": h, "format": h, "sha256": h},
        (change,), {"kept": False, "because": h, h: [h, {h: h}]}, check,
        (Note("warning", h, h), Note("info", h, h), Note("info", "", h), Note("warning", "", h)), {h: f"{h}2"}, {h: h},
        {"all": 1.0, h: 2.0}, 5, None, Graph(nodes), Graph(nodes),
        Failure(h, h, (Obstacle(h, h, h, h, h, h),)) if failure else None,
    )  # fmt: skip


def refused_report() -> Report:
    """A model that was read and not converted."""
    whole = report_of_sample("small_unet")
    obstacle = Obstacle(
        "it has no exact equivalent in today's Keras", "Rejected", "p_re_lu_1", "PReLU", "shared_axes", "--map FILE"
    )
    return dataclasses.replace(
        whole, layers=(), after=Graph(), verification=Verification("skipped"),
        failure=Failure("ConversionFailed", "PReLU 'p_re_lu_1': ...", (obstacle,)),
    )  # fmt: skip
