"""The places at which the maps of several padding modes differ, and sentences about them."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convcli.display.terminal.cells import largest
from convcli.display.words import listed, number

__all__ = ["differing", "sentences"]

Array = NDArray[Any]

# Differences that count as rounding, in units of the last place of the largest value.
ROUNDING = 64


def differing(maps: Mapping[str, Array]) -> NDArray[np.bool_]:
    """Return where maps of one shape, by the names of their modes, do not all agree."""
    first, *others = maps.values()
    return np.asarray(np.logical_or.reduce([_apart(first, other) for other in others]))


def _apart(a: Array, b: Array) -> NDArray[np.bool_]:
    kind = np.result_type(a, b)
    tolerance = 0.0
    if kind.kind == "f":
        tolerance = ROUNDING * float(np.finfo(kind).eps) * max(largest(a), largest(b))
    return np.asarray(~np.isclose(a, b, rtol=0, atol=tolerance, equal_nan=True))


def sentences(
    maps: Mapping[str, Array], places: NDArray[np.bool_], first: tuple[int, int], what: str, mark: str
) -> Iterator[str]:
    """Yield how many of the pixels or results (`what`) differ, and by how much; and which maps are equal.

    `places` are those of :func:`differing`, which are marked as `mark` says; `first` are the numbers of the
    first row and column.
    """
    count, total = np.count_nonzero(places), f"{places.size:,} {what}"
    if not count:
        yield f"{listed(list(maps))} are equal at all {total}"
        return
    values = np.stack([one[places] for one in maps.values()]).astype(np.float64)
    with np.errstate(invalid="ignore"):
        spread = np.nan_to_num(np.ptp(values, axis=0), nan=0.0, posinf=np.inf)
    most = int(spread.argmax())
    row, column = (int(axis[most]) + start for axis, start in zip(np.nonzero(places), first, strict=True))
    least, greatest = (
        f"{number(float(values[mode, most]))} ({list(maps)[mode]})"
        for mode in (int(values[:, most].argmin()), int(values[:, most].argmax()))
    )
    apart = number(float(spread[most]))
    yield (f"{count:,} of {total} differ{mark}, by {apart} at most: {least} and {greatest} at {row},{column}")
    left = dict(maps)
    while left:
        one = next(iter(left.values()))
        alike = [name for name, other in left.items() if not _apart(one, other).any()]
        left = {name: other for name, other in left.items() if name not in alike}
        if len(alike) > 1:
            yield f"{listed(alike)} are equal"
