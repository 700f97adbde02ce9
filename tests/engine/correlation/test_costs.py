"""Both columns of the table choose what was fastest where they were measured."""

import os
import subprocess
import sys

import numpy as np
import pytest

from convcli.choices import Method
from convcli.engine.blas import SMALL_PRODUCT, has_small_path, most_multiplications
from convcli.engine.correlation import costs
from convcli.engine.correlation.plan import plan
from convcli.engine.correlation.tap_programs import Chain, Dense, Doubling, compile_taps
from convcli.engine.correlation.toeplitz import Product

RNG = np.random.default_rng(11)
F4 = np.dtype(np.float32)


@pytest.fixture(params=[True, False], ids=["AVX-512", "AVX2"])
def small_path(request, monkeypatch):
    monkeypatch.setattr(costs, "has_small_path", lambda: request.param)
    return request.param


@pytest.mark.parametrize(
    ("size", "with_path", "without"),
    [
        (3, Method.GEMM, Method.DIRECT),
        (5, Method.GEMM, Method.DIRECT),
        (7, Method.GEMM, Method.GEMM),
        (11, Method.GEMM, Method.GEMM),
        (15, Method.FFT, Method.FFT),
        (31, Method.FFT, Method.FFT),
    ],
)
def test_dense_kernels(size, with_path, without, small_path):
    kernel = RNG.normal(0, 1, (size, size))  # new ones each time: plans are remembered
    assert plan(kernel, (2048, 2048), F4).method is (with_path if small_path else without)


@pytest.mark.parametrize(
    ("line", "with_path", "without"),
    [([1, 2, 1], Product, Doubling), ([1, 1, 1, 1, 1, 1, 1, 1], Product, Doubling), (9, Product, Product)],
    ids=["binomial", "box", "dense"],
)
def test_lines_down_the_columns(line, with_path, without, small_path):
    weights = RNG.normal(0, 1, (line, 1)) if isinstance(line, int) else np.array(line)[:, None] * RNG.random()
    assert isinstance(compile_taps(weights, F4), with_path if small_path else without)


@pytest.mark.parametrize(("count", "with_path", "without"), [(3, Chain, Chain), (7, Product, Dense)])
def test_lines_along_the_rows(count, with_path, without, small_path):
    line = np.array([[-1.0, 0, 1]]) * RNG.random() if count == 3 else RNG.normal(0, 1, (1, count))
    assert isinstance(compile_taps(line, F4), with_path if small_path else without)


def test_the_limit_follows_the_kernels():
    assert most_multiplications() == (SMALL_PRODUCT if has_small_path() else sys.maxsize)


def test_kernels_for_avx2_have_no_path_for_small_matrices():
    shown = subprocess.run(
        [sys.executable, "-c", "from convcli.engine.blas import has_small_path; print(has_small_path())"],
        env=os.environ | {"OPENBLAS_CORETYPE": "Haswell"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout == "False\n"
