"""Verdict of a comparison in sentences."""

from collections.abc import Sequence

from convcli.choices import PadMode
from convcli.commands.compare.figures import amount, figure
from convcli.display.language import Say, say_english
from convcli.display.words import listed
from convcli.stacks.paddings.border_band import TIE, Comparison, best, winners
from convcli.stacks.paddings.compare_stack import Compared

__all__ = ["verdict"]

# Mean difference of two results, as a share of the data's range, below which it is not seen: half a step of a
# display of 8 bits.
VISIBLE = 0.5 / 255

ALL_ALIKE = (
    "It does not matter which padding: {agree} to {largest}, less than half a step of the picture's depth."
)
SAME = " {names}: no visible difference (equal results)."
NOT_SEEN = " {names}: no visible difference on average (results {mean} apart, {largest} at most)."
ALL_AS_NEAR = "{near} {near_are} {error} from the middle of the modes on average"
NEAR_AND_FAR = (
    "{far} {far_are} farthest from the middle of the modes ({error} on average), {near} {near_are} nearest"
    " ({least})"
)
BELOW_DEPTH = " The errors of {names} are less than half a step of the picture's depth."


def verdict(compared: Compared, *, quantum: float, unit: str = "", say: Say = say_english) -> str:
    """Return sentences: which mode is best, by how much, and which others cannot be told from it by eye.

    `quantum` is one level of the picture's bit depth, 0 for floats; errors are counted in `unit`.
    """
    order = best(compared.modes)
    if not order:
        return say("No mode makes pixels up: there is nothing to compare.")
    largest = max(one.max for one in order)
    if len(order) > 1 and (largest == 0 or largest < quantum / 2):
        names = _names([one for one in compared.modes if one in order], say)
        agree = say("{names} give the truth" if compared.measured else "{names} agree", names=names)
        if not largest:
            return say("It does not matter which padding: {agree}.", agree=agree)
        return say(ALL_ALIKE, agree=agree, largest=amount(largest, unit, say))
    sentences = (_ranked if compared.measured else _unranked)(order, unit, say)
    alike = [one for one in order if compared.apart[one.pad].mean < VISIBLE * compared.peak]
    if len(alike) > 1:
        mean, largest = (max(each) for each in zip(*(compared.apart[one.pad] for one in alike), strict=True))
        names = _names(alike, say, "or")
        apart = {"mean": amount(mean, unit, say), "largest": figure(largest)}
        sentences += say(NOT_SEEN if mean else SAME, names=names, **apart)
    if compared.measured and 0 < order[0].max < quantum / 2:
        sentences += say(BELOW_DEPTH, names=_names(winners(order), say))
    return sentences


def _ranked(order: Sequence[Comparison], unit: str, say: Say) -> str:
    """Compare the best mode with the runner-up and with zero."""
    first = winners(order)
    rest = [one for one in order if one not in first]
    told = {"names": _names(first, say), "error": amount(first[0].mae, unit, say)}
    several = len(first) > 1
    if not rest:
        alone = "{names} are equally good: mean error {error}." if several else "{names}: mean error {error}."
        return say(alone, **told)
    second = winners(rest)
    less = _less(first[0], second, say)
    zero = [one for one in rest if one.pad is PadMode.ZERO and one not in second]
    if zero:
        less = say("{one} and {other}", one=less, other=_less(first[0], zero, say))
    best_of = say("are equally best" if several else "is best")
    return say("{names} {best_of}: mean error {error}, {less}.", **told, best_of=best_of, less=less)


def _unranked(order: Sequence[Comparison], unit: str, say: Say) -> str:
    """Say which modes are nearest to the middle of all, and which are farthest from it."""
    near, far = winners(order), [one for one in order if one.mae >= order[-1].mae * (1 - TIE)]
    fields = {"near": _names(near, say), "near_are": "is" if len(near) == 1 else "are"}
    fields |= {"far": _names(far, say), "far_are": "is" if len(far) == 1 else "are"}
    fields |= {"least": figure(near[0].mae), "error": amount(far[0].mae, unit, say)}
    told = say(ALL_AS_NEAR if order[-1] in near else NEAR_AND_FAR, **fields)
    return say("Which mode is best is not known without --crop or --truth. {told}.", told=told)


def _names(modes: Sequence[Comparison], say: Say, last: str = "and") -> str:
    return listed([one.pad.value for one in modes], last, say)


def _less(one: Comparison, others: Sequence[Comparison], say: Say) -> str:
    """Say how much smaller an error is than that of others, which is not 0."""
    share = 1 - one.mae / others[0].mae
    told = {"names": _names(others, say), "error": figure(others[0].mae)}
    if share < 0.005:
        return say("under 1% less than {names} ({error})", **told)
    if share < 0.995 or not one.mae:
        return say("{share} less than {names} ({error})", share=f"{share:.0%}", **told)
    return say("over 99% less than {names} ({error})", **told)
