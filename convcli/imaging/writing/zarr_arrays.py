"""Create the arrays of a Zarr picture, and fill them band by band; a small picture becomes a zip file."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from typing import Any
from zipfile import ZipFile, ZipInfo

import numpy as np

from convcli.choices import Compress, Layout
from convcli.errors import OutputError
from convcli.imaging.image import Array, Image
from convcli.imaging.writing.pyramid import Halving, level_sizes
from convcli.imaging.zarr.zarr_extra import failures, zarr_module
from convcli.imaging.zarr.zarr_layout import PLANE, XARRAY, ZarrLayout, plain_axes, rows_of

__all__ = ["ChunkRows", "Levels", "encode_zarr", "writing"]


# Side of chunks where neither the input nor --tile says: 1 MiB of bytes.
_CHUNK = 1024
# Samples that are written together, at least: chunks may be of a few rows.
_TOGETHER = 1 << 20
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


class ChunkRows:
    """Writes rows to an array as soon as they fill its chunks, so that each chunk is written once.

    Attributes
    ----------
    unit : int
        Rows of a chunk or shard: writers that begin at its multiples write to none in common.
    """

    def __init__(self, array: Any, axes: tuple[str, ...], name: str, first: int = 0) -> None:
        self.array, self._axes, self._name, self._first = array, axes, name, first
        at = axes.index("y")
        self.unit, self.height = (array.shards or array.chunks)[at], array.shape[at]
        row = prod(array.shape) // self.height
        self._step = self.unit * max(1, _TOGETHER // (self.unit * row))
        self._waiting, self._count = np.empty(0), 0  # rows of chunks, and how many of them are there

    def at(self, first: int) -> "ChunkRows":
        """Return a writer of the rows from `first` on, in another process."""
        if not os.path.isdir(root := getattr(self.array.store, "root", os.curdir)):
            hint = "workers must share it with the client"
            raise OutputError(f"there is no folder {str(root)!r} here", hint=hint)
        return ChunkRows(self.array, self._axes, self._name, first)

    def write(self, rows: Array | None) -> None:
        """Write what is complete with these rows; None completes the last."""
        while rows is not None and len(rows):
            if not self._count:
                high = min(self._step, self.height - self._first)
                self._waiting = np.empty((high, *rows.shape[1:]), rows.dtype)
            taken = min(len(self._waiting) - self._count, len(rows))
            self._waiting[self._count : self._count + taken] = rows[:taken]
            self._count, rows = self._count + taken, rows[taken:]
            if self._count == len(self._waiting):
                self._put()
        if rows is None and self._count:
            self._put()

    def _put(self) -> None:
        rows, axes, end = self._waiting[: self._count], self._axes, self._first + self._count
        if rows.ndim == 2 and "c" in axes:
            rows = rows[..., np.newaxis]
        order = list(PLANE[: rows.ndim])
        turned = rows.transpose([order.index(axis) for axis in axes if axis in order])
        turned = turned[tuple(slice(None) if axis in order else np.newaxis for axis in axes)]
        part = tuple(slice(self._first, end) if axis == "y" else slice(None) for axis in axes)
        with writing(self._name):
            self.array[part] = turned
        self._first, self._count = end, 0


class Levels:
    """The levels of a picture in a store, which take its rows in order; the first is the picture."""

    def __init__(
        self,
        store: Any,
        header: Image,
        name: str,
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
        grouped = given.ome is not None or levels > 1
        stored = given.holding(channels, frame.pixels.dtype, grouped=grouped)
        zarr = zarr_module()
        sizes = level_sizes(frame.size, levels)
        self.parts = list[ChunkRows]()
        with writing(name):
            if grouped:
                attributes = stored.multiscale(len(sizes), channels)
                zarr.create_group(store, zarr_format=stored.version, attributes=attributes)
            for level, size in enumerate(sizes):
                settings = _settings(stored, size, channels, tile, compress, grouped=grouped)
                array = zarr.create_array(store, name=str(level) if grouped else None, **settings)
                self.parts.append(ChunkRows(array, stored.axes, name))
        self._axes, self._halvings = stored.axes, [Halving() for _ in sizes[1:]]

    def write(self, rows: Array | None, level: int = 0) -> None:
        """Write the next rows; None after the last."""
        self.parts[level].write(rows)
        self._halve(rows, level)

    def _halve(self, rows: Array | None, level: int = 0) -> None:
        if level < len(self._halvings):
            for halved in self._halvings[level](rows):
                self.write(halved, level + 1)
            if rows is None:
                self.write(None, level + 1)

    def halve(self) -> None:
        """Make the other levels of the first, which others have written."""
        first = self.parts[0]
        at = {axis: 0 for axis in self._axes if axis not in PLANE}
        for row in range(0, first.height if self._halvings else 0, first.unit):
            self._halve(np.asarray(rows_of(first.array, self._axes, row, row + first.unit, at)))
        self._halve(None)


def _settings(
    stored: ZarrLayout,
    size: tuple[int, int],
    channels: int,
    tile: tuple[int, int] | None,
    compress: Compress,
    *,
    grouped: bool,
) -> dict[str, Any]:
    """Return the arguments of `zarr.create_array` for a level of this size."""
    axes, version = stored.axes, stored.version
    lengths = {"y": size[0], "x": size[1], "c": channels}
    shape = {axis: lengths.get(axis, 1) for axis in axes}
    sides = dict(zip(("y", "x"), tile or (_CHUNK, _CHUNK), strict=True))
    wanted = {**shape, **stored.chunks, **sides} if tile else {**shape, **sides, **stored.chunks}
    chunks = {axis: min(wanted[axis], shape[axis]) for axis in axes}
    settings = {**stored.settings, "zarr_format": version}
    if compress is not Compress.FAST:
        settings["compressors"] = _SMALL[version] if compress is Compress.SMALL else None
    if stored.shards and not tile:
        inside = {axis: side // stored.chunks[axis] for axis, side in stored.shards.items()}
        settings["shards"] = tuple(chunks[axis] * inside.get(axis, 1) for axis in axes)
    if version == 3 and (stored.names or grouped):
        settings["dimension_names"] = stored.names or axes
    elif XARRAY in (attributes := settings.get("attributes", {})):
        settings["attributes"] = {**attributes, XARRAY: stored.names or axes}
    return {**settings, "shape": tuple(shape.values()), "chunks": tuple(chunks.values())}


def encode_zarr(image: Image, compress: Compress, layout: Layout) -> bytes:
    """Return a zip file of the store that holds `image`, the same for the same picture."""
    files: dict[str, Any] = {}
    with failures("the result cannot be written as ZARR", "choose another format, such as .npy", OutputError):
        store = zarr_module().storage.MemoryStore(files)
        made = Levels(store, image, image.name, compress=compress, layout=layout)
        made.write(image.frames[0].stacked())
        made.write(None)
    data = io.BytesIO()
    with ZipFile(data, "w") as archive:
        for name in sorted(files):
            archive.writestr(ZipInfo(name), files[name].to_bytes())
    return data.getvalue()
