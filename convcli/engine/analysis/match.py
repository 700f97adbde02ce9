"""How well each window matches a feature: normalised cross-correlation, from -1 to 1."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike

from convcli.choices import PadMode, PoolMode
from convcli.engine.arrays import Array, Floats, working_dtype
from convcli.engine.correlation.correlate import as_picture, as_weights, correlate_window
from convcli.engine.pad import pad2d
from convcli.engine.pooling.pool2d import Pooling, pool_planes
from convcli.engine.window import Window
from convcli.errors import UsageError

__all__ = ["FLAT", "match_score", "match_window"]

FLAT = 1e-9
"""A window (or a feature) is flat where its values spread over no more than this share of the largest."""

LOST = 1e-8
"""Share of a window's mean square below which its variance, a difference of sums, has lost its digits."""

FAINT = 1e-10
"""Energy of a window, beside the square of the picture's largest value, below which sums are too coarse."""

AT_ONCE = 1 << 20
"""Numbers gathered at a time where windows are looked at one by one."""


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
    feature but for brightness and contrast, -1 where it is its opposite, 0 where it has nothing of it. It is
    0, too, where the window or the feature is flat: its greatest and least value differ by no more than 1e-9
    of the largest magnitude among them.

    Parameters
    ----------
    image : (H, W) or (H, W, C) array
        Each channel is matched alike.
    kernel : (kh, kw) array
        The feature.
    center : bool
        Without it no mean is subtracted: the cosine between window and feature, 0 where either is all zeros.
    pad, pad_value, padding, stride, dilation, jobs
        As for :func:`convcli.engine.correlation.correlate.correlate`.

    Returns
    -------
    (H', W') or (H', W', C) array
        float32 for pictures of float16, float32, bool and 8- and 16-bit integers, float64 for the others;
        within 1e-6 of the definition, whatever the picture's offset. Windows that see a value that is not
        finite score NaN.

    Raises
    ------
    KernelError, GeometryError, UsageError
        As :func:`convcli.engine.correlation.correlate.correlate`.

    Notes
    -----
    Everything is computed in float64: the numerator as one correlation with the centred feature, the
    energies of all windows from their mean and mean square by running sums. Windows whose variance cannot
    be told from the difference of those are few, and looked at one by one.

    References
    ----------
    Lewis, Fast normalized cross-correlation, 1995. OpenCV's ``TM_CCOEFF_NORMED`` and ``TM_CCORR_NORMED``.
    """
    weights = as_weights(kernel)
    window = Window.parse(
        weights.shape, stride=stride, padding=padding, dilation=dilation, pad=pad, pad_value=pad_value
    )
    return match_window(as_picture(image), weights, window, center=center, jobs=jobs)


def match_window(
    picture: Array, weights: Floats, window: Window, *, center: bool = True, jobs: int | None = None
) -> Array:
    """Return :func:`match_score` of arguments that are parsed: `window` has the size of `weights`."""
    feature = _feature(weights, center=center)
    if not math.isfinite(window.pad_value):
        raise UsageError(f"pad value {window.pad_value} is not finite", hint="give a number")
    window.output_size(picture.shape)
    planes = [picture] if picture.ndim == 2 else list(np.moveaxis(picture, 2, 0))
    scores = [_scores(plane, feature, window, jobs, center=center) for plane in planes]
    kind = working_dtype(picture.dtype)
    return scores[0].astype(kind) if picture.ndim == 2 else np.dstack(scores).astype(kind)


def _seen(plane: Floats, window: Window, constant: float) -> Floats:
    """Return `plane` with its padding."""
    return pad2d(plane, window.padding, window.mode or PadMode.ZERO, constant)


def _pooled(padded: Floats, window: Window, mode: PoolMode, jobs: int | None) -> Floats:
    """Return one number for each window of a padded plane."""
    return pool_planes(padded, Pooling(replace(window.unpadded(), mode=None), mode), jobs)


def _feature(weights: Floats, *, center: bool) -> Floats:
    """Return the feature, centred, of length 1; all zeros where it matches nothing."""
    largest = float(np.abs(weights).max())
    if largest == 0 or (center and float(np.ptp(weights / largest)) <= FLAT):
        return np.zeros_like(weights)
    weights = weights / largest
    if center:
        weights = weights - weights.mean()
        weights -= weights.mean()  # what rounding left of the mean
    return np.asarray(weights / np.linalg.norm(weights))


def _scores(plane: Array, feature: Floats, window: Window, jobs: int | None, *, center: bool) -> Floats:
    values = plane.astype(np.float64)
    finite = np.isfinite(values)
    clean = values if finite.all() else np.where(finite, values, 0.0)
    constant = window.constant
    peak = max(float(np.abs(clean).max()), abs(constant))
    exponent = math.frexp(peak)[1] if peak else 0
    clean, constant = np.ldexp(clean, -exponent), math.ldexp(constant, -exponent)
    padded = _seen(clean, window, constant)
    blank = _blank(padded, window, jobs, center=center)
    offset = float(padded.mean()) if center else 0.0
    padded -= offset
    scores = _quotients(padded, feature, window, jobs, blank, center=center)
    if not finite.all():
        lost = _seen((~finite).astype(np.float64), window, 0.0)
        scores[_pooled(lost, window, PoolMode.MAX, jobs) > 0] = np.nan
    return scores


def _blank(padded: Floats, window: Window, jobs: int | None, *, center: bool) -> Array:
    """Tell which windows match nothing: those that are flat, or, uncentred, all zeros."""
    high, low = (_pooled(padded, window, mode, jobs) for mode in (PoolMode.MAX, PoolMode.MIN))
    if center:
        return np.asarray(high - low <= FLAT * np.maximum(np.abs(high), np.abs(low)))
    return np.asarray((high == 0) & (low == 0))


def _quotients(
    padded: Floats, feature: Floats, window: Window, jobs: int | None, blank: Array, *, center: bool
) -> Floats:
    count = feature.size
    products = correlate_window(padded, feature, window.unpadded(), jobs=jobs)
    square = _pooled(padded * padded, window, PoolMode.AVG, jobs)
    energy = square - _pooled(padded, window, PoolMode.AVG, jobs) ** 2 if center else square
    peak = float(np.abs(padded).max())
    doubtful = ~blank & (count * energy <= FAINT * peak * peak)
    if center:
        doubtful |= ~blank & (energy <= LOST * square)
    clear = ~(blank | doubtful)
    scores = np.zeros_like(products)
    np.divide(products, np.sqrt(count * np.maximum(energy, 0.0)), out=scores, where=clear)
    _look(padded, feature, window, np.argwhere(doubtful), scores, center=center)
    return np.clip(scores, -1.0, 1.0, out=scores)


def _look(
    padded: Floats, feature: Floats, window: Window, places: Array, scores: Floats, *, center: bool
) -> None:
    """Compute the scores at `places` as the definition has them."""
    (down, across), (dy, dx) = window.stride, window.dilation
    views: Any = sliding_window_view(padded, window.span)[::down, ::across, ::dy, ::dx]
    step = max(1, AT_ONCE // feature.size)
    for begin in range(0, len(places), step):
        rows, columns = places[begin : begin + step].T
        seen = views[rows, columns]
        if center:
            seen = seen - seen.mean(axis=(1, 2), keepdims=True)
        seen = seen / np.abs(seen).max(axis=(1, 2), keepdims=True)
        lengths = np.sqrt((seen * seen).sum(axis=(1, 2)))
        scores[rows, columns] = np.tensordot(seen, feature, axes=2) / lengths
