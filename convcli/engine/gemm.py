"""The GEMM method: R output rows at a time as a matrix of shifted kernel columns times R + k - 1 input rows.

Column ``q`` of the kernel becomes the R rows of a Toeplitz matrix,

    T[q*R + r, r*s + i*d] = K[i, q],

so that ``T @ x[rows]`` holds, without a copy of the input, each kernel column's share of R output rows; the
shares are then added, each shifted by its column's offset. Equal columns, and columns that differ in sign
alone, are multiplied once.
"""

from collections.abc import Sequence

import numpy as np

from convcli.engine import direct
from convcli.engine.arrays import Array, Floats
from convcli.engine.blas import one_thread
from convcli.engine.store import sweep
from convcli.engine.strips import Strip, cut
from convcli.engine.task import Task
from convcli.engine.threads import Scratch

__all__ = ["correlate", "distinct_columns"]

ROWS = 4
"""R: output rows per matrix; more would multiply more of the matrix's zeros."""

BLOCK = 1 << 18
"""Numbers of partial results held at a time."""


def correlate(task: Task, threads: int) -> None:
    """Compute `task` by matrix products."""
    columns, uses = distinct_columns(task.kernel)
    if not uses:
        direct.correlate(task, threads)
        return
    matrices = [_toeplitz(task, columns, rows) for rows in range(1, ROWS + 1)]
    by_taps = direct.core(task)

    def compute(strip: Strip, into: Array, scratch: Scratch) -> None:
        rows, length = strip.grid.rows, strip.row_length
        done = 0
        while done < rows:
            high = min(ROWS, rows - done)
            batch = max(1, min((rows - done) // high, BLOCK // (high * length)))
            part = into[done : done + batch * high]
            _products(strip, done, matrices[high - 1], uses, part, scratch)
            done += batch * high
        # Infinities times the matrix's zeros are NaN, even in rows that do not see them.
        if np.isnan(into.max()):
            by_taps(strip, into, scratch)

    with one_thread():
        sweep(task, compute, cut(task, ROWS), threads)


def distinct_columns(kernel: Floats) -> tuple[list[Floats], list[tuple[int, int, bool]]]:
    """Return the kernel's columns, each once, and ``(kernel column, which, added?)`` for each of its own."""
    columns: list[Floats] = []
    known: dict[bytes, tuple[int, bool]] = {}
    uses = []
    for j, column in enumerate(kernel.T + 0.0):
        if column.any():
            which, added = known.get(column.tobytes(), (len(columns), True))
            uses.append((j, which, added))
            if which == len(columns):
                columns.append(column)
                known[(0.0 - column).tobytes()] = (which, False)
                known[column.tobytes()] = (which, True)
    return columns, uses


def _toeplitz(task: Task, columns: Sequence[Floats], rows: int) -> Array:
    stride, dilation = task.stride[0], task.dilation[0]
    matrix = np.zeros((len(columns), rows, (rows - 1) * stride + task.span[0]), task.work)
    for which, column in enumerate(columns):
        for row in range(rows):
            matrix[which, row, row * stride : row * stride + task.span[0] : dilation] = column
    return matrix.reshape(len(columns) * rows, -1)


def _products(
    strip: Strip,
    first: int,
    matrix: Array,
    uses: list[tuple[int, int, bool]],
    into: Array,
    scratch: Scratch,
) -> None:
    """Write output rows from `first` on, which are a multiple of the matrix's rows, to `into`."""
    length, width, x = strip.row_length, strip.grid.width, strip.x
    count = 1 + max(which for _, which, _ in uses)
    high = len(matrix) // count
    batch = len(into) // high
    # A row pitch near a power of two would put all partial results into the same cache lines.
    pitch = length + (16 if length % 256 < 16 else 0)
    shares = scratch("shares", (batch, count, high, pitch), x.dtype)
    size = x.itemsize
    windows: Array = np.ndarray(
        (batch, matrix.shape[1], length),
        x.dtype,
        x,
        first * strip.grid.step * size,
        (high * strip.grid.step * size, strip.pitch * size, size),
    )
    np.matmul(matrix, windows, out=shares.reshape(batch, count * high, pitch)[:, :, :length])
    target = np.lib.stride_tricks.as_strided(
        into, (batch, high, width), (high * into.strides[0], into.strides[0], size)
    )
    _add_up(shares, uses, [int(strip.offsets[0, j]) for j, _, _ in uses], target, scratch)


def _add_up(
    shares: Array, uses: list[tuple[int, int, bool]], offsets: list[int], target: Array, scratch: Scratch
) -> None:
    """Add the shares of the kernel's columns, each shifted by its offset, into (batch, rows, width)."""
    batch, count, high, pitch = shares.shape
    width = target.shape[2]
    (_, which, _), start = uses[0], offsets[0]
    if len(uses) == 1:
        target[...] = shares[:, which, :, start : start + width]
        return
    # Sums stay in the cache, as flat rows of numbers, until the last one writes new memory.
    flat = shares.reshape(batch, count, high * pitch)
    length = high * pitch - max(offsets)
    total = flat[:, which, start : start + length]
    lines = shares[:, which, :, start : start + width]
    into = total
    if count < len(uses):
        held = scratch("total", (batch, high, pitch), shares.dtype)
        into = held.reshape(batch, high * pitch)[:, :length]
    for (_, which, added), offset in zip(uses[1:-1], offsets[1:-1], strict=True):
        total = (np.add if added else np.subtract)(total, flat[:, which, offset : offset + length], out=into)
        if count < len(uses):
            lines = held[:, :, :width]
    (_, which, added), offset = uses[-1], offsets[-1]
    (np.add if added else np.subtract)(lines, shares[:, which, :, offset : offset + width], out=target)
