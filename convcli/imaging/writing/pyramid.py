"""Levels of a pyramid: each holds the means of 2 x 2 pixels of the one before, made band by band."""

from collections.abc import Iterator

import numpy as np

from convcli.imaging.image import Array

__all__ = ["Halving", "level_sizes"]


def level_sizes(size: tuple[int, int], levels: int) -> list[tuple[int, int]]:
    """Return the sizes of the levels, the first being `size`; they end where a level is a single pixel."""
    sizes = [size]
    while len(sizes) < levels and sizes[-1] != (1, 1):
        height, width = sizes[-1]
        sizes.append((-(-height // 2), -(-width // 2)))
    return sizes


class Halving:
    """Halves a picture band by band: feed it all rows in order, then None."""

    def __init__(self) -> None:
        self._left: Array | None = None  # a row that waits for the one below it

    def __call__(self, rows: Array | None) -> Iterator[Array]:
        """Yield what can be halved now; after the last rows, None gives the last row of an odd number."""
        if rows is None:
            if self._left is not None:
                yield _halved(self._left)
            return
        if self._left is not None:
            rows = np.concatenate([self._left, rows])
        even = len(rows) // 2 * 2
        self._left = rows[even:].copy() if even < len(rows) else None
        if even:
            yield _halved(rows[:even])


def _halved(rows: Array) -> Array:
    """Return the means of 2 x 2 pixels, of fewer at the end of an odd number; halves are rounded up."""
    sums: Array = rows[::2].astype(np.float64 if rows.dtype.kind == "f" else np.uint32)
    count = 1
    if len(rows) > 1:
        np.add(sums, rows[1::2], out=sums)
        count = 2
    across: Array = sums[:, ::2].copy()
    paired = across[:, : sums.shape[1] // 2]
    np.add(paired, sums[:, 1::2], out=paired)
    counts = np.full(across.shape[1], 2 * count)
    counts[sums.shape[1] // 2 :] = count
    counts = counts.reshape(-1, *(1,) * (rows.ndim - 2))
    means: Array = across / counts if rows.dtype.kind == "f" else (across + counts // 2) // counts
    return means.astype(rows.dtype)
