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
    """The words, all of one width or less, and the power of ten that they are to be multiplied by."""

    words: list[list[str]]
    power: int

    @property
    def width(self) -> int:
        """Characters of the longest word."""
        return max(len(word) for row in self.words for word in row)


def written(values: Array, precision: int | None = None, *, plus: bool = False) -> Written:
    """Write a matrix, with `precision` decimals or four digits of its largest number.

    Whole numbers stay whole unless `precision` is given. Very large and very small ones are divided by a
    power of ten that is told beside them. `plus` gives positive numbers a sign, so that it catches the eye.
    """
    full = largest(values)
    power = max(LEAST_POWER, math.floor(math.log10(full))) if full else 0
    if precision is not None or SMALLEST <= power < GREATEST:
        scaled, shift = values, 0
    else:
        scaled, shift = values / 10.0**power, power
    finite = values[np.isfinite(values)]
    whole = shift == 0 and bool((finite == np.rint(finite)).all())
    decimals = precision if precision is not None else 0 if whole else max(0, DIGITS - 1 - (power - shift))
    return Written([[_word(value, decimals, plus) for value in row] for row in scaled.tolist()], shift)


def _word(value: float, decimals: int, plus: bool) -> str:
    word = f"{value:.{decimals}f}"
    if word.startswith("-") and not word.strip("-0."):
        word = word[1:]  # what rounds to 0 has no sign
    return f"+{word}" if plus and value > 0 and word.strip("0.") else word
