"""The animation of ``convcli explain --animate``: the arrays, and which windows are shown frame by frame."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convcli.commands.explain.animation.steps import Array, Plane, Sliding, Step
from convcli.commands.explain.facts import WRITTEN_OUT
from convcli.display.words import size
from convcli.engine.analysis.pixel_trace import AxisTrace, output_pixel
from convcli.engine.pad import CONSTANT, sources

__all__ = ["Animation", "Block", "Cells", "Moment", "moments", "planned"]

Place = tuple[int, int]
Cells = NDArray[np.bool_]

# Rows and columns of a result whose numbers stand in cells; those of the part of a larger one from --at on.
MOST_CELLS, NEAR = 16, 8

# Most windows of an animation; most frames in which the sums of all of them are built up term by term.
MOST_STEPS, MOST_FRAMES = 64, 100

# Most products of a window that are added one by one.
BUILT_UP = 25

# Milliseconds of a frame: with a term of a sum, a whole window, a kernel that is rotated, and at the end.
TERM, WINDOW, TURNED, END = 400.0, 600.0, 2000.0, 3000.0


class Animation(NamedTuple):
    """The arrays that the window slides over, and its steps.

    Attributes
    ----------
    cells
        Whether numbers stand in cells; otherwise input and result are pictures.
    inputs : for each channel, (H, W) array
        The padded input, or the part of it that is shown; of pictures without padding.
    corner, first
        Row and column in the picture of the first cell of the inputs, below 0 where that is padding; and the
        output pixel that is the first cell of the result.
    result : (H', W') array
    input_words, result_words
        What the arrays are.
    """

    sliding: Sliding
    cells: bool
    inputs: Sequence[Array]
    corner: Place
    result: Array
    first: Place
    steps: Sequence[Step]
    input_words: str
    result_words: str

    @property
    def padding(self) -> Cells:
        """Which cells of the inputs are padding."""
        sizes = zip(self.corner, self.inputs[0].shape, self.sliding.pixels.shape, strict=False)
        rows, columns = ((at < 0) | (at >= n) for at, n in ((np.arange(a, a + m), n) for a, m, n in sizes))
        return np.asarray(np.logical_or.outer(rows, columns))


class Block(NamedTuple):
    """An array at work, with marked cells and padding; of one that is known in part, the `whole`."""

    title: str
    values: Array
    marked: Cells | None = None
    padding: Cells | None = None
    whole: Array | None = None


class Moment(NamedTuple):
    """One frame: the products so far of a plane of a step, the cells of the result so far, milliseconds.

    With `turned`, it shows how the kernel is rotated.
    """

    step: Step
    plane: Plane
    products: int
    done: int
    time: float
    turned: tuple[Array, Array] | None = None

    @property
    def blocks(self) -> list[Block]:
        """The window, and with a kernel its weights and the products."""
        if self.turned is not None:
            return [Block("kernel as given", self.turned[0]), Block("rotated by 180 degrees", self.turned[1])]
        plane, marked = self.plane, self.plane.marked(self.products)
        blocks = [Block("window", plane.window, marked, plane.trace.padded)]
        if plane.kernel is not None:
            products, whole = plane.products(self.products), plane.products(plane.window.size)
            blocks.append(Block(f"x kernel {plane.name}".rstrip(), plane.kernel, marked))
            blocks.append(Block("= products", products, marked, whole=whole))
        return blocks

    @property
    def lines(self) -> list[str]:
        """The sum so far, and at the end of a step what becomes of it."""
        if self.turned is not None:
            return []
        ends = self.plane is self.step.planes[-1] and self.products == self.plane.window.size
        return [self.plane.words(self.products), *([self.step.ending] if ends and self.step.ending else [])]


def planned(sliding: Sliding, at: Place | None, notes: list[str]) -> Animation:
    """Choose what is shown, from the output pixel `at` on; what is left out is noted."""
    planes = sliding.pixels[None] if sliding.pixels.ndim == 2 else np.moveaxis(sliding.pixels, 2, 0)
    made = sliding.window.output_size(sliding.pixels.shape, ceil=sliding.ceil)
    start = output_pixel((0, 0) if at is None else at, made)
    small = max(made) <= MOST_CELLS
    cells, step = small or at is not None, cache(sliding.step)
    shown = (min(NEAR, made[0]), min(NEAR, made[1])) if cells and not small else made
    first = min(start[0], made[0] - shown[0]), min(start[1], made[1] - shown[1])
    rows, columns = (range(begin, begin + count) for begin, count in zip(first, shown, strict=True))
    most = MOST_STEPS // len(step(start).planes)
    across = list(columns) if cells else _spread(columns, max(int(most**0.5), most // len(rows)))
    down = _spread(range(start[0], rows.stop), most // len(across))
    steps = [step((row, column)) for row in down for column in across if (row, column) >= start]
    if not small or len(down) < rows.stop - start[0]:
        more = "" if cells else "; --at R,C shows those from there on in numbers"
        notes.append(f"{len(steps)} of {made[0] * made[1]} windows are shown{more}")
    if not cells:
        words = f"input, {size(planes.shape[1:])}", f"result, {size(made)}"
        return Animation(sliding, False, list(planes), (0, 0), sliding.whole(), first, steps, *words)
    result = np.array([[step((row, column)).value for column in columns] for row in rows])
    ends = [step((rows[end], columns[end])).planes for end in (0, -1)]
    traces = [plane.trace for planes_ in ends for plane in planes_]
    areas = [_area([trace.rows for trace in traces], small), _area([t.columns for t in traces], small)]
    shows = [
        _sources(axis, sliding, area)
        for axis, area in zip((traces[0].rows, traces[0].columns), areas, strict=True)
    ]
    inputs = planes[:, shows[0][:, None], shows[1]].astype(np.float64)
    inputs[:, np.logical_or.outer(shows[0] == CONSTANT, shows[1] == CONSTANT)] = sliding.constant
    padded = "padded input" if np.any(sliding.window.padding) else "input"
    words = f"{padded}, {_part(areas, small)}", f"result, {_part((rows, columns), small)}"
    return Animation(
        sliding, True, list(inputs), (areas[0].start, areas[1].start), result, first, steps, *words
    )


def _spread(places: range, most: int) -> list[int]:
    """Return all places, or `most` of them that are evenly spread."""
    count = min(len(places), max(1, most))
    return [places[index] for index in np.linspace(0, len(places) - 1, count).round().astype(int)]


def _area(traces: Sequence[AxisTrace], whole: bool) -> range:
    """Return the places along an axis that windows read; of the `whole` picture, all that are padded too."""
    first, last = min(trace.span[0] for trace in traces), max(trace.span[1] for trace in traces)
    low, high = (traces[0].axis.low, traces[0].axis.high) if whole else (-first, last + 1 - traces[0].size)
    return range(min(first, -low), max(last, traces[0].size + high - 1) + 1)


def _sources(trace: AxisTrace, sliding: Sliding, area: range) -> NDArray[np.intp]:
    """Return the pixel that each place of an area shows; beyond the padding there is none."""
    shown = sources(trace.size, trace.axis.low, trace.axis.high, sliding.window.mode)
    beyond = max(0, area.stop - trace.size - trace.axis.high)
    shown = np.pad(shown, (0, beyond), constant_values=CONSTANT)
    return shown[area.start + trace.axis.low : area.stop + trace.axis.low]


def _part(areas: Sequence[range], whole: bool) -> str:
    if whole:
        return size([len(area) for area in areas])
    rows, columns = areas
    return f"rows {rows[0]} to {rows[-1]}, columns {columns[0]} to {columns[-1]}"


def moments(found: Animation) -> Iterator[Moment]:
    """Yield the frames: sums are built up term by term, of all windows where that takes few frames."""
    first, last = found.steps[0], found.steps[-1]
    terms = 0 if first.planes[0].kernel is None else sum(plane.window.size for plane in first.planes)
    all_built = terms <= WRITTEN_OUT and terms * len(found.steps) <= MOST_FRAMES

    def before(step: Step) -> int:
        return (step.at[0] - found.first[0]) * len(found.result[0]) + step.at[1] - found.first[1]

    done = before(first)
    if found.sliding.turned is not None:
        yield Moment(first, first.planes[0], 0, done, TURNED, found.sliding.turned)
    for step in found.steps:
        for plane in step.planes:
            if 0 < terms <= BUILT_UP and (all_built or step is first):
                for count in range(1, plane.window.size):
                    yield Moment(step, plane, count, done, TERM)
            ends = plane is step.planes[-1]
            done = before(step) + 1 if ends else done
            yield Moment(step, plane, plane.window.size, done, END if ends and step is last else WINDOW)
