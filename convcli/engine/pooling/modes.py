"""The pooling modes: what is folded in which type of number, before and after."""

from collections.abc import Callable
from typing import Any

import numpy as np

from convcli.choices import PoolMode
from convcli.engine.arrays import Array, Indices
from convcli.engine.pooling.medians import medians
from convcli.engine.pooling.reductions import Folding, sweep
from convcli.engine.pooling.windows import Part, Pooling, Windows

__all__ = ["METHODS", "folding"]


def folding(how: Pooling, kind: np.dtype[Any]) -> Folding:
    """Return how numbers of `kind` become one, two at a time."""
    if how.mode is PoolMode.AVG:
        return Folding(np.add, 0)
    if how.mode is PoolMode.LP:
        return Folding(np.maximum if how.p == np.inf else np.add, 0)
    least = how.mode is PoolMode.MIN
    if kind.kind == "f":
        return Folding(np.minimum, np.inf) if least else Folding(np.maximum, -np.inf)
    if kind.kind == "b":
        return Folding(np.minimum, True) if least else Folding(np.maximum, False)
    limits = np.iinfo(kind)
    return Folding(np.minimum, limits.max) if least else Folding(np.maximum, limits.min)


def _greatest(task: Windows, how: Pooling, threads: int) -> None:
    sweep(task, folding(how, task.x.dtype), task.x.dtype, threads)


def _mean(task: Windows, how: Pooling, threads: int) -> None:
    counts = [
        line.taps_in(*((0, line.padded) if how.count_include_pad else (line.before, line.before + line.size)))
        for line in (task.rows, task.columns)
    ]
    kind = task.out.dtype
    uniform = all((numbers == numbers[0]).all() for numbers in counts)
    count = int(counts[0][0]) * int(counts[1][0])

    def finish(folded: Array, part: Part, into: Array) -> None:
        if folded.dtype != into.dtype:
            into[...] = folded
        if uniform and count & (count - 1) == 0:
            np.multiply(into, kind.type(1 / count), out=into)  # exact, and three times as fast
            return
        if uniform:
            np.divide(into, kind.type(count), out=into)
            return
        high, wide = counts[0][part.y0 : part.y1], counts[1][part.x0 : part.x1]
        divisor = np.multiply.outer(high, np.repeat(wide, task.channels))
        np.divide(into, divisor.astype(kind), out=into)

    work = _whole(task, counts) or kind
    sweep(task, folding(how, work), work, threads, finish=finish)


def _whole(task: Windows, counts: list[Indices]) -> np.dtype[Any] | None:
    """Return the smallest type of integers that holds every sum, exactly in the result's type; or None."""
    if task.x.dtype.kind != "u" or task.x.dtype.itemsize > 2 or task.made_up is not None:
        return None
    largest = int(np.iinfo(task.x.dtype).max) * int(counts[0].max()) * int(counts[1].max())
    if largest > 1 << 24:
        return None
    return np.dtype(np.uint16 if largest < 1 << 16 else np.uint32)


def _norm(task: Windows, how: Pooling, threads: int) -> None:
    kind, p = task.out.dtype, how.p

    def prepare(pixels: Array) -> None:
        if p == 2:
            np.multiply(pixels, pixels, out=pixels)
            return
        np.abs(pixels, out=pixels)
        if p not in (1, np.inf):
            np.power(pixels, kind.type(p), out=pixels)

    def finish(folded: Array, _: Part, into: Array) -> None:
        if p == 2:
            np.sqrt(folded, out=into)
        elif p not in (1, np.inf):
            np.power(folded, kind.type(1 / p), out=into)

    sweep(task, folding(how, kind), kind, threads, prepare=prepare, finish=finish)


def _middle(task: Windows, _: Pooling, threads: int) -> None:
    medians(task, threads)


METHODS: dict[PoolMode, Callable[[Windows, Pooling, int], None]] = {
    PoolMode.MAX: _greatest,
    PoolMode.MIN: _greatest,
    PoolMode.AVG: _mean,
    PoolMode.LP: _norm,
    PoolMode.MEDIAN: _middle,
}
"""What computes each mode, by this many threads."""
