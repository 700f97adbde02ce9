"""Open a Zarr store: the array that a path names, or the first scale of an OME-Zarr picture."""

import os
from collections.abc import Mapping
from contextlib import suppress
from math import prod
from typing import Any, NamedTuple

import numpy as np

from convcli.choices import MAX_PIXELS, Layout
from convcli.errors import ImageError, nearest
from convcli.imaging.reading.sniff import check_pixels, chosen_frames
from convcli.imaging.zarr.zarr_extra import failures, zarr_module
from convcli.imaging.zarr.zarr_layout import (
    PLANE,
    XARRAY,
    Multiscale,
    ZarrLayout,
    axis_names,
    multiscale_of,
    plain_axes,
)
from convcli.imaging.zarr.zarr_place import ZarrPlace
from convcli.limits import Limit
from convcli.stores.files import is_url

__all__ = ["Plane", "open_plane"]


class Plane(NamedTuple):
    """One picture in a Zarr array: where it lies along axes other than ``y``, ``x`` and ``c``."""

    array: Any
    layout: ZarrLayout
    at: Mapping[str, int]
    name: str
    notes: tuple[str, ...] = ()
    url: str = ""  # of the store, or its path

    def length(self, axis: str) -> int:
        """The length of an axis, 1 if there is none of that name."""
        axes = self.layout.axes
        return int(self.array.shape[axes.index(axis)]) if axis in axes else 1


def open_plane(
    place: ZarrPlace | Mapping[str, bytes],
    name: str,
    frame: int | None,
    max_pixels: int | None,
    layout: Layout,
) -> Plane:
    """Open the array at `place`, or in a store whose files are in memory.

    What is no picture, or may be unsafe to decode, is refused before any chunk is read. `max_pixels` is None
    for a picture that is read in bands: then only its chunks are limited.
    """
    notes = list[str]()
    url = place.store if isinstance(place, ZarrPlace) else ""
    what = f"the Zarr metadata of {name!r} cannot be read"
    with failures(what, "write it once more, with codecs that zarr has", url=url):
        array, level = _chosen(place, name, notes)
        found = _layout(array, level and level[1], name, layout)
    _check(array, name)
    lengths = dict(zip(found.axes, array.shape, strict=True))
    at = _place_of({axis: length for axis, length in lengths.items() if axis not in PLANE}, frame, name)
    if found.ome is not None:
        scale, start = found.ome.scale, found.ome.translation
        start = {axis: value + at.get(axis, 0) * scale[axis] for axis, value in start.items()}
        found = found._replace(ome=found.ome._replace(translation=start))
    if max_pixels is not None:
        check_pixels(name, lengths["x"], lengths["y"], max_pixels)
    Limit(f"a chunk of {name!r} of", max_pixels or MAX_PIXELS, "values").check(
        prod(found.chunks.values()), "raise it with --max-pixels", ImageError
    )
    return Plane(array, found, at, name, tuple(notes), url)


def _chosen(
    place: ZarrPlace | Mapping[str, bytes], name: str, notes: list[str]
) -> tuple[Any, tuple[str, Multiscale] | None]:
    """Return the array, and where it is a level of an OME-Zarr picture, its path and metadata."""
    zarr = zarr_module()
    if isinstance(place, ZarrPlace) and is_url(place.store):
        from convcli.imaging.zarr.zarr_urls import store_at

        store, member = store_at(place.store), place.member
    elif isinstance(place, ZarrPlace):
        store, member = zarr.storage.LocalStore(place.store, read_only=True), place.member
    else:
        buffer = zarr.core.buffer.default_buffer_prototype().buffer
        content = {key: buffer.from_bytes(data) for key, data in place.items()}
        store, member = zarr.storage.MemoryStore(content, read_only=True), ""
    try:
        node = zarr.open(store, path=member, mode="r")
    except FileNotFoundError as error:
        raise _missing(store, member, name) from error
    except ValueError as error:
        if "object_codec_id" in str(error):  # as of pickle
            raise _objects(name) from error
        raise
    above, _, own = member.rpartition("/")
    if isinstance(node, zarr.Array):
        level = None
        if member:
            with suppress(FileNotFoundError):  # no group is above it
                group = zarr.open_group(store, path=above, mode="r")
                level = multiscale_of(group.attrs.asdict(), own)
        return node, level
    ome = multiscale_of(node.attrs.asdict(), None)
    if ome is None:
        return _only(node, name), None
    if ome[1].levels > 1:
        notes.append(f"the first of {ome[1].levels} levels is taken: {ome[0]!r}")
    return node[ome[0]], ome


