"""Windows folded into one number each by an operation such as ``maximum``.

A window of ``k`` taps is never walked through. Taps that a stride keeps apart are folded one after the other;
runs of neighbouring windows share their halves: two windows of 4 make one of 8 (doubling). So a window costs
about ``s + log2(k / s)`` operations on whole arrays, not ``k``. Sums are folded in halves too, which keeps
rounding small; nothing is ever subtracted again, so that an infinity or NaN stays in the windows that see it.
"""

from collections.abc import Callable
from math import gcd
from sys import byteorder
from typing import Any, NamedTuple

import numpy as np

from convcli.engine.arrays import Array
from convcli.engine.pooling.windows import Line, Part, Prepare, Windows, cut, load
from convcli.engine.threads import Scratch, run

__all__ = ["Finish", "Folding", "fold", "operations", "sweep"]

CHAIN = 16
"""Taps that are added one after the other: more are added in halves."""

ROOM = 1 << 21
"""Bytes that a part reads: fewer, and the calls take longer than the work; more leave the cache."""

Room = Callable[[object, int], Array]
"""Gives scratch memory by name and length along the folded axis, which comes first."""

Finish = Callable[[Array, Part, Array], None]
"""Makes results of what windows were folded into: ``finish(folded, part, into)``."""


class Folding(NamedTuple):
    """How two numbers become one.

    Attributes
    ----------
    operation
        ``maximum``, ``minimum`` or ``add``.
    neutral
        What changes nothing.
    """

    operation: np.ufunc
    neutral: Any

    @property
    def idempotent(self) -> bool:
        """Whether a pixel may be taken twice."""
        return self.operation is not np.add


