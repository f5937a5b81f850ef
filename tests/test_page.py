"""The HTML report without a browser: nothing that a file says becomes markup, and every state has its page."""

import dataclasses
import itertools
import re
import time

import html5lib
import pytest
import reports

from kconvert.report import LayerCheck, Report
from kconvert.report.graphs import Graph
from kconvert.report.page import page
from kconvert.report.page.plot import plot_of
from kconvert.report.page.rails import HEIGHT, rails
from kconvert.report.side_by_side import rows_of
from kconvert.report.verdict import verdict

XHTML = "{http://www.w3.org/1999/xhtml}"


def parsed(html):
    """The document's tree; raises at the first error of its markup."""
    return html5lib.HTMLParser(html5lib.getTreeBuilder("etree"), strict=True).parse(html)


def text_of(html):
    return " ".join("".join(parsed(html).itertext()).split())


CASES = {
    "sample": lambda: reports.report_of_sample("small_unet"),
    "nested": lambda: reports.report_of_sample("shared_towers"),
    "keras 0.x": lambda: reports.report_of_sample("graph_with_outputs"),
    "many": lambda: reports.report_of_many(300),
    "refused": reports.refused_report,
    "hostile": reports.hostile_report,
    "hostile, failed": lambda: reports.hostile_report("failed", failure=True),
    "hostile, refused": lambda: reports.hostile_report("skipped", failure=True),
    "nothing known": lambda: Report({"path": "x.h5"}, {"path": "y", "format": "keras"}),
}


@pytest.mark.parametrize("case", CASES)
def test_the_markup_is_well_formed_and_needs_nothing_else(case):
    tree = parsed(page(CASES[case]()))
    addresses = [
        v for e in tree.iter() for k, v in e.attrib.items() if k in ("src", "href", "action", "data", "srcset")
    ]
    assert all(a.startswith("#") for a in addresses)
    assert "url(" not in "".join(tree.find(f".//{XHTML}style").itertext())
    assert not [e for e in tree.iter() if str(e.tag).rpartition("}")[2] in ("link", "img", "iframe", "object", "use")]


@pytest.mark.parametrize(
    ("status", "failure"), [("passed", False), ("partial", False), ("failed", True), ("skipped", True)]
)
def test_what_a_file_says_is_text_and_nothing_else(status, failure):
    html = page(reports.hostile_report(status, failure))
    tree = parsed(html)
    assert len(tree.findall(f".//{XHTML}script")) == 1
    assert len(tree.findall(f".//{XHTML}style")) == 1
    assert not [k for e in tree.iter() for k in e.attrib if k.startswith("on") or k == "style"]
    assert "<script>window.hacked" not in html
    assert "49" not in text_of(html).replace("sha256-", "")  # no text is taken for a template
    assert text_of(html).count("window.hacked=1</script>") > 20


def test_the_policy_allows_this_style_and_script_alone():
    html = page(reports.report_of_sample("small_unet"))
    tree = parsed(html)
    policy = next(e.attrib["content"] for e in tree.iter(f"{XHTML}meta") if "http-equiv" in e.attrib)
    import base64
    import hashlib

    for tag in ("style", "script"):
        content = "".join(tree.find(f".//{XHTML}{tag}").itertext())
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


def test_ids_are_unique_and_labels_lead_somewhere():
    tree = parsed(page(reports.report_of_sample("shared_towers")))
    ids = [e.attrib["id"] for e in tree.iter() if "id" in e.attrib]
    assert len(ids) == len(set(ids))
    labels = [v for e in tree.iter() for k, v in e.attrib.items() if k == "aria-labelledby"]
    links = [e.attrib["href"][1:] for e in tree.iter(f"{XHTML}a")]
    assert set(labels) | set(links) <= set(ids)
    headings = [int(str(e.tag)[-1]) for e in tree.iter() if re.fullmatch(r".*\}h[1-6]", str(e.tag))]
    assert headings[0] == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(headings))


def test_a_page_of_300_layers_is_small_and_quick():
    report = reports.report_of_many(300)
    start = time.perf_counter()
    html = page(report)
    assert time.perf_counter() - start < 2
    assert len(html) < 1_000_000


def test_warnings_and_problems_come_first():
    text = text_of(page(reports.hostile_report("partial")))
    assert text.index("Warnings") < text.index("What it was")
    refused = text_of(page(reports.refused_report()))
    assert refused.index("What stands against it") < refused.index("What it was")
    assert "What would solve it: --map FILE" in refused


