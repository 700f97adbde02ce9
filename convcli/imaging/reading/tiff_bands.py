"""TIFF in bands of rows: tifffile decodes the tiles or strips of those that are asked for."""

import mmap
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from convcli.choices import MAX_PIXELS
from convcli.errors import ConvcliError, ImageError
from convcli.imaging.bands import Storage, without_pixels
from convcli.imaging.deep_extra import tifffile_module
from convcli.imaging.image import Array, Image
from convcli.imaging.reading.pillow_guard import guarded
from convcli.imaging.reading.row_groups import RowGroups
from convcli.imaging.reading.tiff import only_page, pillow_reads
from convcli.imaging.reading.tiff_page import Page, page_of
from convcli.imaging.reading.tiff_samples import frame_of
from convcli.imaging.tiff_directory import Directory, Tags, first_directory
from convcli.imaging.tiff_metadata import metadata_of

__all__ = ["TiffBands", "open_tiff"]

# Samples that are decoded together, at least: strips are often of a few rows.
_TOGETHER = 1 << 20
# TIFF's code of no compression.
_NONE = 1


def open_tiff(path: str, name: str, frame: int | None, least: int, jobs: int | None) -> "TiffBands | None":
    """Return a reader of the only full-size page, or of page `frame`; None where the file is read whole."""
    with guarded(name, sys.maxsize) as notes, open(path, "rb") as opened:
        data = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
        if frame is None and page_of(Directory(data, first_directory(data))).size < least:
            return None  # before all pages are looked at, once more
        only = only_page(data, name, frame, notes)
        if only is None or only[0].size < least:
            return None
        page, tags = only
        module = tifffile_module()
        if module is None and page.pixels > MAX_PIXELS:
            raise ImageError(
                f"{name!r} has {page.pixels} pixels, too many to be read as a whole",
                hint="pip install 'convcli[deep]' reads them piece by piece",
            )
        if module is None or page.whole_because:
            return None
        file = module.TiffFile(path)
        file.filehandle.seek(page.directory.at)
        found = module.TiffPage(file, 0)
        if found.dtype is None or found.axes not in ("YX", "YXS", "SYX"):
            file.close()
            return None
        return TiffBands(path, file, found, page, tags, name, notes, jobs)


