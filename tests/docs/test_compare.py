"""docs/compare.md: its text; its commands are run, and its pictures compared, by test_commands.py."""

import json
import re

import pytest

from convcli.choices import PadMode
from tests.docs.shown import blocks, check_python, commands
from tests.paths import ROOT, SAMPLES
from tests.program import Convcli

DOCS = ROOT / "docs"
PAGE = (DOCS / "compare.md").read_text("utf-8")


SHOWN = [(command, output) for command, output in commands(PAGE) if output is not None]
SILENT = [command for command, output in commands(PAGE) if output is None]


def test_there_is_much_to_run() -> None:
    assert len(SHOWN) >= 6
    assert len(SILENT) >= 3


def test_python_says_what_is_shown(capfd: pytest.CaptureFixture[str]) -> None:
    (code,) = blocks(PAGE, "python")
    check_python(code, ROOT, capfd)


def figures(word: str) -> dict[str, dict[str, float]]:
    """The first table of the page's command that has this word; that it is printed is tested above."""
    (output,) = [output for command, output in SHOWN if word in command]
    table = output.split("\n\n")[1].splitlines()
    names = table[1].replace(",", "").replace(" dB", "").split()[1:5]
    rows = [line.replace(" *", "  ").split() for line in table[3:]]
    return {
        row[0]: dict(zip(names, map(float, row[1:5]), strict=True))
        for row in rows
        if row[0] in list(PadMode) and row[1] != "-"
    }


def test_what_the_text_says_of_the_dark_picture() -> None:
    modes = figures("low-light")
    zero, reflect = modes["zero"], modes["reflect"]
    assert round(zero["mean"] * 255) == 15
    assert round(zero["largest"] * 255) == 108
    assert round(zero["mean"] / reflect["mean"]) == 22
    assert reflect["mean"] * 255 < 1
    assert round(reflect["largest"] * 255) == 14


def test_what_the_text_says_of_edges() -> None:
    modes = figures("edges.npy")
    assert round(modes["reflect"]["mean"] / modes["zero"]["mean"], 1) == 1.3
    assert 2 < modes["replicate"]["mean"] / modes["zero"]["mean"] < 2.5
    assert modes["zero"]["mean"] == min(mode["mean"] for mode in modes.values())


def test_what_the_text_says_of_the_network() -> None:
    modes = figures("small.toml")
    assert modes["replicate"]["mean"] < modes["zero"]["mean"] < modes["reflect"]["mean"]
    assert modes["zero"]["PSNR"] == max(mode["PSNR"] for mode in modes.values())


def test_what_the_text_says_of_mirrors_and_the_edge_pixel(convcli: Convcli) -> None:
    (output,) = [output for command, output in SHOWN if "rocket.jpg" in command]
    wins = dict(re.findall(r"^(\w+) .* (\d+)$", output, re.MULTILINE))
    assert (wins["replicate"], wins["reflect"], wins["symmetric"]) == ("6", "0", "0")
    for kernel, equal in (("gaussian:sigma=1", False), ("sobel", True)):
        ran = convcli("compare", SAMPLES / "rocket.jpg", "--crop", 32, "--json", "-k", kernel)
        modes = {mode["pad"]: mode["mae"] for mode in json.loads(ran.out)["modes"]}
        if equal:
            assert modes["symmetric"] == pytest.approx(modes["replicate"], rel=1e-12)
        else:
            assert modes["symmetric"] < modes["replicate"]
