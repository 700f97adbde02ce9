"""The convolution theorem checked: the product of the spectra is the spectrum of the convolution."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convcli.choices import Method, PadMode
from convcli.engine.arrays import Array, Floats, as_picture, check_magnitude
from convcli.engine.correlation.correlate import as_weights, correlate
from convcli.errors import GeometryError

__all__ = ["Theorem", "theorem"]

Spectrum = NDArray[np.complex128]

# Difference of the results that counts as rounding, in eps log2 n of the product of the norms.
ROUNDING = 8


class Theorem(NamedTuple):
    """Both sides of the theorem for one picture and kernel, and their largest differences.

    Attributes
    ----------
    picture, kernel
        Transforms, of the picture's size, frequency 0 first, as ``numpy.fft.fft2`` has them.
    product
        Product of the two transforms.
    result
        The transform of `direct`.
    direct
        The result of sliding the kernel, H x W.
    difference
        The largest ``|inverse transform of product - direct|``, relative to the largest ``|direct|``.
    spectral_difference
        The largest ``|product - result|``, relative to the largest ``|result|``.
    holds
        Whether the results differ by no more than rounding explains.
    """

    picture: Spectrum
    kernel: Spectrum
    product: Spectrum
    result: Spectrum
    direct: Floats
    difference: float
    spectral_difference: float
    holds: bool


@np.errstate(all="ignore")
def theorem(image: ArrayLike, kernel: ArrayLike, *, convolve: bool = False) -> Theorem:
    """Compare sliding `kernel` over `image` with multiplying their spectra.

    With wrap padding, ``F(correlation) = F(image) conj(F(kernel))``, and without the conjugate for
    convolution. The kernel is zero-padded to the picture's size with its anchor at ``[0, 0]`` and its indices
    modulo that size; weights of a larger kernel that fall on the same index are added.

    Parameters
    ----------
    image : (H, W) array
        Computed in float64.
    kernel : (kh, kw) array
        Anchored at ``(k - 1) // 2``, as padding ``same`` has it; for convolution at ``k // 2``, where that
        anchor comes to lie when the kernel is rotated.

    References
    ----------
    Oppenheim and Schafer, Discrete-Time Signal Processing, 3rd edition, 2010, section 8.6.5; for the rounding
    of transforms, Higham, Accuracy and Stability of Numerical Algorithms, 2nd edition, 2002, theorem 24.2.
    """
    picture, weights = as_picture(image).astype(np.float64), as_weights(kernel)
    check_magnitude(picture, "image")
    check_magnitude(weights, "kernel")
    if picture.ndim != 2:
        raise GeometryError(f"image of shape {picture.shape} has channels", hint="give one of them, H x W")
    turned = weights[::-1, ::-1] if convolve else weights
    direct = correlate(picture, turned, pad=PadMode.WRAP, method=Method.DIRECT)
    spectrum, response = (
        np.fft.fft2(picture),
        np.fft.fft2(_wrapped(weights, picture.shape, convolve=convolve)),
    )
    product = spectrum * (response if convolve else response.conj())
    result = np.fft.fft2(direct)
    difference = _relative_difference(np.fft.ifft2(product), direct)
    spectral_difference = _relative_difference(product, result)
    # Three transforms, each with a relative error in the 2-norm of a multiple of eps log2 n, and the sums.
    norm = float(np.linalg.norm(picture) * np.abs(weights).sum())
    rounding = ROUNDING * np.finfo(np.float64).eps * np.log2(2 * picture.size + weights.size) * norm
    holds = difference * (float(np.abs(direct).max()) or 1.0) <= rounding
    return Theorem(spectrum, response, product, result, direct, difference, spectral_difference, bool(holds))


def _wrapped(weights: Floats, shape: tuple[int, ...], *, convolve: bool) -> Floats:
    rows, columns = (
        (np.arange(taps) - (taps // 2 if convolve else (taps - 1) // 2)) % size
        for taps, size in zip(weights.shape, shape, strict=True)
    )
    zeros = np.zeros(shape)
    np.add.at(zeros, (rows[:, None], columns), weights)
    return zeros


def _relative_difference(found: Array, expected: Array) -> float:
    largest = float(np.abs(expected).max())
    difference = float(np.abs(found - expected).max())
    return difference / largest if largest else difference
