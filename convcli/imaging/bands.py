"""The protocols of pictures that are read and written in bands of rows, each band as wide as the picture."""

from dataclasses import replace
from typing import NamedTuple, Protocol

import numpy as np

from convcli.imaging.image import Array, Image

__all__ = ["BandReader", "BandWriter", "Storage", "without_pixels"]


class Storage(NamedTuple):
    """How a file holds its samples, as far as a result is written in the same way.

    Attributes
    ----------
    tile : (rows, columns), optional
        Size of the tiles or chunks; None for strips.
    compression, predictor : int
        TIFF's codes; 0 where the file is no TIFF.
    order : str
        Byte order, ``<`` or ``>``.
    strip : int
        Rows of a strip; 0 where there are none.
    """

    tile: tuple[int, int] | None = None
    compression: int = 0
    predictor: int = 1
    order: str = "<"
    strip: int = 0


class BandReader(Protocol):
    """A picture of one frame whose rows are read when they are asked for.

    Attributes
    ----------
    header : Image
        All about the picture but its pixels, see :func:`without_pixels`.
    storage : Storage
        How the file holds it.
    packed : int
        Bytes of the file or store.
    """

    header: Image
    storage: Storage
    packed: int

    def rows(self, first: int, end: int) -> Image:
        """Return rows ``first <= row < end``; several threads may ask at once."""
        ...

    def close(self) -> None:
        """Close the file."""
        ...


class BandWriter(Protocol):
    """A picture that is written band after band; its file appears whole, or not at all."""

    def write(self, rows: Image) -> None:
        """Write the rows that follow those written before."""
        ...

    def finish(self) -> list[str]:
        """Give the file its name, and return notes."""
        ...

    def abort(self) -> None:
        """Leave nothing behind; nothing happens after :meth:`finish`."""
        ...


def without_pixels(image: Image, size: tuple[int, int]) -> Image:
    """Return `image`, of one frame, as one of `size` whose samples are all 0 and take no memory."""

    def broadcast(samples: Array) -> Array:
        return np.broadcast_to(np.zeros((), samples.dtype), (*size, *samples.shape[2:]))

    (frame,) = image.frames
    return replace(image, frames=(frame.mapped(broadcast),))
