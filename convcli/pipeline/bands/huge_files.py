"""The path of a huge file through the pipeline: it is read, worked on and written band by band."""

from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from typing import NamedTuple

from convcli.choices import STDIN, STDOUT
from convcli.errors import ConvcliError
from convcli.imaging.bands import BandReader, Storage, without_pixels
from convcli.imaging.image import Image
from convcli.imaging.reading.bands import check_read, finite_rows, open_bands
from convcli.imaging.reading.sniff import check_pixels
from convcli.imaging.writing.bands import has_pieces
from convcli.open_files import is_stream
from convcli.options.specs import ReadSpec
from convcli.pipeline.bands.band_files import BandFiles, check_pieces, storage_for
from convcli.pipeline.bands.in_bands import InBands
from convcli.pipeline.batch import Outcome, Source
from convcli.pipeline.file_spec import FileSpec
from convcli.pipeline.inputs import as_gray
from convcli.pipeline.naming import Target
from convcli.pipeline.operation import Operation
from convcli.pipeline.placed import placed
from convcli.pipeline.results import Result, as_channels
from convcli.stores.files import is_url

__all__ = ["HUGE", "Worked", "bands_of", "can_be_shared", "reader_of", "storage_of", "work_in_bands"]

# Samples from which a picture is worked on in bands. These take no longer than the whole from 2**22 samples
# on, and 0.7 of its processor time from 2**24 on (sharpen, TIFF, Zen 4, 2026-11), but keep the layout of the
# input, which results of smaller pictures do not.
HUGE = 1 << 26


class Worked(NamedTuple):
    """An input that has been worked on: the picture, also as the windows saw it, and the results."""

    done: Outcome
    image: Image
    before: Image
    results: Sequence[Result]
    bleeds: bool  # hidden colours reach visible pixels
    unknown: Sequence[str]  # notes on transfer curves that are not known


def reader_of(spec: FileSpec, source: Source) -> BandReader | None:
    """Return a reader of bands, where the picture is huge and nothing else needs all of it."""
    if spec.sheets is not None or spec.writing.only_shows:
        return None
    return _opened(source, spec.reading, HUGE, spec.operation.spec.jobs)


def storage_of(source: Source, reading: ReadSpec) -> Storage:
    """Return how a file holds its samples, as far as a result is stored in the same way."""
    reader = _opened(source, reading, 0)
    if reader is None:
        return Storage()
    with closing(reader):
        return reader.storage


def _opened(source: Source, reading: ReadSpec, least: int, jobs: int | None = 1) -> BandReader | None:
    if source.path == STDIN:
        return None
    return open_bands(source.path, source.name, reading.frame, reading.layout, least=least, jobs=jobs)


def bands_of(
    operation: Operation, header: Image, read: Callable[[int, int], Image], targets: Sequence[Target]
) -> InBands | None:
    """Return the operation in bands; None where the picture is small, or each result needs all of it."""
    if len(header.frames) > 1 or header.frames[0].pixels.size < HUGE:
        return None
    before = as_gray if operation.spec.gray else _unchanged
    bands = InBands(operation, header, read, before, [target.format for target in targets])
    return bands if bands.possible else None


def _unchanged(image: Image) -> Image:
    return image


def work_in_bands(spec: FileSpec, source: Source, reader: BandReader) -> Worked | None:
    """Read, compute and write band by band; None where the picture is to be worked on as a whole."""
    operation, header = spec.operation, reader.header
    targets = spec.paths.targets(source, operation.labels, header.format)
    check_pieces(spec.pieces, targets)
    others = [target for target in targets if not _takes_bands(target, source)]
    bands = None if others else bands_of(operation, header, partial(finite_rows, reader), targets)
    if bands is None:
        because, way = "each result needs the whole picture", ""
        if others:
            stream = others[0].path == STDOUT or is_stream(others[0].path)
            because = f"{'a stream' if stream else others[0].format.name.upper()} is written as a whole"
            way = "write to a file .tif or .zarr"
        height, width = header.frames[0].size
        check_pixels(header.name, width, height, spec.reading.max_pixels, because=because, way=way)
        return None
    check_read(reader, spec.reading.max_pixels)
    count = len(operation.labels)
    if len(targets) < count:  # an error, if the sizes of the channels differ
        as_channels([Result(without_pixels(header, size), (), 0) for size in bands.sizes])
    windows = operation.windows(header.frames[0].size)

    def moved(index: int, image: Image) -> Image:
        return placed(image, [windows[index]])

    storage = storage_for(spec.pieces, reader.storage)
    jobs = operation.spec.jobs
    with BandFiles(targets, count, bands.sizes, moved, storage, spec.pieces, spec.writing, jobs) as files:
        elsewhere, said = None, list[str]()
        if spec.cluster is not None:
            from convcli.pipeline.bands.cluster_bands import BandsOnCluster

            for index, nothing in enumerate(bands.empty()):
                files.write(index, nothing)
            elsewhere = BandsOnCluster(bands, source, spec.cluster, jobs, files.parts(), said.append)
        results = spec.labelled(bands.results(files.write, details=spec.details, elsewhere=elsewhere))
        said += files.finish()
    notes = *(note for result in results for note in result.notes), *said
    paths = tuple(target.path for target in targets)
    done = Outcome(source.path, paths, notes=notes, files=tuple(files.written))
    source.notes.extend(header.notes)
    return Worked(done, header, bands.page, results, bands.bleeds, [bands.unknown_curves])


def _takes_bands(target: Target, source: Source) -> bool:
    return (
        has_pieces(target.format, target.path)
        and target.path != STDOUT
        and not is_stream(target.path)
        and not (is_url(target.path) and source.is_at(target.path))  # a store is emptied before
    )


def can_be_shared(spec: FileSpec, source: Source) -> bool:
    """Whether several processes may work on the bands of an input: Zarr that is read and written."""
    try:
        reader = reader_of(spec, source)
        if reader is None:
            return False
        with closing(reader):
            if reader.header.format != "zarr":
                return False
        targets = spec.paths.targets(source, spec.operation.labels, "zarr")
    except ConvcliError:  # which is said when it is worked on
        return False
    return all(target.format.name == "zarr" and has_pieces(target.format, target.path) for target in targets)
