import numpy as np
import pytest

from convcli.choices import Combine
from convcli.engine.correlation.combine import combine
from convcli.errors import GeometryError, UsageError

A, B, C = (np.random.default_rng(n).normal(0, 1, (7, 5, 3)) for n in range(3))
EXPECTED = {
    Combine.MAGNITUDE: np.sqrt(A**2 + B**2),
    Combine.MAX: np.where(A > B, A, B),
    Combine.SUM: A + B,
    Combine.ORIENTATION: np.degrees(np.arctan2(B, A)),
}


@pytest.mark.parametrize("how", [how for how in Combine if how is not Combine.NONE])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_two_maps(how, dtype):
    first, second = A.astype(dtype), B.astype(dtype)
    result = combine([first, second], how)
    assert result is first
    np.testing.assert_allclose(result, EXPECTED[how], rtol=1e-6 if dtype == "float32" else 1e-15)


def test_three_maps_and_one():
    np.testing.assert_allclose(
        combine([A.copy(), B.copy(), C.copy()], Combine.MAGNITUDE), np.sqrt(A**2 + B**2 + C**2)
    )
    np.testing.assert_array_equal(combine([A.copy(), B.copy(), C.copy()], Combine.MAX), np.max([A, B, C], 0))
    np.testing.assert_array_equal(combine([A.copy()], Combine.MAGNITUDE), np.abs(A))
    np.testing.assert_array_equal(combine([A.copy()], Combine.SUM), A)


@pytest.mark.parametrize("scale", [1e30, 1e-30])
def test_magnitude_of_huge_and_tiny_numbers(scale):
    first, second = np.array([3 * scale, 0], np.float32), np.array([4 * scale, 0], np.float32)
    np.testing.assert_allclose(combine([first, second], Combine.MAGNITUDE), [5 * scale, 0], rtol=1e-6)


def test_orientation_of_the_axes():
    x, y = np.array([1.0, 0, -1, 0, 0]), np.array([0.0, 1, 0, -1, 0])
    assert combine([x, y], Combine.ORIENTATION).tolist() == [0, 90, 180, -90, 0]


@pytest.mark.parametrize(
    ("maps", "how", "kind", "words"),
    [
        ([], Combine.SUM, UsageError, "no maps"),
        ([A], Combine.NONE, UsageError, "none"),
        ([A], Combine.ORIENTATION, UsageError, "two maps, not 1"),
        ([A, B, C], Combine.ORIENTATION, UsageError, "two maps, not 3"),
        ([A, B[:2]], Combine.SUM, GeometryError, "(2, 5, 3)"),
    ],
)
def test_errors(maps, how, kind, words):
    with pytest.raises(kind) as caught:
        combine(maps, how)
    assert words in caught.value.message
    assert caught.value.hint
