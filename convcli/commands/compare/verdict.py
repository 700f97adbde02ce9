"""Verdict of a comparison in sentences."""

from collections.abc import Sequence

from convcli.choices import PadMode
from convcli.commands.compare.figures import amount, figure
from convcli.display.words import listed
from convcli.stacks.paddings.border_band import TIE, Comparison, best, winners
from convcli.stacks.paddings.compare_stack import Compared

__all__ = ["verdict"]

# Mean difference of two results, as a share of the data's range, below which it is not seen: half a step of a
# display of 8 bits.
VISIBLE = 0.5 / 255


def verdict(compared: Compared, *, quantum: float, unit: str = "") -> str:
    """Return sentences: which mode is best, by how much, and which others cannot be told from it by eye.

    `quantum` is one level of the picture's bit depth, 0 for floats; errors are counted in `unit`.
    """
    order = best(compared.modes)
    if not order:
        return "No mode makes pixels up: there is nothing to compare."
    largest = max(one.max for one in order)
    if len(order) > 1 and (largest == 0 or largest < quantum / 2):
        names = _names([one for one in compared.modes if one in order])
        agree = f"{names} {'give the truth' if compared.measured else 'agree'}"
        near = f" to {amount(largest, unit)}, less than half a step of the picture's depth"
        return f"It does not matter which padding: {agree}{near if largest else ''}."
    sentences = (_ranked if compared.measured else _unranked)(order, unit)
    alike = [one for one in order if compared.apart[one.pad].mean < VISIBLE * compared.peak]
    if len(alike) > 1:
        mean, largest = (max(each) for each in zip(*(compared.apart[one.pad] for one in alike), strict=True))
        far = f" on average (results {amount(mean, unit)} apart, {figure(largest)} at most)"
        sentences += f" {_names(alike, 'or')}: no visible difference{far if mean else ' (equal results)'}."
    if compared.measured and 0 < order[0].max < quantum / 2:
        names = _names(winners(order))
        sentences += f" The errors of {names} are less than half a step of the picture's depth."
    return sentences


def _ranked(order: Sequence[Comparison], unit: str) -> str:
    """Compare the best mode with the runner-up and with zero."""
    first = winners(order)
    rest = [one for one in order if one not in first]
    error = f"mean error {amount(first[0].mae, unit)}"
    if not rest:
        return f"{_names(first)}{' are equally good' if len(first) > 1 else ''}: {error}."
    second = winners(rest)
    others = [second]
    zero = [one for one in rest if one.pad is PadMode.ZERO and one not in second]
    others += [zero] if zero else []
    against = " and ".join(
        f"{_less(first[0], other[0])} than {_names(other)} ({figure(other[0].mae)})" for other in others
    )
    return f"{_names(first)} {'is' if len(first) == 1 else 'are equally'} best: {error}, {against}."


def _unranked(order: Sequence[Comparison], unit: str) -> str:
    """Say which modes are nearest to the middle of all, and which are farthest from it."""
    near, far = winners(order), [one for one in order if one.mae >= order[-1].mae * (1 - TIE)]
    told = f"{_is(near)} {amount(near[0].mae, unit)} from the middle of the modes on average"
    if order[-1] not in near:
        told = (
            f"{_is(far)} farthest from the middle of the modes ({amount(far[0].mae, unit)} on average),"
            f" {_is(near)} nearest ({figure(near[0].mae)})"
        )
    return f"Which mode is best is not known without --crop or --truth. {told}."


def _names(modes: Sequence[Comparison], last: str = "and") -> str:
    return listed([one.pad.value for one in modes], last)


def _is(modes: Sequence[Comparison]) -> str:
    return f"{_names(modes)} {'is' if len(modes) == 1 else 'are'}"


def _less(one: Comparison, other: Comparison) -> str:
    """Say how much smaller an error is than another, which is not 0."""
    share = 1 - one.mae / other.mae
    if share < 0.005:
        return "under 1% less"
    return f"{share:.0%} less" if share < 0.995 or not one.mae else "over 99% less"
