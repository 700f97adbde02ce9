"""The Kernel value: what it checks, turns and divides."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal

from convcli.choices import Combine
from convcli.errors import KernelError
from convcli.kernels.kernel import Kernel
from convcli.kernels.spec import kernel
from convcli.limits import WEIGHTS

WHOLE = hnp.arrays(
    np.float64, hnp.array_shapes(min_dims=2, max_dims=3, max_side=5), elements=st.integers(-9, 9).map(float)
)


def test_weights_are_one_array_or_several():
    assert isinstance(kernel("box").weights, np.ndarray)
    assert [part.shape for part in kernel("sobel").weights] == [(3, 3), (3, 3)]


def test_weights_are_copied_and_cannot_be_changed():
    given_array = np.eye(2)
    made = Kernel.of(given_array)
    given_array[0, 0] = 7
    assert made.weights[0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        made.weights[0, 0] = 7


def test_four_axes_are_maps():
    made = Kernel.of(np.arange(24.0).reshape(2, 3, 2, 2), bias=[1, 2])
    assert [part.shape for part in made.components] == [(3, 2, 2)] * 2
    assert (made.combine, made.bias) == (Combine.NONE, (1.0, 2.0))
    assert_array_equal(made.components[1][0, 0], [12, 13])


def test_properties_are_one_value_or_one_each():
    assert (kernel("sobel-x").rank, kernel("sobel-x").gain) == (1, 0)
    assert str(kernel("box").symmetry) == "symmetric under every mirror and quarter turn"
    assert (kernel("roberts").rank, kernel("roberts").gain) == ((2, 2), (0, 0))
    assert len(kernel("kirsch").symmetry) == 8


def test_repr_says_what_matters():
    assert repr(kernel("sobel")) == "Kernel('sobel', 3x3, 3x3, combine=magnitude)"
    assert repr(Kernel.of(np.ones((3, 2, 1)), name="k")) == "Kernel('k', 3x2x1)"


@given(WHOLE)
def test_rotated_is_half_a_turn(weights):
    made = Kernel.of(weights, bias=[3])
    turned = made.rotated()
    rows, columns = weights.shape[-2:]
    for i in range(rows):
        for j in range(columns):
            assert_array_equal(turned.weights[..., i, j], weights[..., rows - 1 - i, columns - 1 - j])
    assert (turned.name, turned.bias) == (made.name, made.bias)
    assert_array_equal(turned.rotated().weights, weights)


@given(WHOLE.filter(lambda weights: weights.any()))
def test_normalized_divides_by_the_sum_or_that_of_absolutes(weights):
    total = sum(weights.ravel().tolist()) or sum(map(abs, weights.ravel().tolist()))
    assert_allclose(Kernel.of(weights).normalized().weights, weights / total)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("0.1 0.2 -0.3", [[1 / 6, 2 / 6, -3 / 6]]),  # the sum is rounding only
        ("1e-300 3e-300", [[0.25, 0.75]]),
        ("1.5e308 1.5e308", [[0.5, 0.5]]),
        ("-1 -1", [[0.5, 0.5]]),
    ],
)
def test_normalized_at_the_edges_of_numbers(spec, expected):
    assert_allclose(kernel(spec).normalized().weights, expected, rtol=1e-12)


def test_each_component_is_normalized_by_itself():
    parts = Kernel("k", (np.ones((1, 2)), np.full((1, 4), 3.0)), Combine.SUM, (5, 6)).normalized()
    assert_array_equal(parts.components[0], [[0.5, 0.5]])
    assert_array_equal(parts.components[1], [[0.25] * 4])
    assert (parts.combine, parts.bias) == (Combine.SUM, (5, 6))


def test_zeros_cannot_be_normalized():
    with pytest.raises(KernelError, match="'matrix' is all zeros, so it cannot be normalized"):
        kernel("0 0; 0 0").normalized()


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("gaussian:sigma=2", "gaussian"),
        ("../../etc/passwd", "etc-passwd"),
        ("a b\nc", "a-b-c"),
        ("\udcff", "kernel"),
        ("", "kernel"),
        ("x" * 200, "x" * 60),
        ("layer.0", "layer.0"),
    ],
)
def test_stems_are_safe_in_file_names(name, stem):
    assert Kernel(name, (np.eye(2),)).stem == stem


class Huge:
    """An array that says it is large without being so."""

    def __array__(self, dtype=None, copy=None):
        return np.broadcast_to(np.float32(1), (WEIGHTS.most, 1, 5, 1))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Kernel("k", ()), "kernel 'k' has no components"),
        (lambda: Kernel("k", (np.ones((1, 1, 1, 1)),)), "kernel 'k' has 4 axes"),
        (lambda: Kernel("k", (np.float64(3),)), "kernel 'k' is a single number"),
        (lambda: Kernel("k", (np.ones((2, 0)),)), "kernel 'k' is empty: its size is 2 x 0"),
        (lambda: Kernel("k", (np.array([[np.nan]]),)), "kernel 'k': nan at row 1, column 1"),
        (lambda: Kernel("k", (np.eye(2),), bias=(1, 2)), "2 biases for 1 components"),
        (lambda: Kernel("k", (np.eye(2),), bias=(np.inf,)), r"bias \(inf,\) is not finite"),
        (lambda: Kernel("k", (np.eye(2),), Combine.MAX), "one component, so nothing to combine by max"),
        (lambda: Kernel.of(np.ones((4096, 1)), name="k"), "kernel 'k' is too large: 4096 x 1"),
        (lambda: Kernel.of(Huge(), name="k"), "kernel 'k' is too large: 16777216 x 1 x 5 x 1"),
        (lambda: Kernel.of([["a"]], name="k"), "kernel 'k' holds str32, not real numbers"),
        (lambda: Kernel.of([[np.longdouble("1e400")]], name="k"), "kernel 'k': inf at row 1, column 1"),
    ],
)
def test_what_a_kernel_refuses(make, message):
    with pytest.raises(KernelError, match=message) as caught:
        make()
    assert caught.value.hint
