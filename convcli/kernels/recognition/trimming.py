"""The part of a kernel that has weight, and where it was in the whole."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Window", "trimmed", "windows"]

Array = NDArray[np.float64]


class Window(NamedTuple):
    """A part of a kernel: its weights, where its first one was, and the middle of the whole."""

    plane: Array
    corner: tuple[int, int]
    middle: tuple[int, int]

    def off(self, place: tuple[int, int]) -> tuple[int, int]:
        """Return how far a place in the part is from the middle of the whole, down and to the right."""
        return (
            self.corner[0] + place[0] - self.middle[0],
            self.corner[1] + place[1] - self.middle[1],
        )

    @property
    def off_centre(self) -> tuple[int, int]:
        """How far the middle of the part is from the middle of the whole."""
        rows, columns = self.plane.shape
        return self.off(((rows - 1) // 2, (columns - 1) // 2))


def trimmed(plane: Array, least: Array) -> Window:
    """Cut off rows and columns at the edges that hold nothing above `least`, one for each weight."""
    middle = ((plane.shape[0] - 1) // 2, (plane.shape[1] - 1) // 2)
    heavy = np.abs(plane) > least
    if not heavy.any():
        return Window(plane, (0, 0), middle)
    rows, columns = np.flatnonzero(heavy.any(axis=1)), np.flatnonzero(heavy.any(axis=0))
    top, bottom, left, right = int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])
    return Window(np.array(plane[top : bottom + 1, left : right + 1]), (top, left), middle)


def windows(window: Window) -> Iterator[Window]:
    """Yield the window, and one about the middle of its mass where noise has cut it unevenly."""
    yield window
    mass = window.plane**2 / np.sum(window.plane**2)
    grown = []
    for axis, count in enumerate(window.plane.shape):
        centre = round(float(np.sum(mass.sum(axis=1 - axis) * np.arange(count))))
        reach = max(centre, count - 1 - centre)
        grown.append((reach - centre, 2 * reach + 1 - count - (reach - centre)))
    if any(map(any, grown)):
        (up, down), (left, right) = grown
        corner = (window.corner[0] - up, window.corner[1] - left)
        yield Window(np.pad(window.plane, ((up, down), (left, right))), corner, window.middle)
