"""What the steps of each method cost, from which the planner and the compiler of taps choose.

One column for each kind of machine. Only the ratios within a column count: where methods cross depends on
them alone. `python -m benchmarks crossovers` measures where that is.
"""

from typing import NamedTuple

from convcli.engine.blas import has_small_path

__all__ = ["Costs", "costs"]


class Costs(NamedTuple):
    """Nanoseconds per number of the output, one thread, float32; `*_weight` for each weight."""

    operation: float  # a whole-array operation in the cache
    einsum: float
    einsum_weight: float
    vertical: float  # a matrix product down the columns
    vertical_weight: float
    horizontal: float  # the same along the rows
    horizontal_weight: float
    gemm: float
    gemm_weight: float  # a multiply-add of its product
    gemm_column: float  # adding the partial sums of a kernel column
    fft_tile: float  # transforms of a tile, there and back, per pixel of it


# 2026-11, AMD EPYC (Zen 4, 1 MB of second-level cache per core), NumPy 2.4 with OpenBLAS 0.3.31.
_AVX512 = Costs(
    operation=0.115,
    einsum=0.2,
    einsum_weight=0.115,
    vertical=0.15,
    vertical_weight=0.02,
    horizontal=0.42,
    horizontal_weight=0.019,
    gemm=0.45,
    gemm_weight=0.028,
    gemm_column=0.07,
    fft_tile=7.0,
)

# 2026-11, AMD EPYC (Zen 3, 512 kB), the same NumPy.
_AVX2 = Costs(
    operation=0.13,
    einsum=0.3,
    einsum_weight=0.115,
    vertical=0.39,
    vertical_weight=0.045,
    horizontal=1.25,
    horizontal_weight=0.03,
    gemm=1.5,
    gemm_weight=0.042,
    gemm_column=0.1,
    fft_tile=10.0,
)


def costs() -> Costs:
    """Return the column for this process: what decides is OpenBLAS's path for small matrices."""
    return _AVX512 if has_small_path() else _AVX2
