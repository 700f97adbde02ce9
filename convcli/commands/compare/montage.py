"""One picture of what paddings do to a filter's result: results, differences, corners, figures, a plot."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from convcli.commands.compare.figures import figure
from convcli.commands.compare.study import Study
from convcli.commands.compare.tones import Tones, strongest
from convcli.display.colour_scales import diverging
from convcli.display.drawn.lettering import text_width
from convcli.display.drawn.plot import Plot, Series, draw_plot
from convcli.display.drawn.sheet import FAINT, INK, PAPER, Sheet, Words, scaled, wrapped
from convcli.display.language import say_english
from convcli.display.terminal.cells import farthest
from convcli.display.ticks import round_up
from convcli.display.words import shortened, size
from convcli.stacks.paddings.border_band import CORNERS, Comparison

__all__ = ["Corner", "amplitude", "error_plot", "montage", "worst_corner"]

Array = NDArray[np.floating[Any]]
Pixels = NDArray[np.uint8]

# All lengths are in pixels.
TILE, GAP, MARGIN = 208, 8, 20
COLUMNS = 4
BAR = 120  # least height of the bar of colours
BEST, FRAME = "#0b57d0", "#c9cdd3"
HEADING, NAME, WORDS = 26, 19, 15  # font sizes
LINE = WORDS + 5
CARD = 2 * TILE + 3 * GAP
HEAD = 2 * GAP + NAME + 2 * LINE + 4  # of a card: name and figures
PLOT_HIGH = 400


class Corner(NamedTuple):
    """A square at one corner that is looked at closely."""

    name: str
    side: int

    def of(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return its part of H x W (x C) values."""
        rows = slice(None, self.side) if self.name.startswith("top") else slice(-self.side, None)
        columns = slice(None, self.side) if self.name.endswith("left") else slice(-self.side, None)
        return values[rows, columns]


