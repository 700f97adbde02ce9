"""Feature maps that exist some rows at a time: computed, measured, made pixels while in the cache."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from convcli.choices import RangeMode
from convcli.engine.threads import run, thread_count
from convcli.imaging.pixels import Pixels, to_pixels

__all__ = ["Figures", "LazyRows", "developed", "measured"]

Array = NDArray[Any]

SMALLEST, LARGEST = 1 << 20, 1 << 23
"""Numbers in a band at least, and bytes of its sums at most."""

USUAL = 8
"""Bands within those limits: each costs about a millisecond."""


class LazyRows(NamedTuple):
    """A feature map that is computed when its rows are asked for.

    Attributes
    ----------
    shape
        ``(H', W')`` or ``(H', W', C)``.
    rows
        Returns the numbers of rows ``first`` to ``end``, excluded; called by several threads at once.
    width
        Bytes that each of them takes while it is computed.
    """

    shape: tuple[int, ...]
    rows: Callable[[int, int], Array]
    width: int


class Figures(NamedTuple):
    """The least and the greatest number of a map, their sum, and how many there are."""

    least: float
    greatest: float
    total: float
    size: int


def measured(values: Array) -> Figures:
    """Return the figures of `values`."""
    total = float(values.sum(dtype=np.float64))
    return Figures(float(values.min()), float(values.max()), total, values.size)


def developed(
    values: Array | LazyRows,
    mode: RangeMode,
    *,
    full_in: float,
    target: DTypeLike,
    jobs: int | None,
    details: bool,
) -> tuple[Pixels, list[Figures]]:
    """Turn a map into samples of type `target`, as :func:`to_pixels` does; with `details`, measure it too.

    The bands are cut by the map's shape alone, so that nothing depends on the number of threads.

    Raises
    ------
    OutputError
        As :func:`to_pixels`.
    """
    if not isinstance(values, LazyRows):
        pixels = to_pixels(values, mode, full_in=full_in, target=target)
        return pixels, [measured(values)] if details else []
    height, row = values.shape[0], int(np.prod(values.shape[1:]))
    step = max(1, min(max(height * row // USUAL, SMALLEST), LARGEST // values.width) // row)
    starts = range(0, height, step)
    out = np.empty(values.shape, target)
    clipped, found = dict.fromkeys(starts, 0), dict[int, Figures]()

    def work(start: int, _: object) -> None:
        end = min(start + step, height)
        band = values.rows(start, end)
        if details:
            found[start] = measured(band)
        made = to_pixels(band, mode, full_in=full_in, target=target, out=out[start:end])
        clipped[start] = made.clipped

    run(work, starts, thread_count(jobs))
    return Pixels(out, sum(clipped.values())), [found[start] for start in starts if details]
