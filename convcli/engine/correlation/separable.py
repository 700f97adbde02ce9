"""The separable method: a kernel of rank r is r columns times r rows, ``k = sum_t u_t v_t'``."""

from typing import Any

import numpy as np

from convcli.engine.arrays import Array, Floats, is_whole
from convcli.engine.blas import one_thread
from convcli.engine.correlation.strips import Grid, Strip, cut_pieces
from convcli.engine.correlation.sweep import sweep
from convcli.engine.correlation.tap_programs import blas_for, column_period, compile_taps
from convcli.engine.correlation.task import Task
from convcli.engine.kernel_cache import by_weights
from convcli.engine.threads import Scratch

__all__ = ["FACTOR_DTYPE", "Term", "are_whole", "correlate", "factors", "is_exact", "rank_one"]

# Column and row whose outer product is one term of the kernel.
Term = tuple[Floats, Floats]

# Share of the largest weight above which the rounding errors of terms cannot exceed a weight's product.
TINY = 1e-3

# Precision to which a kernel is factored where sums are computed in int16, which has no rounding unit.
FACTOR_DTYPE = np.dtype(np.float32)


def are_whole(terms: list[Term]) -> bool:
    """Whether all columns and rows of `terms` are integers, so that sums of integer pixels stay exact."""
    return all(is_whole(line) for term in terms for line in term)


def is_exact(terms: list[Term], kernel: Floats) -> bool:
    """Whether `terms` give the same sums of whole pixels as the whole weights of `kernel`, exactly.

    Their lines are whole, their products add up to the kernel without a rest, and no partial sum can exceed
    ``sum|k| * max|x|``, since the products' magnitudes add up to no more than the kernel's.
    """
    products = [np.outer(u, v) for u, v in terms]
    return (
        are_whole(terms)
        and np.array_equal(sum(products), kernel)
        and float(np.abs(products).sum()) <= float(np.abs(kernel).sum())
    )


def correlate(task: Task, threads: int) -> None:
    """Compute `task` by columns, then rows, for each term of its kernel."""
    period = column_period(task.window.stride[1], task.window.dilation[1])
    lines = factors(task.kernel, FACTOR_DTYPE if task.work.kind == "i" else task.work, task.bound < np.inf)
    terms = [
        (compile_taps(u[:, None], task.work), compile_taps(v[None], task.work, period)) for u, v in lines
    ]
    # Terms of both signs may leave rounding errors below zero where the kernel's weights are zero or tiny.
    differences = len(terms) > 1 and 0 <= task.kernel.min() <= TINY * task.kernel.max()

    def compute(strip: Strip, into: Array, scratch: Scratch) -> None:
        grid, offsets = strip.grid, strip.offsets
        length = int(offsets[0].max()) + grid.width  # samples of an input row that are read
        columns = scratch("columns", (grid.rows, length), strip.x.dtype)
        vertical = strip._replace(grid=Grid(grid.rows, length, grid.step), offsets=offsets[:, :1])
        across = Grid(grid.rows, grid.width, length)
        horizontal = Strip(columns.reshape(-1), length, across, offsets[:1])
        for index, (down, along) in enumerate(terms):
            down(vertical, columns, scratch)
            term = scratch("term", into.shape, into.dtype) if index else into
            along(horizontal, term, scratch)
            if index:
                np.add(into, term, out=into)
        if differences and into.min() < 0 and _read_by(strip).min() >= 0:
            np.maximum(into, 0, out=into)

    with blas_for(*(program for pair in terms for program in pair)):
        sweep(task, compute, cut_pieces(task, threads), threads)


