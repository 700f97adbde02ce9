"""Padding: the source pixel of each padded position, and reading rectangles of the padded picture."""

from typing import cast

import numpy as np
from numpy.typing import ArrayLike

from convcli.choices import PadMode
from convcli.engine.arrays import Array, Indices, as_number, as_picture
from convcli.engine.tiles import Piece
from convcli.engine.window import check_growth, size_text
from convcli.errors import UsageError
from convcli.parsing import PaddingPixels, as_padding

__all__ = ["CONSTANT", "as_type", "pad2d", "read_padded", "sources"]

# Source index of a position that shows the padding value instead of a pixel of the picture.
CONSTANT = -1


def sources(size: int, low: int, high: int, mode: PadMode | None) -> Indices:
    """Return the pixel that padding mode `mode` shows at each of the ``low + size + high`` padded positions.

    The axis has at least one pixel; of 3 pixels, ``reflect`` by 2 and 2 gives 2 1 0 1 2 1 0. Padding wider
    than the picture keeps reflecting. Modes ``zero``, ``constant`` and None (neutral) pad with ``CONSTANT``.
    """
    at = np.arange(-low, size + high)
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
            if low or high:
                raise UsageError("mode 'valid' makes up no pixels", hint="choose another mode")
            return at


def pad2d(image: ArrayLike, padding: object, mode: PadMode | str = "reflect", value: float = 0.0) -> Array:
    """Return `image` padded on each side, as ``np.pad`` does.

    Parameters
    ----------
    image : (H, W) or (H, W, C) array
        Picture of any real type, which the result keeps.
    padding : int, (rows, columns), ((top, bottom), (left, right)) or "valid"
        Pixels added on each side; more than the picture has is fine.
    mode : PadMode or str
        ``d c b | a b c d | c b a`` is ``reflect``; any name that ``PadMode.parse`` knows.
    value : float
        Padding value of mode ``constant``; must fit the image's type.

    Raises
    ------
    UsageError
        A malformed argument, padding with mode ``valid``, or a `value` that the type cannot hold.
    GeometryError
        `image` is not 2-D or 3-D, or has no pixels.
    """
    picture, mode, amount = as_picture(image), PadMode.parse(mode), as_padding(padding)
    if isinstance(amount, str):
        if amount != "valid":
            raise UsageError(f"padding {amount!r} needs a kernel", hint="give a number of pixels")
        amount = ((0, 0), (0, 0))
    size = picture.shape[0] + sum(amount[0]), picture.shape[1] + sum(amount[1])
    check_growth(picture.shape, size, f"picture padded to {size_text(size)}")
    rows, columns = (sources(n, *pair, mode) for n, pair in zip(picture.shape, amount, strict=False))
    pad_value = as_type(as_number(value, "pad value") if mode is PadMode.CONSTANT else 0.0, picture.dtype)
    padded = np.empty((len(rows), len(columns), *picture.shape[2:]), picture.dtype)
    read_padded(picture, amount, (rows, columns), pad_value, Piece(0, len(rows), 0, len(columns)), padded)
    return padded


def as_type(value: float, dtype: np.dtype[np.generic]) -> Array:
    """Return a padding value as a scalar of `dtype`; integer types must hold it exactly."""
    with np.errstate(all="ignore"):
        converted = np.asarray(value).astype(dtype)
    if dtype.kind in "biu" and converted != value:
        raise UsageError(f"padding value {value} does not fit into {dtype}", hint="convert the image first")
    return converted


def read_padded(
    image: Array,
    padding: PaddingPixels,
    source_indices: tuple[Indices, Indices],
    pad_value: float | Array,
    source: Piece,
    into: Array,
    step: tuple[int, int] = (1, 1),
) -> None:
    """Copy a rectangle of the padded `image` to `into`, converting its type, without padding the whole.

    Parameters
    ----------
    image, into : (H, W, ...) and (rows, columns, ...) arrays
        Picture and result, of any memory layout.
    padding : ((top, bottom), (left, right))
        Pixels of padding on each side.
    source_indices : (rows, columns)
        Pixel of the picture that each padded row and column shows, from :func:`sources`.
    pad_value : float
        Written where a source index is ``CONSTANT``.
    source : Piece
        The rectangle, in padded positions.
    step : (rows, columns)
        Copy every ``step[0]``-th row and ``step[1]``-th column of the rectangle; by default all.
    """
    rows = _sections(range(source.y0, source.y1, step[0]), padding[0], source_indices[0])
    columns = _sections(range(source.x0, source.x1, step[1]), padding[1], source_indices[1])
    for to_rows, row in rows:
        for to_columns, column in columns:
            if row is None or column is None:
                into[to_rows, to_columns] = pad_value
            elif isinstance(row, slice) or isinstance(column, slice):
                into[to_rows, to_columns] = image[row, column]
            else:
                into[to_rows, to_columns] = image[row][:, column]


def _sections(
    positions: range, padding: tuple[int, int], source: Indices
) -> list[tuple[slice, slice | Indices | None]]:
    """Split padded positions into those before, inside and after the picture.

    Each section is a slice of the result and the source pixels: a slice, indices, or None for the constant.
    """
    start, stop, step, count = positions.start, positions.stop, positions.step, len(positions)
    low, high = padding[0], len(source) - padding[1]
    # Most reads lie inside the picture; layers that read few rows spend 5% of their time here otherwise.
    if low <= start and stop <= high:
        return [(slice(0, count), slice(start - low, stop - low, step))]
    first = min(-((start - low) // step), count) if start < low else 0
    last = min(-((start - high) // step), count) if start < high else 0
    sections: list[tuple[slice, slice | Indices | None]] = []
    if first:
        sections.append((slice(0, first), _outside(source, positions[:first])))
    if first < last:
        begin, end = start - low + first * step, start - low + (last - 1) * step + 1
        sections.append((slice(first, last), slice(begin, end, step)))
    if last < count:
        sections.append((slice(last, count), _outside(source, positions[last:])))
    return sections


def _outside(source: Indices, positions: range) -> Indices | None:
    """Return the source pixels of positions on one side of the picture, None for the constant."""
    if source[positions.start] == CONSTANT:
        return None
    return source[positions.start : positions.stop : positions.step]
