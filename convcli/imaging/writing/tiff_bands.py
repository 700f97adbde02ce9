"""TIFF written band after band: strips or tiles are compressed as soon as they are complete.

The levels of a pyramid are directories within the first (tag SubIFDs), as Adobe's Technical Note 1 (1995) has
them; their tiles lie between those of the picture, in the order in which they are made.
"""

import os
import struct
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial
from typing import NamedTuple

import numpy as np

from convcli.atomic_write import failure, open_whole, write_all
from convcli.choices import Compress
from convcli.imaging.bands import Storage
from convcli.imaging.deep_extra import tifffile_module
from convcli.imaging.image import Array, Image, Space
from convcli.imaging.tiff_directory import Tag, Tags, directory_bytes
from convcli.imaging.writing.pyramid import Halving, level_sizes
from convcli.imaging.writing.tiff_tags import page_tags

__all__ = ["TiffBands"]

# Size from which a file is BigTIFF: what offsets of 32 bits reach, less room for directories.
BIG_FROM = (1 << 32) - (1 << 26)
# Bytes of a strip, where the input has none.
_STRIP_BYTES = 1 << 18
# TIFF's codes of compressions.
_NONE, _LZW, _DEFLATE, _OLD_DEFLATE, _PACKBITS, _LZMA, _ZSTD = 1, 5, 8, 32946, 32773, 34925, 50000
# Those that tifffile has encoders of, and that lose nothing.
_ENCODED = (_LZW, _PACKBITS, _LZMA, _ZSTD)
# Codes of the types of numbers: 16 bits, 32, 64.
_SHORT, _LONG, _LONG8 = 3, 4, 16
# Tags.
_SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 256, 257, 258, 259, 262
_STRIPS, _SAMPLES, _ROWS, _STRIP_SIZES, _PREDICTOR = 273, 277, 278, 279, 317
_TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_SIZES, _SUBIFDS, _EXTRA, _FORMAT = 322, 323, 324, 325, 330, 338, 339
_PHOTOMETRICS = {Space.RGB: 2, Space.CMYK: 5}
_BLACK_IS_ZERO, _UNASSOCIATED = 1, 2


class Coding(NamedTuple):
    """How samples become the bytes of a strip or tile."""

    compression: int
    predictor: int  # 2 differences of integers, 3 of the bytes of floats
    order: str
    compress: Callable[[bytes], bytes]

    def __call__(self, samples: Array) -> bytes:
        """Return the bytes of (H, W, S) samples."""
        if self.predictor == 3 and (module := tifffile_module()) is not None:
            return self.compress(module.TIFF.PREDICTORS[3](samples, axis=-2).tobytes())
        if self.predictor == 2:
            samples = np.concatenate([samples[:, :1], samples[:, 1:] - samples[:, :-1]], axis=1)
        stored = samples.dtype.newbyteorder("<" if self.order == "<" else ">")
        return self.compress(samples.astype(stored, copy=False).tobytes())


def coding_for(
    storage: Storage, dtype: "np.dtype[np.generic]", compress: Compress, notes: list[str]
) -> Coding:
    """Return the input's coding where it loses nothing, else deflate."""
    code, predictor, module = storage.compression, storage.predictor, tifffile_module()
    if compress is Compress.NONE:
        code = _NONE
    elif compress is Compress.SMALL or not code:
        code, predictor = _DEFLATE, 2
    elif module is not None and code not in (_NONE, _DEFLATE, _OLD_DEFLATE, *_ENCODED):
        name = module.COMPRESSION(code).name
        notes.append(f"the tiles' compression, {name}, is not kept: deflate loses nothing")
        code, predictor = _DEFLATE, 2
    level = 9 if compress is Compress.SMALL else 1  # 1: four times as fast, and a tenth larger
    if code == _NONE:
        return Coding(_NONE, 1, storage.order, lambda data: data)
    if predictor != 1:
        predictor = 2 if dtype.kind != "f" else 3 if module is not None else 1
    if module is not None and code in _ENCODED:
        return Coding(code, predictor, storage.order, module.TIFF.COMPRESSORS[code])
    if module is not None:  # libdeflate takes a third of the time
        compressor = module.TIFF.COMPRESSORS[_DEFLATE]
        return Coding(_DEFLATE, predictor, storage.order, partial(compressor, level=level))
    return Coding(_DEFLATE, predictor, storage.order, partial(zlib.compress, level=level))


class _Level:
    """One level: rows wait until they fill a row of tiles or a strip."""

    def __init__(self, size: tuple[int, int], cell: tuple[int, int], tiled: bool) -> None:
        self.size, self.cell, self.tiled = size, cell, tiled
        self.offsets, self.sizes = list[int](), list[int]()
        self._waiting, self._count = list[Array](), 0
        self.halving = Halving()

    def cells(self, rows: Array | None) -> Iterator[Array]:
        """Yield the strips or tiles that `rows`, (H, W, S), complete; None completes the last ones."""
        if rows is not None:
            self._waiting.append(rows)
            self._count += len(rows)
        while self._count >= self.cell[0] or (rows is None and self._count):
            together = np.concatenate(self._waiting) if len(self._waiting) > 1 else self._waiting[0]
            done, rest = together[: self.cell[0]], together[self.cell[0] :]
            self._waiting, self._count = [rest], len(rest)
            if self.tiled:
                below = self.cell[0] - len(done), -done.shape[1] % self.cell[1]
                done = np.pad(done, ((0, below[0]), (0, below[1]), (0, 0)), mode="edge")
            for left in range(0, done.shape[1], self.cell[1]):
                yield done[:, left : left + self.cell[1]]


