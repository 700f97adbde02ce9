"""Tables and JSON of a comparison of padding modes."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from convcli.commands.compare.study import MIDDLE, Study
from convcli.commands.compare.verdict import column_figure
from convcli.commands.compare.view import Report
from convcli.display.terminal.figure_table import Column, FigureTable
from convcli.display.words import listed
from convcli.pipeline.jsonable import plain
from convcli.stacks.paddings.border_band import CORNERS, SIDES, TIE, Comparison, best
from convcli.stacks.paddings.tally import Tally

__all__ = ["comparison_json", "comparison_table", "one_line", "tally_table"]


def comparison_json(study: Study) -> dict[str, Any]:
    """Return the JSON object; figures that are not known, and an infinite PSNR, are null."""
    compared = study.compared
    deepest = max(compared.band.depth, *(one.depth for one in compared.modes))
    order = best(compared.modes)
    figures = ("pad", "mae", "max", "rmse", "psnr", "ssim", "depth", "sides", "corners", "by_distance")
    modes = [{name: getattr(one, name) for name in figures} for one in compared.modes]
    for mode in modes:
        mode |= {"pad": mode["pad"].value, "by_distance": mode["by_distance"][: deepest + 1]}
    report: dict[str, Any] = plain(
        {
            "best": order[0].pad.value if order and compared.measured else None,
            "reference": "truth" if compared.measured else "median",
            "verdict": study.verdict,
            "size": list(compared.truth.shape[:2]),
            "band": compared.band._asdict(),
            "peak": compared.peak,
            "modes": modes,
        }
    )
    return report


def comparison_table(study: Study) -> Report:
    """Return the printed tables: errors in the border band, by distance, by side and by corner."""
    modes, firsts = study.compared.modes, study.best
    strong = frozenset(index for index, one in enumerate(modes) if one in firsts)
    names = Column("padding", [f"{one.pad}{' *' if one in firsts else ''}" for one in modes], left=True)
    span = max(study.compared.band.depth, *(one.depth for one in modes))
    measures = [
        names,
        Column("mean", _numbers(one.mae for one in modes)),
        Column("largest", _numbers(one.max for one in modes)),
        Column("PSNR", [_decimals(one.psnr, 1) for one in modes], rank=1),
        Column("SSIM", [_decimals(one.ssim, 4) for one in modes], rank=2),
        Column("depth", [str(one.depth) for one in modes], note="how far inward differences reach"),
        Column(
            "by distance",
            series=[one.by_distance[:span].tolist() for one in modes],
            rank=3,
            left=True,
            note="means, logarithmic, on one scale",
        ),
    ]
    sides = [
        Column(name, _numbers(one.sides[name] for one in modes), rank=at // 2)
        for at, name in enumerate(SIDES)
        if any(not math.isnan(one.sides[name]) for one in modes)
    ]
    corners = [
        Column(_short(name), _numbers(one.corners[name] for one in modes), rank=2)
        for name in CORNERS
        if any(not math.isnan(one.corners[name]) for one in modes)
    ]
    tables = [
        (f"Difference from the {study.reference} in the border band", FigureTable(measures, strong)),
        ("Mean along each side and in each corner", FigureTable([names, *sides, *corners], strong)),
    ]
    legend = f"* the best{', equally good' if len(firsts) > 1 else ''}"
    return Report(study.title, study.facts, study.verdict, tables, [legend] if firsts else [])


def _short(corner: str) -> str:
    """Shorten a corner's name for a column's heading: ``top-left`` is ``t-left``."""
    row, column = corner.split("-")
    return f"{row[0]}-{column}"


def _numbers(values: Iterable[float]) -> list[str]:
    return [column_figure(value) for value in values]


def _decimals(value: float, places: int) -> str:
    return f"{value:.{places}f}" if math.isfinite(value) else column_figure(value)


def one_line(modes: Sequence[Comparison]) -> str:
    """Return the means of all modes in one line, for ``--verbose``."""
    return "mean " + ", ".join(f"{one.pad} {column_figure(one.mae)}" for one in best(modes))


def tally_table(tally: Tally, title: str, *, measured: bool) -> Report:
    """Return the table of mean errors over many pictures."""
    totals = tally.totals()
    most = max((one.wins for one in totals), default=0)
    columns = [
        Column("padding", [one.pad.value for one in totals], left=True),
        Column("mean", _numbers(100 * one.mean for one in totals)),
        Column("spread", _numbers(100 * one.spread for one in totals)),
        Column("worst", _numbers(100 * one.worst for one in totals), rank=1),
    ]
    words, notes = "", []
    if measured:
        columns.append(Column("wins", [str(one.wins) for one in totals]))
        notes = ["mean and spread (standard deviation) over pictures; a tie is a win for each"]
    if totals and measured:
        winning = [one.pad.value for one in totals if one.wins == most]
        lowest = min(one.mean for one in totals)
        least = [one.pad.value for one in totals if one.mean <= lowest * (1 + TIE)]
        same = "it" if len(least) == 1 else "they"
        words = (
            f"{listed(winning)} {'is' if len(winning) == 1 else 'are'} best most often, on {most} of"
            f" {tally.pictures}; {same if winning == least else listed(least)}"
            f" {'has' if len(least) == 1 else 'have'} the least mean error."
        )
    strong = frozenset(index for index, one in enumerate(totals) if measured and one.wins == most)
    facts = [
        f"mean difference from the {'truth' if measured else MIDDLE} in the border band of each picture, in %"
        " of white"
    ]
    return Report(title, facts, words, [("", FigureTable(columns, strong))], notes)
