"""The part of each frame of an animation that differs from the frame before: all that files need."""

from collections.abc import Iterator
from functools import reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convcli.imaging.image import Array, Frame

__all__ = ["Patch", "display_time", "patches"]

# Display time of an animation's frame in milliseconds, where the input has none.
_DEFAULT_DURATION = 100.0


class Patch(NamedTuple):
    """The samples of a rectangle, with alpha if there is any, its place, and the display time in ms.

    `changed` tells which pixels differ from the frame before; None where all count as different.
    """

    samples: Array
    left: int
    top: int
    duration: float
    changed: NDArray[np.bool_] | None = None


def patches(frames: tuple[Frame, ...], *, step: int = 1, whole: bool = False) -> Iterator[Patch]:
    """Yield one patch for each frame: all of the first, then what differs (one pixel at least).

    Places are multiples of `step`; with `whole`, patches are whole frames.
    """
    before: Array | None = None
    for frame in frames:
        samples = frame.stacked()
        top, left, box, changed = 0, 0, samples, None
        if before is not None and not whole:
            same = samples == before
            # plane by plane, which is several times as fast as `all` over an axis of three
            differs = ~(same if same.ndim == 2 else reduce(np.logical_and, np.moveaxis(same, 2, 0)))
            rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
            if rows.size == 0:
                rows = columns = np.array([0])
            top, left = (int(found[0]) // step * step for found in (rows, columns))
            box = samples[top : rows[-1] + 1, left : columns[-1] + 1]
            changed = differs[top : rows[-1] + 1, left : columns[-1] + 1]
        before = samples
        yield Patch(box, left, top, display_time(frame), changed)


def display_time(frame: Frame) -> float:
    """Return how long an animation shows `frame`, in milliseconds."""
    return _DEFAULT_DURATION if frame.duration is None else frame.duration
