"""The same comparison on many pictures: means, spreads, and how often each mode is the best."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from convcli.choices import PadMode
from convcli.stacks.paddings.border_band import Comparison, best, winners

__all__ = ["Tally", "Total"]


class Total(NamedTuple):
    """One mode over all pictures; errors are shares of white.

    Attributes
    ----------
    mean, spread
        Mean and standard deviation (of the population) of the pictures' mean absolute errors; NaN where there
        are none.
    worst
        The largest of them.
    wins
        On how many pictures none was better; ties count for each.
    """

    pad: PadMode
    mean: float
    spread: float
    worst: float
    wins: int


@dataclass
class Tally:
    """Adds comparisons up, picture by picture.

    References
    ----------
    Welford, Note on a method for calculating corrected sums of squares and products, 1962.
    """

    pictures: int = 0
    _sums: dict[PadMode, tuple[int, float, float, float]] = field(default_factory=dict)
    _wins: dict[PadMode, int] = field(default_factory=dict)

    def add(self, modes: Sequence[Comparison], peak: float, *, measured: bool) -> None:
        """Take one more picture into account; nothing wins where the truth is not known."""
        self.pictures += 1
        for one in best(modes):
            share = one.mae / peak
            count, mean, squares, worst = self._sums.get(one.pad, (0, 0.0, 0.0, 0.0))
            away = share - mean
            mean += away / (count + 1)
            squares += away * (share - mean)
            self._sums[one.pad] = count + 1, mean, squares, max(worst, share)
        for one in winners(modes) if measured else ():
            self._wins[one.pad] = self._wins.get(one.pad, 0) + 1

    def totals(self) -> Iterator[Total]:
        """Yield what there is of each mode."""
        for pad in PadMode:
            count, mean, squares, worst = self._sums.get(pad, (0, math.nan, math.nan, math.nan))
            if count:
                yield Total(pad, mean, math.sqrt(squares / count), worst, self._wins.get(pad, 0))
