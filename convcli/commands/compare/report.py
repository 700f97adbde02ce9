"""Tables and JSON of a comparison of padding modes."""

import math
from collections.abc import Sequence
from itertools import islice
from typing import Any

from convcli.commands.compare.figures import aligned, figure
from convcli.commands.compare.study import MIDDLE, Study
from convcli.commands.compare.view import Report
from convcli.display.terminal.figure_table import Column, FigureTable
from convcli.display.words import listed
from convcli.pipeline.jsonable import plain
from convcli.stacks.paddings.border_band import CORNERS, SIDES, TIE, Comparison, best
from convcli.stacks.paddings.tally import Tally

__all__ = ["band_columns", "comparison_json", "comparison_table", "one_line", "region_columns", "tally_table"]


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
            "ties": [one.pad.value for one in study.best[1:]],
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
    distances = Column(
        "by distance",
        series=[one.by_distance[:span].tolist() for one in modes],
        rank=3,
        left=True,
        note="means, logarithmic, on one scale",
    )
    unit = study.units.heading
    tables = [
        (
            f"Difference from the {study.reference} in the border band, {unit}",
            FigureTable([names, *band_columns(study), distances], strong),
        ),
        (
            f"Mean along each side and in each corner, {unit}",
            FigureTable([names, *region_columns(study)], strong),
        ),
    ]
    legend = f"* the best{', equally good' if len(firsts) > 1 else ''}"
    return Report(study.title, study.facts, study.verdict, tables, [legend] if firsts else [])


def band_columns(study: Study) -> list[Column]:
    """Return the columns of the figures over the whole band."""
    modes = study.compared.modes
    return [
        Column("mean", aligned([one.mae for one in modes], 7)),
        Column("largest", aligned([one.max for one in modes], 7)),
        Column(
            "PSNR, dB",
            [_decimals(one.psnr, 1) for one in modes],
            rank=1,
            note=f"peak {study.compared.peak:g}, {study.units.peak}",
        ),
        Column("SSIM", [_decimals(one.ssim, 4) for one in modes], rank=2),
        Column("depth, px", [str(one.depth) for one in modes], note="how far inward differences reach"),
    ]


def region_columns(study: Study) -> list[Column]:
    """Return the columns of the mean errors along those sides, and in those corners, that have padding."""
    modes, regions = study.compared.modes, {}
    for at, name in enumerate(SIDES):
        regions[name] = at // 2, [one.sides[name] for one in modes]
    for name in CORNERS:
        row, column = name.split("-")
        regions[f"{row[0]}-{column}"] = 2, [one.corners[name] for one in modes]
    known = {head: region for head, region in regions.items() if not all(map(math.isnan, region[1]))}
    cells = iter(aligned([value for _, values in known.values() for value in values]))
    return [Column(head, list(islice(cells, len(modes))), rank=rank) for head, (rank, _) in known.items()]


def _decimals(value: float, places: int) -> str:
    return "-" if math.isnan(value) else f"{value:.{places}f}"


def one_line(modes: Sequence[Comparison]) -> str:
    """Return the means of all modes in one line, for ``--verbose``."""
    return "mean " + ", ".join(f"{one.pad} {figure(one.mae)}" for one in best(modes))


def tally_table(tally: Tally, title: str, *, measured: bool) -> Report:
    """Return the table of mean errors over many pictures."""
    totals = tally.totals()
    most = max((one.wins for one in totals), default=0)
    columns = [
        Column("padding", [one.pad.value for one in totals], left=True),
        Column("mean, %", aligned([100 * one.mean for one in totals])),
        Column("spread, %", aligned([100 * one.spread for one in totals])),
        Column("worst, %", aligned([100 * one.worst for one in totals]), rank=1),
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
        " of its range"
    ]
    return Report(title, facts, words, [("", FigureTable(columns, strong))], notes)
