"""What every command prints for people at 40 to 80 columns: no line is wider, no figure is cut."""

import re

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
