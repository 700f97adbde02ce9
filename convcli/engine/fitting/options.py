"""The options of a fit: loss, method and descent."""

from dataclasses import dataclass

import numpy as np

from convcli.choices import FitMethod, Init, Loss
from convcli.engine.arrays import as_number
from convcli.engine.fitting.data import MAX_MAGNITUDE
from convcli.errors import UsageError
from convcli.limits import Limit
from convcli.parsing import as_pair

__all__ = ["FitOptions", "checked_count", "checked_number"]


@dataclass(frozen=True)
class FitOptions:
    """The loss, the method, and the settings of descent.

    Attributes
    ----------
    bias, l2, loss
        Whether a bias is fitted; ``l2 * sum(weights**2)`` is added to the mean or sum of squares.
    method, steps, rate, batch, init, seed
        As for ``fit_kernel``; `rate` is the learning rate, None for one that converges.
    """

    bias: bool
    l2: float
    loss: Loss
    method: FitMethod
    steps: int
    rate: float | None
    batch: int | None
    init: Init
    seed: int

    def __post_init__(self) -> None:
        if not (self.l2 >= 0 and np.isfinite(self.l2)):
            raise UsageError(f"l2 {self.l2:g} is not a penalty", hint="use 0 or more")
        if self.rate is not None and not (self.rate > 0 and np.isfinite(self.rate)):
            raise UsageError(f"learning rate {self.rate:g} is not positive", hint="use a number above 0")
        for value, name in ((self.rate, "learning rate"), (self.batch, "batch")):
            if value is not None and self.method is FitMethod.LSTSQ:
                raise UsageError(
                    f"{name} {value:g} has no effect with lstsq", hint="use the method gd or adam"
                )

    def scale(self, count: int) -> float:
        """Return the factor of the sum of squares over `count` values in the loss."""
        return 1 / count if self.loss is Loss.MEAN else 1.0


def checked_number(value: object, name: str) -> float:
    """Return an option that is a number whose square is finite."""
    number = as_number(value, name)
    if abs(number) > MAX_MAGNITUDE:
        raise UsageError(f"{name} {number:g} is too large to be squared", hint="use a smaller number")
    return number


def checked_count(value: object, what: str, limit: Limit) -> int:
    """Return an option that is a count of at least 1, and at most `limit`."""
    count = as_pair(value, what)[0]
    limit.check(count, "use a smaller number", what=what)
    return count
