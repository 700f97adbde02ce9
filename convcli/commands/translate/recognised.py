"""Kernels that tools have functions of their own for, recognised by their numbers."""

import math
from collections.abc import Mapping

import numpy as np

from convcli.kernels.kernel import Array

__all__ = ["gaussian_reach", "gaussian_sigmas", "is_box", "named"]

# Relative difference up to which weights are the same: some roundings of a double.
SAME = 1e-12
# Significant digits of a sigma that are tried: people write few.
SIGMA_DIGITS = (3, 6, 9, 12)
# Standard deviations that SciPy and scikit-image reach to by themselves.
TRUNCATE = 4


def named(weights: Array, calls: Mapping[str, str]) -> str | None:
    """Return the call of `calls` for these weights; its keys are such as ``"0 1 0; 1 -4 1; 0 1 0"``."""
    matrices = {call: [row.split() for row in text.split(";")] for text, call in calls.items()}
    return next(
        (call for call, rows in matrices.items() if np.array_equal(weights, np.array(rows, float))), None
    )


def is_box(weights: Array) -> bool:
    """Whether `weights` are the mean of the window."""
    return weights.ndim == 2 and weights.size > 1 and _same(weights, np.full_like(weights, 1 / weights.size))


def gaussian_sigmas(weights: Array) -> tuple[float, float] | None:
    """Return sigma down the rows and across the columns of a Gaussian; 0 along a side of one pixel.

    Both sides are odd, and the sum is 1: ``exp(-(x/sigma)^2/2)`` over its sum, as SciPy and OpenCV have it.
    """
    if weights.ndim != 2 or weights.size == 1 or not all(side % 2 for side in weights.shape):
        return None
    lines = weights.sum(axis=1), weights.sum(axis=0)
    down, across = map(_sigma, lines)
    if down is None or across is None:
        return None
    made = np.outer(_line(down, lines[0].size), _line(across, lines[1].size))
    return (down, across) if _same(weights, made) else None


def gaussian_reach(sigmas: tuple[float, float]) -> tuple[int, int]:
    """Return the pixels on each side that SciPy and scikit-image take by themselves."""
    return int(TRUNCATE * sigmas[0] + 0.5), int(TRUNCATE * sigmas[1] + 0.5)


def _sigma(line: Array) -> float | None:
    middle = line.size // 2
    if line.size == 1:
        return 0.0
    if not 0 < line[middle + 1] < line[middle]:
        return None
    exact = 1 / math.sqrt(2 * math.log(line[middle] / line[middle + 1]))
    rounded = (float(f"{exact:.{digits}g}") for digits in SIGMA_DIGITS)
    return next((sigma for sigma in rounded if _same(line, _line(sigma, line.size))), None)


def _line(sigma: float, size: int) -> Array:
    distances = np.arange(size) - size // 2
    weights = np.exp(-((distances / (sigma or 1.0)) ** 2) / 2)
    return np.asarray(weights / weights.sum())


def _same(one: Array, other: Array) -> bool:
    return bool(np.allclose(one, other, rtol=SAME, atol=SAME * SAME))
