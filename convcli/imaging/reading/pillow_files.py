"""Decode picture files of every kind to frames."""

from PIL import ImageFile, UnidentifiedImageError

from convcli.errors import ImageError
from convcli.imaging.image import Frame, Image
from convcli.imaging.metadata import Metadata, collect
from convcli.imaging.reading import netpbm
from convcli.imaging.reading.pillow_decoders import open_picture
from convcli.imaging.reading.pillow_guard import guarded
from convcli.imaging.reading.pillow_modes import Raster, alike
from convcli.imaging.reading.sniff import picture_kind, too_large

__all__ = ["decode"]

_FRAMES = {"GIF", "PNG", "WEBP", "TIFF", "AVIF", "FLI", "DCX"}
_NAMES = {"MPO": "jpeg", "JPEG2000": "jp2", "DIB": "bmp", "PPM": "pnm"}


def decode(data: bytes, name: str, frame: int | None, max_pixels: int) -> Image | None:
    """Decode all frames of a picture file, or frame number `frame`, counted from 0.

    Returns None where the content is of no kind that is known.

    Raises
    ------
    ImageError
        The content is damaged, cut short or too large, or has no such frame.
    """
    kind = picture_kind(data)
    with guarded(name, max_pixels) as heard:
        if netpbm.is_deep(data):
            _choose(frame, 1, name)
            return _image([netpbm.decode(data, name, max_pixels)], [None], Metadata(), "pnm", name, heard)
        try:
            with open_picture(data, kind) as picture:
                return _decode(picture, data, kind, name, frame, max_pixels, heard)
        except (UnidentifiedImageError, SyntaxError):  # Pillow's words for a kind that it does not know
            if kind == "TIFF":
                return _by_tifffile(data, name, frame, max_pixels, heard)
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
    heard: list[str],
) -> Image:
    rasters: list[Raster] = []
    durations: list[float | None] = []
    metadata = Metadata()
    indices = _wanted(picture, frame, name, heard)
    for index in indices:
        if picture.tell() != index:
            picture.seek(index)
        if picture.width * picture.height > max_pixels:
            raise too_large(name, picture.size, max_pixels)
        rasters.append(_raster(picture, data, kind, index, name))
        durations.append(_duration(picture))
        if index == indices[0]:
            metadata = collect(picture, heard)
    if picture.format == "GIF" and metadata.loop is None and len(indices) > 1:
        metadata = metadata._replace(loop=1)
    if picture.format == "GIF" and not data.rstrip(b"\0").endswith(b";"):
        heard.append("the GIF does not end as it should: its last frames may be missing")
    if picture.format == "WEBP" and len(indices) > 1:
        rasters = _without_spare_alpha(rasters)
    format = _NAMES.get(picture.format or "", (picture.format or "").lower())
    return _image(rasters, durations, metadata, format, name, heard)


def _raster(picture: ImageFile.ImageFile, data: bytes, kind: str, index: int, name: str) -> Raster:
    def again() -> ImageFile.ImageFile:
        fresh = open_picture(data, kind)
        if index:
            fresh.seek(index)
        return fresh

    if picture.format == "TIFF":
        from convcli.imaging.reading.tiff import tiff_raster

        return tiff_raster(picture, data, index, again, name)
    from convcli.imaging.reading.stills import still_raster

    return still_raster(picture, data, again)


def _by_tifffile(data: bytes, name: str, frame: int | None, max_pixels: int, heard: list[str]) -> Image:
    from convcli.imaging.reading.tifffile_reader import read_tiff

    rasters, metadata = read_tiff(data, name, frame, max_pixels)
    return _image(rasters, [None] * len(rasters), metadata, "tiff", name, heard)


def _image(
    rasters: list[Raster],
    durations: list[float | None],
    metadata: Metadata,
    format: str,
    name: str,
    heard: list[str],
) -> Image:
    notes = dict.fromkeys([*heard, *(note for one in rasters for note in one.notes)])
    rasters, space = alike(rasters)
    if len(rasters) == 1:
        durations = [None]
    frames = tuple(
        Frame(one.pixels, one.alpha, duration) for one, duration in zip(rasters, durations, strict=True)
    )
    return Image(frames, space, metadata, format, name, tuple(notes))


def _without_spare_alpha(rasters: list[Raster]) -> list[Raster]:
    """Drop alpha that is opaque in all frames: WebP animations have it whether it is used or not."""
    if all(one.alpha is None or bool((one.alpha == 255).all()) for one in rasters):
        return [one._replace(alpha=None) for one in rasters]
    return rasters


def _choose(frame: int | None, count: int, name: str) -> list[int]:
    if frame is None:
        return list(range(count))
    if not 0 <= frame < count:
        has = f"it has {count}, numbered 0 to {count - 1}" if count > 1 else "it has only one, number 0"
        raise ImageError(f"{name!r} has no frame {frame}", hint=has)
    return [frame]


def _wanted(picture: ImageFile.ImageFile, frame: int | None, name: str, heard: list[str]) -> list[int]:
    """Return the numbers of the frames to read: all, but for those that only accompany another."""
    count = int(getattr(picture, "n_frames", 1))
    if picture.format == "MPO":
        if frame is None and count > 1:
            heard.append(f"{count} pictures in one JPEG: the first is read (--frame 1 reads the next)")
        return _choose(0 if frame is None else frame, count, name)
    if picture.format not in _FRAMES:
        return _choose(frame, 1, name)
    indices = _choose(frame, count, name)
    if frame is not None or count == 1:
        return indices
    if picture.format == "PNG" and picture.info.get("default_image"):
        heard.append("the still picture beside the animation is left out (--frame 0 reads it)")
        return indices[1:]
    if picture.format == "TIFF":
        from convcli.imaging.reading.tiff import wanted_pages

        return wanted_pages(picture, indices, heard)
    return indices


def _duration(picture: ImageFile.ImageFile) -> float | None:
    given = picture.info.get("duration")
    return float(given) if isinstance(given, int | float) and given >= 0 else None
