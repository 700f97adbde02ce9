"""Tables that fit: no line is wider than the terminal, and columns that have no room are named."""

import io

import numpy as np
import pytest
from rich.console import Console

from convcli.commands.compare.bias_sheet import BiasMaps, bias_sheet
from convcli.commands.compare.view import Report
from convcli.display.colour_scales import diverging
from convcli.display.terminal.figure_table import Column, FigureTable


def printed(renderable, width, **options):
    console = Console(file=io.StringIO(), width=width, color_system=None, **options)
    console.print(renderable)
    return console.file.getvalue()


TABLE = FigureTable(
    [
        Column("padding", ["zero", "replicate *"], left=True),
        Column("mean", ["12.3", "0.0123"], note="of errors"),
        Column("SSIM", ["0.9", "0.99"], rank=1, note="of pictures"),
        Column(
            "errors by distance", series=[[100.0, 1.1, 0.0], [1.1, 0.01, float("nan")]], rank=2, left=True
        ),
    ],
    frozenset({1}),
)


def test_all_columns_where_there_is_room() -> None:
    lines = printed(TABLE, 80).splitlines()
    assert lines[0].split() == ["padding", "mean", "SSIM", "errors", "by", "distance"]
    # One logarithmic scale of four decades: 100, 1 (two down), nothing; 1, 0.01, unknown.
    assert lines[2].split()[-1] == "█▅▁"
    assert lines[3].split()[-1] == "▅▁?"
    assert lines[4:] == ["mean: of errors", "SSIM: of pictures"]


def test_columns_give_way_by_rank() -> None:
    text = printed(TABLE, 30)
    assert "SSIM" in text
    assert text.splitlines()[4].rstrip() == "no room for: errors by"
    text = printed(TABLE, 22)
    assert "no room for: SSIM;" in text
    assert "of pictures" not in text
    assert "0.0123" in text


@pytest.mark.parametrize("width", [24, 40, 80])
def test_nothing_is_wider_than_the_terminal(width: int) -> None:
    report = Report(
        "title " * 9, ["a fact " * 20], "a verdict " * 20, [("heading " * 12, TABLE)], ["note " * 30]
    )
    assert max(map(len, printed(report, width).splitlines())) <= width
    long = FigureTable([Column("padding", ["zero"]), Column("by", series=[[float(n) for n in range(60)]])])
    assert len(printed(long, width).splitlines()[2]) == min(width, 7 + 2 + 24)
    assert "…" not in printed(long, width)


def test_series_without_differences_are_not_drawn() -> None:
    table = FigureTable([Column("padding", ["a"]), Column("by", series=[[0.0, 0.0]])])
    assert printed(table, 40).splitlines()[2].strip() == "a"


def test_plain_terminals() -> None:
    class Ascii(io.StringIO):
        encoding = "ascii"

    console = Console(file=Ascii(), width=60, color_system=None)
    console.print(TABLE)
    assert console.file.getvalue().isascii()


def test_the_sheet_of_bias() -> None:
    frame = np.zeros((20, 20, 1))
    frame[0] = -1.0
    flat = np.zeros((20, 20, 1))
    maps = [BiasMaps(name, values, flat, "flatness") for name, values in (("zero", frame), ("wrap", flat))]
    sheet = bias_sheet("photo.png, box: bias by position", ["400 pictures", "a verdict"], maps)
    grey = tuple(diverging(np.array(0.0)))
    blue = tuple(diverging(np.array(-1.0)))
    where = (sheet == blue).all(2)
    # The first row of 20 is 1/20 of a tile of 190, and the bar's end.
    rows = np.flatnonzero(where.sum(1) >= 180)
    assert len(rows) == 190 // 20 or len(rows) == 190 // 20 + 1
    assert (sheet == grey).all(2).sum() > 3 * 190 * 190 + 170 * 180
    assert sheet.dtype == np.uint8


def test_a_wide_sheet_and_one_without_differences() -> None:
    maps = [BiasMaps("wrap", np.zeros((5, 300, 3)), np.zeros((5, 300, 3)), "flatness")] * 7
    sheet = bias_sheet("t " * 300, [], maps)
    assert sheet.shape[1] < 1400
