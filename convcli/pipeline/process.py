"""The pipeline around an operation on pictures: read, compute feature maps, make pixels, write, report."""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from convcli.atomic_write import is_stream
from convcli.choices import STDIN, STDOUT, AlphaMode, Depth, RangeMode
from convcli.engine.window import Window
from convcli.errors import ConvcliError
from convcli.imaging import colour
from convcli.imaging.bands import BandReader, Storage, without_pixels
from convcli.imaging.image import Image, Space, together
from convcli.imaging.reading.bands import check_read, finite_rows, open_bands
from convcli.imaging.reading.read import read_picture
from convcli.imaging.transfer_curve import Curves, curves_of
from convcli.imaging.writing.bands import has_pieces
from convcli.options.batch_options import BatchSpec, PieceSpec
from convcli.options.specs import ReadSpec, SheetSpec
from convcli.pipeline.bands.band_files import BandFiles, check_pieces, storage_for
from convcli.pipeline.bands.in_bands import HUGE, InBands
from convcli.pipeline.batch import Batch, Outcome, Source, count_inputs, read_stdin
from convcli.pipeline.naming import OutputPaths, Target, into_folder
from convcli.pipeline.operation import Operation
from convcli.pipeline.result_files import write_results
from convcli.pipeline.results import Result, as_channels, can_be_lazy, figures, to_image
from convcli.stores.files import is_url

if TYPE_CHECKING:
    from convcli.pipeline.bands.cluster_bands import BandsOnCluster
    from convcli.pipeline.sheets import Sheets

__all__ = ["as_gray", "left_out", "process", "read_source", "sheets_of"]

# Said once per file.
BLEEDING = (
    "hidden colours of transparent pixels reach visible ones; --alpha filter weights colours by coverage"
)


