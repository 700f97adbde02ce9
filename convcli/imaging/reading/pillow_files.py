"""Decode a picture file of any format: choose its reader and its frames, collect metadata and notes.

The readers of single formats are imported where they are used, for start-up.
"""

from dataclasses import replace
from functools import partial

from PIL import ImageFile, UnidentifiedImageError

from convcli.errors import ImageError
from convcli.imaging.image import Decoded, Image
from convcli.imaging.metadata import Metadata, as_comment, collect, iptc_of, orientation, usable_dpi
from convcli.imaging.reading import netpbm
from convcli.imaging.reading.jpeg_file import check_length, jpeg_coding
from convcli.imaging.reading.layers import composed
from convcli.imaging.reading.pillow_decoders import open_picture
from convcli.imaging.reading.pillow_guard import guarded
from convcli.imaging.reading.pillow_modes import alike, from_pillow
from convcli.imaging.reading.png_file import png_file, png_info, png_layers
from convcli.imaging.reading.sniff import check_pixels, chosen_frames, picture_kind
from convcli.imaging.reading.stills import png_frame, still_frame, upright
from convcli.limits import FRAMES

__all__ = ["decode"]

# Pillow's names of formats that may hold several frames; Pillow's names that differ from ours.
_FRAMES = {"WEBP", "AVIF", "FLI", "DCX", "IM", "SPIDER"}
_NAMES = {"MPO": "jpeg", "JPEG2000": "jp2", "DIB": "bmp", "PPM": "pnm"}


def decode(data: bytes, name: str, frame: int | None, max_pixels: int) -> Image | None:
    """Decode all frames of a picture file, or frame number `frame`, from 0; None for unknown content."""
    kind = picture_kind(data)
    with guarded(name, max_pixels) as notes:
        if netpbm.is_netpbm(data):
            found = netpbm.pictures(data, name, notes)
            chosen = [found[index] for index in chosen_frames(frame, len(found), name)]
            decoded, format = netpbm.decode(data, chosen, name, max_pixels, notes)
            return _image(decoded, Metadata(), format, name, notes)
        if data.startswith(b"BM") and (bmp := _bmp(data, name, frame, max_pixels, notes)):
            return bmp
        if kind == "PNG":
            return _png(data, name, frame, max_pixels, notes)
        if kind == "GIF":
            return _gif(data, name, frame, max_pixels, notes)
        if kind == "WEBP":
            return _webp(data, name, frame, max_pixels, notes)
        if kind == "TIFF":
            from convcli.imaging.reading.tiff import decode_tiff

            return decode_tiff(data, name, frame, max_pixels, notes)
        try:
            with open_picture(data, kind) as picture:
                return _decode(picture, data, name, frame, max_pixels, notes)
        except (UnidentifiedImageError, SyntaxError):  # raised by Pillow for content that it does not know
            if kind:
                raise
    return None


def format_of(data: bytes, name: str, max_pixels: int) -> str:
    """Return the format that `decode` would find, without decoding; ``""`` for unknown content."""
    kind = picture_kind(data)
    with guarded(name, max_pixels):
        if netpbm.is_netpbm(data):
            return netpbm.pictures(data, name, [])[0].format
        try:
            if not kind:
                with open_picture(data, "") as picture:
                    kind = picture.format or ""
        except (UnidentifiedImageError, SyntaxError):
            kind = "BMP" if data.startswith(b"BM") else ""
    return _NAMES.get(kind, kind.lower())


def _bmp(data: bytes, name: str, frame: int | None, max_pixels: int, notes: list[str]) -> Image | None:
    """Decode a BMP of the kinds that Pillow reads wrongly or not at all; None for the others."""
    from convcli.imaging.reading.bmp_file import bmp_file, bmp_frame

    bmp = bmp_file(data)
    if bmp is None:
        return None
    _check_all(name, (bmp.width, bmp.height), 1, frame, max_pixels)
    chosen_frames(frame, 1, name)
    return _image([bmp_frame(data, bmp)], Metadata(dpi=usable_dpi(bmp.dpi)), "bmp", name, notes)


def _png(data: bytes, name: str, frame: int | None, max_pixels: int, notes: list[str]) -> Image:
    file = png_file(data, FRAMES.most + 1, notes)
    size = (file.width, file.height)
    _check_all(name, size, max(file.frames, 1), frame, max_pixels)
    info, texts, colours = png_info(data, file, notes)
    with open_picture(file.still, "PNG") as picture:
        picture.info.update(info)
        turn = orientation(picture)
        metadata = collect(picture, notes)._replace(
            text=texts, colours=colours, loop=file.loop, iptc=iptc_of(info.get("photoshop", b""))
        )
    count = file.frames + file.beside if file.frames else 1
    indices = chosen_frames(frame, count, name)
    if frame is None and file.beside and file.frames:
        notes.append("the still picture beside the animation is left out (--frame 0 reads it)")
    if not file.frames or (file.beside and frame == 0):
        decoded = iter([png_frame(file.still, notes)])
    else:
        layers = png_layers(data, file)
        wanted = None if frame is None else indices[0] - file.beside
        decode_one = partial(png_frame, notes=notes)
        decoded = composed(layers, size[::-1], decode_one, wanted, alpha_always=file.has_alpha)
    return _image([upright(one, turn) for one in decoded], metadata, "png", name, notes)


