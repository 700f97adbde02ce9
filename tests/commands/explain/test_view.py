"""One output pixel on the terminal: colours say no more than brackets and signs do."""

import io
import re

import numpy as np
from rich.console import Console

from convcli.commands.explain.view import Explanation, Grid, Step, written


def explanation() -> Explanation:
    padded = np.array([[True, True], [False, False]])
    grid = Grid((-1, 1), (0, 1), padded, np.array([["1,0", "1,1"], ["1,0", "1,1"]]))
    window, kernel = np.array([[3.0, 0.125], [3.0, 2.0]]), np.array([[1.0, -2.0], [0.0, 1.0]])
    step = Step("red", grid, window, None, kernel, window * kernel, "3 - 0.25 + 0 + 2 = 4.75")
    return Explanation("x", (("picture", "2 x 2"),), "the constant 0", (step,), (("sum", "4.75"),))


def drawn(width: int, *, colour: bool) -> str:
    file = io.StringIO()
    console = Console(
        file=file, width=width, force_terminal=colour, color_system="truecolor" if colour else None
    )
    console.print(explanation())
    return file.getvalue()


def test_colour_only_adds_to_what_is_there() -> None:
    plain, coloured = drawn(60, colour=False), drawn(60, colour=True)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain
    assert "\x1b" not in plain
    assert "\x1b[1;35m     [3]\x1b[0m" in coloured, "padding is marked"
    assert "48;2;59;76;192m -2" in coloured, "the most negative weight is blue"


def test_window_kernel_and_products_are_in_line() -> None:
    lines = [line.rstrip() for line in drawn(60, colour=False).splitlines()]
    start = lines.index("red")
    assert lines[start + 1 : start + 7] == [
        "  window               x kernel   = products",
        "          0       1",
        "  -1     [3] [0.125]     1 -2          3 -0.25",
        "          ·       ·",
        "   1      3       2      0  1          0     2",
        "  3 - 0.25 + 0 + 2 = 4.75",
    ]


def test_one_above_the_other_where_it_is_narrow() -> None:
    lines = [line.rstrip() for line in drawn(24, colour=False).splitlines()]
    assert max(map(len, lines)) <= 24
    assert [line for line in lines if line in ("  window", "  x kernel", "  = products")] == [
        "  window",
        "  x kernel",
        "  = products",
    ]


def test_numbers() -> None:
    assert [written(value) for value in (-0.0, 65535, 1234567, 0.1234567, -2.0)] == [
        "0",
        "65535",
        "1.23457e+06",
        "0.123457",
        "-2",
    ]
    assert written(123.456, 4) == "123.5"
