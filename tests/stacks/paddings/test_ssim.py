"""SSIM is scikit-image's, to rounding."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from skimage.metrics import structural_similarity as peer

from convcli.stacks.paddings.ssim import structural_similarity

SAME = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "full": True}


@settings(max_examples=30)
@given(
    shape=st.tuples(st.integers(11, 30), st.integers(11, 30)),
    channels=st.sampled_from((None, 1, 3)),
    noise=st.sampled_from((0.0, 1e-3, 0.1, 1.0)),
    peak=st.sampled_from((1.0, 255.0, 65535.0)),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_map_of_scikit_image(shape, channels, noise, peak, seed) -> None:
    rng = np.random.default_rng(seed)
    size = shape if channels is None else (*shape, channels)
    a = rng.random(size) * peak
    b = a + rng.normal(0, noise * peak, size)
    _, expected = peer(a, b, data_range=peak, channel_axis=None if channels is None else 2, **SAME)
    assert_allclose(structural_similarity(a, b, peak), expected, atol=1e-9)


def test_equal_pictures_are_alike_everywhere() -> None:
    a = np.random.default_rng(0).random((7, 5))
    assert_allclose(structural_similarity(a, a, 1.0), 1.0, atol=1e-12)


def test_pictures_smaller_than_the_window() -> None:
    a, b = np.zeros((1, 3)), np.ones((1, 3))
    # Without variance only (2 ma mb + c1) / (ma^2 + mb^2 + c1) is left, and c1 = 0.01^2.
    assert structural_similarity(a, b, 1.0) == pytest.approx(np.full((1, 3), 1e-4 / (1 + 1e-4)))