@pytest.mark.parametrize(
    ("changes", "title", "says"),
    [
        ({}, "Same function", "1 output agrees with the original, computed from its file: largest difference 2e-7"),
        ({"status": "weights-only"}, "Weights equal bit for bit; outputs not compared", "loaded by stock Keras"),
        ({"status": "partial"}, "Same function as far as it could be compared", "1 output agrees with"),
        (
            {"status": "partial", "outputs": ()},
            "No output could be compared",
            "8 layers before that, largest difference",
        ),
        ({"status": "skipped"}, "Converted, not verified", "nothing was compared"),
        ({"status": "failed", "first_difference": "conv2d_2"}, "Not the same function", "differs is conv2d_2"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_the_verdict_is_said_in_one_sentence(changes, title, says):
    report = reports.report_of_sample("small_unet")
    report = dataclasses.replace(report, verification=dataclasses.replace(report.verification, **changes))
    found = verdict(report.verification, report.failure)
    assert found.title == title
    assert says in found.text
    assert text_of(page(report)).count(title) >= 2  # the title of the window, and the heading


def test_every_layer_stands_for_one_of_the_file():
    rows = {row.node.name: row for row in rows_of(reports.report_of_sample("small_unet"))}
    pool = rows["average_pooling2d_1"]
    assert [node.class_name for _, node in pool.after] == [
        "ZeroPadding2D", "AveragePooling2D", "ops.ones_like", "ZeroPadding2D", "AveragePooling2D", "ops.divide",
    ]  # fmt: skip
    assert pool.fate == "changed"
    assert rows["mask"].fate == "same"
    assert rows["image"].fate == "words"
    assert [t.steps for c in rows["conv2d_1"].changes for t in c.tensors] == [(), ("flip [0, 1]",)]


def test_layers_of_three_hops_keep_their_owner():
    report = reports.report_of_sample("mutants")
    rows = {row.node.name: row for row in rows_of(report)}
    assert [node.label for _, node in rows["jzs1"].after] == ["jzs1_projection", "jzs1_both", "jzs1"]
    assert [node.class_name for _, node in rows["jzs3"].after] == ["Functional"]  # and not the sixty inside
    assert [change.hop for change in rows["jzs1"].changes][:1] == ["keras0 -> keras1"]
    assert len(rows) == len(report.before.nodes)


@pytest.mark.parametrize(
    "name", ["added_losses", "seq2seq", "word_tagger", "text_attention", "shared_towers", "image_pipeline"]
)
def test_every_node_of_both_graphs_has_its_place(name):
    report = reports.report_of_sample(name)
    rows = rows_of(report)
    assert [row.node.name for row in rows if row.before] == [node.name for node in report.before.nodes]
    shown = [node.name for row in rows for _, node in row.after]
    assert len(shown) == len(set(shown))
    assert len(shown) + sum(row.hidden for row in rows) == len(report.after.nodes)


def test_names_with_slashes_that_were_replaced_find_their_layers():
    graph = reports.report_of_many(3).before
    old = Graph(tuple(dataclasses.replace(n, name=n.name.replace("_", "/")) for n in graph.nodes))
    renamed = {n.name.replace("_", "/"): n.name for n in graph.nodes if "_" in n.name}
    rows = rows_of(Report({}, {}, before=old, after=graph, renamed=renamed))
    assert [(row.node.name, row.after[0][1].name) for row in rows] == [
        (old.name, new.name) for old, new in zip(old.nodes, graph.nodes, strict=True)
    ]


def test_rails_lead_from_every_layer_to_all_that_take_it():
    #  0 -> 1 -> 2 -> 3, and 0 -> 3
    drawn, width = rails([0, 1, 2, 3], [(), (0,), (1,), (2, 0)])
    assert [rail.x for rail in drawn] == [9, 21, 21, 9]
    assert f"M9 0V{HEIGHT}" in drawn[1].path
    assert f"M9 0V{HEIGHT}" in drawn[2].path
    assert drawn[3].path.count("M") == 2
    assert width == 30


def test_rails_pass_over_what_stands_below():
    drawn, _ = rails([0, 1], [(1,), (0,)])
    assert drawn[0].path == f"M9 {HEIGHT // 2}V{HEIGHT}"


def test_differences_are_drawn_on_a_logarithmic_scale():
    values = [1e-8, 1e-6, 1e-4, 0.0, float("inf")]
    plot = plot_of([LayerCheck("a", "Dense", "a", v, v, True) for v in values], [0] * 5, 1e-4, 1e-4)
    heights = [dot.y for dot in plot.dots]
    assert heights[0] - heights[1] == pytest.approx(heights[1] - heights[2], abs=0.2)
    assert heights[3] == plot.floor
    assert plot.tolerance == ((0.0, 100.0, heights[2]),)
    assert heights[4] < min(y for y, _ in plot.grid)
    assert plot_of([], [], 1e-4, 1e-4) is None


def test_the_tolerance_grows_with_what_a_layer_gives():
    sizes = [0.0, 0.0, 999.0]
    plot = plot_of([LayerCheck("a", "Dense", "a", 1e-6, 1e-6, True, size) for size in sizes], [0] * 3, 1e-4, 1e-4)
    assert [(begin, end) for begin, end, _ in plot.tolerance] == [(0.0, 66.667), (66.667, 100.0)]
    labelled = {label: y for y, label in plot.grid}
    assert [y for _, _, y in plot.tolerance] == [labelled["1e-4"], labelled["1e-1"]]


def test_the_json_report_is_json():
    import json

    report = reports.hostile_report()
    data = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert data["verification"]["outputs"][0]["max_rel"] is None
    assert data["before"]["nodes"][0]["name"] == reports.HOSTILE
    assert set(data) >= {
        "source", "target", "layers", "training", "verification", "notes", "versions", "seconds", "peak_memory",
        "custom_module", "renamed", "failure",
    }  # fmt: skip


def test_a_verification_of_two_files_has_a_page_without_graphs():
    check = reports.verification(reports.report_of_sample("small_unet").before)
    report = Report({"path": "old.h5"}, {"path": "new.keras", "format": "keras"}, verification=check)
    assert "Same function" in text_of(page(report))
