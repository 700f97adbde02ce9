"""The greatest values of a map that are not neighbours of each other."""

from typing import NamedTuple

import numpy as np

from convcli.engine.arrays import Array

__all__ = ["Peak", "peaks"]


class Peak(NamedTuple):
    """A place of a map, ``(row, column)``, and its value."""

    at: tuple[int, int]
    value: float


def peaks(values: Array, apart: tuple[float, float], most: int) -> list[Peak]:
    """Return the greatest positive values, each `apart` from the others along rows or columns, or more.

    Parameters
    ----------
    values : (H, W) array
        NaN is never a peak.
    apart : (rows, columns)
        Half the size of a window, so that no two of them share more than half of it.
    most : int
        How many are listed at most.

    Returns
    -------
    list of Peak
        The greatest first; equal ones in reading order.

    Notes
    -----
    Greedy non-maximum suppression: the greatest is taken, its neighbourhood struck out, and so on.
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
            slice(max(0, n - far), n + far + 1) for n, far in zip((row, column), reach, strict=True)
        )
        left[rows, columns] = -np.inf
    return found
