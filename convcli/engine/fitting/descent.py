"""Gradient descent and Adam on the squared residuals, of all values or of random batches.

Over all values the loss is a quadratic form whose coefficients are the moments,

    L(p) = L(p*) + (p - p*)^T H (p - p*) / 2,

where p are weights and bias, p* is the solution of the normal equations and H the Hessian: a step costs the
same for any size of picture, and equals the step computed from all pixels.

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
from convcli.engine.fitting.batches import Batches
from convcli.engine.fitting.moments import Moments
from convcli.engine.fitting.options import FitOptions
from convcli.errors import ConvcliError

__all__ = ["QuadraticLoss", "Step", "descend"]

# Learning rate of Adam; its authors' default is 0.001.
ADAM_RATE = 0.01

# Decay rates of Adam's two moments, and the constant added to its divisor: its authors' defaults.
BETAS, EPSILON = (0.9, 0.999), 1e-8

# Relative growth of the loss per step that counts as rounding, not divergence.
LOSS_ROUNDING = 1e-9

# Relative rounding error assumed of the parameters.
PARAMETER_ROUNDING = 1e-13

# Factors of the initial loss, over all values, above which descent has diverged. The first is for the loss of
# any single batch, which need not fall at every step; the second for the final loss of batches or of Adam.
DIVERGED_STEP, DIVERGED_END = 1e6, 4.0


class Step(NamedTuple):
    """One step of descent, counted from 1, and the loss before its update (that of its batch)."""

    number: int
    loss: float


@dataclass(frozen=True)
class QuadraticLoss:
    """The loss as a function of the parameters: the weights, and last the bias where there is one.

    Attributes
    ----------
    minimum : float
        The loss at `best`, penalty included.
    best : array
        The least-squares solution.
    hessian : matrix
        The second derivatives H.
    """

    minimum: float
    best: Floats
    hessian: Floats

    @classmethod
    def of(
        cls, moments: Moments, bias: bool, l2: float, scale: float, minimum: float, best: Floats
    ) -> "QuadraticLoss":
        """Return the loss ``scale * (sum of squares) + l2 * sum(w**2)`` of pictures that are not centred."""
        shift, count, sums = moments.centre.image, moments.count, moments.sums
        raw = moments.gram + shift * (sums[:, None] + sums) + count * shift**2
        hessian = np.zeros((len(best), len(best)))
        taps = len(raw)
        hessian[:taps, :taps] = 2 * (scale * raw + l2 * np.eye(taps))
        if bias:
            hessian[taps, :taps] = hessian[:taps, taps] = 2 * scale * (sums + count * shift)
            hessian[taps, taps] = 2 * scale * count
        return cls(minimum, best, hessian)

    def rounding(self, at: Floats) -> float:
        """Difference of losses at the parameters `at` that may be rounding alone."""
        size = max(float(self.best @ self.best), float(at @ at))
        return LOSS_ROUNDING * self.minimum + (
            size * PARAMETER_ROUNDING**2 / self.limit if self.limit else 0.0
        )

    @cached_property
    def limit(self) -> float:
        """2 / (largest eigenvalue of H)."""
        largest = float(np.linalg.eigvalsh(self.hessian)[-1])
        return 2 / largest if largest > 0 else float("inf")

    @cached_property
    def _eigen(self) -> tuple[Floats, Floats]:
        values, vectors = np.linalg.eigh(self.hessian)
        return np.maximum(values, 0), vectors

    def __call__(self, at: Floats) -> tuple[float, Floats]:
        """Return loss and gradient, by eigenvectors: rounding then gives no loss below the minimum."""
        values, vectors = self._eigen
        away = vectors.T @ (at - self.best)
        return self.minimum + 0.5 * float(values @ away**2), vectors @ (values * away)


def descend(
    quadratic: QuadraticLoss,
    batches: Batches,
    options: FitOptions,
    watch: Callable[[float], None] | None = None,
) -> tuple[Floats, float, tuple[Step, ...]]:
    """Return the parameters after the last step, the learning rate, and every step."""
    rng = np.random.default_rng(options.seed)
    limit = quadratic.limit
    if options.batch is not None:
        factor = batches.factor(options.batch)
        # The penalty counts in full for each batch.
        steepest = 1 / (limit * factor) + options.l2 * (1 - 1 / factor)
        limit = 1 / steepest if steepest else float("inf")
    rate = options.rate or _default_rate(limit, options)
    unknowns = len(quadratic.best)
    at = rng.normal(0, 1, unknowns) if options.init is Init.NORMAL else np.zeros(unknowns)
    start = quadratic(at)[0]
    # Adam's steps are bounded by its rate, so only its final loss is judged.
    before = float("inf") if options.method is FitMethod.ADAM else start
    adam = _adam(rate)
    next(adam)
    exact = options.method is FitMethod.GD and options.batch is None
    steps: list[Step] = []
    for number in range(1, options.steps + 1):
        with np.errstate(all="ignore"):
            loss, gradient = batches(at, options.batch, rng) if options.batch else quadratic(at)
        if _has_diverged(loss, before, exact, quadratic.rounding(at)):
            raise _divergence(number, steps, rate, options, limit)
        steps.append(Step(number, loss))
        before = loss if exact else before
        if watch is not None:
            watch(loss)
        at = at - (adam.send(gradient) if options.method is FitMethod.ADAM else rate * gradient)
    loss, rounding = quadratic(at)[0], quadratic.rounding(at)
    worse = not exact and loss > DIVERGED_END * start + rounding
    if worse or _has_diverged(loss, before, exact, rounding):
        raise _divergence(options.steps, steps, rate, options, limit)
    return at, rate, tuple(steps)


def _default_rate(limit: float, options: FitOptions) -> float:
    if options.method is FitMethod.ADAM or not np.isfinite(limit):
        return ADAM_RATE
    # The loss of a batch may have larger second derivatives than the loss of all windows.
    return limit / (2 if options.batch is None else 20)


def _adam(rate: float) -> Generator[Floats, Floats, None]:
    """Coroutine of Adam: yields the update for each gradient that is sent."""
    gradient = yield np.zeros(0)
    mean, square = 0 * gradient, 0 * gradient
    first, second = BETAS
    number = 0
    while True:
        number += 1
        mean = first * mean + (1 - first) * gradient
        square = second * square + (1 - second) * gradient**2
        unbiased = np.sqrt(square / (1 - second**number)) + EPSILON
        gradient = yield rate * mean / (1 - first**number) / unbiased


def _has_diverged(loss: float, before: float, exact: bool, rounding: float) -> bool:
    """Tell whether descent has diverged; with exact steps the loss must never grow.

    `before` is the loss of the step before; of batches, that of the start.
    """
    most = before * (1 + LOSS_ROUNDING if exact else DIVERGED_STEP) + rounding
    return not (np.isfinite(loss) and loss <= most)


def _divergence(
    number: int, steps: Sequence[Step], rate: float, options: FitOptions, limit: float
) -> ConvcliError:
    reached = f" (loss {steps[-1].loss:.4g})" if steps else ""
    message = f"{options.method} diverges with the rate {rate:.4g}: stopped at step {number}{reached}"
    if options.method is FitMethod.ADAM:
        return ConvcliError(message, hint=f"use a smaller rate, such as {rate / 10:.3g}")
    few = " for all values, less for batches" if options.batch else ""
    return ConvcliError(
        message, hint=f"rates below {limit:.4g} converge (2 / largest eigenvalue{few}), or use lstsq"
    )
