"""The normal equations: weights, their standard errors, and the directions that are not determined."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from convcli.engine.arrays import Array, Floats
from convcli.engine.fitting.data import Plane
from convcli.engine.fitting.moments import Centre, Moments
from convcli.engine.fitting.residuals import Residuals, measure
from convcli.engine.window import Window

__all__ = ["NormalEquations", "Solution", "solve"]

# Steps of iterative refinement, at most; each passes over the pictures once.
MAX_REFINEMENTS = 3

# Norm of a correction, relative to the weights', below which refinement ends: rounding of float64.
CONVERGED = 1e-13

# Relative decrease of the sum of squares below which a correction is accepted without another pass.
NEGLIGIBLE_GAIN = 1e-8

# A weight counts as not determined where the squared norm of its unit vector's projection on the null space
# is at least this: rounding of eigenvectors stays below it.
NULL_SPACE_SHARE = 1e-12


@dataclass(frozen=True)
class NormalEquations:
    """``(A^T A + ridge) w = A^T y`` for the weights alone, the bias eliminated; solved by eigenvalues.

    Attributes
    ----------
    moments : Moments
    bias : bool
        Whether a bias is fitted.
    ridge : float
        The penalty ``l2``, times the number of samples where the loss is a mean.
    """

    moments: Moments
    bias: bool
    ridge: float

    @cached_property
    def matrix(self) -> Floats:
        """``A^T A``, centred about the mean window where a bias is fitted."""
        sums, gram = self.moments.sums, self.moments.gram
        return gram - np.outer(sums, sums) / self.moments.count if self.bias else gram

    @property
    def right(self) -> Floats:
        """``A^T y``, centred likewise."""
        moments = self.moments
        return moments.cross - moments.sums * (moments.total / moments.count) if self.bias else moments.cross

    @property
    def squares(self) -> float:
        """The least sum of squared residuals, to about ``1e-13`` of the targets' sum of squares."""
        total = self.moments.variation if self.bias else self.moments.square
        return max(total - float(self.right @ self.least_norm(self.right)), 0.0)

    @cached_property
    def _eigen(self) -> tuple[Floats, Floats]:
        values, vectors = np.linalg.eigh((self.matrix + self.matrix.T) / 2)
        return np.maximum(values, 0), vectors

    @cached_property
    def _open(self) -> Array:
        """Which eigenvectors span the null space: their eigenvalues are rounding errors.

        Rounding of the sums adds about ``eps`` times the largest eigenvalue to each of them, and that of the
        pixels about ``eps`` times their magnitude to every product.
        """
        values, _ = self._eigen
        eps = float(np.finfo(float).eps)
        small = 4 * max(10, len(values)) * eps * values.max(initial=0)
        rounding = self.moments.count * len(values) * (64 * eps * abs(self.moments.centre.image)) ** 2
        return np.asarray(values + self.ridge <= max(small, rounding))

    @cached_property
    def _inverse(self) -> Floats:
        """Reciprocal eigenvalues, 0 in the null space."""
        return np.where(self._open, 0, 1 / np.where(self._open, 1, self._eigen[0] + self.ridge))

    @property
    def rank(self) -> int:
        """Number of directions that the pictures determine."""
        return int(np.count_nonzero(~self._open))

    @property
    def condition(self) -> float:
        """Condition number of A, augmented by ``sqrt(ridge)`` times the identity matrix."""
        values = self._eigen[0] + self.ridge
        return float(np.sqrt(values.max() / values.min())) if self.rank == len(values) else float("inf")

    @property
    def freedom(self) -> Floats:
        """Orthonormal basis of the null space, as rows."""
        return self._eigen[1][:, self._open].T

    def least_norm(self, right: Floats) -> Floats:
        """Return the solution of least norm for one right-hand side."""
        vectors = self._eigen[1]
        return vectors @ (self._inverse * (vectors.T @ right))

    def errors(self, variance: float) -> tuple[Floats, float]:
        """Return the standard errors of weights and bias for residuals of this variance."""
        values, vectors = self._eigen
        variances = values * self._inverse * self._inverse
        errors = np.sqrt(variance * ((vectors**2) @ variances))
        errors[np.sum(self.freedom**2, 0) > NULL_SPACE_SHARE] = np.inf
        if not self.bias:
            return errors, 0.0
        mean = self.moments.sums / self.moments.count + self.moments.centre.image
        if float(np.sum((self.freedom @ mean) ** 2)) > NULL_SPACE_SHARE * float(mean @ mean):
            return errors, float("inf")
        along = vectors.T @ mean
        return errors, float(np.sqrt(variance * (1 / self.moments.count + along**2 @ variances)))


class Solution(NamedTuple):
    """Weights, of the whole window, and bias for centred pictures, with their residuals."""

    weights: Floats
    bias: float
    residuals: Residuals

    def raw_bias(self, centre: Centre) -> float:
        """Return the bias for pictures that are not centred."""
        return float(centre.target + self.bias - centre.image * self.weights.sum())


def solve(
    normal: NormalEquations, planes: Sequence[Plane], window: Window, threads: int, taps: Array
) -> Solution:
    """Solve for the weights `taps` of the window (the others are 0), with iterative refinement.

    Solving the normal equations once loses digits with the square of the condition number; corrections from
    residuals computed on the pixels restore them.

    References
    ----------
    Björck, Numerical Methods for Least Squares Problems, 1996, section 2.9 (fixed precision refinement).
    """
    moments = normal.moments

    def solution(weights: Floats, bias: float) -> Solution:
        return Solution(weights, bias, measure(planes, window, moments.centre, weights, bias, threads))

    weights: Floats = np.zeros(window.taps)
    weights[taps] = first = normal.least_norm(normal.right)
    best = solution(
        weights, (moments.total - float(moments.sums @ first)) / moments.count if normal.bias else 0.0
    )
    for _ in range(MAX_REFINEMENTS):
        left = best.residuals
        right = left.slope[taps] - normal.ridge * best.weights[taps]
        if normal.bias:
            right = right - moments.sums * (left.total / moments.count)
        change = normal.least_norm(right)
        weights, bias = best.weights.copy(), best.bias
        weights[taps] += change
        if normal.bias:
            bias += (left.total - float(moments.sums @ change)) / moments.count
        if abs(float(right @ change)) <= NEGLIGIBLE_GAIN * left.square:
            return Solution(weights, bias, left)
        found = solution(weights, bias)
        better = _objective(found, normal) <= _objective(best, normal)
        best = found if better else best
        if not better or float(np.linalg.norm(change)) <= CONVERGED * float(np.linalg.norm(weights)):
            break
    return best


def _objective(solution: Solution, normal: NormalEquations) -> float:
    return solution.residuals.square + normal.ridge * float(solution.weights @ solution.weights)
