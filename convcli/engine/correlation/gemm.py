"""The GEMM method: R output rows at a time as a matrix of shifted kernel columns times R + k - 1 input rows.

Column ``q`` of the kernel becomes the R rows of a Toeplitz matrix,

    T[q*R + r, r*s + i*d] = K[i, q],

so that ``P = T @ x[rows]`` holds, without a copy of the input, each kernel column's partial sums of R output
rows. Output row r adds them, each shifted by its column's offset; for k = 3, R = 2 and one channel

    y[r, n] = P[r, n] + P[2 + r, n + 1] + P[4 + r, n + 2].

With p samples from one row of P to the next, these three lie ``2p + 1`` samples apart. A view of P with
strides ``(2p + 1, 1)`` is the matrix of all terms of row r, and ``[1 1 1]`` times it adds them in one pass.

Equal columns, and columns that differ in sign alone, are multiplied once. With a stride, each phase of the
image's columns (those with equal index modulo the stride) is multiplied only by the kernel's columns that
read it.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from convcli.engine.arrays import Array, Floats
from convcli.engine.blas import most_multiplications, one_thread
from convcli.engine.correlation import direct
from convcli.engine.correlation.strips import Strip, cut_pieces
from convcli.engine.correlation.sweep import sweep
from convcli.engine.correlation.task import Task
from convcli.engine.correlation.toeplitz import toeplitz
from convcli.engine.threads import Scratch
from convcli.engine.tiles import MAX_ROW_SAMPLES

__all__ = ["OUTPUT_ROWS", "Columns", "columns_by_phase", "correlate"]

# R: output rows per matrix; more would read the input less often, but multiply more of the matrix's zeros.
OUTPUT_ROWS = 2

# Partial sums held at a time: fewer would stay in the second-level cache, but take so little time that
# threads wait for the interpreter's lock.
MAX_PARTIALS = 1 << 20

# Fewest samples in a row of a piece when rows are cut to stay on OpenBLAS's path for small matrices.
MIN_ROW_SAMPLES = 512

# Equal columns are multiplied once only if their partial sums can be added in at most this many passes.
MAX_PASSES = 2


class Use(NamedTuple):
    """A kernel column, and the multiplied column whose partial sums are added or subtracted for it."""

    column: int  # of the kernel
    which: int  # index of the multiplied column in `Columns.distinct`
    added: bool  # else subtracted


class Columns(NamedTuple):
    """The kernel's columns that read one phase of the image's columns."""

    distinct: list[Floats]  # to be multiplied: usually equal ones, up to sign, once
    uses: list[Use]


class Run(NamedTuple):
    """Multiplied columns whose partial sums are evenly spaced in memory, and so added in one pass."""

    which: int  # index of the first column
    offset: int  # position in the first column's partial sums that output 0 of a row reads
    apart: int  # index of each column minus the index of the column before it
    shift: int  # offset of each column minus the offset of the column before it
    signs: list[int]  # 1 or -1 for each: added or subtracted


class Layout(NamedTuple):
    """The layout of a strip's partial sums in memory."""

    spans: list[tuple[int, int]]  # for each phase, the first position that is read, and how many are
    columns: int  # multiplied columns of all phases
    pitch: int  # samples from one row of partial sums to the next
    runs: list[Run]


