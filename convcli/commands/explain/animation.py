"""The animation of ``convcli explain --animate``: which windows are shown, frame by frame."""

import os
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convcli.choices import STDOUT
from convcli.commands.explain.animation_steps import WRITTEN_OUT, Moving, Step
from convcli.display.words import size
from convcli.engine.analysis.pixel_trace import AxisTrace, either, output_pixel
from convcli.engine.pad import CONSTANT, sources
from convcli.errors import UsageError
from convcli.open_files import is_stream

__all__ = ["Film", "Shot", "animation_format", "film", "shots"]

Place = tuple[int, int]

# Rows and columns of a result whose numbers are shown in cells, and of the part of a larger one around --at.
MOST_CELLS, NEAR = 16, 8

# Most windows of an animation, and most frames in which every sum is built up term by term.
MOST_STEPS, MOST_FRAMES = 64, 100

# Products up to which the first sum is built up term by term.
BUILT_UP = 25

# Milliseconds that frames are shown: a term of a sum, a whole window, a kernel that is rotated, the end.
TERM, WINDOW, TURNED, END = 400.0, 600.0, 2000.0, 3000.0


class Film(NamedTuple):
    """The arrays that move.

    Attributes
    ----------
    cells
        Whether all numbers stand in cells; otherwise input and result are pictures.
    inputs : for each channel, (H, W) array
        The padded input, or of a picture all of its pixels without padding.
    corner
        Row and column of its first cell in the picture, below 0 where that is padding.
    result : (H', W') array
        All of the result, or the part that is shown; `first` is its first output pixel.
    input_words, result_words
        What they are.
    """

    moving: Moving
    cells: bool
    inputs: tuple[NDArray[Any], ...]
    corner: Place
    size: Place
    result: NDArray[np.floating[Any]]
    first: Place
    steps: tuple[Step, ...]
    input_words: str
    result_words: str

    @property
    def padding(self) -> NDArray[np.bool_]:
        """Which cells of the padded input are padding."""
        places = [
            np.arange(first, first + n) for first, n in zip(self.corner, self.inputs[0].shape, strict=True)
        ]
        rows, columns = ((at < 0) | (at >= n) for at, n in zip(places, self.size, strict=True))
        return either(rows, columns)

    def before(self, step: Step) -> int:
        """Return how many cells of the result come before that of a step, row by row."""
        columns: int = self.result.shape[1]
        return (step.at[0] - self.first[0]) * columns + step.at[1] - self.first[1]


class Shot(NamedTuple):
    """One frame: so many products of a plane of a step, so many cells of the result, and milliseconds.

    `turned` is the frame that shows how the kernel is rotated.
    """

    step: Step
    plane: int
    products: int
    done: int
    time: float
    turned: bool = False

    @property
    def ends(self) -> bool:
        """Whether the value is found."""
        plane = self.step.planes[self.plane]
        return (
            self.plane + 1 == len(self.step.planes) and self.products == plane.window.size and not self.turned
        )


def animation_format(path: str) -> str:
    """Return the format of the animation that is written to `path`."""
    suffix = os.path.splitext(path)[1].lower()
    formats = {".gif": "gif", ".webp": "webp", ".png": "png", ".apng": "png"}
    if path == STDOUT or is_stream(path):
        return "gif"
    if suffix not in formats:
        raise UsageError(
            f"--animate: an animation is not written to {path!r}", hint="name a .gif, .webp or .apng file"
        )
    return formats[suffix]


def film(moving: Moving, at: Place | None, notes: list[str]) -> Film:
    """Choose what is shown of a window that moves over a picture, from output pixel `at` on."""
    pixels = moving.pixels
    planes = pixels[None] if pixels.ndim == 2 else np.moveaxis(pixels, 2, 0)
    made = moving.window.output_size(pixels.shape, ceil=moving.ceil)
    start = (0, 0) if at is None else output_pixel(at, made)
    small = max(made) <= MOST_CELLS
    if at is None and not small:
        return _pictures(planes, moving, made, notes)
    shown = made if small else (min(NEAR, made[0]), min(NEAR, made[1]))
    first = min(start[0], made[0] - shown[0]), min(start[1], made[1] - shown[1])
    places = [(first[0] + row, first[1] + column) for row in range(shown[0]) for column in range(shown[1])]
    traced = {place: moving.step(place) for place in places}
    result = np.array([one.value for one in traced.values()]).reshape(shown)
    begun = places.index(start)
    chosen = _chosen(places[begun:], shown[1], len(traced[start].planes))
    traces = [plane.trace for step in traced.values() for plane in step.planes]
    rows, columns = ([getattr(trace, axis) for trace in traces] for axis in ("rows", "columns"))
    areas = [_area(axis, whole=small) for axis in (rows, columns)]
    down, across = (
        _sources(axis[0], moving, area) for axis, area in zip((rows, columns), areas, strict=True)
    )
    inputs = planes[:, down[:, None], across[None, :]].astype(np.float64)
    inputs[:, (down == CONSTANT)[:, None] | (across == CONSTANT)] = moving.constant
    if not small or len(chosen) < len(places[begun:]):
        _note(notes, len(chosen), made, at)
    words = "padded input" if np.any(moving.window.padding) else "input"
    corner = areas[0].start, areas[1].start
    return Film(
        moving,
        True,
        tuple(inputs),
        corner,
        (pixels.shape[0], pixels.shape[1]),
        result,
        first,
        tuple(traced[place] for place in chosen),
        f"{words}, {size(inputs.shape[1:]) if small else _range(corner, inputs.shape[1:])}",
        f"result, {size(shown) if small else _range(first, shown)}",
    )


