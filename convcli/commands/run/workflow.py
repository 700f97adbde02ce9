"""The workflow of ``convcli run``: read, pass through the layers, write, report."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from convcli.choices import STDOUT, Depth, RangeMode
from convcli.commands.run.layer_maps import LayerMaps
from convcli.commands.run.report import layers_report, summary_table
from convcli.display.words import size
from convcli.engine.arrays import Array
from convcli.errors import OutputError
from convcli.imaging.formats import Format
from convcli.imaging.geotiff import unplaced
from convcli.imaging.image import Frame, Image, Space, together
from convcli.imaging.tiff_directory import Tags
from convcli.open_files import is_stream
from convcli.options.batch_options import BatchSpec
from convcli.options.specs import FilterSpec, ReadSpec, SheetSpec
from convcli.pipeline.batch import Batch, Outcome, Source, check_inputs, count_inputs
from convcli.pipeline.inputs import read_source
from convcli.pipeline.lazy_rows import measured
from convcli.pipeline.naming import OutputPaths, into_folder
from convcli.pipeline.operation import FeatureMap
from convcli.pipeline.process import sheets_of
from convcli.pipeline.result_files import write_results
from convcli.pipeline.results import Result, figures, overflow_note, to_image
from convcli.stacks.layers import channels_last
from convcli.stacks.preprocess import preprocess
from convcli.stacks.stack import Scale, Stack, read_stack
from convcli.stacks.trace import LayerTrace, run

if TYPE_CHECKING:
    from convcli.pipeline.sheets import Sheets

__all__ = ["run_files"]


def run_files(
    path: str,
    inputs: Sequence[str],
    spec: FilterSpec,
    reading: ReadSpec,
    writing: SheetSpec,
    spreading: BatchSpec = BatchSpec(),
    *,
    summary: bool = False,
    save_maps: str | None = None,
) -> Batch:
    """Pass each input through the stack in the file `path`.

    An error of all inputs is raised at once; that of one is its outcome. Of `spec`, ``range``, ``depth`` and
    ``jobs`` count. With `save_maps`, all layers' maps of the first frame are drawn in that folder, in a
    folder for each input where there are several.
    """
    check_inputs(inputs)
    spreading.check_outputs(writing.output, writing.sheet)
    stack = read_stack(path)
    count = count_inputs(inputs, reading)
    writing = into_folder(writing)
    if writing.format is None and (writing.output in (None, STDOUT) or is_stream(writing.output)):
        writing = writing.replace(format="npy")
    read, again = (path, *stack.files), spreading.again
    naming = OutputPaths(writing, count, inputs, also_read=read, again=again)
    sheets = sheets_of(writing, count, inputs, read, again=again)
    pictures = None
    if save_maps is not None:
        pictures = LayerMaps(save_maps, alone=count == 1, force=writing.force, again=again)
    work = StackWork(path, stack, spec, reading, writing, naming, sheets, pictures, summary)
    to_stdout = naming.to_stdout or (sheets is not None and sheets.to_stdout)
    made_by = [stack._replace(files=(), notes=()), spec, reading, writing]
    record = naming.record(made_by, [writing.sheet, save_maps], resume=spreading.resume)
    return Batch(inputs, reading, work, to_stdout, spreading=spreading, jobs=spec.jobs, record=record)


@dataclass(frozen=True)
class StackWork:
    """Callable that reads one input, computes its results and writes them; other processes get a copy."""

    path: str  # of the file that holds the stack
    stack: Stack
    spec: FilterSpec
    reading: ReadSpec
    writing: SheetSpec
    naming: OutputPaths
    sheets: "Sheets | None"
    pictures: LayerMaps | None
    summary: bool

    def with_jobs(self, jobs: int) -> "StackWork":
        """Return the same work with so many threads."""
        return replace(self, spec=self.spec.replace(jobs=jobs))

    def forget(self) -> None:
        """Forget which inputs have taken names: none of the next ones will want them."""
        self.naming.forget()
        for taken in (self.sheets, self.pictures):
            if taken is not None:
                taken.forget()

    def plan(self, source: Source) -> Outcome:
        """Return what would be read and written."""
        from convcli.pipeline.dry_run import planned  # here for start-up

        maps = [] if self.pictures is None else [os.path.join(self.pictures.of(source).folder, "")]
        return planned(source, self.reading, self.naming, (self.stack.name,), self.sheets, maps)

    def __call__(self, source: Source) -> Outcome:
        """Read, pass through the layers, write, and return the outcome."""
        begun = self.naming.begun(source)
        return self._made(source)._replace(begun=begun)

    def _made(self, source: Source) -> Outcome:
        stack, spec, sheets = self.stack, self.spec, self.sheets
        start = time.perf_counter()
        image = read_source(source, self.reading)
        (target,) = self.naming.targets(source, (stack.name,), image.format)
        keep = self.pictures.of(source) if self.pictures is not None else None
        made: list[Array] = []
        traces: list[LayerTrace] = []
        notes = [*stack.notes, *image.notes]
        notes += ["a signal is taken as a picture of one row"] if image.signal else []
        for number, frame in enumerate(image.frames):
            drawn = keep if number == 0 else None
            x, left_out = preprocess(frame, image.space_of(frame), stack)
            if drawn is not None:
                drawn.add_input(x)
            y, found = run(stack, x, jobs=spec.jobs, watch=drawn.add if drawn is not None else None)
            notes += left_out
            made.append(y)
            traces = traces or found
        if keep is not None:
            keep.check()
        result = _develop(image, made, stack, spec, target.format)
        notes += overflow_note(image.frames, made)
        named = (result, stack.name, (f"range {spec.range}",) if spec.range else ())
        write = partial(write_results, source, [result], [target], spec, self.writing)
        try:
            done = sheets.beside(write, source, image, [named], [target]) if sheets else write()
        except OutputError as error:
            error.hint = error.hint.removeprefix("add --gray, or ")  # an option of other commands
            raise
        if keep is not None:
            notes.append(keep.write())
            done = done._replace(files=(*done.files, *keep.written))
        report = {
            "input": source.path,
            "output": done.output,
            "stack": self.path,
            "size_in": list(image.frames[0].size),
            "size_out": list(made[0].shape[1:]),
            "channels": made[0].shape[0],
            "seconds": round(time.perf_counter() - start, 6),
            **figures([measured(y) for y in made]),
            "clipped": result.clipped,
            **layers_report(stack, traces),
            **done.report,
        }
        lines = [f"{one.name}: {one.type}, {size(one.shape)}, {one.seconds * 1e3:.2f} ms" for one in traces]
        return done._replace(
            notes=tuple(dict.fromkeys((*notes, *done.notes))),
            details=tuple(lines),
            report=report if keep is None else report | {"maps": keep.paths},
            summary=summary_table(stack, traces, source.name) if self.summary else None,
        )


def _tags(frame: Frame, y: Array, notes: list[str]) -> Tags | None:
    """Return the tags of a TIFF page for its result, whose places are only known where the size stays."""
    return frame.tags if not frame.tags or y.shape[1:] == frame.size else unplaced(frame.tags, notes)


def _develop(image: Image, made: Sequence[Array], stack: Stack, spec: FilterSpec, format: Format) -> Result:
    """Convert results to what the file holds: floats as they are, pixels by the stack's scale."""
    if len({frame.pixels.dtype for frame in image.frames}) > 1:  # pages of a TIFF
        parts = [
            _develop(page, [y], stack, spec, format) for page, y in zip(image.apart(), made, strict=True)
        ]
        notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
        return Result(together([part.image for part in parts]), notes, sum(part.clipped for part in parts))
    left_out = list[str]()
    frames = tuple(
        frame._replace(
            pixels=channels_last(y),
            alpha=None,
            space=image.space_of(frame) if len(y) == frame.channels else Space.DATA,
            tags=_tags(frame, y, left_out),
        )
        for y, frame in zip(made, image.frames, strict=True)
    )
    if spec.depth is Depth.AUTO and image.dtype == np.uint16 and "16" in format.depths and not format.numbers:
        spec = spec.replace(depth=Depth.SIXTEEN if spec.range is not RangeMode.RAW else Depth.AUTO)
    floats = format.depths == {"float"} or format.numbers or spec.depth is Depth.FLOAT
    if spec.range is None and not floats and stack.scale is not Scale.BYTE:
        spec = spec.replace(range=RangeMode.UNIT)
    metadata = image.metadata
    if metadata.zarr is not None and frames[0].size != image.frames[0].size:
        metadata = metadata._replace(zarr=metadata.zarr.unplaced(left_out))
    before = replace(image, frames=frames, metadata=metadata)
    maps = [FeatureMap(frame.pixels, None) for frame in frames]
    result = to_image(before, maps, spec, format)
    return result._replace(notes=(*left_out, *result.notes))
