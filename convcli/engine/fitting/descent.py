"""Gradient descent and Adam towards the least squares, of all values at once or of a few drawn for each step.

With all values the loss is a quadratic form that the moments know,

    L(p) = L(p*) + (p - p*)^T H (p - p*) / 2,

where p are weights and bias, p* is the solution of the normal equations and H the second derivative: a step
costs as much for a large picture as for a small one, and its loss and gradient are exact. The steps are
those that a pass over all pixels would make.

References
----------
Kingma and Ba, Adam: a method for stochastic optimization, 2015 (algorithm 1, with its constants). Nocedal and
Wright, Numerical Optimization, 2nd edition, 2006, section 3.3 (descent of a quadratic converges for rates
below 2 / (largest eigenvalue)).
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from convcli.choices import FitMethod, Init
from convcli.engine.arrays import Floats
from convcli.engine.fitting.batches import Values
from convcli.engine.fitting.moments import Moments
from convcli.errors import ConvcliError

__all__ = ["Course", "Quadratic", "Step", "descend"]

ADAM_RATE = 0.01
BETAS, EPSILON = (0.9, 0.999), 1e-8
"""Of Adam, as its authors propose."""

ROUNDING = 1e-9
"""By how much of itself the loss of a converging descent may seem to grow."""

RESOLUTION = 1e-13
"""Share of the parameters that is known."""

WILD = 1e6
"""Times its first value, a loss that is drawn or that Adam makes has diverged."""

WORSE = 4.0
"""Times what they began with, such descents have diverged that end there."""


class Step(NamedTuple):
    """One step of descent, counted from 1, and the loss before its update (that of its batch)."""

    number: int
    loss: float


class Course(NamedTuple):
    """How to descend."""

    method: FitMethod
    steps: int
    rate: float | None
    batch: int | None
    init: Init


@dataclass(frozen=True)
class Quadratic:
    """The loss as a function of the parameters: the weights, and last the bias where there is one.

    Attributes
    ----------
    least : float
        The loss at `best`, penalty included.
    best : array
        Parameters of the least squares.
    curve : matrix
        The second derivative H.
    """

    least: float
    best: Floats
    curve: Floats

    @property
    def rounding(self) -> float:
        """Losses that differ by less than this may do so by rounding alone."""
        size = float(self.best @ self.best)
        return ROUNDING * self.least + (size * RESOLUTION**2 / self.limit if self.limit else 0.0)

    @classmethod
    def of(
        cls, moments: Moments, bias: bool, l2: float, scale: float, least: float, best: Floats
    ) -> "Quadratic":
        """Return the loss ``scale * (sum of squares) + l2 * sum(w**2)`` for pictures as they are."""
        shift, count, sums = moments.centre.image, moments.count, moments.sums
        raw = moments.gram + shift * (sums[:, None] + sums) + count * shift**2
        curve = np.zeros((len(best), len(best)))
        taps = len(raw)
        curve[:taps, :taps] = 2 * (scale * raw + l2 * np.eye(taps))
        if bias:
            curve[taps, :taps] = curve[:taps, taps] = 2 * scale * (sums + count * shift)
            curve[taps, taps] = 2 * scale * count
        return cls(least, best, curve)

    @cached_property
    def limit(self) -> float:
        """2 / (largest eigenvalue of H)."""
        largest = float(np.linalg.eigvalsh(self.curve)[-1])
        return 2 / largest if largest > 0 else float("inf")

    @cached_property
    def _modes(self) -> tuple[Floats, Floats]:
        bends, modes = np.linalg.eigh(self.curve)
        return np.maximum(bends, 0), modes

    def __call__(self, at: Floats) -> tuple[float, Floats]:
        """Return loss and gradient, by eigenvectors: so that no rounding makes a loss below the least."""
        bends, modes = self._modes
        away = modes.T @ (at - self.best)
        return self.least + 0.5 * float(bends @ away**2), modes @ (bends * away)


def descend(
    quadratic: Quadratic,
    values: Values,
    course: Course,
    rng: np.random.Generator,
    watch: Callable[[int, float], None] | None = None,
) -> tuple[Floats, float, tuple[Step, ...]]:
    """Return the parameters after the last step, the rate, and every step.

    Raises
    ------
    ConvcliError
        The loss grows, or leaves the range of numbers: the hint names a rate that converges.
    """
    limit = quadratic.limit if course.batch is None else quadratic.limit * values.share(course.batch)
    rate = course.rate or _rate(limit, course)
    unknowns = len(quadratic.best)
    at = rng.normal(0, 1, unknowns) if course.init is Init.NORMAL else np.zeros(unknowns)
    start = quadratic(at)[0]
    updates = _adam(rate) if course.method is FitMethod.ADAM else _plain(rate)
    next(updates)
    exact = course.method is FitMethod.GD and course.batch is None
    steps: list[Step] = []
    for number in range(1, course.steps + 1):
        with np.errstate(all="ignore"):
            loss, slope = values(at, course.batch, rng) if course.batch else quadratic(at)
        if _is_lost(loss, steps, exact, quadratic):
            raise _diverged(number, steps, rate, course, limit)
        steps.append(Step(number, loss))
        if watch is not None:
            watch(number, loss)
        at = at - updates.send(slope)
    loss = quadratic(at)[0]
    if _is_lost(loss, steps if exact else [], exact, quadratic) or (not exact and loss > WORSE * start):
        raise _diverged(course.steps, steps, rate, course, limit)
    return at, rate, tuple(steps)


def _rate(limit: float, course: Course) -> float:
    if course.method is FitMethod.ADAM or not np.isfinite(limit):
        return ADAM_RATE
    # The few windows of a batch may bend the loss more than all windows do.
    return limit / (2 if course.batch is None else 20)


def _plain(rate: float) -> Generator[Floats, Floats, None]:
    slope = yield np.zeros(0)
    while True:
        slope = yield rate * slope


def _adam(rate: float) -> Generator[Floats, Floats, None]:
    slope = yield np.zeros(0)
    mean, square = 0 * slope, 0 * slope
    first, second = BETAS
    number = 0
    while True:
        number += 1
        mean = first * mean + (1 - first) * slope
        square = second * square + (1 - second) * slope**2
        unbiased = np.sqrt(square / (1 - second**number)) + EPSILON
        slope = yield rate * mean / (1 - first**number) / unbiased


def _is_lost(loss: float, steps: Sequence[Step], exact: bool, quadratic: Quadratic) -> bool:
    """Whether descent has diverged: exact steps that converge never climb."""
    if not np.isfinite(loss):
        return True
    if not steps:
        return False
    if exact:
        return loss > steps[-1].loss * (1 + ROUNDING) + quadratic.rounding
    return loss > WILD * max(steps[0].loss, quadratic.least)


def _diverged(number: int, steps: Sequence[Step], rate: float, course: Course, limit: float) -> ConvcliError:
    reached = f" (loss {steps[-1].loss:.4g})" if steps else ""
    message = f"{course.method} diverges with the rate {rate:.4g}: stopped at step {number}{reached}"
    if course.method is FitMethod.ADAM:
        return ConvcliError(message, hint=f"use a smaller rate, such as {rate / 10:.3g}")
    few = " for all values, less for batches" if course.batch else ""
    return ConvcliError(
        message, hint=f"rates below {limit:.4g} converge (2 / largest eigenvalue{few}), or use lstsq"
    )
