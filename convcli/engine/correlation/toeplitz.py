"""Lines of weights as matrix products, which multiply several times as fast as whole-array operations.

Down a column, R output rows are a Toeplitz matrix times the input rows that they see. Along a row, B outputs
are the window of B + k - 1 numbers that they see times a Toeplitz matrix. Windows of neighbouring blocks
overlap, so that no matrix holds them all; but those of every n-th block do not, once n B is as long as a
window: n matrices, all where their numbers lie. Both multiply zeros as well, and still win.
"""

from itertools import pairwise
from math import gcd
from typing import TYPE_CHECKING

import numpy as np

from convcli.engine.arrays import Array, Floats, Indices
from convcli.engine.blas import has_small_path, most_multiplications
from convcli.engine.correlation.costs import costs
from convcli.engine.correlation.strips import Grid, view
from convcli.engine.threads import Scratch
from convcli.engine.tiles import even_cuts

if TYPE_CHECKING:
    from convcli.engine.correlation.program import Program

__all__ = ["Product", "pays", "toeplitz"]

SHORT, LONG = 3, 255
"""Numbers of weights between which products are used: fewer do not pay, more would round too often."""

ROWS = ((20, 16), (10, 8), (0, 4))
"""R from so many weights on; the first where OpenBLAS has no path for small matrices."""

BLOCK = 16
"""B."""

FAR = 4
"""Numbers from one weight of a row to the next, up to which the zeros between are worth multiplying."""


def pays(weights: Floats, period: int) -> bool:
    """Whether `weights` are a line that a product may compute faster."""
    return 1 in weights.shape and period == 1 and SHORT <= weights.size <= LONG


class Product:
    """A weighted sum down a column (k x 1 weights) or along a row (1 x k) as matrix products."""

    def __init__(self, weights: Floats, otherwise: "Program") -> None:
        self.line = weights.ravel()
        self.down = weights.shape[1] == 1
        usable = ROWS[1:] if has_small_path() else ROWS
        self.high = next(rows for least, rows in usable if self.line.size >= least)
        self.otherwise = otherwise
        self._made: dict[tuple[int, int, int], Array] = {}
        each = costs()
        if self.down:
            self.cost = each.down + each.down_weight * self.line.size
        else:
            self.cost = each.along + each.along_weight * self.line.size

    def __call__(self, x: Array, offsets: Indices, grid: Grid, into: Array, scratch: Scratch) -> None:
        """Multiply; where infinities met the matrix's zeros, which makes NaN of them, sum one by one."""
        first = int(offsets.flat[0])
        apart = int(offsets.flat[1]) - first
        if self.down:
            self._columns(x, first, apart, grid, into)
        elif apart <= FAR:
            self._rows(x, first, apart, grid, into)
        else:
            self.otherwise(x, offsets, grid, into, scratch)
            return
        if np.isnan(into.max()):
            self.otherwise(x, offsets, grid, into, scratch)

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
        matrix = np.ascontiguousarray(self._matrix(BLOCK, 1, apart).T)
        size, length = x.itemsize, len(matrix)
        groups = -(-length // BLOCK)
        wide = groups * BLOCK
        whole = grid.width // wide * wide
        if whole:
            shape = (grid.rows, groups, whole // wide)
            windows: Array = np.ndarray(
                (*shape, length),
                x.dtype,
                x,
                first * size,
                (grid.step * size, BLOCK * size, wide * size, size),
            )
            blocks = np.lib.stride_tricks.as_strided(
                into, (*shape, BLOCK), (into.strides[0], BLOCK * size, wide * size, size)
            )
            np.matmul(windows, matrix, out=blocks)
        if whole < grid.width:
            rest = self._matrix(grid.width - whole, 1, apart).T
            seen = view(x, first + whole, Grid(grid.rows, len(rest), grid.step))
            np.matmul(seen, rest, out=into[:, whole:])


def toeplitz(line: Floats, rows: int, stride: int, apart: int) -> Array:
    """Return the matrix whose row r holds `line`, spread `apart`, from column ``r * stride`` on."""
    span = (len(line) - 1) * apart + 1
    matrix = np.zeros((rows, (rows - 1) * stride + span), line.dtype)
    for row in range(rows):
        matrix[row, row * stride : row * stride + span : apart] = line
    return matrix
