"""Encode an image as the bytes of a file.

The encoders of single formats are imported where they are used, for start-up.
"""

import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from PIL import Image as Pillow

from convcli.choices import Compress, Layout
from convcli.errors import ConvcliError, MissingExtraError, OutputError
from convcli.imaging.deep_extra import KEEPS
from convcli.imaging.formats import Format, by_name
from convcli.imaging.image import Array, Frame, Image, Space, together
from convcli.imaging.quiet_codecs import silenced
from convcli.imaging.writing import avif
from convcli.imaging.writing.adapt import adapted, to_8_bits
from convcli.imaging.writing.metadata_out import metadata_options, png_chunks, with_fitting
from convcli.imaging.writing.patches import display_time, patches
from convcli.imaging.writing.tiff_tags import with_tags

__all__ = ["Encoded", "encode_picture", "encode_pixels"]

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
    quality: int | None = None,
    strict_depth: bool = False,
    jobs: int | None = None,
    layout: Layout = Layout.HWC,
) -> Encoded:
    """Return the file of `format` that holds `image`.

    What the format cannot hold is converted where that is usual, and noted: CMYK to RGB, transparency laid
    over white, 16 bits rounded to 8, more than 256 colours of a GIF reduced.

    Parameters
    ----------
    compress : Compress
        For lossless formats.
    quality : int, optional
        Of JPEG, WebP and AVIF, 1 to 100: WebP is lossy then. By default a JPEG has the quantisation tables of
        the JPEG that was read, so the same quality; other pictures become JPEG and AVIF of quality 92, and
        lossless WebP. A JPEG keeps the chroma subsampling of the one that was read, else it has none; what
        was a progressive JPEG or a lossy WebP becomes one again.
    strict_depth : bool
        Whether 16 bits were asked for: a missing package is an error then, not a reason to write 8.
    jobs : int, optional
        Threads that compress a large PNG, by default one per core; the bytes do not depend on it.
    layout : Layout
        Order of the axes in ``.npy``, ``.npz`` and ``.json``.
    """
    if isinstance(format, str):
        format = by_name(format)
    height, width = image.frames[0].size
    try:
        with silenced("encoder") as heard:
            fitted, notes = adapted(image, format)
            fitted, lost = with_fitting(fitted, format)
            notes += lost
            if quality is not None and not format.has_quality:
                notes.append(f"--quality has no effect on {format.name.upper()}")
            data = _encode(fitted, format, compress, quality, strict_depth, jobs, layout, notes)
            if format.name == "tiff":
                data = with_tags(data, fitted, notes)
        notes += heard.warnings
    except ConvcliError:
        raise
    except MemoryError as error:
        raise OutputError("the result does not fit into memory", hint="cut the picture up") from error
    except Exception as error:  # encoders raise ValueError, OSError, struct.error ... on unsupported sizes
        detail = heard.reason or " ".join(str(error).split()) or type(error).__name__
        raise OutputError(
            f"{width} x {height} pixels cannot be written as {format.name.upper()}: {detail}",
            hint="choose another format, such as .png or .tif",
        ) from error
    return Encoded(data, tuple(dict.fromkeys(notes)))


def encode_pixels(
    pixels: Array, format: Format | str, compress: Compress = Compress.FAST, quality: int | None = None
) -> bytes:
    """Return the file of `format` that holds a drawing: 8-bit grey (H, W), or RGB (H, W, 3)."""
    space = Space.RGB if pixels.ndim == 3 else Space.GRAY
    return encode_picture(Image((Frame(pixels),), space), format, compress=compress, quality=quality).data


def _encode(
    image: Image,
    format: Format,
    compress: Compress,
    quality: int | None,
    strict_depth: bool,
    jobs: int | None,
    layout: Layout,
    notes: list[str],
) -> bytes:
    first = image.frames[0]
    if format.name in ("npy", "npz", "csv", "tsv", "json"):
        from convcli.arrayfiles.write import encode_array

        row = image.signal and first.size[0] == 1 and first.channels == 1
        return encode_array(first.pixels[0] if row else first.stacked(), format.name, compress, layout)
    if format.name == "zarr":
        from convcli.imaging.writing.zarr_arrays import encode_zarr

        return encode_zarr(image, compress, layout)
    if format.name in ("pfm", "pgm", "ppm", "pnm", "pam"):
        from convcli.imaging.writing import netpbm

        encode = {"pfm": netpbm.encode_float, "pam": netpbm.encode_pam}.get(format.name, netpbm.encode)
        return b"".join(encode(frame.stacked()) for frame in image.frames)
    several = len(image.frames) > 1
    narrowed = first.pixels.dtype == np.uint16 and (first.channels > 1 or first.alpha is not None)
    if format.name == "png":
        from convcli.imaging.writing import png

        chunks = png_chunks(image, notes)
        if several:
            count, loop = len(image.frames), image.metadata.loop or 0
            return png.encode_animation(patches(image.frames), compress, chunks, loop, count, jobs)
        if narrowed or compress is not Compress.SMALL:
            return png.encode(first.stacked(), compress, chunks, jobs)
        return png.with_chunks(
            _by_pillow(image, format, compress, quality, notes), chunks
        )  # smaller, and slower
    if format.name == "tiff" and _needs_tifffile(image):
        from convcli.imaging.writing import tifffile_writer

        try:
            return tifffile_writer.encode_tiff(image, None if compress is Compress.NONE else "zlib")
        except MissingExtraError:
            narrowed_pages = [_without_tifffile(one, strict_depth, notes) for one in image.apart()]
            if None in narrowed_pages:
                raise
            image = together([page for page in narrowed_pages if page is not None])
    return _by_pillow(image, format, compress, quality, notes)


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


