"""The FFT method: overlap-save tiles, each transformed, multiplied and transformed back.

A tile of T pixels holds ``T - span + 1`` results that the transform's wrapping round does not touch; tiles
overlap by the rest. Wide kernels cost hardly more than narrow ones. float32 stays float32.
"""

from itertools import pairwise
from math import ceil, frexp, isfinite
from typing import Any

import numpy as np

from convcli.engine.arrays import Array, Floats, whole_bound
from convcli.engine.correlation import direct
from convcli.engine.correlation.strips import load, read
from convcli.engine.correlation.sweep import store, target
from convcli.engine.correlation.task import Task
from convcli.engine.kernel_cache import keeping
from convcli.engine.threads import Scratch, run
from convcli.engine.tiles import Piece, even_cuts
from convcli.engine.window import extent

__all__ = ["EXACT_BELOW", "PREFERRED", "correlate", "tile_length"]

EXACT_BELOW = {np.dtype(np.float32): 2.0**16, np.dtype(np.float64): 2.0**44}
"""Whole sums up to here are off by less than a half, and so can be rounded to be exact."""

PREFERRED = (256, 512)
"""Rows and columns of a tile: its spectrum stays in the cache, its rows are long enough to be streamed."""

RUN = 8
"""Tiles in a row that one thread computes: all but the last need no memory beside the output."""

USUAL = 2.0**30
"""Magnitudes up to here, and from its inverse on, need no scaling."""

KEPT = 4
"""Kernels whose transforms are kept."""

TILE_START = 24
"""What beginning another tile costs, as numbers of its length."""

THREE, FIVE = 0.025, 0.035
"""How much slower each factor of 3 or 5 in a length makes its transform (NumPy 2.4, 2026-11)."""


def correlate(task: Task, threads: int) -> None:
    """Compute `task` tile by tile."""
    high, wide = (
        tile_length(n, span, stride, preferred)
        for n, span, stride, preferred in zip(
            task.out.shape, task.span, task.window.stride, PREFERRED, strict=False
        )
    )
    kind = np.result_type(task.work, np.complex64)
    spectrum = _spectrum(task.kernel, task.window.dilation, (high, wide), kind)
    whole = whole_bound(task.kernel, task.image.dtype) < EXACT_BELOW[task.work]
    by_taps = direct.core(task)

    def compute(piece: Piece, end: int, into: Array, scratch: Scratch) -> None:
        source = task.input_of(piece)
        tiles = _input(task, source, scratch)
        peaks = [_peak(tile) for tile in tiles]
        if not all(map(isfinite, peaks)):
            # One such pixel would spoil its whole tile.
            by_taps(load(task, piece, scratch), into, scratch)
            return
        shape = (source.rows - task.span[0] + 1, wide)
        room = _room(task, piece, wide, end)
        for channel, (tile, peak) in enumerate(zip(tiles, peaks, strict=True)):
            sums = scratch("circular", shape, task.work) if room is None else room
            _correlate(tile, spectrum, peak, sums, scratch)
            part = into[:, channel :: task.channels]
            sums = sums[:: task.window.stride[0], : source.columns - task.span[1] + 1 : task.window.stride[1]]
            if whole:
                np.rint(sums, out=part)
            elif room is None:
                np.copyto(part, sums)

    def work(side_by_side: list[Piece], scratch: Scratch) -> None:
        for piece in side_by_side:
            into = target(task, piece, scratch)
            compute(piece, side_by_side[-1].x1, into, scratch)
            store(task, piece, into)

    run(work, _runs(task, (high, wide)), threads)


