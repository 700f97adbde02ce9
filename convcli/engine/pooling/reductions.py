"""Reduction of each window to one value by an operation such as ``maximum``, along rows, then columns.

Overlapping windows share their halves: two windows of 4 taps make one of 8 (doubling). With stride ``s`` a
window of ``k`` taps costs about ``s + log2(k / s)`` operations on whole arrays, not ``k``. Sums of halves
also keep rounding small; no sum is updated by subtraction, so that an infinity or NaN stays in the windows
that read it.
"""

from collections.abc import Callable
from math import gcd
from typing import Any, NamedTuple

import numpy as np

from convcli.engine.arrays import Array
from convcli.engine.pooling.windows import Part, PoolTask, Prepare, cut_parts, load_part
from convcli.engine.threads import Scratch, run
from convcli.engine.window import Axis

__all__ = ["Finish", "Reduction", "operations", "reduce_axis", "reduce_windows"]

# Taps that are added one after the other, at most: more are added in halves, which rounds less.
MAX_SEQUENTIAL_TAPS = 16

# Bytes that a part reads: with fewer, calls take longer than the work; more leave the cache.
PART_BYTES = 1 << 21

# Gives scratch memory by name and length along the reduced axis, which comes first.
ScratchAlong = Callable[[object, int], Array]

# Turns reduced windows into results: ``finish(reduced, part, into)``.
Finish = Callable[[Array, Part, Array], None]


class Reduction(NamedTuple):
    """``maximum``, ``minimum``, ``add`` or ``logaddexp``, and its identity element."""

    operation: np.ufunc
    identity: Any

    @property
    def idempotent(self) -> bool:
        """Whether a pixel may be reduced twice, as by maximum and minimum."""
        return self.operation in (np.maximum, np.minimum)


