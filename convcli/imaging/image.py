"""A picture in memory: frames of samples, the meaning of their channels, and metadata."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from convcli.imaging.metadata import ICC, Metadata
from convcli.imaging.tiff_directory import Tag, Tags

__all__ = ["Array", "Decoded", "Frame", "Image", "Space", "full_scale", "to_16_bits", "together", "widened"]

Array: TypeAlias = NDArray[Any]


class Space(StrEnum):
    """The meaning of a picture's channels."""

    GRAY = "gray"
    RGB = "rgb"
    CMYK = "cmyk"
    DATA = "data"  # values without a colour: arrays, and integers of more than 16 bits


class Frame(NamedTuple):
    """One picture of a file.

    Attributes
    ----------
    pixels : (H, W) or (H, W, C) array of uint8, uint16, float32 or float64
        One channel has no third axis.
    alpha : (H, W) array of the same dtype, optional
        Opacity, 0 to `full_scale`; colours are not premultiplied.
    duration : float, optional
        Display time in an animation, in milliseconds.
    space : Space, optional
        The meaning of the channels, where it is not that of the image: pages of a TIFF may differ.
    tags : mapping, optional
        The tags of its TIFF page that describe it; another TIFF gets them.
    """

    pixels: Array
    alpha: Array | None = None
    duration: float | None = None
    space: Space | None = None
    tags: Tags | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return (self.pixels.shape[0], self.pixels.shape[1])

    @property
    def channels(self) -> int:
        """Number of channels, without alpha."""
        return 1 if self.pixels.ndim == 2 else int(self.pixels.shape[2])

    def mapped(self, change: "Callable[[Array], Array]") -> "Frame":
        """Return a frame whose pixels and alpha are those of this one after `change`."""
        alpha = None if self.alpha is None else change(self.alpha)
        return self._replace(pixels=change(self.pixels), alpha=alpha)

    def stacked(self) -> Array:
        """Return the pixels with alpha, if there is any, as the last channel."""
        return self.pixels if self.alpha is None else np.dstack([self.pixels, self.alpha])


# One decoded frame, and the meaning of its channels.
Decoded: TypeAlias = tuple[Frame, Space]


@dataclass(frozen=True, eq=False)
class Image:
    """The content of one picture file, read or to be written.

    Attributes
    ----------
    frames
        At least one; frames of an animation are composited.
    space
        The meaning of the channels, for all frames but those that have their own.
    format
        Name of the file format in `convcli.imaging.formats`, such as ``"png"``.
    name
        The file's name in messages.
    notes
        One line each for stderr, about what was lost or decided when reading.
    signal
        Whether it is a 1-axis array, held as one row; it is written as one where it still is one row.
    """

    frames: tuple[Frame, ...]
    space: Space
    metadata: Metadata = field(default_factory=Metadata)
    format: str = ""
    name: str = ""
    notes: tuple[str, ...] = ()
    signal: bool = False

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the first frame's samples."""
        return self.frames[0].pixels.dtype

    def space_of(self, frame: Frame) -> Space:
        """The meaning of the channels of one of the frames."""
        return frame.space or self.space

    def apart(self) -> "list[Image]":
        """Return an image of each frame; a TIFF page has its own profile."""
        return [
            replace(
                self,
                frames=(frame._replace(space=None),),
                space=self.space_of(frame),
                metadata=_own(self.metadata, frame.tags),
            )
            for frame in self.frames
        ]

    @property
    def has_alpha(self) -> bool:
        """Whether any frame has transparency."""
        return any(frame.alpha is not None for frame in self.frames)


def _own(metadata: Metadata, tags: Tags | None) -> Metadata:
    """Return the metadata of a page with these tags, of a file with this `metadata`."""
    if tags is None:
        return metadata
    profile = tags.get(ICC)
    return metadata._replace(icc=profile.data if isinstance(profile, Tag) else None)


def together(images: "Sequence[Image]") -> Image:
    """Return one image of the frames of all; each keeps its space where that is not the first's."""
    space = images[0].space
    frames = (
        frame._replace(space=None if image.space is space else image.space)
        for image in images
        for frame in image.frames
    )
    return replace(images[0], frames=tuple(frames))


def widened(samples: Array, white: int, dtype: DTypeLike) -> Array:
    """Return whole samples from 0 to `white`, at most 65535, as `dtype`: times ``full_scale / white``.

    They are rounded; those above `white` become white.
    """
    table = (np.arange(white + 1) * int(full_scale(dtype)) + white // 2) // white
    return table.astype(dtype).take(samples, mode="clip")


def to_16_bits(frame: Frame) -> Frame:
    """Return `frame` with 8-bit samples as 16 bits: times 257."""
    return frame.mapped(
        lambda samples: widened(samples, 255, np.uint16) if samples.dtype == np.uint8 else samples
    )


def full_scale(dtype: DTypeLike) -> float:
    """Return the value of white: 255 for uint8, 65535 for uint16, 1 for floats and booleans."""
    kind = np.dtype(dtype)
    if kind.kind in "fb":
        return 1.0
    if kind in (np.dtype(np.uint8), np.dtype(np.uint16)):
        return float(np.iinfo(kind).max)
    raise TypeError(f"no picture has {kind} samples")
