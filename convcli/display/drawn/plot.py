"""Lines over a common axis as a picture: axes, numbers, names, a legend, drawn with Pillow alone."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from convcli.display.drawn.lettering import FAINT, INK, PAPER, text_width, with_font_note, write
from convcli.display.ticks import decades, nice_ticks
from convcli.display.words import significant

__all__ = ["COLOURS", "Axes", "Plot", "Series", "draw_plot"]

Pixels = NDArray[np.uint8]
Point = tuple[float, float]

# Colours of the series in turn (Okabe and Ito, Color universal design, 2008), the pale ones darkened to a
# contrast of 3:1 with white paper, as WCAG 2.2 asks of lines.
COLOURS = ("#d55e00", "#7f7f7f", "#0072b2", "#009e73", "#c0639a", "#2a9bd6", "#b87f00")
GRID = "#e2e2e2"

TITLE, WORDS, NUMBERS = 16, 13, 12  # font sizes
FINE = 3  # lines are drawn this many times larger, then reduced
MARKS = 24  # at most, of one series
DECADES = 6  # powers of ten on a logarithmic axis, at most
LINE, MARK = 2.0, 4.0  # width of lines and radius of marks, in pixels
STRONG = 1.8  # strong lines are this many times wider


class Series(NamedTuple):
    """One line: its name and its values at 0, 1, 2, ... ; NaN interrupts it.

    `kind` chooses colour and mark, for lines that are the same in several plots; by default they are taken
    in turn.
    """

    name: str
    values: Sequence[float]
    strong: bool = False
    kind: int | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Plot:
    """Series over 0, 1, 2, ...: at least one, in the order of their colours.

    On a logarithmic axis what is not positive is left out. `edge` is where a vertical line stands, and its
    words. `ends` are the numbers of the first and the last value, where those are not 0, 1, 2, ... `left` is
    the least space left of the vertical axis, in pixels: plots below each other are in line.
    """

    title: str
    x_label: str
    y_label: str
    series: Sequence[Series]
    logarithmic: bool = False
    edge: tuple[float, str] | None = None
    ends: tuple[float, float] | None = None
    left: float = 0


@dataclass(frozen=True, eq=False)
class Axes:
    """The box of pixels between the axes, the number of values across, the least and greatest value up."""

    left: float
    top: float
    right: float
    bottom: float
    count: int
    low: float
    high: float
    logarithmic: bool = False

    def x(self, index: float) -> float:
        """Return the column of the `index`-th value."""
        return self.left + (self.right - self.left) * index / max(1, self.count - 1)

    def y(self, value: float) -> float:
        """Return the row of a value; NaN where the axis has no place for it."""
        if self.logarithmic:
            if value < self.low:
                return math.nan
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.bottom - (self.bottom - self.top) * share

    @property
    def ticks(self) -> list[float]:
        """The numbers of the vertical axis."""
        return (
            decades(self.low, self.high, DECADES + 2) if self.logarithmic else nice_ticks(self.low, self.high)
        )


def draw_plot(plot: Plot, width: int = 720, height: int = 360) -> Pixels:
    """Return the plot as height x width x 3 pixels on white paper.

    The vertical axis starts at 0, or below where values are negative. Infinite values are left out. Names
    stand beside marks at the ends of their lines where those are apart, else in a legend, the highest first.
    """
    direct = _ends_apart(plot)
    axes = _axes(plot, width, height, direct)
    sheet = Image.new("RGB", (width, height), PAPER)
    draw = ImageDraw.Draw(sheet)
    _grid(draw, axes, plot)
    sheet = _lines(sheet, axes, plot)
    draw = ImageDraw.Draw(sheet)
    write(draw, (12, 10), plot.title, TITLE, INK)
    write(draw, (12, axes.top - 10), plot.y_label, WORDS, FAINT, anchor="ls")
    write(draw, ((axes.left + axes.right) / 2, height - 8), plot.x_label, WORDS, FAINT, anchor="ms")
    (_names_at_ends if direct else _legend)(draw, axes, plot)
    names = (series.name for series in plot.series)
    return np.asarray(with_font_note(sheet, (plot.title, plot.x_label, plot.y_label, *names)))


def _axes(plot: Plot, width: int, height: int, direct: bool) -> Axes:
    count = max(len(series.values) for series in plot.series)
    every = (float(value) for series in plot.series for value in series.values)
    finite = [v for v in every if math.isfinite(v) and (v > 0 or not plot.logarithmic)] or [1.0]
    high = max(*finite, 0.0)
    if plot.logarithmic:
        logarithmic_low = max(min(finite), high / 10.0**DECADES)
        low, high = 10.0 ** math.floor(math.log10(logarithmic_low)), 10.0 ** math.ceil(math.log10(high))
        high = high if high > low else 10 * low
    else:
        low = min(*finite, 0.0)
        high = high if high > low else low + 1.0
    axes = Axes(0, 62, 0, height - 46, count, low, high, plot.logarithmic)
    numbers = max(text_width(significant(tick, 6), NUMBERS) for tick in axes.ticks)
    names = _widest(plot) + 28 if direct else 0
    return replace(axes, left=max(plot.left, numbers + 24), right=width - names - 16)


def _widest(plot: Plot) -> float:
    """Return the width of the longest name."""
    return max(text_width(series.name, WORDS) for series in plot.series)


def _grid(draw: ImageDraw.ImageDraw, axes: Axes, plot: Plot) -> None:
    for tick in axes.ticks:
        y = axes.y(tick)
        draw.line((axes.left, y, axes.right, y), GRID)
        write(draw, (axes.left - 6, y), significant(tick, 6), NUMBERS, INK, anchor="rm")
    first, last = plot.ends or (0, max(1, axes.count - 1))
    for tick in nice_ticks(first, last, 12):
        if tick == int(tick) or last - first < axes.count - 1:
            x = axes.x((tick - first) / ((last - first) or 1) * max(1, axes.count - 1))
            draw.line((x, axes.bottom, x, axes.bottom + 4), FAINT)
            write(draw, (x, axes.bottom + 7), significant(tick, 6), NUMBERS, INK, anchor="ma")
    draw.line((axes.left, axes.bottom, axes.right, axes.bottom), FAINT)
    draw.line((axes.left, axes.top, axes.left, axes.bottom), FAINT)
    if plot.edge is not None and 0 <= plot.edge[0] <= axes.count - 1:
        x = axes.x(plot.edge[0])
        for y in np.arange(axes.top, axes.bottom, 8):
            draw.line((x, y, x, min(y + 4, axes.bottom)), FAINT)
        fits = axes.left < x - 5 - text_width(plot.edge[1], NUMBERS)
        beside = (x - 5, "ra") if fits else (x + 5, "la")
        write(draw, (beside[0], axes.top + 3), plot.edge[1], NUMBERS, FAINT, anchor=beside[1])


def _lines(sheet: Image.Image, axes: Axes, plot: Plot) -> Image.Image:
    fine = sheet.resize((sheet.width * FINE, sheet.height * FINE), Image.Resampling.NEAREST)
    draw = ImageDraw.Draw(fine)
    for kind, series in _numbered(plot):
        colour = COLOURS[kind]
        points = _points(axes, series)
        for run in _runs(points):
            draw.line([(FINE * x, FINE * y) for x, y in run], colour, _width(series, FINE), "curve")
        every = max(1, math.ceil(len(points) / MARKS))
        for x, y in points[::every]:
            if math.isfinite(y):
                _mark(draw, kind, FINE * x, FINE * y, FINE * MARK, colour)
    return fine.resize(sheet.size, Image.Resampling.BOX)


def _numbered(plot: Plot) -> list[tuple[int, Series]]:
    """Return the series with the kinds of their lines."""
    return [
        ((index if series.kind is None else series.kind) % len(COLOURS), series)
        for index, series in enumerate(plot.series)
    ]


def _width(series: Series, times: int = 1) -> int:
    return round(times * LINE * (STRONG if series.strong else 1))


def _points(axes: Axes, series: Series) -> list[Point]:
    return [
        (axes.x(place), axes.y(float(value)) if math.isfinite(value) else math.nan)
        for place, value in enumerate(series.values)
    ]


def _runs(points: Sequence[Point]) -> list[list[Point]]:
    """Return the stretches of two points or more between gaps."""
    runs: list[list[Point]] = [[]]
    for point in points:
        if math.isfinite(point[1]):
            runs[-1].append(point)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if len(run) > 1]


def _mark(draw: ImageDraw.ImageDraw, kind: int, x: float, y: float, r: float, colour: str) -> None:
    """Draw one of six shapes, so that lines are told apart without colours."""
    shape = kind % 6
    if shape == 0:
        draw.ellipse((x - r, y - r, x + r, y + r), colour)
    elif shape == 1:
        draw.rectangle((x - r, y - r, x + r, y + r), PAPER, colour, round(r / 3))
    else:
        sides = {2: (3, -90), 3: (4, 0), 4: (3, 90), 5: (5, -90)}[shape]
        corners = [
            (x + 1.3 * r * math.cos(angle), y + 1.3 * r * math.sin(angle))
            for angle in (math.radians(sides[1] + 360 * i / sides[0]) for i in range(sides[0]))
        ]
        draw.polygon(corners, colour)


def _ends_apart(plot: Plot) -> bool:
    """Tell whether the lines end further apart than they start."""
    starts, ends = [], []
    for series in plot.series:
        finite = [float(value) for value in series.values if math.isfinite(value)]
        if finite:
            starts.append(finite[0])
            ends.append(finite[-1])
    return len(ends) < 2 or max(ends) - min(ends) >= max(starts) - min(starts)


def _names_at_ends(draw: ImageDraw.ImageDraw, axes: Axes, plot: Plot) -> None:
    lasts = []
    for kind, series in _numbered(plot):
        seen = [y for _, y in _points(axes, series) if math.isfinite(y)]
        if seen and series.name:
            lasts.append((seen[-1], kind, series.name))
    low = axes.top
    room = axes.bottom - (len(lasts) - 1) * (WORDS + 3)
    for y, kind, name in sorted(lasts):
        at = max(low, min(y, room))
        _mark(draw, kind, axes.right + 16, at, MARK, COLOURS[kind])
        write(draw, (axes.right + 24, at), name, WORDS, INK, anchor="lm")
        low, room = at + WORDS + 3, room + WORDS + 3


def _legend(draw: ImageDraw.ImageDraw, axes: Axes, plot: Plot) -> None:
    """Write the names at the upper right, those that start highest first."""

    def start(pair: tuple[int, Series]) -> float:
        return next((-float(v) for v in pair[1].values if math.isfinite(v)), math.inf)

    left = axes.right - _widest(plot) - 12
    high = WORDS + 6
    box = (left - 34, axes.top + 2, axes.right - 2, axes.top + 10 + high * len(plot.series))
    draw.rectangle(box, PAPER, GRID)
    for line, (kind, series) in enumerate(sorted(_numbered(plot), key=start)):
        y = axes.top + 6 + high * line + high / 2
        colour = COLOURS[kind]
        draw.line((left - 26, y, left - 6, y), colour, _width(series))
        _mark(draw, kind, left - 16, y, MARK, colour)
        write(draw, (left, y), series.name, WORDS, INK, anchor="lm")
