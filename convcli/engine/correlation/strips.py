"""Cuts the output into pieces that fit into the cache, and loads the padded input of each.

Every method reads its input as one flat array in which *a tap of the kernel is an offset*, whatever the
channels, dilation, stride and padding. The padded picture is never made as a whole.

A phase of a row is its columns with equal index modulo the stride. With stride ``s`` along the columns each
row is stored as its ``s`` phases, one after the other, so that neighbouring outputs read neighbouring
samples; for s = 2

    columns     0 1 2 3 4 5 6 7
    stored as   0 2 4 6 1 3 5 7    outputs 0, 1, 2, 3 read 0 2 4 6 at tap 0, and 1 3 5 7 at tap 1
"""

from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np

from convcli.engine.arrays import Array, Indices
from convcli.engine.correlation.task import Task
from convcli.engine.threads import Scratch, alone
from convcli.engine.tiles import MAX_ROW_SAMPLES, Piece, even_cuts

__all__ = ["Grid", "Program", "Strip", "cut_pieces", "load_piece", "view"]

# Bytes of sums in a piece. An operation on fewer ends before another thread has woken up to take the
# interpreter's lock: two threads over a quarter of that were as slow as one (2026-11, Zen 4, NumPy 2.4).
PIECE_BYTES = 1 << 21

# The same where no other thread would take the lock: what a piece reads and writes stays in a cache of 1 MiB.
ALONE_BYTES = 1 << 19

# Fewest samples in a row of the interior for it to be read from the image in place, apart from the border.
MIN_INTERIOR_SAMPLES = 256


class Grid(NamedTuple):
    """Flat position of the first tap of each output of a piece: ``r * step + c`` for output ``[r, c]``."""

    rows: int
    width: int
    step: int

    @property
    def reach(self) -> int:
        """Positions from the first output to the last, those between two rows included."""
        return (self.rows - 1) * self.step + self.width

    @property
    def better_as_one_run(self) -> bool:
        """Whether one run over all positions, gaps between rows too, is likely faster than row by row."""
        return self.step <= 2 * self.width or self.width < 64


class Strip(NamedTuple):
    """The input of a piece: output ``[r, c]`` reads tap ``(i, j)`` at ``x[r * step + c + offsets[i, j]]``."""

    x: Array  # 1-D, of the working type
    pitch: int  # samples from one input row to the next
    grid: Grid
    offsets: Indices  # (kh, kw)


class Program(Protocol):
    """A compiled weighted sum; `cost` is in nanoseconds per output."""

    cost: float

    def __call__(self, strip: Strip, into: Array, scratch: Scratch) -> None:
        """Write the sums of `strip` to `into`, a (rows, width) array that does not overlap its input."""


def view(x: Array, offset: int, grid: Grid) -> Array:
    """Return the (rows, width) samples of the flat array `x` that the outputs of `grid` read at `offset`."""
    size = x.itemsize
    return np.ndarray((grid.rows, grid.width), x.dtype, x, offset * size, (grid.step * size, size))


def cut_pieces(task: Task, threads: int, multiple: int = 1, widest: int = MAX_ROW_SAMPLES) -> list[Piece]:
    """Cut the output into pieces at most `widest` samples wide, by a `multiple` of rows where possible.

    The cuts of floats, whose sums may depend on them, depend on shapes and types alone, not on `threads`.
    """
    most = ALONE_BYTES if task.work.kind == "i" and threads == 1 and alone() else PIECE_BYTES
    whole, channels, span = task.whole, task.channels, task.window.span[0]

    def pieces(area: Piece, fewest_rows: int) -> list[Piece]:
        columns = even_cuts(area.columns, max(1, widest // channels))
        row_bytes = max(right - left for left, right in pairwise(columns)) * channels * task.work.itemsize
        rows = -(-max(most // row_bytes, fewest_rows, 1) // multiple) * multiple
        return [
            Piece(y, min(y + rows, area.y1), area.x0 + left, area.x0 + right)
            for y in range(area.y0, area.y1, rows)
            for left, right in pairwise(columns)
        ]

    interior = _interior(task)
    if interior is None:
        return pieces(whole, span)
    y0, y1, x0, x1 = interior
    border = (
        Piece(whole.y0, y0, 0, whole.x1),
        Piece(y1, whole.y1, 0, whole.x1),
        Piece(y0, y1, 0, x0),
        Piece(y0, y1, x1, whole.x1),
    )
    borders = [piece for area in border if area.rows and area.columns for piece in pieces(area, span)]
    return pieces(interior, 1) + borders


def _interior(task: Task) -> Piece | None:
    """Return the outputs that can be computed from the image as it lies in memory."""
    if task.flat is None:
        return None
    (y0, y1), (x0, x1) = (a.interior(n) for a, n in zip(task.window.axes, task.image.shape, strict=False))
    whole = task.whole
    interior = Piece(max(whole.y0, y0), min(whole.y1, y1), max(whole.x0, x0), min(whole.x1, x1))
    wide_enough = interior.columns * task.channels >= MIN_INTERIOR_SAMPLES
    return interior if interior.rows > 0 and wide_enough else None


def load_piece(task: Task, piece: Piece, scratch: Scratch) -> Strip:
    """Return the input of `piece`: a view of the image where possible, else a padded, converted copy."""
    channels, (sy, sx), (dy, dx) = task.channels, task.window.stride, task.window.dilation
    x, pitch, phase = _flat_input(task, task.input_of(piece), scratch)
    rows = np.arange(task.kernel.shape[0]) * (dy * pitch)
    columns = np.arange(task.kernel.shape[1]) * dx
    offsets = rows[:, None] + (columns % sx * phase + columns // sx * channels)
    return Strip(x, pitch, Grid(piece.rows, piece.columns * channels, sy * pitch), offsets)


def _flat_input(task: Task, source: Piece, scratch: Scratch) -> tuple[Array, int, int]:
    """Return the flat input, its pitch, and the distance from one column phase to the next, in samples."""
    channels, stride, flat = task.channels, task.window.stride[1], task.flat
    inside = None if flat is None else task.within_image(source)
    if flat is not None and inside is not None and stride == 1:
        pitch = task.image.shape[1] * channels
        return flat[inside[0].start * pitch + inside[1].start * channels :], pitch, 0
    if inside is not None:
        plain = task.image[inside]
    else:
        plain = scratch("input", (source.rows, source.columns, channels), task.work)
        task.read(source, plain)
    if stride == 1:
        return plain.reshape(-1), source.columns * channels, 0
    longest = -(-source.columns // stride)
    phases = scratch("phases", (source.rows, stride, longest, channels), task.work)
    for phase in range(min(stride, source.columns)):
        part = plain[:, phase::stride]
        phases[:, phase, : part.shape[1]] = part
    return phases.reshape(-1), stride * longest * channels, longest * channels
