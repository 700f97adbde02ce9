"""Rows of a picture in Zarr: only the chunks in which they lie are read, each once."""

import os
from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from math import prod

import numpy as np

from convcli.choices import MAX_PIXELS, Layout
from convcli.errors import ImageError
from convcli.imaging.bands import Storage, without_pixels
from convcli.imaging.image import Array, Frame, Image, Space
from convcli.imaging.metadata import Metadata
from convcli.imaging.reading.number_files import channels_first_note, data_frame
from convcli.imaging.reading.row_groups import RowGroups
from convcli.imaging.reading.zarr_store import Plane, open_plane
from convcli.imaging.zarr.zarr_extra import failures
from convcli.imaging.zarr.zarr_layout import PLANE, rows_of
from convcli.imaging.zarr.zarr_place import ZarrPlace
from convcli.stores.files import is_url

__all__ = ["ZarrRows", "open_whole", "open_zarr"]

# Samples that are decoded together, at least: chunks may be of a few rows.
_TOGETHER = 1 << 20


class ZarrRows:
    """Reads bands of rows of a picture.

    Attributes
    ----------
    header, storage, packed
        See `convcli.imaging.bands.BandReader`.
    """

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        shape = tuple(plane.length(axis) for axis in PLANE if axis in plane.layout.axes)
        named = plane.layout.ome or any(plane.layout.names)
        note = "" if named else channels_first_note(shape)
        one = _image(np.zeros((1, 1, *shape[2:]), plane.array.dtype), plane)
        notes = (*plane.notes, *([note] if note else []))
        self.header = replace(without_pixels(one, (shape[0], shape[1])), notes=notes)
        self.storage = Storage((plane.layout.chunks["y"], plane.layout.chunks["x"]))
        self.packed, self.opened = 0, tuple[object, ...]()
        high = plane.layout.chunks["y"]
        step = high * max(1, _TOGETHER // (high * prod(shape[1:])))
        self._groups = RowGroups(self._decoded, step, shape[0])

    def rows(self, first: int, end: int) -> Image:
        """Return rows ``first <= row < end``."""
        return _image(self._groups.rows(first, end), self._plane)

    def whole(self) -> Image:
        """Return the picture."""
        return replace(_image(self.samples(), self._plane), notes=self.header.notes)

    def samples(self) -> Array:
        """Return all samples in the array's own type, channels last."""
        return self._decoded(0, self._plane.length("y"))

    def __reduce__(self) -> tuple[object, ...]:
        """Open the store once more in another process."""
        return open_zarr, self.opened

    def close(self) -> None:
        """Do nothing: stores are opened for each read."""

    def _decoded(self, first: int, end: int) -> Array:
        """Return rows, decoded, channels last."""
        plane = self._plane
        try:
            what = f"{plane.name!r} has a corrupt chunk"
            with failures(what, "write or copy it once more", url=plane.url):
                stored = np.asarray(rows_of(plane.array, plane.layout.axes, first, end, plane.at))
        except ImageError as error:
            raise self._corrupt(first, end, error) from error
        return stored.astype(stored.dtype.newbyteorder("="), copy=False)

    def _corrupt(self, first: int, end: int, error: ImageError) -> ImageError:
        """Return an error that names the first chunk of these rows that cannot be decoded."""
        plane, sides = self._plane, self._plane.array.chunks
        ends = {"y": (first, end), **{axis: (index, index + 1) for axis, index in plane.at.items()}}
        numbers = []
        for axis, side in zip(plane.layout.axes, sides, strict=True):
            low, high = ends.get(axis, (0, plane.length(axis)))
            numbers.append(range(low // side, -(-high // side)))
        for chunk in product(*numbers):
            part = tuple(slice(n * side, (n + 1) * side) for n, side in zip(chunk, sides, strict=True))
            try:
                what = f"chunk {list(chunk)} of {plane.name!r} cannot be decoded"
                with failures(what, error.hint, url=plane.url):
                    plane.array[part]
            except ImageError as named:
                return named
        return error


def open_zarr(place: ZarrPlace, name: str, frame: int | None, layout: Layout, least: int) -> ZarrRows | None:
    """Open a picture of any size, to be read in bands; None where it has fewer samples than `least`."""
    reader = ZarrRows(open_plane(place, name, frame, None, layout))
    if reader.header.frames[0].pixels.size < least:
        return None
    reader.packed, reader.opened = _bytes_of(place, reader), (place, name, frame, layout, least)
    return reader


def _bytes_of(place: ZarrPlace, reader: ZarrRows) -> int:
    """Return the size of a store's files; at a URL, where to ask takes long, that of all samples."""
    if is_url(place.store):
        return int(reader.header.frames[0].pixels.nbytes)
    found = os.walk(os.path.join(place.store, place.member))
    return sum(os.path.getsize(os.path.join(here, name)) for here, _, names in found for name in names)


def open_whole(
    place: ZarrPlace | Mapping[str, bytes],
    name: str,
    frame: int | None = None,
    max_pixels: int = MAX_PIXELS,
    layout: Layout = Layout.HWC,
) -> ZarrRows:
    """Open a picture that is to be read whole."""
    return ZarrRows(open_plane(place, name, frame, max_pixels, layout))


def _image(samples: Array, plane: Plane) -> Image:
    """Return a picture: bytes and 16-bit integers as they are, all else as floats.

    Three channels are colours, and four bytes colours and alpha, unless OME-Zarr says that they are channels
    of a microscope: those of more than 8 bits.
    """
    space, alpha, bytes_, ome = Space.DATA, None, samples.dtype == np.uint8, plane.layout.ome
    channels = samples.shape[2] if samples.ndim == 3 else 1
    if not bytes_ and samples.dtype != np.uint16:
        samples = data_frame(samples, plane.name, Layout.HWC, []).pixels
    elif channels == 1:
        space, samples = Space.GRAY, samples.reshape(samples.shape[:2])
    elif channels == 3 and (bytes_ or ome is None):
        space = Space.RGB
    elif channels == 4 and bytes_ and ome is None:
        space, samples, alpha = Space.RGB, samples[..., :3], samples[..., 3]
    frame = Frame(samples, alpha).mapped(np.ascontiguousarray)
    return Image((frame,), space, Metadata(zarr=plane.layout), "zarr", plane.name)
