"""Sums over all windows for least squares: Gram matrix, products with the targets, and totals.

The matrix A of windows, a row per pixel and a column per weight, is never stored. With stride 1, the Gram
matrix ``A^T A`` is made of products of input rows that are ``d`` apart,

    C[r, d, j, q] = sum_n x[r, n + j] x[r + d, n + q],    A^T A[(i, j), (i + d, q)] = sum_m C[m + i, d, j, q],

so that ``kw * kh*kw`` products per pixel suffice where ``A^T A`` takes ``(kh*kw)^2``: the sum over ``m`` is
computed for ``i = 0``, and the others differ from it by rows at the top and bottom alone. The rows are padded
ones, so that any padding is exact. Windows whose targets are masked or held out are subtracted again;
where most are, the others are summed one by one instead.

References
----------
Golub and Van Loan, Matrix Computations, 4th edition, 2013, section 5.3 (normal equations). Marple, Digital
Spectral Analysis, 1987, section 8.5 (the covariance method: lag products with corrections at the ends).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np

from convcli.engine.arrays import Array, Floats
from convcli.engine.blas import one_thread
from convcli.engine.fitting.data import Plane
from convcli.engine.fitting.windows import MAX_BANDS, blocks, map_bands, unfold
from convcli.engine.threads import Scratch
from convcli.engine.tiles import Piece
from convcli.engine.window import Window

__all__ = ["Centre", "Moments", "sum_moments"]

# Float64 elements in the Gram matrices of all bands together, at most: 256 MiB.
MAX_GRAM_ELEMENTS = 1 << 25

# Windows that are multiplied at a time: matrix products of fewer are slower (measured).
GATHERED_WINDOWS = 1 << 10


class Centre(NamedTuple):
    """Means that are subtracted from pixels and targets before they are multiplied, against cancellation."""

    image: float = 0.0
    target: float = 0.0

    @classmethod
    def of(cls, planes: Sequence[Plane]) -> "Centre":
        """Return the mean of all pixels, and of the targets that are fitted."""
        targets = [plane.target if plane.keep is None else plane.target[plane.keep] for plane in planes]
        return cls(_mean([plane.image for plane in planes]), _mean(targets))


def _mean(arrays: Sequence[Array]) -> float:
    total = sum(float(np.sum(array, dtype=np.float64)) for array in arrays)
    return total / sum(array.size for array in arrays)


@dataclass(frozen=True)
class Moments:
    """Sums over windows x and targets y, centred, that make up the normal equations.

    Attributes
    ----------
    count : int
        Number of windows.
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
        return replace(self, gram=gram, cross=self.cross[taps], sums=self.sums[taps])

    @property
    def variation(self) -> float:
        """Sum of squares of y about its mean; 0 where that is only rounding."""
        spread = self.square - self.total**2 / max(1, self.count)
        largest = abs(self.centre.target) + (self.square / max(1, self.count)) ** 0.5
        return spread if spread > self.count * (64 * np.finfo(float).eps * largest) ** 2 else 0.0


