"""Pixels as a network takes them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convcli.errors import GeometryError
from convcli.imaging import colour
from convcli.imaging.image import Frame, Space, full_scale
from convcli.stacks.stack import Scale, Stack

__all__ = ["IMAGENET_DEVIATION", "IMAGENET_MEAN", "seen"]

Array = NDArray[Any]

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)


def seen(frame: Frame, space: Space, stack: Stack) -> tuple[Array, list[str]]:
    """Return what the first layer sees, C x H x W floats, and lines for people about what it does not.

    Raises
    ------
    GeometryError
        ImageNet's colours are asked of a picture that has none.
    """
    notes = ["transparency is left out: layers see the colours alone"] if frame.alpha is not None else []
    pixels = colour.gray(frame, space).pixels if stack.gray else frame.pixels
    planes = pixels[np.newaxis] if pixels.ndim == 2 else np.moveaxis(pixels, 2, 0)
    x: Array = np.ascontiguousarray(planes, np.float64 if pixels.dtype == np.float64 else np.float32)
    if stack.scale is Scale.BYTE:
        return x, notes
    white = full_scale(pixels.dtype)
    if white != 1:
        np.divide(x, x.dtype.type(white), out=x)
    if stack.scale is Scale.IMAGENET:
        if len(x) == 1:
            notes.append("grey is taken for equal red, green and blue")
            x = np.repeat(x, 3, axis=0)
        if len(x) != 3:
            raise GeometryError(
                f"scale 'imagenet' expects 3 channels, and gets {len(x)}", hint='use scale = "unit"'
            )
        for plane, mean, deviation in zip(x, IMAGENET_MEAN, IMAGENET_DEVIATION, strict=True):
            plane -= x.dtype.type(mean)
            plane /= x.dtype.type(deviation)
    return x, notes
