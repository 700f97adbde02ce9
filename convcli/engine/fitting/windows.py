"""Windows of a picture as matrices, a block of results at a time; they are never copied ``kh`` times.

Each input row of a block is stored once for every kernel column, shifted by it and already strided, so that
the windows of one output row are a matrix ``kh*kw x W'`` that lies in memory as it is, as in
:mod:`convcli.engine.layers.im2col`.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from convcli.choices import PadMode
from convcli.engine.arrays import Array, Floats
from convcli.engine.fitting.data import Frame, Plane
from convcli.engine.pad import read_padded, sources
from convcli.engine.threads import Scratch
from convcli.engine.tiles import Piece, even_cuts

__all__ = ["BANDS", "blocks", "cut_bands", "predict", "unfold"]

STRIP = 1 << 18
"""Numbers of shifted rows held at a time: of more the sums slow down, of fewer the unfolding."""

WIDEST = 512
"""Columns of a block: as many fill a matrix product."""

BANDS = 32
"""Bands that the pictures are cut into at most: each has sums of its own, so that threads change nothing."""


def cut_bands(planes: Sequence[Plane], most: int) -> list[tuple[int, int, int]]:
    """Cut the planes into bands of rows; the cuts depend on the shapes alone."""
    rows = sum(len(plane.target) for plane in planes)
    high = max(1, -(-rows // most))
    return [
        (which, y0, y1)
        for which, plane in enumerate(planes)
        for y0, y1 in pairwise(even_cuts(len(plane.target), high))
    ]


def blocks(frame: Frame, area: Piece) -> Iterator[Piece]:
    """Cut an area of results into blocks whose shifted rows fit into the cache."""
    columns = even_cuts(area.columns, WIDEST)
    widest = max(right - left for left, right in pairwise(columns))
    kh, kw = frame.size
    high = max(1, (STRIP // (kw * widest) - kh) // frame.stride[0] + 1, -(-kh // 4))
    for y in range(area.y0, area.y1, high):
        for left, right in pairwise(columns):
            yield Piece(y, min(y + high, area.y1), area.x0 + left, area.x0 + right)


def unfold(image: Array, frame: Frame, shift: float, block: Piece, scratch: Scratch) -> Floats:
    """Return the windows of a block, less `shift`: a (rows, taps, columns) view; 0 beyond the last row."""
    (kh, kw), (sy, sx) = frame.size, frame.stride
    rows, wide = (block.rows - 1) * sy + kh, (block.columns - 1) * sx + kw
    work = np.dtype(np.float64)
    plain = scratch("plain", (rows, wide), work)
    maps = [sources(n, *side, frame.mode) for n, side in zip(image.shape, frame.sides, strict=True)]
    top, left = block.y0 * sy, block.x0 * sx
    there = max(0, min(rows, len(maps[0]) - top))
    value = frame.value if frame.mode is PadMode.CONSTANT else 0.0
    area = Piece(top, top + there, left, left + wide)
    read_padded(image, frame.sides, (maps[0], maps[1]), value, area, plain[:there])
    plain[:there] -= shift
    plain[there:] = 0
    lines = scratch("lines", (rows, kw, block.columns), work)
    size = work.itemsize
    lines[...] = np.ndarray(lines.shape, work, plain, 0, (wide * size, size, sx * size))
    below = kw * block.columns * size
    shape = (block.rows, kh * kw, block.columns)
    return np.ndarray(shape, work, lines, 0, (sy * below, block.columns * size, size))


def predict(
    image: Array, frame: Frame, weights: Floats, area: Piece, scratch: Scratch | None = None
) -> Floats:
    """Return ``sum x w`` over the windows of an area of results, in float64."""
    scratch = scratch or Scratch()
    result = np.empty((area.rows, area.columns))
    for block in blocks(frame, area):
        windows = unfold(image, frame, 0.0, block, scratch)
        into = result[block.y0 - area.y0 : block.y1 - area.y0, block.x0 - area.x0 : block.x1 - area.x0]
        into[...] = np.matmul(weights.ravel(), windows)
    return result
