"""Weighted sums of shifted copies of a flat array, ``y[n] = sum_t w[t] x[n + o[t]]``, each compiled once.

Four programs, chosen by their cost: a chain of whole-array operations, in which zeros cost nothing and
equal magnitudes share one multiplication; repeated doubling, for boxes and binomials along a line; matrix
products, for long lines (toeplitz.py); and ``einsum``, whose loop takes about as long per weight as a chain's
operation takes per array.
"""

from contextlib import AbstractContextManager, nullcontext
from math import gcd
from typing import Any

import numpy as np

from convcli.engine.arrays import Array, Floats
from convcli.engine.blas import one_thread
from convcli.engine.correlation.costs import costs
from convcli.engine.correlation.strips import Grid, Program, Strip, view
from convcli.engine.correlation.toeplitz import Product, pays
from convcli.engine.kernel_cache import by_weights
from convcli.engine.threads import Scratch

__all__ = ["Chain", "Dense", "Doubling", "blas_for", "column_period", "compile_taps"]

# Weights that are summed one after the other, at most. Blocks of so many are summed pairwise, so that the
# rounding error grows with the logarithm of their number.
MAX_SEQUENTIAL = 32

# Row and column in the kernel: as an operand, the input shifted by this tap's offset.
Tap = tuple[int, int]

# A tap, a register (scratch array) "sum" or "part", or a weight.
Operand = Tap | str | np.floating[Any]

# ``operation(left, right)``, and the register that it is written to.
Step = tuple[np.ufunc, Operand, Operand, str]


@by_weights
def compile_taps(weights: Floats, dtype: np.dtype[Any], period: int = 1) -> Program:
    """Return the cheapest program for `weights`, kh x kw.

    Sums are computed in `dtype`; kernel columns `period` apart (:func:`column_period`) have evenly spaced
    offsets.
    """
    rounded = weights.astype(dtype)
    whole = dtype.kind == "i"
    # NumPy's products of integers are slow.
    programs: list[Program] = [] if whole else [Dense(rounded, period)]
    if whole or np.count_nonzero(rounded) <= MAX_SEQUENTIAL:
        programs.append(Chain(rounded))
    if 1 in rounded.shape and period == 1 and (additions := _doubling(rounded.ravel())):
        programs.append(Doubling(rounded, additions, programs[-1]))
    if not whole and pays(rounded, period):
        programs.append(Product(rounded, programs[0]))
    return min(programs, key=lambda program: program.cost)


def blas_for(*programs: Program) -> AbstractContextManager[None]:
    """Return the context to run `programs` in: OpenBLAS limited to one thread if any of them calls it."""
    return one_thread() if any(isinstance(program, Product) for program in programs) else nullcontext()


def column_period(stride: int, dilation: int) -> int:
    """Return the distance of kernel columns that read image columns of equal index modulo the stride."""
    return stride // gcd(stride, dilation)


class Chain:
    """Whole-array operations, one after the other."""

    def __init__(self, weights: Floats) -> None:
        self.steps = _chain_steps(weights)
        self.cost = costs().operation * len(self.steps)

    def __call__(self, strip: Strip, into: Array, scratch: Scratch) -> None:
        """Run the steps; the last writes to `into`."""
        if not self.steps:
            into[...] = 0
            return
        x, grid = strip.x, strip.grid
        flat, count = grid.better_as_one_run, grid.reach
        shape = (grid.rows * grid.step,) if flat else (grid.rows, grid.width)
        registers = {name: scratch(name, shape, x.dtype) for name in ("sum", "part")}

        def operand(what: Operand, *, final: bool) -> Any:
            if isinstance(what, str):
                array, start = registers[what], 0
                if not flat:
                    return array
            elif isinstance(what, tuple):
                array, start = x, int(strip.offsets[what])
            else:
                return what
            # The last step leaves the gaps between rows out.
            return array[start : start + count] if flat and not final else view(array, start, grid)

        *steps, (last, last_left, last_right, _) = self.steps
        for operation, left, right, to in steps:
            operation(operand(left, final=False), operand(right, final=False), out=operand(to, final=False))
        last(operand(last_left, final=True), operand(last_right, final=True), out=into)


def _chain_steps(weights: Floats) -> list[Step]:
    groups: dict[float, tuple[list[Tap], list[Tap]]] = {}
    for (i, j), weight in np.ndenumerate(weights):
        if weight:
            groups.setdefault(abs(float(weight)), ([], []))[bool(weight < 0)].append((i, j))
    steps: list[Step] = []
    # Magnitude 1 comes last: it is added to the sum without a multiplication.
    for magnitude, (plus, minus) in sorted(groups.items(), key=lambda item: item[0] == 1):
        if magnitude == 1 and steps:
            steps += [(np.add, "sum", tap, "sum") for tap in plus]
            steps += [(np.subtract, "sum", tap, "sum") for tap in minus]
            continue
        first = not steps
        register = "sum" if first else "part"
        same, opposite = (plus, minus) if plus else (minus, [])
        value: Operand = same[0]
        for operation, taps in ((np.add, same[1:]), (np.subtract, opposite)):
            for tap in taps:
                steps.append((operation, value, tap, register))
                value = register
        factor = magnitude if plus or not first else -magnitude
        if factor != 1 or value == same[0]:
            steps.append((np.multiply, value, weights.dtype.type(factor), register))
        if not first:
            steps.append((np.add if plus else np.subtract, "sum", "part", "sum"))
    return steps


