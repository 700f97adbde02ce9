"""Local maxima of a map: greedy non-maximum suppression."""

from typing import NamedTuple

import numpy as np

from convcli.engine.arrays import Array

__all__ = ["Peak", "peaks"]


class Peak(NamedTuple):
    """A local maximum: its position ``(row, column)``, and the value there."""

    at: tuple[int, int]
    value: float


def peaks(values: Array, apart: tuple[float, float], most: int) -> list[Peak]:
    """Return up to `most` positive values of an (H, W) array, the largest first; NaN is never a peak.

    Any two are at least `apart`, (rows, columns), from each other along one of the axes: the largest value is
    taken, its neighbourhood suppressed, and so on. Equal values come in row-major order.
    """
    left = np.where(np.isnan(values), -np.inf, values)
    reach = [int(np.ceil(distance)) - 1 for distance in apart]
    found: list[Peak] = []
    while len(found) < most:
        row, column = (int(n) for n in np.unravel_index(np.argmax(left), left.shape))
        if not left[row, column] > 0:
            break
        found.append(Peak((row, column), float(values[row, column])))
        rows, columns = (
            slice(max(0, n - size), n + size + 1) for n, size in zip((row, column), reach, strict=True)
        )
        left[rows, columns] = -np.inf
    return found
