"""Unfolding: the windows of a block of outputs as a matrix, without copying each pixel ``kh`` times.

Each input row of a block is stored once for every kernel column, shifted by it and already strided, so that
the windows of one output row are a matrix ``kh*kw x W'`` that lies in memory as it is, as in
:mod:`convcli.engine.layers.im2col`.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

import numpy as np

from convcli.engine.arrays import Array, Floats
from convcli.engine.blas import one_thread
from convcli.engine.fitting.data import Plane
from convcli.engine.pad import read_padded, sources
from convcli.engine.threads import Scratch, run
from convcli.engine.tiles import Piece, even_cuts
from convcli.engine.window import Window

__all__ = ["MAX_BANDS", "blocks", "map_bands", "predict", "unfold"]

T = TypeVar("T")

# Float64 samples of a block's shifted rows, at most: 2 MiB. With more the matrix products are slower, with
# fewer the unfolding (measured).
BLOCK_SAMPLES = 1 << 18

# Columns of a block, at most: matrix products of more are no faster (measured).
BLOCK_COLUMNS = 512

# Bands that the pictures are cut into, at most; each has its own sums, so that results do not depend on the
# number of threads.
MAX_BANDS = 32


def map_bands(
    planes: Sequence[Plane],
    max_bands: int,
    compute: Callable[[Plane, tuple[int, int], Scratch], T],
    threads: int,
) -> list[tuple[int, T]]:
    """Apply `compute` to bands of output rows, in threads; return (index of plane, result) in order.

    The bands depend on the shapes of the targets alone.
    """
    rows = max(1, -(-sum(len(plane.target) for plane in planes) // max_bands))
    bands = [
        (index, band)
        for index, plane in enumerate(planes)
        for band in pairwise(even_cuts(len(plane.target), rows))
    ]
    results: dict[int, T] = {}

    def work(at: int, scratch: Scratch) -> None:
        index, band = bands[at]
        results[at] = compute(planes[index], band, scratch)

    with one_thread():
        run(work, range(len(bands)), threads)
    return [(index, results[at]) for at, (index, _) in enumerate(bands)]


def blocks(window: Window, area: Piece) -> Iterator[Piece]:
    """Cut an area of outputs into blocks whose shifted rows fit into the cache."""
    columns = even_cuts(area.columns, BLOCK_COLUMNS)
    widest = max(right - left for left, right in pairwise(columns))
    kh, kw = window.size
    rows = max(1, (BLOCK_SAMPLES // (kw * widest) - kh) // window.stride[0] + 1, -(-kh // 4))
    for y in range(area.y0, area.y1, rows):
        for left, right in pairwise(columns):
            yield Piece(y, min(y + rows, area.y1), area.x0 + left, area.x0 + right)


def unfold(image: Array, window: Window, shift: float, block: Piece, scratch: Scratch) -> Floats:
    """Return the windows of a block, minus `shift`: a (rows, taps, columns) view; 0 past the last row."""
    (kh, kw), (sy, sx), (vertical, horizontal) = window.size, window.stride, window.axes
    (top, bottom), (left, right) = vertical.reads(block.y0, block.y1), horizontal.reads(block.x0, block.x1)
    down, along = (
        sources(n, *pair, window.mode) for n, pair in zip(image.shape, window.padding, strict=True)
    )
    work = np.dtype(np.float64)
    padded = scratch("padded", (bottom - top, right - left), work)
    there = max(0, min(bottom, len(down)) - top)
    area = Piece(top, top + there, left, right)
    read_padded(image, window.padding, (down, along), window.constant, area, padded[:there])
    padded[:there] -= shift
    padded[there:] = 0
    shifted = scratch("shifted", (bottom - top, kw, block.columns), work)
    size = work.itemsize
    shifted[...] = np.ndarray(shifted.shape, work, padded, 0, ((right - left) * size, size, sx * size))
    below = kw * block.columns * size
    shape = (block.rows, kh * kw, block.columns)
    return np.ndarray(shape, work, shifted, 0, (sy * below, block.columns * size, size))


def predict(image: Array, window: Window, weights: Floats, area: Piece, scratch: Scratch) -> Floats:
    """Return ``sum x w`` over the windows of an area of outputs, in float64."""
    result = np.empty((area.rows, area.columns))
    for block in blocks(window, area):
        windows = unfold(image, window, 0.0, block, scratch)
        into = result[block.y0 - area.y0 : block.y1 - area.y0, block.x0 - area.x0 : block.x1 - area.x0]
        into[...] = np.matmul(weights.ravel(), windows)
    return result
