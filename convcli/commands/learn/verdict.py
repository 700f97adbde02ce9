"""Verdict on a fit in sentences: does one kernel explain the pictures, is it unique, which padding?"""

import math
from collections.abc import Iterator

from convcli.choices import FitMethod, PadMode
from convcli.display.language import Say, say_english
from convcli.display.words import listed, significant
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


def verdict(fit: Fit, *, whole: bool, spread: float, say: Say = say_english) -> Iterator[str]:
    """Say whether one kernel explains the pictures, whether it is unique, and which padding was used.

    `whole` says whether targets are rounded to whole numbers; `spread` is their standard deviation.
    """
    yield _linear(fit, whole, spread, say)
    cut = bool(fit.bias.size == 1 and abs(fit.bias.item() + 0.5) < TRUNCATION_TOLERANCE)
    if whole and HARDLY_ROUNDED < fit.rmse <= ROUNDED_ONCE and cut:
        yield say("The bias of -0.5 says that decimals were cut off, not rounded.")
    if not fit.unique:
        count = len(fit.freedom)
        yield say(
            "The pictures do not determine the kernel: {count} direction{s_are} left open, as flat or"
            " periodic pictures do. This one has the least sum of squares.",
            count=count,
            s_are=" is" if count == 1 else "s are",
        )
    linear = is_linear(fit, whole=whole, spread=spread)
    if fit.borders and linear:
        yield _border(fit, say)
    elif not linear and fit.method is FitMethod.LSTSQ:
        yield from _other_settings(fit, say)


def reads_no_border(fit: Fit) -> bool:
    """Return whether every padding mode gives the same, as with a kernel of one weight."""
    return all(trial.best for trial in fit.borders if trial.mode != COPIED)


def is_linear(fit: Fit, *, whole: bool, spread: float) -> bool:
    """Return whether one kernel explains the pictures but for rounding; arguments as for `verdict`."""
    return fit.rmse <= (max(ROUNDED_TWICE, EXACT * spread) if whole else NEAR * spread)


def _linear(fit: Fit, whole: bool, spread: float, say: Say) -> str:
    told = {"left": four_digits(fit.rmse), "spread": four_digits(spread), "share": percent(fit.r2)}
    told |= {"rounding": f"{ROUNDING:.3f}", "steps": str(len(fit.steps))}
    if spread == 0:
        return say("The target is flat: a bias alone explains it.")
    if fit.rmse <= EXACT * spread:
        return say("One kernel explains this pair exactly.")
    if whole and fit.rmse <= ROUNDED_ONCE:
        return say(
            "One kernel explains this pair, exact but for rounding: it leaves {left}, and rounding"
            " alone leaves {rounding}.",
            **told,
        )
    if whole and fit.rmse <= ROUNDED_TWICE:
        return say(
            "One kernel explains this pair nearly: it leaves {left}, and rounding once leaves {rounding};"
            " rounding between passes, or noise, may leave that.",
            **told,
        )
    if not whole and fit.rmse <= NEAR * spread:
        return say("One kernel explains this pair nearly: it leaves {left} of a spread of {spread}.", **told)
    if fit.method is not FitMethod.LSTSQ:
        if fit.r2 < 0:
            return say(
                "After {steps} steps the kernel is worse than a flat picture: it leaves {left} (root"
                " mean square) of a spread of {spread}.",
                **told,
            )
        return say(
            "After {steps} steps the kernel explains {share} of this pair, and leaves {left} (root"
            " mean square).",
            **told,
        )
    # The pictures are too small for some sizes of the search's first stage.
    if fit.sizes and max(fit.sizes[-1].size) < STAGE_SIDES[0]:
        return say(
            "No kernel up to {size} explains this pair: the best explains {share} of it. The picture"
            " is too small to search for larger ones: --size N fits one.",
            **told,
            size=size_text(fit.sizes[-1].size),
        )
    return say(
        "No single kernel explains this pair: the best explains {share} of it. The rest, {left} (root mean"
        " square), is noise or not linear.",
        **told,
    )


def _other_settings(fit: Fit, say: Say) -> Iterator[str]:
    """Say which size and padding were given, and which options search for better ones."""
    if fit.pad is PadMode.VALID and not fit.borders:
        # The size of a valid target tells kernel size and padding: there is nothing to search.
        if fit.size == (1, 1):
            yield say(
                "With -p valid, a target as large as its input leaves one weight; -p auto may find better."
            )
        return
    given = [] if fit.sizes else [(say("size {size}", size=size_text(fit.size)), "--size auto")]
    if not fit.borders:
        given.append((say("border {border}", border=fit.pad), "-p auto"))
    if given:
        words, others = (listed(part, say=say) for part in zip(*given, strict=True))
        yield say("That is with {words}; {others} may find better.", words=words, others=others)


def _border(fit: Fit, say: Say) -> str:
    best = [trial.mode for trial in fit.borders if trial.best]
    if "zero" in best and "constant" in best:
        best.remove("constant")  # it is zero, too
    if fit.copied:
        return say(
            "The border is the input's own, copied: it was not filtered. No padding mode here does that."
        )
    if not fit.border_fits:
        return say("No border that is known fits: the nearest is {border}.", border=fit.pad)
    if reads_no_border(fit):
        return say("The kernel reads no border: any padding gives the same.")
    if len(best) > 1:
        names = listed(best, say=say)
        return say("Border: {border}; {names} give the same here.", border=fit.pad, names=names)
    return say("Border: {border}.", border=fit.pad)


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
