"""Which rows of a picture a band of results is made of."""

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

from convcli.choices import PadMode
from convcli.engine.pad import sources
from convcli.engine.window import Window

__all__ = ["Plan", "is_centred", "rows_needed"]

# Samples of the input that a band takes: some 8 MiB of float32 for each array that an operation makes.
BAND = 1 << 21
# Samples that one band may need: more come of windows nearly as high as the picture.
MOST = 1 << 26


class Read(NamedTuple):
    """The rows of a picture that are read; below 0, and beyond its end, those of the other end are meant."""

    first: int  # a multiple of the stride
    end: int


class Plan:
    """The rows of the results that each band makes, and those of the picture that it reads.

    Attributes
    ----------
    stages
        Of each result, as :meth:`Operation.stages` has them.
    size : (rows, columns)
        Of the picture, whose pixels have so many `channels`.
    sizes
        Of the results.
    ranges
        Rows that the bands make of each result: the first, and the one after the last.
    """

    def __init__(
        self,
        stages: Sequence[Sequence[Sequence[Window]]],
        size: tuple[int, int],
        channels: int,
        *,
        what: str,
        ceil: bool,
    ) -> None:
        self.stages, self.size, self._row = stages, size, size[1] * channels
        self.stride = prod(windows[0].stride[0] for windows in stages[0])
        self.sizes = list[tuple[int, int]]()
        for of_result in stages:
            made = size
            for windows in of_result:
                made = windows[0].output_size(made, ceil=ceil, what=what)
            self.sizes.append(made)
        # a band reads fewer rows around its own than there are within
        reach = sum(window.span[0] for of_result in stages for windows in of_result for window in windows)
        rows, last = max(1, max(BAND // self._row, reach) // self.stride), max(rows for rows, _ in self.sizes)
        self.ranges = [(first, min(first + rows, last)) for first in range(0, last, rows)]

    @property
    def pays(self) -> bool:
        """Whether each band reads a part of the picture only."""
        reads = [read for wanted in self.ranges for read in self.reads(wanted)]
        most = max(MOST, 8 * BAND)
        return all(read is not None and (read.end - read.first) * self._row <= most for read in reads)

    def reads(self, wanted: tuple[int, int]) -> list[Read | None]:
        """Return what is read for these rows of each result, or for its last where it has none of them."""
        return [
            rows_needed(stages, self.size[0], (min(wanted[0], rows - 1), min(wanted[1], rows)))
            for stages, (rows, _) in zip(self.stages, self.sizes, strict=True)
        ]


def rows_needed(stages: Sequence[Sequence[Window]], height: int, wanted: tuple[int, int]) -> Read | None:
    """Return the rows of a picture of `height` that rows `wanted` of a result need.

    Each of the `stages` slides its windows, whose results are of one size, over the result of the one before.
    They begin and end as the picture does, but for a multiple of the stride, so that windows lie alike. None
    stands for all: what a later stage wraps is no part of the picture.
    """
    heights = [height]
    for windows in stages[:-1]:
        heights.append(windows[0].axes[0].output_size(heights[-1]))
    first, end = wanted
    at_top = at_bottom = False
    for windows, rows in zip(reversed(stages), reversed(heights), strict=True):
        needed = [_needed(window, rows, (first, end), alone=len(stages) == 1) for window in windows]
        found = [one for one in needed if one is not None]
        if len(found) < len(needed):
            return None
        first, end = min(one[0] for one in found), max(one[1] for one in found)
        at_top = at_top or any(one[2] for one in found)
        at_bottom = at_bottom or any(one[3] for one in found)
    stride = prod(windows[0].stride[0] for windows in stages)
    first = 0 if at_top else first // stride * stride
    return Read(first, height if at_bottom else end + (height - end) % stride)


def is_centred(window: Window, height: int) -> bool:
    """Whether the centres of all windows lie on a picture of `height`, and none on its padding."""
    axis = window.axes[0]
    centre = (axis.span - 1) // 2 - axis.low
    return centre >= 0 and (axis.output_size(height) - 1) * axis.stride + centre < height


def _needed(
    window: Window, height: int, wanted: tuple[int, int], *, alone: bool
) -> tuple[int, int, bool, bool] | None:
    """Return the rows that a window reads, and whether it reads padding at the top and at the bottom."""
    axis = window.axes[0]
    first, end = axis.reads(*wanted)
    beyond = end - axis.low - height - axis.high  # rows that a size that is rounded up reads of nothing
    end = min(end, axis.low + height + axis.high)
    top, bottom = first < axis.low, end > axis.low + height
    if window.mode is PadMode.WRAP and (top or bottom):
        return (first - axis.low, end - axis.low, False, False) if alone and beyond <= 0 else None
    if axis.low - first >= height or end - axis.low >= 2 * height:  # reflected more than once
        return 0, height, True, True
    read = sources(height, axis.low, axis.high, window.mode)[first:end]
    read = read[read >= 0]
    if not read.size:  # padding alone, of a value
        edge = 0 if top else height - 1
        return edge, edge + 1, top, bottom
    return int(read.min()), int(read.max()) + 1, top, bottom
