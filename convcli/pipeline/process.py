"""The pipeline around an operation on pictures: read, compute feature maps, make pixels, write, report."""

import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from convcli.choices import AlphaMode, Depth, RangeMode
from convcli.imaging.bands import Storage, without_pixels
from convcli.imaging.image import Image
from convcli.imaging.transfer_curve import Curves, curves_of
from convcli.options.batch_options import BatchSpec, PieceSpec
from convcli.options.specs import ReadSpec, SheetSpec
from convcli.pipeline.bands.band_files import check_pieces
from convcli.pipeline.bands.huge_files import (
    Worked,
    bands_of,
    can_be_shared,
    reader_of,
    storage_of,
    work_in_bands,
)
from convcli.pipeline.batch import Batch, Outcome, Source, count_inputs
from convcli.pipeline.file_spec import FileSpec
from convcli.pipeline.inputs import as_gray, read_source
from convcli.pipeline.naming import OutputPaths, Target, into_folder
from convcli.pipeline.operation import Operation
from convcli.pipeline.placed import placed
from convcli.pipeline.result_files import write_results
from convcli.pipeline.results import Result, can_be_lazy, figures, to_image

if TYPE_CHECKING:
    from convcli.pipeline.sheets import Sheets

__all__ = ["FileWork", "process", "sheets_of"]

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
    quiet: bool = False,
    pieces: PieceSpec = PieceSpec(),
    spreading: BatchSpec = BatchSpec(),
    also_read: Sequence[str] = (),
) -> Batch:
    """Apply `operation` to each input, and write its results, which never replace the files in `also_read`.

    With `details`, outcomes have a report, and tell by which methods the results were computed. With `quiet`,
    no note on clipped pixels is worked out.
    """
    spreading.check_outputs(writing.output, writing.sheet)
    writing = into_folder(writing)
    count = count_inputs(inputs, reading)
    floats = operation.spec.depth is Depth.FLOAT or operation.spec.range is RangeMode.RAW
    paths = OutputPaths(writing, count, inputs, floats, also_read, again=spreading.again)
    sheets = sheets_of(writing, count, inputs, also_read, again=spreading.again)
    counted = details or not quiet
    work = FileWork(operation, reading, writing, pieces, paths, sheets, details, counted)
    to_stdout = paths.to_stdout or (sheets is not None and sheets.to_stdout)
    if spreading.cluster and not spreading.dry_run and count == 1 and can_be_shared(work, Source(inputs[0])):
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
class FileWork(FileSpec):
    """Callable that reads one input, computes its results and writes them; other processes get a copy."""

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
        begun, start = self.paths.begun(source), time.perf_counter()
        worked, reader = None, reader_of(self, source)
        if reader is not None:
            with closing(reader):
                worked = work_in_bands(self, source, reader)
        worked = worked or self._whole(source)
        return self._outcome(worked, time.perf_counter() - start)._replace(begun=begun)

    def _operation(self, image: Image) -> Operation:
        """Return the operation as `image` takes it."""
        return self.operation.along_signal() if image.signal else self.operation

    def _whole(self, source: Source) -> Worked:
        """Work on a picture that is read and written as a whole."""
        image = read_source(source, self.reading)
        operation, writing, sheets = self._operation(image), self.writing, self.sheets
        spec = operation.spec
        targets = self.paths.targets(source, operation.labels, image.format)
        check_pieces(self.pieces, targets)
        before = as_gray(image) if spec.gray else image
        bands = bands_of(operation, image, partial(_rows_of, image), targets)
        if bands is not None:
            results, unknown, bleeds = (
                bands.in_memory(details=self.details),
                [bands.unknown_curves],
                bands.bleeds,
            )
        else:
            curves = [curves_of(page) if spec.linear else ((), "") for page in before.apart()]
            unknown = [one for _, one in curves]
            results = self._results(before, operation, [one for one, _ in curves], targets)
            bleeds = spec.alpha is AlphaMode.KEEP and any(
                frame.alpha is not None and operation.bleeds(frame.alpha) for frame in before.frames
            )
        windows = [operation.windows(frame.size) for frame in before.frames]
        results = self.labelled(
            [
                result._replace(image=placed(result.image, [of_frame[index] for of_frame in windows]))
                for index, result in enumerate(results)
            ]
        )
        storage = storage_of(source, self.reading) if self.pieces.given else Storage()
        write = partial(write_results, source, results, targets, spec, writing, self.pieces, storage)
        if not (self.details or sheets) and len(image.frames) == 1:
            # Nothing but sizes is asked of what was read: its samples need not stay while others are encoded.
            image, before = (without_pixels(one, one.frames[0].size) for one in (image, before))
            bands = None
        done = sheets.beside_maps(write, source, image, results, operation, targets) if sheets else write()
        return Worked(done, image, before, results, bleeds, unknown)

    def _results(
        self, before: Image, operation: Operation, curves: Sequence[Curves], targets: Sequence[Target]
    ) -> list[Result]:
        """Return the results of whole pictures."""
        spec = operation.spec
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
                counted=self.counted,
            )
            for index, of_map in enumerate(zip(*maps, strict=True))
        ]

    def _outcome(self, worked: Worked, seconds: float) -> Outcome:
        """Return what was done with all notes and, if asked for, the report."""
        done, image, results = worked.done, worked.image, worked.results
        operation, spec = self._operation(image), self.operation.spec
        said = [*operation.notes, *image.notes, *done.notes, *filter(None, worked.unknown)]
        said += [BLEEDING] if worked.bleeds else []
        done = done._replace(notes=tuple(dict.fromkeys(said)))
        if not self.details:
            return done
        methods = list(operation.methods(worked.before))
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
            "seconds": round(seconds, 6),
            **figures([part for result in results for part in result.figures]),
            "clipped": sum(result.clipped for result in results),
            **done.report,
        }
        lines = [f"{one.name}: {one.method}: {one.reason}" for one in methods]
        return done._replace(report=report, details=tuple(dict.fromkeys(lines)))


def _rows_of(image: Image, first: int, end: int) -> Image:
    """Return rows of a picture in memory."""
    return replace(image, frames=(image.frames[0].mapped(lambda samples: samples[first:end]),))


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
