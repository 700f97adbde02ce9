"""Create the arrays of a Zarr picture, and fill them band by band; a small picture becomes a zip file."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from zipfile import ZipFile, ZipInfo

import numpy as np

from convcli.choices import Compress, Layout
from convcli.errors import OutputError
from convcli.imaging.image import Array, Image
from convcli.imaging.writing.pyramid import Halving, level_sizes
from convcli.imaging.zarr.zarr_extra import failures, zarr_module
from convcli.imaging.zarr.zarr_layout import PLANE, ZarrLayout, plain_axes, rows_of
from convcli.stores.files import is_url

__all__ = ["Levels", "Place", "PlacedRows", "encode_zarr", "writing"]

# Side of chunks where neither the input nor --tile says: 1 MiB of bytes.
_CHUNK = 1024
# Compressors for --compress small, by the version of Zarr; beyond level 9, size hardly shrinks.
_SMALL = {
    2: {"id": "zstd", "level": 9},
    3: {"name": "zstd", "configuration": {"level": 9, "checksum": False}},
}


@contextmanager
def writing(name: str) -> Iterator[None]:
    """Raise failures of zarr, its codecs and the disk as errors about the output `name`."""
    hint = "choose another place, or look at the disk"
    with failures(f"{name!r} cannot be written", hint, OutputError, url=name):
        yield


class Place(NamedTuple):
    """Where other processes write the rows of a picture.

    Attributes
    ----------
    store, path : str
        The folder or URL of the store, and the array in it.
    metadata
        The array's, which need not be in the store yet.
    axes : tuple of str
        Its axes in order.
    """

    store: str
    path: str
    metadata: Any
    axes: tuple[str, ...]

    @property
    def unit(self) -> int:
        """Rows of a chunk or shard: writers that begin at its multiples write to none in common."""
        return int((self.metadata.shards or self.metadata.chunks)[self.axes.index("y")])


class PlacedRows:
    """Writes rows at a place, the first of which is row `first` of the picture."""

    def __init__(self, place: Place, first: int) -> None:
        zarr = zarr_module()
        with writing(place.store):
            store = zarr.storage.StorePath(_store(place.store), place.path)
            array = zarr.Array(zarr.core.array.AsyncArray(place.metadata, store))
            self._filler = _Filler(array, place.axes, first)
        self._name = place.store

    def write(self, rows: Image | None) -> None:
        """Write the next rows; None after the last."""
        with writing(self._name):
            self._filler.write(None if rows is None else rows.frames[0].stacked())

    def finish(self) -> None:
        """Write what is left."""
        self.write(None)


def _store(place: str) -> Any:
    """Return the store in the making at a folder or URL."""
    if is_url(place):
        from convcli.imaging.zarr.zarr_urls import store_at

        return store_at(place, OutputError, read_only=False)
    if not os.path.isdir(place):
        raise OutputError(f"there is no folder {place!r} here", hint="workers must share it with the client")
    return zarr_module().storage.LocalStore(place)


class Levels:
    """The levels of a picture in a store, which take its rows in order.

    Attributes
    ----------
    arrays : list
        One array for each level; the first is the picture.
    """

    def __init__(
        self,
        store: Any,
        header: Image,
        *,
        tile: tuple[int, int] | None = None,
        levels: int = 1,
        compress: Compress = Compress.FAST,
        layout: Layout = Layout.HWC,
    ) -> None:
        (frame,) = header.frames
        channels = frame.channels + (frame.alpha is not None)
        plain = plain_axes(2 if channels == 1 else 3, first=layout is Layout.CHW)
        given = header.metadata.zarr or ZarrLayout(plain)
        self._stored = given.holding(channels)
        self._tile, self._channels, self._dtype = tile, channels, frame.pixels.dtype
        same = bool(given.dtype) and np.dtype(given.dtype).newbyteorder("=") == self._dtype
        self._exact = same and given.axes == self._stored.axes
        zarr = zarr_module()
        sizes = level_sizes(frame.size, levels)
        path = ""
        if self._stored.ome is not None or levels > 1:
            attributes = self._stored.multiscale(len(sizes), channels)
            zarr.create_group(store, zarr_format=self._stored.version, attributes=attributes)
            path = "{}"
        self.arrays = [
            zarr.create_array(store, name=path.format(level) or None, **self._settings(size, compress, path))
            for level, size in enumerate(sizes)
        ]
        self._fillers = [_Filler(array, self._stored.axes) for array in self.arrays]
        self._halvings = [Halving() for _ in self.arrays[1:]]

    def write(self, rows: Image | None) -> None:
        """Write the next rows; None after the last."""
        self._fill(0, None if rows is None else rows.frames[0].stacked())

    def place(self, store: str) -> Place:
        """Return where others write the picture, in the store at a path or URL."""
        first = self.arrays[0]
        return Place(store, first.path, first.metadata, self._stored.axes)

    def halve(self) -> None:
        """Make the other levels of the first, which others have written."""
        if not self._halvings:
            return
        axes, filler = self._stored.axes, self._fillers[0]
        at = {axis: 0 for axis in axes if axis not in PLANE}
        for first in range(0, filler.height, filler.unit):
            end = min(first + filler.unit, filler.height)
            self._halve(0, np.asarray(rows_of(self.arrays[0], axes, first, end, at)))
        self._halve(0, None)

    def _fill(self, level: int, rows: Array | None) -> None:
        self._fillers[level].write(rows)
        if level < len(self._halvings):
            self._halve(level, rows)

    def _halve(self, level: int, rows: Array | None) -> None:
        for halved in self._halvings[level](rows):
            self._fill(level + 1, halved)
        if rows is None:
            self._fill(level + 1, None)

    def _settings(self, size: tuple[int, int], compress: Compress, grouped: str) -> dict[str, Any]:
        """Return the arguments of `zarr.create_array` for a level of this size."""
        stored = self._stored
        lengths = {"y": size[0], "x": size[1], "c": self._channels}
        shape = {axis: lengths.get(axis, 1) for axis in stored.axes}
        chunks = {axis: min(stored.chunks.get(axis, shape[axis]), shape[axis]) for axis in stored.axes}
        kept = self._tile is None or self._tile == (stored.chunks.get("y"), stored.chunks.get("x"))
        tile = self._tile or (stored.chunks.get("y", _CHUNK), stored.chunks.get("x", _CHUNK))
        chunks |= {axis: min(side, shape[axis]) for axis, side in zip(("y", "x"), tile, strict=True)}
        settings: dict[str, Any] = {"zarr_format": 3, **stored.settings, "dtype": self._dtype}
        if self._exact:
            settings |= {**stored.exact, "dtype": np.dtype(stored.dtype)}
        if compress is Compress.NONE:
            settings["compressors"] = None
        elif compress is Compress.SMALL:
            settings["compressors"] = _SMALL[settings["zarr_format"]]
        if stored.shards and kept:
            settings["shards"] = tuple(
                chunks[axis] * (stored.shards.get(axis, 1) // stored.chunks.get(axis, 1) or 1)
                for axis in stored.axes
            )
        names = [stored.names.get(axis, axis) for axis in stored.axes]
        if settings["zarr_format"] == 2 and stored.names and stored.ome is None:
            settings["attributes"] = {**settings["attributes"], "_ARRAY_DIMENSIONS": names}
        elif settings["zarr_format"] == 3 and (stored.names or grouped):
            settings["dimension_names"] = names if not grouped else stored.axes
        return {**settings, "shape": tuple(shape.values()), "chunks": tuple(chunks.values())}


class _Filler:
    """Writes rows to an array as soon as they fill its chunks, so that each chunk is written once."""

    def __init__(self, array: Any, axes: tuple[str, ...], first: int = 0) -> None:
        self._array, self._axes = array, axes
        self.unit = (array.shards or array.chunks)[axes.index("y")]
        self.height = array.shape[axes.index("y")]
        self._first = first
        self._waiting, self._count = np.empty(0), 0  # rows of a chunk, and how many of them are there

    def write(self, rows: Array | None) -> None:
        """Write what is complete with these rows; None completes the last."""
        if rows is None:
            self._put(self._waiting[: self._count])
        while rows is not None and len(rows):
            whole = len(rows) // self.unit * self.unit
            if whole and not self._count:
                self._put(rows[:whole])
                rows = rows[whole:]
                continue
            if not self._count:
                self._waiting = np.empty((self.unit, *rows.shape[1:]), rows.dtype)
            taken = min(self.unit - self._count, len(rows))
            self._waiting[self._count : self._count + taken] = rows[:taken]
            self._count, rows = self._count + taken, rows[taken:]
            if self._count == self.unit:
                self._put(self._waiting)

    def _put(self, rows: Array) -> None:
        if len(rows):
            write_rows(self._array, self._axes, self._first, rows)
        self._first, self._count = self._first + len(rows), 0


def write_rows(array: Any, axes: tuple[str, ...], first: int, rows: Array) -> None:
    """Write rows, (H, W) or (H, W, C), into an array whose other axes are 1 long."""
    inside = rows if rows.ndim == 3 or "c" not in axes else rows[..., np.newaxis]
    order = list(PLANE[: inside.ndim])
    turned = inside.transpose([order.index(axis) for axis in axes if axis in order])
    turned = turned[tuple(slice(None) if axis in order else np.newaxis for axis in axes)]
    array[tuple(slice(first, first + len(rows)) if axis == "y" else slice(None) for axis in axes)] = turned


def encode_zarr(image: Image, compress: Compress, layout: Layout) -> bytes:
    """Return a zip file of the store that holds `image`, the same for the same picture."""
    files: dict[str, Any] = {}
    with failures("the result cannot be written as ZARR", "choose another format, such as .npy", OutputError):
        store = zarr_module().storage.MemoryStore(files)
        made = Levels(store, image, compress=compress, layout=layout)
        made.write(image)
        made.write(None)
    data = io.BytesIO()
    with ZipFile(data, "w") as archive:
        for name in sorted(files):
            archive.writestr(ZipInfo(name), files[name].to_bytes())
    return data.getvalue()
