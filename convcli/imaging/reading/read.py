"""Read a picture or an array from a file or from bytes, recognised by its content.

Pillow and the reader of array files are imported where they are used, for start-up.
"""

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple, TypeAlias

import numpy as np

from convcli.arrayfiles.devices import read_all
from convcli.choices import MAX_PIXELS, Layout
from convcli.errors import ImageError, nearest
from convcli.imaging.formats import is_promised
from convcli.imaging.image import Array, Image, Space
from convcli.imaging.reading import sniff
from convcli.imaging.reading.foreign import refusal
from convcli.imaging.zarr.zarr_place import ZarrPlace, zarr_place, zipped_store
from convcli.limits import PIPE_BYTES, PIPE_LEAST
from convcli.stores.files import is_url, plain, public, read_start, read_url

__all__ = ["Source", "read_first", "read_format", "read_picture"]

Source: TypeAlias = str | os.PathLike[str] | os.PathLike[bytes] | bytes | bytearray | memoryview


# Bytes that tell the format of a file.
HEAD = 2**16


def read_picture(
    source: Source,
    *,
    name: str | None = None,
    frame: int | None = None,
    max_pixels: int = MAX_PIXELS,
    layout: Layout = Layout.HWC,
) -> Image:
    """Read a picture of any format that `convcli formats` lists, or an array file.

    Pictures are recognised by their content, whatever their name; arrays by content or suffix. The EXIF
    orientation is applied. Animations give all their frames, each composited. The image's notes say what
    could not be kept.

    Parameters
    ----------
    source : str, PathLike, or bytes-like
        A str or PathLike is a path or a URL, ``file.npz:name`` one array of several; bytes, bytearray
        and memoryview are the content itself.
    name : str, optional
        Its name in messages; by default the path.
    frame : int, optional
        Only the frame of this index in the file, from 0.
    max_pixels : int
        Frames of more pixels in all are refused before they are decoded.
    layout : Layout
        Order of the axes of an array of three.
    """
    return _read(_load(source, name, max_pixels), frame, max_pixels, layout)


def read_format(path: str, name: str, max_pixels: int) -> str:
    """Return the format that the image of `read_picture` would have, by the first bytes where they tell."""
    if zarr_place(path) is not None or plain(path).lower().endswith(".zarr.zip"):
        return "zarr"
    file, _ = _split(path)
    data = _content(file, name, None)
    if not data:
        raise _empty(name)
    if kind := sniff.array_kind(data, os.path.splitext(plain(file))[1].lower()):
        return kind
    if refused := refusal(data, name):
        raise refused
    if data.startswith(b"SIMPLE  ="):
        return "fits"
    from convcli.imaging.reading import pillow_files

    if not sniff.picture_kind(data):
        data = _content(file, name, max_pixels)
    kind = pillow_files.format_of(data, name, max_pixels) or sniff.text_array_kind(data)
    if not kind:
        raise sniff.not_a_picture(name)
    return kind


def _read(loaded: "_Loaded", frame: int | None, max_pixels: int, layout: Layout) -> Image:
    if loaded.store is not None:
        from convcli.imaging.reading import zarr_rows

        return _checked(zarr_rows.open_whole(loaded.store, loaded.name, frame, max_pixels, layout).whole())
    kind = sniff.array_kind(loaded.data, loaded.suffix)
    if kind:
        return _from_array(loaded, kind, frame, max_pixels, layout)
    if refused := refusal(loaded.data, loaded.name):
        raise refused
    image: Image | None
    if loaded.data.startswith(b"SIMPLE  ="):
        from convcli.imaging.reading import fits

        image = fits.decode(loaded.data, loaded.name, frame, max_pixels)
    else:
        from convcli.imaging.reading import pillow_files

        image = pillow_files.decode(loaded.data, loaded.name, frame, max_pixels)
    if image is None:
        kind = sniff.text_array_kind(loaded.data)
        if not kind:
            raise sniff.not_a_picture(loaded.name)
        return _from_array(loaded, kind, frame, max_pixels, layout)
    _checked(image)
    if not is_promised(image.format):
        note = f"{image.format.upper()} is read as Pillow reads it (what is promised: convcli formats)"
        image = replace(image, notes=(*image.notes, note))
    return image


class _Loaded(NamedTuple):
    """The content of a file, its name in messages, its suffix, and the array asked for within an ``.npz``.

    Of a Zarr store, where it is, or its files.
    """

    data: bytes
    name: str
    suffix: str = ""
    member: str | None = None
    store: ZarrPlace | Mapping[str, bytes] | None = None


def _from_array(loaded: _Loaded, kind: str, frame: int | None, max_pixels: int, layout: Layout) -> Image:
    from convcli.imaging.reading.number_files import data_frame, picture_array

    notes = list[str]()
    array = picture_array(loaded.data, kind, loaded.name, loaded.member, max_pixels, layout, notes)
    sniff.chosen_frames(frame, 1, loaded.name)
    _check_finite(array, loaded.name)
    only = data_frame(array, loaded.name, layout, notes)
    signal = array.ndim == 1
    return Image((only,), Space.DATA, format=kind, name=loaded.name, notes=tuple(notes), signal=signal)


