"""Structural similarity (SSIM) of two pictures."""

import numpy as np

from convcli.engine.arrays import Array
from convcli.engine.correlation.correlate import correlate

__all__ = ["RADIUS", "structural_similarity"]

# Radius (of 11 x 11 pixels) and sigma of the Gaussian window, in pixels, from Wang et al.
RADIUS, SIGMA = 5, 1.5
# Stabilising constants, as shares of white, from Wang et al.
K1, K2 = 0.01, 0.03


def structural_similarity(a: Array, b: Array, peak: float) -> Array:
    """Return the map of SSIM, ``(2 ma mb + c1) (2 cab + c2) / ((ma^2 + mb^2 + c1) (va + vb + c2))``.

    Means m, variances v and the covariance cab are taken under an 11 x 11 Gaussian window of sigma 1.5;
    ``c1 = (0.01 peak)^2``, ``c2 = (0.03 peak)^2``. The padding is symmetric.

    Parameters
    ----------
    a, b : (H, W) or (H, W, C) float arrays
        Of any size; each channel is compared with the same channel.
    peak : float
        The value of white, above 0.

    Returns
    -------
    array like `a`, 1 where the neighbourhoods are equal

    References
    ----------
    Wang, Bovik, Sheikh and Simoncelli, Image quality assessment: from error visibility to structural
    similarity, IEEE Trans. Image Processing 13(4), 2004. The same numbers as scikit-image's
    ``structural_similarity(gaussian_weights=True, sigma=1.5, use_sample_covariance=False, full=True)``.
    """
    mean_a, mean_b = _smooth(a), _smooth(b)
    variance_a = _smooth(a * a) - mean_a * mean_a
    variance_b = _smooth(b * b) - mean_b * mean_b
    covariance = _smooth(a * b) - mean_a * mean_b
    c1, c2 = (K1 * peak) ** 2, (K2 * peak) ** 2
    above = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    below = (mean_a * mean_a + mean_b * mean_b + c1) * (variance_a + variance_b + c2)
    return np.asarray(above / below)


def _smooth(values: Array) -> Array:
    at = np.arange(-RADIUS, RADIUS + 1) / SIGMA
    weights = np.exp(-0.5 * at * at)
    weights /= weights.sum()
    rows = correlate(values.astype(np.float64), weights[:, None], pad="symmetric")
    return correlate(rows, weights[None, :], pad="symmetric")
