"""The border band, and each padding mode's errors in it: MAE, PSNR, SSIM, depth, by side and distance."""

import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convcli.choices import PadMode
from convcli.engine.arrays import Array, Floats
from convcli.stacks.paddings.ssim import RADIUS, structural_similarity

__all__ = ["CORNERS", "SIDES", "TIE", "Band", "Comparison", "best", "compare_result", "data_range", "winners"]

Region = tuple[slice, slice]

# Names of the strips of the border band, and of the rectangles where two of them meet.
SIDES = ("top", "bottom", "left", "right")
CORNERS = ("top-left", "top-right", "bottom-left", "bottom-right")
# Mean errors that differ by at most this share of the smaller one tie: above float64's rounding.
TIE = 1e-9


class Band(NamedTuple):
    """The border band: the number of pixels, from each side, of a result that depend on padding."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def depth(self) -> int:
        """Its maximum depth in pixels."""
        return max(self)

    def within(self, size: tuple[int, int]) -> "Band":
        """Return the band clipped to a result of this size."""
        height, width = size
        return Band(*map(min, self, (height, height, width, width)))

    def regions(self, size: tuple[int, int]) -> dict[str, Region]:
        """Return the strip along each of `SIDES`, corners included, and each of `CORNERS`, where two meet."""
        (height, width), (top, bottom, left, right) = size, self.within(size)
        rows = {"top": slice(0, top), "bottom": slice(height - bottom, None)}
        columns = {"left": slice(0, left), "right": slice(width - right, None)}
        sides = {name: (cut, slice(None)) for name, cut in rows.items()}
        sides |= {name: (slice(None), cut) for name, cut in columns.items()}
        return sides | {f"{row}-{column}": (rows[row], columns[column]) for row in rows for column in columns}

    def rectangles(self, size: tuple[int, int]) -> Iterator[Region]:
        """Yield rectangles that cover the band without overlap."""
        height, width = size
        top, bottom, left, right = self.within(size)
        low = max(top, height - bottom)
        yield slice(0, top), slice(0, width)
        yield slice(low, height), slice(0, width)
        yield slice(top, low), slice(0, left)
        yield slice(top, low), slice(max(left, width - right), width)

    def mask(self, size: tuple[int, int]) -> NDArray[np.bool_]:
        """Return H x W, true in the band."""
        inside = np.zeros(size, bool)
        for part in self.rectangles(size):
            inside[part] = True
        return inside


@dataclass(frozen=True, eq=False, kw_only=True)
class Comparison:
    """The errors of one padding mode against the truth.

    Attributes
    ----------
    pad
        The mode.
    mae, max, rmse
        Mean absolute, largest and root mean square error over the border band, in the picture's units; NaN
        where there are no pixels.
    psnr
        ``20 log10(peak / rmse)`` in decibels, infinite where nothing differs.
    ssim
        Mean structural similarity over the band.
    sides, corners
        Mean absolute error along each of `SIDES` and in each of `CORNERS`; NaN where the band has none.
    depth
        How many pixels inward the error reaches: from this distance on the results are equal.
    by_distance : (D,) array
        Mean absolute error at distance 0, 1, 2, ... from the nearest side; NaN where there are no pixels.
    truth, error : (H, W) or (H, W, C) arrays
        The reference, and the result minus that; NaN where the mode gives no pixels.
    """

    pad: PadMode
    mae: float
    max: float
    rmse: float
    psnr: float
    ssim: float
    sides: Mapping[str, float]
    corners: Mapping[str, float]
    depth: int
    by_distance: Floats
    truth: Floats
    error: Floats

    @property
    def result(self) -> Floats:
        """The mode's own result: truth plus error."""
        return np.asarray(self.truth + self.error)

    def without_arrays(self) -> "Comparison":
        """Return the figures alone, with empty truth and error."""
        return replace(self, truth=np.empty((0, 0)), error=np.empty((0, 0)))


