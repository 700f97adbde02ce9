"""The normal equations solved: weights, how exactly they are known, and what the pictures leave open."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from convcli.engine.arrays import Array, Floats
from convcli.engine.fitting.data import Frame, Plane
from convcli.engine.fitting.moments import Centre, Moments
from convcli.engine.fitting.residuals import Residuals, measure

__all__ = ["Answer", "Normal", "solve"]

REFINEMENTS = 3
"""Corrections from the residuals at most: each pass over the pictures wins the digits that squaring lost."""

SETTLED = 1e-13
"""A correction that is this small beside the weights is the last."""

UNSEEN = 1e-8
"""Share of the sum of squares that a correction wins, if measuring again would tell nothing new."""


@dataclass(frozen=True)
class Normal:
    """The normal equations of weights alone, the bias eliminated, by their eigenvalues.

    Attributes
    ----------
    moments : Moments
    bias : bool
        Whether one is fitted.
    ridge : float
        Added to each eigenvalue: what ``l2`` asks for, times the number of samples where the loss is a mean.
    """

    moments: Moments
    bias: bool
    ridge: float

    @cached_property
    def matrix(self) -> Floats:
        """``A^T A`` about the windows' mean, or about their centre where no bias is fitted."""
        sums, gram = self.moments.sums, self.moments.gram
        return gram - np.outer(sums, sums) / self.moments.count if self.bias else gram

    @property
    def right(self) -> Floats:
        """``A^T y``, likewise."""
        moments = self.moments
        return moments.cross - moments.sums * (moments.total / moments.count) if self.bias else moments.cross

    @property
    def squares(self) -> float:
        """The least sum of squares, to about ``1e-13`` of the targets' own."""
        all_of_it = self.moments.variation if self.bias else self.moments.square
        return max(all_of_it - float(self.right @ self.apply(self.right)), 0.0)

    @cached_property
    def _modes(self) -> tuple[Floats, Floats]:
        values, vectors = np.linalg.eigh((self.matrix + self.matrix.T) / 2)
        return np.maximum(values, 0), vectors

    @cached_property
    def _open(self) -> Array:
        """Which eigenvectors the pictures say nothing about.

        Rounding of the sums puts noise of about ``eps`` times the largest eigenvalue into all of them, and
        that of the pixels about ``eps`` times their magnitude into every product.
        """
        values, _ = self._modes
        eps = float(np.finfo(float).eps)
        small = 4 * max(10, len(values)) * eps * values.max(initial=0)
        rounding = self.moments.count * len(values) * (64 * eps * abs(self.moments.centre.image)) ** 2
        return np.asarray(values + self.ridge <= max(small, rounding))

    @property
    def rank(self) -> int:
        """Directions that are determined."""
        return int(np.count_nonzero(~self._open))

    @property
    def condition(self) -> float:
        """Largest over smallest singular value of the matrix of windows, the ridge written below it."""
        values = self._modes[0] + self.ridge
        return float(np.sqrt(values.max() / values.min())) if self.rank == len(values) else float("inf")

    @property
    def freedom(self) -> Floats:
        """Orthogonal directions, as rows, along which the answer is open."""
        return self._modes[1][:, self._open].T

    def apply(self, right: Floats) -> Floats:
        """Return the solution of least norm for one right-hand side."""
        values, vectors = self._modes
        inverse = np.where(self._open, 0, 1 / np.where(self._open, 1, values + self.ridge))
        return vectors @ (inverse * (vectors.T @ right))

    def errors(self, variance: float) -> tuple[Floats, float]:
        """Return the standard errors of weights and bias, where residuals have this variance."""
        values, vectors = self._modes
        inverse = np.where(self._open, 0, 1 / np.where(self._open, 1, values + self.ridge))
        stretch = values * inverse * inverse
        errors = np.sqrt(variance * ((vectors**2) @ stretch))
        errors[np.sum(self.freedom**2, 0) > ABOUT_OPEN] = np.inf
        mean = self.moments.sums / self.moments.count + self.moments.centre.image
        along = vectors.T @ mean
        if not self.bias:
            return errors, 0.0
        reach = float(np.sqrt(variance * (1 / self.moments.count + along**2 @ stretch)))
        loose = float(np.sum((self.freedom @ mean) ** 2)) > ABOUT_OPEN * float(mean @ mean)
        return errors, float("inf") if loose else reach


ABOUT_OPEN = 1e-12
"""Share of a weight's own direction that must be open for the weight to be."""


class Answer(NamedTuple):
    """Weights and bias of centred pictures, and what they leave."""

    weights: Floats
    bias: float
    residuals: Residuals

    def raw_bias(self, centre: Centre) -> float:
        """Return the bias for pictures as they are."""
        return float(centre.target + self.bias - centre.image * self.weights.sum())


def solve(
    normal: Normal, planes: Sequence[Plane], frame: Frame, threads: int, taps: Array | None = None
) -> Answer:
    """Solve, then correct the answer by its own residuals until that changes nothing more.

    Solving once loses digits as the square of the condition number; each correction, made of residuals that
    come from the pixels themselves, wins them back.

    Parameters
    ----------
    taps : array of indices, optional
        The weights that `normal` is about; the others of the frame are 0.

    References
    ----------
    Björck, Numerical Methods for Least Squares Problems, 1996, section 2.9 (fixed precision refinement).
    """
    moments, chosen = normal.moments, np.arange(frame.taps) if taps is None else taps
    weights: Floats = np.zeros(frame.taps)
    weights[chosen] = part = normal.apply(normal.right)
    bias = (moments.total - float(moments.sums @ part)) / moments.count if normal.bias else 0.0
    best = Answer(weights, bias, measure(planes, frame, moments.centre, weights, bias, threads))
    for _ in range(REFINEMENTS):
        left = best.residuals
        right = left.slope[chosen] - normal.ridge * best.weights[chosen]
        if normal.bias:
            right = right - moments.sums * (left.total / moments.count)
        change = normal.apply(right)
        weights, bias = best.weights.copy(), best.bias
        weights[chosen] += change
        if normal.bias:
            bias += (left.total - float(moments.sums @ change)) / moments.count
        if abs(float(right @ change)) <= UNSEEN * left.square:
            return Answer(weights, bias, left)
        found = Answer(weights, bias, measure(planes, frame, moments.centre, weights, bias, threads))
        size = float(np.linalg.norm(weights))
        better = _objective(found, normal) <= _objective(best, normal)
        best = found if better else best
        if not better or float(np.linalg.norm(change)) <= SETTLED * size:
            break
    return best


def _objective(answer: Answer, normal: Normal) -> float:
    return answer.residuals.square + normal.ridge * float(answer.weights @ answer.weights)
