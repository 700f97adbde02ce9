"""The maps that `show` shows: their numbers, names, statistics and best matches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convcli.commands.show.spec import Region, ShowSpec
from convcli.display.words import significant, size
from convcli.engine.analysis.match import FLAT_RANGE, match_window
from convcli.engine.analysis.peaks import Peak, peaks
from convcli.engine.window import Window
from convcli.errors import GeometryError
from convcli.imaging.image import Image, Space
from convcli.options.specs import FilterSpec
from convcli.pipeline.feature_maps import Filtering
from convcli.pipeline.jsonable import plain
from convcli.pipeline.loaded_kernels import LoadedKernels
from convcli.pipeline.results import overflow_note

__all__ = ["Match", "ShownMap", "map_report", "picture_maps", "slid_maps", "stacked"]

Array = NDArray[Any]

# Best matches, and best opposites, that are listed.
MATCHES = 5

CHANNELS = {Space.RGB: ("red", "green", "blue"), Space.CMYK: ("cyan", "magenta", "yellow", "black")}


@dataclass(frozen=True)
class Match:
    """A window that matches: its place in the map, its score, its rows and columns in the picture."""

    at: tuple[int, int]
    score: float
    rows: tuple[int, int]
    columns: tuple[int, int]

    def __str__(self) -> str:
        window = f"{self.rows[0]}:{self.rows[1]},{self.columns[0]}:{self.columns[1]}"
        return f"{self.score:7.4f} at {self.at[0]},{self.at[1]}: {window}"


@dataclass(frozen=True, kw_only=True)
class ShownMap:
    """One map: the part of it that is shown, where that begins, and the shape of the whole.

    Kernel, padding mode and channel are None where nothing made it; matches and opposites where it has no
    scores. Notes are lines for people.
    """

    values: Array
    first: tuple[int, int]
    shape: tuple[int, int]
    kernel: str | None = None
    pad: str | None = None
    channel: str | None = None
    matches: Sequence[Match] | None = None
    opposites: Sequence[Match] | None = None
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

    def facts(self) -> str:
        """Return the line above the numbers."""
        found = self.figures()
        zeros = found.pop("zeros")
        said = [size(self.shape)]
        if self.values.shape != self.shape:
            said.append("of which " + ",".join(f"{start}:{end}" for start, end in self.region))
        said += [f"{what} {significant(value, 6)}" for what, value in found.items()]
        said.append(f"zeros {100 * zeros:.3g}%")
        if self.pad is not None:
            said.append(f"pad {self.pad}")
        return ", ".join(said)

    def lines(self, most: int) -> list[str]:
        """Return the best matches and opposites, a line each, at most so many of both."""
        lines = []
        for what, found in (("best matches", self.matches), ("best opposites", self.opposites)):
            if found is not None:
                lines.append(f"{what}, at row,column: window" if found else f"{what}: none")
                lines += [f"  {match}" for match in found[:most]]
        return lines


def picture_maps(image: Image, show_spec: ShowSpec) -> list[ShownMap]:
    """Return the channels of a picture."""
    return [
        _shown(plane, show_spec.region, channel=channel)
        for channel, plane in _planes(image, image.frames[0].pixels)
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
    spans, strides = window.span, window.stride
    apart = (spans[0] / 2 / strides[0], spans[1] / 2 / strides[1])

    def match(peak: Peak, sign: int) -> Match:
        at = (peak.at[0] + one.first[0], peak.at[1] + one.first[1])
        starts = [n * step - side[0] for n, step, side in zip(at, strides, window.padding, strict=True)]
        rows, columns = ((start, start + span) for start, span in zip(starts, spans, strict=True))
        return Match(at, sign * peak.value, rows, columns)

    best = [match(peak, 1) for peak in peaks(one.values, apart, MATCHES)]
    opposite = [match(peak, -1) for peak in peaks(-one.values, apart, MATCHES)]
    return replace(one, matches=best, opposites=opposite)


def _shown(
    values: Array,
    region: Region | None,
    *,
    kernel: str | None = None,
    pad: str | None = None,
    channel: str | None = None,
    notes: tuple[str, ...] = (),
) -> ShownMap:
    rows, columns = (slice(*ends) for ends in region or ((None, None), (None, None)))
    part = values[rows, columns]
    if part.size == 0 and region is not None:
        said = ",".join(":".join("" if end is None else str(end) for end in ends) for ends in region)
        raise GeometryError(
            f"region {said} is empty in a map of {size(values.shape)}", hint="rows first, then columns"
        )
    shape = (values.shape[0], values.shape[1])
    first = (rows.indices(shape[0])[0], columns.indices(shape[1])[0])
    return ShownMap(
        values=part, first=first, shape=shape, kernel=kernel, pad=pad, channel=channel, notes=notes
    )


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
