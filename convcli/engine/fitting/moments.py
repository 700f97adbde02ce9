"""The sums over all windows that least squares needs, in strips.

The matrix A of windows, one row a pixel and one column a weight, never exists. With rows one apart,
``A^T A`` is made of products of input rows that are ``d`` apart,

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

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from convcli.engine.arrays import Array, Floats
from convcli.engine.blas import one_thread
from convcli.engine.fitting.data import Frame, Plane
from convcli.engine.fitting.windows import BANDS, blocks, cut_bands, unfold
from convcli.engine.threads import Scratch, run
from convcli.engine.tiles import Piece

__all__ = ["Centre", "Moments", "sum_moments"]

ROOM = 1 << 25
"""Numbers of sums over windows held at a time, by all bands."""

TOGETHER = 1 << 10
"""Windows that are added up at a time: fewer make poor matrix products."""


class Centre(NamedTuple):
    """What is taken from pixels and targets before they are multiplied, so that sums lose no digits."""

    image: float = 0.0
    target: float = 0.0

    @classmethod
    def of(cls, planes: Sequence[Plane]) -> "Centre":
        """Return the means over all planes, of targets over the fitted ones."""
        targets = [plane.target if plane.keep is None else plane.target[plane.keep] for plane in planes]
        return cls(_mean([plane.image for plane in planes]), _mean(targets))


def _mean(arrays: Sequence[Array]) -> float:
    total = sum(float(np.sum(array, dtype=np.float64)) for array in arrays)
    return total / sum(array.size for array in arrays)


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


def sum_moments(planes: Sequence[Plane], frame: Frame, centre: Centre, threads: int) -> Moments:
    """Return the moments of all windows of `planes` whose targets are to be fitted."""
    kw, taps = frame.size[1], frame.taps
    gram, lags = np.zeros((taps, taps)), [np.zeros((kw + 2, taps)) for _ in planes]
    edge = np.zeros((2, taps))
    count, total, square = 0, 0.0, 0.0
    bands = cut_bands(planes, min(BANDS, max(1, ROOM // (taps * taps))))
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
            count, total = count + target.size, total + float(target.sum())
            square += float(target @ target)
            if _is_structured(plane, frame):
                gram += _expand(plane, frame, centre, lag[:kw])
                edge += lag[kw:]
    return Moments(count, gram, edge[0], edge[1], total, square, centre)


class _Sums(NamedTuple):
    """Of one band: the lag products with the two rows below them, and what is added window by window."""

    lags: Floats | None
    gram: Floats | None
    edge: Floats


def _is_structured(plane: Plane, frame: Frame) -> bool:
    """Whether lag products pay: rows one apart, and most of the targets fitted."""
    return frame.stride[0] == 1 and 2 * plane.samples > plane.target.size


def _targets(plane: Plane, centre: Centre) -> Floats:
    target = plane.target.ravel() if plane.keep is None else plane.target[plane.keep]
    return target.astype(np.float64) - centre.target


class _Gathered:
    """Sums over windows that are added up one by one, many at a time."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Floats, Floats]] = []
        self.count = 0
        self.gram: Floats | None = None
        self.edge: Floats = np.zeros((2, 1))

    def add(self, windows: Floats, targets: Floats) -> None:
        """Add the windows that are the columns of a matrix."""
        self.waiting.append((windows, targets))
        self.count += len(targets)
        if self.count >= TOGETHER:
            self.settle()

    def settle(self) -> None:
        """Multiply what waits."""
        if not self.count:
            return
        some = np.concatenate([windows for windows, _ in self.waiting], 1)
        targets = np.concatenate([targets for _, targets in self.waiting])
        gram, edge = some @ some.T, np.stack([some @ targets, some.sum(1)])
        self.gram = gram if self.gram is None else np.add(self.gram, gram, out=self.gram)
        self.edge = self.edge + edge
        self.waiting, self.count = [], 0


def _band(plane: Plane, frame: Frame, centre: Centre, rows: tuple[int, int], scratch: Scratch) -> _Sums:
    kw, taps = frame.size[1], frame.taps
    structured = _is_structured(plane, frame)
    lags = np.zeros((kw + 2, taps)) if structured else None
    gathered = _Gathered()
    for block in blocks(frame, Piece(*rows, 0, plane.target.shape[1])):
        area = (slice(block.y0, block.y1), slice(block.x0, block.x1))
        keep = np.True_ if plane.keep is None else plane.keep[area]
        # What is left out is taken away again.
        chosen = np.broadcast_to(keep != structured, (block.rows, block.columns))
        if not structured and not chosen.any():
            continue
        windows = unfold(plane.image, frame, centre.image, block, scratch)
        target = plane.target[area].astype(np.float64) - centre.target
        if plane.keep is not None:
            target *= keep  # or large ones that are left out would cost digits
        if lags is not None:
            left = scratch("left", (block.rows, kw + 2, block.columns), np.dtype(np.float64))
            left[:, :kw], left[:, kw], left[:, kw + 1] = windows[:, :kw], target, 1
            lags += np.matmul(left, windows.transpose(0, 2, 1)).sum(0)
        if chosen.any():
            gathered.add(windows.transpose(1, 0, 2)[:, chosen], target[chosen])
    gathered.settle()
    sign = -1.0 if structured else 1.0
    gram = None if gathered.gram is None else np.multiply(gathered.gram, sign, out=gathered.gram)
    return _Sums(lags, gram, sign * gathered.edge)


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
    for block in blocks(frame, Piece(row, row + 1, 0, plane.target.shape[1])):
        windows = unfold(plane.image, frame, centre.image, block, scratch)[0]
        found += windows[:kw] @ windows.T
    return found.reshape(kw, kh, kw)
