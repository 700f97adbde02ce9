"""Median pooling: a sorting network for small windows without neutral padding, else each window is sorted."""

from functools import lru_cache, partial
from typing import Any

import numpy as np

from convcli.engine.arrays import Array
from convcli.engine.pooling.windows import Part, PoolTask, load_part, split
from convcli.engine.threads import Scratch, run
from convcli.engine.tiles import even_cuts
from convcli.engine.window import Axis

__all__ = ["MAX_NETWORK_TAPS", "median_pool", "network"]

# Taps of a window up to which the exchanges of whole arrays are faster than sorting each window.
MAX_NETWORK_TAPS = 256

# Samples of unfolded windows in a part, at most: 1 MiB of float32, which stays in the cache.
UNFOLDED_SAMPLES = 1 << 18

# (low, high, smaller, larger): of the taps at indices low and high, put the smaller at low and the larger at
# high; the flags say whether the smaller, and the larger, is still needed.
Exchange = tuple[int, int, bool, bool]


def median_pool(task: PoolTask, threads: int) -> None:
    """Write the median of every window of `task`, neutral padding left out."""
    planes, height, width, _ = task.out.shape
    (y0, y1), (x0, x1) = map(_whole, task.axes, (height, width), task.counted)
    inner = _by_network if task.how.window.taps <= MAX_NETWORK_TAPS else _by_sorting
    run(partial(inner, task), _parts(task, Part(0, planes, y0, y1, x0, x1)), threads)
    border = (
        Part(0, planes, 0, y0, 0, width),
        Part(0, planes, y1, height, 0, width),
        Part(0, planes, y0, y1, 0, x0),
        Part(0, planes, y0, y1, x1, width),
    )
    run(partial(_by_sorting, task), [part for area in border for part in _parts(task, area)], threads)


def _whole(axis: Axis, windows: int, bounds: tuple[int, int]) -> tuple[int, int]:
    """Return the windows, the end excluded, that read only padded positions within `bounds`."""
    first, last = axis._replace(low=bounds[0]).interior(bounds[1] - bounds[0])
    return min(first, windows), min(max(first, last), windows)


def _parts(task: PoolTask, area: Part) -> list[Part]:
    """Cut `area` into parts of at most ``UNFOLDED_SAMPLES``."""
    if min(area.shape) < 1:
        return []
    most = UNFOLDED_SAMPLES // (task.how.window.taps * task.channels)
    columns = even_cuts(area.shape[2], most)
    rows = even_cuts(area.shape[1], most // columns[1])
    return split(area, even_cuts(area.shape[0], most // (columns[1] * rows[1])), rows, columns)


def _by_network(task: PoolTask, part: Part, scratch: Scratch) -> None:
    """Sort the taps of all windows at once, as far as the median needs it; NaN gives NaN."""
    windows = _unfolded(task, part, scratch, 0)
    *shape, kh, kw = windows.shape
    taps = [scratch(("tap", index), tuple(shape), task.x.dtype) for index in range(kh * kw + 1)]
    for index, tap in enumerate(taps[:-1]):
        tap[...] = windows[..., index // kw, index % kw]
    spare = taps.pop()
    for low, high, smaller, larger in network(len(taps)):
        if smaller and larger:
            np.minimum(taps[low], taps[high], out=spare)
            np.maximum(taps[low], taps[high], out=taps[high])
            taps[low], spare = spare, taps[low]
        elif smaller:
            np.minimum(taps[low], taps[high], out=taps[low])
        else:
            np.maximum(taps[low], taps[high], out=taps[high])
    _mean(taps[(len(taps) - 1) // 2], taps[len(taps) // 2], task.out[part.where])


def _by_sorting(task: PoolTask, part: Part, scratch: Scratch) -> None:
    """Sort the taps of each window that are not neutral padding."""
    dtype = task.x.dtype
    largest = np.inf if dtype.kind == "f" else dtype.kind == "b" or np.iinfo(dtype).max
    windows = _unfolded(task, part, scratch, largest)
    *shape, kh, kw = windows.shape
    order = scratch("order", windows.shape, dtype)
    order[...] = windows
    order = order.reshape(*shape, kh * kw)
    nan = np.isnan(order).any(axis=-1) if dtype.kind == "f" else None
    down, along = task.taps_within(task.counted)
    counts = np.multiply.outer(down[part.y0 : part.y1], along[part.x0 : part.x1])
    if (counts == kh * kw).all():
        order.partition(((kh * kw - 1) // 2, kh * kw // 2), axis=-1)
    else:
        order.sort(axis=-1)
    lower, upper = (
        np.take_along_axis(order, np.broadcast_to(rank[..., np.newaxis], shape)[..., np.newaxis], -1)[..., 0]
        for rank in ((counts - 1) // 2, counts // 2)
    )
    into = task.out[part.where]
    _mean(lower, upper, into)
    if nan is not None:
        into[nan] = np.nan


def _mean(lower: Array, upper: Array, into: Array) -> None:
    """Write the mean of the two medians of an even number of taps, without overflow."""
    if lower is upper:
        into[...] = lower
        return
    half = into.dtype.type(0.5)
    np.add(lower.astype(into.dtype) * half, upper.astype(into.dtype) * half, out=into)


def _unfolded(task: PoolTask, part: Part, scratch: Scratch, filler: Any) -> Array:
    """Return the taps of each window, P x rows x columns x C x kh x kw, with `filler` as neutral padding."""
    (rows, columns), channels = task.axes, task.channels
    (y0, y1), (x0, x1) = rows.reads(part.y0, part.y1), columns.reads(part.x0, part.x1)
    region = load_part(task, part, task.x.dtype, scratch)
    pixels = region.pixels
    if pixels.shape[1:] != (y1 - y0, (x1 - x0) * channels):
        pixels = scratch("filled", (part.shape[0], y1 - y0, (x1 - x0) * channels), task.x.dtype)
        pixels[...] = filler
        down, along = region.row - y0, (region.column - x0) * channels
        _, height, width = region.pixels.shape
        pixels[:, down : down + height, along : along + width] = region.pixels
    plane, row, sample = pixels.strides
    column = sample * channels
    windows = (plane, row * rows.stride, column * columns.stride, sample)
    return np.lib.stride_tricks.as_strided(
        pixels,
        (*part.shape, channels, rows.size, columns.size),
        (*windows, row * rows.dilation, column * columns.dilation),
        writeable=False,
    )


@lru_cache(maxsize=32)
def network(count: int) -> tuple[Exchange, ...]:
    """Return the exchanges that sort `count` taps far enough to find their median (of an even count, both).

    References
    ----------
    Batcher, Sorting networks and their applications, 1968: odd-even merging, without
    the exchanges that have no influence on the median.
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
    for low, high in reversed(exchanges):
        if low in needed or high in needed:
            kept.append((low, high, low in needed, high in needed))
            needed |= {low, high}
    return tuple(kept[::-1])