def _checked(image: Image) -> Image:
    """Return `image`, whose pixels are finite."""
    for one in image.frames:
        _check_finite(one.pixels, image.name)
    return image


def _check_finite(values: Array, name: str) -> None:
    if values.dtype.kind != "f":
        return
    finite = np.isfinite(values)
    if finite.all():
        return
    count = int(values.size - np.count_nonzero(finite))
    place = tuple(int(index) for index in np.argwhere(~finite)[0])
    at = ", ".join(map(str, place))
    many = "1 value that is" if count == 1 else f"{count} values that are"
    raise ImageError(
        f"{name!r} has {many} not finite; the first, {values[place]}, is at [{at}]",
        hint="replace them first: numpy.nan_to_num does",
    )


def read_first(source: Source, layout: Layout = Layout.HWC) -> Array:
    """Return the array in an array file, in its own dtype, channels last, or a picture's first frame."""
    loaded = _load(source, None)
    if loaded.store is not None:
        from convcli.imaging.reading import zarr_rows

        return zarr_rows.open_whole(loaded.store, loaded.name, layout=layout).samples()
    kind = sniff.array_kind(loaded.data, loaded.suffix)
    if not kind:
        # where frame 0 is the first, no other is decoded: not so beside thumbnails and still pictures
        alone = sniff.picture_kind(loaded.data) in ("GIF", "WEBP", "AVIF")
        return _read(loaded, 0 if alone else None, MAX_PIXELS, layout).frames[0].stacked()
    from convcli.imaging.reading.number_files import picture_array

    array = picture_array(loaded.data, kind, loaded.name, loaded.member, layout=layout)
    first = layout is Layout.CHW and array.ndim == 3
    return np.ascontiguousarray(np.moveaxis(array, 0, 2)) if first else array


def _load(source: Source, name: str | None, max_pixels: int = MAX_PIXELS) -> _Loaded:
    if isinstance(source, bytes | bytearray | memoryview):
        loaded = _Loaded(bytes(source), "stdin" if name is None else name)
    else:
        path = os.fsdecode(source)
        shown = public(path) if name is None else name
        if (place := zarr_place(path)) is not None:
            return _Loaded(b"", shown, store=place)
        file, member = _split(path)
        suffix = os.path.splitext(plain(file))[1].lower()
        loaded = _Loaded(_content(file, shown, max_pixels), shown, suffix, member)
    if not loaded.data:
        raise _empty(loaded.name)
    if loaded.data.startswith(b"PK") and loaded.member is None:
        return loaded._replace(store=zipped_store(loaded.data, loaded.name, max_pixels))
    return loaded


def _empty(name: str) -> ImageError:
    return ImageError(f"{name!r} is empty", hint="was the copy or download cut short?")


def _split(path: str) -> tuple[str, str | None]:
    """Split ``file.npz:name``, unless a file is called that."""
    file, colon, member = path.rpartition(":")
    if colon and file.lower().endswith(".npz") and not os.path.lexists(path):
        return file, member
    return path, None


def _content(path: str, shown: str, max_pixels: int | None) -> bytes:
    """Return the content of a file, or without `max_pixels` its beginning."""
    if is_url(path):
        if max_pixels is None:
            return read_start(path, HEAD)
        return read_url(path, PIPE_BYTES * max_pixels + PIPE_LEAST)
    try:
        with open(path, "rb") as file:
            return file.read(HEAD) if max_pixels is None else read_all(file, repr(shown), max_pixels)
    except FileNotFoundError as error:
        raise ImageError(f"{shown!r} does not exist", hint=_neighbour(path)) from error
    except IsADirectoryError as error:
        if path.rstrip(os.sep).lower().endswith(".zarr"):
            hint = "it should hold zarr.json, .zarray or .zgroup: was it written to its end?"
            raise ImageError(f"{shown!r} is no Zarr store: its metadata are not there", hint=hint) from error
        raise ImageError(f"{shown!r} is a folder", hint="name a file in it") from error
    except PermissionError as error:
        raise ImageError(f"{shown!r} may not be read", hint="its permissions forbid it") from error
    except MemoryError as error:
        raise ImageError(f"{shown!r} does not fit into memory", hint="cut the picture up") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ImageError(f"{shown!r} cannot be read: {reason}", hint="check the path") from error


def _neighbour(path: str) -> str:
    folder, missing = os.path.split(path)
    try:
        with os.scandir(folder or os.curdir) as entries:
            names = [entry.name for entry, _ in zip(entries, range(2000), strict=False)]
    except OSError:
        return f"neither does its folder {folder!r}"
    if missing in names:
        return "it is a link to a file that is not there"
    close = nearest(missing, names)
    return f"did you mean {os.path.join(folder, close)!r}?" if close else "check the spelling and the folder"
