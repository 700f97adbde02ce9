"""One picture of what paddings do to a filter's result: results, differences, corners, figures, a plot."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from convcli.commands.compare.study import Array, Case, Study
from convcli.commands.compare.tones import Tones, strongest
from convcli.display.diverging import diverging
from convcli.display.drawn.lettering import wrapped
from convcli.display.drawn.plot import FAINT, INK, PAPER, Plot, Series, draw_plot
from convcli.display.drawn.ticks import round_up

__all__ = ["Corner", "amplitude", "error_plot", "montage", "worst_corner"]

Pixels = NDArray[np.uint8]

TILE, GAP, MARGIN = 208, 8, 20
COLUMNS = 4
BAR = 120  # the least height of the bar of colours
BEST, FRAME = "#0b57d0", "#c9cdd3"
HEADING, NAME, WORDS = 26, 19, 15  # font sizes
LINE = WORDS + 5
CARD = 2 * TILE + 3 * GAP
HEAD = 2 * GAP + NAME + 2 * LINE + 4  # of a card: name and figures
PLOT_HIGH = 400
CORNERS = ("top-left", "top-right", "bottom-left", "bottom-right")


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
    means = sorted(case.mae for case in study.cases if case.mae > 0 and math.isfinite(case.mae))
    if not means:
        return study.white / 100
    return round_up(4 * means[(len(means) - 1) // 2])


def worst_corner(study: Study) -> Corner:
    """Return the corner where the modes err most, twice as wide as the band, 12 to 40 pixels.

    Each mode has the same weight, whatever the size of its errors.
    """
    sums = dict.fromkeys(CORNERS, 0.0)
    for case in study.cases:
        values = [case.corners.get(name, math.nan) for name in CORNERS]
        if math.isfinite(total := sum(values)) and total > 0:
            sums = {name: sums[name] + value / total for name, value in zip(CORNERS, values, strict=True)}
    side = min(max(12, 2 * study.band), 40, *study.truth.shape[:2])
    return Corner(max(CORNERS, key=lambda name: sums[name]), side)


def error_plot(study: Study, *, logarithmic: bool = False) -> Plot:
    """Return the errors of all modes by distance from the border; modes that err alike share a line."""
    alike: dict[tuple[float, ...], list[int]] = {}
    for index, case in enumerate(study.cases):
        values = tuple(-1.0 if math.isnan(value) else value for value in case.by_distance[: study.span])
        alike.setdefault(values, []).append(index)
    return Plot(
        title=f"Error by distance from the border{', logarithmic' if logarithmic else ''}",
        x_label="distance from the border, in pixels",
        y_label=f"mean absolute error (white is {study.white:g})",
        series=[
            Series(
                ", ".join(study.cases[index].mode for index in same),
                study.cases[same[0]].by_distance[: study.span],
                study.cases[same[0]].best,
                same[0],
            )
            for same in alike.values()
        ],
        logarithmic=logarithmic,
        edge=(study.band, f"band: {study.band}"),
    )


def montage(study: Study) -> Pixels:
    """Return everything that is known of `study` as one picture on white paper, H x W x 3.

    The truth and then each mode have a card: the result, its difference from the truth in amplified colours,
    and below both the corner where the modes err most, each pixel enlarged. All differences have one scale,
    whose bar is on the card of the truth. In reduced differences each pixel is the largest that it stands
    for, so that thin bands stay visible.
    """
    fonts = {size: ImageFont.load_default(size) for size in (HEADING, NAME, WORDS)}
    columns = min(COLUMNS, len(study.cases) + 1)
    rows = math.ceil((len(study.cases) + 1) / columns)
    across = columns * CARD + (columns - 1) * MARGIN
    height, width = study.truth.shape[:2]
    whole = max(BAR, min(TILE, round(TILE * height / width)))
    card = HEAD + whole + TILE + 2 * GAP
    looks = _Looks(Tones(study.truth, study.white), amplitude(study), worst_corner(study), whole)
    words = [*study.facts, looks.words(study)]
    lines = [line for text in words for line in wrapped(text, fonts[WORDS], across)]
    verdict = wrapped(study.verdict, fonts[NAME], across)
    title = wrapped(study.title, fonts[HEADING], across)
    top = MARGIN + (HEADING + 8) * len(title) + (NAME + 6) * len(verdict) + LINE * len(lines) + MARGIN
    below = top + rows * (card + MARGIN)
    sheet = Image.new("RGB", (across + 2 * MARGIN, below + PLOT_HIGH + MARGIN), PAPER)
    draw = ImageDraw.Draw(sheet)
    y = MARGIN
    for texts, size, step, colour in (
        (title, HEADING, HEADING + 8, INK),
        (verdict, NAME, NAME + 6, BEST),
        (lines, WORDS, LINE, FAINT),
    ):
        for line in texts:
            draw.text((MARGIN, y), line, colour, fonts[size])
            y += step
    for index, case in enumerate((None, *study.cases)):
        at = (MARGIN + index % columns * (CARD + MARGIN), top + index // columns * (card + MARGIN))
        _card(sheet, at, study, case, looks, fonts)
    half = (across - MARGIN) // 2
    for number, logarithmic in enumerate((False, True)):
        drawn = draw_plot(error_plot(study, logarithmic=logarithmic), half, PLOT_HIGH)
        sheet.paste(Image.fromarray(drawn), (MARGIN + number * (half + MARGIN), below))
    return np.asarray(sheet)


class _Looks(NamedTuple):
    """How all cards of a montage are drawn."""

    tones: Tones
    limit: float
    corner: Corner
    whole: int  # the height of the tiles of whole pictures

    def words(self, study: Study) -> str:
        times = study.white / self.limit
        channels = ", of each pixel the channel that differs most" if study.truth.ndim == 3 else ""
        parts = [
            f"differences (result minus {study.reference}{channels}) amplified {times:.3g} times:"
            f" full colour at {self.limit:g} of {study.white:g}",
            f"below: the {self.corner.name} corner, {self.corner.side} x {self.corner.side} pixels enlarged",
            self.tones.words,
            "dark grey: no pixels",
        ]
        return "; ".join(filter(None, parts))


def _card(
    sheet: Image.Image, at: tuple[int, int], study: Study, case: Case | None, looks: _Looks, fonts: Any
) -> None:
    draw = ImageDraw.Draw(sheet)
    x, y = at
    best = case is not None and case.best
    outline = BEST if best else FRAME
    draw.rectangle(
        (x, y, x + CARD - 1, y + HEAD + looks.whole + TILE + 2 * GAP - 1), PAPER, outline, 3 if best else 1
    )
    name = study.reference if case is None else case.mode
    draw.text((x + GAP, y + GAP), name, INK, fonts[NAME])
    if best:
        left = x + GAP + fonts[NAME].getlength(name) + 12
        draw.rounded_rectangle((left, y + 7, left + 46, y + 9 + NAME), 4, BEST)
        draw.text((left + 23, y + 8 + NAME / 2), "best", PAPER, fonts[WORDS], anchor="mm")
    for number, line in enumerate(_caption(study, case)):
        draw.text((x + GAP, y + GAP + NAME + 6 + LINE * number), line, FAINT, fonts[WORDS])
    high = y + HEAD
    low = high + looks.whole + GAP
    left, right = x + GAP, x + 2 * GAP + TILE
    result = study.truth if case is None else study.result(case)
    _paste(sheet, (left, high), looks.tones(result), looks.whole)
    _paste(sheet, (left, low), looks.tones(looks.corner.of(result)), TILE)
    if case is None:
        _bar(draw, (right, high), looks.limit, looks.whole, fonts[WORDS])
        return
    error = strongest(case.error)
    _paste(sheet, (right, high), _coloured(_fitted(error, looks.whole), looks.limit), looks.whole)
    _paste(sheet, (right, low), _coloured(looks.corner.of(error), looks.limit), TILE)


def _caption(study: Study, case: Case | None) -> tuple[str, str]:
    if case is None:
        height, width = study.truth.shape[:2]
        return (f"{width} x {height} pixels; the band is {study.band} deep", "")
    if not math.isfinite(case.mae):
        return ("no pixels in the band: nothing is made up", f"depth {case.depth}")
    sides = {name: value for name, value in case.sides.items() if math.isfinite(value)}
    worst = max(sides, key=lambda name: sides[name], default="")
    psnr = f"{case.psnr:.1f} dB" if math.isfinite(case.psnr) else "infinite"
    return (
        f"mean {_short(case.mae)}   largest {_short(case.max)}   PSNR {psnr}",
        f"SSIM {case.ssim:.4f}   depth {case.depth}"
        + (f"   worst side {worst} {_short(sides[worst])}" if worst else ""),
    )


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 999.5 else f"{value:.3g}"


def _coloured(error: Array, limit: float) -> Pixels:
    return diverging(np.clip(error / limit, -1, 1))


def _fitted(error: Array, high: int) -> Array:
    """Return H x W reduced to fit a tile: of each block the value farthest from 0; NaN where all are."""
    height, width = error.shape
    scale = min(high / height, TILE / width)
    if scale >= 1:
        return error
    ends = [np.arange(max(1, round(n * scale))) * n // max(1, round(n * scale)) for n in (height, width)]
    nothing = np.isnan(error)
    most = _blocks(np.maximum, np.where(nothing, -np.inf, error), ends)
    least = _blocks(np.minimum, np.where(nothing, np.inf, error), ends)
    found = np.where(most >= -least, most, least)
    return np.where(np.isfinite(found), found, np.nan)


def _blocks(how: np.ufunc, values: Array, ends: Sequence[NDArray[np.intp]]) -> Array:
    return np.asarray(how.reduceat(how.reduceat(values, ends[0], axis=0), ends[1], axis=1))


def _paste(sheet: Image.Image, at: tuple[int, int], pixels: Pixels, high: int) -> None:
    """Put pixels into a tile: means where they are more than fit, else each enlarged as often as it fits."""
    tile = Image.fromarray(pixels)
    scale = min(high / tile.height, TILE / tile.width)
    how = Image.Resampling.BOX if scale < 1 else Image.Resampling.NEAREST
    times = scale if scale < 1 else int(scale)
    tile = tile.resize((max(1, round(tile.width * times)), max(1, round(tile.height * times))), how)
    sheet.paste(tile, (at[0] + (TILE - tile.width) // 2, at[1] + (high - tile.height) // 2))


def _bar(draw: ImageDraw.ImageDraw, at: tuple[int, int], limit: float, whole: int, font: Any) -> None:
    """Draw the scale of the differences."""
    x, y, wide, high = at[0] + 12, at[1] + 28, 28, whole - 38
    draw.text((at[0] + 4, at[1]), "difference", INK, font)
    for row, colour in enumerate(diverging(np.linspace(1, -1, high)).tolist()):
        draw.line((x, y + row, x + wide, y + row), (colour[0], colour[1], colour[2]))
    words = ((1, f"{limit:g} or more"), (0.5, f"{limit / 2:g}"), (0, "0"), (-0.5, f"-{limit / 2:g}"))
    for share, text in (*words, (-1, f"-{limit:g} or less")):
        row = y + round((1 - share) / 2 * (high - 1))
        draw.line((x + wide, row, x + wide + 5, row), INK)
        draw.text((x + wide + 9, row), text, INK, font, anchor="lm")
