"""Which rows of a picture a band of results is made of."""

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

from convcli.choices import PadMode
from convcli.engine.pad import sources
from convcli.engine.window import Window

__all__ = ["Read", "is_centred", "rows_needed"]


class Read(NamedTuple):
    """The rows of a picture that are read; below 0, and beyond its end, those of the other end are meant."""

    first: int  # a multiple of the stride
    end: int


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
