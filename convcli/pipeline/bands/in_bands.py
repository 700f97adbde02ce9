"""Pictures that are worked on in bands of rows, so that memory holds a few bands and not the whole picture.

The operation is applied to a band as to a small picture: its rows, and as many around them as its windows
read. Where the band touches the picture's border, so does that small picture, and is padded as it; rows that
come of padding elsewhere are cut off. Bands depend on sizes alone: results are the same however the picture
is read and written, and for any number of threads.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

import numpy as np

from convcli.choices import AlphaMode, Depth, PadMode, RangeMode
from convcli.engine.threads import thread_count
from convcli.imaging.bands import without_pixels
from convcli.imaging.formats import Format
from convcli.imaging.image import Array, Frame, Image, full_scale
from convcli.imaging.pixels import target_dtype
from convcli.imaging.transfer_curve import curves_of
from convcli.options.specs import PoolSpec
from convcli.pipeline.bands.band_rows import Plan, is_centred
from convcli.pipeline.clipping import Tally, clipping_note, rivals, tally
from convcli.pipeline.lazy_rows import LazyRows, Statistics
from convcli.pipeline.operation import FeatureMap, Operation
from convcli.pipeline.results import NOTED_CLIPPING, Result, can_be_lazy, overflow, to_image

if TYPE_CHECKING:
    from concurrent.futures import Future

__all__ = ["InBands"]

T = TypeVar("T")


class Band(NamedTuple):
    """A band of one result as it is written, and what notes and reports say of it."""

    image: Image
    clipped: int
    tally: Tally
    figures: tuple[Statistics, ...]
    not_finite: int


class Bands(NamedTuple):
    """A band of each result (None after its last row), and what is said of the input."""

    results: tuple[Band | None, ...]
    negative: bool  # pixels are below zero
    bleeds: bool  # hidden colours reach visible pixels


class Elsewhere(Protocol):
    """Where the work on each band is done: on a cluster."""

    def __call__(self, work: Callable[[tuple[int, int]], T], *, writes: bool) -> Iterator[T]:
        """Yield the work on each band in order; whether it also `writes` the bands, which come back empty."""
        ...


class InBands:
    """An operation on a picture of which `header` has all but the pixels.

    Parameters
    ----------
    operation : Operation
    header : Image
        Of one frame.
    read : callable
        Returns rows ``first <= row < end``; several threads call it at once.
    before : callable
        Done to rows first: they are made grey, or stay as they are.
    formats : sequence of Format
        Of the files.
    """

    def __init__(
        self,
        operation: Operation,
        header: Image,
        read: Callable[[int, int], Image],
        before: Callable[[Image], Image],
        formats: Sequence[Format],
    ) -> None:
        spec = operation.spec
        self._read, self._before, self._spec = read, before, spec
        self._operation, self._alone = operation, operation.with_spec(spec.replace(jobs=1))
        size = header.frames[0].size
        # of one pixel: a page of no memory takes all of it in a message to another process
        self._page = page = before(without_pixels(header, (1, 1)))
        self._curves, self.unknown_curves = curves_of(page) if spec.linear else ((), "")
        ceil = isinstance(spec, PoolSpec) and spec.ceil
        what = "window" if isinstance(spec, PoolSpec) else "kernel"
        self._plan = Plan(operation.stages(size), size, page.frames[0].channels, what=what, ceil=ceil)
        self.sizes, self.ranges = self._plan.sizes, self._plan.ranges
        self._formats = [formats[min(index, len(formats) - 1)] for index in range(len(self.sizes))]
        raw = spec.range is RangeMode.RAW and spec.depth is Depth.AUTO
        self._targets = [
            target_dtype(Depth.FLOAT if raw and "float" in format.depths else spec.depth, page.dtype, format)
            for format in self._formats
        ]
        self._lazy = not spec.linear and all(can_be_lazy(page, spec, one) for one in self._formats)
        self._spans: list[tuple[float, float] | None] = [None] * len(self.sizes)
        self.bleeds = False

    @property
    def page(self) -> Image:
        """The picture as the windows see it, without pixels: it may become grey."""
        return without_pixels(self._page, self._plan.size)

    @property
    def possible(self) -> bool:
        """Whether each band needs a part of the picture only."""
        frame, spec = self._page.frames[0], self._spec
        kept = frame.alpha is not None and spec.alpha is not AlphaMode.DROP
        windows = [window for stages in self._plan.stages for window in stages[0]]
        if (
            kept
            and spec.pad is PadMode.WRAP
            and not all(is_centred(one, self._plan.size[0]) for one in windows)
        ):
            return False  # opacity is that of the nearest pixel, not of a wrapped one
        return self._plan.pays

    def results(
        self, write: Callable[[int, Image], None], *, details: bool, elsewhere: "Elsewhere | None" = None
    ) -> list[Result]:
        """Hand each band of each result to ``write(index, rows)``, and return the results without pixels.

        With `elsewhere`, the work is done there, and so is the writing.
        """
        do: Elsewhere = elsewhere or (lambda work, *, writes: self._in_order(work))  # noqa: ARG005
        if self._spec.range is not None and self._spec.range.stretches:
            ends = [one for found in do(self._extremes, writes=False) for one in found]
            for index in range(len(self.sizes)):
                own = [(low, high) for number, low, high in ends if number == index]
                self._spans[index] = min(low for low, _ in own), max(high for _, high in own)
        done = list[Bands]()
        for bands in do(partial(self._bands, details=details), writes=True):
            kept = list[Band | None]()
            for index, band in enumerate(bands.results):
                if band is not None:
                    if elsewhere is None:
                        write(index, band.image)
                    band = band._replace(image=without_pixels(band.image, self.sizes[index]))
                kept.append(band)
            done.append(bands._replace(results=tuple(kept)))
            self.bleeds = self.bleeds or bands.bleeds
        negative = any(bands.negative for bands in done)
        return [
            self._result(index, [one.results[index] for one in done], negative)
            for index in range(len(self.sizes))
        ]

    def empty(self) -> list[Image]:
        """Return results without rows: what their files are to hold."""
        made = self._bands(self.ranges[0], details=False).results
        return [
            replace(band.image, frames=(band.image.frames[0].mapped(lambda samples: samples[:0]),))
            for band in made
            if band is not None
        ]

    def in_memory(self, *, details: bool) -> list[Result]:
        """Return the results with their pixels."""
        made, filled = dict[int, Frame](), [0] * len(self.sizes)

        def keep(index: int, rows: Image) -> None:
            (frame,), (height, _) = rows.frames, self.sizes[index]
            if index not in made:
                made[index] = frame.mapped(lambda some: np.empty((height, *some.shape[1:]), some.dtype))
            place = slice(filled[index], filled[index] + frame.size[0])
            made[index].pixels[place], filled[index] = frame.pixels, place.stop
            if frame.alpha is not None and (alpha := made[index].alpha) is not None:
                alpha[place] = frame.alpha

        results = self.results(keep, details=details)
        return [
            result._replace(image=replace(result.image, frames=(made[index],)))
            for index, result in enumerate(results)
        ]

    def _in_order(self, work: Callable[[tuple[int, int]], T]) -> Iterator[T]:
        """Yield the work on each band in order; some are under way at once."""
        from concurrent.futures import ThreadPoolExecutor  # here for start-up: few pictures are huge

        threads = thread_count(self._spec.jobs)
        waiting: deque[Future[T]] = deque()
        with ThreadPoolExecutor(threads) as pool:
            try:
                for wanted in self.ranges:
                    if len(waiting) > threads:
                        yield waiting.popleft().result()
                    waiting.append(pool.submit(work, wanted))
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()

    def _maps(self, wanted: tuple[int, int]) -> tuple[Image, list[FeatureMap[Array] | None]]:
        """Return rows of the input, and those rows of each map that are `wanted`."""
        reads = [read for read in self._plan.reads(wanted) if read is not None]
        stride = self._plan.stride
        first, end = min(read.first for read in reads), max(read.end for read in reads)
        rows = self._before(self._rows(first, end))
        (frame,) = rows.frames
        begin, stop = wanted[0] - first // stride, wanted[1] - first // stride
        made: Sequence[FeatureMap[Any]] = (self._lazy and self._alone.lazy_maps(frame)) or []
        maps = list[FeatureMap[Array] | None]()
        for index, found in enumerate(made or self._alone.maps(frame, self._curves)):
            last = min(stop, begin + self.sizes[index][0] - wanted[0])
            if last <= begin:
                maps.append(None)
                continue
            values = found.values
            some = values.rows(begin, last) if isinstance(values, LazyRows) else values[begin:last]
            maps.append(FeatureMap(some, None if found.alpha is None else found.alpha[begin:last]))
        return rows, maps

    def _rows(self, first: int, end: int) -> Image:
        """Return rows of the picture; those before it and after it are those of the other end."""
        height, parts = self._plan.size[0], list[Image]()
        while first < end:
            row = first % height
            parts.append(self._read(row, min(height, row + end - first)))
            first += parts[-1].frames[0].size[0]
        frames = [part.frames[0] for part in parts]
        return parts[0] if len(parts) == 1 else replace(parts[0], frames=(stacked(frames),))

    def _extremes(self, wanted: tuple[int, int]) -> list[tuple[int, float, float]]:
        with np.errstate(all="ignore"):
            _, maps = self._maps(wanted)
        return [
            (index, float(one.values.min()), float(one.values.max()))
            for index, one in enumerate(maps)
            if one is not None
        ]

    def _bands(self, wanted: tuple[int, int], *, details: bool) -> Bands:
        with np.errstate(all="ignore"):
            rows, maps = self._maps(wanted)
            alpha = rows.frames[0].alpha if self._spec.alpha is AlphaMode.KEEP else None
            return Bands(
                tuple(
                    None if one is None else self._band(index, rows, one, details)
                    for index, one in enumerate(maps)
                ),
                rows.dtype.kind == "f" and bool(rows.frames[0].pixels.min() < 0),
                alpha is not None and not self.bleeds and self._alone.bleeds(alpha),
            )

    def _band(self, index: int, rows: Image, found: FeatureMap[Array], details: bool) -> Band:
        made = to_image(
            rows, [found], self._spec, self._formats[index], details=details, span=self._spans[index]
        )
        modes = self._rivals(index, signed=True) if rows.dtype.kind == "f" else self._rivals(index)
        told = tally(found.values, modes, self._white(index), self._targets[index].dtype, made.clipped)
        floats = made.image.dtype.kind == "f"
        not_finite = int(np.count_nonzero(~np.isfinite(made.image.frames[0].pixels))) if floats else 0
        return Band(made.image, made.clipped, told, made.figures, not_finite)

    def _white(self, index: int) -> float:
        """Return the value of white in the maps."""
        page, target = self._page.dtype, self._targets[index].dtype
        return full_scale(target if page.kind == "f" else page)

    def _rivals(self, index: int, *, signed: bool = False) -> tuple[RangeMode, ...]:
        signed = signed or self._alone.signed(index, self._white(index))
        return rivals(self._spec.range or RangeMode.CLIP, signed)

    def _result(self, index: int, found: Sequence[Band | None], negative: bool) -> Result:
        """Return a result of all its bands, with the notes that :func:`to_image` makes of a whole picture."""
        bands = [band for band in found if band is not None]
        target, notes = self._targets[index], list[str]()
        notes += [target.note] if target.note else []
        notes += overflow(sum(band.not_finite for band in bands), target.dtype)
        clipped, pixels = sum(band.clipped for band in bands), self.sizes[index][0] * self.sizes[index][1]
        tallies = [band.tally for band in bands]
        if clipped > NOTED_CLIPPING * pixels:
            notes.append(clipping_note(clipped, pixels, self._rivals(index, signed=negative), tallies))
        low, high = min(one.low for one in tallies), max(one.high for one in tallies)
        to_integers = self._page.dtype.kind == "f" and target.dtype.kind != "f"
        if to_integers and self._spec.range in (None, RangeMode.CLIP) and low >= 0.0 and 0.0 < high <= 1.0:
            notes.append("all results lie within 0..1; --range unit makes 1 white")
        figures = tuple(part for band in bands for part in band.figures)
        return Result(bands[0].image, tuple(notes), clipped, figures)


def stacked(frames: Sequence[Frame]) -> Frame:
    """Return frames one below the other."""
    alphas = [frame.alpha for frame in frames if frame.alpha is not None]
    pixels = np.concatenate([frame.pixels for frame in frames])
    return frames[0]._replace(pixels=pixels, alpha=np.concatenate(alphas) if alphas else None)
