"""Tables and JSON of a comparison of padding modes."""

import math
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from convcli.commands.compare.figures import aligned, figure
from convcli.commands.compare.study import MIDDLE, Study
from convcli.commands.compare.view import Report
from convcli.display.language import Say, say_english
from convcli.display.terminal.figure_table import Column, FigureTable
from convcli.display.words import listed
from convcli.pipeline.jsonable import plain
from convcli.stacks.paddings.border_band import CORNERS, SIDES, TIE, Comparison, best
from convcli.stacks.paddings.tally import Tally

__all__ = ["band_columns", "comparison_json", "comparison_table", "one_line", "region_columns", "tally_table"]

# Headings of the columns of corners.
CORNER_HEADS = dict(zip(CORNERS, ("t-left", "t-right", "b-left", "b-right"), strict=True))


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
            "verdict": study.told(say_english).verdict,
            "size": list(compared.truth.shape[:2]),
            "band": compared.band._asdict(),
            "peak": compared.peak,
            "modes": modes,
        }
    )
    return report


def comparison_table(study: Study, say: Say) -> Report:
    """Return the printed tables: errors in the border band, by distance, by side and by corner."""
    modes, firsts = study.compared.modes, study.best
    strong = frozenset(index for index, one in enumerate(modes) if one in firsts)
    names = Column(say("padding"), [f"{one.pad}{' *' if one in firsts else ''}" for one in modes], left=True)
    span = max(study.compared.band.depth, *(one.depth for one in modes))
    distances = Column(
        say("by distance"),
        series=[one.by_distance[:span].tolist() for one in modes],
        rank=3,
        left=True,
        note=say("means, logarithmic, on one scale"),
    )
    unit, reference = say(study.units.heading), say(study.reference)
    tables = [
        (
            say("Difference from the {reference} in the border band, {unit}", reference=reference, unit=unit),
            FigureTable([names, *band_columns(study, say), distances], strong, say),
        ),
        (
            say("Mean along each side and in each corner, {unit}", unit=unit),
            FigureTable([names, *region_columns(study, say)], strong, say),
        ),
    ]
    legend = say("* the best, equally good") if len(firsts) > 1 else say("* the best")
    told = study.told(say)
    return Report(told.title, told.facts, told.verdict, tables, [legend] if firsts else [])


def band_columns(study: Study, say: Say) -> list[Column]:
    """Return the columns of the figures over the whole band."""
    modes = study.compared.modes
    return [
        Column(say("mean"), aligned([one.mae for one in modes], 7)),
        Column(say("largest"), aligned([one.max for one in modes], 7)),
        Column(
            say("PSNR, dB"),
            [_decimals(one.psnr, 1) for one in modes],
            rank=1,
            note=say("peak {peak}, {what}", peak=f"{study.compared.peak:g}", what=say(study.units.peak)),
        ),
        Column("SSIM", [_decimals(one.ssim, 4) for one in modes], rank=2),
        Column(
            say("depth, px"),
            [str(one.depth) for one in modes],
            note=say("how far inward differences reach"),
        ),
    ]


def region_columns(study: Study, say: Say) -> list[Column]:
    """Return the columns of the mean errors along those sides, and in those corners, that have padding."""
    modes, regions = study.compared.modes, {}
    for at, name in enumerate(SIDES):
        regions[say(name)] = at // 2, [one.sides[name] for one in modes]
    for name in CORNERS:
        regions[say(CORNER_HEADS[name])] = 2, [one.corners[name] for one in modes]
    known = {head: region for head, region in regions.items() if not all(map(math.isnan, region[1]))}
    cells = iter(aligned([value for _, values in known.values() for value in values]))
    return [Column(head, list(islice(cells, len(modes))), rank=rank) for head, (rank, _) in known.items()]


def _decimals(value: float, places: int) -> str:
    return "-" if math.isnan(value) else f"{value:.{places}f}"


def one_line(modes: Sequence[Comparison]) -> str:
    """Return the means of all modes in one line, for ``--verbose``."""
    return "mean " + ", ".join(f"{one.pad} {figure(one.mae)}" for one in best(modes))


def tally_table(tally: Tally, title: str, say: Say, *, measured: bool) -> Report:
    """Return the table of mean errors over many pictures."""
    totals = tally.totals()
    most = max((one.wins for one in totals), default=0)
    columns = [
        Column(say("padding"), [one.pad.value for one in totals], left=True),
        Column(say("mean, %"), aligned([100 * one.mean for one in totals])),
        Column(say("spread, %"), aligned([100 * one.spread for one in totals])),
        Column(say("worst, %"), aligned([100 * one.worst for one in totals]), rank=1),
    ]
    words, notes = "", []
    if measured:
        columns.append(Column(say("wins"), [str(one.wins) for one in totals]))
        notes = [say("mean and spread (standard deviation) over pictures; a tie is a win for each")]
    if totals and measured:
        winning = [one.pad.value for one in totals if one.wins == most]
        lowest = min(one.mean for one in totals)
        least = [one.pad.value for one in totals if one.mean <= lowest * (1 + TIE)]
        words = _tally_words(winning, least, {"most": most, "all": tally.pictures}, say)
    strong = frozenset(index for index, one in enumerate(totals) if measured and one.wins == most)
    fact = say(
        "mean difference from the {reference} in the border band of each picture, in % of its range",
        reference=say("truth") if measured else say(MIDDLE),
    )
    return Report(title, [fact], words, [("", FigureTable(columns, strong, say))], notes)


def _tally_words(winning: Sequence[str], least: Sequence[str], counts: Mapping[str, int], say: Say) -> str:
    """Say which modes are best most often, and which have the least mean error, perhaps the same."""
    told = {"names": listed(winning, say=say), "are": "is" if len(winning) == 1 else "are"}
    often = say("{names} {are} best most often, on {most} of {all}", **told, **counts)
    one = len(least) == 1
    if winning == least:
        return say(
            "{often}; {they_have} the least mean error.",
            often=often,
            they_have="it has" if one else "they have",
        )
    told = {"names": listed(least, say=say), "have": "has" if one else "have"}
    return say("{often}; {names} {have} the least mean error.", often=often, **told)
