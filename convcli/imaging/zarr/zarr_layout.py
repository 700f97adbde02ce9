"""How a Zarr array is stored: its axes, chunks, codecs and attributes, and its OME-Zarr metadata.

References
----------
OME-NGFF 0.4 and 0.5, "multiscales": axes, and for each dataset a scale and a translation that give the
physical position of a pixel's centre: ``scale * index + translation``.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

__all__ = ["PLANE", "Multiscale", "ZarrLayout", "axis_names", "multiscale_of", "plain_axes", "rows_of"]

# The axes of a picture in memory, channels last.
PLANE = ("y", "x", "c")
# The axes of OME-Zarr, in the order in which they must be; versions before 0.3 have all five.
_OME_AXES = ("t", "c", "z", "y", "x")
_AXIS_TYPES = {"t": "time", "c": "channel"}
# The versions of OME-Zarr that Zarr v2 and v3 hold.
_OME_VERSIONS = {2: "0.4", 3: "0.5"}


class Multiscale(NamedTuple):
    """The metadata of an OME-Zarr picture, for one of its levels.

    Attributes
    ----------
    attributes : mapping
        All attributes of its group, but those of the levels.
    described : mapping
        Name, type and other entries of the picture.
    axes : mapping
        Each axis by its name: name, type, unit.
    scale, translation : mapping
        By the name of the axis, in its unit.
    levels : int
        How many levels there are.
    """

    attributes: Mapping[str, Any]
    described: Mapping[str, Any]
    axes: Mapping[str, Mapping[str, Any]]
    scale: Mapping[str, float]
    translation: Mapping[str, float]
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
        Arguments of `zarr.create_array` that suit any type of samples: format, compressors, attributes.
    exact : mapping
        Those that suit samples of `dtype` only: filters, serializer, fill value.
    names : mapping
        What the store calls its axes, if anything.
    """

    axes: tuple[str, ...]
    chunks: Mapping[str, int] = {}
    shards: Mapping[str, int] = {}
    settings: Mapping[str, Any] = {}
    exact: Mapping[str, Any] = {}
    dtype: str = ""
    names: Mapping[str, str | None] = {}
    ome: Multiscale | None = None

    @property
    def version(self) -> int:
        """The version of Zarr."""
        return int(self.settings.get("zarr_format", 3))

    @property
    def has_attributes(self) -> bool:
        """Whether the store says more than how its samples are stored."""
        return self.ome is not None or bool(self.settings.get("attributes"))

    def holding(self, channels: int) -> "ZarrLayout":
        """Return the layout with an axis of channels where there are several."""
        if channels == 1 or "c" in self.axes:
            return self
        at = self.axes.index("t") + 1 if self.ome and "t" in self.axes else 0 if self.ome else len(self.axes)
        return self._replace(axes=(*self.axes[:at], "c", *self.axes[at:]))

    def moved(self, scale: Sequence[float], shift: Sequence[float]) -> "ZarrLayout":
        """Return the layout of pixels whose row and column i are centred at ``scale i + shift`` of these."""
        if self.ome is None:
            return self
        scales, places = dict(self.ome.scale), dict(self.ome.translation)
        for axis, factor, offset in zip(("y", "x"), scale, shift, strict=True):
            places[axis] = places.get(axis, 0.0) + scales.get(axis, 1.0) * offset
            scales[axis] = scales.get(axis, 1.0) * factor
        return self._replace(ome=self.ome._replace(scale=scales, translation=places))

    def unplaced(self, notes: list[str]) -> "ZarrLayout":
        """Return the layout without pixel size, for pixels whose places are not known."""
        if self.ome is None:
            return self
        notes.append("the pixel size is left out: the size has changed")
        scale = {**self.ome.scale, "y": 1.0, "x": 1.0}
        places = {**self.ome.translation, "y": 0.0, "x": 0.0}
        axes = {
            name: {key: told for key, told in axis.items() if key != "unit" or name not in ("y", "x")}
            for name, axis in self.ome.axes.items()
        }
        return self._replace(ome=self.ome._replace(scale=scale, translation=places, axes=axes))

    def multiscale(self, levels: int, channels: int) -> dict[str, Any]:
        """Return the attributes of an OME-Zarr group of so many levels, each half as large as the last."""
        ome = self.ome or Multiscale({}, {}, {}, {}, {})
        axes = [
            dict(ome.axes.get(axis, {"name": axis, "type": _AXIS_TYPES.get(axis, "space")}))
            for axis in self.axes
        ]
        datasets = []
        for level in range(levels):
            factors = [2**level if axis in ("y", "x") else 1 for axis in self.axes]
            scales = [ome.scale.get(axis, 1.0) for axis in self.axes]
            places = [
                ome.translation.get(axis, 0.0) + scale * (factor - 1) / 2
                for axis, scale, factor in zip(self.axes, scales, factors, strict=True)
            ]
            scaled = [float(scale * factor) for scale, factor in zip(scales, factors, strict=True)]
            moves = [{"type": "scale", "scale": scaled}]
            if any(places):
                moves.append({"type": "translation", "translation": places})
            datasets.append({"path": str(level), "coordinateTransformations": moves})
        version = _OME_VERSIONS[self.version]
        picture = {**ome.described, "axes": axes, "datasets": datasets}
        if self.version == 2:
            return {**_shown(ome.attributes, channels), "multiscales": [{**picture, "version": version}]}
        inner = _shown(ome.attributes.get("ome", {}), channels)
        return {**ome.attributes, "ome": {**inner, "version": version, "multiscales": [picture]}}