def _gif(data: bytes, name: str, frame: int | None, max_pixels: int, notes: list[str]) -> Image:
    from convcli.imaging.reading.gif_file import gif_file, gif_layers

    file = gif_file(data, FRAMES.most + 1)
    if not file.ended:
        notes.append("the GIF does not end as it should: its last frames may be missing")
    metadata = Metadata(text=as_comment(file.comment), loop=file.loop)
    count = len(file.frames)
    if count < 2:
        with open_picture(data, "GIF") as picture:
            return replace(_decode(picture, data, name, frame, max_pixels, notes), metadata=metadata)
    _check_all(name, (file.width, file.height), count, frame, max_pixels)
    chosen_frames(frame, count, name)

    def decode_one(layer: bytes) -> Decoded:
        with open_picture(layer, "GIF") as picture:
            return from_pillow(picture, notes)

    size = (file.height, file.width)
    decoded = list(composed(gif_layers(data, file), size, decode_one, frame, alpha_always=False))
    if frame is None and file.loop is None:
        metadata = metadata._replace(loop=1)
    return _image(decoded, metadata, "gif", name, notes)


def _webp(data: bytes, name: str, frame: int | None, max_pixels: int, notes: list[str]) -> Image:
    from convcli.imaging.reading.webp_file import webp_facts

    webp = webp_facts(data, FRAMES.most + 1)
    _check_all(name, (webp.width, webp.height), webp.frames, frame, max_pixels)
    with open_picture(data, "WEBP") as picture:
        image = _decode(picture, data, name, frame, max_pixels, notes)
    return replace(image, metadata=image.metadata._replace(coding="lossy" * webp.lossy))


def _check_all(name: str, size: tuple[int, int], count: int, frame: int | None, max_pixels: int) -> None:
    """Refuse too many frames, or too many pixels in all that are asked for."""
    if (count if frame is None else frame) > FRAMES.most:
        raise ImageError(
            f"{name!r} has more than {FRAMES.most} frames", hint="--frame 0 reads the first alone"
        )
    check_pixels(name, *size, max_pixels, count if frame is None else 1)


def _decode(
    picture: ImageFile.ImageFile, data: bytes, name: str, frame: int | None, max_pixels: int, notes: list[str]
) -> Image:
    decoded: list[Decoded] = []
    metadata = Metadata()
    indices = _indices(picture, frame, name, notes)
    _check_all(name, picture.size, len(indices), frame, max_pixels)
    if picture.format in ("JPEG", "MPO"):
        check_length(data, picture.size)
    total = 0
    for index in indices:
        # The merged picture of a PSD is open; its layers are what Pillow counts, from 1.
        if picture.tell() != index and picture.format != "PSD":
            picture.seek(index)
        total += picture.width * picture.height
        check_pixels(name, total, 1, max_pixels)
        one, space = upright(still_frame(picture, data, notes), orientation(picture))
        decoded.append((one._replace(duration=_duration(picture)), space))
        if index == indices[0]:
            metadata = collect(picture, notes)
    if picture.format == "WEBP" and getattr(picture, "n_frames", 1) > 1:
        decoded = _without_opaque_alpha(decoded)
    if picture.format in ("JPEG", "MPO"):
        metadata = metadata._replace(coding=jpeg_coding(data), iptc=_iptc_of_jpeg(picture))
    format = _NAMES.get(picture.format or "", (picture.format or "").lower())
    return _image(decoded, metadata, format, name, notes)


def _iptc_of_jpeg(picture: ImageFile.ImageFile) -> bytes | None:
    segments = (data for kind, data in getattr(picture, "applist", ()) if kind == "APP13")
    return iptc_of(b"".join(segment.partition(b"\0")[2] for segment in segments))


def _image(decoded: list[Decoded], metadata: Metadata, format: str, name: str, notes: list[str]) -> Image:
    frames, space = alike(decoded, notes)
    if len(frames) == 1:
        frames = (frames[0]._replace(duration=None),)
    return Image(frames, space, metadata, format, name, tuple(dict.fromkeys(notes)))


def _without_opaque_alpha(decoded: list[Decoded]) -> list[Decoded]:
    """Drop alpha that is opaque in all frames: decoded WebP animations always have it."""
    if all(frame.alpha is None or bool((frame.alpha == 255).all()) for frame, _ in decoded):
        return [(frame._replace(alpha=None), space) for frame, space in decoded]
    return decoded


def _indices(picture: ImageFile.ImageFile, frame: int | None, name: str, notes: list[str]) -> list[int]:
    """Return the indices of the frames to read: all but previews, reduced copies and masks."""
    count = int(getattr(picture, "n_frames", 1))
    if picture.format == "MPO":
        if frame is None and count > 1:
            notes.append(f"{count} pictures in one JPEG: the first is read (--frame 1 reads the next)")
        return chosen_frames(0 if frame is None else frame, count, name)
    return chosen_frames(frame, count if picture.format in _FRAMES else 1, name)


def _duration(picture: ImageFile.ImageFile) -> float | None:
    given = picture.info.get("duration")
    return float(given) if isinstance(given, int | float) and given >= 0 else None
