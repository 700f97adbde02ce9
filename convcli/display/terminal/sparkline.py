"""A row of numbers as a row of bars: how a loss falls, how an error fades."""

import math
from collections.abc import Sequence
from itertools import pairwise

__all__ = ["BARS", "PLAIN", "bar", "sparkline"]

# From the lowest to the highest, with and without Unicode.
BARS = "▁▂▃▄▅▆▇█"
PLAIN = "_.-=+*#@"


def sparkline(
    values: Sequence[float],
    width: int,
    *,
    logarithmic: bool = False,
    ascii_only: bool = False,
    limits: tuple[float, float] | None = None,
) -> str:
    """Return `values` as at most `width` bars, the least finite one lowest and the greatest highest.

    More values than `width` are drawn as the means of equal parts. With `logarithmic`, bars stand for
    logarithms, and what is not positive is drawn as the least. Not-a-number is ``?``, infinity the highest.
    `limits` are the values of the lowest and the highest bar, for several lines on one scale.
    """
    if width < 1:
        raise ValueError(f"width {width} is less than 1")
    drawn = [_scaled(value, logarithmic) for value in _parts(values, width)]
    finite = [value for value in drawn if math.isfinite(value)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 0.0)
    if limits is not None:
        low, high = (_scaled(limit, logarithmic) for limit in limits)
    bars = PLAIN if ascii_only else BARS
    return "".join(_bar(value, low, high, bars) for value in drawn)


def _parts(values: Sequence[float], width: int) -> list[float]:
    if len(values) <= width:
        return list(values)
    edges = [round(index * len(values) / width) for index in range(width + 1)]
    return [sum(values[start:stop]) / (stop - start) for start, stop in pairwise(edges)]


def _scaled(value: float, logarithmic: bool) -> float:
    if not logarithmic or math.isnan(value):
        return value
    return math.log(value) if value > 0 else -math.inf


def _bar(value: float, low: float, high: float, bars: str) -> str:
    if math.isnan(value):
        return "?"
    return bar((min(max(value, low), high) - low) / ((high - low) or 1.0), bars)


def bar(share: float, bars: str) -> str:
    """Return the bar of a share from 0 to 1."""
    return bars[min(len(bars) - 1, int(share * len(bars)))]
