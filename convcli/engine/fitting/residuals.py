"""What a kernel leaves of the targets: measured on the pixels, in strips."""

from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple

import numpy as np

from convcli.engine.arrays import Floats
from convcli.engine.blas import one_thread
from convcli.engine.fitting.data import Frame, Plane
from convcli.engine.fitting.moments import Centre
from convcli.engine.fitting.windows import BANDS, blocks, cut_bands, unfold
from convcli.engine.threads import Scratch, run
from convcli.engine.tiles import Piece

__all__ = ["Residuals", "measure"]


class Residuals(NamedTuple):
    """What a kernel leaves of the targets.

    Attributes
    ----------
    samples, total, square, worst
        Of the fitted values: how many, the residuals' sum, their sum of squares and largest magnitude.
    slope : (taps,) array
        ``sum x r`` over windows x and residuals r.
    held, held_square
        Values held out, and the sum of their squared residuals.
    held_total, held_spread
        ``sum y`` and ``sum y^2`` of them, less the centre.
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
        """Return both together."""
        return Residuals(
            self.samples + other.samples,
            self.total + other.total,
            self.square + other.square,
            max(self.worst, other.worst),
            self.slope + other.slope,
            self.held + other.held,
            self.held_square + other.held_square,
            self.held_total + other.held_total,
            self.held_spread + other.held_spread,
        )


def measure(
    planes: Sequence[Plane], frame: Frame, centre: Centre, weights: Floats, bias: float, threads: int
) -> Residuals:
    """Return what the kernel `weights` and `bias`, of centred pixels and targets, leave of the targets."""
    bands = cut_bands(planes, BANDS)
    slots: list[Residuals | None] = [None] * len(bands)

    def work(at: int, scratch: Scratch) -> None:
        which, y0, y1 = bands[at]
        slots[at] = _measure(planes[which], frame, centre, weights, bias, (y0, y1), scratch)

    with one_thread():
        run(work, range(len(bands)), threads)
    return reduce(Residuals.plus, [slot for slot in slots if slot is not None])


def _measure(
    plane: Plane,
    frame: Frame,
    centre: Centre,
    weights: Floats,
    bias: float,
    rows: tuple[int, int],
    scratch: Scratch,
) -> Residuals:
    found = Residuals(0, 0.0, 0.0, 0.0, np.zeros(frame.taps))
    for block in blocks(frame, Piece(*rows, 0, plane.target.shape[1])):
        windows = unfold(plane.image, frame, centre.image, block, scratch)
        area = (slice(block.y0, block.y1), slice(block.x0, block.x1))
        target = plane.target[area].astype(np.float64) - centre.target
        left = target - bias - np.matmul(weights, windows)
        count = left.size
        if plane.held is not None:
            out, of = left[plane.held[area]], target[plane.held[area]]
            held = Residuals(
                0, 0.0, 0.0, 0.0, 0 * found.slope, out.size, float(out @ out), float(of.sum()), float(of @ of)
            )
            found = found.plus(held)
        if plane.keep is not None:
            count = int(np.count_nonzero(plane.keep[area]))
            left *= plane.keep[area]
        worst = max(float(left.max()), float(-left.min()))
        slope = np.matmul(windows, left[:, :, None]).sum(0)[:, 0]
        found = found.plus(Residuals(count, float(left.sum()), float(np.vdot(left, left)), worst, slope))
    return found
