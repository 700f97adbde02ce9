"""docs/compare.md: its text and its picture; its commands are run by test_pages.py."""

import json
import re
import shlex
import subprocess
import sys
from glob import glob
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convcli.choices import PadMode
from tests.docs.shown import ROOT, blocks, commands
from tests.paths import SAMPLES
from tests.program import Convcli, Ran

DOCS = ROOT / "docs"
PAGE = (DOCS / "compare.md").read_text("utf-8")


SHOWN = [(command, output) for command, output in commands(PAGE) if output is not None]
SILENT = [command for command, output in commands(PAGE) if output is None]


def run(convcli: Convcli, command: str) -> Ran:
    program, *words = shlex.split(command)
    assert program == "convcli"
    if not Path("sample_images").exists():
        Path("sample_images").symlink_to(SAMPLES)
    return convcli(*(name for word in words for name in (sorted(glob(word)) if "*" in word else [word])))


def test_there_is_much_to_run() -> None:
    assert len(SHOWN) >= 6
    assert len(SILENT) >= 3


def test_the_montage_is_what_is_drawn(convcli: Convcli) -> None:
    (command,) = [line for line in SILENT if "dark.png" in line and "-o" in line]
    assert run(convcli, command).status == 0
    with Image.open("dark.png") as made, Image.open(DOCS / "pictures" / "compare-low-light.png") as shown:
        assert made.size == shown.size
        difference = np.abs(np.asarray(made, int) - np.asarray(shown))
    # Letters are drawn a little differently by other versions of FreeType.
    assert (difference > 8).mean() < 0.02


def test_the_first_line_makes_picture_and_page(convcli: Convcli) -> None:
    assert run(convcli, SILENT[0]).status == 0
    with Image.open("montage.png") as made:
        assert np.ptp(np.asarray(made)) > 200
    page = Path("page.html").read_text("utf-8")
    assert 100_000 < len(page) < 2_000_000


def test_python_says_what_is_shown() -> None:
    (code,) = blocks(PAGE, "python")
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=DOCS.parent, capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [line[2:] for line in code.splitlines() if line.startswith("# ")]


def figures(word: str) -> dict[str, dict[str, float]]:
    """The first table of the page's command that has this word; that it is printed is tested above."""
    (output,) = [output for command, output in SHOWN if word in command]
    table = output.split("\n\n")[1].splitlines()
    names = table[1].split()[1:5]
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
        ran = run(convcli, f"convcli compare sample_images/rocket.jpg --crop 32 --json -k {kernel}")
        modes = {mode["pad"]: mode["mae"] for mode in json.loads(ran.out)["modes"]}
        if equal:
            assert modes["symmetric"] == pytest.approx(modes["replicate"], rel=1e-12)
        else:
            assert modes["symmetric"] < modes["replicate"]
