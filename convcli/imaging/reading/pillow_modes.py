"""Conversion between Pillow's pictures, of every mode, and arrays."""

import numpy as np
from PIL import Image as Pillow

from convcli.imaging.colour import cmyk_to_rgb
from convcli.imaging.image import Array, Decoded, Frame, Space, full_scale

__all__ = ["alike", "from_pillow", "oriented", "to_pillow", "with_transparent_colour"]


def from_pillow(picture: Pillow.Image, notes: list[str]) -> Decoded:
    """Return the samples of a Pillow picture, whatever its mode.

    One bit becomes 0 and 255, palettes become RGB; transparency in any form becomes alpha; 16-bit grey
    stays exact; 32-bit integers become float64, exactly. Lab, HSV and YCbCr are converted to RGB.
    """
    mode = picture.mode
    if mode.startswith("I;16"):
        return with_transparent_colour(np.asarray(picture).astype(np.uint16), picture), Space.GRAY
    if mode == "I":
        return Frame(np.asarray(picture).astype(np.float64)), Space.DATA
    if mode == "F":
        return Frame(np.array(picture, dtype=np.float32)), Space.GRAY
    if mode == "CMYK":
        return Frame(np.asarray(picture)), Space.CMYK
    if mode in ("1", "L", "RGB"):
        plain = picture.convert("L") if mode == "1" else picture
        space = Space.RGB if mode == "RGB" else Space.GRAY
        return with_transparent_colour(np.asarray(plain), picture), space
    if mode in ("LA", "La"):
        both = np.asarray(picture.convert("LA"))
        return Frame(both[..., 0].copy(), both[..., 1].copy()), Space.GRAY
    if mode == "LAB":
        notes.append("Lab colours were converted to sRGB")
        from convcli.imaging.lab import lab_to_srgb  # here for start-up: Lab pictures are rare

        stored = np.asarray(picture)
        light = lab_to_srgb(np.dstack([stored[..., 0] / 2.55, stored[..., 1:].view(np.int8)]))
        return Frame(np.rint(light * 255).astype(np.uint8)), Space.RGB
    if mode in ("RGBA", "RGBa", "PA") or picture.has_transparency_data:
        four = np.asarray(picture.convert("RGBA"))
        return Frame(four[..., :3].copy(), four[..., 3].copy()), Space.RGB
    return Frame(np.asarray(picture.convert("RGB"))), Space.RGB


def with_transparent_colour(pixels: Array, picture: Pillow.Image) -> Frame:
    """Return `pixels`, with alpha 0 where they are the colour that the file declares transparent, if any."""
    key = picture.info.get("transparency")
    if not isinstance(key, int | tuple):
        return Frame(pixels)
    same = pixels == np.asarray(key, dtype=np.int64)
    clear = same.all(axis=2) if pixels.ndim == 3 else same
    return Frame(pixels, np.where(clear, 0, int(full_scale(pixels.dtype))).astype(pixels.dtype))


def oriented(array: Array, orientation: int) -> Array:
    """Turn and mirror an (H, W, ...) array as EXIF `orientation` 1 to 8 says; others change nothing.

    References
    ----------
    Exif 2.32 (CIPA DC-008), tag 0x0112: the visual edges that row 0 and column 0 are.
    """
    if orientation in (5, 6, 7, 8):
        array = array.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        array = array[:, ::-1]
    if orientation in (3, 4, 7, 8):
        array = array[::-1]
    return np.ascontiguousarray(array)


def alike(decoded: list[Decoded], notes: list[str]) -> tuple[tuple[Frame, ...], Space]:
    """Give all frames of a file the same channels: grey among colour becomes R = G = B, alpha is added."""
    spaces = {space for _, space in decoded}
    common = spaces.pop() if len(spaces) == 1 else Space.RGB
    with_alpha = any(frame.alpha is not None for frame, _ in decoded)
    frames = []
    for frame, space in decoded:
        pixels, alpha = frame.pixels, frame.alpha
        if space is not common and space is Space.CMYK:
            pixels = cmyk_to_rgb(pixels)
            notes.append("CMYK frames were converted to RGB, as other frames are")
        elif space is not common and pixels.ndim == 2:
            pixels = np.repeat(pixels[..., np.newaxis], 3, axis=2)
        if with_alpha and alpha is None:
            alpha = np.full(pixels.shape[:2], full_scale(pixels.dtype), dtype=pixels.dtype)
        frames.append(frame._replace(pixels=pixels, alpha=alpha))
    return tuple(frames), common


def to_pillow(frame: Frame, space: Space) -> Pillow.Image:
    """Return 8-bit samples of any space, or one channel of 16 bits or float32, as a Pillow picture."""
    pixels = np.ascontiguousarray(frame.stacked())
    picture = Pillow.fromarray(pixels)
    if space is Space.CMYK:  # fromarray takes four channels of bytes for RGBA
        return Pillow.frombytes("CMYK", picture.size, pixels.tobytes())
    return picture
