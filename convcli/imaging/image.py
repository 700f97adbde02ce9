"""A picture in memory: frames of samples, the meaning of their channels, and metadata."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from convcli.imaging.metadata import Metadata

__all__ = ["Array", "Decoded", "Frame", "Image", "Space", "full_scale"]

Array: TypeAlias = NDArray[Any]


class Space(StrEnum):
    """The meaning of a picture's channels."""

    GRAY = "gray"
    RGB = "rgb"
    CMYK = "cmyk"
    DATA = "data"  # numbers without a colour: arrays, and integers wider than any picture's


class Frame(NamedTuple):
    """One picture of a file.

    Attributes
    ----------
    pixels : (H, W) or (H, W, C) array of uint8, uint16, float32 or float64
        One channel has no third axis.
    alpha : (H, W) array of the same dtype, optional
        Opacity, 0 to `full_scale`; colours are not premultiplied.
    duration : float, optional
        How long an animation shows it, in milliseconds.
    """

    pixels: Array
    alpha: Array | None = None
    duration: float | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return (self.pixels.shape[0], self.pixels.shape[1])

    @property
    def channels(self) -> int:
        """How many channels there are, without alpha."""
        return 1 if self.pixels.ndim == 2 else int(self.pixels.shape[2])

    def stacked(self) -> Array:
        """Return the pixels with alpha, if there is any, as the last channel."""
        return self.pixels if self.alpha is None else np.dstack([self.pixels, self.alpha])


Decoded: TypeAlias = tuple[Frame, Space]


@dataclass(frozen=True, eq=False)
class Image:
    """All that was read from one file, or all that one file shall hold.

    Attributes
    ----------
    frames
        At least one; the frames of an animation are whole pictures, composited already.
    space
        What the channels of every frame mean.
    metadata
        What came with the pixels.
    format
        The name of the file format in `convcli.imaging.formats`, such as ``"png"``.
    name
        What people call the file.
    notes
        One line each for people, about what was lost or decided when reading.
    """

    frames: tuple[Frame, ...]
    space: Space
    metadata: Metadata = field(default_factory=Metadata)
    format: str = ""
    name: str = ""
    notes: tuple[str, ...] = ()

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the first frame's samples."""
        return self.frames[0].pixels.dtype

    @property
    def has_alpha(self) -> bool:
        """Whether any frame has transparency."""
        return any(frame.alpha is not None for frame in self.frames)


def full_scale(dtype: DTypeLike) -> float:
    """Return the value of white: 255 for uint8, 65535 for uint16, 1 for floats."""
    kind = np.dtype(dtype)
    if kind.kind == "f":
        return 1.0
    if kind in (np.dtype(np.uint8), np.dtype(np.uint16)):
        return float(np.iinfo(kind).max)
    raise TypeError(f"no picture has {kind} samples")
