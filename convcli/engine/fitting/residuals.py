"""Residuals of a kernel, computed from the pixels in bands of rows."""

from collections.abc import Sequence
from functools import partial, reduce
from operator import add
from typing import Any, NamedTuple

import numpy as np

from convcli.engine.arrays import Floats
from convcli.engine.fitting.data import Plane
from convcli.engine.fitting.moments import Centre
from convcli.engine.fitting.windows import MAX_BANDS, blocks, map_bands, unfold
from convcli.engine.threads import Scratch
from convcli.engine.tiles import Piece
from convcli.engine.window import Window

__all__ = ["Residuals", "measure"]


class Residuals(NamedTuple):
    """Sums over the residuals: targets minus filtered inputs.

    Attributes
    ----------
    samples, total, square, worst
        Number of fitted values; their residuals' sum, sum of squares and largest magnitude.
    slope : (taps,) array
        ``sum x r`` over windows x and residuals r.
    held, held_square
        Values held out, and the sum of their squared residuals.
    held_total, held_spread
        ``sum y`` and ``sum y^2`` of the targets held out, centred.
    """

    samples: int
    total: float
    square: float
    worst: float
    slope: Floats
    held: int = 0
    held_square: float = 0.0
    held_total: float = 0.0
    held_spread: float = 0.0

    def plus(self, other: "Residuals") -> "Residuals":
        """Return the sums over both."""
        sums: list[Any] = list(map(add, self, other))
        return Residuals(*sums)._replace(worst=max(self.worst, other.worst))


def measure(
    planes: Sequence[Plane], window: Window, centre: Centre, weights: Floats, bias: float, threads: int
) -> Residuals:
    """Return the residuals of the kernel `weights` and `bias`, both of centred pixels and targets."""
    band = partial(_measure_band, window, centre, weights, bias)
    return reduce(Residuals.plus, [found for _, found in map_bands(planes, MAX_BANDS, band, threads)])


def _measure_band(
    window: Window,
    centre: Centre,
    weights: Floats,
    bias: float,
    plane: Plane,
    rows: tuple[int, int],
    scratch: Scratch,
) -> Residuals:
    found = Residuals(0, 0.0, 0.0, 0.0, np.zeros(window.taps))
    for block in blocks(window, Piece(*rows, 0, plane.target.shape[1])):
        windows = unfold(plane.image, window, centre.image, block, scratch)
        area = (slice(block.y0, block.y1), slice(block.x0, block.x1))
        target = plane.target[area].astype(np.float64) - centre.target
        left = target - bias - np.matmul(weights, windows)
        count, held = left.size, (0, 0.0, 0.0, 0.0)
        if plane.held is not None:
            out, of = left[plane.held[area]], target[plane.held[area]]
            held = (out.size, float(out @ out), float(of.sum()), float(of @ of))
        if plane.keep is not None:
            count = int(np.count_nonzero(plane.keep[area]))
            left *= plane.keep[area]
        worst = max(float(left.max()), float(-left.min()))
        slope = np.matmul(windows, left[:, :, None]).sum(0)[:, 0]
        square = float(np.vdot(left, left))
        found = found.plus(Residuals(count, float(left.sum()), square, worst, slope, *held))
    return found
