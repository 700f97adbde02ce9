"""Measured costs of each method's operations, by which the planner and the compiler of taps choose.

Only the ratios within a column of the table matter: they decide from which size on another method is faster.
`python -m benchmarks crossovers` measures those sizes.
"""

from typing import NamedTuple

from convcli.engine.blas import has_small_path

__all__ = ["Costs", "costs"]


class Costs(NamedTuple):
    """Nanoseconds per sample of the output, one thread, float32; `*_weight` for each weight."""

    operation: float  # one NumPy operation, such as np.add, on whole arrays in the cache
    einsum: float  # np.einsum over a block of weights
    einsum_weight: float
    vertical: float  # a matrix product down the columns
    vertical_weight: float
    horizontal: float  # the same along the rows
    horizontal_weight: float
    gemm: float  # the GEMM method, apart from the next two
    gemm_weight: float  # a multiply-add of its product
    gemm_column: float  # adding the partial sums of a kernel column
    fft_tile: float  # transforms of a tile, there and back, per pixel of it


# With AVX-512, measured on Zen 4 (AMD EPYC, 1 MB of second-level cache per core), and with AVX2, on Zen 3
# (AMD EPYC, 512 kB); both 2026-11, NumPy 2.4 with OpenBLAS 0.3.31.
_TABLE = {
    "operation": (0.115, 0.13),
    "einsum": (0.2, 0.3),
    "einsum_weight": (0.115, 0.115),
    "vertical": (0.15, 0.39),
    "vertical_weight": (0.02, 0.045),
    "horizontal": (0.42, 1.25),
    "horizontal_weight": (0.019, 0.03),
    "gemm": (0.45, 1.5),
    "gemm_weight": (0.028, 0.042),
    "gemm_column": (0.07, 0.1),
    "fft_tile": (7.0, 10.0),
}
_AVX512, _AVX2 = (Costs(**{name: row[column] for name, row in _TABLE.items()}) for column in (0, 1))


def costs() -> Costs:
    """Return the costs on this machine: AVX-512 where OpenBLAS has a path for small matrices, else AVX2."""
    return _AVX512 if has_small_path() else _AVX2
