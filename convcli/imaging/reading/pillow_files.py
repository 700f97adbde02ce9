"""Decode a picture file of any format: choose its reader and its frames, collect metadata and notes.

The readers of single formats are imported where they are used, for start-up.
"""

from PIL import ImageFile, UnidentifiedImageError

from convcli.errors import ImageError
from convcli.imaging.image import Decoded, Image
from convcli.imaging.metadata import Metadata, collect, transfer_of_png
from convcli.imaging.reading import netpbm
from convcli.imaging.reading.pillow_decoders import open_picture
from convcli.imaging.reading.pillow_guard import guarded
from convcli.imaging.reading.pillow_modes import alike
from convcli.imaging.reading.sniff import picture_kind, too_large

__all__ = ["decode"]

# Pillow's names of formats that may hold several frames; Pillow's names that differ from ours.
_FRAMES = {"GIF", "PNG", "WEBP", "TIFF", "AVIF", "FLI", "DCX"}
_NAMES = {"MPO": "jpeg", "JPEG2000": "jp2", "DIB": "bmp", "PPM": "pnm"}


def decode(data: bytes, name: str, frame: int | None, max_pixels: int) -> Image | None:
    """Decode all frames of a picture file, or frame number `frame`, from 0; None for unknown content."""
    kind = picture_kind(data)
    with guarded(name, max_pixels) as notes:
        if netpbm.is_deep(data):
            _choose(frame, 1, name)
            return _image([netpbm.decode(data, name, max_pixels)], Metadata(), "pnm", name, notes)
        try:
            with open_picture(data, kind) as picture:
                return _decode(picture, data, kind, name, frame, max_pixels, notes)
        except (UnidentifiedImageError, SyntaxError):  # raised by Pillow for content that it does not know
            if kind == "TIFF":
                from convcli.imaging.reading.tifffile_reader import read_tiff

                return _image(*read_tiff(data, name, frame, max_pixels, notes), "tiff", name, notes)
            if kind:
                raise
    return None


def _decode(
    picture: ImageFile.ImageFile,
    data: bytes,
    kind: str,
    name: str,
    frame: int | None,
    max_pixels: int,
    notes: list[str],
) -> Image:
    decoded: list[Decoded] = []
    metadata = Metadata()
    indices = _indices(picture, frame, name, notes)
    for index in indices:
        if picture.tell() != index:
            picture.seek(index)
        if picture.width * picture.height > max_pixels:
            raise too_large(name, picture.size, max_pixels)
        one, space = _frame(picture, data, kind, index, name, notes)
        decoded.append((one._replace(duration=_duration(picture)), space))
        if index == indices[0]:
            metadata = collect(picture, notes)
            if picture.format == "PNG":
                metadata = metadata._replace(cicp=transfer_of_png(data))
    if picture.format == "GIF" and metadata.loop is None and len(indices) > 1:
        metadata = metadata._replace(loop=1)
    if picture.format == "GIF" and not data.rstrip(b"\0").endswith(b";"):
        notes.append("the GIF does not end as it should: its last frames may be missing")
    if picture.format == "WEBP" and len(indices) > 1:
        decoded = _without_opaque_alpha(decoded)
    format = _NAMES.get(picture.format or "", (picture.format or "").lower())
    return _image(decoded, metadata, format, name, notes)


def _frame(
    picture: ImageFile.ImageFile, data: bytes, kind: str, index: int, name: str, notes: list[str]
) -> Decoded:
    def reopen() -> ImageFile.ImageFile:
        fresh = open_picture(data, kind)
        if index:
            fresh.seek(index)
        return fresh

    if picture.format == "TIFF":
        from convcli.imaging.reading.tiff import tiff_frame

        return tiff_frame(picture, data, index, reopen, name, notes)
    from convcli.imaging.reading.stills import still_frame

    return still_frame(picture, data, reopen, notes)


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


def _choose(frame: int | None, count: int, name: str) -> list[int]:
    if frame is None:
        return list(range(count))
    if not 0 <= frame < count:
        has = f"it has {count}, numbered 0 to {count - 1}" if count > 1 else "it has only one, number 0"
        raise ImageError(f"{name!r} has no frame {frame}", hint=has)
    return [frame]


def _indices(picture: ImageFile.ImageFile, frame: int | None, name: str, notes: list[str]) -> list[int]:
    """Return the indices of the frames to read: all but previews, reduced copies and masks."""
    count = int(getattr(picture, "n_frames", 1))
    if picture.format == "MPO":
        if frame is None and count > 1:
            notes.append(f"{count} pictures in one JPEG: the first is read (--frame 1 reads the next)")
        return _choose(0 if frame is None else frame, count, name)
    if picture.format not in _FRAMES:
        return _choose(frame, 1, name)
    indices = _choose(frame, count, name)
    if frame is not None or count == 1:
        return indices
    if picture.format == "PNG" and picture.info.get("default_image"):
        notes.append("the still picture beside the animation is left out (--frame 0 reads it)")
        return indices[1:]
    if picture.format == "TIFF":
        from convcli.imaging.reading.tiff import whole_pages

        return whole_pages(picture, indices, notes)
    return indices


def _duration(picture: ImageFile.ImageFile) -> float | None:
    given = picture.info.get("duration")
    return float(given) if isinstance(given, int | float) and given >= 0 else None
