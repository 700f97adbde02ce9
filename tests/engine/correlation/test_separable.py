import numpy as np
import pytest
from hypothesis import given

from convcli.engine.correlation.separable import factors, rank_one
from tests.engine.strategies import kernels

F4, F8 = np.dtype("float32"), np.dtype("float64")


@given(kernel=kernels(max_side=9))
def test_factors_add_up(kernel):
    for dtype, share in ((F4, 3e-7), (F8, 1e-15)):
        terms = factors(kernel, dtype)
        total = sum((np.outer(u, v) for u, v in terms), np.zeros(kernel.shape))
        assert np.abs(total - kernel).sum() <= share * np.abs(kernel).sum()
        rank = np.linalg.matrix_rank(kernel)
        assert len(terms) <= max(1, min(kernel.shape))
        assert len(terms) >= rank or dtype == F4


@pytest.mark.parametrize(
    ("kernel", "u", "v"),
    [
        ([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], [1, 2, 1], [-1, 0, 1]),
        (np.outer([1, 2, 1], [1, 2, 1]) / 16, [1, 2, 1], [1 / 16, 2 / 16, 1 / 16]),
        (np.full((3, 2), 1 / 6), [1, 1, 1], [1 / 6, 1 / 6]),
        (np.outer([6, 10, 15], [4, 4, 2]), [6, 10, 15], [4, 4, 2]),
        (np.outer([2, 3], [10, -4]) / 7, [2, 3], [10 / 7, -4 / 7]),
        ([[0, 0], [0, 0]], [0, 0], [0, 0]),
    ],
)
def test_whole_factors_are_found(kernel, u, v):
    found = rank_one(np.array(kernel, float), F8)
    assert found is not None
    np.testing.assert_allclose(found[0], u, rtol=1e-15)
    np.testing.assert_allclose(found[1], v, rtol=1e-15)


def test_higher_ranks_are_refused():
    assert rank_one(np.array([[1.0, 0], [0, 1e-3]]), F4) is None
    assert rank_one(np.array([[1.0, 0], [0, 1e-9]]), F8) is None
    assert rank_one(np.array([[1.0, 0], [0, 1e-9]]), F4) is not None
    assert len(factors(np.eye(5), F8)) == 5


def test_factors_that_would_amplify_rounding_are_not_used():
    rng = np.random.default_rng(0)
    for _ in range(50):
        kernel = rng.normal(0, 1, (9, 9)) * 10.0 ** rng.integers(-6, 6, (9, 9))
        size = sum(np.abs(u).sum() * np.abs(v).sum() for u, v in factors(kernel, F4))
        assert size <= 4 * np.abs(kernel).sum()