def process(
    inputs: Sequence[str],
    operation: Operation,
    reading: ReadSpec,
    writing: SheetSpec,
    *,
    details: bool,
    pieces: PieceSpec = PieceSpec(),
    spreading: BatchSpec = BatchSpec(),
    also_read: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> Batch:
    """Apply `operation` to each input, and write its results, which never replace the files in `also_read`.

    `notes` are said of each. With `details`, outcomes have a report, and tell by which methods the results
    were computed.
    """
    spreading.check_outputs(writing.output, writing.sheet)
    writing = into_folder(writing)
    count = count_inputs(inputs, reading)
    floats = operation.spec.depth is Depth.FLOAT or operation.spec.range is RangeMode.RAW
    paths = OutputPaths(writing, count, inputs, floats, also_read, again=spreading.again)
    sheets = sheets_of(writing, count, inputs, also_read, again=spreading.again)
    work = FileWork(operation, reading, writing, pieces, paths, sheets, details, tuple(notes))
    to_stdout = paths.to_stdout or (sheets is not None and sheets.to_stdout)
    if spreading.cluster and not spreading.dry_run and count == 1 and work.by_bands(Source(inputs[0])):
        work = replace(work, cluster=spreading.cluster)
        spreading = spreading.replace(cluster=None)
    made_by = [operation, reading, writing, pieces]
    record = paths.record(made_by, [writing.sheet], resume=spreading.resume)
    return Batch(
        inputs,
        reading,
        work,
        to_stdout,
        spreading=spreading,
        jobs=operation.spec.jobs,
        labels=operation.labels,
        record=record,
    )


@dataclass(frozen=True)
class FileWork:
    """What is done to each input of a batch; it can be sent to another process."""

    operation: Operation
    reading: ReadSpec
    writing: SheetSpec
    pieces: PieceSpec
    paths: OutputPaths
    sheets: "Sheets | None"
    details: bool
    notes: tuple[str, ...]
    cluster: str | None = None  # to whose workers the bands of the only input are sent

    def with_jobs(self, jobs: int) -> "FileWork":
        """Return the same work with so many threads."""
        return replace(self, operation=self.operation.with_jobs(jobs))

    def forget(self) -> None:
        """Forget which inputs have taken names: none of the next ones will want them."""
        self.paths.forget()
        if self.sheets is not None:
            self.sheets.forget()

    def plan(self, source: Source) -> Outcome:
        """Return what would be read and written."""
        from convcli.pipeline.dry_run import planned  # here for start-up

        return planned(source, self.reading, self.paths, self.operation.labels, self.sheets)

    def __call__(self, source: Source) -> Outcome:
        """Read, compute, write, and return the outcome."""
        begun = self.paths.begun(source)
        return self._made(source)._replace(begun=begun)

    def _made(self, source: Source) -> Outcome:
        reader = self._reader(source)
        if reader is not None:
            with closing(reader):
                made = self._in_bands(source, reader)
            if made is not None:
                return made
        operation, writing, sheets, spec = self.operation, self.writing, self.sheets, self.operation.spec
        start = time.perf_counter()
        image = read_source(source, self.reading)
        targets = self.paths.targets(source, operation.labels, image.format)
        check_pieces(self.pieces, targets)
        before = as_gray(image) if spec.gray else image
        bands = self._bands(image, partial(_rows_of, image), targets)
        if bands is not None:
            results, unknown, bleeds = (
                bands.in_memory(details=self.details),
                [bands.unknown_curves],
                bands.bleeds,
            )
        else:
            curves = [curves_of(page) if spec.linear else ((), "") for page in before.apart()]
            results, unknown = (
                self._results(before, [one for one, _ in curves], targets),
                [one for _, one in curves],
            )
            bleeds = spec.alpha is AlphaMode.KEEP and any(
                frame.alpha is not None and operation.bleeds(frame.alpha) for frame in before.frames
            )
        results = [
            _placed(result, [operation.windows(frame.size)[index] for frame in before.frames])
            for index, result in enumerate(results)
        ]
        results = self._labelled(results)
        storage = self._storage(source)
        write = partial(write_results, source, results, targets, spec, writing, self.pieces, storage)
        if not (self.details or sheets) and len(image.frames) == 1:
            # Nothing but sizes is asked of what was read: its samples need not stay while others are encoded.
            image, before = (without_pixels(one, one.frames[0].size) for one in (image, before))
            bands = None
        done = sheets.beside_maps(write, source, image, results, operation, targets) if sheets else write()
        return self._outcome(done, image, before, results, start, bleeds=bleeds, unknown=unknown)

    def _results(self, before: Image, curves: Sequence[Curves], targets: Sequence[Target]) -> list[Result]:
        """Return the results of whole pictures."""
        operation, spec = self.operation, self.operation.spec
        lazy = not spec.linear and all(can_be_lazy(before, spec, target.format) for target in targets)
        maps = [
            (operation.lazy_maps(frame) if lazy else None) or operation.maps(frame, of_frame)
            for frame, of_frame in zip(before.frames, curves, strict=True)
        ]
        return [
            to_image(
                before,
                of_map,
                spec,
                targets[min(index, len(targets) - 1)].format,
                details=self.details,
                signed=partial(operation.signed, index),
            )
            for index, of_map in enumerate(zip(*maps, strict=True))
        ]

    def _labelled(self, results: list[Result]) -> list[Result]:
        if len(results) < 2:
            return results
        return [result.labelled(label) for result, label in zip(results, self.operation.labels, strict=True)]

    def _reader(self, source: Source) -> BandReader | None:
        """Return a reader of bands, where the picture is huge and nothing else needs all of it."""
        if source.path == STDIN or self.sheets is not None or self.writing.only_shows:
            return None
        return open_bands(source.path, source.name, self.reading.frame, self.reading.layout, least=HUGE)

    def _storage(self, source: Source) -> Storage:
        """Return how an input holds its samples, where its result is to be tiled."""
        if not self.pieces.given or source.path == STDIN:
            return Storage()
        reader = open_bands(source.path, source.name, self.reading.frame, self.reading.layout)
        if reader is None:
            return Storage()
        with closing(reader):
            return reader.storage

    def _bands(
        self, header: Image, read: Callable[[int, int], Image], targets: Sequence[Target]
    ) -> InBands | None:
        """Return the operation in bands, for a huge picture of which each needs a part."""
        if len(header.frames) > 1 or header.frames[0].pixels.size < HUGE:
            return None
        before = as_gray if self.operation.spec.gray else _unchanged
        bands = InBands(self.operation, header, read, before, [target.format for target in targets])
        return bands if bands.possible else None

    def _in_bands(self, source: Source, reader: BandReader) -> Outcome | None:
        """Read, compute and write band by band; None where the picture is to be worked on as a whole."""
        start, operation, header = time.perf_counter(), self.operation, reader.header
        targets = self.paths.targets(source, operation.labels, header.format)
        check_pieces(self.pieces, targets)
        files = all(
            has_pieces(target.format, target.path)
            and not is_stream(target.path)
            and not (is_url(target.path) and source.is_at(target.path))  # a store is emptied before
            for target in targets
        )
        bands = (
            self._bands(header, partial(finite_rows, reader), targets)
            if files and targets[0].path != STDOUT
            else None
        )
        if bands is None:
            return None
        check_read(reader, self.reading.max_pixels)
        count = len(operation.labels)
        if len(targets) < count and len(set(bands.sizes)) > 1:
            as_channels([Result(without_pixels(header, size), (), 0) for size in bands.sizes])  # an error

        def placed(index: int, image: Image) -> Image:
            return _placed(Result(image, (), 0), [operation.windows(header.frames[0].size)[index]]).image

        storage = storage_for(self.pieces, reader.storage)
        with BandFiles(
            targets, count, bands.sizes, placed, storage, self.pieces, self.writing, operation.spec.jobs
        ) as written:
            elsewhere = self._elsewhere(source, bands, written, said := list[str]())
            made = bands.results(written.write, details=self.details, elsewhere=elsewhere)
            results, told = self._labelled(made), [*said, *written.finish()]
        notes = [*(note for result in results for note in result.notes), *told]
        paths = tuple(target.path for target in targets)
        done = Outcome(source.path, paths, notes=tuple(notes), files=tuple(written.written))
        source.notes.extend(header.notes)
        unknown = [bands.unknown_curves]
        return self._outcome(done, header, bands.page, results, start, bleeds=bands.bleeds, unknown=unknown)

    def by_bands(self, source: Source) -> bool:
        """Whether the bands of an input may be worked on by different processes: Zarr, read and written."""
        try:
            reader = self._reader(source)
            if reader is None or reader.header.format != "zarr":
                return False
            targets = self.paths.targets(source, self.operation.labels, "zarr")
        except ConvcliError:  # which is said when it is worked on
            return False
        return all(
            target.format.name == "zarr" and has_pieces(target.format, target.path) for target in targets
        )

    def _elsewhere(
        self, source: Source, bands: InBands, files: BandFiles, notes: list[str]
    ) -> "BandsOnCluster | None":
        if self.cluster is None:
            return None
        from convcli.pipeline.bands.cluster_bands import BandsOnCluster

        for index, nothing in enumerate(bands.empty()):
            files.write(index, nothing)
        jobs = self.operation.spec.jobs
        return BandsOnCluster(bands, source, self.cluster, jobs, files.places(), notes.append)

    def _outcome(
        self,
        done: Outcome,
        image: Image,
        before: Image,
        results: Sequence[Result],
        start: float,
        *,
        bleeds: bool,
        unknown: Sequence[str],
    ) -> Outcome:
        """Return what was done with all notes and, if asked for, the report."""
        operation, spec = self.operation, self.operation.spec
        said = [
            *self.notes,
            *image.notes,
            *done.notes,
            *filter(None, unknown),
            *([BLEEDING] if bleeds else []),
        ]
        done = done._replace(notes=tuple(dict.fromkeys(said)))
        if not self.details:
            return done
        methods = list(operation.methods(before))
        report = {
            "input": done.input,
            "output": done.output,
            "kernel": operation.names[0] if len(operation.names) == 1 else list(operation.names),
            "pad": "neutral" if spec.pad is None else spec.pad.value,
            "size_in": list(image.frames[0].size),
            "size_out": list(results[0].image.frames[0].size),
            "channels": sum(result.image.frames[0].channels for result in results),
            "depth": _depth(results[0].image),
            "method": "+".join(dict.fromkeys(one.method for one in methods)),
            "seconds": round(time.perf_counter() - start, 6),
            **figures([part for result in results for part in result.figures]),
            "clipped": sum(result.clipped for result in results),
            **done.report,
        }
        lines = [f"{one.name}: {one.method}: {one.reason}" for one in methods]
        return done._replace(report=report, details=tuple(dict.fromkeys(lines)))


def _unchanged(image: Image) -> Image:
    return image


def _rows_of(image: Image, first: int, end: int) -> Image:
    """Return rows of a picture in memory."""
    return replace(image, frames=(image.frames[0].mapped(lambda samples: samples[first:end]),))


def _placed(result: Result, paths: Sequence[Sequence[Window]]) -> Result:
    """Return `result`, whose frames passed the windows of `paths`, with metadata of their new places."""
    metadata = result.image.metadata
    tagged = any(frame.tags for frame in result.image.frames)
    if not tagged and not metadata.zarr:
        return result
    from convcli.imaging.geotiff import Placement, moved  # here for start-up: few pictures are TIFF

    frames = []
    for frame, path in zip(result.image.frames, paths, strict=True):
        placement = Placement()
        for window in path:
            shifts = [(axis.span - 1) / 2 - axis.low for axis in window.axes]
            placement = placement.after(Placement(window.stride, (shifts[0], shifts[1])))
        frames.append(frame._replace(tags=moved(frame.tags or {}, placement) if tagged else None))
        if metadata.zarr:
            metadata = metadata._replace(zarr=metadata.zarr.moved(placement.scale, placement.shift))
    return result._replace(image=replace(result.image, frames=tuple(frames), metadata=metadata))


def read_source(source: Source, reading: ReadSpec) -> Image:
    """Read the picture of one input."""
    content = read_stdin(reading.max_pixels) if source.path == STDIN else source.path
    frame, most, layout = reading.frame, reading.max_pixels, reading.layout
    image = read_picture(content, name=source.name, frame=frame, max_pixels=most, layout=layout)
    source.notes.extend(image.notes)
    return image


def left_out(image: Image, done: str, chooses: str) -> list[str]:
    """Return notes about what a command leaves out that takes the colours of one frame."""
    notes, count = list[str](), len(image.frames)
    if count > 1:
        notes.append(f"the first of {count} frames is {done}; --frame N {chooses} another")
    return notes if image.frames[0].alpha is None else [*notes, "transparency is left out"]


def as_gray(image: Image) -> Image:
    """Return `image` with one channel: the luma of its colours."""
    return together(
        [
            replace(
                one,
                frames=(colour.gray(one.frames[0], one.space),),
                space=Space.DATA if one.space is Space.DATA else Space.GRAY,
            )
            for one in image.apart()
        ]
    )


def sheets_of(
    writing: SheetSpec, count: int | None, inputs: Sequence[str], also_read: Sequence[str], *, again: bool
) -> "Sheets | None":
    """Return the sheets of a batch, if they are asked for."""
    if writing.sheet is None and not writing.preview:
        return None
    from convcli.pipeline.sheets import Sheets  # here for start-up: drawing and Rich come with it

    return Sheets(writing, count, inputs, also_read, again=again)


def _depth(image: Image) -> str:
    return "float" if image.dtype.kind == "f" else str(8 * image.dtype.itemsize)
