"""The maps that `show` shows: their numbers, names, statistics and best matches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convcli.commands.show.matches import MOST, Match, lines, matches
from convcli.commands.show.spec import Region, ShowSpec
from convcli.display.words import significant, size
from convcli.engine.analysis.match import FLAT_RANGE, match_window
from convcli.engine.pad import pad2d
from convcli.engine.window import NO_PADDING, Window
from convcli.errors import GeometryError
from convcli.imaging.image import Image, Space, full_scale
from convcli.options.specs import FilterSpec
from convcli.parsing import PaddingPixels
from convcli.pipeline.feature_maps import Filtering
from convcli.pipeline.jsonable import plain
from convcli.pipeline.loaded_kernels import LoadedKernels
from convcli.pipeline.results import overflow_note

__all__ = ["ShownMap", "map_report", "picture_maps", "slid_maps", "stacked"]

Array = NDArray[Any]

CHANNELS = {Space.RGB: ("red", "green", "blue"), Space.CMYK: ("cyan", "magenta", "yellow", "black")}


@dataclass(frozen=True, kw_only=True)
class ShownMap:
    """One map: the part of it that is shown, where that begins, and the shape of the whole.

    Kernel, padding mode and channel are None where nothing made it; matches and opposites where it has no
    scores. `mode` is the padding mode in words where there are several. `padding` is how much of a padded
    picture is padding: (top, bottom), (left, right). `settings` are words about what changed the numbers;
    notes are lines for people.
    """

    values: Array
    first: tuple[int, int]
    shape: tuple[int, int]
    kernel: str | None = None
    pad: str | None = None
    channel: str | None = None
    mode: str | None = None
    matches: Sequence[Match] | None = None
    opposites: Sequence[Match] | None = None
    padding: PaddingPixels = NO_PADDING
    settings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """Its name: kernel and channel."""
        what = "matches with" if self.matches is not None else "kernel"
        kernel = None if self.kernel is None else f"{what} {self.kernel!r}"
        return tuple(filter(None, (kernel, self.channel)))

    @property
    def region(self) -> list[list[int]]:
        """First and last row, and column, of the part that is shown; ends are exclusive."""
        return [[start, start + n] for start, n in zip(self.first, self.values.shape, strict=True)]

    @property
    def names(self) -> tuple[int, int]:
        """The numbers of the first row and column that are shown: padding comes before 0."""
        return (self.first[0] - self.padding[0][0], self.first[1] - self.padding[1][0])

    def padded(self) -> NDArray[np.bool_] | None:
        """Return which of the values that are shown are padding; None where none is."""
        if self.padding == NO_PADDING:
            return None
        inside = [
            (np.arange(n) + start >= low) & (np.arange(n) + start < whole - high)
            for n, start, whole, (low, high) in zip(
                self.values.shape, self.first, self.shape, self.padding, strict=True
            )
        ]
        outside = np.asarray(~np.logical_and.outer(*inside))
        return outside if outside.any() else None

    def figures(self) -> dict[str, float]:
        """Return least, greatest and mean value, and the share of exact zeros."""
        with np.errstate(over="ignore", invalid="ignore"):
            mean = float(self.values.mean(dtype=np.float64))
        return {
            "min": float(self.values.min()),
            "max": float(self.values.max()),
            "mean": mean,
            "zeros": float(np.count_nonzero(self.values == 0) / self.values.size),
        }

    def extent(self) -> list[str]:
        """Return words about the size of the map, and which part of it is shown."""
        said = [size(self.shape)]
        if self.values.shape != self.shape:
            said.append("of which " + ",".join(f"{start}:{end}" for start, end in self.region))
        return said

    def range(self, digits: int = 6) -> str:
        """Return words about the least and the greatest value."""
        found = self.figures()
        return ", ".join(f"{what} {significant(found[what], digits)}" for what in ("min", "max"))

    def facts(self) -> str:
        """Return the line above the numbers."""
        found = self.figures()
        figures = (f"mean {significant(found['mean'], 6)}", f"zeros {100 * found['zeros']:.3g}%")
        return ", ".join((*self.extent(), self.range(), *figures, *self.settings))

    def lines(self, most: int) -> list[str]:
        """Return the best matches and opposites, a line each; of very many, `most` of each."""
        return [
            line
            for what, found in (("matches", self.matches), ("opposites", self.opposites))
            if found is not None
            for line in lines(what, found, most)
        ]


def picture_maps(image: Image, spec: FilterSpec, show_spec: ShowSpec) -> list[ShownMap]:
    """Return the channels of a picture, padded as asked."""
    pixels, padding = image.frames[0].pixels, NO_PADDING
    if not isinstance(spec.padding, str):
        padding, value = spec.padding, spec.pad_value or 0.0
        fits = pixels.dtype.kind == "f" or value in range(int(full_scale(pixels.dtype)) + 1)
        pixels = pad2d(pixels if fits else pixels.astype(np.float64), padding, spec.pad, value)
    pad = spec.pad.value if padding != NO_PADDING else None
    return [
        _shown(plane, show_spec.region, channel=channel, pad=pad, padding=padding)
        for channel, plane in _planes(image, pixels)
    ]


def slid_maps(image: Image, slides: LoadedKernels, spec: FilterSpec, show_spec: ShowSpec) -> list[ShownMap]:
    """Return the maps, or the scores, that kernels make of the first frame."""
    if show_spec.score:
        return list(_scores(image, slides, spec, show_spec))
    found = Filtering(slides, spec).maps(image.frames[0])
    notes = tuple(overflow_note(image.frames[:1], [one.values for one in found]))
    return [
        _shown(plane, show_spec.region, kernel=kernel, pad=spec.pad.value, channel=channel, notes=notes)
        for kernel, one in zip(_called(slides), found, strict=True)
        for channel, plane in _planes(image, one.values)
    ]


def _called(slides: LoadedKernels) -> list[str]:
    """Return the SPEC of each map, and which one it is where a kernel gives several."""
    count = slides.names.count
    return [
        f"{name} ({slides.names[: index + 1].count(name)} of {count(name)})" if count(name) > 1 else name
        for index, name in enumerate(slides.names)
    ]


def _planes(image: Image, values: Array) -> Iterator[tuple[str | None, Array]]:
    if values.ndim == 2:
        yield None, values
        return
    names = CHANNELS.get(image.space, ())
    for index in range(values.shape[2]):
        named = len(names) == values.shape[2]
        yield names[index] if named else f"channel {index}", values[..., index]


def _scores(image: Image, slides: LoadedKernels, spec: FilterSpec, show_spec: ShowSpec) -> Iterator[ShownMap]:
    features = [part for found in slides.kernels for part in found.components]
    for kernel, weights in zip(_called(slides), features, strict=True):
        if weights.ndim != 2:
            raise GeometryError(
                f"kernel {kernel!r} sums over {len(weights)} channels, and --score compares one at a time",
                hint="give a kernel of one matrix",
            )
        window = spec.window(weights.shape)
        scores = match_window(
            image.frames[0].pixels, weights, window, center=show_spec.center, jobs=spec.jobs
        )
        note = f"{kernel!r} is flat, so that every score is 0; --no-center compares without subtracting means"
        flat = show_spec.center and np.ptp(weights) <= FLAT_RANGE * np.abs(weights).max()
        for channel, plane in _planes(image, scores):
            notes = (note,) if flat else ()
            pad = spec.pad.value
            one = _shown(plane, show_spec.region, kernel=kernel, pad=pad, channel=channel, notes=notes)
            yield _matched(one, window)


def _matched(one: ShownMap, window: Window) -> ShownMap:
    best, opposite = (matches(one.values, one.first, window, sign) for sign in (1, -1))
    notes = one.notes
    if max(len(best), len(opposite)) == MOST:
        notes = (*notes, f"there may be more than {MOST} matches: the best {MOST} are listed")
    return replace(one, matches=best, opposites=opposite, notes=notes)


def _shown(values: Array, region: Region | None, **made: Any) -> ShownMap:
    """Return the part of a map that is shown; `made` are its other fields."""
    rows, columns = (slice(*ends) for ends in region or ((None, None), (None, None)))
    part = values[rows, columns]
    if part.size == 0 and region is not None:
        said = ",".join(":".join("" if end is None else str(end) for end in ends) for ends in region)
        raise GeometryError(
            f"region {said} is empty in a map of {size(values.shape)}", hint="rows first, then columns"
        )
    shape = (values.shape[0], values.shape[1])
    first = (rows.indices(shape[0])[0], columns.indices(shape[1])[0])
    return ShownMap(values=part, first=first, shape=shape, **made)


def map_report(one: ShownMap) -> dict[str, Any]:
    """Return a map as a JSON object; what is not finite becomes null."""
    report: dict[str, Any] = {"kernel": one.kernel, "pad": one.pad, "shape": list(one.values.shape)}
    if one.channel is not None:
        report["channel"] = one.channel
    if one.values.shape != one.shape:
        report["region"] = one.region
    report |= one.figures()
    for what, found in (("matches", one.matches), ("opposites", one.opposites)):
        if found is not None:
            report[what] = [vars(match) for match in found]
    held: dict[str, Any] = plain({**report, "values": one.values})
    return held


def stacked(maps: Sequence[ShownMap]) -> Array:
    """Return the maps as channels of one array, or the only one there is."""
    if len(maps) == 1:
        return maps[0].values
    shapes = {one.values.shape for one in maps}
    if len(shapes) > 1:
        said = ", ".join(map(size, sorted(shapes)))
        raise GeometryError(f"maps of {said} do not fit into one array", hint="use --as json")
    return np.dstack([one.values for one in maps])