def _only(group: Any, name: str) -> Any:
    """Return the only array of a group; several are an error that names them."""
    members = dict(group.members())
    some = sorted(members)[:8]
    if not members:
        raise ImageError(f"{name!r} is a Zarr group without arrays", hint="was it written to its end?")
    if len(members) > 1 or not hasattr(members[some[0]], "shape"):
        raise ImageError(
            f"{name!r} is a Zarr group of {len(members)}: {', '.join(some)}",
            hint=f"name one, such as {os.path.join(name, some[0])}",
        )
    return members[some[0]]


def _missing(store: Any, member: str, name: str) -> ImageError:
    """Return the error for an array that is not there, with the nearest that is."""
    if not member:
        return ImageError(f"{name!r} does not exist", hint="check the spelling and the folder")
    above, _, wanted = member.rpartition("/")
    close = None
    with suppress(OSError, ValueError, NotImplementedError):  # web servers list nothing
        close = nearest(wanted, dict(zarr_module().open_group(store, path=above, mode="r").members()))
    hint = f"did you mean {close!r}?" if close else "check the path within the store"
    return ImageError(f"{name!r} is not in the Zarr store", hint=hint)


def _layout(array: Any, ome: Multiscale | None, name: str, layout: Layout) -> ZarrLayout:
    metadata, attributes = array.metadata, array.attrs.asdict()
    names = attributes.get(XARRAY, ()) if metadata.zarr_format == 2 else metadata.dimension_names or ()
    axes = axis_names(tuple(ome.axes) if ome else names, array.ndim)
    if ome and not axes:
        raise ImageError(
            f"{name!r} has the axes {', '.join(ome.axes)}",
            hint="axes y and x, with t, c and z, are a picture",
        )
    if not axes and array.ndim not in (2, 3):
        said = " x ".join(map(str, array.shape)) or "one number"
        hint = "a picture is H x W, or H x W x channels; axes named t, c, z, y, x may be more"
        raise ImageError(f"{name!r} has {array.ndim} axes ({said})", hint=hint)
    axes = axes or plain_axes(array.ndim, first=layout is Layout.CHW)
    settings = {
        "zarr_format": metadata.zarr_format,
        "dtype": array.dtype,
        "compressors": array.compressors,
        "filters": array.filters,
        "fill_value": array.fill_value,
        "attributes": attributes,
    }
    if metadata.zarr_format == 2:
        separator = {"name": "v2", "separator": metadata.dimension_separator}
        settings |= {"order": metadata.order, "chunk_key_encoding": separator}
    else:
        settings |= {"serializer": array.serializer, "chunk_key_encoding": metadata.chunk_key_encoding}
    shards = dict(zip(axes, array.shards, strict=True)) if array.shards else {}
    return ZarrLayout(axes, dict(zip(axes, array.chunks, strict=True)), shards, settings, tuple(names), ome)


def _check(array: Any, name: str) -> None:
    if 0 in array.shape:
        raise ImageError(
            f"{name!r} is empty ({' x '.join(map(str, array.shape))})", hint="every side must be 1 or more"
        )
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise ImageError(
            f"{name!r} holds values of type {array.dtype}",
            hint="store booleans, integers, or reals of up to 64 bits",
        )
    for codec in (*array.filters, *array.compressors):
        if "pickle" in str(getattr(codec, "codec_id", "")):  # which can start any program
            raise _objects(name)


def _objects(name: str) -> ImageError:
    return ImageError(f"{name!r} holds Python objects", hint="store numbers: array.astype(float)")


def _place_of(lengths: Mapping[str, int], frame: int | None, name: str) -> dict[str, int]:
    """Return the index along each axis of `lengths` at which plane number `frame` lies."""
    total = prod(lengths.values())
    if frame is None and total > 1:
        long = {axis: length for axis, length in lengths.items() if length > 1}
        planes = " x ".join(map(str, long.values()))
        raise ImageError(
            f"{name!r} holds {planes} pictures along {', '.join(long)}",
            hint=f"--frame N reads one, from 0 to {total - 1}",
        )
    index = chosen_frames(frame or 0, total, name)[0]
    places = np.unravel_index(index, tuple(lengths.values()))
    return {axis: int(place) for axis, place in zip(lengths, places, strict=True)}
