"""Converts pixels to the input of a stack's first layer: luma, scale, ImageNet's normalisation."""

from typing import NamedTuple

import numpy as np

from convcli.engine.arrays import Array
from convcli.errors import GeometryError
from convcli.imaging import colour
from convcli.imaging.image import Frame, Space, full_scale
from convcli.stacks.layers import channels_first
from convcli.stacks.stack import Scale, Stack

__all__ = ["IMAGENET_DEVIATION", "IMAGENET_MEAN", "NetworkInput", "preprocess"]

# Mean and standard deviation of red, green and blue in ImageNet's training set, white being 1 (torchvision's
# documentation).
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)


class NetworkInput(NamedTuple):
    """C x H x W values, and notes to print about what of the picture was left out."""

    planes: Array
    notes: list[str]


def preprocess(frame: Frame, space: Space, stack: Stack) -> NetworkInput:
    """Return the first layer's input: luma if the stack asks for it, scaled as the stack says."""
    notes = ["transparency is left out: layers see the colours alone"] if frame.alpha is not None else []
    pixels = colour.gray(frame, space).pixels if stack.gray else frame.pixels
    dtype = np.float64 if pixels.dtype == np.float64 else np.float32
    x: Array = np.ascontiguousarray(channels_first(pixels), dtype)
    if stack.scale is Scale.BYTE:
        return NetworkInput(x, notes)
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
    return NetworkInput(x, notes)
