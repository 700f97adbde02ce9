"""Figures in words: for sentences, and for columns whose decimal points line up."""

import math
from collections.abc import Sequence

from convcli.display.language import Say, say_english

__all__ = ["aligned", "amount", "figure"]

# Significant digits of the smallest figure other than 0 of a column, where there is room for them.
DIGITS = 3


def aligned(values: Sequence[float], width: int = 6) -> list[str]:
    """Write a column of figures with equally many decimals, in `width` characters where they fit.

    Very large and very small figures are written with powers of ten, NaN as ``-``.
    """
    sizes = [abs(value) for value in values if math.isfinite(value) and value]
    most, least = max(sizes, default=100.0), min(sizes, default=100.0)
    decimals = min(DIGITS - 1 - math.floor(math.log10(least)), width - 1 - len(f"{most:.0f}"))
    if most >= 10**width - 0.5 or most < 10.0 ** (2 - width):
        written = [f"{value:.1e}" for value in values]
    else:
        written = [f"{value:.{max(0, decimals)}f}" for value in values]
    return ["-" if math.isnan(value) else text for value, text in zip(values, written, strict=True)]


def amount(value: float, unit: str, say: Say = say_english) -> str:
    """Write a figure for a sentence with its unit, grey levels, which may be empty."""
    number = figure(value)
    return say("{number} grey level{s}", number=number, s="s" * (number != "1")) if unit else number


def figure(value: float) -> str:
    """Write a figure for a sentence in three significant digits, NaN as ``-``."""
    if math.isnan(value):
        return "-"
    return f"{value:.0f}" if 99.95 <= abs(value) < 1e6 else f"{value:.3g}"
