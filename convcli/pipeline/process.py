"""The pipeline around an operation on pictures: read, compute feature maps, make pixels, write, report."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from convcli.atomic_write import write_bytes
from convcli.choices import STDIN, STDOUT, AlphaMode, Depth, RangeMode
from convcli.engine.window import Window
from convcli.errors import OutputError
from convcli.imaging import colour
from convcli.imaging.image import Image, Space, together
from convcli.imaging.reading.read import read_picture
from convcli.imaging.transfer_curve import curves_of
from convcli.imaging.writing.encode import encode_picture, encode_pixels
from convcli.options.batch_options import BatchSpec, PieceSpec
from convcli.options.specs import FilterSpec, PoolSpec, ReadSpec, SheetSpec, WriteSpec
from convcli.pipeline.batch import Batch, Outcome, Source, count_inputs, read_stdin
from convcli.pipeline.dry_run import planned
from convcli.pipeline.manifest import manifest_of
from convcli.pipeline.naming import OutputPaths, Target, into_folder
from convcli.pipeline.operation import Operation
from convcli.pipeline.results import Result, as_channels, can_be_lazy, figures, to_image

if TYPE_CHECKING:
    from convcli.pipeline.sheets import Sheets

__all__ = [
    "as_gray",
    "left_out",
    "process",
    "read_source",
    "sheets_of",
    "write_drawing",
    "write_outputs",
    "write_results",
]

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
    record = manifest_of(writing, count, spreading, [operation, reading, writing, pieces], [writing.sheet])
    return Batch(
        inputs, reading, work, to_stdout, spreading=spreading, jobs=operation.spec.jobs, record=record
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
        return planned(source, self.reading, self.paths, self.operation.labels, self.sheets)

    def __call__(self, source: Source) -> Outcome:
        """Read, compute, write, and return the outcome."""
        operation, writing, sheets, spec = self.operation, self.writing, self.sheets, self.operation.spec
        start, begun = time.perf_counter(), self.paths.begun(source)
        image = read_source(source, self.reading)
        targets = self.paths.targets(source, operation.labels, image.format)
        before = as_gray(image) if spec.gray else image
        curves = [curves_of(page) if spec.linear else ((), "") for page in before.apart()]
        lazy = not spec.linear and all(can_be_lazy(before, spec, target.format) for target in targets)
        maps = [
            (operation.lazy_maps(frame) if lazy else None) or operation.maps(frame, of_frame)
            for frame, (of_frame, _) in zip(before.frames, curves, strict=True)
        ]
        results = [
            _placed(
                to_image(
                    before,
                    of_map,
                    spec,
                    targets[min(index, len(targets) - 1)].format,
                    details=self.details,
                    signed=partial(operation.signed, index),
                ),
                [operation.windows(frame.size)[index] for frame in before.frames],
            )
            for index, of_map in enumerate(zip(*maps, strict=True))
        ]
        if len(results) > 1:
            results = [
                result.labelled(label) for result, label in zip(results, operation.labels, strict=True)
            ]
        write = partial(write_results, source, results, targets, spec, writing)
        done = sheets.beside_maps(write, source, image, results, operation, targets) if sheets else write()
        if spec.alpha is AlphaMode.KEEP and any(
            frame.alpha is not None and operation.bleeds(frame.alpha) for frame in before.frames
        ):
            done = done._replace(notes=(*done.notes, BLEEDING))
        unknown = [note for _, note in curves if note]
        done = done._replace(
            begun=begun, notes=tuple(dict.fromkeys((*self.notes, *image.notes, *done.notes, *unknown)))
        )
        if not self.details:
            return done
        methods = list(operation.methods(before))
        report = {
            "input": source.path,
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


def write_results(
    source: Source,
    results: Sequence[Result],
    targets: Sequence[Target],
    spec: FilterSpec | PoolSpec,
    writing: WriteSpec,
) -> Outcome:
    """Encode everything before the first file is touched, so that a failure leaves none of them."""
    if writing.only_shows:
        return Outcome(input=source.path, notes=tuple(note for result in results for note in result.notes))
    files = results if len(results) == len(targets) else [as_channels(results)]
    encoded = [
        encode_picture(
            result.image,
            target.format,
            compress=writing.compress,
            quality=writing.quality,
            strict_depth=spec.depth is Depth.SIXTEEN,
            jobs=spec.jobs,
            layout=writing.layout,
        )
        for result, target in zip(files, targets, strict=True)
    ]
    notes = [
        note for result, made in zip(files, encoded, strict=True) for note in (*result.notes, *made.notes)
    ]
    if targets[0].path == STDOUT:
        return Outcome(input=source.path, data=encoded[0].data, notes=tuple(notes))
    written = [target.write(made.data) for made, target in zip(encoded, targets, strict=True)]
    return Outcome(
        input=source.path,
        outputs=tuple(target.path for target in targets),
        notes=tuple(notes),
        files=tuple(made for made in written if made is not None),
    )


def sheets_of(
    writing: SheetSpec, count: int | None, inputs: Sequence[str], also_read: Sequence[str], *, again: bool
) -> "Sheets | None":
    """Return the sheets of a batch, if they are asked for."""
    if writing.sheet is None and not writing.preview:
        return None
    from convcli.pipeline.sheets import Sheets  # here for start-up: drawing and Rich come with it

    return Sheets(writing, count, inputs, also_read, again=again)


def write_drawing(source: Source, target: Target, pixels: NDArray[np.uint8], writing: WriteSpec) -> Outcome:
    """Write a drawing, the only file of an input, and return the outcome."""
    if target.format.numbers:
        raise OutputError(f"a drawing is not written as {target.format.name.upper()}", hint="name a .png")
    data = encode_pixels(pixels, target.format, writing.compress, writing.quality)
    if target.path == STDOUT:
        return Outcome(input=source.path, data=data)
    target.write(data)
    return Outcome(input=source.path, outputs=(target.path,))


def write_outputs(source: Source, made: Sequence[tuple[str, bytes]]) -> Outcome:
    """Write files, and return the outcome; what goes to stdout is its data."""
    files = [(path, content) for path, content in made if path != STDOUT]
    for path, content in files:
        write_bytes(path, content)
    data = next((content for path, content in made if path == STDOUT), None)
    return Outcome(input=source.path, outputs=tuple(path for path, _ in files), data=data)


def _depth(image: Image) -> str:
    return "float" if image.dtype.kind == "f" else str(8 * image.dtype.itemsize)
