"""Dynamic range of an FFT tile: the float type that its transform needs, and windows of zeros alone.

The range is told from a grid of samples, at least two in a row and in a column of each window.
"""

from math import inf, isfinite, sqrt
from typing import Any, NamedTuple

import numpy as np

from convcli.engine.arrays import DOUBLE, SINGLE, Array
from convcli.engine.correlation.task import Task
from convcli.engine.window import Window

__all__ = ["clear_zeros", "scale_of", "type_for"]

# Largest ratio of a tile's root mean square to the largest pixel of a window, by the float type of its
# transform; wider ranges take the next type, then no transform. The error in such a window, relative to its
# largest pixel, is then at most about 1e-4 and 5e-7 (measured). Photographs of 8 bits as floats hardly ever
# exceed 2**7; fill values such as -3e38 exceed 2**29.
WIDEST_RANGE = {SINGLE: 2.0**7, DOUBLE: 2.0**29}

# Largest step of the grid of samples, in rows and columns.
MAX_SAMPLE_STEP = 8

# Tiles whose largest magnitude lies between 1 / UNSCALED_MAX and UNSCALED_MAX need no scaling.
UNSCALED_MAX = 2.0**30


class Scale(NamedTuple):
    """How large the samples of a tile are."""

    largest: float  # magnitude by which the tile is scaled; 1 where it needs no scaling
    level: float  # root mean square of the row of the largest, or `largest` where squares would overflow


def scale_of(tile: Array) -> Scale:
    """Return how large the samples of `tile` are; not finite if one of them is not."""
    squares = float(np.matmul(tile[:, None, :], tile[:, :, None]).max())
    if tile.shape[1] * UNSCALED_MAX**-2 < squares < UNSCALED_MAX**2:
        return Scale(1.0, sqrt(squares / tile.shape[1]))
    peak = float(max(tile.max(), -tile.min()))
    return Scale(peak, peak)


def _sampled(pixels: Array, window: Window) -> Array:
    """Return the magnitude of some pixels: two, at least, in a row and in a column of each window."""
    rows, columns = (_step(span) for span in window.span)
    return np.abs(pixels[::rows, ::columns])


def _step(span: int) -> int:
    return max(1, min((span + 1) // 4, MAX_SAMPLE_STEP))


def _neighbours(samples: Array, window: Window) -> Array:
    """Return the largest of each 2 x 2 neighbouring samples, which lie within some window."""
    if window.span[0] > 2 and len(samples) > 1:
        samples = np.maximum(samples[:-1], samples[1:])
    if window.span[1] > 2 and samples.shape[1] > 1:
        samples = np.maximum(samples[:, :-1], samples[:, 1:])
    return samples


def type_for(tile: Array, scale: Scale, task: Task) -> tuple[np.dtype[Any] | None, bool]:
    """Return the type in which a tile is transformed, and whether windows may read zeros alone.

    The type is None where the range is too large for any. Pixels of 8 and 16 bits are at least 1 or 0: beside
    them, no tile has a range that needs float64.
    """
    if not isfinite(scale.largest):
        return None, False
    largest = _neighbours(_sampled(tile, task.window), task.window)
    quietest = float(largest.min())
    zeros = quietest == 0 or task.window.dilation != (1, 1)
    if task.work == SINGLE and task.image.dtype.kind != "f":
        return SINGLE, zeros
    if quietest == 0:
        quietest = float(largest.min(where=largest > 0, initial=inf))
    kinds = (kind for kind in (task.work, DOUBLE) if scale.level <= quietest * WIDEST_RANGE[kind])
    return next(kinds, None), zeros


def clear_zeros(tile: Array, results: Array, window: Window) -> None:
    """Set `results` to zero where their windows of `tile` read zeros alone."""
    rows, columns = ((span // _step(span), 1) for span in window.span)
    if window.dilation == (1, 1) and _any_seen(_sampled(tile, window) != 0, rows, columns).all():
        return
    taps = zip(window.size, window.dilation, strict=True)
    seen = _any_seen(tile != 0, *taps)[:: window.stride[0], :: window.stride[1]]
    np.copyto(results, 0, where=~seen)


def _any_seen(marks: Array, rows: tuple[int, int], columns: tuple[int, int]) -> Array:
    """Return for each window whether it reads a mark; (taps, dilation) along each axis."""
    for axis, (taps, dilation) in enumerate((rows, columns)):
        seen = np.moveaxis(marks, axis, 0)
        reach = 1
        while reach < taps:
            more = min(reach, taps - reach)
            shift = more * dilation
            seen = seen[:-shift] | seen[shift:]
            reach += more
        marks = np.moveaxis(seen, 0, axis)
    return marks
