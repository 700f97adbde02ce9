"""One correlation whose arguments are parsed and checked, as every method receives it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from convcli.engine.arrays import Array, Floats, Indices
from convcli.engine.pad import CONSTANT, read_padded, sources
from convcli.engine.tiles import Piece
from convcli.engine.window import Window

__all__ = ["Task", "rows_read"]

# Samples of an image from which on its interior is read in place: a padded copy of a smaller one costs less
# than the additional pieces along its border.
IN_PLACE_FROM = 1 << 21


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Task:
    """A correlation, and access to the input and output of its pieces.

    Attributes
    ----------
    image : (H, W, C) array
        Picture of any real type and memory layout.
    kernel : (kh, kw) float64 array
        Finite weights, applied unflipped.
    window : Window
        How the kernel slides and the image is padded; its size is the kernel's.
    bias : float
        Added to every sum.
    work : dtype
        Type in which sums are computed: float32, float64, or int16 where no sum can leave its range.
    out : (H', W', C) array
        Receives the result, rounded and saturated where its type is an integer.
    bound : float
        Largest sum of whole weights over whole pixels, which must be exact; infinity where sums may round.
    first_row : int
        Row of the whole result that is row 0 of `out`: above 0 where only some rows are asked for.
    """

    image: Array
    kernel: Floats
    window: Window
    bias: float
    work: np.dtype[Any]
    out: Array
    bound: float = float("inf")
    first_row: int = 0

    @property
    def whole(self) -> Piece:
        """The whole output."""
        return Piece(self.first_row, self.first_row + self.out.shape[0], 0, self.out.shape[1])

    def output_slices(self, piece: Piece) -> tuple[slice, slice]:
        """Return the rows and columns of `out` that `piece` covers."""
        return slice(piece.y0 - self.first_row, piece.y1 - self.first_row), slice(piece.x0, piece.x1)

    @property
    def channels(self) -> int:
        """Interleaved channels of the image."""
        return int(self.image.shape[2])

    def input_of(self, piece: Piece) -> Piece:
        """Return the rectangle of the padded input, in padded positions, that `piece` reads."""
        rows, columns = self.window.axes
        return Piece(*rows.reads(piece.y0, piece.y1), *columns.reads(piece.x0, piece.x1))

    def within_image(self, source: Piece) -> tuple[slice, slice] | None:
        """Return the image's rows and columns in padded rectangle `source`, None if it has padding."""
        (top, _), (left, _) = self.window.padding
        y0, y1, x0, x1 = source.y0 - top, source.y1 - top, source.x0 - left, source.x1 - left
        inside = min(y0, x0) >= 0 and y1 <= self.image.shape[0] and x1 <= self.image.shape[1]
        return (slice(y0, y1), slice(x0, x1)) if inside else None

    def read(self, source: Piece, into: Array) -> None:
        """Write padded input to `into`, (rows, columns, channels), converting its type."""
        read_padded(self.image, self.window.padding, self._source_indices, self.window.constant, source, into)

    @cached_property
    def _source_indices(self) -> tuple[Indices, Indices]:
        (height, width, _), (rows, columns) = self.image.shape, self.window.padding
        return sources(height, *rows, self.window.mode), sources(width, *columns, self.window.mode)

    @cached_property
    def flat(self) -> Array | None:
        """The image as a flat array where it can be read in place, else None."""
        image = self.image
        usable = image.dtype == self.work and image.flags.c_contiguous
        return image.reshape(-1) if usable and image.size >= IN_PLACE_FROM else None

    @cached_property
    def out_rows(self) -> Array | None:
        """The output as H' x W'C where sums can be written to it directly, else None."""
        out = self.out
        height, width, channels = out.shape
        packed = out.strides[2] == out.itemsize or channels == 1
        packed = packed and (out.strides[1] == channels * out.itemsize or width == 1)
        if out.dtype != self.work or not packed or not out.flags.aligned:
            return None
        strides = (out.strides[0], out.itemsize)
        return np.lib.stride_tricks.as_strided(out, (height, width * channels), strides)


def rows_read(picture: Array, window: Window, rows: tuple[int, int] | None) -> Array:
    """Return the rows of `picture` that `rows` of the result read, and maybe some between them."""
    if rows is None:
        return picture
    first, end = window.axes[0].reads(*rows)
    read = sources(len(picture), *window.padding[0], window.mode)[first:end]
    read = read[read != CONSTANT]
    return picture[read.min() : read.max() + 1] if read.size else picture[:1]