def compare_result(
    pad: PadMode, result: Array, truth: Array, band: Band, *, peak: float, tolerance: float = 0.0
) -> Comparison:
    """Return the errors of one mode's result, H x W (x C), NaN where it gives no pixels.

    `peak` is the range of the data, for PSNR and SSIM; differences up to `tolerance` count as rounding,
    that is as zero.
    """
    shape = (truth.shape[0], truth.shape[1])
    truth = truth.astype(np.float64, copy=False)
    error = np.subtract(result, truth)
    magnitude = np.abs(error)
    small = magnitude <= tolerance
    error[small], magnitude[small] = 0.0, 0.0
    found = np.concatenate([magnitude[part].ravel() for part in band.rectangles(shape)])
    found = found[~np.isnan(found)]
    rmse = math.sqrt(_mean(found * found)) if found.size else math.nan
    by_distance, depth = _by_distance(magnitude, band.depth)
    means = {name: _mean(magnitude[region]) for name, region in band.regions(shape).items()}
    return Comparison(
        pad=pad,
        mae=_mean(found),
        max=float(found.max()) if found.size else math.nan,
        rmse=rmse,
        psnr=_psnr(peak, rmse),
        ssim=_similarity(error, truth, band, peak),
        sides={name: means[name] for name in SIDES},
        corners={name: means[name] for name in CORNERS},
        depth=depth,
        by_distance=by_distance,
        truth=truth,
        error=error,
    )


def data_range(values: Array) -> float:
    """Return the range that PSNR and SSIM refer to, the ``data_range`` of scikit-image.

    255 for uint8 and 65535 for uint16; for any other type 1 where all values lie within 0 and 1, else the
    greatest minus the least value, or where all are equal their magnitude.
    """
    if values.dtype in (np.uint8, np.uint16):
        return float(np.iinfo(values.dtype).max)
    low, high = float(values.min()), float(values.max())
    return 1.0 if low >= 0 and high <= 1 else high - low or abs(high)


def _psnr(peak: float, rmse: float) -> float:
    """Return ``20 log10(peak / rmse)``; the smallest float stands for ratios below it."""
    return math.inf if rmse == 0 else 20 * math.log10(peak / rmse or sys.float_info.min)


def _mean(values: Array) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else math.nan


def _by_distance(magnitude: Floats, band_depth: int) -> tuple[Floats, int]:
    """Return the mean absolute error at each distance from the border, and the depth that errors reach.

    Inside the band there are mostly none: that is checked at once, not ring by ring.
    """
    height, width = magnitude.shape[:2]
    means = np.zeros((min(height, width) + 1) // 2)
    inside = slice(band_depth, height - band_depth), slice(band_depth, width - band_depth)
    rings = band_depth if band_depth < means.size and not magnitude[inside].any() else means.size
    depth = 0
    for away in range(rings):
        ring = _ring(magnitude, away)
        means[away] = _mean(ring)
        if (ring > 0).any():
            depth = away + 1
    return means, depth


def _ring(values: Floats, away: int) -> Floats:
    """Return all values at distance `away`, in pixels, from the nearest side."""
    height, width = values.shape[0] - away, values.shape[1] - away
    rows = [away] if height - 1 == away else [away, height - 1]
    columns = [away] if width - 1 == away else [away, width - 1]
    return np.concatenate(
        [
            *(values[row, away:width].ravel() for row in rows),
            *(values[away + 1 : height - 1, column].ravel() for column in columns),
        ]
    )


def _similarity(error: Floats, truth: Floats, band: Band, peak: float) -> float:
    """Return the mean SSIM over the band, computed from the pixels that its windows cover alone."""
    total, count = 0.0, 0
    shape = (truth.shape[0], truth.shape[1])
    for part in band.rectangles(shape):
        around = tuple(
            slice(max(0, one.start - RADIUS), min(n, one.stop + RADIUS))
            for one, n in zip(part, shape, strict=True)
        )
        cut = tuple(
            slice(one.start - more.start, one.stop - more.start)
            for one, more in zip(part, around, strict=True)
        )
        if 0 in truth[part].shape:
            continue
        if np.isnan(error[around]).any():
            return math.nan
        found = structural_similarity(truth[around] + error[around], truth[around], peak)[cut]
        total, count = total + float(found.sum()), count + found.size
    return total / count if count else math.nan


def best(compared: Sequence[Comparison]) -> list[Comparison]:
    """Return the modes that give pixels in the band, by increasing mean absolute error."""
    return sorted((one for one in compared if not math.isnan(one.mae)), key=lambda one: one.mae)


def winners(compared: Sequence[Comparison]) -> list[Comparison]:
    """Return the best mode, and those that tie with it."""
    order = best(compared)
    return [one for one in order if one.mae - order[0].mae <= TIE * order[0].mae]
