import numpy as np
import pytest

from convcli.choices import Method
from convcli.engine.correlation.plan import Plan, plan, plan_for
from convcli.engine.window import Window

RNG = np.random.default_rng(5)
BIG = (2000, 2000)


def gaussian(size):
    line = np.exp(-(((np.arange(size) - size // 2) / size * 4) ** 2))
    return np.outer(line, line) / line.sum() ** 2


@pytest.mark.parametrize(
    ("kernel", "method", "words"),
    [
        (gaussian(7), Method.SEPARABLE, "rank 1: 7+7 multiplies, not 49"),
        (np.full((15, 15), 1 / 225), Method.SEPARABLE, "rank 1: 15+15 multiplies, not 225"),
        (np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]]), Method.DIRECT, "5 of 9 weights"),
        (RNG.normal(0, 1, (7, 7)), Method.GEMM, "7x7 with 7 distinct columns"),
        (RNG.normal(0, 1, (41, 41)), Method.FFT, "41x41"),
        (np.zeros((5, 5)), Method.DIRECT, "0 of 25"),
        (np.ones((1, 9)), Method.DIRECT, "9 weights"),
    ],
)
def test_what_is_chosen_and_why(kernel, method, words):
    chosen = plan(kernel, BIG, np.float32)
    assert chosen.method is method
    assert words in chosen.reason


@pytest.mark.parametrize("method", [method for method in Method if method is not Method.AUTO])
def test_a_method_asked_for_is_obeyed(method):
    assert plan(np.ones((3, 3)), BIG, np.uint8, method=method) == Plan(method, "asked for")


def test_it_is_pure():
    kernel = RNG.normal(0, 1, (9, 9))
    before = kernel.copy()
    assert plan(kernel, BIG, "float32") == plan(kernel, BIG, "float32")
    np.testing.assert_array_equal(kernel, before)


def test_exact_sums_are_not_given_away():
    whole = RNG.integers(-9, 10, (15, 15))
    assert plan(whole, BIG, np.uint8).method is not Method.FFT
    assert plan(whole, BIG, np.float32).method is Method.FFT
    assert plan(whole, BIG, np.float32, bound=2.0**23).method is not Method.FFT
    two = np.outer(np.arange(11), np.ones(11)) + np.outer(np.ones(11), np.arange(11))
    assert plan(two * 1.0, BIG, np.float32).method is Method.SEPARABLE
    assert plan(two * 1.0, BIG, np.uint8).method is not Method.SEPARABLE
    assert plan(np.outer(np.arange(9), np.ones(9)), BIG, np.uint8).method is Method.SEPARABLE


def test_wide_whole_kernels_are_transformed_where_rounding_makes_them_exact():
    whole = RNG.integers(-9, 10, (41, 41))
    assert plan(whole, BIG, np.uint8).method is Method.FFT  # in float64
    assert plan(whole, BIG, np.uint8, constant=0.5).method is not Method.FFT
    assert plan(whole, BIG, np.int64, bound=2.0**50).method is not Method.FFT


@pytest.mark.parametrize(
    ("dtype", "pixel", "method"),
    [
        (np.float32, 200.0, Method.GEMM),
        (np.float32, 0.5, Method.SEPARABLE),
        (np.int64, 1000, Method.GEMM),
        (np.int64, 2**52, Method.SEPARABLE),
    ],
)
def test_pixels_decide_where_their_type_does_not(dtype, pixel, method):
    two = np.add.outer(np.arange(11), np.arange(11)) * 1.0
    picture = np.full((600, 600), pixel, dtype)
    chosen, _, bound = plan_for(picture, two, Window((11, 11)))
    assert chosen.method is method
    assert bound == (two.sum() * pixel if method is Method.GEMM else np.inf)


def test_small_pictures_do_not_pay_for_a_transform():
    kernel = RNG.normal(0, 1, (15, 15))
    assert plan(kernel, BIG, np.float32).method is Method.FFT
    assert plan(kernel, (20, 20), np.float32).method is not Method.FFT
