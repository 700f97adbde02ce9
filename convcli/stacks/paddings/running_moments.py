"""Mean and standard deviation per position over many results, and whether they vary with position."""

import math

import numpy as np

from convcli.engine.arrays import Array, Floats

__all__ = ["RunningMoments"]


class RunningMoments:
    """Running sums over arrays of one shape, C x H x W, none of which is kept.

    Sums of powers up to the fourth are taken around the first array's mean, in float64.
    """

    def __init__(self) -> None:
        self.count = 0
        self._around = 0.0
        self._sums: list[Floats] = []

    def add(self, values: Array) -> None:
        """Add one more array."""
        if not self.count:
            self._around = float(values.mean())
            self._sums = [np.zeros(values.shape) for _ in range(4)]
        power = difference = values - self._around
        for total in self._sums:
            total += power
            power = power * difference
        self.count += 1

    @property
    def mean(self) -> Floats:
        """The mean at each position."""
        return self._sums[0] / self.count + self._around

    @property
    def variance(self) -> Floats:
        """The unbiased variance at each position: the sum of squares around the mean over n - 1."""
        first, second = self._sums[:2]
        return np.maximum(second - first * first / self.count, 0.0) / (self.count - 1)

    @property
    def deviation(self) -> Floats:
        """The standard deviation at each position."""
        return np.sqrt(self.variance)

    def flatness(self) -> tuple[float, float]:
        """Return how much means and variances vary with position: their spread over its standard error.

        About 1 where only chance makes them vary, more where position does: the root of ``Var_p(mean) /
        mean_p(variance / n)``, p being the positions of a channel; the standard error of a variance is taken
        from the fourth moment, ``(m4 - variance^2) / n``. 0 where nothing varies.
        """
        mean, variance = self.mean, self.variance
        one, two, three, four = (total / self.count for total in self._sums)
        fourth = four - 4 * one * three + 6 * one**2 * two - 3 * one**4
        return (
            _ratio(mean, variance / self.count),
            _ratio(variance, np.maximum(fourth - variance**2, 0.0) / self.count),
        )


def _ratio(values: Floats, chance: Floats) -> float:
    spread = float(values.var(axis=(1, 2)).mean())
    expected = float(chance.mean())
    if expected > 0:
        return math.sqrt(spread / expected)
    return math.inf if spread > 0 else 0.0
