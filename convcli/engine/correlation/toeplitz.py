"""Lines of weights as matrix products, which multiply several times as fast as whole-array operations.

Down a column, R output rows are a Toeplitz matrix times the input rows that they read; R = 2, k = 3:

    y0   a b c 0   x0
    y1 = 0 a b c * x1
                   x2
                   x3

Along a row, B outputs are the B + k - 1 samples that they read times a Toeplitz matrix; B = 4, k = 3:

    outputs    0-3   4-7    8-11   12-15
    samples    0-5   4-9    8-13   12-17

BLAS takes the blocks as rows of one matrix only if they do not overlap in memory. Neighbours do, but blocks
0, 2, 4, ... do not, nor do 1, 3, 5, ...: two matrix views without a copy (n views, of every n-th block, where
``n * B >= B + k - 1``). Zeros of the Toeplitz matrices are multiplied too, and it is still the fastest way.
"""

from itertools import pairwise
from math import gcd

import numpy as np

from convcli.engine.arrays import Array, Floats
from convcli.engine.blas import has_small_path, most_multiplications
from convcli.engine.correlation.costs import costs
from convcli.engine.correlation.strips import Grid, Program, Strip, view
from convcli.engine.threads import Scratch
from convcli.engine.tiles import even_cuts

__all__ = ["Product", "pays", "toeplitz"]

# Fewest and most weights for which products are used: fewer are no faster, more would add rounding errors.
MIN_WEIGHTS, MAX_WEIGHTS = 3, 255

# (weights, R from that many weights on); the first only where OpenBLAS has no path for small matrices.
ROWS_BY_WEIGHTS = ((20, 16), (10, 8), (0, 4))

# B: outputs of a row per product.
ROW_BLOCK = 16

# Samples from one weight of a row to the next, at most: with more, too many zeros would be multiplied.
MAX_SPREAD = 4


def pays(weights: Floats, period: int) -> bool:
    """Whether `weights` are a line for which a matrix product may be faster."""
    return 1 in weights.shape and period == 1 and MIN_WEIGHTS <= weights.size <= MAX_WEIGHTS


class Product:
    """A weighted sum down a column (k x 1 weights) or along a row (1 x k) as matrix products."""

    def __init__(self, weights: Floats, otherwise: Program) -> None:
        self.line = weights.ravel()
        self.vertical = weights.shape[1] == 1
        usable = ROWS_BY_WEIGHTS[1:] if has_small_path() else ROWS_BY_WEIGHTS
        self.high = next(rows for minimum, rows in usable if self.line.size >= minimum)
        self.otherwise = otherwise
        self._made: dict[tuple[int, int, int], Array] = {}
        each = costs()
        fixed, weight = (
            (each.vertical, each.vertical_weight)
            if self.vertical
            else (each.horizontal, each.horizontal_weight)
        )
        self.cost = fixed + weight * self.line.size

    def __call__(self, strip: Strip, into: Array, scratch: Scratch) -> None:
        """Multiply; where infinities times the matrix's zeros gave NaN, sum by the other program instead."""
        first, second = (int(offset) for offset in strip.offsets.flat[:2])
        apart = second - first
        if self.vertical or apart <= MAX_SPREAD:
            multiply = self._columns if self.vertical else self._rows
            multiply(strip.x, first, apart, strip.grid, into)
            if not np.isnan(into.max()):
                return
        self.otherwise(strip, into, scratch)

    def _matrix(self, rows: int, stride: int, apart: int) -> Array:
        made = self._made.get((rows, stride, apart))
        if made is None:
            made = self._made[rows, stride, apart] = toeplitz(self.line, rows, stride, apart)
        return made

    def _columns(self, x: Array, first: int, apart: int, grid: Grid, into: Array) -> None:
        size, pitch = x.itemsize, gcd(apart, grid.step)
        done = 0
        while done < grid.rows:
            high = min(self.high, grid.rows - done)
            batch = (grid.rows - done) // high
            matrix = self._matrix(high, grid.step // pitch, apart // pitch)
            target = into[done : done + batch * high].reshape(batch, high, -1)
            for left, right in pairwise(even_cuts(grid.width, most_multiplications() // matrix.size)):
                windows: Array = np.ndarray(
                    (batch, matrix.shape[1], right - left),
                    x.dtype,
                    x,
                    (first + done * grid.step + left) * size,
                    (high * grid.step * size, pitch * size, size),
                )
                np.matmul(matrix, windows, out=target[:, :, left:right])
            done += batch * high

    def _rows(self, x: Array, first: int, apart: int, grid: Grid, into: Array) -> None:
        matrix = np.ascontiguousarray(self._matrix(ROW_BLOCK, 1, apart).T)
        size, length = x.itemsize, len(matrix)
        groups = -(-length // ROW_BLOCK)
        wide = groups * ROW_BLOCK
        whole = grid.width // wide * wide
        if whole:
            shape = (grid.rows, groups, whole // wide)
            windows: Array = np.ndarray(
                (*shape, length),
                x.dtype,
                x,
                first * size,
                (grid.step * size, ROW_BLOCK * size, wide * size, size),
            )
            blocks = np.lib.stride_tricks.as_strided(
                into, (*shape, ROW_BLOCK), (into.strides[0], ROW_BLOCK * size, wide * size, size)
            )
            np.matmul(windows, matrix, out=blocks)
        if whole < grid.width:
            rest = self._matrix(grid.width - whole, 1, apart).T
            last = view(x, first + whole, Grid(grid.rows, len(rest), grid.step))
            np.matmul(last, rest, out=into[:, whole:])


def toeplitz(line: Floats, rows: int, stride: int, apart: int) -> Array:
    """Return the matrix whose row r holds `line`, spread `apart`, from column ``r * stride`` on."""
    span = (len(line) - 1) * apart + 1
    matrix = np.zeros((rows, (rows - 1) * stride + span), line.dtype)
    for row in range(rows):
        matrix[row, row * stride : row * stride + span : apart] = line
    return matrix
