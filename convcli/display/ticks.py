"""The numbers beside an axis."""

import math

__all__ = ["decades", "nice_ticks", "round_up"]


def nice_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Return at most `most` multiples of 1, 2 or 5 times a power of ten within `low` to `high`.

    References
    ----------
    Heckbert, Nice numbers for graph labels, Graphics Gems, 1990.
    """
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low or most < 2:
        return [low]
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    for step in (power, 2 * power, 5 * power, 10 * power, 20 * power):
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first + 1 <= most:
            return [number * step for number in range(first, last + 1)]
    return [low]


def decades(low: float, high: float, most: int = 6) -> list[float]:
    """Return at most `most` powers of ten within `low` to `high`, evenly spaced."""
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    step = max(1, math.ceil((last - first + 1) / most))
    return [10.0**power for power in range(first, last + 1, step)]


def round_up(value: float) -> float:
    """Return the least of 1, 2 or 5 times a power of ten that is not below `value`, which is above 0."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value * (1 - 1e-9))
