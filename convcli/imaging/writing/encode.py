"""Encode an image as the bytes of a file.

The encoders of single formats are imported where they are used, for start-up.
"""

import io
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from convcli.choices import Compress
from convcli.errors import ConvcliError, MissingExtraError, OutputError
from convcli.imaging.deep_extra import KEEPS
from convcli.imaging.formats import Format, by_name
from convcli.imaging.image import Array, Frame, Image, Space, together
from convcli.imaging.metadata import GEO
from convcli.imaging.writing.adapt import adapted, to_8_bits
from convcli.imaging.writing.tiff_tags import with_tags

__all__ = ["Encoded", "encode_picture", "encode_pixels"]

# Display time of an animation's frame in milliseconds, where the input has none.
_DEFAULT_DURATION = 100.0
# TIFF's tag Predictor (Adobe, TIFF 6.0, 1992, section 14).
_PREDICTOR = 317


class Encoded(NamedTuple):
    """The bytes of a file, and one line each for stderr about what it could not hold."""

    data: bytes
    notes: tuple[str, ...] = ()


def encode_picture(
    image: Image,
    format: Format | str,
    *,
    compress: Compress = Compress.FAST,
    strict_depth: bool = False,
    jobs: int | None = None,
) -> Encoded:
    """Return the file of `format` that holds `image`.

    What the format cannot hold is converted where that is usual, and noted: CMYK to RGB, transparency laid
    over white, 16 bits rounded to 8, more than 256 colours of a GIF reduced.

    Parameters
    ----------
    compress : Compress
        For lossless formats. JPEG has quality 92, and the chroma subsampling of the JPEG that was read, else
        none.
    strict_depth : bool
        Whether 16 bits were asked for: a missing package is an error then, not a reason to write 8.
    jobs : int, optional
        Threads that compress a large PNG, by default one per core; the bytes do not depend on it.
    """
    if isinstance(format, str):
        format = by_name(format)
    height, width = image.frames[0].size
    try:
        fitted, notes = adapted(image, format)
        if format.name != "tiff" and any(GEO & set(frame.tags or ()) for frame in image.frames):
            notes.append(f"{format.suffix} holds no georeference: it is left out")
        data = _encode(fitted, format, compress, strict_depth, jobs, notes)
        if format.name == "tiff":
            data = with_tags(data, fitted)
    except ConvcliError:
        raise
    except MemoryError as error:
        raise OutputError("the result does not fit into memory", hint="cut the picture up") from error
    except Exception as error:  # encoders raise ValueError, OSError, struct.error ... on unsupported sizes
        detail = " ".join(str(error).split()) or type(error).__name__
        raise OutputError(
            f"{width} x {height} pixels cannot be written as {format.name.upper()}: {detail}",
            hint="choose another format, such as .png or .tif",
        ) from error
    return Encoded(data, tuple(dict.fromkeys(notes)))


def encode_pixels(pixels: Array, format: Format | str, compress: Compress = Compress.FAST) -> bytes:
    """Return the file of `format` that holds a drawing: 8-bit grey (H, W), or RGB (H, W, 3)."""
    space = Space.RGB if pixels.ndim == 3 else Space.GRAY
    return encode_picture(Image((Frame(pixels),), space), format, compress=compress).data


def _encode(
    image: Image,
    format: Format,
    compress: Compress,
    strict_depth: bool,
    jobs: int | None,
    notes: list[str],
) -> bytes:
    first = image.frames[0]
    if format.name in ("npy", "npz", "csv", "tsv", "json"):
        from convcli.arrayfiles.write import encode_array

        return encode_array(first.stacked(), format.name, compress)
    if format.name in ("pfm", "pgm", "ppm", "pnm"):
        from convcli.imaging.writing import netpbm

        return (netpbm.encode_float if format.name == "pfm" else netpbm.encode)(first.pixels)
    narrowed = first.pixels.dtype == np.uint16 and (first.channels > 1 or first.alpha is not None)
    if format.name == "png" and len(image.frames) == 1 and (narrowed or compress is not Compress.SMALL):
        from convcli.imaging.writing import png
        from convcli.imaging.writing.metadata_out import png_chunks

        return png.encode(first.stacked(), compress, png_chunks(image, notes), jobs)
    deep = any(frame.pixels.dtype == np.uint16 for frame in image.frames)
    if format.name == "png" and deep and len(image.frames) > 1:
        notes.append("animated PNG is written in 8 bits: 16-bit samples are rounded")
        image = replace(image, frames=tuple(to_8_bits(frame) for frame in image.frames))
    if format.name == "tiff" and _needs_tifffile(image):
        from convcli.imaging.writing import tifffile_writer

        try:
            return tifffile_writer.encode_tiff(image, None if compress is Compress.NONE else "zlib")
        except MissingExtraError:
            narrowed_pages = [_without_tifffile(one, strict_depth, notes) for one in image.apart()]
            if None in narrowed_pages:
                raise
            image = together([page for page in narrowed_pages if page is not None])
    return _by_pillow(image, format, compress, notes)


