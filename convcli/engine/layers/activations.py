"""Activations, normalisation and upsampling of feature maps."""

import numpy as np

from convcli.choices import Choice
from convcli.engine.arrays import Array, Floats, as_number
from convcli.errors import GeometryError
from convcli.parsing import as_pair

__all__ = [
    "UpsampleMode",
    "leaky_relu",
    "normalize",
    "power",
    "relu",
    "sigmoid",
    "tanh",
    "threshold",
    "upsample",
]


class UpsampleMode(Choice, label="way of upsampling"):
    """How upsampled pixels are interpolated."""

    NEAREST = "nearest"
    BILINEAR = "bilinear"


def relu(x: Floats) -> Floats:
    """Return ``max(x, 0)``; NaN stays NaN.

    References
    ----------
    Nair and Hinton, Rectified linear units improve restricted Boltzmann machines, 2010.
    """
    return np.maximum(x, x.dtype.type(0))


def leaky_relu(x: Floats, slope: float = 0.01) -> Floats:
    """Return ``x`` where it is above 0, else ``slope * x``.

    References
    ----------
    Maas, Hannun and Ng, Rectifier nonlinearities improve neural network acoustic models, 2013.
    """
    as_number(slope, "slope", x.dtype)
    with np.errstate(all="ignore"):
        return np.where(x > 0, x, x * x.dtype.type(slope))


def sigmoid(x: Floats) -> Floats:
    """Return ``1 / (1 + exp(-x))``."""
    with np.errstate(over="ignore"):  # exp of a large number is infinite, and its inverse 0
        return np.asarray(1 / (1 + np.exp(-x)))


def tanh(x: Floats) -> Floats:
    """Return the hyperbolic tangent."""
    return np.tanh(x)


def threshold(x: Floats, limit: float, below: float = 0.0, above: float | None = None) -> Floats:
    """Return `below` where x is `limit` or less, else `above`, or x itself where that is None."""
    for value, name in ((limit, "limit"), (below, "below"), (above, "above")):
        if value is not None:
            as_number(value, name, x.dtype)
    scalar = x.dtype.type
    result: Floats = np.where(x > scalar(limit), x if above is None else scalar(above), scalar(below))
    return result


def power(x: Floats, exponent: float) -> Floats:
    """Return ``max(x, 0) ** exponent``; NaN stays NaN.

    With exponents below 1 this is the gamma correction that makes dark pixels lighter.

    References
    ----------
    Poynton, Gamma, in: Digital Video and HD, 2nd edition, 2012.
    """
    with np.errstate(over="ignore", under="ignore"):
        raised: Floats = np.power(relu(x), x.dtype.type(exponent))
    return raised


def normalize(x: Floats, mean: Floats, scale: Floats, shift: Floats) -> Floats:
    """Return ``(x - mean) * scale + shift``; the others are scalars, or one value per channel of C x H x W.

    Batch normalisation with fixed statistics is ``scale = weight / sqrt(variance + eps)``, ``shift = bias``.

    References
    ----------
    Ioffe and Szegedy, Batch normalization: accelerating deep network training, 2015.
    """
    m, s, b = (np.asarray(each, x.dtype).reshape(-1, 1, 1) for each in (mean, scale, shift))
    result = x - m
    result *= s
    result += b
    return result


def upsample(x: Array, factor: object, mode: UpsampleMode | str = "nearest") -> Array:
    """Enlarge maps, (..., H, W) floats, by whole factors: an int or (rows, columns).

    ``nearest``: ``y[m] = x[m // f]``. ``bilinear``: x at ``(m + 0.5) / f - 0.5``, between its two neighbours
    and held at the edges, along each axis; ``torch.nn.Upsample`` with ``align_corners=False``.
    """
    if x.ndim < 2 or 0 in x.shape:
        raise GeometryError(f"input of shape {x.shape} is not a picture", hint="give H x W or C x H x W")
    how = UpsampleMode.parse(mode)
    for axis, times in zip((-2, -1), as_pair(factor, "factor"), strict=True):
        if times > 1:
            x = np.repeat(x, times, axis) if how is UpsampleMode.NEAREST else _linear(x, times, axis)
    return x


def _linear(x: Array, factor: int, axis: int) -> Array:
    size = x.shape[axis]
    at = np.clip((np.arange(size * factor) + 0.5) / factor - 0.5, 0, size - 1)
    before = at.astype(np.intp)
    after = np.minimum(before + 1, size - 1)
    fraction = np.expand_dims((at - before).astype(x.dtype), 1 if axis == -2 else 0)
    near, far = np.take(x, before, axis), np.take(x, after, axis)
    near *= 1 - fraction
    far *= fraction
    near += far
    return near
