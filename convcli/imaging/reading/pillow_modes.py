"""Between Pillow's pictures and arrays: every mode that Pillow has, in both directions."""

from typing import NamedTuple

import numpy as np
from PIL import Image as Pillow

from convcli.imaging.image import Array, Frame, Space, full_scale

__all__ = ["Raster", "alike", "keyed", "oriented", "raster", "to_pillow"]


class Raster(NamedTuple):
    """The samples of one picture, as `Frame` has them, with the meaning of their channels."""

    pixels: Array
    alpha: Array | None
    space: Space
    notes: tuple[str, ...] = ()


def raster(picture: Pillow.Image) -> Raster:
    """Return the samples of a Pillow picture, whatever its mode.

    One bit becomes 0 and 255, palettes become RGB; transparency in any form becomes alpha; 16-bit grey
    stays exact; 32-bit integers become float64, exactly. Lab, HSV and YCbCr are converted to RGB.
    """
    mode = picture.mode
    if mode.startswith("I;16"):
        return keyed(np.asarray(picture).astype(np.uint16), picture, Space.GRAY)
    if mode == "I":
        return Raster(np.asarray(picture).astype(np.float64), None, Space.DATA)
    if mode == "F":
        return Raster(np.array(picture, dtype=np.float32), None, Space.GRAY)
    if mode == "CMYK":
        return Raster(np.asarray(picture), None, Space.CMYK)
    if mode in ("1", "L", "RGB"):
        plain = picture.convert("L") if mode == "1" else picture
        return keyed(np.asarray(plain), picture, Space.RGB if mode == "RGB" else Space.GRAY)
    if mode in ("LA", "La"):
        both = np.asarray(picture.convert("LA"))
        return Raster(both[..., 0].copy(), both[..., 1].copy(), Space.GRAY)
    if mode == "LAB":
        return Raster(
            np.array(_lab_to_rgb(picture)), None, Space.RGB, ("Lab colours were converted to sRGB",)
        )
    if mode in ("RGBA", "RGBa", "PA") or picture.has_transparency_data:
        four = np.asarray(picture.convert("RGBA"))
        return Raster(four[..., :3].copy(), four[..., 3].copy(), Space.RGB)
    return Raster(np.asarray(picture.convert("RGB")), None, Space.RGB)


def keyed(pixels: Array, picture: Pillow.Image, space: Space) -> Raster:
    """Make alpha of the one colour that a file may declare transparent."""
    key = picture.info.get("transparency")
    if not isinstance(key, int | tuple):
        return Raster(pixels, None, space)
    same = pixels == np.asarray(key, dtype=np.int64)
    clear = same.all(axis=2) if pixels.ndim == 3 else same
    white = int(full_scale(pixels.dtype))
    return Raster(pixels, np.where(clear, 0, white).astype(pixels.dtype), space)


def _lab_to_rgb(picture: Pillow.Image) -> Pillow.Image:
    from PIL import ImageCms

    result = ImageCms.profileToProfile(
        picture, ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), outputMode="RGB"
    )
    assert result is not None  # only in-place conversion returns None
    return result


def oriented(array: Array, orientation: int) -> Array:
    """Turn and mirror an (H, W, ...) array as EXIF `orientation` 1 to 8 says; others change nothing.

    References
    ----------
    Exif 2.32 (CIPA DC-008), tag 0x0112: which edge row 0 and column 0 are.
    """
    if orientation in (5, 6, 7, 8):
        array = array.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        array = array[:, ::-1]
    if orientation in (3, 4, 7, 8):
        array = array[::-1]
    return np.ascontiguousarray(array)


def alike(rasters: list[Raster]) -> tuple[list[Raster], Space]:
    """Give all frames of a file the same channels: grey among colour becomes R = G = B, alpha is added."""
    spaces = {each.space for each in rasters}
    with_alpha = any(each.alpha is not None for each in rasters)
    if len(spaces) == 1 and all((each.alpha is not None) == with_alpha for each in rasters):
        return rasters, rasters[0].space
    space = spaces.pop() if len(spaces) == 1 else Space.RGB
    return [_as(each, space, with_alpha) for each in rasters], space


def _as(given: Raster, space: Space, with_alpha: bool) -> Raster:
    from convcli.imaging.colour import cmyk_to_rgb

    pixels, notes = given.pixels, given.notes
    if given.space is not space:
        if given.space is Space.CMYK:
            pixels = cmyk_to_rgb(pixels)
            notes = (*notes, "CMYK frames were converted to RGB, as other frames are")
        elif pixels.ndim == 2:
            pixels = np.repeat(pixels[..., np.newaxis], 3, axis=2)
    alpha = given.alpha
    if with_alpha and alpha is None:
        alpha = np.full(pixels.shape[:2], full_scale(pixels.dtype), dtype=pixels.dtype)
    return Raster(pixels, alpha, space, notes)


def to_pillow(frame: Frame, space: Space) -> Pillow.Image:
    """Return 8-bit samples of any space, or one channel of 16 bits or float32, as a Pillow picture."""
    pixels, alpha = frame.pixels, frame.alpha
    if alpha is not None:
        channels = pixels if pixels.ndim == 3 else pixels[..., np.newaxis]
        pixels = np.concatenate([channels, alpha[..., np.newaxis]], axis=2)
    picture = Pillow.fromarray(np.ascontiguousarray(pixels))
    if space is Space.CMYK:  # four channels of bytes are taken for RGBA otherwise
        return Pillow.frombytes("CMYK", picture.size, np.ascontiguousarray(pixels).tobytes())
    return picture
