"""Finds a picture in a larger one, whose surrounding pixels are the truth for padding."""

import numpy as np

from convcli.engine.arrays import Array
from convcli.errors import GeometryError

__all__ = ["check_inside", "find_inside", "frame"]

# Random pixels that are compared at every offset; whole pictures are compared at the offsets that remain.
PROBE_PIXELS = 64


def frame(size: tuple[int, int], crop: int) -> tuple[slice, slice]:
    """Return the rows and columns that remain of a picture with `crop` pixels cut off on each side."""
    if 2 * crop >= min(size):
        raise GeometryError(
            f"--crop {crop} leaves nothing of {size[0]} x {size[1]} pixels",
            hint=f"use at most {(min(size) - 1) // 2}" if min(size) > 2 else "use a larger picture",
        )
    return slice(crop, size[0] - crop), slice(crop, size[1] - crop)


def check_inside(x: Array, larger: Array, offset: tuple[int, int]) -> None:
    """Raise GeometryError unless `larger` contains `x` at `offset`; arrays are C x H x W."""
    if x.shape[0] != larger.shape[0]:
        raise GeometryError(
            f"truth has {larger.shape[0]} channels, and the picture {x.shape[0]}",
            hint="--gray makes both one",
        )
    (row, column), (height, width) = offset, x.shape[1:]
    if min(offset) < 0 or row + height > larger.shape[1] or column + width > larger.shape[2]:
        raise GeometryError(
            f"truth of {larger.shape[1]} x {larger.shape[2]} pixels does not contain the picture, {height} x"
            f" {width}, at {row},{column}",
            hint="--offset ROW,COLUMN is where the picture's first pixel is in the truth",
        )
    differs = (larger[:, row : row + height, column : column + width] != x).any(0)
    if differs.any():
        first = tuple(int(at) for at in np.argwhere(differs)[0])
        raise GeometryError(
            f"truth does not contain the picture at {row},{column}: {np.count_nonzero(differs)} pixels"
            f" differ, the first at {first[0]},{first[1]}",
            hint="correct --offset; the picture must be cut from the truth, in a lossless format",
        )


def find_inside(x: Array, larger: Array) -> tuple[int, int]:
    """Return the offset at which `larger` contains `x`; GeometryError where there is none, or several."""
    height, width = (many - few + 1 for many, few in zip(larger.shape[1:], x.shape[1:], strict=True))
    if x.shape[0] != larger.shape[0] or min(height, width) < 1:
        check_inside(x, larger, (0, 0))
    rows, columns = np.divmod(np.arange(height * width), width)
    chosen = np.random.default_rng(0).integers(0, x.shape[1:], (PROBE_PIXELS, 2))
    for row, column in chosen:
        alike = (larger[:, rows + row, columns + column] == x[:, row, column, None]).all(0)
        rows, columns = rows[alike], columns[alike]
    whole = [
        (int(row), int(column))
        for row, column in zip(rows, columns, strict=True)
        if np.array_equal(larger[:, row : row + x.shape[1], column : column + x.shape[2]], x)
    ]
    if not whole:
        raise GeometryError(
            "truth does not contain the picture anywhere",
            hint="the picture must be cut from the truth, in a lossless format",
        )
    if len(whole) > 1:
        raise GeometryError(
            f"truth contains the picture {len(whole)} times, first at {whole[0][0]},{whole[0][1]}",
            hint="say which with --offset ROW,COLUMN",
        )
    return whole[0]
