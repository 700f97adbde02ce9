"""How a Zarr array is stored: its axes, chunks, codecs and attributes, and its OME-Zarr metadata.

References
----------
OME-NGFF 0.4 and 0.5, "multiscales": axes, and for each dataset a scale and a translation that give the
physical position of a pixel's centre: ``scale * index + translation``.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

__all__ = [
    "PLANE",
    "XARRAY",
    "Multiscale",
    "ZarrLayout",
    "axis_names",
    "multiscale_of",
    "plain_axes",
    "rows_of",
]

# The axes of a picture in memory, channels last.
PLANE = ("y", "x", "c")
# The attribute in which xarray keeps the names of the axes of a Zarr v2 array.
XARRAY = "_ARRAY_DIMENSIONS"
# The axes of OME-Zarr, and their types.
_AXIS_TYPES = {"t": "time", "c": "channel", "z": "space", "y": "space", "x": "space"}
# The versions of OME-Zarr that Zarr v2 and v3 hold.
_OME_VERSIONS = {2: "0.4", 3: "0.5"}
# Settings that depend on the type of the samples or the number of axes.
_EXACT = ("dtype", "filters", "serializer", "fill_value")


class Multiscale(NamedTuple):
    """The metadata of an OME-Zarr picture, for one of its levels.

    Attributes
    ----------
    attributes : mapping
        Those of its group.
    axes : mapping
        Name, type and unit of each axis, by its name.
    scale, translation : mapping
        Of each axis, in its unit.
    levels : int
        How many levels there are.
    """

    attributes: Mapping[str, Any]
    axes: Mapping[str, Mapping[str, Any]] = {}
    scale: Mapping[str, float] = {}
    translation: Mapping[str, float] = {}
    levels: int = 1


class ZarrLayout(NamedTuple):
    """How an array is stored.

    Attributes
    ----------
    axes : tuple of str
        Names of the axes, in their order: ``y``, ``x``, ``c``, and those along which one plane is taken.
    chunks, shards : mapping
        Their lengths by axis; an array without shards has none.
    settings : mapping
        Arguments of `zarr.create_array`: format, type, codecs, attributes.
    names : tuple
        The array's own names of its axes, if it has any.
    """

    axes: tuple[str, ...]
    chunks: Mapping[str, int] = {}
    shards: Mapping[str, int] = {}
    settings: Mapping[str, Any] = {}
    names: tuple[str | None, ...] = ()
    ome: Multiscale | None = None

    @property
    def version(self) -> int:
        """The version of Zarr."""
        return int(self.settings.get("zarr_format", 3))

    @property
    def has_attributes(self) -> bool:
        """Whether the store says more than how its samples are stored."""
        return self.ome is not None or bool(self.settings.get("attributes"))

    def holding(self, channels: int, dtype: Any, *, grouped: bool) -> "ZarrLayout":
        """Return the layout for samples of a type, with an axis of channels where there are several.

        Where it is `grouped` as OME-Zarr, axes are in the order that this requires: time, channels, space.
        """
        axes, names = self.axes, self.names
        if channels > 1 and "c" not in axes:
            axes, names = (*axes, "c"), (*names, "c") if names else ()
        if grouped:
            axes = tuple(sorted(axes, key=lambda axis: {"t": 0, "c": 1}.get(axis, 2)))
            names = names if axes == self.axes else ()
        stored, settings = self.settings.get("dtype"), self.settings
        if axes != self.axes or stored is None or stored.newbyteorder("=") != dtype:
            kept = {key: value for key, value in settings.items() if key not in _EXACT}
            settings = {**kept, "dtype": dtype}
        return self._replace(axes=axes, names=names, settings=settings)

    def moved(self, scale: Sequence[float], shift: Sequence[float]) -> "ZarrLayout":
        """Return the layout of pixels whose row and column i are centred at ``scale i + shift`` of these."""
        if self.ome is None:
            return self
        scales, places = dict(self.ome.scale), dict(self.ome.translation)
        for axis, factor, offset in zip(("y", "x"), scale, shift, strict=True):
            places[axis] += scales[axis] * offset
            scales[axis] *= factor
        return self._replace(ome=self.ome._replace(scale=scales, translation=places))

    def unplaced(self, notes: list[str]) -> "ZarrLayout":
        """Return the layout without pixel size, for pixels whose places are not known."""
        if self.ome is None:
            return self
        notes.append("the pixel size is left out: the size has changed")
        return self._replace(ome=Multiscale(self.ome.attributes))

    def multiscale(self, levels: int, channels: int) -> dict[str, Any]:
        """Return the attributes of an OME-Zarr group of so many levels, each half as large as the last."""
        ome = self.ome or Multiscale({})
        datasets = []
        for level in range(levels):
            factors = [2**level if axis in ("y", "x") else 1 for axis in self.axes]
            scales = [ome.scale.get(axis, 1.0) for axis in self.axes]
            places = [
                ome.translation.get(axis, 0.0) + scale * (factor - 1) / 2
                for axis, scale, factor in zip(self.axes, scales, factors, strict=True)
            ]
            scaled = [scale * factor for scale, factor in zip(scales, factors, strict=True)]
            moves = [{"type": "scale", "scale": scaled}]
            if any(places):
                moves.append({"type": "translation", "translation": places})
            datasets.append({"path": str(level), "coordinateTransformations": moves})
        said = dict(ome.attributes.get("ome", ome.attributes))
        picture = {
            **said.get("multiscales", [{}])[0],
            "axes": [ome.axes.get(axis, {"name": axis, "type": _AXIS_TYPES[axis]}) for axis in self.axes],
            "datasets": datasets,
        }
        picture.pop("coordinateTransformations", None)  # they are in those of the levels
        (picture if self.version == 2 else said)["version"] = _OME_VERSIONS[self.version]
        said["multiscales"] = [picture]
        if "omero" in said and len(said["omero"].get("channels", ())) != channels:
            del said["omero"]  # the colours of channels
        return said if self.version == 2 else {**ome.attributes, "ome": said}


def rows_of(array: Any, axes: Sequence[str], first: int, end: int, at: Mapping[str, int]) -> Any:
    """Return rows ``first <= row < end`` of an array, channels last, at the places `at` of other axes."""
    stored = array[tuple(slice(first, end) if axis == "y" else at.get(axis, slice(None)) for axis in axes)]
    order = [axis for axis in axes if axis not in at]
    return stored.transpose([order.index(axis) for axis in PLANE if axis in order])


def plain_axes(count: int, *, first: bool) -> tuple[str, ...]:
    """Return the axes of an array of two or three without names, channels `first` or last."""
    return ("y", "x") if count == 2 else ("c", "y", "x") if first else PLANE


def axis_names(names: Sequence[object], count: int) -> tuple[str, ...]:
    """Return the axes of an array that names them as pictures do; none if it does not."""
    found = tuple(str(name).lower() for name in names)
    known = set(found) <= set(_AXIS_TYPES) and {"y", "x"} <= set(found)
    return found if known and len(set(found)) == len(found) == count else ()


def multiscale_of(attributes: Mapping[str, Any], path: str | None) -> tuple[str, Multiscale] | None:
    """Return the path of a level of an OME-Zarr group, the first for None, and its metadata.

    None where the group is no picture, or has no such level. What is malformed raises KeyError, TypeError,
    AttributeError or ValueError.
    """
    pictures = attributes.get("ome", attributes).get("multiscales")
    if not pictures:
        return None
    picture = pictures[0]
    chosen = next((one for one in picture["datasets"] if path in (None, one["path"])), None)
    if chosen is None:
        return None
    given = picture.get("axes", "tczyx")  # none, or names alone, before OME-Zarr 0.4
    described = [{"name": axis} if isinstance(axis, str) else axis for axis in given]
    axes = {axis["name"].lower(): axis for axis in described}
    scale, place = dict.fromkeys(axes, 1.0), dict.fromkeys(axes, 0.0)
    for step in (*chosen.get("coordinateTransformations", ()), *picture.get("coordinateTransformations", ())):
        for name, number in zip(axes, step.get(step["type"], ()), strict=False):
            if step["type"] == "scale":
                scale[name], place[name] = scale[name] * float(number), place[name] * float(number)
            elif step["type"] == "translation":
                place[name] += float(number)
    return chosen["path"], Multiscale(attributes, axes, scale, place, len(picture["datasets"]))
