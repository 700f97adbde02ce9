"""Writes the numbers of a matrix as text, all with the same number of decimals: their points line up."""

import math
from typing import NamedTuple

import numpy as np

from convcli.display.terminal.cells import Array, largest

__all__ = ["Written", "written"]

# Significant digits of the largest number, where nothing else is asked for.
DIGITS = 4

# Powers of ten of the largest number between which numbers are written out.
SMALLEST, GREATEST = -4, 7

# Least power of ten that numbers are divided by: the next is 0 in float64.
LEAST_POWER = -308


class Written(NamedTuple):
    """The words, the power of ten that they are to be multiplied by, and the width of those beside them."""

    words: list[list[str]]
    power: int
    least: int = 0

    @property
    def width(self) -> int:
        """Characters of the longest word, here or in the matrices beside this one."""
        return max(self.least, *(len(word) for row in self.words for word in row))


def written(
    values: Array, precision: int | None = None, *, plus: bool = False, among: Array | None = None
) -> Written:
    """Write a matrix, with `precision` decimals or four digits of its largest number.

    Whole numbers stay whole unless `precision` is given. Very large and very small ones are divided by a
    power of ten that is told beside them. `plus` gives positive numbers a sign, so that it catches the eye.
    `among` are the numbers of all matrices that stand side by side, with equally many decimals.
    """
    among = values if among is None else among
    full = largest(among)
    power = max(LEAST_POWER, math.floor(math.log10(full))) if full else 0
    if precision is not None or SMALLEST <= power < GREATEST:
        scaled, shift = values, 0
    else:
        scaled, shift = values / 10.0**power, power
    finite = among[np.isfinite(among)]
    whole = shift == 0 and bool((finite == np.rint(finite)).all())
    decimals = precision if precision is not None else 0 if whole else max(0, DIGITS - 1 - (power - shift))
    ends = [] if among is values else [finite.min(initial=0), finite.max(initial=0)]
    least = max((len(_word(float(end) / 10.0**shift, decimals, plus)) for end in ends), default=0)
    return Written([[_word(value, decimals, plus) for value in row] for row in scaled.tolist()], shift, least)


def _word(value: float, decimals: int, plus: bool) -> str:
    word = f"{value:.{decimals}f}"
    if word.startswith("-") and not word.strip("-0."):
        word = word[1:]  # what rounds to 0 has no sign
    return f"+{word}" if plus and value > 0 and word.strip("0.") else word
