"""The FFT method: overlap-save tiles, each transformed, multiplied by the kernel's spectrum and inverted.

A tile of T pixels gives ``T - span + 1`` results without aliasing by circular convolution; tiles overlap by
``span - 1`` pixels. Wide kernels cost hardly more than narrow ones.

A transform spreads the rounding errors of the largest pixels over its whole tile: about ``6e-7 * sum|k|``
times the root mean square of the tile in float32. Tiles whose quietest windows are so small beside it that
this would count are transformed in float64, those beyond its range summed weight by weight; windows that read
zeros alone are set to zero, and sums of products that are not negative are not left below zero.
"""

from functools import cache, lru_cache, partial
from itertools import count
from math import ceil, frexp, inf, isfinite
from typing import Any

import numpy as np

from convcli.engine.arrays import DOUBLE, SINGLE, Array, Floats
from convcli.engine.correlation import direct
from convcli.engine.correlation.strips import load_piece
from convcli.engine.correlation.sweep import store, target
from convcli.engine.correlation.task import Task
from convcli.engine.correlation.tile_range import clear_zeros, scale_of, type_for
from convcli.engine.kernel_cache import keeping
from convcli.engine.threads import Scratch, run
from convcli.engine.tiles import Piece
from convcli.errors import ConvcliError
from convcli.limits import METHOD_WEIGHTS

__all__ = ["TILE", "correlate", "exact_type", "tile_length"]

# Whole sums up to these have an error below 1/2, so that rounding makes them exact: errors are at most 3e-6
# and 1e-14 of the bound ``sum|k| * max|x|``, which makes 0.20 and 0.18.
EXACT_BELOW = {SINGLE: 2.0**16, DOUBLE: 2.0**44}

# Preferred rows and columns of a tile, in pixels: its spectrum stays in the cache, and its rows are long.
TILE = (256, 512)

# Kernels whose spectra are cached.
SPECTRA_KEPT = 4

# Fixed cost of a tile along an axis, in pixels of its length.
TILE_OVERHEAD = 24

# Relative time that each factor of 2, 3 or 5 in a length adds to its transform (NumPy 2.4, 2026-11).
FACTOR_COST = {2: 0.0, 3: 0.025, 5: 0.035}


