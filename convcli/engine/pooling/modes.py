"""Functions that compute each pooling mode: which operation reduces the windows, and in which type."""

from collections.abc import Callable
from typing import Any

import numpy as np

from convcli.choices import PoolMode
from convcli.engine.arrays import Array, Indices
from convcli.engine.pooling.medians import median_pool
from convcli.engine.pooling.reductions import Reduction, reduce_windows
from convcli.engine.pooling.windows import Part, Pooling, PoolTask

__all__ = ["POOL", "reduction"]

# P above which Lp pooling adds powers as logarithms: up to it, those of 16-bit pixels are within float32.
LARGE_POWER = 7.0


def reduction(how: Pooling, dtype: np.dtype[Any]) -> Reduction:
    """Return the reduction of `how` for pixels of `dtype`."""
    if how.mode is PoolMode.LP and how.p > LARGE_POWER:
        return Reduction(np.maximum, 0) if how.p == np.inf else Reduction(np.logaddexp, -np.inf)
    if how.mode in (PoolMode.AVG, PoolMode.LP):
        return Reduction(np.add, 0)
    lowest, highest = _limits(dtype)
    return Reduction(np.minimum, highest) if how.mode is PoolMode.MIN else Reduction(np.maximum, lowest)


def _limits(dtype: np.dtype[Any]) -> tuple[Any, Any]:
    if dtype.kind == "f":
        return -np.inf, np.inf
    return (False, True) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)


def _extreme(task: PoolTask, threads: int) -> None:
    reduce_windows(task, reduction(task.how, task.x.dtype), task.x.dtype, threads)


def _average(task: PoolTask, threads: int) -> None:
    dtype = task.out.dtype
    counts = task.taps_within(task.padded if task.how.count_include_pad else task.picture)
    uniform = all((each == each[0]).all() for each in counts)
    count = int(counts[0][0]) * int(counts[1][0])

    def divide(sums: Array, part: Part, into: Array) -> None:
        if sums.dtype != into.dtype:
            into[...] = sums
        if uniform and count & (count - 1) == 0:
            np.multiply(into, dtype.type(1 / count), out=into)  # exact, and three times as fast
            return
        if uniform:
            np.divide(into, dtype.type(count), out=into)
            return
        down, along = counts[0][part.y0 : part.y1], counts[1][part.x0 : part.x1]
        divisor = np.multiply.outer(down, np.repeat(along, task.channels))
        np.divide(into, divisor.astype(dtype), out=into)

    work = _sum_dtype(task, counts) or dtype
    reduce_windows(task, reduction(task.how, work), work, threads, finish=divide)


def _sum_dtype(task: PoolTask, counts: tuple[Indices, Indices]) -> np.dtype[Any] | None:
    """Return the smallest integer type for the sums; None where the result's type would round them."""
    if task.x.dtype.kind != "u" or task.x.dtype.itemsize > 2 or task.how.window.mode is not None:
        return None
    largest = int(np.iinfo(task.x.dtype).max) * int(counts[0].max()) * int(counts[1].max())
    if largest > 1 << 24:
        return None
    return np.dtype(np.uint16 if largest < 1 << 16 else np.uint32)


def _lp(task: PoolTask, threads: int) -> None:
    dtype, p = task.out.dtype, task.how.p

    def prepare(pixels: Array) -> None:
        if p == 2:
            np.multiply(pixels, pixels, out=pixels)
            return
        np.abs(pixels, out=pixels)
        if LARGE_POWER < p < np.inf:
            np.log(pixels, out=pixels)
            np.multiply(pixels, dtype.type(p), out=pixels)
        elif p not in (1, np.inf):
            np.power(pixels, dtype.type(p), out=pixels)

    def root(sums: Array, _: Part, into: Array) -> None:
        if p == 2:
            np.sqrt(sums, out=into)
        elif LARGE_POWER < p < np.inf:
            np.exp(np.divide(sums, dtype.type(p), out=into), out=into)
        elif p not in (1, np.inf):
            np.power(sums, dtype.type(1 / p), out=into)

    reduce_windows(task, reduction(task.how, dtype), dtype, threads, prepare=prepare, finish=root)


# Function that computes each mode, by a number of threads.
POOL: dict[PoolMode, Callable[[PoolTask, int], None]] = {
    PoolMode.MAX: _extreme,
    PoolMode.MIN: _extreme,
    PoolMode.AVG: _average,
    PoolMode.LP: _lp,
    PoolMode.MEDIAN: median_pool,
}