def _by_pillow(
    image: Image, format: Format, compress: Compress, quality: int | None, notes: list[str]
) -> bytes:
    from convcli.imaging.reading.pillow_modes import to_pillow

    first, several = image.frames[0], len(image.frames) > 1
    settings: dict[str, Any] = {**_COMPRESSION.get(format.name, {}).get(compress, {})}
    settings |= metadata_options(image, format, notes)
    if format.name == "jpeg" and quality is None and image.metadata.tables:
        settings |= {"quality": -1, "qtables": _qtables(image.metadata.tables[: first.channels])}
    elif format.name == "webp" and quality is None and image.metadata.coding != "lossy":
        settings |= {"lossless": True, "exact": True}
    elif format.name == "webp":
        settings["method"] = 6 if compress is Compress.SMALL else 4
    if format.has_quality and "qtables" not in settings and "lossless" not in settings:
        settings["quality"] = quality or _QUALITY
    if format.name == "gif":
        from convcli.imaging.writing import gif

        if several:
            return gif.encode_animation(image, settings.get("comment", b""), notes)
        settings |= {"transparency": gif.CLEAR, "disposal": 2} if image.has_alpha else {}
        return _saved(gif.palette_picture(image.frames[0], notes), format, settings)
    if format.name == "webp" and several:
        from convcli.imaging.writing import webp

        metadata = {key: settings.pop(key, b"") for key in ("icc_profile", "exif", "xmp")}
        return webp.encode_animation(
            image,
            lambda samples: _saved(Pillow.fromarray(samples), format, settings),
            metadata,
            lossless="lossless" in settings,
        )
    pictures = [to_pillow(frame, image.space_of(frame)) for frame in image.frames]
    kinds = {frame.pixels.dtype.kind for frame in image.frames}
    if format.name == "tiff" and compress is not Compress.NONE and len(kinds) == 1:
        # horizontal differencing: of integers (2) or of floats (3)
        settings["tiffinfo"] = {_PREDICTOR: 3 if kinds == {"f"} else 2}
    if several:
        settings |= {"save_all": True, "append_images": pictures[1:]}
    if format.name == "avif" and several:
        settings["duration"] = [max(1, round(display_time(frame))) for frame in image.frames]
        if any(display_time(frame) < 0.5 for frame in image.frames):
            notes.append("AVIF shows each frame for 1 ms at least")
        if image.metadata.loop:
            notes.append(f"AVIF plays for ever here: the loop count {image.metadata.loop} is left out")
        return avif.without_times(_saved(pictures[0], format, settings))
    if format.name == "ico":
        width, height = pictures[0].size
        if max(width, height) > 256:
            raise OutputError(
                f".ico holds at most 256 x 256 pixels, not {width} x {height}", hint="write to .png"
            )
        settings["sizes"] = [(width, height)]
    return _saved(pictures[0], format, settings)


def _saved(picture: Pillow.Image, format: Format, settings: dict[str, Any]) -> bytes:
    """Return the file that Pillow makes of a picture."""
    buffer = io.BytesIO()
    picture.save(buffer, format.pillow, **settings)
    return buffer.getvalue()


def _qtables(tables: Sequence[Sequence[int]]) -> list[list[int]]:
    """Return quantisation tables as Pillow takes them: the last one holds for further components."""
    kept = [list(table) for table in tables]
    while len(kept) > 1 and kept[-1] == kept[-2]:
        kept.pop()
    return kept


# Quality of JPEG and AVIF, and of WebP where the input was lossy, if nothing else is known.
_QUALITY = 92
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
    "avif": dict.fromkeys(Compress, avif.SETTINGS),
    "jpeg": {hard: {"subsampling": 0, "optimize": hard is Compress.SMALL} for hard in Compress},
    # No time of writing: the same command gives the same bytes.
    "pdf": {hard: {"creationDate": None, "modDate": None} for hard in Compress},
}
