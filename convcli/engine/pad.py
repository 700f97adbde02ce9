"""What is beyond the edge: every padding mode as one map of indices per axis."""

from typing import cast

import numpy as np
from numpy.typing import ArrayLike

from convcli.choices import Edges, PadMode, as_padding
from convcli.engine.arrays import Array, Indices, check_numeric
from convcli.engine.tiles import Piece
from convcli.errors import GeometryError, UsageError

__all__ = ["CONSTANT", "as_type", "pad2d", "read_padded", "sources"]

CONSTANT = -1
"""In a map of :func:`sources`: no pixel of the picture, but the constant."""


def sources(size: int, before: int, after: int, mode: PadMode | None) -> Indices:
    """Return, for each padded position along an axis, the index of the pixel that is shown there.

    Parameters
    ----------
    size : int
        Pixels along the axis, 1 or more.
    before, after : int
        Positions made up on either side, of any width: reflections go on reflecting.
    mode : PadMode or None
        For ``zero``, ``constant`` and None (neutral) the made-up positions are ``CONSTANT``.

    Returns
    -------
    (before + size + after,) array of intp
    """
    at = np.arange(-before, size + after)
    match mode:
        case PadMode.ZERO | PadMode.CONSTANT | None:
            return np.where((at >= 0) & (at < size), at, CONSTANT)
        case PadMode.REPLICATE:
            return cast(Indices, np.clip(at, 0, size - 1))
        case PadMode.WRAP:
            return cast(Indices, at % size)
        case PadMode.SYMMETRIC:
            at %= 2 * size
            return np.minimum(at, 2 * size - 1 - at)
        case PadMode.REFLECT:
            # A single pixel has no neighbour to reflect: it is repeated, as by np.pad.
            period = max(1, 2 * (size - 1))
            at %= period
            return np.minimum(at, period - at) if size > 1 else at
        case PadMode.VALID:
            if before or after:
                raise UsageError("mode 'valid' makes up no pixels", hint="choose another mode")
            return at


def pad2d(image: ArrayLike, padding: object, mode: PadMode | str = "reflect", value: float = 0.0) -> Array:
    """Return `image` with made-up pixels around it, as ``np.pad`` makes them.

    Parameters
    ----------
    image : (H, W) or (H, W, C) array
        Of any real type, which the result keeps.
    padding : int, (rows, columns), ((top, bottom), (left, right)) or "valid"
        How many pixels; wider than the picture is fine.
    mode : PadMode or str
        ``d c b | a b c d | c b a`` is ``reflect``; any name that ``PadMode.parse`` knows.
    value : float
        Shown by mode ``constant``; must fit the image's type.

    Raises
    ------
    UsageError
        A malformed argument, pixels asked of mode ``valid``, or a `value` that the type cannot hold.
    GeometryError
        `image` is not 2-D or 3-D, or has no pixels.
    """
    picture = np.asarray(image)
    check_numeric(picture.dtype, "image")
    if picture.ndim not in (2, 3) or 0 in picture.shape:
        raise GeometryError(
            f"image of shape {picture.shape} is not a picture", hint="give H x W or H x W x C"
        )
    mode = PadMode.parse(mode)
    sides = as_padding(padding)
    if isinstance(sides, str):
        if sides != "valid":
            raise UsageError(f"padding {sides!r} needs a kernel", hint="give a number of pixels")
        sides = ((0, 0), (0, 0))
    rows, columns = (sources(n, *side, mode) for n, side in zip(picture.shape, sides, strict=False))
    padded: Array = picture[rows][:, columns]
    if mode in (PadMode.ZERO, PadMode.CONSTANT):
        _frame(padded, sides, as_type(0.0 if mode is PadMode.ZERO else value, picture.dtype))
    return padded


def _frame(padded: Array, sides: Edges, value: Array) -> None:
    (top, bottom), (left, right) = sides
    height, width = padded.shape[:2]
    padded[:top] = value
    padded[height - bottom :] = value
    padded[:, :left] = value
    padded[:, width - right :] = value


def as_type(value: float, dtype: np.dtype[np.generic]) -> Array:
    """Return a padding value as a number of `dtype`.

    Raises
    ------
    UsageError
        An integer type cannot hold it.
    """
    with np.errstate(all="ignore"):
        cast_value = np.asarray(value).astype(dtype)
    if dtype.kind in "biu" and cast_value != value:
        raise UsageError(f"padding value {value} does not fit into {dtype}", hint="convert the image first")
    return cast_value


def read_padded(
    image: Array, sides: Edges, sources: tuple[Indices, Indices], value: float, source: Piece, into: Array
) -> None:
    """Write a rectangle of `image`, padded by `sides` as the index maps `sources` say, to `into`."""
    rows = _sections(source.y0, source.y1, sides[0][0], image.shape[0], sources[0])
    columns = _sections(source.x0, source.x1, sides[1][0], image.shape[1], sources[1])
    for to_row, row in rows:
        for to_column, column in columns:
            if isinstance(row, slice) or isinstance(column, slice):
                into[to_row, to_column] = image[row, column]
            else:
                into[to_row, to_column] = image[row][:, column]
            for index, target in ((row, into[to_row, to_column]), (column, into[to_row, to_column])):
                if not isinstance(index, slice) and index[0] == CONSTANT:
                    target[...] = value


def _sections(
    start: int, stop: int, before: int, size: int, mapping: Indices
) -> list[tuple[slice, slice | Indices]]:
    """Return where each part of padded positions goes, and its pixels: made up, of the image, made up."""
    first, last = min(max(before, start), stop), max(min(before + size, stop), start)
    parts: list[tuple[slice, slice | Indices]] = []
    if start < first:
        parts.append((slice(0, first - start), mapping[start:first]))
    if first < last:
        parts.append((slice(first - start, last - start), slice(first - before, last - before)))
    if last < stop:
        parts.append((slice(last - start, stop - start), mapping[max(last, start) : stop]))
    return parts
