"""Verdict of a comparison in sentences, and how its figures are written in sentences and columns."""

import math
from collections.abc import Sequence

from convcli.choices import PadMode
from convcli.display.words import listed
from convcli.stacks.paddings.border_band import TIE, Comparison, best, winners

__all__ = ["column_figure", "figure", "verdict"]


def verdict(modes: Sequence[Comparison], *, measured: bool, quantum: float) -> str:
    """Return one or two sentences: which mode is best, and by how much over the runner-up and over zero.

    `measured` says whether errors are against the truth, else against the median of the modes; `quantum` is
    one level of the picture's bit depth, 0 for floats.
    """
    order = best(modes)
    if not order:
        return "No mode makes pixels up: there is nothing to compare."
    largest = max(one.max for one in order)
    if not measured:
        return _disagreement(order, largest, quantum)
    if largest == 0:
        return "It does not matter: every mode gives the truth."
    if largest < quantum / 2:
        return (
            f"It does not matter: no mode is off by more than {figure(largest)}, less than half a step of the"
            " picture's depth."
        )
    first = winners(modes)
    rest = [one for one in order if one not in first]
    names = listed([one.pad.value for one in first])
    if not rest:
        return f"All modes are equally good: {figure(first[0].mae)} off on average."
    words = (
        f"{names} {'is' if len(first) == 1 else 'are equally'} best: {figure(first[0].mae)} off on average"
    )
    second = winners(rest)
    words += f", {_less(first[0], second[0])} than {listed([one.pad.value for one in second])}"
    words += f" ({figure(second[0].mae)})"
    zero = next((one for one in rest if one.pad is PadMode.ZERO), None)
    if zero is not None and zero not in second:
        words += f" and {_less(first[0], zero)} than zero ({figure(zero.mae)})"
    if first[0].max < quantum / 2:
        words += "; what is left of it is less than half a step of the picture's depth"
    elif second[0].mae - first[0].mae < quantum / 2:
        words += "; between these two it hardly matters: they differ by less than half a step on average"
    return words + "."


def _disagreement(order: Sequence[Comparison], largest: float, quantum: float) -> str:
    if largest == 0 or largest < quantum / 2:
        return "It does not matter: the modes agree" + (
            "." if largest == 0 else f" to {figure(largest)}, less than half a step of the picture's depth."
        )
    near, far = order[0], order[-1]
    fellows = [one.pad.value for one in order if one.mae >= far.mae * (1 - TIE)]
    return (
        f"Which mode is best is not known without --crop or --truth. {listed(fellows)}"
        f" {'is' if len(fellows) == 1 else 'are'} farthest from the middle of the modes"
        f" ({figure(far.mae)} on average), {near.pad} is nearest ({figure(near.mae)})."
    )


def _less(one: Comparison, other: Comparison) -> str:
    """Say how much smaller an error is than another, which is not 0."""
    ratio = one.mae / other.mae
    return f"{1 - ratio:.0%} less" if ratio < 0.995 else "under 1% less"


def column_figure(value: float) -> str:
    """Write a figure for a column in six characters or fewer, NaN as ``-``."""
    size = abs(value)
    if 0.001 <= size < 0.1:
        return f"{value:.4f}"
    return f"{value:.0e}" if 0 < size < 0.001 or 99_999.5 <= size < math.inf else figure(value)


def figure(value: float) -> str:
    """Write a figure for a sentence in three significant digits, NaN as ``-``."""
    if math.isnan(value):
        return "-"
    return f"{value:.0f}" if 99.95 <= abs(value) < 1e6 else f"{value:.3g}"