class Dense:
    """``einsum`` over blocks of evenly spaced weights, the blocks summed pairwise."""

    def __init__(self, weights: Floats, period: int) -> None:
        kh, kw = weights.shape
        self.period = period
        self.blocks: list[tuple[int, int, Floats]] = []  # first row and column, weights
        for phase in range(min(period, kw)):
            columns = weights[:, phase::period]
            wide = min(columns.shape[1], MAX_SEQUENTIAL)
            high = max(1, MAX_SEQUENTIAL // wide)
            for i in range(0, kh, high):
                for j in range(0, columns.shape[1], wide):
                    block = np.ascontiguousarray(columns[i : i + high, j : j + wide])
                    if block.any():
                        self.blocks.append((i, phase + j * period, block))
        count = sum(block.size for _, _, block in self.blocks)
        each = costs()
        self.cost = each.einsum + each.einsum_weight * count + each.operation * max(0, len(self.blocks) - 1)

    def __call__(self, strip: Strip, into: Array, scratch: Scratch) -> None:
        """Sum the blocks, then copy to `into`."""
        if not self.blocks:
            into[...] = 0
            return
        grid, flat = strip.grid, strip.grid.better_as_one_run
        shape = (1, grid.reach) if flat else (grid.rows, grid.width)
        block = scratch((Dense, 0), (grid.rows * grid.step,), strip.x.dtype)
        sums = self._total(0, len(self.blocks), strip._replace(grid=Grid(*shape, grid.step)), scratch, 0)
        into[...] = view(block, 0, grid) if flat else sums

    def _total(self, first: int, last: int, strip: Strip, scratch: Scratch, depth: int) -> Array:
        x, grid, offsets = strip.x, strip.grid, strip.offsets
        sums = scratch((Dense, depth), (grid.rows, grid.width), x.dtype)
        if last - first > 1:
            middle = (first + last) // 2
            self._total(first, middle, strip, scratch, depth)
            other = self._total(middle, last, strip, scratch, depth + 1)
            return np.add(sums, other, out=sums)
        i, j, block = self.blocks[first]
        size = x.itemsize
        down = int(offsets[1, 0] - offsets[0, 0]) if len(offsets) > 1 else 0
        along = int(offsets[0, j + self.period] - offsets[0, j]) if block.shape[1] > 1 else 0
        windows = np.ndarray(
            (*block.shape, grid.rows, grid.width),
            x.dtype,
            x,
            int(offsets[i, j]) * size,
            (down * size, along * size, grid.step * size, size),
        )
        # Column-major order makes the long axis the inner loop.
        np.einsum("ijrc,ij->cr", windows, block, out=sums.T, order="F")
        return sums


class Doubling:
    """Repeated sums of shifted sums, for boxes and binomials along a line: about log2(k) additions."""

    def __init__(self, weights: Floats, additions: list[tuple[int, bool]], otherwise: Program) -> None:
        self.factor = weights.ravel()[0]
        self.taps = weights.size
        self.additions = additions
        self.otherwise = otherwise
        self.cost = costs().operation * (len(additions) + (self.factor != 1))

    def __call__(self, strip: Strip, into: Array, scratch: Scratch) -> None:
        """Add the running sum (or `x`) to the running sum, shifted; then multiply once."""
        grid = strip.grid
        if not grid.better_as_one_run:
            self.otherwise(strip, into, scratch)
            return
        first, second = (int(offset) for offset in strip.offsets.flat[:2])
        apart = second - first
        sums = x = strip.x[first : first + grid.reach + (self.taps - 1) * apart]
        for index, (shift, of_x) in enumerate(self.additions):
            moved = (x if of_x else sums)[shift * apart :]
            length = min(len(sums), len(moved))
            if index + 1 == len(self.additions) and self.factor == 1:
                np.add(view(sums, 0, grid), view(moved, 0, grid), out=into)
                return
            block = scratch((Doubling, index % 2), (max(length, grid.rows * grid.step),), x.dtype)
            sums = np.add(sums[:length], moved[:length], out=block[:length])
        np.multiply(view(sums, 0, grid), self.factor, out=into)


def _doubling(line: Floats) -> list[tuple[int, bool]]:
    """Return the additions ``(shift, of_x)`` that make `line`, or none.

    A shifted copy is added to the running sum: of x where `of_x`, else of the running sum itself.
    """
    count = len(line)
    if count < 3 or not line.all():
        return []
    if (line == line[0]).all():
        additions: list[tuple[int, bool]] = []
        while count > 1:
            additions.append((count - 1, True) if count % 2 else (count // 2, False))
            count -= 1 if count % 2 else count // 2
        return additions[::-1]
    binomial = np.ones(1)
    for _ in range(count - 1):
        binomial = np.convolve(binomial, [1.0, 1.0])
    return [(1, False)] * (count - 1) if (line == line[0] * binomial).all() else []
