"""Files of results that are written band by band: all of an input's are finished, or none."""

from collections.abc import Callable, Sequence
from os.path import dirname
from typing import TYPE_CHECKING

from convcli.errors import UsageError
from convcli.imaging.bands import BandWriter, Storage, without_pixels
from convcli.imaging.image import Image
from convcli.imaging.writing.adapt import adapted
from convcli.imaging.writing.bands import band_writer, has_pieces
from convcli.imaging.writing.metadata_out import with_fitting
from convcli.options.batch_options import PieceSpec
from convcli.options.specs import WriteSpec
from convcli.pipeline.naming import Target, make_folder
from convcli.pipeline.results import Result, as_channels
from convcli.pipeline.written import Written

if TYPE_CHECKING:
    from convcli.imaging.writing.zarr_arrays import ChunkRows

__all__ = ["BandFiles", "check_pieces", "storage_for"]

# Side of the tiles of a pyramid, where the input has none, in pixels.
TILE = 256


def check_pieces(pieces: PieceSpec, targets: Sequence[Target]) -> None:
    """Refuse tiles and levels for files that have none."""
    for target in targets if pieces.given else ():
        if not has_pieces(target.format, target.path):
            option = "tile" if pieces.tile else "levels"
            what = ("zipped " if has_pieces(target.format) else "") + target.format.name.upper()
            raise UsageError(
                f"--{option} has no effect on {what}",
                hint="write to .tif or .zarr, or leave it out",
            )
        if target.format.name == "tiff" and (pieces.tile or 0) % 16:
            raise UsageError(
                f"--tile {pieces.tile} does not fit TIFF", hint="choose a multiple of 16, as 256"
            )


def storage_for(pieces: PieceSpec, storage: Storage) -> Storage:
    """Return how a result is stored: as the input, but for ``--tile``; a pyramid has tiles."""
    side = pieces.tile or (TILE if pieces.levels > 1 and storage.tile is None else None)
    return storage if side is None else storage._replace(tile=(side, side))


class BandFiles:
    """The files of one input; used in a ``with`` block, they are left out if that ends by an exception."""

    def __init__(
        self,
        targets: Sequence[Target],
        maps: int,
        sizes: Sequence[tuple[int, int]],
        placed: Callable[[int, Image], Image],
        storage: Storage,
        pieces: PieceSpec,
        writing: WriteSpec,
        jobs: int | None,
    ) -> None:
        self._targets, self._maps, self._sizes, self._placed = targets, maps, sizes, placed
        self._storage, self._pieces, self._writing, self._jobs = storage, pieces, writing, jobs
        self._writers: dict[int, BandWriter] = {}
        self._beside = list[Result]()  # bands of maps that become channels
        self._notes = list[str]()
        self.written = list[Written]()  # what manifests know of the files, when they are finished

    def __enter__(self) -> "BandFiles":
        return self

    def __exit__(self, *_: object) -> None:
        for writer in self._writers.values():
            writer.abort()

    def write(self, index: int, rows: Image) -> None:
        """Write the next rows of a map: to its file, or as channels beside those of the others."""
        if len(self._targets) == self._maps:
            self._write(index, index, rows)
            return
        self._beside.append(Result(rows, (), 0))
        if len(self._beside) == self._maps:
            together, self._beside = as_channels(self._beside).image, []
            self._write(0, 0, together)

    def _write(self, number: int, index: int, rows: Image) -> None:
        target = self._targets[number]
        if number not in self._writers:
            header = self._placed(index, without_pixels(rows, self._sizes[index]))
            header, notes = adapted(header, target.format)
            header, lost = with_fitting(header, target.format)
            self._notes += notes + lost
            if self._writing.quality is not None and not target.format.has_quality:
                self._notes.append(f"--quality has no effect on {target.format.name.upper()}")
            if target.derived:
                make_folder(dirname(target.path))
            self._writers[number] = band_writer(
                target.path,
                target.format,
                header,
                self._storage if target.format.name != "zarr" else self._chunks(),
                levels=self._pieces.levels,
                compress=self._writing.compress,
                replace=target.replace,
                again=target.again,
                jobs=self._jobs,
                layout=self._writing.layout,
            )
        self._writers[number].write(adapted(rows, target.format)[0])

    def _chunks(self) -> Storage:
        """Return the chunks that are asked for; those of an input that is Zarr are in its metadata."""
        side = self._pieces.tile
        return Storage() if side is None else Storage((side, side))

    def parts(self) -> "list[ChunkRows]":
        """Return how other processes write the rows of each file that is begun, all of them Zarr."""
        from convcli.imaging.writing.zarr_folder import ZarrBands  # here for start-up

        return [writer.part() for writer in self._writers.values() if isinstance(writer, ZarrBands)]

    def finish(self) -> list[str]:
        """Give the files their names, and return notes."""
        for writer in self._writers.values():
            self._notes += writer.finish()
        self.written = [made for target in self._targets if (made := target.written()) is not None]
        return list(dict.fromkeys(self._notes))