def sum_moments(planes: Sequence[Plane], window: Window, bias: bool, threads: int) -> Moments:
    """Return the moments of all windows whose targets are to be fitted, centred if a bias is fitted, too."""
    centre = Centre.of(planes) if bias else Centre()
    kw, taps = window.size[1], window.taps
    gram, lags = np.zeros((taps, taps)), [np.zeros((kw + 2, taps)) for _ in planes]
    vectors = np.zeros((2, taps))
    count, total, square = 0, 0.0, 0.0
    max_bands = min(MAX_BANDS, max(1, MAX_GRAM_ELEMENTS // (taps * taps)))
    with one_thread():
        for index, sums in map_bands(planes, max_bands, partial(_sum_band, window, centre), threads):
            if sums.lags is not None:
                lags[index] += sums.lags
            if sums.gram is not None:
                gram += sums.gram
                vectors += sums.vectors
        for plane, lag in zip(planes, lags, strict=True):
            target = plane.target.ravel() if plane.keep is None else plane.target[plane.keep]
            target = target.astype(np.float64) - centre.target
            count, total = count + target.size, total + float(target.sum())
            square += float(target @ target)
            if _uses_lags(plane, window):
                gram += _expand(plane, window, centre, lag[:kw])
                vectors += lag[kw:]
    return Moments(count, gram, vectors[0], vectors[1], total, square, centre)


class _BandSums(NamedTuple):
    """Sums over the windows of one band of output rows.

    Attributes
    ----------
    lags : (kw + 2, taps) array or None
        Products of the first kernel row's pixels, of the targets and of ones with the windows.
    gram, vectors : (taps, taps) array or None, (2, taps) array
        To be added: Gram matrix, and ``sum x y`` and ``sum x``, of windows that were multiplied one by one.
    """

    lags: Floats | None
    gram: Floats | None
    vectors: Floats


def _uses_lags(plane: Plane, window: Window) -> bool:
    """Return whether lag products are faster: with stride 1, where most of the targets are fitted."""
    return window.stride[0] == 1 and 2 * plane.samples > plane.target.size


class _WindowSums:
    """Accumulates Gram matrix, ``sum x y`` and ``sum x`` of windows added a few at a time."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Floats, Floats]] = []
        self.count = 0
        self.gram: Floats | None = None
        self.vectors: Floats = np.zeros((2, 1))

    def add(self, windows: Floats, targets: Floats) -> None:
        """Add the windows that are the columns of a matrix."""
        self.waiting.append((windows, targets))
        self.count += len(targets)
        if self.count >= GATHERED_WINDOWS:
            self.flush()

    def flush(self) -> None:
        """Multiply the windows collected so far."""
        if not self.count:
            return
        windows = np.concatenate([windows for windows, _ in self.waiting], 1)
        targets = np.concatenate([targets for _, targets in self.waiting])
        gram, vectors = windows @ windows.T, np.stack([windows @ targets, windows.sum(1)])
        self.gram = gram if self.gram is None else np.add(self.gram, gram, out=self.gram)
        self.vectors = self.vectors + vectors
        self.waiting, self.count = [], 0


def _sum_band(
    window: Window, centre: Centre, plane: Plane, rows: tuple[int, int], scratch: Scratch
) -> _BandSums:
    kw = window.size[1]
    use_lags = _uses_lags(plane, window)
    lags = np.zeros((kw + 2, window.taps)) if use_lags else None
    one_by_one = _WindowSums()
    for block in blocks(window, Piece(*rows, 0, plane.target.shape[1])):
        area = (slice(block.y0, block.y1), slice(block.x0, block.x1))
        keep = np.True_ if plane.keep is None else plane.keep[area]
        # Lag products include windows that are not fitted: those are subtracted again.
        chosen = np.broadcast_to(keep != use_lags, (block.rows, block.columns))
        if not use_lags and not chosen.any():
            continue
        windows = unfold(plane.image, window, centre.image, block, scratch)
        target = plane.target[area].astype(np.float64) - centre.target
        if plane.keep is not None:
            target *= keep  # large values that are not fitted would cost digits
        if lags is not None:
            left = scratch("left", (block.rows, kw + 2, block.columns), np.dtype(np.float64))
            left[:, :kw], left[:, kw], left[:, kw + 1] = windows[:, :kw], target, 1
            lags += np.matmul(left, windows.transpose(0, 2, 1)).sum(0)
        if chosen.any():
            one_by_one.add(windows.transpose(1, 0, 2)[:, chosen], target[chosen])
    one_by_one.flush()
    sign = -1.0 if use_lags else 1.0
    gram = None if one_by_one.gram is None else np.multiply(one_by_one.gram, sign, out=one_by_one.gram)
    return _BandSums(lags, gram, sign * one_by_one.vectors)


def _expand(plane: Plane, window: Window, centre: Centre, lags: Floats) -> Floats:
    """Return ``sum x x^T`` from its rows of ``i = 0``."""
    kh, kw = window.size
    gram = np.empty((kh, kw, kh, kw))
    part = lags.reshape(kw, kh, kw)
    scratch = Scratch()
    for i in range(kh):
        gram[i, :, i:] = part[:, : kh - i]
        gram[i:, :, i] = part[:, : kh - i].transpose(1, 2, 0)
        if i + 1 < kh:
            enters = _row(plane, window, centre, len(plane.target) + i, scratch)
            part = part + enters - _row(plane, window, centre, i, scratch)
    return gram.reshape(kh * kw, kh * kw)


def _row(plane: Plane, window: Window, centre: Centre, row: int, scratch: Scratch) -> Floats:
    """Return the lag products of one padded input row with itself and those below."""
    kh, kw = window.size
    found = np.zeros((kw, kh * kw))
    for block in blocks(window, Piece(row, row + 1, 0, plane.target.shape[1])):
        windows = unfold(plane.image, window, centre.image, block, scratch)[0]
        found += windows[:kw] @ windows.T
    return found.reshape(kw, kh, kw)
