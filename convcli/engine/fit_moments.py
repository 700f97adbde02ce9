"""Sums over all windows of a picture, in strips: what least squares needs, and what its answer leaves.

The matrix A of windows, one row a pixel and one column a weight, never exists. Of a strip, each input row is
stored once for every kernel column, shifted by it, so that the windows of one output row are a matrix
``kh*kw x W'`` that lies in memory as it is (as in :mod:`convcli.engine.gemm`'s neighbour for layers).
With rows one apart, ``A^T A`` is made of products of input rows that are ``d`` apart,

    C[r, d, j, q] = sum_n x[r, n + j] x[r + d, n + q],    A^T A[(i, j), (i + d, q)] = sum_m C[m + i, d, j, q],

so that ``kw * kh*kw`` products per pixel suffice where the plain ``A^T A`` takes the square of ``kh*kw``: one
sum over ``m`` is made for ``i = 0``, the others follow from it by the rows at the top and bottom alone. Any
border is exact, since the rows are padded ones. Values that are left out are taken away again, window by
window; where most are, the others are added up, window by window.

References
----------
Golub and Van Loan, Matrix Computations, 4th edition, 2013, section 5.3 (normal equations). Marple, Digital
Spectral Analysis, 1987, section 8.5 (the covariance method: lag products with corrections at the ends).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from convcli.engine.arrays import Array, Floats
from convcli.engine.blas import one_thread
from convcli.engine.fit_data import Frame, Plane
from convcli.engine.pad import sources
from convcli.engine.strips import even_cuts, read_padded
from convcli.engine.task import Piece
from convcli.engine.threads import Scratch, run
from convcli.vocab import PadMode

__all__ = ["Centre", "Moments", "Residuals", "measure", "predict", "sum_moments"]

STRIP = 1 << 17
"""Numbers of shifted rows held at a time: more leave the cache."""

WIDEST = 512
"""Columns of a block: as many fill a matrix product."""

BANDS = 32
"""Bands that the pictures are cut into at most: each has sums of its own, so that threads change nothing."""

ROOM = 1 << 25
"""Numbers of sums over windows held at a time, by all bands."""


class Centre(NamedTuple):
    """What is taken from pixels and targets before they are multiplied, so that sums lose no digits."""

    image: float = 0.0
    target: float = 0.0

    @classmethod
    def of(cls, planes: Sequence[Plane]) -> "Centre":
        """Return the means over all planes."""
        means = []
        for which in (0, 1):
            total = sum(float(np.sum(plane[which], dtype=np.float64)) for plane in planes)
            means.append(total / sum(plane[which].size for plane in planes))
        return cls(*means)


@dataclass(frozen=True)
class Moments:
    """Sums over windows x and targets y, less their centres: the normal equations.

    Attributes
    ----------
    count : int
        Windows.
    gram : (taps, taps) array
        ``sum x x^T``.
    cross, sums : (taps,) arrays
        ``sum x y`` and ``sum x``.
    total, square : float
        ``sum y`` and ``sum y^2``.
    centre : Centre
    """

    count: int
    gram: Floats
    cross: Floats
    sums: Floats
    total: float
    square: float
    centre: Centre

    def take(self, taps: Array) -> "Moments":
        """Return the moments of some of the weights alone."""
        gram = self.gram[np.ix_(taps, taps)]
        return Moments(
            self.count, gram, self.cross[taps], self.sums[taps], self.total, self.square, self.centre
        )

    @property
    def variation(self) -> float:
        """Sum of the squares of y about its mean; what is but rounding counts as zero."""
        spread = self.square - self.total**2 / max(1, self.count)
        largest = abs(self.centre.target) + (self.square / max(1, self.count)) ** 0.5
        return spread if spread > self.count * (64 * np.finfo(float).eps * largest) ** 2 else 0.0


class Residuals(NamedTuple):
    """What a kernel leaves of the targets.

    Attributes
    ----------
    count, total, square, worst
        Of the fitted values: how many, the residuals' sum, their sum of squares and largest magnitude.
    slope : (taps,) array
        ``sum x r`` over windows x and residuals r.
    held, held_square
        Values held out, and the sum of their squared residuals.
    held_total, held_spread
        ``sum y`` and ``sum y^2`` of them, less the centre.
    """

    count: int
    total: float
    square: float
    worst: float
    slope: Floats
    held: int = 0
    held_square: float = 0.0
    held_total: float = 0.0
    held_spread: float = 0.0

    def plus(self, other: "Residuals") -> "Residuals":
        """Return both together."""
        both = Residuals(*(mine + its for mine, its in zip(self, other, strict=True)))
        return both._replace(worst=max(self.worst, other.worst))


def sum_moments(planes: Sequence[Plane], frame: Frame, centre: Centre, threads: int) -> Moments:
    """Return the moments of all windows of `planes` whose targets are to be fitted."""
    kw, taps = frame.size[1], frame.taps
    gram, lags = np.zeros((taps, taps)), [np.zeros((kw + 2, taps)) for _ in planes]
    edge = np.zeros((2, taps))
    count, total, square = 0, 0.0, 0.0
    bands = _bands(planes, max(1, ROOM // (taps * taps)))
    slots: list[_Sums | None] = [None] * len(bands)

    def work(at: int, scratch: Scratch) -> None:
        which, y0, y1 = bands[at]
        slots[at] = _band(planes[which], frame, centre, (y0, y1), scratch)

    with one_thread():
        run(work, range(len(bands)), threads)
        for (which, _, _), found in zip(bands, slots, strict=True):
            assert found is not None
            if found.lags is not None:
                lags[which] += found.lags
            if found.gram is not None:
                gram += found.gram
                edge += found.edge
        for plane, lag in zip(planes, lags, strict=True):
            target = _targets(plane, centre)
            count, total, square = count + target.size, total + target.sum(), square + target @ target
            if _is_structured(plane, frame):
                gram += _expand(plane, frame, centre, lag[:kw])
                edge += lag[kw:]
    return Moments(count, gram, edge[0], edge[1], float(total), float(square), centre)


class _Sums(NamedTuple):
    """Of one band: the lag products with the two rows below them, and what is added window by window."""

    lags: Floats | None
    gram: Floats | None
    edge: Floats


def _is_structured(plane: Plane, frame: Frame) -> bool:
    """Whether lag products pay: rows one apart, and most of the targets fitted."""
    return frame.stride[0] == 1 and 2 * plane.samples > plane.target.size


def _bands(planes: Sequence[Plane], most: int) -> list[tuple[int, int, int]]:
    """Cut the planes into bands of rows; the cuts depend on the shapes alone."""
    rows = sum(len(plane.target) for plane in planes)
    high = max(1, -(-rows // min(BANDS, most)))
    return [
        (which, y0, y1)
        for which, plane in enumerate(planes)
        for y0, y1 in pairwise(even_cuts(len(plane.target), high))
    ]


def _targets(plane: Plane, centre: Centre) -> Floats:
    target = plane.target.ravel() if plane.keep is None else plane.target[plane.keep]
    return target.astype(np.float64) - centre.target


def _blocks(frame: Frame, area: Piece) -> Iterator[Piece]:
    """Cut an area of results into blocks whose shifted rows fit into the cache."""
    columns = even_cuts(area.columns, WIDEST)
    widest = max(right - left for left, right in pairwise(columns))
    kh, kw = frame.size
    high = max(1, (STRIP // (kw * widest) - kh) // frame.stride[0] + 1, -(-kh // 4))
    for y in range(area.y0, area.y1, high):
        for left, right in pairwise(columns):
            yield Piece(y, min(y + high, area.y1), area.x0 + left, area.x0 + right)


def _unfold(image: Array, frame: Frame, shift: float, block: Piece, scratch: Scratch) -> Floats:
    """Return the windows of a block, less `shift`: a (rows, taps, columns) view. Rows beyond the end are 0."""
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


def _band(plane: Plane, frame: Frame, centre: Centre, rows: tuple[int, int], scratch: Scratch) -> _Sums:
    kw, taps = frame.size[1], frame.taps
    structured = _is_structured(plane, frame)
    lags = np.zeros((kw + 2, taps)) if structured else None
    gram = None if structured and plane.keep is None else np.zeros((taps, taps))
    edge = np.zeros((2, taps))
    for block in _blocks(frame, Piece(*rows, 0, plane.target.shape[1])):
        windows = _unfold(plane.image, frame, centre.image, block, scratch)
        area = (slice(block.y0, block.y1), slice(block.x0, block.x1))
        target = plane.target[area].astype(np.float64) - centre.target
        if lags is not None:
            left = scratch("left", (block.rows, kw + 2, block.columns), np.dtype(np.float64))
            left[:, :kw], left[:, kw], left[:, kw + 1] = windows[:, :kw], target, 1
            lags += np.matmul(left, windows.transpose(0, 2, 1)).sum(0)
        if gram is not None:
            keep = np.True_ if plane.keep is None else plane.keep[area]
            chosen = np.broadcast_to(keep != structured, target.shape)
            some = windows.transpose(1, 0, 2)[:, chosen]
            sign = -1.0 if structured else 1.0
            gram += sign * (some @ some.T)
            edge += sign * np.stack([some @ target[chosen], some.sum(1)])
    return _Sums(lags, gram, edge)


def _expand(plane: Plane, frame: Frame, centre: Centre, lags: Floats) -> Floats:
    """Return ``sum x x^T`` from its rows of ``i = 0``."""
    kh, kw = frame.size
    gram = np.empty((kh, kw, kh, kw))
    part = lags.reshape(kw, kh, kw)
    scratch = Scratch()
    for i in range(kh):
        gram[i, :, i:] = part[:, : kh - i]
        gram[i:, :, i] = part[:, : kh - i].transpose(1, 2, 0)
        if i + 1 < kh:
            enters = _row(plane, frame, centre, len(plane.target) + i, scratch)
            part = part + enters - _row(plane, frame, centre, i, scratch)
    return gram.reshape(kh * kw, kh * kw)


def _row(plane: Plane, frame: Frame, centre: Centre, row: int, scratch: Scratch) -> Floats:
    """Return the lag products of one padded input row with itself and those below."""
    kh, kw = frame.size
    found = np.zeros((kw, kh * kw))
    for block in _blocks(frame, Piece(row, row + 1, 0, plane.target.shape[1])):
        windows = _unfold(plane.image, frame, centre.image, block, scratch)[0]
        found += windows[:kw] @ windows.T
    return found.reshape(kw, kh, kw)


def predict(
    image: Array, frame: Frame, weights: Floats, area: Piece, scratch: Scratch | None = None
) -> Floats:
    """Return ``sum x w`` over the windows of an area of results, in float64."""
    scratch = scratch or Scratch()
    result = np.empty((area.rows, area.columns))
    for block in _blocks(frame, area):
        windows = _unfold(image, frame, 0.0, block, scratch)
        into = result[block.y0 - area.y0 : block.y1 - area.y0, block.x0 - area.x0 : block.x1 - area.x0]
        into[...] = np.matmul(weights.ravel(), windows)
    return result


def measure(
    planes: Sequence[Plane], frame: Frame, centre: Centre, weights: Floats, bias: float, threads: int
) -> Residuals:
    """Return what the kernel `weights` and `bias`, of centred pixels and targets, leave of the targets."""
    bands = _bands(planes, BANDS)
    slots: list[Residuals | None] = [None] * len(bands)

    def work(at: int, scratch: Scratch) -> None:
        which, y0, y1 = bands[at]
        slots[at] = _measure(planes[which], frame, centre, weights, bias, (y0, y1), scratch)

    with one_thread():
        run(work, range(len(bands)), threads)
    return reduce(Residuals.plus, [slot for slot in slots if slot is not None])


def _measure(
    plane: Plane,
    frame: Frame,
    centre: Centre,
    weights: Floats,
    bias: float,
    rows: tuple[int, int],
    scratch: Scratch,
) -> Residuals:
    found = Residuals(0, 0.0, 0.0, 0.0, np.zeros(frame.taps))
    for block in _blocks(frame, Piece(*rows, 0, plane.target.shape[1])):
        windows = _unfold(plane.image, frame, centre.image, block, scratch)
        area = (slice(block.y0, block.y1), slice(block.x0, block.x1))
        target = plane.target[area].astype(np.float64) - centre.target
        left = target - bias - np.matmul(weights, windows)
        count = left.size
        if plane.held is not None:
            out, of = left[plane.held[area]], target[plane.held[area]]
            held = Residuals(
                0, 0.0, 0.0, 0.0, 0 * found.slope, out.size, float(out @ out), float(of.sum()), float(of @ of)
            )
            found = found.plus(held)
        if plane.keep is not None:
            count = int(np.count_nonzero(plane.keep[area]))
            left *= plane.keep[area]
        worst = max(float(left.max()), float(-left.min()))
        slope = np.matmul(windows, left[:, :, None]).sum(0)[:, 0]
        found = found.plus(Residuals(count, float(left.sum()), float(np.vdot(left, left)), worst, slope))
    return found