def rows_of(array: Any, axes: Sequence[str], first: int, end: int, at: Mapping[str, int]) -> Any:
    """Return rows ``first <= row < end`` of an array, channels last, at the places `at` of other axes."""
    stored = array[tuple(slice(first, end) if axis == "y" else at.get(axis, slice(None)) for axis in axes)]
    order = [axis for axis in axes if axis not in at]
    return stored.transpose([order.index(axis) for axis in PLANE if axis in order])


def _shown(attributes: Mapping[str, Any], channels: int) -> dict[str, Any]:
    """Return `attributes` without the colours of channels (``omero``) where there are not as many."""
    omero = attributes.get("omero")
    fits = isinstance(omero, Mapping) and len(omero.get("channels", ())) == channels
    return {key: value for key, value in attributes.items() if fits or key != "omero"}


def plain_axes(count: int, *, first: bool) -> tuple[str, ...]:
    """Return the axes of an array of two or three without names, channels `first` or last."""
    return ("y", "x") if count == 2 else ("c", "y", "x") if first else PLANE


def axis_names(names: Sequence[object] | None, count: int) -> tuple[str, ...]:
    """Return the axes of an array that names them as pictures do; none if it does not."""
    if names is None or len(names) != count:
        return ()
    found = tuple(str(name).lower() for name in names)
    known = set(found) <= set(_OME_AXES) and {"y", "x"} <= set(found)
    return found if known and len(set(found)) == count else ()


def multiscale_of(attributes: Mapping[str, Any], path: str | None) -> tuple[str, Multiscale] | None:
    """Return the path of a level of an OME-Zarr group, the first for None, and its metadata.

    None where the group is no picture, or has no such level. What is malformed raises KeyError, TypeError or
    ValueError.
    """
    ome = attributes.get("ome", attributes)
    pictures = ome.get("multiscales") if isinstance(ome, Mapping) else None
    if not pictures:
        return None
    picture = pictures[0]
    datasets = picture["datasets"]
    chosen = next((one for one in datasets if path is None or one["path"] == path), None)
    if chosen is None:
        return None
    given = picture.get("axes", _OME_AXES)
    axes = [{"name": axis} if isinstance(axis, str) else axis for axis in given]
    names = [str(axis["name"]).lower() for axis in axes]
    scale, place = dict.fromkeys(names, 1.0), dict.fromkeys(names, 0.0)
    for step in (*chosen.get("coordinateTransformations", ()), *picture.get("coordinateTransformations", ())):
        numbers = step.get(step.get("type"))
        for name, number in zip(names, numbers if isinstance(numbers, list) else (), strict=False):
            if step["type"] == "scale":
                scale[name], place[name] = scale[name] * float(number), place[name] * float(number)
            elif step["type"] == "translation":
                place[name] += float(number)
    kept = {key: value for key, value in picture.items() if key not in _OWN}
    own = ("multiscales",) if ome is attributes else ("multiscales", "version")
    others = {key: value for key, value in ome.items() if key not in own}
    rest = others if ome is attributes else {**attributes, "ome": others}
    return chosen["path"], Multiscale(
        rest, kept, dict(zip(names, axes, strict=True)), scale, place, len(datasets)
    )


# Entries of a picture that are written anew.
_OWN = ("axes", "datasets", "coordinateTransformations", "version")