def sweep(
    task: Windows,
    how: Folding,
    kind: np.dtype[Any],
    threads: int,
    *,
    prepare: Prepare | None = None,
    finish: Finish | None = None,
) -> None:
    """Fold every window of `task` in numbers of `kind`, rows first."""
    channels = task.channels
    results = task.out.reshape(*task.out.shape[:2], -1)
    quarters = prepare is None and _are_quarters(task, how, kind)

    def work(part: Part, scratch: Scratch) -> None:
        if quarters:
            result = results[part.p0 : part.p1, part.y0 : part.y1, part.x0 : part.x1]
            _quarters(task, part, result, scratch)
            if finish is not None:
                finish(result, part, result)
            return
        region = load(task, part, kind, scratch, prepare)
        planes, rows, _ = part.shape
        first, last = task.columns.reads(part.x0, part.x1)
        begin = (region.column - first) * channels
        end = begin + region.numbers.shape[2]

        def beside(name: object, length: int) -> Array:
            return scratch(name, (planes, length, end - begin), kind).transpose(1, 0, 2)

        lines = scratch("lines", (planes, rows, (last - first) * channels), kind)
        lines[:, :, :begin] = how.neutral
        lines[:, :, end:] = how.neutral
        down = lines[:, :, begin:end].transpose(1, 0, 2)
        fold(how, region.numbers.transpose(1, 0, 2), region.row, task.rows, part.y0, down, beside)

        result = results[part.p0 : part.p1, part.y0 : part.y1, part.x0 * channels : part.x1 * channels]
        folded = result if result.dtype == kind else scratch("folded", result.shape, kind)
        _along(how, lines, task.columns, channels, folded, scratch)
        if finish is not None:
            finish(folded, part, result)

    whole = Part(0, task.x.shape[0], 0, task.rows.windows, 0, task.columns.windows)
    run(work, cut(task, whole, ROOM // kind.itemsize), threads)


def _are_quarters(task: Windows, how: Folding, kind: np.dtype[Any]) -> bool:
    """Whether windows are sums of 2 x 2 pixels side by side, the commonest of all, and nothing else."""
    plain = all(
        (line.taps, line.stride, line.dilation) == (2, 2, 1)
        and line.before == line.after == 0
        and 2 * line.windows <= line.size
        for line in (task.rows, task.columns)
    )
    same = task.x.dtype == task.out.dtype == kind
    return plain and same and task.channels == 1 and not how.idempotent


def _quarters(task: Windows, part: Part, into: Array, scratch: Scratch) -> None:
    """Add up 2 x 2 pixels: the general way makes a hundred calls for these three."""
    pixels = task.x[part.p0 : part.p1, 2 * part.y0 : 2 * part.y1, 2 * part.x0 : 2 * part.x1, 0]
    pairs = scratch("lines", (len(pixels), pixels.shape[1] // 2, pixels.shape[2]), into.dtype)
    np.add(pixels[:, 0::2], pixels[:, 1::2], out=pairs)
    np.add(pairs[:, :, 0::2], pairs[:, :, 1::2], out=into)


def _along(how: Folding, lines: Array, line: Line, channels: int, into: Array, scratch: Scratch) -> None:
    """Fold `lines`, which begin where the first window does, along their last axis.

    Every position is computed, whatever the stride, and some are kept: neighbouring numbers are computed so
    much faster than those with gaps, and channels are mere pixels that windows step over.
    """

    def above(name: object, length: int) -> Array:
        return scratch(name, (*into.shape[:2], length), into.dtype).transpose(2, 0, 1)

    if line.stride == 1 or (channels == 1 and line.taps == 2 and not how.idempotent):
        # Of two numbers, a sum with gaps is as fast as one without and another pass.
        dense = line._replace(dilation=line.dilation * channels)
        fold(how, lines.transpose(2, 0, 1), 0, dense, 0, into.transpose(2, 0, 1), above)
        return
    every = lines
    if line.taps > 1:
        count = into.shape[2] // channels
        every = scratch("every", (*into.shape[:2], count * line.stride * channels), into.dtype)
        filled = every[:, :, : ((count - 1) * line.stride + 1) * channels]
        dense = line._replace(stride=1, dilation=line.dilation * channels)
        fold(how, lines.transpose(2, 0, 1), 0, dense, 0, filled.transpose(2, 0, 1), above)
    _keep(every, line.stride, channels, into)


def _keep(every: Array, step: int, channels: int, into: Array) -> None:
    """Copy every `step`-th pixel."""
    size = into.itemsize * step
    if channels == 1 and size in (2, 4, 8) and byteorder == "little" and every.shape[2] % step == 0:
        # The first of neighbours is the low part of a longer number.
        low = every.view(f"u{size}")[:, :, : into.shape[2]]
        np.copyto(into.view(f"u{into.itemsize}"), low, casting="unsafe")
        return
    for channel in range(channels):
        kept = every[:, :, channel :: step * channels]
        into[:, :, channel::channels] = kept[:, :, : into.shape[2] // channels]


def fold(how: Folding, x: Array, start: int, line: Line, first: int, into: Array, room: Room) -> None:
    """Write ``into[m] = fold over i of x[(first + m) * s + i * d - start]``; beyond `x` is the neutral.

    Parameters
    ----------
    how : Folding
    x, into : arrays
        Folded along their first axes; the others match. `into` must not overlap `x`.
    start : int
        Position of ``x[0]``.
    line : Line
        Gives stride ``s``, dilation ``d`` and the number of taps.
    first : int
        Which window ``into[0]`` is.
    room : Room
        Scratch memory, shaped like `into` but for its first axis.
    """
    common = gcd(line.stride, line.dilation)
    phases, shift = line.stride // common, line.dilation // common
    runs, rest = divmod(line.taps, phases)
    taps = _Taps(how, x, start, line, first, room)
    if runs == 0:
        taps.chain(0, rest, into)
        return
    if runs == 1:
        taps.chain(0, phases, into)
    else:
        length = len(into) + (runs - 1) * shift
        each = taps.plain(length) if phases == 1 else None
        if each is None:
            each = room("phases", length)
            taps.chain(0, phases, each)
        _run(how, each, runs, shift, into, room)
    for tap in range(runs * phases, line.taps):
        taps.merge(tap, into)


class _Taps(NamedTuple):
    how: Folding
    x: Array
    start: int
    line: Line
    first: int
    room: Room

    def of(self, tap: int, length: int) -> tuple[Array, int, int]:
        """Return tap `tap` of `length` windows as far as there are pixels, and which windows those are."""
        stride, offset = self.line.stride, self.first * self.line.stride + tap * self.line.dilation
        low = min(max(0, -((offset - self.start) // stride)), length)
        high = min(max(low, -((offset - self.start - len(self.x)) // stride)), length)
        begin = offset - self.start + low * stride
        return self.x[begin : begin + (high - low - 1) * stride + 1 : stride][: high - low], low, high

    def plain(self, length: int) -> Array | None:
        """Return the first taps of `length` windows where all of them are pixels."""
        found, low, high = self.of(0, length)
        return found if (low, high) == (0, length) else None

    def chain(self, tap: int, end: int, into: Array, depth: int = 0) -> None:
        """Fold taps `tap` to `end` (excluded) of ``len(into)`` windows."""
        if end - tap > CHAIN and not self.how.idempotent:
            middle = (tap + end) // 2
            self.chain(tap, middle, into, depth + 1)
            other = self.room(("half", depth), len(into))
            self.chain(middle, end, other, depth + 1)
            self.how.operation(into, other, out=into)
            return
        pair = [self.of(index, len(into)) for index in range(tap, min(tap + 2, end))]
        if all((low, high) == (0, len(into)) for _, low, high in pair):
            if len(pair) == 2:
                self.how.operation(pair[0][0], pair[1][0], out=into)
            else:
                into[...] = pair[0][0]
            tap += len(pair)
        else:
            into[...] = self.how.neutral
        for index in range(tap, end):
            self.merge(index, into)

    def merge(self, tap: int, into: Array) -> None:
        """Fold one more tap into `into`."""
        found, low, high = self.of(tap, len(into))
        if low < high:
            self.how.operation(into[low:high], found, out=into[low:high])


def operations(taps: int, stride: int, dilation: int, how: Folding) -> int:
    """Return how many operations on whole arrays fold windows down the rows."""
    phases = stride // gcd(stride, dilation)
    runs, rest = divmod(taps, phases)
    if runs < 2:
        return taps - 1
    return phases - 1 + len(_steps(runs, how)) + rest


def _run(how: Folding, each: Array, count: int, shift: int, into: Array, room: Room) -> None:
    """Write ``into[m] = fold over i < count of each[m + i * shift]`` by about log2(count) operations."""
    steps = _steps(count, how)
    held, length = each, len(each)
    for number, (step, of_each) in enumerate(steps):
        moved = (each if of_each else held)[step * shift :]
        length = min(len(held), len(moved))
        if number == len(steps) - 1:
            how.operation(held[: len(into)], moved[: len(into)], out=into)
            return
        held = how.operation(held[:length], moved[:length], out=room(("run", number % 2), length))


def _steps(count: int, how: Folding) -> list[tuple[int, bool]]:
    """Return the shifts of the arrays that are folded one after the other, and whether of single pixels."""
    return _doubling(count) if how.idempotent else _additions(count)


def _doubling(count: int) -> list[tuple[int, bool]]:
    """Return shifts that make a window of `count`, halves overlapping."""
    steps, width = list[tuple[int, bool]](), 1
    while width < count:
        step = min(width, count - width)
        steps.append((step, False))
        width += step
    return steps


def _additions(count: int) -> list[tuple[int, bool]]:
    """Return shifts that make a window of `count` from windows of half that width and single pixels."""
    steps = list[tuple[int, bool]]()
    while count > 1:
        odd = count % 2 == 1
        steps.append((count - 1, True) if odd else (count // 2, False))
        count = count - 1 if odd else count // 2
    return steps[::-1]
