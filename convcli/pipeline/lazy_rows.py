"""Feature maps that are computed, measured and turned into pixels in bands of rows that fit the CPU cache."""

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from convcli.choices import RangeMode
from convcli.engine.threads import run, thread_count
from convcli.imaging.pixels import Pixels, to_pixels
from convcli.pipeline.clipping import Tally, tally

__all__ = ["LazyRows", "Samples", "Statistics", "measured", "to_samples"]

Array = NDArray[Any]

# Smallest bands that a map is cut into, in samples: a band costs a fifth of a millisecond whatever its size.
SMALLEST = 1 << 21

# Largest band, in bytes of its accumulators.
LARGEST = 1 << 23

# Bands that a map is cut into, within those limits.
BANDS = 8


class LazyRows(NamedTuple):
    """A feature map that is computed when its rows are asked for."""

    shape: tuple[int, ...]  # (H', W') or (H', W', C)
    rows: Callable[[int, int], Array]  # values of rows first <= row < end; several threads call it at once
    sample_bytes: int  # bytes of a sample's accumulators while its rows are computed


class Statistics(NamedTuple):
    """Minimum, maximum, sum and number of the samples of a map."""

    minimum: float
    maximum: float
    total: float
    size: int


class Samples(NamedTuple):
    """The samples of a map, its statistics if asked for, and the tallies of its bands if it had some."""

    pixels: Pixels
    statistics: list[Statistics]
    tallies: list[Tally]


def measured(values: Array) -> Statistics:
    """Return the statistics of `values`."""
    total = float(values.sum(dtype=np.float64))
    return Statistics(float(values.min()), float(values.max()), total, values.size)


def to_samples(
    values: Array | LazyRows,
    mode: RangeMode,
    *,
    full_in: float,
    target: DTypeLike,
    jobs: int | None,
    details: bool,
    span: tuple[float, float] | None = None,
    rivals: Sequence[RangeMode] = (),
    counted: bool = True,
) -> Samples:
    """Turn a map into samples of type `target`, as :func:`to_pixels` does; with `details`, measure it too.

    Bands depend on the map's shape alone, so that results do not depend on the number of threads. They are
    not kept, so the pixels that the ranges `rivals` would cut are counted at once.
    """
    if not isinstance(values, LazyRows):
        pixels = to_pixels(values, mode, full_in=full_in, target=target, span=span, counted=counted)
        return Samples(pixels, [measured(values)] if details else [], [])
    height, size = values.shape[0], prod(values.shape)
    bands = max(1, min(BANDS, size // SMALLEST), -(-size * values.sample_bytes // LARGEST))
    band_rows = -(-height // bands)
    starts = range(0, height, band_rows)
    out = np.empty(values.shape, target)
    clipped, found, tallies = dict.fromkeys(starts, 0), dict[int, Statistics](), dict[int, Tally]()

    def work(start: int, _: object) -> None:
        end = min(start + band_rows, height)
        band = values.rows(start, end)
        if details:
            found[start] = measured(band)
        made = to_pixels(band, mode, full_in=full_in, target=target, out=out[start:end], counted=counted)
        clipped[start] = made.clipped
        within = Tally(0.0, full_in, ())
        some = bool(rivals) or made.clipped > 0
        tallies[start] = tally(band, rivals, full_in, target, made.clipped) if some else within

    run(work, starts, thread_count(jobs))
    measures = [found[start] for start in starts if details]
    return Samples(Pixels(out, sum(clipped.values())), measures, list(tallies.values()))
