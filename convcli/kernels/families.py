"""Kernels with parameters, a function each; library.py has their defaults, limits and sources.

Lengths are in pixels and angles in degrees. ``size`` is ``(rows, columns)``, or None where it follows from
the other parameters.
"""

import math

import numpy as np

from convcli.errors import KernelError
from convcli.kernels.kernel import Array
from convcli.limits import KERNEL_SIDE

__all__ = [
    "binomial",
    "box",
    "disk",
    "dog",
    "gabor",
    "gaussian",
    "highpass",
    "identity",
    "log",
    "motion",
    "sobel_x",
    "sobel_y",
    "unsharp",
]

Pair = tuple[int, int]

# Rows of a disk that are computed at once: more take more memory than the kernel itself.
ROWS_AT_ONCE = 256


def identity(*, size: Pair) -> Array:
    """One at the centre, zero elsewhere; both sides are odd."""
    weights = np.zeros(size)
    weights[size[0] // 2, size[1] // 2] = 1
    return weights


def box(*, size: Pair) -> Array:
    """``1 / (rows * columns)`` everywhere."""
    return np.full(size, 1 / (size[0] * size[1]))


def highpass(*, size: Pair) -> Array:
    """``identity - box``: the sum is 0."""
    return identity(size=size) - box(size=size)


def binomial(*, size: Pair) -> Array:
    """Row `n` of Pascal's triangle over ``2**n``, in each direction; the sum is 1."""
    rows, columns = (np.array([a / 2 ** (n - 1) for a in _pascal(n)]) for n in size)
    return np.outer(rows, columns)


def sobel_x(*, size: Pair = (3, 3)) -> Array:
    """Binomial smoothing down the rows, ``[-1 0 1]`` convolved with a binomial across the columns.

    The same integers as ``cv2.getDerivKernels(1, 0, size)``.
    """
    rows, columns = size
    across = np.convolve([-1.0, 0.0, 1.0], np.array(_pascal(columns - 2), float))
    return np.outer(np.array(_pascal(rows), float), across)


def sobel_y(*, size: Pair = (3, 3)) -> Array:
    """The transpose of `sobel_x`: positive where brightness grows downwards."""
    return sobel_x(size=(size[1], size[0])).T


def gaussian(
    *,
    sigma: float | None = None,
    size: Pair | None = None,
    sigma_x: float | None = None,
    sigma_y: float | None = None,
) -> Array:
    """``exp(-(x/sigma_x)^2/2 - (y/sigma_y)^2/2)``, normalised to sum 1.

    The default size is SciPy's with ``truncate=4``. Where only the size is given, sigma is
    ``0.3*((size - 1)/2 - 1) + 0.8``, OpenCV's formula (for sizes up to 9 OpenCV itself then uses tables of
    rounded weights instead). The default of `sigma_x` and `sigma_y` is `sigma`, else the other one.
    """
    if sigma_x is None:
        sigma_x = sigma if sigma is not None else sigma_y
    if sigma_y is None:
        sigma_y = sigma if sigma is not None else sigma_x
    if sigma_x is None or sigma_y is None:
        sigma_y, sigma_x = (0.3 * ((n - 1) / 2 - 1) + 0.8 for n in size) if size else (1.0, 1.0)
    rows, columns = size or _odd_size(_reach(sigma_y), _reach(sigma_x), "sigma")
    return np.outer(_gaussian_line(sigma_y, rows), _gaussian_line(sigma_x, columns))


def unsharp(*, sigma: float, amount: float, size: Pair | None = None) -> Array:
    """``(1 + amount) * identity - amount * gaussian``: the sum is 1."""
    blur = gaussian(sigma=sigma, size=size)
    return (1 + amount) * identity(size=(blur.shape[0], blur.shape[1])) - amount * blur


def log(*, sigma: float, size: Pair | None = None) -> Array:
    """``(x^2 + y^2 - 2 sigma^2) / sigma^4`` times the Gaussian, minus its mean so that the sum is 0."""
    bell = gaussian(sigma=sigma, size=size)
    y, x = _offsets(bell.shape[0]), _offsets(bell.shape[1])
    weights = (y[:, None] ** 2 + x**2 - 2 * sigma**2) / sigma**4 * bell
    return np.asarray(weights - weights.mean())


def dog(*, sigma: float, k: float, size: Pair | None = None) -> Array:
    """``gaussian(sigma) - gaussian(k * sigma)``, each of sum 1: positive at the centre, sum 0."""
    wide = gaussian(sigma=k * sigma, size=size)
    return gaussian(sigma=sigma, size=(wide.shape[0], wide.shape[1])) - wide


def gabor(
    *, sigma: float, theta: float, wavelength: float, gamma: float, psi: float, size: Pair | None = None
) -> Array:
    """``exp(-(u^2 + (gamma v)^2) / (2 sigma^2)) * cos(2 pi u / wavelength - psi)``, the peak near 1.

    ``u = x cos(theta) + y sin(theta)`` runs across the stripes and ``v`` along them, x to the right and y
    downwards. The array of ``cv2.getGaborKernel``, which documents ``+ psi`` and stores its formula rotated
    by 180 degrees, so that correlating with the array is convolving with the formula.
    """
    turn, phase = math.radians(theta), math.radians(psi)
    c, s = math.cos(turn), math.sin(turn)
    if size is None:
        across, along = 3 * sigma, 3 * sigma / gamma
        size = _odd_size(
            round(max(abs(across * s), abs(along * c))), round(max(abs(across * c), abs(along * s))), "sigma"
        )
    y, x = _offsets(size[0])[:, None], _offsets(size[1])
    u, v = x * c + y * s, y * c - x * s
    envelope = np.exp(-(u**2 + (gamma * v) ** 2) / (2 * sigma**2))
    return np.asarray(envelope * np.cos(2 * np.pi * u / wavelength - phase))


def motion(*, length: float, angle: float) -> Array:
    """One minus the distance of a pixel's centre to a line through the middle, at least 0; the sum is 1.

    The line is ``length - 1`` long between its ends. For pixels at least half of that from the middle it is
    the distance to the nearer end, as in MATLAB's fspecial.
    """
    half, turn = (length - 1) / 2, math.radians(angle % 180)
    c, s = math.cos(turn), math.sin(turn)
    inside = 1 - 1e-9  # a pixel one away has no weight: rounding must not give it an empty column
    rows, columns = _odd_size(int(half * abs(s) + inside), int(half * abs(c) + inside), "length")
    up, x = -_offsets(rows)[:, None], _offsets(columns)
    along, aside = np.abs(x * c + up * s), up * c - x * s
    distance = np.where(np.hypot(x, up) < half, np.abs(aside), np.hypot(aside, along - half))
    weights = np.maximum(0, 1 - distance)
    return np.asarray(weights / weights.sum())


def disk(*, radius: float) -> Array:
    """The exact share of each pixel that a disk of that radius covers, normalised to sum 1."""
    rows, _ = _odd_size(math.ceil(radius - 0.5), math.ceil(radius - 0.5), "radius")
    if rows == 1:
        return np.ones((1, 1))  # the disk lies within one pixel
    edges = _offsets(rows + 1)
    weights = np.empty((rows, rows))
    for at in range(0, rows, ROWS_AT_ONCE):
        corner = _quadrant(edges[at : at + ROWS_AT_ONCE + 1], edges, radius)
        weights[at : at + ROWS_AT_ONCE] = np.diff(np.diff(corner, axis=0), axis=1)
    np.maximum(weights, 0, out=weights)
    weights /= weights.sum()
    return weights


def _quadrant(down: Array, along: Array, radius: float) -> Array:
    """Return the area of the disk within ``[0, x] x [0, y]`` for pixel edges y and x, signed as ``x y``."""

    def height(t: Array) -> Array:
        return np.asarray(np.sqrt((radius - t) * (radius + t)))

    y, x = np.minimum(np.abs(down), radius)[:, None], np.minimum(np.abs(along), radius)
    flat = np.minimum(x, height(y))  # up to here the rectangle's top is inside the disk

    def under(t: Array) -> Array:
        return np.asarray((t * height(t) + radius**2 * np.arctan2(t, height(t))) / 2)

    return np.asarray(np.sign(down)[:, None] * np.sign(along) * (y * flat + under(x) - under(flat)))


def _gaussian_line(sigma: float, n: int) -> Array:
    distances = _offsets(n) / max(sigma, 1e-3)  # a smaller sigma gives the same single pixel
    weights = np.exp(-(distances**2) / 2)
    return np.asarray(weights / weights.sum())


def _offsets(n: int) -> Array:
    """Return the positions of `n` pixels relative to their middle."""
    return np.asarray(np.arange(n) - (n - 1) / 2, dtype=np.float64)


def _pascal(n: int) -> list[int]:
    return [math.comb(n - 1, i) for i in range(n)]


def _reach(sigma: float) -> int:
    return int(4 * sigma + 0.5)


def _odd_size(up: int, across: int, cause: str) -> Pair:
    """Return the size that reaches `up` and `across` pixels from the middle; errors name `cause`."""
    rows, columns = 2 * up + 1, 2 * across + 1
    most = KERNEL_SIDE.most
    if max(rows, columns) > most:
        raise KernelError(
            f"this {cause} needs {rows} x {columns} weights",
            hint=f"the largest kernel is {most} x {most}: use a smaller {cause}",
        )
    return rows, columns
