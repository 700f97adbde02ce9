"""Medians of windows: by a sorting network where they are small, by sorting each window at edges and else."""

from functools import lru_cache
from typing import Any

import numpy as np

from convcli.engine.arrays import Array
from convcli.engine.pooling.windows import Part, Windows, load, split
from convcli.engine.threads import Scratch, run
from convcli.engine.tiles import even_cuts

__all__ = ["NETWORK", "medians", "network"]

NETWORK = 256
"""Taps up to which exchanging whole arrays is faster than sorting each window."""

ROOM = 1 << 18
"""Numbers of unfolded windows held at a time."""

Exchange = tuple[int, int, bool, bool]
"""Put the lesser of two at the first place and the greater at the second: whether either is needed."""


def medians(task: Windows, threads: int) -> None:
    """Write the median of every window of `task`, padding left out."""
    (y0, y1), (x0, x1) = (line.whole(*task.bounds(line)) for line in (task.rows, task.columns))
    planes, height, width = task.x.shape[0], task.rows.windows, task.columns.windows
    small = task.rows.taps * task.columns.taps <= NETWORK

    def exchange(part: Part, scratch: Scratch) -> None:
        _exchange(task, part, scratch)

    def rank(part: Part, scratch: Scratch) -> None:
        _rank(task, part, scratch)

    run(exchange if small else rank, _parts(task, Part(0, planes, y0, y1, x0, x1)), threads)
    edges = (
        Part(0, planes, 0, y0, 0, width),
        Part(0, planes, y1, height, 0, width),
        Part(0, planes, y0, y1, 0, x0),
        Part(0, planes, y0, y1, x1, width),
    )
    run(rank, [part for edge in edges for part in _parts(task, edge)], threads)


def _parts(task: Windows, area: Part) -> list[Part]:
    """Cut `area` into parts whose unfolded windows have room."""
    if min(area.shape) < 1:
        return []
    room = ROOM // (task.rows.taps * task.columns.taps * task.channels)
    columns = even_cuts(area.shape[2], room)
    rows = even_cuts(area.shape[1], room // columns[1])
    return split(area, even_cuts(area.shape[0], room // (columns[1] * rows[1])), rows, columns)


def _exchange(task: Windows, part: Part, scratch: Scratch) -> None:
    """Sort the taps of all windows at once, as far as their middle needs it; a NaN spreads to all of them."""
    windows = _unfolded(task, part, scratch, 0)
    *shape, high, wide = windows.shape
    held = [scratch(("tap", index), tuple(shape), task.x.dtype) for index in range(high * wide + 1)]
    for index, tap in enumerate(held[:-1]):
        tap[...] = windows[..., index // wide, index % wide]
    spare = held.pop()
    for low, top, lesser, greater in network(len(held)):
        if lesser and greater:
            np.minimum(held[low], held[top], out=spare)
            np.maximum(held[low], held[top], out=held[top])
            held[low], spare = spare, held[low]
        elif lesser:
            np.minimum(held[low], held[top], out=held[low])
        else:
            np.maximum(held[low], held[top], out=held[top])
    _mean(held[(len(held) - 1) // 2], held[len(held) // 2], task.out[part.where])


def _rank(task: Windows, part: Part, scratch: Scratch) -> None:
    """Sort the taps of each window that are there."""
    kind = task.x.dtype
    filler = np.inf if kind.kind == "f" else kind.kind == "b" or np.iinfo(kind).max
    windows = _unfolded(task, part, scratch, filler)
    *shape, high, wide = windows.shape
    order = scratch("order", windows.shape, kind)
    order[...] = windows
    order = order.reshape(*shape, high * wide)
    unknown = np.isnan(order).any(axis=-1) if kind.kind == "f" else None
    rows, columns = (line.taps_in(*task.bounds(line)) for line in (task.rows, task.columns))
    there = np.multiply.outer(rows[part.y0 : part.y1], columns[part.x0 : part.x1])
    if (there == high * wide).all():
        order.partition(((high * wide - 1) // 2, high * wide // 2), axis=-1)
    else:
        order.sort(axis=-1)
    lower, upper = (
        np.take_along_axis(order, np.broadcast_to(place[..., np.newaxis], shape)[..., np.newaxis], -1)[..., 0]
        for place in ((there - 1) // 2, there // 2)
    )
    into = task.out[part.where]
    _mean(lower, upper, into)
    if unknown is not None:
        into[unknown] = np.nan


def _mean(lower: Array, upper: Array, into: Array) -> None:
    """Write the mean of the two in the middle, without overflow."""
    if lower is upper:
        into[...] = lower
        return
    half = into.dtype.type(0.5)
    np.add(lower.astype(into.dtype) * half, upper.astype(into.dtype) * half, out=into)


def _unfolded(task: Windows, part: Part, scratch: Scratch, filler: Any) -> Array:
    """Return what each window sees, P x rows x columns x C x kh x kw; `filler` where there is nothing."""
    rows, columns, channels = task.rows, task.columns, task.channels
    (y0, y1), (x0, x1) = rows.reads(part.y0, part.y1), columns.reads(part.x0, part.x1)
    region = load(task, part, task.x.dtype, scratch)
    numbers = region.numbers
    if numbers.shape[1:] != (y1 - y0, (x1 - x0) * channels):
        numbers = scratch("filled", (part.shape[0], y1 - y0, (x1 - x0) * channels), task.x.dtype)
        numbers[...] = filler
        down, along = region.row - y0, (region.column - x0) * channels
        _, height, width = region.numbers.shape
        numbers[:, down : down + height, along : along + width] = region.numbers
    plane, row, number = numbers.strides
    column = number * channels
    return np.lib.stride_tricks.as_strided(
        numbers,
        (*part.shape, channels, rows.taps, columns.taps),
        (
            plane,
            row * rows.stride,
            column * columns.stride,
            number,
            row * rows.dilation,
            column * columns.dilation,
        ),
        writeable=False,
    )


@lru_cache(maxsize=32)
def network(count: int) -> tuple[Exchange, ...]:
    """Return the exchanges that bring the middle (of an even count, both) of `count` numbers to its place.

    References
    ----------
    Batcher, Sorting networks and their applications, 1968: odd-even merging; left out is what has no
    influence on the middle.
    """
    exchanges = []
    merged = 1
    while merged < count:
        step = merged
        while step:
            for start in range(step % merged, count - step, 2 * step):
                exchanges += [
                    (low, low + step)
                    for low in range(start, start + min(step, count - start - step))
                    if low // (2 * merged) == (low + step) // (2 * merged)
                ]
            step //= 2
        merged *= 2
    needed = {(count - 1) // 2, count // 2}
    kept: list[Exchange] = []
    for low, top in reversed(exchanges):
        if low in needed or top in needed:
            kept.append((low, top, low in needed, top in needed))
            needed |= {low, top}
    return tuple(kept[::-1])
