"""Each program on its own, in both geometries, against plain sums."""

import itertools
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convcli.engine.correlation import toeplitz
from convcli.engine.correlation.strips import Grid, Strip, view
from convcli.engine.correlation.tap_programs import (
    Chain,
    Dense,
    Doubling,
    _doubling,
    column_period,
    compile_taps,
)
from convcli.engine.correlation.toeplitz import MAX_SPREAD, Product
from convcli.engine.threads import Scratch
from convcli.engine.tiles import even_cuts
from tests.engine.strategies import kernels, seeds

F8 = np.dtype("float64")


def run(program, weights, grid, seed, apart=1):
    """Return the program's sums and the plain ones."""
    rng = np.random.default_rng(seed)
    kh, kw = weights.shape
    pitch = grid.step
    offsets = np.arange(kh)[:, None] * pitch + np.arange(kw) * apart
    x = rng.normal(0, 1, grid.reach + int(offsets.max()))
    into = np.full((grid.rows, grid.width), np.nan)
    program(Strip(x, pitch, grid, offsets), into, Scratch())
    expected = np.zeros((grid.rows, grid.width))
    places = np.arange(grid.rows)[:, None] * grid.step + np.arange(grid.width)
    for tap in np.ndindex(kh, kw):
        expected += weights[tap] * x[places + offsets[tap]]
    return into, expected


grids = st.builds(
    lambda r, w, more: Grid(r, w, w + more), st.integers(1, 4), st.integers(1, 80), st.integers(0, 99)
)


@given(weights=kernels(max_side=5), grid=grids, seed=seeds, apart=st.integers(1, 3))
def test_chain_and_einsum(weights, grid, seed, apart):
    for program in (Chain(weights), Dense(weights, 1), compile_taps(weights, F8)):
        into, expected = run(program, weights, grid, seed, apart)
        np.testing.assert_allclose(into, expected, rtol=0, atol=1e-12)


BINOMIALS = [[1, 2, 1], [1, 3, 3, 1], [1, 4, 6, 4, 1]]


@pytest.mark.parametrize("line", [*BINOMIALS, *([1] * n for n in range(4, 34))], ids=str)
def test_doubling(line):
    flat, rows = Grid(3, 70, 75), Grid(2, 70, 300)
    for factor, grid, across in itertools.product((1.0, -0.3), (flat, rows), (True, False)):
        weights = np.array([line], float) * factor
        weights = weights if across else weights.T
        program = Doubling(weights, _doubling(weights.ravel()), Dense(weights, 1))
        assert len(program.additions) <= 2 * np.log2(len(line)) + 1
        into, expected = run(program, weights, grid, 3)
        np.testing.assert_allclose(into, expected, rtol=0, atol=1e-12, err_msg=f"{factor} {grid} {across}")


@pytest.mark.parametrize("taps", [5, 9, 24, 25, 60])
@pytest.mark.parametrize("across", [True, False])
@pytest.mark.parametrize("apart", [1, 3])
def test_products(taps, across, apart):
    weights = np.random.default_rng(taps).normal(size=(1, taps) if across else (taps, 1))
    for rows, width in itertools.product((1, 7, 8, 41), (3, 16, 150)):
        grid = Grid(rows, width, width + 5)
        into, expected = run(Product(weights, Dense(weights, 1)), weights, grid, 3, apart)
        np.testing.assert_allclose(into, expected, rtol=0, atol=1e-12, err_msg=str(grid))


@pytest.mark.parametrize("small_path", [True, False], ids=["AVX-512", "AVX2"])
@pytest.mark.parametrize("count", [3, 12, 25])
@pytest.mark.parametrize("across", [True, False])
@pytest.mark.parametrize("apart", [1, 3, MAX_SPREAD + 1])
def test_products_on_each_kind_of_machine(small_path, count, across, apart, monkeypatch):
    monkeypatch.setattr(toeplitz, "has_small_path", lambda: small_path)
    monkeypatch.setattr(toeplitz, "most_multiplications", lambda: 5000 if small_path else sys.maxsize)
    line = np.random.default_rng(count).normal(0, 1, (1, count))
    weights = line if across else line.T
    into, expected = run(Product(weights, Dense(weights, 1)), weights, Grid(19, 150, 160), 3, apart)
    np.testing.assert_allclose(into, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("across", [True, False])
def test_products_keep_infinities_to_themselves(across):
    weights = np.linspace(0.1, 1, 12)[None] if across else np.linspace(0.1, 1, 12)[:, None]
    offsets = np.arange(12)[None] if across else (np.arange(12) * 40)[:, None]
    x = np.ones(40 * 40)
    x[20 * 40 + 20] = np.inf
    into = np.empty((20, 25))
    with np.errstate(invalid="ignore"):
        Product(weights, Dense(weights, 1))(Strip(x, 40, Grid(20, 25, 40), offsets), into, Scratch())
    assert not np.isnan(into).any()
    seen = [(r, c) for r, c in np.ndindex(20, 25) if ((r * 40 + c) + offsets == 20 * 40 + 20).any()]
    assert {tuple(place) for place in np.argwhere(np.isinf(into)).tolist()} == set(seen)


def test_long_lines_are_products():
    line = np.random.default_rng(0).normal(size=31)
    assert isinstance(compile_taps(line[None], np.dtype("f4")), Product)
    assert isinstance(compile_taps(line[:, None], np.dtype("f4")), Product)
    assert not isinstance(compile_taps(line[None], np.dtype("f4"), 2), Product)


@pytest.mark.parametrize(
    ("weights", "steps"),
    [
        ([[0, 0], [0, 0]], 0),
        ([[1]], 1),
        ([[-1, 0, 1]], 1),
        ([[0, 1, 0], [1, -4, 1], [0, 1, 0]], 5),
        ([[-1, -1], [-1, -1]], 4),
        ([[0, -1, 0], [-1, 5, -1], [0, -1, 0]], 5),
    ],
)
def test_zeros_and_equal_magnitudes_cost_nothing(weights, steps):
    assert len(Chain(np.array(weights, float)).steps) == steps


def test_dense_weights_are_summed_in_short_blocks():
    program = Dense(np.ones((63, 63)), 1)
    assert sum(block.size for _, _, block in program.blocks) == 63 * 63
    assert max(block.size for _, _, block in program.blocks) <= 32


@pytest.mark.parametrize(
    ("stride", "dilation", "period"), [(1, 5, 1), (2, 1, 2), (4, 2, 2), (3, 3, 1), (6, 4, 3)]
)
def test_column_period(stride, dilation, period):
    assert column_period(stride, dilation) == period
    phases = [j * dilation % stride for j in range(4 * period)]
    assert phases == phases[:period] * 4


def test_view_and_cuts():
    assert view(np.arange(20.0), 3, Grid(2, 4, 10)).tolist() == [[3, 4, 5, 6], [13, 14, 15, 16]]
    assert even_cuts(10, 4) == [0, 3, 6, 10]
    assert even_cuts(3, 4) == [0, 3]