def reduce_windows(
    task: PoolTask,
    how: Reduction,
    dtype: np.dtype[Any],
    threads: int,
    *,
    prepare: Prepare | None = None,
    finish: Finish | None = None,
) -> None:
    """Reduce every window of `task`, computed in `dtype`, along the rows' axis first."""
    channels, (rows, columns) = task.channels, task.axes
    results = task.out.reshape(*task.out.shape[:2], -1)

    def work(part: Part, scratch: Scratch) -> None:
        region = load_part(task, part, dtype, scratch, prepare)
        planes, height, _ = part.shape
        first, last = columns.reads(part.x0, part.x1)
        begin = (region.column - first) * channels
        end = begin + region.pixels.shape[2]

        def like_pixels(name: object, length: int) -> Array:
            return scratch(name, (planes, length, end - begin), dtype).transpose(1, 0, 2)

        lines = scratch("lines", (planes, height, (last - first) * channels), dtype)
        lines[:, :, :begin] = how.identity
        lines[:, :, end:] = how.identity
        down = lines[:, :, begin:end].transpose(1, 0, 2)
        offset = part.y0 * rows.stride - region.row
        reduce_axis(how, region.pixels.transpose(1, 0, 2), rows, offset, down, like_pixels)

        result = results[part.p0 : part.p1, part.y0 : part.y1, part.x0 * channels : part.x1 * channels]
        reduced = result if result.dtype == dtype else scratch("reduced", result.shape, dtype)
        _reduce_columns(how, lines, columns, channels, reduced, scratch)
        if finish is not None:
            finish(reduced, part, result)

    run(work, cut_parts(task, PART_BYTES // dtype.itemsize), threads)


def _reduce_columns(
    how: Reduction, lines: Array, axis: Axis, channels: int, into: Array, scratch: Scratch
) -> None:
    """Reduce `lines`, whose first sample is the first window's, along their last axis.

    With a stride every position is computed and some are kept: contiguous samples are computed so much faster
    than strided ones. Interleaved channels multiply the dilation.
    """

    def like_into(name: object, length: int) -> Array:
        return scratch(name, (*into.shape[:2], length), into.dtype).transpose(2, 0, 1)

    dense = axis._replace(dilation=axis.dilation * channels)
    if axis.stride == 1 or (channels == 1 and axis.size == 2 and not how.idempotent):
        # A strided sum of two taps is as fast as a contiguous one and a pass that keeps some.
        reduce_axis(how, lines.transpose(2, 0, 1), dense, 0, into.transpose(2, 0, 1), like_into)
        return
    every = lines
    if axis.size > 1:
        count = into.shape[2] // channels
        every = scratch("every", (*into.shape[:2], ((count - 1) * axis.stride + 1) * channels), into.dtype)
        dense = dense._replace(stride=1)
        reduce_axis(how, lines.transpose(2, 0, 1), dense, 0, every.transpose(2, 0, 1), like_into)
    for channel in range(channels):
        kept = every[:, :, channel :: axis.stride * channels]
        into[:, :, channel::channels] = kept[:, :, : into.shape[2] // channels]


def reduce_axis(
    how: Reduction, x: Array, axis: Axis, offset: int, into: Array, scratch: ScratchAlong
) -> None:
    """Write ``into[m] = reduction over i of x[m * s + i * d + offset]``; outside `x` is the identity.

    Parameters
    ----------
    how : Reduction
    x, into : arrays
        Reduced along their first axes; the others match. `into` must not overlap `x`.
    axis : Axis
        Gives stride ``s``, dilation ``d`` and the number of taps.
    offset : int
        Position in `x` of the first tap of ``into[0]``, below 0 where it is before `x`.
    scratch : ScratchAlong
        Scratch memory, shaped like `into` but for its first axis.
    """
    common = gcd(axis.stride, axis.dilation)
    phases, shift = axis.stride // common, axis.dilation // common
    runs, rest = divmod(axis.size, phases)
    taps = _Taps(how, x, axis, offset, scratch)
    if runs == 0:
        taps.chain(0, rest, into)
        return
    if runs == 1:
        taps.chain(0, phases, into)
    else:
        length = len(into) + (runs - 1) * shift
        each, low, high = taps.of(0, length)
        if phases > 1 or high - low < length:
            each = scratch("phases", length)
            taps.chain(0, phases, each)
        _reduce_run(how, each, runs, shift, into, scratch)
    for tap in range(runs * phases, axis.size):
        taps.merge(tap, into)


class _Taps(NamedTuple):
    """The taps of all windows along the first axis of `x`, as arguments of :func:`reduce_axis`."""

    how: Reduction
    x: Array
    axis: Axis
    offset: int
    scratch: ScratchAlong

    def of(self, tap: int, length: int) -> tuple[Array, int, int]:
        """Return tap `tap` of the windows, of `length`, where it lies in `x`, and the range of those."""
        stride, first = self.axis.stride, self.offset + tap * self.axis.dilation
        low = min(max(0, -(first // stride)), length)
        high = min(max(low, -((first - len(self.x)) // stride)), length)
        begin = first + low * stride
        return self.x[begin : begin + (high - low - 1) * stride + 1 : stride][: high - low], low, high

    def chain(self, tap: int, end: int, into: Array, depth: int = 0) -> None:
        """Reduce taps `tap` to `end` (excluded) of ``len(into)`` windows."""
        if end - tap > MAX_SEQUENTIAL_TAPS and not self.how.idempotent:
            half = (tap + end) // 2
            self.chain(tap, half, into, depth + 1)
            other = self.scratch(("half", depth), len(into))
            self.chain(half, end, other, depth + 1)
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
            into[...] = self.how.identity
        for index in range(tap, end):
            self.merge(index, into)

    def merge(self, tap: int, into: Array) -> None:
        """Reduce one more tap into `into`."""
        found, low, high = self.of(tap, len(into))
        if low < high:
            self.how.operation(into[low:high], found, out=into[low:high])


def operations(axis: Axis, how: Reduction) -> int:
    """Return how many operations on whole arrays :func:`reduce_axis` takes."""
    phases = axis.stride // gcd(axis.stride, axis.dilation)
    runs, rest = divmod(axis.size, phases)
    return axis.size - 1 if runs < 2 else phases - 1 + len(_shifts(runs, how)) + rest


def _reduce_run(
    how: Reduction, each: Array, count: int, shift: int, into: Array, scratch: ScratchAlong
) -> None:
    """Write ``into[m] = reduction over i < count of each[m + i * shift]`` by about log2(count) operations."""
    shifts = _shifts(count, how)
    held = each
    for number, (by, of_each) in enumerate(shifts):
        moved = (each if of_each else held)[by * shift :]
        last = number == len(shifts) - 1
        length = len(into) if last else min(len(held), len(moved))
        target = into if last else scratch(("run", number % 2), length)
        held = how.operation(held[:length], moved[:length], out=target)


def _shifts(count: int, how: Reduction) -> list[tuple[int, bool]]:
    """Return the steps ``(shift, of_each)`` that make windows of `count` taps from single taps.

    A step reduces the windows so far with a shifted copy of themselves, or of single taps where `of_each`.
    A sum of 5 taps is (1, False), (2, False), (4, True): widths 2, 4, 5. The maximum of 5 is (1, False),
    (2, False), (1, False): its two windows of 4 may overlap.
    """
    shifts, width = list[tuple[int, bool]](), 1
    if how.idempotent:
        while width < count:
            shifts.append((min(width, count - width), False))
            width += shifts[-1][0]
        return shifts
    while count > 1:
        odd = count % 2 == 1
        shifts.append((count - 1, True) if odd else (count // 2, False))
        count = count - 1 if odd else count // 2
    return shifts[::-1]
