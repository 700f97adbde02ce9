"""One output pixel on the terminal: colours say no more than brackets and signs do."""

import re

import numpy as np
import pytest

from convcli.commands.explain.steps import Part
from convcli.commands.explain.view import Steps
from convcli.engine.analysis.pixel_trace import trace_window
from convcli.engine.window import Window
from tests.display.terminal.helpers import drawn


def steps() -> Steps:
    kernel = np.array([[1.0, -2.0], [0.0, 1.0]])
    window = Window.parse((2, 2), padding=((1, 0), (0, 0)), dilation=(2, 1))
    trace = trace_window(np.array([[9, 9], [3, 0.125]]), kernel, (0, 0), window)
    return Steps([Part("", kernel, trace)], ["red"], "the constant 0")


def test_colour_only_adds_to_what_is_there() -> None:
    plain, coloured = drawn(steps(), width=60, colour=False), drawn(steps(), width=60, colour=True)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain
    assert "\x1b" not in plain
    assert "\x1b[1;35m     [3]\x1b[0m" in coloured, "padding is marked"
    assert "48;2;59;76;192m -2" in coloured, "the most negative weight is blue"


def test_window_kernel_and_products_are_in_line() -> None:
    lines = [line.rstrip() for line in drawn(steps(), width=60, colour=False).splitlines()]
    start = lines.index("red")
    assert lines[start + 1 : start + 7] == [
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


def report(kernel: np.ndarray, channels: int = 1, parts: int = 1) -> Steps:
    rng = np.random.default_rng(2)
    picture = rng.integers(0, 256, (64, 64, channels)).astype(float)
    window = Window.parse(kernel.shape, padding="same", pad="reflect")
    trace = trace_window(picture, kernel, (0, 0), window)
    names = ["red", "green", "blue"][:channels] if channels > 1 else [""]
    titles = [f"component {n}" for n in range(parts)] if parts > 1 else [""]
    return Steps([Part(title, kernel, trace) for title in titles], names, "the constant 0")


@pytest.mark.parametrize("width", [40, 50, 80])
@pytest.mark.parametrize("side", [3, 9, 17, 33])
def test_large_kernels_take_two_screens_at_most(side: int, width: int) -> None:
    """48 lines, less the 14 or so of facts and results, and what is left out is said."""
    lines = drawn(report(np.arange(side * side, dtype=float).reshape(side, side)), width=width).splitlines()
    assert len(lines) <= 36
    assert max(map(len, lines)) <= width
    text = " ".join(" ".join(lines).split())
    left_out = re.search(rf"shown: the middle (\d+) x (\d+) of {side} x {side}; sums are over all", text)
    assert (left_out is None) == (side == 3)
    if left_out:
        kernel = lines[next(n for n, line in enumerate(lines) if "x kernel" in line) + 1 :]
        rows = [line for line in kernel[: int(left_out[1])] if line.strip()]
        assert len(rows) == int(left_out[1])


def test_steps_of_many_components_are_limited_and_that_is_said() -> None:
    lines = drawn(report(np.array([[1.0, 2], [3, 4]]), channels=3, parts=8), width=80).splitlines()
    assert len(lines) <= 74
    shown = [line for line in lines if re.fullmatch(r"component \d, \w+", line.strip())]
    said = " ".join(" ".join(lines[-3:]).split())
    assert f"not shown: the steps of {24 - len(shown)} more, component" in said
    assert said.endswith("component 7, blue; --json has them")
    assert "not shown" not in drawn(report(np.ones((3, 3)), channels=3, parts=2), width=80), "as of sobel"
