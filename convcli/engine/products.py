"""Long lines of weights as matrix products, which multiply several times as fast as whole-array operations.

Down a column, R output rows are a Toeplitz matrix times the input rows that they see; along a row, B outputs
are the window of numbers that they see times the matrix's transpose. Both multiply zeros as well, R + k - 1
weights instead of k, and still win from five weights (down) or fifteen (along) on.
"""

from itertools import pairwise
from math import gcd
from typing import TYPE_CHECKING

import numpy as np

from convcli.engine.arrays import Array, Floats, Indices
from convcli.engine.strips import Grid, even_cuts
from convcli.engine.threads import Scratch

if TYPE_CHECKING:
    from convcli.engine.taps import Program

__all__ = ["Product", "pays"]

SHORT, LONG = 5, 255
"""Numbers of weights between which products are used: fewer do not pay, more would round too often."""

# Nanoseconds per number and per weight of it (2026-11, AMD EPYC with AVX-512, float32, 1 thread).
DOWN, DOWN_WEIGHT = 0.2, 0.02
ALONG, ALONG_WEIGHT = 1.2, 0.035

SMALL = 1_000_000
"""Multiplications up to which OpenBLAS takes its path for small matrices, which for so few rows is two to
five times as fast (0.3.31: ``gemm_small_matrix_permit`` of its AVX-512 kernels)."""


def pays(weights: Floats, period: int) -> bool:
    """Whether `weights` are a line that a product may compute faster."""
    return 1 in weights.shape and period == 1 and SHORT <= weights.size <= LONG


class Product:
    """A weighted sum down a column (k x 1 weights) or along a row (1 x k) as matrix products."""

    def __init__(self, weights: Floats, otherwise: "Program") -> None:
        self.line = weights.ravel()
        self.down = weights.shape[1] == 1
        self.at_once = 8 if self.down else 16
        self.otherwise = otherwise
        self._made: dict[tuple[int, int, int], Array] = {}
        fixed, each = (DOWN, DOWN_WEIGHT) if self.down else (ALONG, ALONG_WEIGHT)
        self.cost = fixed + each * self.line.size

    def __call__(self, x: Array, offsets: Indices, grid: Grid, into: Array, scratch: Scratch) -> None:
        """Multiply; where infinities met the matrix's zeros, which makes NaN of them, sum one by one."""
        first = int(offsets.flat[0])
        apart = int(offsets.flat[1]) - first
        if self.down:
            self._columns(x, first, apart, grid, into)
        else:
            self._rows(x, first, apart, grid, into)
        if np.isnan(into.max()):
            self.otherwise(x, offsets, grid, into, scratch)

    def _matrix(self, rows: int, stride: int, apart: int) -> Array:
        made = self._made.get((rows, stride, apart))
        if made is None:
            made = self._made[rows, stride, apart] = _toeplitz(self.line, rows, stride, apart)
        return made

    def _columns(self, x: Array, first: int, apart: int, grid: Grid, into: Array) -> None:
        size, pitch = x.itemsize, gcd(apart, grid.step)
        done = 0
        while done < grid.rows:
            high = min(self.at_once, grid.rows - done)
            batch = (grid.rows - done) // high
            matrix = self._matrix(high, grid.step // pitch, apart // pitch)
            target = _stacked(into, done, batch, high)
            for left, right in pairwise(even_cuts(grid.width, SMALL // matrix.size)):
                seen: Array = np.ndarray(
                    (batch, matrix.shape[1], right - left),
                    x.dtype,
                    x,
                    (first + done * grid.step + left) * size,
                    (high * grid.step * size, pitch * size, size),
                )
                np.matmul(matrix, seen, out=target[:, :, left:right])
            done += batch * high

    def _rows(self, x: Array, first: int, apart: int, grid: Grid, into: Array) -> None:
        size = x.itemsize
        done = 0
        while done < grid.width:
            wide = min(self.at_once, grid.width - done)
            batch = (grid.width - done) // wide
            matrix = self._matrix(wide, 1, apart).T
            seen: Array = np.ndarray(
                (batch, grid.rows, matrix.shape[0]),
                x.dtype,
                x,
                (first + done) * size,
                (wide * size, grid.step * size, size),
            )
            target = np.lib.stride_tricks.as_strided(
                into[:, done:], (batch, grid.rows, wide), (wide * size, into.strides[0], size)
            )
            np.matmul(seen, matrix, out=target)
            done += batch * wide


def _toeplitz(line: Floats, rows: int, stride: int, apart: int) -> Array:
    """Return the matrix whose row r holds `line`, spread `apart`, from column ``r * stride`` on."""
    span = (len(line) - 1) * apart + 1
    matrix = np.zeros((rows, (rows - 1) * stride + span), line.dtype)
    for row in range(rows):
        matrix[row, row * stride : row * stride + span : apart] = line
    return matrix


def _stacked(into: Array, first: int, batch: int, high: int) -> Array:
    pitch, size = into.strides
    return np.lib.stride_tricks.as_strided(
        into[first:], (batch, high, into.shape[1]), (high * pitch, pitch, size)
    )
