"""Results are written: all files of an input are encoded before the first is touched."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from convcli.atomic_write import write_bytes
from convcli.choices import STDOUT, Depth
from convcli.errors import OutputError
from convcli.imaging.bands import Storage
from convcli.imaging.writing.encode import encode_picture, encode_pixels
from convcli.options.batch_options import PieceSpec
from convcli.options.specs import FilterSpec, PoolSpec, WriteSpec
from convcli.pipeline.bands.band_files import BandFiles, storage_for
from convcli.pipeline.batch import Outcome, Source
from convcli.pipeline.naming import Target
from convcli.pipeline.results import Result, as_channels

__all__ = ["write_drawing", "write_outputs", "write_results"]


def write_results(
    source: Source,
    results: Sequence[Result],
    targets: Sequence[Target],
    spec: FilterSpec | PoolSpec,
    writing: WriteSpec,
    pieces: PieceSpec = PieceSpec(),
    storage: Storage | None = None,
) -> Outcome:
    """Encode everything before the first file is touched, so that a failure leaves none of them."""
    if writing.only_shows:
        return Outcome(input=source.path, notes=tuple(note for result in results for note in result.notes))
    files = results if len(results) == len(targets) else [as_channels(results)]
    if pieces.given:
        return _write_pieces(
            source, files, targets, pieces, storage_for(pieces, storage or Storage()), writing, spec.jobs
        )
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


def _write_pieces(
    source: Source,
    results: Sequence[Result],
    targets: Sequence[Target],
    pieces: PieceSpec,
    storage: Storage,
    writing: WriteSpec,
    jobs: int | None,
) -> Outcome:
    """Write results in tiles, and in levels."""
    if targets[0].path == STDOUT or any(len(result.image.frames) > 1 for result in results):
        what = "stdout" if targets[0].path == STDOUT else "files of several pages"
        raise OutputError(
            f"{what} get no tiles and levels", hint="name a file, and choose a page with --frame"
        )
    sizes = [result.image.frames[0].size for result in results]
    with BandFiles(
        targets, len(results), sizes, lambda _, image: image, storage, pieces, writing, jobs
    ) as written:
        for index, result in enumerate(results):
            written.write(index, result.image)
        notes = [*(note for result in results for note in result.notes), *written.finish()]
    paths = tuple(target.path for target in targets)
    return Outcome(source.path, paths, notes=tuple(notes), files=tuple(written.written))


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