def amplitude(study: Study) -> float:
    """Return the error that is drawn in the fullest colour: 1, 2 or 5 times a power of ten.

    About four times the mean absolute error of the middle mode, so that the better modes are not lost
    beside the worst. A hundredth of white where nothing differs.
    """
    means = sorted(one.mae for one in study.compared.modes if one.mae > 0 and math.isfinite(one.mae))
    if not means:
        return study.compared.peak / 100
    return round_up(4 * means[(len(means) - 1) // 2])


def worst_corner(study: Study) -> Corner:
    """Return the corner where the modes err most, twice as wide as the band, 12 to 40 pixels.

    Each mode has the same weight, whatever the size of its errors.
    """
    sums = dict.fromkeys(CORNERS, 0.0)
    for one in study.compared.modes:
        values = [one.corners[name] for name in CORNERS]
        if math.isfinite(total := sum(values)) and total > 0:
            sums = {name: sums[name] + value / total for name, value in zip(CORNERS, values, strict=True)}
    side = min(max(12, 2 * study.compared.band.depth), 40, *study.compared.truth.shape[:2])
    return Corner(max(CORNERS, key=lambda name: sums[name]), side)


def error_plot(study: Study, *, logarithmic: bool = False) -> Plot:
    """Return the errors of all modes by distance from the border; modes that err alike share a line."""
    modes, band = study.compared.modes, study.compared.band.depth
    alike: dict[tuple[float, ...], list[int]] = {}
    for index, one in enumerate(modes):
        values = tuple(-1.0 if math.isnan(value) else value for value in one.by_distance[: study.span])
        alike.setdefault(values, []).append(index)
    return Plot(
        title=f"Error by distance from the border{', logarithmic' if logarithmic else ''}",
        x_label="distance from the border, in pixels",
        y_label=f"mean absolute error, {study.units.heading}",
        series=[
            Series(
                ", ".join(modes[index].pad.value for index in same),
                modes[same[0]].by_distance[: study.span].tolist(),
                modes[same[0]] in study.best,
                same[0],
            )
            for same in alike.values()
        ],
        logarithmic=logarithmic,
        edge=(band, f"band: {band}"),
    )


def montage(study: Study) -> Pixels:
    """Return everything that is known of `study` as one picture on white paper, H x W x 3.

    The truth and then each mode have a card: the result, its difference from the truth in amplified colours,
    and below both the corner where the modes err most, each pixel enlarged. All differences have one scale,
    whose bar is on the card of the truth. In reduced differences each pixel is the largest that it stands
    for, so that thin bands stay visible.
    """
    modes, truth = study.compared.modes, study.compared.truth
    columns = min(COLUMNS, len(modes) + 1)
    rows = math.ceil((len(modes) + 1) / columns)
    across = columns * CARD + (columns - 1) * MARGIN
    height, width = truth.shape[:2]
    whole = max(BAR, min(TILE, round(TILE * height / width)))
    card = HEAD + whole + TILE + 2 * GAP
    looks = _Looks(Tones(truth, study.compared.peak), amplitude(study), worst_corner(study), whole)
    told = study.told(say_english)
    facts = [line for text in (*told.facts, looks.words(study)) for line in wrapped(text, WORDS, across)]
    title = " ".join(shortened(word, across // HEADING) for word in told.title.split())
    head = (
        Words(wrapped(title, HEADING, across), HEADING, HEADING + 8),
        Words(wrapped(told.verdict, NAME, across), NAME, NAME + 6, BEST),
        Words(facts, WORDS, LINE, FAINT),
    )
    sheet = Sheet(across + 2 * MARGIN, head, rows * (card + MARGIN) + PLOT_HIGH + MARGIN, MARGIN)
    for index, one in enumerate((None, *modes)):
        _card(sheet, sheet.cell(index, columns, (CARD + MARGIN, card + MARGIN)), study, one, looks)
    half = (across - MARGIN) // 2
    for number, logarithmic in enumerate((False, True)):
        drawn = draw_plot(error_plot(study, logarithmic=logarithmic), half, PLOT_HIGH)
        sheet.paste((MARGIN + number * (half + MARGIN), sheet.top + rows * (card + MARGIN)), drawn)
    return sheet.pixels


class _Looks(NamedTuple):
    """The settings that all cards of a montage share."""

    tones: Tones
    limit: float
    corner: Corner
    whole: int  # the height of the tiles of whole pictures

    def words(self, study: Study) -> str:
        peak, times = study.compared.peak, study.compared.peak / self.limit
        channels = ", of each pixel the channel that differs most" if study.compared.truth.ndim == 3 else ""
        parts = [
            f"differences (result minus {study.reference}{channels}) amplified {times:.3g} times:"
            f" full colour at {self.limit:g} of {peak:g}",
            f"below: the {self.corner.name} corner, {size(2 * (self.corner.side,))} pixels enlarged",
            self.tones.words,
            "dark grey: no pixels",
        ]
        return "; ".join(filter(None, parts))


def _card(sheet: Sheet, at: tuple[int, int], study: Study, one: Comparison | None, looks: _Looks) -> None:
    """Draw one mode, or the truth where there is none."""
    x, y = at
    best = one in study.best
    frame = (x, y, x + CARD - 1, y + HEAD + looks.whole + TILE + 2 * GAP - 1)
    sheet.draw.rectangle(frame, PAPER, BEST if best else FRAME, 3 if best else 1)
    name = study.reference if one is None else one.pad.value
    sheet.text((x + GAP, y + GAP), name, NAME)
    if best:
        left = x + GAP + text_width(name, NAME) + 12
        sheet.draw.rounded_rectangle((left, y + 7, left + 46, y + 9 + NAME), 4, BEST)
        sheet.text((left + 23, y + 8 + NAME / 2), "best", WORDS, PAPER, "mm")
    for number, line in enumerate(_caption(study, one)):
        sheet.text((x + GAP, y + GAP + NAME + 6 + LINE * number), line, WORDS, FAINT)
    high = y + HEAD
    low = high + looks.whole + GAP
    left, right = x + GAP, x + 2 * GAP + TILE
    result = study.compared.truth if one is None else study.compared.truth + one.error
    _paste(sheet, (left, high), looks.tones(result), looks.whole)
    _paste(sheet, (left, low), looks.tones(looks.corner.of(result)), TILE)
    if one is None:
        _bar(sheet, (right, high), looks.limit, looks.whole)
        return
    error = strongest(one.error)
    _paste(sheet, (right, high), diverging(_fitted(error, looks.whole) / looks.limit), looks.whole)
    _paste(sheet, (right, low), diverging(looks.corner.of(error) / looks.limit), TILE)


def _caption(study: Study, one: Comparison | None) -> tuple[str, str]:
    if one is None:
        return (
            f"{size(study.compared.truth.shape[:2])} pixels; the band is {study.compared.band.depth} px deep",
            "",
        )
    if not math.isfinite(one.mae):
        return ("no pixels in the band: nothing is made up", f"depth {one.depth} px")
    sides = {name: value for name, value in one.sides.items() if math.isfinite(value)}
    worst = max(sides, key=lambda name: sides[name], default="")
    psnr = f"{one.psnr:.1f} dB" if math.isfinite(one.psnr) else "infinite"
    return (
        f"mean {figure(one.mae)}   largest {figure(one.max)}   PSNR {psnr}",
        f"SSIM {one.ssim:.4f}   depth {one.depth} px"
        + (f"   worst side {worst} {figure(sides[worst])}" if worst else ""),
    )


def _fitted(error: Array, high: int) -> Array:
    """Return H x W reduced to fit a tile: of each block the value farthest from 0; NaN where all are."""
    height, width = error.shape
    scale = min(high / height, TILE / width)
    if scale >= 1:
        return error
    starts = [np.arange(max(1, round(n * scale))) * n // max(1, round(n * scale)) for n in (height, width)]
    return farthest(error, *starts)


def _paste(sheet: Sheet, at: tuple[int, int], pixels: Pixels, high: int) -> None:
    """Put pixels into the middle of a tile, enlarged by a whole number of times or reduced to fit."""
    tile = Image.fromarray(pixels)
    scale = min(high / tile.height, TILE / tile.width)
    tile = scaled(tile, scale if scale < 1 else int(scale))
    sheet.paste((at[0] + (TILE - tile.width) // 2, at[1] + (high - tile.height) // 2), tile)


def _bar(sheet: Sheet, at: tuple[int, int], limit: float, whole: int) -> None:
    """Draw the scale of the differences."""
    x, y, wide, high = at[0] + 12, at[1] + 28, 28, whole - 38
    sheet.text((at[0] + 4, at[1]), "difference", WORDS)
    sheet.paste((x, y), diverging(np.linspace(1, -1, high))[:, None].repeat(wide + 1, 1))
    words = ((1, f"{limit:g} or more"), (0.5, f"{limit / 2:g}"), (0, "0"), (-0.5, f"-{limit / 2:g}"))
    for share, text in (*words, (-1, f"-{limit:g} or less")):
        row = y + round((1 - share) / 2 * (high - 1))
        sheet.draw.line((x + wide, row, x + wide + 5, row), INK)
        sheet.text((x + wide + 9, row), text, WORDS, INK, "lm")
