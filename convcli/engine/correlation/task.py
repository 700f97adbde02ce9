"""One correlation, validated, as every method receives it; and the pieces that it is cut into."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from convcli.engine.arrays import Array, Floats, Indices
from convcli.engine.pad import sources
from convcli.engine.tiles import Piece
from convcli.engine.window import Window

__all__ = ["Task"]


FLAT = 1 << 21
"""Numbers in a picture from which on it is computed with in place."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Task:
    """A correlation whose arguments fit together.

    Attributes
    ----------
    image : (H, W, C) array
        As it was given: any real type, any strides.
    kernel : (kh, kw) float64 array
        Finite weights, applied unflipped.
    window : Window
        Of the kernel's size.
    bias : float
        Added to every result.
    work : dtype
        float32 or float64: what sums are computed in.
    out : (H', W', C) array
        Receives the result, rounded and saturated where its type is an integer.
    first : int
        Which row of the whole result is the first of `out`.
    """

    image: Array
    kernel: Floats
    window: Window
    bias: float
    work: np.dtype[Any]
    out: Array
    first: int = 0

    @property
    def whole(self) -> Piece:
        """All that is to be computed."""
        return Piece(self.first, self.first + self.out.shape[0], 0, self.out.shape[1])

    def place(self, piece: Piece) -> tuple[slice, slice]:
        """Return the rows and columns of `out` that `piece` is."""
        return slice(piece.y0 - self.first, piece.y1 - self.first), slice(piece.x0, piece.x1)

    @property
    def channels(self) -> int:
        """Interleaved channels of the image."""
        return int(self.image.shape[2])

    @cached_property
    def span(self) -> tuple[int, int]:
        """Rows and columns that the dilated kernel covers."""
        return self.window.span

    @cached_property
    def row_sources(self) -> Indices:
        """Which image row each padded row shows."""
        return sources(self.image.shape[0], *self.window.padding[0], self.window.mode)

    @cached_property
    def column_sources(self) -> Indices:
        """Which image column each padded column shows."""
        return sources(self.image.shape[1], *self.window.padding[1], self.window.mode)

    def input_of(self, piece: Piece) -> Piece:
        """Return the rectangle of padded input, in padded coordinates, that `piece` is computed from."""
        (sy, sx), (eh, ew) = self.window.stride, self.span
        return Piece(piece.y0 * sy, (piece.y1 - 1) * sy + eh, piece.x0 * sx, (piece.x1 - 1) * sx + ew)

    @cached_property
    def flat(self) -> Array | None:
        """The image as one row of numbers that can be computed with in place, or None.

        For smaller pictures a padded copy costs less than the additional pieces along the edges.
        """
        image = self.image
        usable = image.dtype == self.work and image.flags.c_contiguous
        return image.reshape(-1) if usable and image.size >= FLAT else None

    @cached_property
    def out_rows(self) -> Array | None:
        """The output as H' rows of W'C numbers that sums can be written to directly, or None."""
        out = self.out
        height, width, channels = out.shape
        packed = out.strides[2] == out.itemsize or channels == 1
        packed = packed and (out.strides[1] == channels * out.itemsize or width == 1)
        if out.dtype != self.work or not packed or not out.flags.aligned:
            return None
        strides = (out.strides[0], out.itemsize)
        return np.lib.stride_tricks.as_strided(out, (height, width * channels), strides)
