"""Bands of one huge Zarr picture, worked on by the workers of a cluster, each of which writes whole chunks.

The client makes the store of the results, without a pixel in it, and gives it its name at the end. A task is
some rows of the results, from one row of chunks (or shards) to another, so that no two workers write to one
chunk. It makes the bands that these rows are in: the same ones as on one machine.
"""

import pickle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import lcm
from typing import Any

from convcli.imaging.bands import without_pixels
from convcli.imaging.formats import by_name
from convcli.imaging.image import Image
from convcli.imaging.writing.adapt import adapted
from convcli.imaging.writing.zarr_arrays import ChunkRows
from convcli.pipeline.bands.in_bands import Bands, InBands
from convcli.pipeline.batch import Outcome, Source, attempt
from convcli.pipeline.executors.cluster import spread
from convcli.pipeline.results import Result, as_channels

__all__ = ["BandsOnCluster"]

# Bands of a task, about: those at its ends are made by two tasks.
_BANDS = 8


@dataclass(frozen=True)
class BandsOnCluster:
    """Does the work on each band of a picture on the workers of the scheduler at `address`.

    Attributes
    ----------
    places
        Writers of the arrays of the results.
    say
        Takes lines for people.
    """

    bands: InBands
    source: Source
    address: str
    jobs: int | None
    places: Sequence[ChunkRows]
    say: Callable[[str], None]

    def __call__(self, work: Callable[[tuple[int, int]], Any], *, writes: bool) -> Iterator[Any]:
        """Yield the work on each band in order; of those whose rows are written, without the pixels."""
        task = _Task(work, self.bands.ranges, self.source, self.places if writes else ())
        tasks = ([Source(f"{first}:{end}")] for first, end in self._rows(writes=writes))
        waiting, following = dict[int, list[Any]](), 0
        for number, outcomes in spread(task, tasks, self.address, self.jobs, self.say):
            for outcome in outcomes:
                if outcome.error is not None:
                    outcome.error.message = outcome.error.message.removeprefix(f"{outcome.input!r}: ")
                    raise outcome.error
                waiting[number] = pickle.loads(outcome.data or b"")
            while following in waiting:
                yield from waiting.pop(following)
                following += 1

    def _rows(self, *, writes: bool) -> Iterator[tuple[int, int]]:
        """Yield the rows of each task."""
        high = self.bands.ranges[0][1] * _BANDS
        unit = lcm(*(place.unit for place in self.places)) if writes else 1
        step, made = -(-high // unit) * unit, self.bands.ranges[-1][1]
        for first in range(0, made, step):
            yield first, min(first + step, made)


@dataclass(frozen=True)
class _Task:
    """The work on some rows of the results: its source is called by the first and the one after the last."""

    work: Callable[[tuple[int, int]], Any]
    ranges: Sequence[tuple[int, int]]  # the rows of each band
    picture: Source
    places: Sequence[ChunkRows]

    def __call__(self, source: Source) -> Outcome:
        """Return what is told of the bands that begin in the rows, or the error of the picture."""
        first, end = map(int, source.path.split(":"))
        return attempt(partial(self._done, first, end), self.picture)

    def _done(self, first: int, end: int, picture: Source) -> Outcome:
        told, writers = list[Any](), [place.at(first) for place in self.places]
        for begin, stop in self.ranges:
            if stop <= first or begin >= end:
                continue
            made = self.work((begin, stop))
            if writers:
                made = self._written(made, writers, slice(max(first - begin, 0), end - begin))
            if begin >= first:
                told.append(made)
        for writer in writers:
            writer.write(None)
        return Outcome(picture.path, data=pickle.dumps(told))

    def _written(self, made: Bands, writers: Sequence[ChunkRows], rows: slice) -> Bands:
        """Write rows of a band of each result, and return them without pixels, which are not sent back."""
        images = [band and _cut(band.image, rows) for band in made.results]
        if len(writers) < len(images):
            images = [as_channels([Result(image, (), 0) for image in images if image]).image]
        for writer, image in zip(writers, images, strict=True):
            if image is not None and image.frames[0].size[0]:
                writer.write(adapted(image, by_name("zarr"))[0].frames[0].stacked())
        kept = [band and band._replace(image=without_pixels(band.image, (1, 1))) for band in made.results]
        return made._replace(results=tuple(kept))


def _cut(image: Image, rows: slice) -> Image:
    return replace(image, frames=(image.frames[0].mapped(lambda samples: samples[rows]),))
