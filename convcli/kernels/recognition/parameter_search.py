"""Fits the parameters of a kernel family to a matrix: those that maximise the cosine between them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convcli.kernels.kernel import Array
from convcli.kernels.recognition.match import ROUNDING_MISFIT
from convcli.kernels.recognition.searched_families import (
    MAX_LENGTH_RATIO,
    Family,
    Size,
    Values,
    resized,
)

__all__ = ["FittedParameters", "fit_parameters"]


# Levenberg-Marquardt iterations, at most; from a good start about eight suffice.
MAX_ITERATIONS = 40
# Points of the grid from which the search starts: the nearest ones.
MAX_STARTS = 3
# Squared distance of unit vectors (2 minus twice the cosine) from which on a grid point is no start.
MAX_START_DISTANCE = 0.8


def _tolerated(misfit: float, count: int) -> float:
    """Return the largest misfit that noise may account for, the least being `misfit` of `count` weights.

    The sum of squares of noise is chi-squared: 12 variances above the minimum are a little more than three
    standard deviations of a parameter. The noise of large kernels is correlated between neighbours, so that
    25% more are allowed where that is larger.
    """
    return misfit * (1 + max(12 / count, 0.25)) + ROUNDING_MISFIT


class FittedParameters(NamedTuple):
    """The parameters of the largest cosine, rounded; ``misfit`` is 1 minus that cosine."""

    values: Values
    spec: str
    misfit: float


def fit_parameters(
    family: Family, plane: Array, keep: NDArray[np.bool_], *, enough: float, slack: float
) -> FittedParameters | None:
    """Fit the parameters of a family to the weights of `plane` in `keep`.

    Returns
    -------
    FittedParameters or None
        None where no cosine is above ``1 - enough``. Parameters are rounded as far as the misfit stays
        within noise; the size is left out where that adds no more than `slack`, the noise's share.
    """
    size = (plane.shape[0], plane.shape[1])
    target = _direction(plane, keep)
    starts = []
    for values in family.grid(size):
        gap = _gap(family, values, target, keep, size)
        if gap is not None and gap @ gap < MAX_START_DISTANCE:
            starts.append((float(gap @ gap), values))
    found: tuple[float, Values] | None = None
    for _, values in sorted(starts)[:MAX_STARTS]:
        squares, values = _descend(family, values, target, keep, size)
        if found is None or squares < found[0]:
            found = (squares, values)
    if found is None or found[0] / 2 > enough:
        return None
    best = found[0] / 2
    return _rounded(
        family, found[1], plane, keep, limit=min(_tolerated(best, plane.size), enough), slack=slack
    )


def _rounded(
    family: Family, values: Values, plane: Array, keep: NDArray[np.bool_], limit: float, slack: float
) -> FittedParameters:
    size = (plane.shape[0], plane.shape[1])
    target = _direction(plane, keep)
    for digits in range(1, 18):
        short = tuple(round(float(f"{value:.{digits}g}"), digits + 1) + 0.0 for value in values)
        gap = _gap(family, short, target, keep, size)
        misfit = float(gap @ gap) / 2 if gap is not None else np.inf
        if misfit <= limit:
            break
    if not family.sized:
        return FittedParameters(short, family.spec(short, digits, None), misfit)
    own = _own_misfit(family, short, plane, keep)
    if own <= limit + slack:
        return FittedParameters(short, family.spec(short, digits, None), own)
    return FittedParameters(short, family.spec(short, digits, size), misfit)


def _own_misfit(family: Family, values: Values, plane: Array, keep: NDArray[np.bool_]) -> float:
    """Return the misfit of the kernel in its default size, which follows from its parameters."""
    made = family.make(values, None)
    if max(made.shape) > MAX_LENGTH_RATIO * max(plane.shape):
        return np.inf
    wide = (max(made.shape[0], plane.shape[0]), max(made.shape[1], plane.shape[1]))
    left_out = np.asarray(~keep, np.float64)
    made_wide, plane_wide, lost = (resized(one, wide) for one in (made, plane, left_out))
    if made_wide is None or plane_wide is None or lost is None:
        return np.inf
    gap = _apart(_direction(made_wide, lost == 0), _direction(plane_wide, lost == 0))
    return float(gap @ gap) / 2


def _direction(plane: Array, keep: NDArray[np.bool_]) -> Array:
    values = plane[keep]
    return np.asarray(values / (float(np.linalg.norm(values)) or 1.0))


def _gap(
    family: Family, values: Sequence[float], target: Array, keep: NDArray[np.bool_], size: Size
) -> Array | None:
    made = family.within(values, size)
    if made is None:
        return None
    return _apart(_direction(made, keep), target)


def _apart(one: Array, other: Array) -> Array:
    """Return the difference of two unit vectors, the first negated where that is nearer."""
    return np.asarray(one * (1.0 if one @ other >= 0 else -1.0) - other)


def _descend(
    family: Family, values: Values, target: Array, keep: NDArray[np.bool_], size: Size
) -> tuple[float, Values]:
    """Minimise the squared gap by Levenberg-Marquardt, from `values`; return it and its parameters."""

    def gap_at(point: Array) -> Array | None:
        return _gap(family, point.tolist(), target, keep, size)

    point = np.array(values)
    gap, damping = gap_at(point), 1e-3
    assert gap is not None, "the grid lies within the limits"
    for _ in range(MAX_ITERATIONS):
        columns = []
        for index, value in enumerate(point):
            step = 1e-6 * max(abs(value), 0.1)
            ahead = np.array(point)
            ahead[index] += step
            moved = gap_at(ahead)
            if moved is None:  # at the upper limit
                ahead[index] -= 2 * step
                step, moved = -step, gap_at(ahead)
            columns.append(np.zeros_like(gap) if moved is None else (moved - gap) / step)
        slopes = np.stack(columns, axis=1)
        normal, downhill = slopes.T @ slopes, slopes.T @ gap
        lost = False
        while not lost:
            damped = normal + damping * np.diag(np.diag(normal) + 1e-12)
            ahead = point - np.linalg.solve(damped, downhill)
            moved = gap_at(ahead)
            if moved is not None and moved @ moved < gap @ gap:
                break
            damping *= 4
            lost = damping > 1e8
        if lost or moved is None:
            break
        done = float(gap @ gap - moved @ moved) <= 1e-12 * float(gap @ gap)
        point, gap, damping = ahead, moved, damping / 10
        if done:
            break
    return float(gap @ gap), tuple(point.tolist())
