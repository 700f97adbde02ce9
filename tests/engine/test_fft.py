import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convcli.engine.correlate import correlate
from convcli.engine.fft import tile_length
from tests import oracle


@given(
    count=st.integers(1, 5000),
    span=st.integers(1, 300),
    stride=st.integers(1, 9),
    preferred=st.sampled_from((256, 384)),
)
def test_tiles_are_smooth_and_hold_a_result(count, span, stride, preferred):
    length = tile_length(count, span, stride, preferred)
    assert length >= span
    rest = length
    for prime in (2, 3, 5):
        while rest % prime == 0:
            rest //= prime
    assert rest == 1
    assert length % 2 == 0
    whole = (count - 1) * stride + span
    assert length <= max(2 * whole + 2, 2 * preferred, 4 * span)
    if whole > 2 * length:
        assert length - span + 1 >= span / 4


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [2, 11, 32])
def test_float32_stays_in_the_bound_over_many_tiles(size, channels):
    rng = np.random.default_rng(size)
    image = rng.random((500, 700, channels), np.float32) + 100
    kernel = rng.normal(0, 1, (size, size))
    result = correlate(image, kernel, method="fft")
    exact = correlate(image.astype(np.float64), kernel, method="direct")
    assert np.abs(result - exact).max() <= oracle.bound(image, kernel, np.float32)


def test_whole_sums_are_rounded_to_be_exact():
    rng = np.random.default_rng(1)
    image = rng.integers(0, 256, (90, 90), dtype=np.uint8)
    kernel = rng.integers(-3, 4, (9, 9))
    np.testing.assert_array_equal(
        correlate(image, kernel, method="fft"), correlate(image, kernel, method="direct")
    )
