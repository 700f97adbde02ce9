"""What every command prints for people at 40 to 80 columns: no line is wider, no figure is cut."""

import re
import shutil
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.paths import SAMPLES
from tests.program import Convcli

NOTES, SMALL = SAMPLES / "notes-5x5.csv", SAMPLES / "notes-3x3.csv"
STACKS = SAMPLES / "stacks"

COMMANDS = {
    "formats": ["formats"],
    "kernels": ["kernels"],
    "kernel": ["kernels", "show", "sobel"],
    "stack explained": [
        "explain",
        STACKS / "../letter-x.csv",
        "--stack",
        STACKS / "letter-x.toml",
        "--at",
        "0,0",
    ],
    "summary": ["run", STACKS / "edges.toml", SAMPLES / "camera.png", "--summary", "-o", "x.npy"],
    "summary of an array": ["run", STACKS / "small.toml", NOTES, "--summary", "-o", "x.npy"],
    "compare": ["compare", NOTES, "-k", "box", "--crop", "1"],
    "compare without a truth": ["compare", NOTES, "-k", "box"],
    "learn": ["learn", NOTES, "learnt.csv", "--size", "1x3"],
    "explain": ["explain", NOTES, "--at", "0,0", "-k", "gaussian:sigma=2"],
    "spectrum": ["spectrum", NOTES, "-k", "sobel"],
    "show": ["show", NOTES, "-k", "1/3 -1/7"],
    "show the score": ["show", NOTES, "-k", "sobel", "--score"],
    "show, padded": ["show", NOTES, "--padding", "3"],
    "show, four paddings": ["show", NOTES, "-k", "1/3 -1/7", "-p", "zero,reflect,wrap,replicate"],
    "compare, shifted": ["compare", NOTES, "-k", "1 1", "--shift", "1,2"],
    "show, drawn": ["show", NOTES, "-k", "sobel-x", "-k", "box", "--preview"],
}


@pytest.mark.parametrize("width", [40, 50, 60, 80])
@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_is_wider_and_no_figure_is_cut(
    convcli: Convcli, monkeypatch: pytest.MonkeyPatch, command: str, width: int
) -> None:
    """An ellipsis stands for the end of a name alone, never for a part of a number."""
    convcli("filter", NOTES, "-k", "1 2 4", "-o", "learnt.csv")
    monkeypatch.setenv("COLUMNS", str(width))
    ran = convcli(*COMMANDS[command])
    said = (ran.err if "summary" in command else ran.out.decode()).replace(str(SAMPLES.parent), "")
    assert ran.status == 0
    assert len(said.splitlines()) > 3
    assert [line for line in said.splitlines() if cell_len(line) > width] == []
    assert not re.search(r"\d…|…\d", said)


# Chinese headings, and names whose letters are two columns wide, longer than some columns.
WIDE = "图片图片图片图片图片.csv"
CHINESE = {
    **{name: COMMANDS[name] for name in ("summary of an array", "spectrum", "show", "show, drawn")},
    "summary of a stack": ["run", "层层层层.toml", NOTES, "--summary", "-o", "x.npy"],
    "kernel of a file": ["kernels", "show", "核.json"],
    "compare": ["compare", NOTES, "-k", "box", "--crop", "1", "--lang", "zh"],
    "compare, shifted": ["compare", NOTES, "-k", "box", "--shift", "1,1", "--lang", "zh"],
    "compare, biased": ["compare", NOTES, "-k", "box", "--bias-map", "--samples", "9", "--lang", "zh"],
    "compare several": ["compare", NOTES, NOTES, "-k", "box", "--crop", "1", "--lang", "zh"],
    "learn": ["learn", NOTES, "学.csv", "--size", "1x3", "--lang", "zh"],
    "learn, by steps": [
        "learn",
        NOTES,
        "学.csv",
        "--size",
        "3",
        "--method",
        "gd",
        "--steps",
        "9",
        "--lang",
        "zh",
    ],
    "explain": ["explain", NOTES, "--at", "0,0", "-k", "gaussian:sigma=2", "--lang", "zh"],
    "explain pooling": ["explain", NOTES, "--pool", "max", "--at", "0,0", "--lang", "zh"],
}


@pytest.mark.parametrize("width", [50, 80])
@pytest.mark.parametrize("command", CHINESE)
def test_wide_letters_neither_widen_nor_shift_anything(
    convcli: Convcli, monkeypatch: pytest.MonkeyPatch, command: str, width: int
) -> None:
    shutil.copy(NOTES, WIDE)
    shutil.copy(STACKS / "edges.toml", "层层层层.toml")
    convcli("filter", NOTES, "-k", "1 2 4", "-o", "学.csv")
    Path("核.json").write_text('{"kernel": [[1, 2, 1]], "name": "我的卷积核"}', "utf-8")
    monkeypatch.setenv("COLUMNS", str(width))
    ran = convcli(*(WIDE if word == NOTES else word for word in CHINESE[command]))
    said = (ran.err if "summary" in command else ran.out.decode()).replace(str(SAMPLES.parent), "")
    assert ran.status == 0, ran.err
    lines = said.splitlines()
    assert len(lines) > 3
    assert [line for line in lines if cell_len(line) > width] == []
    # the columns below a line of headings end where those of the headings end
    for head, rule, first in zip(lines, lines[1:], lines[2:], strict=False):
        if rule.startswith("───"):
            assert cell_len(head.rstrip()) <= cell_len(rule)
            assert cell_len(first.rstrip()) <= cell_len(rule)
    assert not re.search(r"\d…|…\d", said)
    # no line of a sentence begins with a mark that belongs to the one before
    assert [line for line in lines if line.lstrip().startswith(tuple("，。；：、）"))] == []
