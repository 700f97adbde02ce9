"""Template matching: the normalised cross-correlation of each window with a kernel, from -1 to 1."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike

from convcli.choices import PadMode, PoolMode
from convcli.engine.arrays import Array, Floats, as_picture, working_dtype
from convcli.engine.correlation.correlate import as_weights, correlate_window
from convcli.engine.pad import pad2d
from convcli.engine.pooling.pool2d import Pooling, pool_planes
from convcli.engine.signals import as_rows, padded_beside
from convcli.engine.window import Window

__all__ = ["FLAT_RANGE", "match_score", "match_window"]

# A window or kernel counts as flat where its maximum and minimum differ by at most this share of its largest
# magnitude.
FLAT_RANGE = 1e-9

# Windows are scored one by one where cancellation may have cost the running sums too many of float64's 16
# digits: where the variance is below the first share of the mean square, or the energy (sum of squared
# deviations) below the second share of the square of the picture's peak.
CANCELLED_VARIANCE, CANCELLED_ENERGY = 1e-8, 1e-10

# Float64 samples gathered at a time for windows that are scored one by one: 8 MiB.
GATHERED_SAMPLES = 1 << 20


def match_score(
    image: ArrayLike,
    kernel: ArrayLike,
    *,
    center: bool = True,
    pad: PadMode | str = "reflect",
    pad_value: float = 0.0,
    padding: object = "same",
    stride: object = 1,
    dilation: object = 1,
    jobs: int | None = None,
) -> Array:
    """Return how well each window ``w`` of `image` matches the feature `kernel`, from -1 to 1.

    ``sum (w - mean w)(k - mean k) / sqrt(sum (w - mean w)^2 sum (k - mean k)^2)``: 1 where the window is the
    feature up to brightness and contrast, -1 where it is the inverted feature, 0 where they are uncorrelated.
    It is 0, too, where the window or the feature is flat: its maximum and minimum differ by no more than 1e-9
    of the largest magnitude.

    Parameters
    ----------
    image : (H, W) or (H, W, C) array, or (N,) array
        Each channel is matched alike. Or a signal.
    kernel : (kh, kw) array, for a signal (k,)
        The feature.
    center : bool
        Without it no mean is subtracted: the cosine between window and feature, 0 where either is all zeros.
    pad, pad_value, padding, stride, dilation, jobs
        As for :func:`convcli.engine.correlation.correlate.correlate`.

    Returns
    -------
    (H', W') or (H', W', C) array, for a signal (N',)
        float32 for pictures of float16, float32, bool and 8- and 16-bit integers, float64 for the others;
        within 1e-6 of the definition, whatever the picture's offset. Windows that read a value that is not
        finite score NaN.

    Raises
    ------
    KernelError, GeometryError, UsageError
        As :func:`convcli.engine.correlation.correlate.correlate`.

    Notes
    -----
    Everything is computed in float64: the numerator as one correlation with the centred feature, the
    energies of all windows from their mean and mean square by running sums. The few windows whose variance is
    lost to cancellation in these sums are scored one by one.

    References
    ----------
    Lewis, Fast normalized cross-correlation, 1995. OpenCV's ``TM_CCOEFF_NORMED`` and ``TM_CCORR_NORMED``.
    """
    image, kernel, signal = as_rows(image, kernel)
    padding = padded_beside(padding) if signal else padding
    weights = as_weights(kernel)
    window = Window.parse(
        weights.shape, stride=stride, padding=padding, dilation=dilation, pad=pad, pad_value=pad_value
    )
    scores = match_window(as_picture(image), weights, window, center=center, jobs=jobs)
    return scores[0] if signal else scores


@np.errstate(all="ignore")
def match_window(
    picture: Array, weights: Floats, window: Window, *, center: bool = True, jobs: int | None = None
) -> Array:
    """Return :func:`match_score` of arguments that are parsed: `window` has the size of `weights`."""
    feature = _feature(weights, center=center)
    window.output_size(picture.shape)
    planes = [picture] if picture.ndim == 2 else list(np.moveaxis(picture, 2, 0))
    scores = [_scores(plane, feature, window, jobs, center=center) for plane in planes]
    kind = working_dtype(picture.dtype)
    return scores[0].astype(kind) if picture.ndim == 2 else np.dstack(scores).astype(kind)


def _padded(plane: Floats, window: Window, constant: float) -> Floats:
    return pad2d(plane, window.padding, window.mode or PadMode.ZERO, constant)


def _pooled(padded: Floats, window: Window, mode: PoolMode, jobs: int | None) -> Floats:
    """Pool the windows of a padded plane."""
    return pool_planes(padded, Pooling(replace(window.unpadded(), mode=None), mode), jobs)


def _feature(weights: Floats, *, center: bool) -> Floats:
    """Return the kernel centred and of norm 1; zeros where it is flat, or without centring zero."""
    largest = float(np.abs(weights).max())
    if largest == 0 or (center and float(np.ptp(weights / largest)) <= FLAT_RANGE):
        return np.zeros_like(weights)
    weights = weights / largest
    if center:
        weights = weights - weights.mean()
        weights -= weights.mean()  # the rounding error of the first subtraction
    return np.asarray(weights / np.linalg.norm(weights))


def _scores(plane: Array, feature: Floats, window: Window, jobs: int | None, *, center: bool) -> Floats:
    values = plane.astype(np.float64)
    finite = np.isfinite(values)
    clean = values if finite.all() else np.where(finite, values, 0.0)
    constant = window.constant
    peak = max(float(np.abs(clean).max()), abs(constant))
    exponent = math.frexp(peak)[1] if peak else 0
    clean, constant = np.ldexp(clean, -exponent), math.ldexp(constant, -exponent)
    padded = _padded(clean, window, constant)
    blank = _blank(padded, window, jobs, center=center)
    offset = float(padded.mean()) if center else 0.0
    padded -= offset
    scores = _normalised(padded, feature, window, jobs, blank, center=center)
    if not finite.all():
        unknown = _padded((~finite).astype(np.float64), window, 0.0)
        scores[_pooled(unknown, window, PoolMode.MAX, jobs) > 0] = np.nan
    return scores


def _blank(padded: Floats, window: Window, jobs: int | None, *, center: bool) -> Array:
    """Return which windows score 0 by definition: flat ones, or without centring those of zeros."""
    high, low = (_pooled(padded, window, mode, jobs) for mode in (PoolMode.MAX, PoolMode.MIN))
    if center:
        return np.asarray(high - low <= FLAT_RANGE * np.maximum(np.abs(high), np.abs(low)))
    return np.asarray((high == 0) & (low == 0))


def _normalised(
    padded: Floats, feature: Floats, window: Window, jobs: int | None, blank: Array, *, center: bool
) -> Floats:
    count = feature.size
    products = correlate_window(padded, feature, window.unpadded(), jobs=jobs)
    square = _pooled(padded * padded, window, PoolMode.AVG, jobs)
    energy = square - _pooled(padded, window, PoolMode.AVG, jobs) ** 2 if center else square
    peak = float(np.abs(padded).max())
    doubtful = ~blank & (count * energy <= CANCELLED_ENERGY * peak * peak)
    if center:
        doubtful |= ~blank & (energy <= CANCELLED_VARIANCE * square)
    clear = ~(blank | doubtful)
    scores = np.zeros_like(products)
    np.divide(products, np.sqrt(count * np.maximum(energy, 0.0)), out=scores, where=clear)
    _score_exactly(padded, feature, window, np.argwhere(doubtful), scores, center=center)
    return np.clip(scores, -1.0, 1.0, out=scores)


def _score_exactly(
    padded: Floats, feature: Floats, window: Window, places: Array, scores: Floats, *, center: bool
) -> None:
    """Compute the scores at `places` by the definition."""
    (down, across), (dy, dx) = window.stride, window.dilation
    views: Any = sliding_window_view(padded, window.span)[::down, ::across, ::dy, ::dx]
    step = max(1, GATHERED_SAMPLES // feature.size)
    for begin in range(0, len(places), step):
        rows, columns = places[begin : begin + step].T
        windows = views[rows, columns]
        if center:
            windows = windows - windows.mean(axis=(1, 2), keepdims=True)
        windows = windows / np.abs(windows).max(axis=(1, 2), keepdims=True)
        norms = np.sqrt((windows * windows).sum(axis=(1, 2)))
        scores[rows, columns] = np.tensordot(windows, feature, axes=2) / norms
