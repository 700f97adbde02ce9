"""Lines of weights as matrix products, which multiply several times as fast as whole-array operations.

Down a column, R output rows are a Toeplitz matrix times the input rows that they see. Along a row, B outputs
are the next B input numbers times a triangular matrix, plus the B after those times another, and so on as far
as the line reaches: cut at the same places, the products' inputs lie in memory as they are. Both multiply
zeros as well, and still win from three weights on.
"""

from itertools import pairwise
from math import gcd
from typing import TYPE_CHECKING

import numpy as np

from convcli.engine.arrays import Array, Floats, Indices
from convcli.engine.blas import most_multiplications
from convcli.engine.costs import costs
from convcli.engine.strips import Grid, even_cuts, view
from convcli.engine.threads import Scratch

if TYPE_CHECKING:
    from convcli.engine.taps import Program

__all__ = ["Product", "pays", "toeplitz"]

SHORT, LONG = 3, 255
"""Numbers of weights between which products are used: fewer do not pay, more would round too often."""

ROWS, MORE_ROWS, MANY = 4, 8, 10
"""R, and R from `MANY` weights on."""

BLOCK = 16
"""B."""


def pays(weights: Floats, period: int) -> bool:
    """Whether `weights` are a line that a product may compute faster."""
    return 1 in weights.shape and period == 1 and SHORT <= weights.size <= LONG


class Product:
    """A weighted sum down a column (k x 1 weights) or along a row (1 x k) as matrix products."""

    def __init__(self, weights: Floats, otherwise: "Program") -> None:
        self.line = weights.ravel()
        self.down = weights.shape[1] == 1
        self.high = ROWS if self.line.size < MANY else MORE_ROWS
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
        else:
            self._rows(x, first, apart, grid, into, scratch)
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

    def _rows(self, x: Array, first: int, apart: int, grid: Grid, into: Array, scratch: Scratch) -> None:
        whole = grid.width // BLOCK * BLOCK
        shape = (grid.rows, whole // BLOCK, BLOCK)
        matrix = self._matrix(BLOCK, 1, apart)
        for start in range(0, matrix.shape[1] if whole else 0, BLOCK):
            part = np.ascontiguousarray(matrix[:, start : start + BLOCK].T)
            sums = scratch(Product, shape, x.dtype) if start else into[:, :whole].reshape(shape)
            np.matmul(_blocks(x, first + start, grid.step, (*shape[:2], len(part))), part, out=sums)
            if start:
                np.add(into[:, :whole], sums.reshape(grid.rows, whole), out=into[:, :whole])
        if whole < grid.width:
            rest = self._matrix(grid.width - whole, 1, apart).T
            seen = view(x, first + whole, Grid(grid.rows, len(rest), grid.step))
            np.matmul(seen, rest, out=into[:, whole:])


def _blocks(x: Array, first: int, step: int, shape: tuple[int, int, int]) -> Array:
    """Return (rows, blocks, numbers) of `x`, whose blocks begin `BLOCK` apart."""
    size = x.itemsize
    return np.ndarray(shape, x.dtype, x, first * size, (step * size, BLOCK * size, size))


def toeplitz(line: Floats, rows: int, stride: int, apart: int) -> Array:
    """Return the matrix whose row r holds `line`, spread `apart`, from column ``r * stride`` on."""
    span = (len(line) - 1) * apart + 1
    matrix = np.zeros((rows, (rows - 1) * stride + span), line.dtype)
    for row in range(rows):
        matrix[row, row * stride : row * stride + span : apart] = line
    return matrix
