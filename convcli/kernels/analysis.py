"""Rank, symmetry, gain and frequency response of a kernel.

Functions take one component, kh x kw or C x kh x kw. Of the latter, rank is the largest over the channels and
symmetry is that of all channels; the others describe the sum over channels, the response to a grey picture.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convcli.choices import Combine
from convcli.display.words import listed

__all__ = [
    "Character",
    "Parity",
    "Symmetry",
    "character",
    "frequency_response",
    "gain",
    "joint_response",
    "rank",
    "symmetry",
]

Array = NDArray[np.float64]

# A sum of weights below this share of the sum of their magnitudes counts as rounding, and as 0.
ZERO_SUM = 1e-12


def gain(weights: Array) -> float:
    """Return the sum of the weights, the factor of a flat picture (the response at frequency 0).

    A sum below 1e-12 of the sum of magnitudes is rounding, and returned as 0.
    """
    with np.errstate(over="ignore"):
        total, size = float(weights.sum()), float(np.abs(weights).sum())
    return 0.0 if abs(total) < ZERO_SUM * size else total


def rank(weights: Array, tolerance: float = 1e-7) -> int:
    """Return the number of singular values above `tolerance` of the largest; the maximum over channels.

    Rank 1 is separable: a column times a row. With the default tolerance, rounding weights to float32 leaves
    the rank as it was.
    """
    planes = weights.reshape(-1, *weights.shape[-2:])
    return max(_rank(plane, tolerance) for plane in planes)


def _rank(plane: Array, tolerance: float) -> int:
    largest = np.abs(plane).max()
    if largest == 0:
        return 0
    plane = plane / largest
    # The rank is 1 where the row and the column through the largest weight (now 1 or -1) give all others;
    # that saves large separable kernels the decomposition.
    i, j = np.unravel_index(np.argmax(np.abs(plane)), plane.shape)
    if np.linalg.norm(plane - np.outer(plane[:, j] * plane[i, j], plane[i])) <= tolerance:
        return 1
    values = np.linalg.svd(plane, compute_uv=False)
    return int(np.count_nonzero(values > tolerance * values[0]))


class Parity(StrEnum):
    """The effect of a reflection or rotation on the weights."""

    EVEN = "symmetric"  # none
    ODD = "antisymmetric"  # their signs change
    NONE = "asymmetric"


class Symmetry(NamedTuple):
    """The effect of each reflection and rotation on a kernel; `str` describes it in words.

    Attributes
    ----------
    sideways, upright
        Left and right exchanged; top and bottom exchanged.
    half_turn
        Rotated by 180 degrees: ``symmetric`` where convolution equals correlation.
    transpose, quarter_turn
        Rows and columns exchanged; rotated by 90 degrees.
    """

    sideways: Parity
    upright: Parity
    half_turn: Parity
    transpose: Parity
    quarter_turn: Parity

    def __str__(self) -> str:
        if {self.sideways, self.upright, self.transpose} == {Parity.EVEN}:
            return "symmetric under every mirror and quarter turn"
        said = [
            (self.sideways, "left to right"),
            (self.upright, "top to bottom"),
            (self.half_turn, "under half a turn"),
            (self.transpose, "across the diagonal"),
            (self.quarter_turn, "under a quarter turn"),
        ]
        phrases = []
        for parity in (Parity.EVEN, Parity.ODD):
            places = [place for found, place in said if found is parity]
            if places:
                phrases.append(f"{parity.value} {listed(places)}")
        return "; ".join(phrases) or "no symmetry"


def symmetry(weights: Array, tolerance: float = 1e-7) -> Symmetry:
    """Return the symmetry of the weights, up to `tolerance` of the largest; zeros are symmetric."""
    square = weights.shape[-2] == weights.shape[-1]
    slack = tolerance * float(np.abs(weights).max())

    def parity(moved: Array) -> Parity:
        if np.abs(weights / 2 - moved / 2).max() <= slack / 2:  # halves: the difference must not overflow
            return Parity.EVEN
        return Parity.ODD if np.abs(weights / 2 + moved / 2).max() <= slack / 2 else Parity.NONE

    return Symmetry(
        sideways=parity(weights[..., ::-1]),
        upright=parity(weights[..., ::-1, :]),
        half_turn=parity(weights[..., ::-1, ::-1]),
        transpose=parity(weights.swapaxes(-1, -2)) if square else Parity.NONE,
        quarter_turn=parity(np.rot90(weights, axes=(-2, -1))) if square else Parity.NONE,
    )


def frequency_response(weights: Array, size: int | tuple[int, int] = 64) -> NDArray[np.complex128]:
    """Return the kernel's transform ``H(u, v) = sum_ij k[i, j] exp(-2 pi i (u (i - a) + v (j - b)))``.

    Parameters
    ----------
    weights : array
        kh x kw, or C x kh x kw, which is summed over its channels.
    size : int or (rows, columns)
        Number of frequencies, from -1/2 up to (not including) 1/2 cycles per pixel, 0 at ``size // 2``.

    Returns
    -------
    complex array
        ``numpy.fft.fftshift`` order. The phase is relative to the anchor ``(a, b) = ((kh-1)//2, (kw-1)//2)``,
        so a symmetric odd kernel has a real response. It is the transfer function of convolution; that of
        correlation is its conjugate.
    """
    plane = weights.sum(axis=0) if weights.ndim == 3 else weights
    rows, columns = (size, size) if isinstance(size, int) else size
    return np.asarray(_waves(rows, plane.shape[0]).T @ plane @ _waves(columns, plane.shape[1]))


def joint_response(components: Sequence[Array], combine: Combine, size: int | tuple[int, int] = 64) -> Array:
    """Return the magnitude response of a kernel of several components.

    For ``sum`` it is the magnitude of the summed responses, for ``max`` the largest of their magnitudes, and
    otherwise ``sqrt(sum |H|^2)``, the root mean square over the phase of the input wave, as such combinations
    are not linear. `size` and order are as for :func:`frequency_response`.
    """
    responses = [frequency_response(weights, size) for weights in components]
    if combine is Combine.SUM:
        return np.asarray(np.abs(np.sum(responses, axis=0)))
    magnitudes = np.abs(responses)
    if combine is Combine.MAX:
        return np.asarray(magnitudes.max(axis=0))
    return np.asarray(np.sqrt((magnitudes**2).sum(axis=0)))


def _waves(frequencies: int, taps: int) -> NDArray[np.complex128]:
    u = np.fft.fftshift(np.fft.fftfreq(frequencies))
    return np.asarray(np.exp(-2j * np.pi * np.outer(np.arange(taps) - (taps - 1) // 2, u)))


class Character(StrEnum):
    """The kind of a kernel's frequency response."""

    ZERO = "zero"  #                  all weights are 0
    ALL_PASS = "all-pass"  #          every frequency alike
    LOW_PASS = "low-pass"  #          keeps flat areas, damps detail
    HIGH_PASS = "high-pass"  #        removes flat areas, keeps the finest detail
    BAND_PASS = "band-pass"  #        strongest between the two
    HIGH_BOOST = "high-boost"  #      keeps flat areas, raises detail
    DERIVATIVE = "derivative"  #      removes flat areas, grows with the slope


def character(weights: Array) -> Character:
    """Classify the kernel's frequency response.

    With ``low`` the response at 0, ``high`` the mean response over the border of the frequency square and
    ``peak`` the largest: all-pass where every response is the same; low-pass where ``low`` is the peak
    (within 1%); where ``low`` is below 2% of the peak, a derivative if the weights on each side of the
    middle share a sign (their moment is 90% of the moment of magnitudes), else high-pass if ``high`` is at
    least half the peak, else band-pass; otherwise high-boost if ``high`` exceeds ``low``, else band-pass.
    """
    plane = weights.sum(axis=0) if weights.ndim == 3 else weights
    largest = float(np.abs(plane).max())
    if largest == 0:
        return Character.ZERO
    plane = plane / largest
    response = np.abs(frequency_response(plane))
    low, peak = float(response[32, 32]), float(response.max())
    high = float(np.concatenate([response[0], response[:, 0]]).mean())
    if response.min() >= (1 - 1e-6) * peak:
        return Character.ALL_PASS
    if low >= 0.99 * peak:
        return Character.LOW_PASS
    if low > 0.02 * peak:
        return Character.HIGH_BOOST if high > low else Character.BAND_PASS
    if _one_sided(plane):
        return Character.DERIVATIVE
    return Character.HIGH_PASS if high >= 0.5 * peak else Character.BAND_PASS


def _one_sided(plane: Array) -> bool:
    y, x = (np.arange(n) - (n - 1) / 2 for n in plane.shape)
    down, right = float((plane * y[:, None]).sum()), float((plane * x).sum())
    along = y[:, None] * down + x * right
    return float((plane * along).sum()) > 0.9 * float(np.abs(plane * along).sum())