def correlate(task: Task, threads: int) -> None:
    """Compute `task` tile by tile."""
    (sy, sx), (span_y, span_x) = task.window.stride, task.window.span
    high = tile_length(task.out.shape[0], span_y, sy, TILE[0])
    wide = tile_length(task.out.shape[1], span_x, sx, TILE[1])
    weight_by_weight = cache(lambda: direct.program(task))
    whole = task.bound < inf
    kind = exact_type(task.bound, task.work, task.window.constant) if whole else task.work
    positive = bool((task.kernel >= 0).all())
    spectrum = cache(partial(_spectrum, task.kernel, task.window.dilation, (high, wide)))
    if kind is not None:
        spectrum(kind)  # once, before threads ask for it

    def work(piece: Piece, scratch: Scratch) -> None:
        into, source = target(task, piece, scratch), task.input_of(piece)
        tiles = _input(task, source, scratch)
        scales = [scale_of(tile) for tile in tiles]
        if whole:
            kinds = [(kind if isfinite(scale.largest) else None, False) for scale in scales]
        else:
            kinds = [type_for(tile, scale, task) for tile, scale in zip(tiles, scales, strict=True)]
        if any(used is None for used, _ in kinds):
            # One infinity or NaN would spread over the whole tile.
            what = "picture with values that are not finite, or of too wide a range: the kernel's size"
            METHOD_WEIGHTS.check(task.kernel.size, "replace NaN and infinity", ConvcliError, what=what)
            weight_by_weight()(load_piece(task, piece, scratch), into, scratch)
            store(task, piece, into)
            return
        for channel, (tile, scale, (used, zeros)) in enumerate(zip(tiles, scales, kinds, strict=True)):
            if used != tile.dtype:
                single, tile = tile, scratch("double", tile.shape, DOUBLE)
                np.copyto(tile, single)
            circular = scratch("circular", (source.rows - span_y + 1, wide), tile.dtype)
            _correlate_circularly(tile, spectrum(tile.dtype), scale.largest, circular, scratch)
            unaliased = circular[::sy, : source.columns - span_x + 1 : sx]
            part = into[:, channel :: task.channels]
            if whole:
                np.rint(unaliased, out=part, casting="same_kind")
            elif positive and circular.min() < 0 and tile.min() >= 0:
                np.maximum(unaliased, 0, out=part, casting="same_kind")
            else:
                np.copyto(part, unaliased, casting="same_kind")
            if zeros:
                clear_zeros(tile, part, task.window)
        store(task, piece, into)

    run(work, _tiles(task.whole, (high - span_y) // sy + 1, (wide - span_x) // sx + 1), threads)


def exact_type(bound: float, work: np.dtype[Any], constant: float) -> np.dtype[Any] | None:
    """Return the type of transforms whose sums, rounded, are the exact whole ones; None if there is none.

    `bound` is the largest sum of whole weights over whole pixels, `constant` the padding value.
    """
    if constant != round(constant):
        return None
    return next((kind for kind in (work, DOUBLE) if bound < EXACT_BELOW[kind]), None)


@keeping(SPECTRA_KEPT)
def _spectrum(
    kernel: Floats, dilation: tuple[int, int], lengths: tuple[int, int], kind: np.dtype[Any]
) -> Array:
    """Return the conjugate of the kernel's transform, by which that of a tile of type `kind` is multiplied.

    It is multiplied by the tile's size, by which the tiles' forward transforms divide, see
    :func:`_correlate_circularly`.
    """
    from numpy import fft  # NumPy itself loads it only when asked

    rows, columns = lengths
    spread = np.zeros((len(kernel), (kernel.shape[1] - 1) * dilation[1] + 1))
    spread[:, :: dilation[1]] = kernel
    bins = np.zeros((rows, columns // 2 + 1), np.complex128)
    bins[: (len(kernel) - 1) * dilation[0] + 1 : dilation[0]] = fft.rfft(spread, columns)
    scaled = np.conj(fft.fft(bins, axis=0)) * (rows * columns)
    spectrum: Array = scaled.astype(np.result_type(kind, np.complex64))
    spectrum.flags.writeable = False
    return spectrum


def _input(task: Task, source: Piece, scratch: Scratch) -> Array:
    """Return the padded input rectangle `source`, channels first: of the image itself where possible."""
    inside = task.within_image(source)
    if inside is not None and task.image.dtype == task.work:
        return task.image[inside].transpose(2, 0, 1)
    tiles = scratch("tiles", (task.channels, source.rows, source.columns), task.work)
    task.read(source, tiles.transpose(1, 2, 0))
    return tiles


def _correlate_circularly(tile: Array, spectrum: Array, scale: float, into: Array, scratch: Scratch) -> None:
    """Write the first rows of the circular correlation of `tile`, padded with zeros, to `into`."""
    from numpy import fft  # NumPy itself loads it only when asked

    # Products of very large or very small pixels would overflow or underflow: scale by a power of two.
    exponent = frexp(scale)[1] if scale else 0
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


@lru_cache(maxsize=64)
def tile_length(outputs: int, span: int, stride: int, preferred: int) -> int:
    """Return the tile length along an axis that computes `outputs` in the shortest time."""
    whole = (outputs - 1) * stride + span
    aim = max(preferred, 2 * span)
    shortest = max(span, min(whole, 6 * aim // 10))

    def cost(length: int) -> float:
        return ceil(outputs / ((length - span) // stride + 1)) * (length + TILE_OVERHEAD) * _slowness(length)

    return min((n for n in _smooth_lengths(min(whole, 14 * aim // 10)) if n >= shortest), key=cost)


def _smooth_lengths(limit: int) -> list[int]:
    """Return the even numbers below `limit` without prime factors above 5, and the first one from it on."""
    lengths = []
    for length in count(2, 2):
        if _slowness(length) < inf:
            lengths.append(length)
            if length >= limit:
                break
    return lengths


def _slowness(length: int) -> float:
    """Return the time of a transform per pixel relative to a power of two; infinity if not smooth."""
    slowness, rest = 1.0, length
    for prime, more in FACTOR_COST.items():
        while rest % prime == 0:
            rest //= prime
            slowness += more
    return slowness if rest == 1 else inf


def _tiles(whole: Piece, rows: int, columns: int) -> list[Piece]:
    return [
        Piece(y, min(y + rows, whole.y1), x, min(x + columns, whole.x1))
        for y in range(whole.y0, whole.y1, rows)
        for x in range(whole.x0, whole.x1, columns)
    ]