class TiffBands:
    """The rows of one page."""

    def __init__(
        self,
        path: str,
        file: Any,
        found: Any,
        page: Page,
        tags: Tags,
        name: str,
        notes: list[str],
        jobs: int | None,
    ) -> None:
        self._file, self._found, self._page, self._name = file, found, page, name
        self._handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        self.packed = os.path.getsize(path)
        grid, tiled = page.grid, bool(found.is_tiled)
        self.storage = Storage(
            (grid.rows, grid.columns) if tiled else None,
            page.compression,
            page.predictor,
            page.directory.order,
            0 if tiled else grid.rows,
        )
        self._across = -(-page.width // grid.columns) if tiled else 1
        self._by_bytes = page.compression == _NONE and not tiled and page.bits % 8 == 0 and not page.sparse
        self._by_bytes &= page.predictor == 1 and found.fillorder == 1
        together = max(1, _TOGETHER // (page.width * page.samples))
        if not self._by_bytes:
            together = grid.rows if tiled else max(1, together // grid.rows) * grid.rows
        self._groups = RowGroups(self._decoded, together, page.height)
        self._pool = ThreadPoolExecutor(jobs or os.cpu_count() or 1)
        if found.subifds:
            notes.append(f"the first of {1 + len(found.subifds)} levels is taken")
        self._dtype = found.dtype.newbyteorder("=")
        opened = page.directory.order == "<" or 42 in page.directory.data[2:4]  # by Pillow
        if self._dtype == np.int16 and page.samples == 1 and opened and pillow_reads(page):
            self._dtype = np.dtype(np.int32)  # as Pillow has them
        blank = np.zeros((1, 1, *(page.samples,) * (page.samples > 1)), self._dtype)
        frame, space = frame_of(blank, page, name, notes)
        metadata = metadata_of(tags, page.directory.order)
        image = Image((frame._replace(tags=tags),), space, metadata, "tiff", name)
        image = without_pixels(image, (page.height, page.width))
        self.header = replace(image, notes=tuple(dict.fromkeys(notes)))

    def close(self) -> None:
        """Close the file."""
        self._pool.shutdown()
        self._file.close()
        os.close(self._handle)

    def rows(self, first: int, end: int) -> Image:
        """Return rows ``first <= row < end``."""
        samples = self._groups.rows(first, end)
        frame, _ = frame_of(samples, self._page, self._name, [])
        tags = self.header.frames[0].tags
        return replace(self.header, frames=(frame._replace(tags=tags),), notes=())

    def _decoded(self, first: int, end: int) -> Array:
        """Return the samples of a group of rows as (H, W) or (H, W, S), as they are stored."""
        page = self._page
        made = np.empty((end - first, page.width, page.samples), self._dtype)
        if self._by_bytes:
            self._copy(first, made)
        else:
            high = page.grid.rows
            pieces = product(
                range(page.samples if page.planar else 1),
                range(first // high, -(-end // high)),
                range(self._across),
            )
            for _ in self._pool.map(lambda piece: self._decode(piece, first, made), pieces):
                pass
        return made if page.samples > 1 else made[..., 0]

    def _decode(self, piece: Sequence[int], first: int, into: Array) -> None:
        """Decode the strip or tile of a plane, row and column of those into its place."""
        plane, row, column = piece
        page, found = self._page, self._found
        index = (plane * page.grid.high + row) * self._across + column
        start, size = found.dataoffsets[index], found.databytecounts[index]
        try:
            packed = os.pread(self._handle, size, start) if size else None
            if packed is not None and len(packed) < size:
                raise ValueError("the file ends before it does")
            samples, place, _ = found.decode(packed, index, jpegtables=found.jpegtables)
        except ConvcliError:
            raise
        except Exception as error:  # decoders raise their own kinds, ValueError, OSError and others
            where = f"tile {row},{column}" if self.storage.tile else f"strip {row}"
            what = f"{where} of plane {plane}" if page.planar and page.samples > 1 else where
            reason = " ".join(str(error).split())[:100] or type(error).__name__
            raise ImageError(
                f"{self._name!r} is damaged in {what}, rows {_rows_text(row, page)} ({reason})",
                hint="copy or download it once more",
            ) from error
        top, left = row * page.grid.rows - first, place[3]
        target = into[top : top + page.grid.rows, left : left + page.grid.columns]
        target = target[..., plane : plane + 1] if page.planar else target
        target[...] = found.nodata if samples is None else samples[0, : len(target), : target.shape[1]]

    def _copy(self, first: int, into: Array) -> None:
        """Read rows of uncompressed strips, which need not be whole."""
        page, found = self._page, self._found
        planes, high = page.samples if page.planar else 1, page.grid.rows
        stored = np.dtype(found.dtype).newbyteorder(page.directory.order)
        width = page.width * page.samples // planes
        for plane in range(planes):
            row = first
            while row < first + len(into):
                strip, within = divmod(row, high)
                end = min(first + len(into), (strip + 1) * high)
                size = (end - row) * width * stored.itemsize
                at = found.dataoffsets[plane * page.grid.high + strip] + within * width * stored.itemsize
                data = os.pread(self._handle, size, at)
                if len(data) < size:
                    raise ImageError(
                        f"{self._name!r} is cut short in strip {strip}, row {row}",
                        hint="copy or download it once more",
                    )
                samples = np.frombuffer(data, stored).reshape(end - row, page.width, -1)
                target = into[row - first : end - first]
                target[..., plane : plane + 1 if page.planar else None] = samples
                row = end


def _rows_text(row: int, page: Page) -> str:
    """Return the rows of a strip or tile, as messages have them."""
    first = row * page.grid.rows
    return f"{first} to {min(first + page.grid.rows, page.height) - 1}"
