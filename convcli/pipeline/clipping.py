"""The note on pixels that were cut: it names the ranges that keep more of this very result."""

from collections.abc import Sequence
from math import isfinite
from typing import Any, NamedTuple

from numpy.typing import DTypeLike, NDArray

from convcli.choices import RangeMode
from convcli.imaging.pixels import count_cut

__all__ = ["Tally", "clipping_note", "rivals", "tally"]


class Tally(NamedTuple):
    """Extremes of a map, or of a band of its rows, and how many pixels other ranges would cut."""

    low: float  # of integers, the extremes of some of them that differ, if any do
    high: float
    cut: tuple[int, ...]  # by each of the `rivals` of the range; of abs, sometimes only at most so many


def rivals(mode: RangeMode, signed: bool) -> tuple[RangeMode, ...]:
    """Return the ranges that may cut less than `mode`, beside stretching, which cuts nothing.

    Without `signed`, negative values are overshoot, or there are none: abs and center would only spoil it.
    """
    if mode is RangeMode.CLIP:
        return (RangeMode.ABS, RangeMode.CENTER) if signed else ()
    if mode is RangeMode.CENTER:
        return (RangeMode.CLIP, RangeMode.ABS) if signed else (RangeMode.CLIP,)
    return ()  # the others cut what abs cuts; values for unit, of 0..1, would be black


def tally(
    values: NDArray[Any], modes: Sequence[RangeMode], full_in: float, target: DTypeLike, clipped: int
) -> Tally:
    """Measure values, with white at `full_in`, of which `clipped` were cut to samples of type `target`."""
    cut = dict[RangeMode, int]()
    for mode in sorted(modes, key=lambda mode: mode is RangeMode.ABS):
        center = cut.get(RangeMode.CENTER, clipped)
        # abs cuts no pixel that center keeps: where center cuts fewer than were cut, so does abs, uncounted.
        spared = mode is RangeMode.ABS and center < clipped
        cut[mode] = center if spared else count_cut(values, mode, full_in=full_in, target=target)
    # Integers are finite, and it only matters whether any two of them differ: mostly two of the first row do.
    some = values[:1] if values.dtype.kind in "iu" else values
    some = some if some.min() < some.max() else values
    return Tally(float(some.min()), float(some.max()), tuple(cut[mode] for mode in modes))


def clipping_note(clipped: int, pixels: int, modes: Sequence[RangeMode], tallies: Sequence[Tally]) -> str:
    """Return the note on `clipped` pixels of so many; `tallies` of all maps and bands are for `modes`."""
    cut = {mode: sum(one.cut[index] for one in tallies) for index, mode in enumerate(modes)}
    better = {mode for mode in modes if cut[mode] < clipped}
    if cut.get(RangeMode.CLIP) == cut.get(RangeMode.ABS):  # there are no negative values
        better.discard(RangeMode.ABS)
    low, high = min(one.low for one in tallies), max(one.high for one in tallies)
    if isfinite(low) and isfinite(high) and low < high:
        better.add(RangeMode.SCALE)
    said = f"{clipped / pixels:.0%} of the pixels were cut to fit"
    named = "|".join(mode for mode in RangeMode if mode in better)
    return f"{said}; --range {named} keeps more" if named else said
