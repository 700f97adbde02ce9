"""Zarr stores for tests, made by zarr itself, which is the oracle of what is read and written."""

import json

import numpy as np
import zarr


def stored(path, values, version=3, **more):
    """An array in a folder."""
    more = {"chunks": tuple(min(4, side) for side in values.shape), **more}
    array = zarr.create_array(path, shape=values.shape, dtype=values.dtype, zarr_format=version, **more)
    array[...] = values
    return path


def attributes(path):
    """What a store's root says: the attributes of an array or a group."""
    return dict(zarr.open(path, mode="r").attrs)


def values(path, member=""):
    return zarr.open_array(path, path=member, mode="r")[...]


def axes(names):
    kinds = {"t": "time", "c": "channel"}
    return [{"name": name, "type": kinds.get(name, "space"), "unit": "micrometer"} for name in names]


def ome(path, planes, names="tczyx", version=3, scale=None, place=None, **more):
    """An OME-Zarr group: `planes` are the levels."""
    group = zarr.open_group(path, mode="w", zarr_format=version)
    datasets = []
    for number, plane in enumerate(planes):
        chunks = tuple(min(8, side) for side in plane.shape)
        named = {"dimension_names": list(names)} if version == 3 else {}
        array = group.create_array(str(number), shape=plane.shape, chunks=chunks, dtype=plane.dtype, **named)
        array[...] = plane
        factor = {"y": 2**number, "x": 2**number}
        steps = [
            {
                "type": "scale",
                "scale": [s * factor.get(n, 1) for n, s in zip(names, scale or [1] * 9, strict=False)],
            }
        ]
        if place:
            steps.append({"type": "translation", "translation": place})
        datasets.append({"path": str(number), "coordinateTransformations": steps})
    picture = {"name": "cells", "axes": axes(names), "datasets": datasets}
    if version == 3:
        group.attrs["ome"] = {"version": "0.5", "multiscales": [picture], **more}
    else:
        group.attrs["multiscales"] = [{"version": "0.4", **picture}]
        group.attrs.update(more)
    return path


def edited(path, **changes):
    """Change the metadata file of an array."""
    with open(path) as file:
        found = json.load(file)
    with open(path, "w") as file:
        json.dump(found | changes, file)


def ramp(*shape, dtype=np.uint8):
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)
