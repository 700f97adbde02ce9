"""Which border a filter used: the kernel, found in the interior, is tried with every one.

Of the targets only the band is compared whose windows reach beyond the picture. For ``constant`` the value is
found too: predictions are linear in it.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from convcli.choices import PadMode
from convcli.engine.arrays import Array, Floats
from convcli.engine.fitting.data import Frame, Plane, inner_range
from convcli.engine.fitting.windows import predict
from convcli.engine.threads import Scratch
from convcli.engine.tiles import Piece

__all__ = ["COPIED", "BorderTrial", "Kernel", "try_borders"]

COPIED = "copied"
"""The target's border is the input's own: what Pillow's ``ImageFilter.Kernel`` leaves."""

PLAINEST = ("reflect", "zero", "replicate", "symmetric", "wrap", "constant", COPIED)
"""Of modes that give the same, the first is chosen: the default, then in order of simplicity."""

SAME = 1e-3
"""Share by which residuals may differ and count as equal."""

TINY = 1e-7
"""Share of the target's deviation below which a residual counts as none."""


class BorderTrial(NamedTuple):
    """One way to make up the pixels beyond the edge, and how well it explains the target's border.

    Attributes
    ----------
    mode : str
        A mode of ``PadMode`` other than ``valid``, or ``copied``: the target's border is the input's own.
    rms : float
        Root mean square of the residuals over the border band.
    value : float or None
        The constant that fits best, for mode ``constant``.
    best : bool
        Nothing does better: more than one trial says so where modes give the same.
    """

    mode: str
    rms: float
    value: float | None
    best: bool


class Kernel(NamedTuple):
    """Weights and bias for pictures as they are, and the planes that they filter."""

    planes: Sequence[Plane]
    weights: Floats
    bias: float


def try_borders(
    kernels: Sequence[Kernel], frame: Frame, margin: int, deviation: float
) -> tuple[BorderTrial, ...]:
    """Return every border with its residual, the best first, and of those that are equal the plainest.

    Parameters
    ----------
    kernels : sequence of Kernel
        Fitted where nothing is made up.
    frame : Frame
        Of any mode.
    margin : int
        Pixels that the band is wide at least.
    deviation : float
        Of the targets: what is tiny beside it counts as none.
    """
    scratch = Scratch()
    left: dict[str, list[Floats]] = {mode: [] for mode in PLAINEST}
    slopes: list[Floats] = []
    for kernel in kernels:
        outside = float(kernel.weights.sum())
        for plane in kernel.planes:
            for area, keep in _band(plane, frame, margin):
                here = (slice(area.y0, area.y1), slice(area.x0, area.x1))
                target = plane.target[here].astype(np.float64) - kernel.bias
                for mode in PLAINEST[:5]:
                    framed = frame._replace(mode=PadMode(mode))
                    made = predict(plane.image, framed, kernel.weights, area, scratch)
                    left[mode].append((target - made)[keep])
                ones = np.broadcast_to(np.float64(1), plane.image.shape)
                inside = predict(ones, frame._replace(mode=PadMode.ZERO), kernel.weights, area, scratch)
                slopes.append((outside - inside)[keep])
                left[COPIED].append((target + kernel.bias - _own(plane, frame, here))[keep])
    shown, left["constant"] = _constant(left["zero"], slopes)
    rms = {mode: _rms(parts) for mode, parts in left.items()}
    count = sum(part.size for part in left["constant"])
    # Zero is a constant too: another value must earn itself, by Schwarz's criterion.
    earned = rms["constant"] * float(max(count, 1) ** (0.5 / max(count, 1)))
    least = min(earned, *(value for mode, value in rms.items() if mode != "constant"))
    tolerated = least * (1 + SAME) + TINY * deviation
    trials = [
        BorderTrial(mode, rms[mode], shown if mode == "constant" else None, rms[mode] <= tolerated)
        for mode in PLAINEST
    ]
    return tuple(sorted(trials, key=lambda trial: (not trial.best, 0.0 if trial.best else trial.rms)))


def _band(plane: Plane, frame: Frame, margin: int) -> Iterator[tuple[Piece, Array]]:
    """Return the areas that are no interior, each with which of its values count."""
    height, width = plane.target.shape
    ends = []
    for axis, count in ((0, height), (1, width)):
        size, span, step = plane.image.shape[axis], frame.size[axis], frame.stride[axis]
        first, end = inner_range(size, span, step, margin)
        first = min(count, first)
        ends.append((first, max(first, min(count, end))))
    (y0, y1), (x0, x1) = ends
    for area in (
        Piece(0, y0, 0, width),
        Piece(y1, height, 0, width),
        Piece(y0, y1, 0, x0),
        Piece(y0, y1, x1, width),
    ):
        if area.rows > 0 and area.columns > 0:
            shape = (area.rows, area.columns)
            here = (slice(area.y0, area.y1), slice(area.x0, area.x1))
            yield area, np.ones(shape, bool) if plane.keep is None else plane.keep[here]


def _own(plane: Plane, frame: Frame, here: tuple[slice, slice]) -> Array:
    (sy, sx), (rows, columns) = frame.stride, here
    return plane.image[::sy, ::sx][rows, columns].astype(np.float64)


def _constant(left: Sequence[Floats], slopes: Sequence[Floats]) -> tuple[float, list[Floats]]:
    """Return the constant that explains most of what zeros leave, and what it leaves."""
    bend = sum(float(slope @ slope) for slope in slopes)
    along = sum(float(slope @ part) for slope, part in zip(slopes, left, strict=True))
    value = along / bend if bend > 0 else 0.0
    return value, [part - value * slope for part, slope in zip(left, slopes, strict=True)]


def _rms(parts: Sequence[Floats]) -> float:
    count = sum(part.size for part in parts)
    return float(np.sqrt(sum(float(part @ part) for part in parts) / count)) if count else 0.0
