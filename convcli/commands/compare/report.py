"""What is told of a comparison: the table, the JSON object, and what is drawn."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from convcli.commands.compare.study import MIDDLE, Study
from convcli.commands.compare.verdict import listed, number, verdict
from convcli.commands.compare.view import Column, Figures, Report
from convcli.pipeline.jsonable import plain
from convcli.stacks.paddings.border_band import CORNERS, SIDES, TIE, Comparison, best, winners
from convcli.stacks.paddings.compare_stack import Compared
from convcli.stacks.paddings.tally import Tally

__all__ = ["comparison_json", "comparison_table", "one_line", "study", "tally_table"]


def comparison_json(compared: Compared, quantum: float) -> dict[str, Any]:
    """Return the figures; what is not known, and an infinite PSNR, is null."""
    deepest = max(compared.band.depth, *(one.depth for one in compared.modes))
    order = best(compared.modes)
    held: dict[str, Any] = {
        "best": order[0].pad.value if order and compared.measured else None,
        "reference": "truth" if compared.measured else "median",
        "verdict": verdict(compared.modes, measured=compared.measured, quantum=quantum),
        "size": list(compared.truth.shape[:2]),
        "band": compared.band._asdict(),
        "peak": compared.peak,
        "modes": [
            {
                "pad": one.pad.value,
                "mae": one.mae,
                "max": one.max,
                "rmse": one.rmse,
                "psnr": one.psnr,
                "ssim": one.ssim,
                "depth": one.depth,
                "sides": one.sides,
                "corners": one.corners,
                "by_distance": one.by_distance[: deepest + 1],
            }
            for one in compared.modes
        ],
    }
    told: dict[str, Any] = plain(held)
    return told


def comparison_table(title: str, facts: Sequence[str], compared: Compared, quantum: float) -> Report:
    """Return what is printed: errors over the band, by distance, along the sides and in the corners."""
    modes = compared.modes
    firsts = winners(modes) if compared.measured else []
    names = [f"{one.pad}{' *' if one in firsts else ''}" for one in modes]
    strong = frozenset(index for index, one in enumerate(modes) if one in firsts)
    span = max(compared.band.depth, *(one.depth for one in modes))
    measures = Figures(
        [
            Column("padding", names, left=True),
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
        ],
        strong,
    )
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
    places = Figures([Column("padding", names, left=True), *sides, *corners], strong)
    what = "truth" if compared.measured else MIDDLE
    return Report(
        title,
        facts,
        verdict(modes, measured=compared.measured, quantum=quantum),
        [
            (f"Difference from the {what} in the border band", measures),
            ("Mean along each side and in each corner", places),
        ],
        [_legend(firsts)] if firsts else [],
    )


def _legend(firsts: Sequence[Comparison]) -> str:
    return "* the best" if len(firsts) == 1 else "* the best, equally good"


def _short(corner: str) -> str:
    """Return the corner as a column's heading: ``top-left`` is ``t-left``."""
    row, column = corner.split("-")
    return f"{row[0]}-{column}"


def _numbers(values: Iterable[float]) -> list[str]:
    return [number(value) for value in values]


def _decimals(value: float, places: int) -> str:
    return f"{value:.{places}f}" if math.isfinite(value) else number(value)


def one_line(compared: Compared) -> str:
    """Return the means of all modes in one line, for ``--verbose``."""
    return "mean " + ", ".join(f"{one.pad} {number(one.mae)}" for one in best(compared.modes))


def study(title: str, facts: Sequence[str], compared: Compared, quantum: float, stage: str = "") -> Study:
    """Return what the montage and the page are drawn from."""
    words = verdict(compared.modes, measured=compared.measured, quantum=quantum)
    return Study(title, facts, words, compared, stage)


def tally_table(tally: Tally, title: str, *, measured: bool) -> Report:
    """Return the table over many pictures."""
    totals = list(tally.totals())
    most = max((one.wins for one in totals), default=0)
    first = min(totals, key=lambda one: one.mean, default=None)
    table = Figures(
        [
            Column("padding", [one.pad.value for one in totals], left=True),
            Column("mean", [_percent(one.mean) for one in totals]),
            Column("spread", [_percent(one.spread) for one in totals]),
            Column("worst", [_percent(one.worst) for one in totals], rank=1),
            *([Column("wins", [str(one.wins) for one in totals])] if measured else []),
        ],
        frozenset(index for index, one in enumerate(totals) if measured and one.wins == most),
    )
    words = ""
    if first is not None and measured:
        winning = [one.pad.value for one in totals if one.wins == most]
        least = [one.pad.value for one in totals if one.mean <= first.mean * (1 + TIE)]
        same = "it" if len(least) == 1 else "they"
        words = (
            f"{listed(winning)} {_be(winning)} best most often, on {most} of {tally.pictures};"
            f" {same if winning == least else listed(least)} {'has' if len(least) == 1 else 'have'} the least"
            " mean error."
        )
    what = "truth" if measured else MIDDLE
    return Report(
        title,
        [f"mean difference from the {what} in the border band of each picture, in % of white"],
        words,
        [("", table)],
        ["mean and spread (standard deviation) over pictures; a tie is a win for each"] if measured else [],
    )


def _be(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _percent(share: float) -> str:
    return number(100 * share)