@by_weights
def factors(kernel: Floats, dtype: np.dtype[Any], exact: bool = False) -> list[Term]:
    """Return the fewest pairs ``(column, row)`` whose products add up to `kernel` within rounding.

    A kernel of more than half its full rank, or whose factors would amplify rounding (or are not `exact`), is
    returned as its rows (or columns): as many multiplications as the direct method, and as exact.
    """
    if exact:
        terms = factors(kernel, dtype)
        return terms if is_exact(terms, kernel) else _lines(kernel)
    single = rank_one(kernel, dtype)
    if single is not None:
        return [single]
    terms = _by_svd(kernel, _tolerance(kernel, dtype))
    if terms and len(terms) < min(kernel.shape):
        return terms
    return _lines(kernel)


def _lines(kernel: Floats) -> list[Term]:
    """Return the rows or columns of `kernel`, whichever are fewer, as terms."""
    by_rows = kernel.shape[0] <= kernel.shape[1]
    lines = kernel if by_rows else kernel.T
    units = np.eye(len(lines))
    return [
        (unit, line) if by_rows else (line, unit)
        for unit, line in zip(units, lines, strict=True)
        if line.any()
    ]


def _read_by(strip: Strip) -> Array:
    """Return the samples from the first that `strip` reads to the last."""
    return strip.x[: strip.grid.reach + int(strip.offsets.max())]


def rank_one(kernel: Floats, dtype: np.dtype[Any]) -> Term | None:
    """Return the column and the row whose product is `kernel`, or None if its rank is above 1.

    Integers without a common divisor where possible, the scale factor in the row, so that sums of integer
    pixels stay exact and the likes of ``1 2 1`` need additions alone.
    """
    if not kernel.any():
        return np.zeros(kernel.shape[0]), np.zeros(kernel.shape[1])
    i, j = np.unravel_index(np.abs(kernel).argmax(), kernel.shape)
    column, row = kernel[:, j], kernel[i]
    product = np.outer(column, row / kernel[i, j])
    if np.abs(product - kernel).sum() > _tolerance(kernel, dtype):
        return None
    u, v = _primitive(column), _primitive(row)
    if u[i] < 0:
        u = -u
    factor = kernel[i, j] / (u[i] * v[j])
    nearest = np.rint(factor)
    if abs(factor - nearest) < 1e-12 * abs(factor):
        factor = nearest
    return u, v * factor


def _primitive(line: Floats) -> Floats:
    """Return `line` scaled to integers without a common divisor where possible, else to a maximum of 1."""
    sizes = np.abs(line[line != 0])
    if sizes.max() < 1 << 40 and (sizes == np.rint(sizes)).all():
        return line / float(np.gcd.reduce(sizes.astype(np.int64)))
    for unit in (sizes.min(), sizes.min() / 2):
        nearest: Floats = np.rint(line / unit)
        if np.abs(nearest).max() < 1 << 20 and np.allclose(line / unit, nearest, rtol=1e-13, atol=0):
            return nearest
    return line / float(sizes.max())


def _by_svd(kernel: Floats, tolerance: float) -> list[Term]:
    """Return singular vectors that leave at most `tolerance`; none where they would amplify rounding."""
    scale = np.abs(kernel).max()
    with one_thread():
        values = np.linalg.svd(kernel / scale, compute_uv=False)
        # The best sum of n // 2 + 1 terms misses the kernel by this much in the Frobenius norm
        # (Eckart-Young) and by no less in the sum of magnitudes, which the tolerance bounds.
        if np.sqrt((values[len(values) // 2 + 1 :] ** 2).sum()) * scale > tolerance:
            return []
        left, values, right = np.linalg.svd(kernel / scale)
    rest = kernel.copy()
    terms = []
    for index, value in enumerate(values):
        terms.append((left[:, index] * (value * scale), right[index]))
        rest -= np.outer(*terms[-1])
        if np.abs(rest).sum() <= tolerance:
            break
    size = sum(np.abs(u).sum() * np.abs(v).sum() for u, v in terms)
    return terms if size <= 4 * np.abs(kernel).sum() else []


def _tolerance(kernel: Floats, dtype: np.dtype[Any]) -> float:
    return float(2 * np.finfo(dtype).eps * np.abs(kernel).sum())