class TiffBands:
    """A TIFF of one page, with the levels of a pyramid within it."""

    def __init__(
        self,
        path: str,
        header: Image,
        storage: Storage,
        *,
        levels: int,
        compress: Compress,
        replace: bool,
        again: bool,
        jobs: int | None,
    ) -> None:
        (frame,) = header.frames
        self._path, self._header, self._notes = path, header, list[str]()
        self._coding = coding_for(storage, header.dtype, compress, self._notes)
        self._samples = frame.channels + (frame.alpha is not None)
        row = frame.size[1] * self._samples * header.dtype.itemsize
        strip = min(storage.strip or _STRIP_BYTES // row, max(16 * _STRIP_BYTES // row, 1))
        high, wide = storage.tile or (max(strip, 1), 0)
        tiled = storage.tile is not None
        self._levels = [
            _Level(size, (_to_16(high), _to_16(wide)) if tiled else (min(high, size[0]), size[1]), tiled)
            for size in level_sizes(frame.size, levels)
        ]
        self._big = row * frame.size[0] * (4 / 3 if levels > 1 else 1) > BIG_FROM
        self._stack = ExitStack()
        self._pool = self._stack.enter_context(ThreadPoolExecutor(jobs or os.cpu_count() or 1))
        self._handle = self._stack.enter_context(open_whole(path, replace=replace, again=again))
        self._end = 0
        self._append(bytes(16 if self._big else 8))

    def write(self, rows: Image) -> None:
        """Write the rows that follow those written before."""
        pixels = rows.frames[0].stacked()
        try:
            self._add(0, pixels if pixels.ndim == 3 else pixels[..., np.newaxis])
        except OSError as error:
            raise failure(self._path, error) from error

    def finish(self) -> list[str]:
        """Give the file its name, and return notes."""
        with self._stack:
            self._add(0, None)
            order, places = self._coding.order, list[int]()
            for number in (*range(1, len(self._levels)), 0):  # the first holds the places of the others
                tags = self._tags(number)
                if number == 0 and places:
                    tags[_SUBIFDS] = self._numbers(places)
                self._append(b"\0" * (self._end % 2))
                places.append(self._append(directory_bytes(tags, order, self._end, big=self._big)))
            mark = b"II" if order == "<" else b"MM"
            head = ("HHHQ", 43, 8, 0, places[-1]) if self._big else ("HI", 42, places[-1])
            os.lseek(self._handle, 0, os.SEEK_SET)
            write_all(self._handle, mark + struct.pack(order + str(head[0]), *head[1:]))
        return self._notes

    def abort(self) -> None:
        """Leave nothing behind."""
        with suppress(_Aborted), self._stack:
            raise _Aborted

    def _add(self, number: int, rows: Array | None) -> None:
        """Add rows to a level, and their means to the next one; None ends them."""
        if number == len(self._levels):
            return
        level = self._levels[number]
        for data in self._pool.map(self._coding.__call__, level.cells(rows)):
            level.sizes.append(len(data))
            level.offsets.append(self._append(data))
        if number + 1 < len(self._levels):
            for half in level.halving(rows):
                self._add(number + 1, half)
            if rows is None:
                self._add(number + 1, None)

    def _append(self, data: bytes) -> int:
        at = self._end
        write_all(self._handle, data)
        self._end += len(data)
        return at

    def _tags(self, number: int) -> dict[int, Tag | Tags]:
        level, (frame,) = self._levels[number], self._header.frames
        space, dtype = self._header.space_of(frame), self._header.dtype
        photometric = _PHOTOMETRICS.get(space, _BLACK_IS_ZERO)
        extra = [0] * (frame.channels - 1) if photometric == _BLACK_IS_ZERO else []
        extra += [_UNASSOCIATED] * (frame.alpha is not None)
        tags: dict[int, Tag | Tags] = {} if number else dict(page_tags(self._header, frame, first=True))
        tags |= {
            _WIDTH: _longs(level.size[1]),
            _HEIGHT: _longs(level.size[0]),
            _BITS: _shorts(*[8 * dtype.itemsize] * self._samples),
            _COMPRESSION: _shorts(self._coding.compression),
            _PHOTOMETRIC: _shorts(photometric),
            _SAMPLES: _shorts(self._samples),
            _FORMAT: _shorts(*[3 if dtype.kind == "f" else 1] * self._samples),
        }
        tags |= {_SUBFILE: _longs(1)} if number else {}
        tags |= {_EXTRA: _shorts(*extra)} if extra else {}
        tags |= {_PREDICTOR: _shorts(self._coding.predictor)} if self._coding.predictor > 1 else {}
        if level.tiled:
            tags |= {_TILE_HEIGHT: _longs(level.cell[0]), _TILE_WIDTH: _longs(level.cell[1])}
        else:
            tags[_ROWS] = _longs(level.cell[0])
        tags[_TILES if level.tiled else _STRIPS] = self._numbers(level.offsets)
        tags[_TILE_SIZES if level.tiled else _STRIP_SIZES] = self._numbers(level.sizes)
        return tags

    def _numbers(self, values: list[int]) -> Tag:
        kind, size = (_LONG8, 8) if self._big else (_LONG, 4)
        return Tag(kind, len(values), np.array(values, f"<u{size}").tobytes())


class _Aborted(Exception):  # noqa: N818 - nothing has failed
    """Ends the block that a file is written in."""


def _to_16(length: int) -> int:
    """Return the multiple of 16 from `length` on: TIFF's tiles have no other sides."""
    return max(16, -(-length // 16) * 16)


def _longs(*values: int) -> Tag:
    return Tag(_LONG, len(values), np.array(values, "<u4").tobytes())


def _shorts(*values: int) -> Tag:
    return Tag(_SHORT, len(values), np.array(values, "<u2").tobytes())
