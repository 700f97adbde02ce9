"""Adapt an image to a file format: colour space, alpha and bit depth, with a note for each loss."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from convcli.errors import OutputError
from convcli.imaging.colour import cmyk_to_rgb
from convcli.imaging.formats import Format, holding
from convcli.imaging.image import Array, Frame, Image, Space, full_scale, to_16_bits, together
from convcli.imaging.reading.pillow_modes import alike

__all__ = ["adapted", "to_8_bits"]


def adapted(image: Image, format: Format) -> tuple[Image, list[str]]:
    """Return `image` with the channels, alpha and depth that `format` holds, and a note for each loss."""
    if len(image.frames) > 1 and not format.frames:
        raise OutputError(
            f"{format.suffix} holds one picture, and there are {len(image.frames)}",
            hint=f"--frame 0 chooses the first; {holding(frames=True)} hold all",
        )
    notes: list[str] = []
    if len(image.frames) > 1 and format.pages:
        parts = [adapted(one, format) for one in image.apart()]
        return together([part for part, _ in parts]), [note for _, some in parts for note in some]
    if len(image.frames) > 1:
        image = _alike(image, format, notes)
    image = _fit_space(image, format, notes)
    if image.has_alpha and not format.alpha:
        image = _without_alpha(image, format, notes)
    frames = tuple(_fit_depth(frame, format, notes) for frame in image.frames)
    return replace(image, frames=frames), notes


def _alike(image: Image, format: Format, notes: list[str]) -> Image:
    """Return frames of one size and with the same channels, for an animation."""
    sizes = list(dict.fromkeys(frame.size for frame in image.frames))
    if len(sizes) > 1:
        found = " and ".join(f"{rows} x {columns}" for rows, columns in sizes[:2])
        raise OutputError(
            f"{format.suffix} holds frames of one size, and there are {found} (rows x columns)",
            hint="write to .tif, or one by one with --frame",
        )
    frames, space = alike([(frame, image.space_of(frame)) for frame in image.frames], notes)
    if len({frame.pixels.dtype for frame in frames}) > 1 and "16" in format.depths:
        frames = tuple(to_16_bits(frame) for frame in frames)
    return replace(image, frames=tuple(frame._replace(space=None) for frame in frames), space=space)


def _fit_space(image: Image, format: Format, notes: list[str]) -> Image:
    if image.space is Space.DATA and not ("data" in format.spaces and not _is_colour(image, format)):
        image = _as_colours(image, format)
    if image.space in format.spaces:
        return image
    if image.space is Space.CMYK and "rgb" in format.spaces:
        notes.append(f"{format.suffix} holds no CMYK: converted to RGB, without colour management")
        return _recoloured(image, cmyk_to_rgb, Space.RGB)
    if image.space is Space.GRAY:
        return _recoloured(image, lambda pixels: np.repeat(pixels[..., np.newaxis], 3, axis=2), Space.RGB)
    raise OutputError(
        f"{format.suffix} holds one channel, and there are {image.frames[0].channels}",
        hint="add --gray, or write to .png, .tif, .npy or .json",
    )


def _is_colour(image: Image, format: Format) -> bool:
    """Whether data of one or three channels is marked grey or RGB: in TIFF, so that viewers show it."""
    return format.name == "tiff" and image.frames[0].channels in (1, 3)


def _recoloured(image: Image, change: Callable[[Array], Array], space: Space) -> Image:
    frames = (frame._replace(pixels=change(frame.pixels)) for frame in image.frames)
    return replace(image, frames=tuple(frames), space=space)


def _as_colours(image: Image, format: Format) -> Image:
    """Take data of 1, 2, 3 or 4 channels for grey, grey and alpha, RGB, or RGB and alpha.

    Files of numbers have no alpha: their second or fourth channel would be lost.
    """
    channels = image.frames[0].channels
    colours = ({1: 1, 3: 3} if format.numbers else {1: 1, 2: 1, 3: 3, 4: 3}).get(channels, 0)
    if not colours or (colours < channels and image.has_alpha):
        raise OutputError(
            f"{format.suffix} cannot hold {channels} channels",
            hint="write to .npy, .json or .tif, or one file for each channel",
        )
    return replace(
        image,
        frames=tuple(_split(frame, colours) for frame in image.frames),
        space=Space.RGB if colours == 3 else Space.GRAY,
    )


def _split(frame: Frame, colours: int) -> Frame:
    if frame.channels == 1 or frame.channels == colours:
        one = frame.pixels[..., 0] if frame.pixels.ndim == 3 and colours == 1 else frame.pixels
        return frame._replace(pixels=one)
    pixels = frame.pixels[..., 0] if colours == 1 else frame.pixels[..., :colours]
    return frame._replace(pixels=pixels, alpha=frame.pixels[..., colours])


def _without_alpha(image: Image, format: Format, notes: list[str]) -> Image:
    frames = []
    for frame in image.frames:
        if frame.alpha is not None and (frame.alpha < full_scale(frame.alpha.dtype)).any():
            if format.numbers:
                notes.append(f"{format.suffix} holds no alpha: it is left out")
            else:
                notes.append(f"{format.suffix} holds no transparency: laid over white")
                frame = frame._replace(pixels=_over_white(frame.pixels, frame.alpha))
        frames.append(frame._replace(alpha=None))
    return replace(image, frames=tuple(frames))


def _over_white(pixels: Array, alpha: Array) -> Array:
    white = full_scale(pixels.dtype)
    opacity = alpha.astype(np.float64) / white
    opacity = opacity if pixels.ndim == 2 else opacity[..., np.newaxis]
    mixed = pixels * opacity + white * (1.0 - opacity)
    return (mixed if pixels.dtype.kind == "f" else np.rint(mixed)).astype(pixels.dtype)


def _fit_depth(frame: Frame, format: Format, notes: list[str]) -> Frame:
    dtype = frame.pixels.dtype
    if dtype.kind == "f":
        if "float" not in format.depths:
            raise OutputError(
                f"{format.suffix} cannot hold floats",
                hint=f"choose --range clip, abs, scale, center or unit, or write to {holding(depth='float')}",
            )
        narrower = dtype.itemsize > 4 and format.name == "pfm"
        return frame.mapped(lambda samples: samples.astype(np.float32)) if narrower else frame
    if format.depths == {"float"}:
        return frame.mapped(lambda samples: samples.astype(np.float32))
    if dtype == np.uint16 and "16" not in format.depths:
        notes.append(f"{format.suffix} holds 8 bits: 16-bit samples are rounded")
        return to_8_bits(frame)
    return frame


def to_8_bits(frame: Frame) -> Frame:
    """Return `frame` in 8 bits: 16-bit samples divided by 257 and rounded."""
    if frame.pixels.dtype == np.uint8:
        return frame
    return frame.mapped(lambda samples: ((samples.astype(np.uint32) + 128) // 257).astype(np.uint8))