def _without_tifffile(image: Image, strict_depth: bool, notes: list[str]) -> Image | None:
    """Return an image of one frame as Pillow can write it, narrowed; None where that loses too much."""
    (frame,) = image.frames
    if not _needs_tifffile(image):
        return image
    if frame.pixels.dtype == np.float64 and frame.channels == 1 and frame.alpha is None:
        notes.append(f"64-bit floats are written as 32-bit: {KEEPS}")
        return replace(image, frames=(frame._replace(pixels=frame.pixels.astype(np.float32)),))
    if strict_depth or frame.pixels.dtype != np.uint16 or image.space is Space.DATA:
        return None
    notes.append(f"16-bit colour is written as 8-bit: {KEEPS}")
    return replace(image, frames=(to_8_bits(frame),))


def _needs_tifffile(image: Image) -> bool:
    """Whether a TIFF needs tifffile: float64; several channels of over 8 bits or of data; CMYK with alpha."""
    return any(
        frame.pixels.dtype == np.float64
        or (
            (frame.channels > 1 or frame.alpha is not None)
            and (
                frame.pixels.dtype != np.uint8
                or image.space_of(frame) is Space.DATA
                or (image.space_of(frame) is Space.CMYK and frame.alpha is not None)
            )
        )
        for frame in image.frames
    )


def _by_pillow(image: Image, format: Format, compress: Compress, notes: list[str]) -> bytes:
    from convcli.imaging.reading.pillow_modes import to_pillow
    from convcli.imaging.writing.metadata_out import metadata_options

    if format.name == "gif":
        from convcli.imaging.writing import gif

        pictures = gif.palette_pictures(image.frames, notes)
    else:
        pictures = [to_pillow(frame, image.space_of(frame)) for frame in image.frames]
    settings: dict[str, Any] = {**_COMPRESSION.get(format.name, {}).get(compress, {})}
    settings |= metadata_options(image, format, notes)
    if format.name == "gif" and image.has_alpha:
        settings |= {"transparency": gif.CLEAR, "disposal": 2}
    kinds = {frame.pixels.dtype.kind for frame in image.frames}
    if format.name == "tiff" and compress is not Compress.NONE and len(kinds) == 1:
        # horizontal differencing: of integers (2) or of floats (3)
        settings["tiffinfo"] = {_PREDICTOR: 3 if kinds == {"f"} else 2}
    if len(pictures) > 1:
        settings |= {"save_all": True, "append_images": pictures[1:]}
        if format.name != "tiff":
            settings["duration"] = _durations(image, format, notes)
            loop = image.metadata.loop or 0  # 0 is forever; a GIF without a loop count plays once
            settings |= {} if format.name == "gif" and loop == 1 else {"loop": loop}
    if format.name == "webp":
        settings |= {"lossless": True, "exact": True}
    if format.name == "ico":
        width, height = pictures[0].size
        if max(width, height) > 256:
            raise OutputError(
                f".ico holds at most 256 x 256 pixels, not {width} x {height}", hint="write to .png"
            )
        settings["sizes"] = [(width, height)]
    buffer = io.BytesIO()
    pictures[0].save(buffer, format.pillow, **settings)
    return buffer.getvalue()


def _durations(image: Image, format: Format, notes: list[str]) -> list[float] | list[int]:
    """Return the frames' durations in the format's unit: ms (PNG), whole ms, or multiples of 10 ms (GIF)."""
    times = [_DEFAULT_DURATION if frame.duration is None else frame.duration for frame in image.frames]
    if format.name == "gif":
        from convcli.imaging.writing import gif

        return gif.rounded_durations(times, notes)
    return times if format.name == "png" else [round(time) for time in times]


# Arguments of Pillow's `save` by format and --compress.
_COMPRESSION: dict[str, dict[Compress, dict[str, Any]]] = {
    "png": {
        Compress.FAST: {"compress_type": 3},  # zlib's RLE strategy
        Compress.SMALL: {"compress_level": 9, "optimize": True},
        Compress.NONE: {"compress_level": 0},
    },
    "tiff": {
        Compress.FAST: {"compression": "tiff_lzw"},
        Compress.SMALL: {"compression": "tiff_adobe_deflate"},
        Compress.NONE: {"compression": None},
    },
    "webp": {
        Compress.FAST: {"quality": 0, "method": 0},
        Compress.SMALL: {"quality": 100, "method": 6},
        Compress.NONE: {"quality": 0, "method": 0},
    },
    "avif": {hard: {"quality": 92, "subsampling": "4:4:4"} for hard in Compress},
    "jpeg": {
        Compress.FAST: {"quality": 92, "subsampling": 0},
        Compress.SMALL: {"quality": 92, "subsampling": 0, "optimize": True},
        Compress.NONE: {"quality": 92, "subsampling": 0},
    },
}
