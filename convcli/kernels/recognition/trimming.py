"""Trimming: the part of a kernel above noise, and its position in the whole."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from convcli.kernels.kernel import Array

__all__ = ["Trimmed", "recentred", "trim"]


class Trimmed(NamedTuple):
    """A part of a kernel: its weights, its corner's position in the whole, and the middle of the whole."""

    plane: Array
    corner: tuple[int, int]
    middle: tuple[int, int]

    def shift_of(self, place: tuple[int, int]) -> tuple[int, int]:
        """Return the offset of a position in the part from the middle of the whole, down and to the right."""
        return (
            self.corner[0] + place[0] - self.middle[0],
            self.corner[1] + place[1] - self.middle[1],
        )

    @property
    def shift(self) -> tuple[int, int]:
        """Offset of the middle of the part from the middle of the whole."""
        rows, columns = self.plane.shape
        return self.shift_of(((rows - 1) // 2, (columns - 1) // 2))


def trim(plane: Array, threshold: Array) -> Trimmed:
    """Cut off outer rows and columns without magnitudes above `threshold`, one for each weight."""
    middle = ((plane.shape[0] - 1) // 2, (plane.shape[1] - 1) // 2)
    heavy = np.abs(plane) > threshold
    if not heavy.any():
        return Trimmed(plane, (0, 0), middle)
    rows, columns = np.flatnonzero(heavy.any(axis=1)), np.flatnonzero(heavy.any(axis=0))
    top, bottom, left, right = int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])
    return Trimmed(np.array(plane[top : bottom + 1, left : right + 1]), (top, left), middle)


def recentred(trimmed: Trimmed) -> Iterator[Trimmed]:
    """Yield the part, and one centred on its centre of mass where noise made the trimming uneven."""
    yield trimmed
    mass = trimmed.plane**2 / np.sum(trimmed.plane**2)
    grown = []
    for axis, count in enumerate(trimmed.plane.shape):
        centre = round(float(np.sum(mass.sum(axis=1 - axis) * np.arange(count))))
        reach = max(centre, count - 1 - centre)
        grown.append((reach - centre, 2 * reach + 1 - count - (reach - centre)))
    if any(map(any, grown)):
        (up, down), (left, right) = grown
        corner = (trimmed.corner[0] - up, trimmed.corner[1] - left)
        yield Trimmed(np.pad(trimmed.plane, ((up, down), (left, right))), corner, trimmed.middle)
