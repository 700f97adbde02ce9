"""The GEMM method: R output rows at a time as a matrix of shifted kernel columns times R + k - 1 input rows.

Column ``q`` of the kernel becomes the R rows of a Toeplitz matrix,

    T[q*R + r, r*s + i*d] = K[i, q],

so that ``T @ x[rows]`` holds, without a copy of the input, each kernel column's share of R output rows; the
shares are then added, each shifted by its column's offset. Equal columns, and columns that differ in sign
alone, are multiplied once. With a stride, each phase of the image's columns meets only the kernel's columns
that see it.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from convcli.engine import direct
from convcli.engine.arrays import Array, Floats
from convcli.engine.blas import one_thread
from convcli.engine.store import sweep
from convcli.engine.strips import Strip, cut
from convcli.engine.task import Task
from convcli.engine.threads import Scratch

__all__ = ["Columns", "columns_by_phase", "correlate"]

ROWS = 4
"""R: output rows per matrix; more would multiply more of the matrix's zeros."""

BLOCK = 1 << 18
"""Numbers of partial results held at a time."""


class Columns(NamedTuple):
    """The kernel's columns that see one phase of the image's columns.

    Attributes
    ----------
    distinct
        Each once, but for its sign.
    uses
        ``(kernel column, which of the distinct, added?)`` for each that is not all zeros.
    """

    distinct: list[Floats]
    uses: list[tuple[int, int, bool]]


def correlate(task: Task, threads: int) -> None:
    """Compute `task` by matrix products."""
    phases = columns_by_phase(task.kernel, task.stride[1], task.dilation[1])
    if not phases:
        direct.correlate(task, threads)
        return
    matrices = [[_toeplitz(task, phase.distinct, rows) for phase in phases] for rows in range(1, ROWS + 1)]
    by_taps = direct.core(task)

    def compute(strip: Strip, into: Array, scratch: Scratch) -> None:
        rows, length = strip.grid.rows, strip.row_length
        done = 0
        while done < rows:
            high = min(ROWS, rows - done)
            batch = max(1, min((rows - done) // high, BLOCK // (high * length)))
            part = into[done : done + batch * high]
            _products(strip, done, phases, matrices[high - 1], part, scratch)
            done += batch * high
        # Infinities times the matrix's zeros are NaN, even in rows that do not see them.
        if np.isnan(into.max()):
            by_taps(strip, into, scratch)

    with one_thread():
        sweep(task, compute, cut(task, ROWS), threads)


def columns_by_phase(kernel: Floats, stride: int, dilation: int) -> list[Columns]:
    """Return the kernel's columns, those together that see the same phase; without those of zeros."""
    phases = [
        _distinct(kernel, [j for j in range(kernel.shape[1]) if j * dilation % stride == phase])
        for phase in range(stride)
    ]
    return [phase for phase in phases if phase.uses]


def _distinct(kernel: Floats, among: list[int]) -> Columns:
    columns: list[Floats] = []
    known: dict[bytes, tuple[int, bool]] = {}
    uses = []
    for j in among:
        column = kernel[:, j] + 0.0
        if column.any():
            which, added = known.get(column.tobytes(), (len(columns), True))
            uses.append((j, which, added))
            if which == len(columns):
                columns.append(column)
                known[(0.0 - column).tobytes()] = (which, False)
                known[column.tobytes()] = (which, True)
    return Columns(columns, uses)


def _toeplitz(task: Task, columns: Sequence[Floats], rows: int) -> Array:
    stride, dilation = task.stride[0], task.dilation[0]
    matrix = np.zeros((len(columns), rows, (rows - 1) * stride + task.span[0]), task.work)
    for which, column in enumerate(columns):
        for row in range(rows):
            matrix[which, row, row * stride : row * stride + task.span[0] : dilation] = column
    return matrix.reshape(len(columns) * rows, -1)


def _products(
    strip: Strip, first: int, phases: list[Columns], matrices: list[Array], into: Array, scratch: Scratch
) -> None:
    """Write output rows from `first` on, which are a multiple of the matrices' rows, to `into`."""
    width, x = strip.grid.width, strip.x
    counts = [len(phase.distinct) for phase in phases]
    high = len(matrices[0]) // counts[0]
    batch = len(into) // high
    starts = [int(strip.offsets[0, phase.uses[0][0]]) for phase in phases]
    lengths = [
        width + int(strip.offsets[0, phase.uses[-1][0]]) - start
        for phase, start in zip(phases, starts, strict=True)
    ]
    # A row pitch near a power of two would put all partial results into the same cache lines.
    pitch = max(lengths) + (16 if max(lengths) % 256 < 16 else 0)
    shares = scratch("shares", (batch, sum(counts), high, pitch), x.dtype)
    stacked = shares.reshape(batch, -1, pitch)
    size = x.itemsize
    parts: list[tuple[int, int, bool]] = []
    before = 0
    for phase, matrix, start, length in zip(phases, matrices, starts, lengths, strict=True):
        windows: Array = np.ndarray(
            (batch, matrix.shape[1], length),
            x.dtype,
            x,
            (first * strip.grid.step + start) * size,
            (high * strip.grid.step * size, strip.pitch * size, size),
        )
        rows = slice(before * high, before * high + len(matrix))
        np.matmul(matrix, windows, out=stacked[:, rows, :length])
        parts += [(before + which, int(strip.offsets[0, j]) - start, added) for j, which, added in phase.uses]
        before += len(phase.distinct)
    target = np.lib.stride_tricks.as_strided(
        into, (batch, high, width), (high * into.strides[0], into.strides[0], size)
    )
    _add_up(shares, parts, target, scratch)


def _add_up(shares: Array, parts: list[tuple[int, int, bool]], target: Array, scratch: Scratch) -> None:
    """Add shares, each ``(which, from which of its numbers on, added?)``, into (batch, rows, width)."""
    batch, count, high, pitch = shares.shape
    width = target.shape[2]
    (first, start, _), *between = parts[:-1] or parts
    if len(parts) == 1:
        target[...] = shares[:, first, :, start : start + width]
        return
    # Sums stay in the cache, as flat rows of numbers, until the last one writes new memory.
    flat = shares.reshape(batch, count, high * pitch)
    length = high * pitch - max(offset for _, offset, _ in parts)
    total = flat[:, first, start : start + length]
    lines = shares[:, first, :, start : start + width]
    into = total
    if between and count < len(parts):
        held = scratch("total", (batch, high, pitch), shares.dtype)
        into, lines = held.reshape(batch, -1)[:, :length], held[:, :, :width]
    for which, offset, added in between:
        total = (np.add if added else np.subtract)(total, flat[:, which, offset : offset + length], out=into)
    which, offset, added = parts[-1]
    (np.add if added else np.subtract)(lines, shares[:, which, :, offset : offset + width], out=target)
