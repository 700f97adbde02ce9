"""Local maxima of a map: greedy non-maximum suppression."""

from typing import NamedTuple

import numpy as np

from convcli.engine.arrays import Array

__all__ = ["Peak", "peaks"]


class Peak(NamedTuple):
    """A local maximum: its position ``(row, column)``, and the value there."""

    at: tuple[int, int]
    value: float


def peaks(values: Array, apart: tuple[float, float], most: int, least: float = 0.0) -> list[Peak]:
    """Return up to `most` positive values of an (H, W) array, of `least` or more; NaN is never a peak.

    The largest comes first. Any two are at least `apart`, (rows, columns), from each other along one of the
    axes: the largest value is taken, its neighbourhood suppressed, and so on. Equal values come in row-major
    order.
    """
    reach = [int(np.ceil(distance)) - 1 for distance in apart]
    flat = values.ravel()
    candidates = np.flatnonzero((flat > 0) & (flat >= least))
    free = np.ones(values.shape, np.bool_)
    found: list[Peak] = []
    for index in map(int, candidates[np.argsort(-flat[candidates], kind="stable")]):
        row, column = divmod(index, values.shape[1])
        if not free[row, column]:
            continue
        found.append(Peak((row, column), float(flat[index])))
        if len(found) == most:
            break
        rows, columns = (
            slice(max(0, n - size), n + size + 1) for n, size in zip((row, column), reach, strict=True)
        )
        free[rows, columns] = False
    return found
