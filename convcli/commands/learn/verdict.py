"""Verdict on a fit in sentences: does one kernel explain the pictures, is it unique, which padding?"""

import math
from collections.abc import Iterator

from convcli.choices import FitMethod, PadMode
from convcli.display.words import significant
from convcli.engine.fitting.fit import Fit
from convcli.engine.fitting.padding_search import COPIED
from convcli.engine.fitting.size_search import STAGE_SIDES
from convcli.engine.window import size_text

__all__ = ["ROUNDING", "four_digits", "is_linear", "percent", "reads_no_border", "verdict"]

# Standard deviation of the error of rounding to whole numbers, uniform over an interval of length 1.
ROUNDING = 1 / math.sqrt(12)

# Largest residuals of float targets, over their standard deviation: up to EXACT they count as rounding
# errors in float64, up to NEAR as nearly none.
EXACT, NEAR = 1e-9, 1e-4

# Root mean square of the residuals of rounded targets, in grey levels: rounding leaves ROUNDING, by chance up
# to 5% more; below 0.2 most results were whole already, and hardly any was rounded.
ROUNDED_ONCE, HARDLY_ROUNDED = 1.05 * ROUNDING, 0.2

# Cutting decimals off lowers values by 0.5 on average: a bias this close to -0.5, in grey levels, says so.
TRUNCATION_TOLERANCE = 0.05

# Shares below this are rounding errors.
NO_SHARE = 1e-12

# Largest residual of rounded targets, in grey levels, that rounding between two passes of a filter may leave.
ROUNDED_TWICE = 0.75


def verdict(fit: Fit, *, whole: bool, spread: float) -> Iterator[str]:
    """Say whether one kernel explains the pictures, whether it is unique, and which padding was used.

    `whole` says whether targets are rounded to whole numbers; `spread` is their standard deviation.
    """
    yield _linear(fit, whole, spread)
    cut = bool(fit.bias.size == 1 and abs(fit.bias.item() + 0.5) < TRUNCATION_TOLERANCE)
    if whole and HARDLY_ROUNDED < fit.rmse <= ROUNDED_ONCE and cut:
        yield "The bias of -0.5 says that decimals were cut off, not rounded."
    if not fit.unique:
        count = len(fit.freedom)
        left = "1 direction is" if count == 1 else f"{count} directions are"
        yield (
            f"The pictures do not determine the kernel: {left} left open, as flat or periodic pictures do. "
            "This one has the least sum of squares."
        )
    linear = is_linear(fit, whole=whole, spread=spread)
    if fit.borders and linear:
        yield _border(fit)
    elif not linear and fit.method is FitMethod.LSTSQ:
        yield from _other_settings(fit)


def reads_no_border(fit: Fit) -> bool:
    """Return whether every padding mode gives the same, as with a kernel of one weight."""
    return all(trial.best for trial in fit.borders if trial.mode != COPIED)


def is_linear(fit: Fit, *, whole: bool, spread: float) -> bool:
    """Return whether one kernel explains the pictures but for rounding; arguments as for `verdict`."""
    return fit.rmse <= (max(ROUNDED_TWICE, EXACT * spread) if whole else NEAR * spread)


def _linear(fit: Fit, whole: bool, spread: float) -> str:
    if spread == 0:
        return "The target is flat: a bias alone explains it."
    if fit.rmse <= EXACT * spread:
        return "One kernel explains this pair exactly."
    if whole and fit.rmse <= ROUNDED_ONCE:
        return (
            f"One kernel explains this pair, exact but for rounding: it leaves {four_digits(fit.rmse)}, "
            f"and rounding alone leaves {ROUNDING:.3f}."
        )
    if whole and fit.rmse <= ROUNDED_TWICE:
        return (
            f"One kernel explains this pair nearly: it leaves {four_digits(fit.rmse)}, and rounding once "
            f"leaves {ROUNDING:.3f}; rounding between passes, or noise, may leave that."
        )
    if not whole and fit.rmse <= NEAR * spread:
        left = f"{four_digits(fit.rmse)} of a spread of {four_digits(spread)}"
        return f"One kernel explains this pair nearly: it leaves {left}."
    if fit.method is not FitMethod.LSTSQ:
        if fit.r2 < 0:
            return (
                f"After {len(fit.steps)} steps the kernel is worse than a flat picture: it leaves "
                f"{four_digits(fit.rmse)} (root mean square) of a spread of {four_digits(spread)}."
            )
        return (
            f"After {len(fit.steps)} steps the kernel explains {percent(fit.r2)} of this pair, and leaves "
            f"{four_digits(fit.rmse)} (root mean square)."
        )
    # The pictures are too small for some sizes of the search's first stage.
    if fit.sizes and max(fit.sizes[-1].size) < STAGE_SIDES[0]:
        return (
            f"No kernel up to {size_text(fit.sizes[-1].size)} explains this pair: the best explains "
            f"{percent(fit.r2)} of it. The picture is too small to search for larger ones: --size N fits one."
        )
    return (
        f"No single kernel explains this pair: the best explains {percent(fit.r2)} of it. The rest, "
        f"{four_digits(fit.rmse)} (root mean square), is noise or not linear."
    )


def _other_settings(fit: Fit) -> Iterator[str]:
    """Say which size and padding were given, and which options search for better ones."""
    if fit.pad is PadMode.VALID and not fit.borders:
        # The size of a valid target tells kernel size and padding: there is nothing to search.
        if fit.size == (1, 1):
            yield "With -p valid, a target as large as its input leaves one weight; -p auto may find better."
        return
    given = [] if fit.sizes else [(f"size {size_text(fit.size)}", "--size auto")]
    if not fit.borders:
        given.append((f"border {fit.pad}", "-p auto"))
    if given:
        words = " and ".join(what for what, _ in given)
        others = " and ".join(option for _, option in given)
        yield f"That is with {words}; {others} may find better."


def _border(fit: Fit) -> str:
    best = [trial.mode for trial in fit.borders if trial.best]
    if "zero" in best and "constant" in best:
        best.remove("constant")  # it is zero, too
    if fit.copied:
        return "The border is the input's own, copied: it was not filtered. No padding mode here does that."
    if not fit.border_fits:
        return f"No border that is known fits: the nearest is {fit.pad}."
    if reads_no_border(fit):
        return "The kernel reads no border: any padding gives the same."
    if len(best) > 1:
        *others, last = best
        return f"Border: {fit.pad}; {', '.join(others)} and {last} give the same here."
    return f"Border: {fit.pad}."


def four_digits(value: float) -> str:
    """Write a number in four significant digits."""
    return significant(value, 4)


def percent(share: float) -> str:
    """Write a share as a percentage, as 100% or 0% only where it is exactly that."""
    if share == 1 or abs(share) < NO_SHARE:
        return f"{round(share):.0%}"
    for places in range(0, 8):
        text = f"{share:.{places}%}"
        if float(text[:-1]) not in (0, 100) and (0.01 <= share <= 0.99 or places):
            return text
    return f"{share:.6%}"