def correlate(task: Task, threads: int) -> None:
    """Compute `task` by matrix products."""
    phases = columns_by_phase(task.kernel, task.window.stride[1], task.window.dilation[1])
    if not phases:
        direct.correlate(task, threads)
        return
    matrices = [
        [_stacked(task, phase.distinct, rows) for phase in phases] for rows in range(1, OUTPUT_ROWS + 1)
    ]
    largest = max(matrix.size for matrix in matrices[-1])
    overlap = task.window.span[1] * task.channels
    widest = min(MAX_ROW_SAMPLES, max(MIN_ROW_SAMPLES, most_multiplications() // largest - overlap))
    weight_by_weight = direct.program(task)

    def compute(strip: Strip, into: Array, scratch: Scratch) -> None:
        rows = strip.grid.rows
        layout = _layout(strip, phases)
        done = 0
        while done < rows:
            high = min(OUTPUT_ROWS, rows - done)
            batch = max(1, min((rows - done) // high, MAX_PARTIALS // (layout.columns * high * layout.pitch)))
            part = into[done : done + batch * high].reshape(batch, high, -1)
            _multiply(strip, done, layout, matrices[high - 1], part, scratch)
            done += batch * high
        # Infinities times the matrix's zeros are NaN, even in rows whose windows do not read them.
        if np.isnan(into.max()):
            weight_by_weight(strip, into, scratch)

    with one_thread():
        sweep(task, compute, cut_pieces(task, threads, OUTPUT_ROWS, widest), threads)


def columns_by_phase(kernel: Floats, stride: int, dilation: int) -> list[Columns]:
    """Return the kernel's columns grouped by the phase that they read, without columns of zeros.

    Where adding the sums of equal columns would take more than MAX_PASSES, each column is multiplied.
    """
    phases = []
    of_phase: dict[int, list[int]] = {}
    for j in range(kernel.shape[1]):
        of_phase.setdefault(j * dilation % stride, []).append(j)
    for among in map(of_phase.__getitem__, sorted(of_phase)):
        used = [index for index, j in enumerate(among) if kernel[:, j].any()]
        if used:
            fewest = _distinct(kernel, [among[index] for index in used])
            passes = len(_runs([(which, j, added) for j, which, added in fewest.uses]))
            among = among[used[0] : used[-1] + 1]
            each = Columns(
                [kernel[:, j] for j in among], [Use(j, which, True) for which, j in enumerate(among)]
            )
            phases.append(fewest if passes <= MAX_PASSES else each)
    return phases


def _distinct(kernel: Floats, among: list[int]) -> Columns:
    columns: list[Floats] = []
    known: dict[bytes, tuple[int, bool]] = {}
    uses = []
    for j in among:
        column = kernel[:, j] + 0.0
        which, added = known.get(column.tobytes(), (len(columns), True))
        uses.append(Use(j, which, added))
        if which == len(columns):
            columns.append(column)
            known[(0.0 - column).tobytes()] = (which, False)
            known[column.tobytes()] = (which, True)
    return Columns(columns, uses)


def _stacked(task: Task, columns: Sequence[Floats], rows: int) -> Array:
    """Return the matrices of `columns`, one below the other."""
    stride, dilation = task.window.stride[0], task.window.dilation[0]
    return np.concatenate([toeplitz(column.astype(task.work), rows, stride, dilation) for column in columns])


def _layout(strip: Strip, phases: list[Columns]) -> Layout:
    spans, parts, before = [], [], 0
    for phase in phases:
        reads = [int(strip.offsets[0, use.column]) for use in phase.uses]
        spans.append((reads[0], reads[-1] - reads[0] + strip.grid.width))
        for use, read in zip(phase.uses, reads, strict=True):
            parts.append((before + use.which, read - reads[0], use.added))
        before += len(phase.distinct)
    longest = max(length for _, length in spans)
    # A row pitch near a power of two would put all partial sums into the same cache lines.
    pitch = longest + (16 if longest % 256 < 16 else 0)
    return Layout(spans, before, pitch, _runs(parts))


def _multiply(
    strip: Strip, first: int, layout: Layout, matrices: list[Array], into: Array, scratch: Scratch
) -> None:
    """Write output rows from `first` on to `into`, (batch, rows, width)."""
    batch, high, _ = into.shape
    x, step, size = strip.x, strip.grid.step, strip.x.itemsize
    partials = scratch("partials", (batch, layout.columns, high, layout.pitch), x.dtype)
    stacked = partials.reshape(batch, -1, layout.pitch)
    row = 0
    for matrix, (start, length) in zip(matrices, layout.spans, strict=True):
        windows: Array = np.ndarray(
            (batch, matrix.shape[1], length),
            x.dtype,
            x,
            (first * step + start) * size,
            (high * step * size, strip.pitch * size, size),
        )
        np.matmul(matrix, windows, out=stacked[:, row : row + len(matrix), :length])
        row += len(matrix)
    for index, run in enumerate(layout.runs):
        sums = scratch("sum", into.shape, x.dtype) if index else into
        _add_run(partials, run, sums)
        if index:
            np.add(into, sums, out=into)


def _add_run(partials: Array, run: Run, into: Array) -> None:
    _, count, high, pitch = partials.shape
    batch, _, width = into.shape
    size = partials.itemsize
    shifted: Array = np.ndarray(
        (batch, high, len(run.signs), width),
        partials.dtype,
        partials,
        (run.which * high * pitch + run.offset) * size,
        (count * high * pitch * size, pitch * size, (run.apart * high * pitch + run.shift) * size, size),
    )
    np.matmul(np.array([run.signs], partials.dtype), shifted, out=into[:, :, None])


def _runs(parts: list[tuple[int, int, bool]]) -> list[Run]:
    """Group `parts`, ``(column, offset, added)`` sorted by offset, greedily into runs of even spacing."""
    runs: list[list[tuple[int, int, bool]]] = []
    for part in parts:
        last = [*runs[-1], part] if runs else [part]
        steps = {(after[0] - before[0], after[1] - before[1]) for before, after in pairwise(last)}
        if len(steps) == 1 and all(apart for apart, _ in steps):
            runs[-1] = last
        else:
            runs.append([part])
    found = []
    for run in runs:
        if run[-1][0] < run[0][0]:
            run.reverse()
        (which, offset, _), *rest = run
        apart, shift = (rest[0][0] - which, rest[0][1] - offset) if rest else (1, 0)
        found.append(Run(which, offset, apart, shift, [1 if added else -1 for _, _, added in run]))
    return found