def _pictures(planes: NDArray[Any], moving: Moving, made: Place, notes: list[str]) -> Film:
    """Choose windows all over a large picture."""
    side = int((MOST_STEPS // len(moving.step((0, 0)).planes)) ** 0.5)
    rows, columns = (np.unique(np.linspace(0, n - 1, side).round().astype(int)).tolist() for n in made)
    steps = tuple(moving.step((row, column)) for row in rows for column in columns)
    _note(notes, len(steps), made, None)
    height, width = planes.shape[1:]
    return Film(
        moving,
        False,
        tuple(planes),
        (0, 0),
        (height, width),
        moving.whole(),
        (0, 0),
        steps,
        f"input, {height} x {width}",
        f"result, {size(made)}",
    )


def _note(notes: list[str], count: int, made: Place, at: Place | None) -> None:
    advice = "; --at R,C begins there" if at is None else ""
    notes.append(f"{count} of the {made[0] * made[1]} windows are shown{advice}")


def _chosen(places: list[Place], width: int, planes: int) -> list[Place]:
    """Return as many places as an animation has steps: of more, whole rows that are evenly spread."""
    most = MOST_STEPS // planes
    if len(places) <= most:
        return places
    rows = sorted({row for row, _ in places})
    kept = np.linspace(0, len(rows) - 1, max(1, most // width)).round().astype(int).tolist()
    wanted = {rows[index] for index in kept}
    return [place for place in places if place[0] in wanted]


def _area(traces: list[AxisTrace], *, whole: bool) -> range:
    """Return the places along an axis that windows read; with `whole`, all of the padded picture."""
    first, last = min(trace.span[0] for trace in traces), max(trace.span[1] for trace in traces)
    if whole:
        axis, length = traces[0].axis, traces[0].size
        first, last = min(first, -axis.low), max(last, length + axis.high - 1)
    return range(first, last + 1)


def _sources(trace: AxisTrace, moving: Moving, area: range) -> NDArray[np.intp]:
    """Return the pixel that each place of an area shows."""
    axis = trace.axis
    shown = sources(trace.size, axis.low, axis.high, moving.window.mode)
    beyond = max(0, area.stop - trace.size - axis.high)
    padded = np.pad(shown, (0, beyond), constant_values=CONSTANT)
    return padded[area.start + axis.low : area.stop + axis.low]


def _range(first: Place, shape: tuple[int, ...]) -> str:
    (top, left), (height, width) = first, shape
    return f"rows {top} to {top + height - 1}, columns {left} to {left + width - 1}"


def shots(found: Film) -> Iterator[Shot]:
    """Yield the frames: sums are built up term by term, of all windows where that takes few frames."""
    (first, *_), last = found.steps, found.steps[-1]
    sums = sum(plane.products.size for plane in first.planes if plane.products is not None)
    all_sums = len(found.steps) * sums <= MOST_FRAMES and sums <= WRITTEN_OUT
    done = found.before(first)
    if found.moving.turned is not None:
        yield Shot(first, 0, 0, done, TURNED, turned=True)
    for step in found.steps:
        after = found.before(step) + 1
        for number, plane in enumerate(step.planes):
            taps, few = plane.window.size, sums <= BUILT_UP and plane.products is not None
            builds = few and (all_sums or step is first)
            for count in range(1, taps) if builds else ():
                yield Shot(step, number, count, done, TERM)
            ends = number + 1 == len(step.planes)
            time = END if ends and step is last else WINDOW
            yield Shot(step, number, taps, after if ends else done, time)
        done = after
