"""Totals over the comparisons of many pictures: means, spreads, and how often each mode is the best."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from convcli.choices import PadMode
from convcli.stacks.paddings.border_band import Comparison, best, winners

__all__ = ["Tally", "Total"]


class Total(NamedTuple):
    """The totals of one mode over all pictures; errors are shares of white.

    Attributes
    ----------
    mean, spread, worst
        Mean, population standard deviation and largest of the pictures' mean absolute errors.
    wins
        Number of pictures on which no mode was better; ties count for each.
    """

    pad: PadMode
    mean: float
    spread: float
    worst: float
    wins: int


@dataclass
class Tally:
    """Accumulates comparisons, picture by picture; no mode wins where the truth is not known."""

    pictures: int = 0
    _shares: dict[PadMode, list[float]] = field(default_factory=lambda: {pad: [] for pad in PadMode})
    _winners: list[PadMode] = field(default_factory=list)

    def add(self, modes: Sequence[Comparison], peak: float, *, measured: bool) -> None:
        """Add the comparison of one more picture."""
        self.pictures += 1
        for one in best(modes):
            self._shares[one.pad].append(one.mae / peak)
        self._winners += [one.pad for one in winners(modes)] if measured else []

    def totals(self) -> list[Total]:
        """Return the totals of each mode that gives pixels in the border band."""
        with np.errstate(invalid="ignore"):  # infinite errors have no spread
            return [
                Total(
                    pad, float(np.mean(shares)), float(np.std(shares)), max(shares), self._winners.count(pad)
                )
                for pad, shares in self._shares.items()
                if shares
            ]
