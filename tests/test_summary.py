"""What the terminal says of a conversion."""

import dataclasses
import io

import reports
from rich.console import Console

from kconvert.report.summary import conversion_lines


def shown(report, detailed=False):
    return [line.plain for line in conversion_lines(report, detailed)]


def test_the_verdict_comes_first_and_then_the_warnings():
    lines = shown(reports.hostile_report("partial"))
    assert lines[0].startswith("Same function as far as it could be compared. 1 output agrees with")
    assert lines[1].startswith("  warning  ")
    assert lines[3].startswith("  warning  ")
    assert "was not compared" in lines[3]


def test_alike_changes_are_one_line():
    lines = shown(reports.report_of_sample("small_unet"))
    assert "    Conv2D conv2d_1, conv2d_2: kernel flip [0, 1]" in lines
    assert any(
        line.endswith("mask: largest difference 2e-7, relative 1e-6 (computed from the old file)") for line in lines
    )
    assert any(line.startswith("  inside   8 layers compared, the largest difference") for line in lines)


def test_hundreds_of_renamed_layers_are_not_a_page():
    renamed = {f"conv{n}/bn": f"conv{n}_bn" for n in range(300)}
    lines = shown(dataclasses.replace(reports.report_of_sample("small_unet"), renamed=renamed))
    assert sum("conv" in line and "/bn" in line for line in lines) == 3
    assert any("and 297 more" in line for line in lines)


def test_styles_are_for_terminals_alone(monkeypatch):
    lines = conversion_lines(reports.report_of_sample("small_unet"), False)

    def printed(**how):
        out = io.StringIO()
        console = Console(file=out, highlight=False, soft_wrap=True, markup=False, **how)
        for line in lines:
            console.print(line)
        return out.getvalue()

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[1;32mSame function" in printed(force_terminal=True)
    assert "\x1b" not in printed()
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[1;32m" not in printed(force_terminal=True)


def test_a_name_cannot_steer_the_terminal():
    lines = shown(reports.hostile_report("partial"), detailed=True)
    assert all(line.isprintable() for line in lines)
    assert any("\\x1b[31m" in line for line in lines)
