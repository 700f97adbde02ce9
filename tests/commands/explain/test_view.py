"""One output pixel on the terminal: colours say no more than brackets and signs do."""

import re

import numpy as np

from convcli.choices import PadMode
from convcli.commands.explain.steps import View, explain
from convcli.commands.explain.view import Explanation
from convcli.display.language import say_english
from convcli.imaging.formats import by_name
from convcli.imaging.image import Frame, Image, Space
from convcli.options.specs import FilterSpec
from convcli.pipeline.loaded_kernels import load_kernels
from tests.display.terminal.helpers import drawn


def steps() -> Explanation:
    spec = FilterSpec(padding=((1, 0), (0, 0)), dilation=(2, 1), pad=PadMode.REFLECT)
    kernel, pixels = "1 -2; 0 1", np.array([[9, 9], [3, 0.125]])
    image = Image((Frame(pixels),), Space.DATA)
    found = explain(image, kernel, load_kernels([kernel], spec), spec, (0, 0), by_name("npy"))
    return Explanation("x", kernel, View(found, spec, (0,), (0,), ("",), say_english))


def test_colour_only_adds_to_what_is_there() -> None:
    plain, coloured = drawn(steps(), width=60, colour=False), drawn(steps(), width=60, colour=True)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain
    assert "\x1b" not in plain
    assert "\x1b[1;35m     [3]\x1b[0m" in coloured, "padding is marked"
    assert "48;2;59;76;192m -2" in coloured, "the most negative weight is blue"


def test_window_kernel_and_products_are_in_line() -> None:
    lines = [line.rstrip() for line in drawn(steps(), width=60, colour=False).splitlines()]
    start = lines.index("  window               x kernel   = products")
    assert lines[start : start + 6] == [
        "  window               x kernel   = products",
        "          0       1",
        "  -1     [3] [0.125]     1 -2          3 -0.25",
        "          ·       ·",
        "   1      3   0.125      0  1          0 0.125",
        "  3 - 0.25 + 0 + 0.125 = 2.875",
    ]


def test_one_above_the_other_where_it_is_narrow() -> None:
    lines = [line.rstrip() for line in drawn(steps(), width=24, colour=False).splitlines()]
    assert max(map(len, lines)) <= 24
    assert [line for line in lines if line in ("  window", "  x kernel", "  = products")] == [
        "  window",
        "  x kernel",
        "  = products",
    ]
