"""Colour conversions: luma, CMYK to RGB, premultiplied alpha."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from convcli.imaging.image import Array, Frame, Space, full_scale

__all__ = ["cmyk_to_rgb", "gray", "luma", "premultiply", "sample_alpha", "unpremultiply"]

Floats = NDArray[np.floating[Any]]


def luma(rgb: Array) -> Array:
    """Return Rec. 601 luma of (H, W, 3) samples, in their dtype.

    Integers: ``(19595 R + 38470 G + 7471 B + 32768) >> 16``, which is Pillow's ``convert("L")`` exactly.
    Floats: ``0.299 R + 0.587 G + 0.114 B``.

    References
    ----------
    ITU-R BT.601-7, section 2.5.1.
    """
    if rgb.dtype == np.uint8:
        return np.array(Pillow.fromarray(np.ascontiguousarray(rgb[..., :3])).convert("L"))
    if rgb.dtype.kind == "u":
        red, green, blue = (rgb[..., channel].astype(np.uint32) for channel in range(3))
        # The largest sum, 65535 * 65536 + 32768, is below 2**32.
        return ((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16).astype(rgb.dtype)
    weights = np.array([0.299, 0.587, 0.114], dtype=rgb.dtype)
    return np.asarray(rgb[..., :3] @ weights, dtype=rgb.dtype)


def cmyk_to_rgb(cmyk: Array) -> Array:
    """Return (H, W, 4) inks (0 is none) as (H, W, 3) light: ``(white - ink) (white - black) / white``.

    No colour management: the same as Pillow's ``convert("RGB")``, in 16 bits and floats too.
    """
    if cmyk.dtype == np.uint8:
        return np.array(Pillow.frombytes("CMYK", cmyk.shape[1::-1], cmyk.tobytes()).convert("RGB"))
    white = full_scale(cmyk.dtype)
    light = (white - cmyk[..., :3].astype(np.float64)) * (white - cmyk[..., 3:].astype(np.float64)) / white
    return (light if cmyk.dtype.kind == "f" else np.rint(light)).astype(cmyk.dtype)


def gray(frame: Frame, space: Space) -> Frame:
    """Return `frame` with one channel: the luma of RGB, CMYK, or data of three channels or more.

    One channel stays as it is; of two channels of data the first is taken, as in grey and alpha.
    """
    pixels = frame.pixels
    if pixels.ndim == 2:
        return frame
    if space is Space.CMYK:
        pixels = cmyk_to_rgb(pixels)
    one = pixels[..., 0].copy() if pixels.shape[2] < 3 else luma(pixels)
    return frame._replace(pixels=one, space=None)


def premultiply(pixels: Floats, alpha: Floats) -> Floats:
    """Return ``pixels * alpha``, with `alpha` (H, W) from 0 to 1, for each channel."""
    return pixels * (alpha if pixels.ndim == 2 else alpha[..., np.newaxis])


def unpremultiply(pixels: Array, alpha: Array) -> Array:
    """Return ``pixels / alpha``, and 0 where `alpha` is 0 (fully transparent).

    Full opacity is 1 for floats, and white for integers, whose quotients are rounded.
    """
    if pixels.dtype.kind == "u":
        divisor = alpha if pixels.ndim == 2 else alpha[..., np.newaxis]
        white = int(full_scale(pixels.dtype))
        opacity = divisor.astype(np.uint64)
        straight = (pixels.astype(np.uint64) * white + opacity // 2) // np.maximum(opacity, 1)
        return np.where(opacity > 0, np.minimum(straight, white), 0).astype(pixels.dtype)
    result, covered = np.zeros_like(pixels), alpha > 0
    planes = (np.moveaxis(np.atleast_3d(some), 2, 0) for some in (pixels, result))
    for plane, into in zip(*planes, strict=True):  # by channels: twice as fast as all at once
        np.divide(plane, alpha, out=into, where=covered)
    return result


def sample_alpha(
    alpha: Array,
    shape: tuple[int, int],
    *,
    stride: tuple[int, int] = (1, 1),
    padding: tuple[int, int] = (0, 0),
    center: tuple[int, int] = (0, 0),
) -> Array:
    """Return `alpha`, (H, W), sampled at the centre of each window, as an array of `shape`.

    Output row m takes row ``m * stride - padding + center``, clamped to the picture: `padding` is that at the
    top and left, `center` the offset of the centre within the window, ``dilation * (kernel - 1) // 2``.
    """
    rows, columns = (
        np.clip(np.arange(count) * step - low + offset, 0, size - 1)
        for count, step, low, offset, size in zip(shape, stride, padding, center, alpha.shape, strict=True)
    )
    return np.ascontiguousarray(alpha[rows[:, np.newaxis], columns])