@keeping(KEPT)
def _spectrum(
    kernel: Floats, dilation: tuple[int, int], lengths: tuple[int, int], kind: np.dtype[Any]
) -> Array:
    """Return the conjugate of the kernel's transform, which multiplies the transform of a tile.

    The forward transforms of tiles divide by the tile's size, see :func:`_correlate`; it is given back here.
    """
    from numpy import fft

    rows, columns = lengths
    spread = np.zeros((len(kernel), extent(kernel.shape[1], dilation[1])))
    spread[:, :: dilation[1]] = kernel
    bins = np.zeros((rows, columns // 2 + 1), np.complex128)
    bins[: extent(len(kernel), dilation[0]) : dilation[0]] = fft.rfft(spread, columns)
    spectrum: Array = (np.conj(fft.fft(bins, axis=0)) * (rows * columns)).astype(kind)
    spectrum.flags.writeable = False
    return spectrum


def _input(task: Task, source: Piece, scratch: Scratch) -> Array:
    """Return the padded input rectangle `source`, channels first: of the image itself where possible."""
    (top, _), (left, _) = task.window.padding
    y, x = source.y0 - top, source.x0 - left
    height, width, channels = task.image.shape
    inside = min(x, y) >= 0 and y + source.rows <= height and x + source.columns <= width
    if inside and task.image.dtype == task.work:
        return task.image[y : y + source.rows, x : x + source.columns].transpose(2, 0, 1)
    tiles = scratch("tiles", (channels, source.rows, source.columns), task.work)
    read(task, source, tiles.transpose(1, 2, 0))
    return tiles


def _peak(tile: Array) -> float:
    """Return the largest magnitude in `tile`, or 1 where that is surely neither very large nor very small."""
    squares = float(np.matmul(tile[:, None, :], tile[:, :, None]).max())
    if tile.shape[1] * USUAL**-2 < squares < USUAL**2:
        return 1.0
    return float(max(tile.max(), -tile.min()))


def _room(task: Task, piece: Piece, length: int, end: int) -> Array | None:
    """Return where the output has room for whole rows of the circular correlation of the tile of `piece`.

    What the wrapping round has touched, to the right of `piece`, must lie before `end`: tiles that follow
    overwrite it.
    """
    out, (rows, columns) = task.out_rows, task.place(piece)
    if out is None or task.channels > 1 or task.window.stride != (1, 1) or columns.start + length > end:
        return None
    return out[rows, columns.start : columns.start + length]


def _correlate(tile: Array, spectrum: Array, peak: float, into: Array, scratch: Scratch) -> None:
    """Write the first rows of the circular correlation of `tile`, filled up with zeros, to `into`."""
    from numpy import fft

    # Products of very large or very small numbers would leave the range of the type on the way.
    exponent = frexp(peak)[1] if peak else 0
    scaled = abs(exponent) > (32 if tile.dtype == np.float32 else 256)
    if scaled:
        tile = np.ldexp(tile, -exponent)
    rows, length = len(tile), into.shape[1]
    bins = scratch("bins", spectrum.shape, spectrum.dtype)
    bins[rows:] = 0
    # norm="forward" is essential: the default's scale is a Python integer, for which NumPy picks the loop
    # of doubles and converts back and forth, 2 to 9 times slower.
    fft.rfft(tile, n=length, axis=1, norm="forward", out=bins[:rows])
    fft.fft(bins, axis=0, norm="forward", out=bins)
    np.multiply(bins, spectrum, out=bins)
    fft.ifft(bins, axis=0, out=bins)
    fft.irfft(bins[: len(into)], n=length, axis=1, out=into)
    if scaled:
        np.ldexp(into, exponent, out=into)


def tile_length(count: int, span: int, stride: int, preferred: int) -> int:
    """Return the length of the tiles that give `count` outputs along an axis for the least work."""
    whole = (count - 1) * stride + span
    aim = max(preferred, 2 * span)
    least = max(span, min(whole, 6 * aim // 10))

    def cost(length: int) -> float:
        outputs = (length - span) // stride + 1
        return ceil(count / outputs) * (length + TILE_START) * _slowness(length)

    return min((n for n in _smooth(min(whole, 14 * aim // 10)) if n >= least), key=cost)


def _slowness(length: int) -> float:
    """Return the time of a transform per number, beside that of a power of two."""
    return 1 + THREE * _times(length, 3) + FIVE * _times(length, 5)


def _times(number: int, prime: int) -> int:
    count = 0
    while number % prime == 0:
        number //= prime
        count += 1
    return count


def _smooth(most: int) -> list[int]:
    """Return the even numbers up to `most` without prime factors above 5, and the first one beyond."""
    numbers = [2]
    while numbers[-1] < most:
        numbers.append(_next_smooth(numbers[-1] + 2))
    return numbers


def _next_smooth(number: int) -> int:
    while True:
        rest = number
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return number
        number += 2


def _runs(task: Task, lengths: tuple[int, int]) -> list[list[Piece]]:
    """Return the outputs of the tiles, some that lie side by side together, to be computed left to right."""
    y0, y1, x0, x1 = task.whole
    rows, columns = (
        (length - span) // stride + 1
        for length, span, stride in zip(lengths, task.span, task.window.stride, strict=True)
    )
    starts = range(x0, x1, columns)
    return [
        [Piece(y, min(y + rows, y1), x, min(x + columns, x1)) for x in starts[first:last]]
        for y in range(y0, y1, rows)
        for first, last in pairwise(even_cuts(len(starts), RUN))
    ]
