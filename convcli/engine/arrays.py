"""The type that pixels of each type are computed in, checks of input arrays, and names of array types."""

from functools import cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from convcli.errors import GeometryError, KernelError, UsageError, shown
from convcli.limits import MAGNITUDE
from convcli.parsing import finite

__all__ = [
    "DOUBLE",
    "SINGLE",
    "Array",
    "Floats",
    "Indices",
    "as_array",
    "as_dtype",
    "as_number",
    "as_picture",
    "check_magnitude",
    "exact_limit",
    "fits_short",
    "is_whole",
    "whole_bound",
    "working_dtype",
]

Array: TypeAlias = NDArray[Any]
Floats: TypeAlias = NDArray[np.floating[Any]]
Indices: TypeAlias = NDArray[np.intp]

SINGLE, DOUBLE = np.dtype(np.float32), np.dtype(np.float64)

# Weights whose magnitude lies between the inverse of this and this are computed in float32: sums and products
# stay far from its limits of 2**128 and 2**-126.
SAFE_IN_FLOAT32 = 2.0**60

# Samples that are looked at a time for values that are not whole: one row of a photograph tells.
SCANNED_SAMPLES = 1 << 13


def as_array(values: ArrayLike, what: str, error: type[GeometryError | UsageError] = UsageError) -> Array:
    """Return `values` as an array of real numbers; anything else is an `error` that calls them `what`."""
    try:
        found = np.asarray(values)
    except (TypeError, ValueError, OverflowError):
        raise error(
            f"{what} has rows of different lengths", hint="give rows of as many numbers each"
        ) from None
    if found.dtype.kind not in "biuf":  # complex, object, text or dates
        hint = "take .real or abs() first" if found.dtype.kind == "c" else "convert it with .astype(float)"
        kind = KernelError if error is KernelError else UsageError
        raise kind(f"{what} of type {found.dtype} is not made of real numbers", hint=hint)
    return found


def as_number(value: object, name: str, dtype: np.dtype[Any] | None = None) -> float:
    """Return a finite number, which `dtype`, the type that is computed in, can hold."""
    number = finite(value, name)
    if dtype is not None and dtype.kind == "f" and abs(number) > np.finfo(dtype).max:
        raise UsageError(
            f"{name} {number:g} is beyond the range of {dtype}, in which these pixels are computed",
            hint=f"use a number of at most {np.finfo(dtype).max:.3g}, or pixels of float64",
        )
    return number


def check_magnitude(values: Array | float, what: str) -> None:
    """Refuse values that are not finite, or whose powers would not be."""
    peak = max(-float(np.min(values)), float(np.max(values)))
    if not np.isfinite(peak):
        raise GeometryError(f"{what} has values that are not finite", hint="replace NaN and infinity first")
    MAGNITUDE.check(
        peak, "scale it down first", GeometryError, what=f"{what} reaches {peak:g}: its magnitude"
    )


def as_dtype(dtype: DTypeLike | None) -> np.dtype[Any] | None:
    """Return the type that `dtype` names."""
    try:
        return None if dtype is None else np.dtype(dtype)
    except (TypeError, ValueError):
        raise UsageError(f"type {shown(dtype)} is not known", hint="give uint8, float32 or another") from None


def as_picture(image: ArrayLike, what: str = "image") -> Array:
    """Return `image` as an array of real numbers with two or three axes and at least one pixel."""
    picture = as_array(image, what, GeometryError)
    if picture.ndim not in (2, 3):
        raise GeometryError(
            f"{what} of shape {picture.shape} is not a picture", hint="give H x W or H x W x C"
        )
    if 0 in picture.shape:
        raise GeometryError(f"{what} of shape {picture.shape} has no pixels", hint="give at least one")
    return picture


def working_dtype(dtype: np.dtype[Any], weights: Floats | None = None) -> np.dtype[Any]:
    """Return the type that pixels of `dtype` are computed in.

    float32 where every value of `dtype` fits into it exactly (float16, bool, 8- and 16-bit integers),
    else float64; float64 also where the `weights` come near the limits of float32.
    """
    if weights is not None:
        largest = float(np.abs(weights).max())
        if largest and not 1 / SAFE_IN_FLOAT32 < largest < SAFE_IN_FLOAT32:
            return DOUBLE
    return SINGLE if np.can_cast(dtype, SINGLE, "safe") else DOUBLE


def whole_bound(kernel: Floats, pixels: np.dtype[Any] | Array, constant: float = 0.0) -> float:
    """Return the largest sum of whole weights over whole pixels; infinity where either are not whole.

    ``sum|k| * max|x|``, of the values that an integer type can hold, or of the pixels of an array; NaN and
    infinities are left out. Below ``2**24`` such sums are exact in float32, below ``2**53`` in float64, in
    every order of addition. `constant`, the padding value, counts like a pixel, whole or not.
    """
    if not is_whole(kernel):
        return float("inf")
    peak = _largest(pixels) if isinstance(pixels, np.ndarray) else _largest_of_type(pixels)
    return float(np.abs(kernel).sum()) * max(peak, abs(constant)) if np.isfinite(peak) else peak


def is_whole(values: Array) -> bool:
    """Whether all `values` are whole numbers."""
    return bool((values == np.rint(values)).all())


@cache
def exact_limit(work: np.dtype[Any]) -> float:
    """Return the bound below which all whole numbers are exact in `work`: ``2**24`` or ``2**53``."""
    return float(2 / np.finfo(work).eps)


def _largest_of_type(dtype: np.dtype[Any]) -> float:
    if dtype.kind not in "biu":
        return float("inf")
    return 1.0 if dtype.kind == "b" else float(max(np.iinfo(dtype).max, -np.iinfo(dtype).min))


def _largest(pixels: Array) -> float:
    """Return the largest magnitude of whole pixels, infinity as soon as one is not whole."""
    if pixels.dtype.kind in "biu":
        return max(float(pixels.max()), -float(pixels.min()))
    largest = 0.0
    rows = max(1, SCANNED_SAMPLES * len(pixels) // pixels.size)
    for first in range(0, len(pixels), rows):
        some = pixels[first : first + rows]
        if not is_whole(some):
            some = some[np.isfinite(some)]
            if not is_whole(some):
                return float("inf")
        largest = max(largest, float(some.max(initial=0)), -float(some.min(initial=0)))
    return largest


def fits_short(
    kernel: Floats, image: np.dtype[Any], result: np.dtype[Any], bias: float, pad_value: float
) -> bool:
    """Whether sums of 8-bit pixels can be computed in int16 on the way to an integer result.

    True where weights, bias and pad value are integers, and no sum, partial or not, can leave int16's range:
    ``sum|k| * max(|pixel|, |pad_value|) + |bias| < 2**15``.
    """
    if image.itemsize != 1 or result.kind not in "iu" or bias != round(bias) or pad_value != round(pad_value):
        return False
    return max(whole_bound(kernel, image, pad_value), abs(pad_value)) + abs(bias) < 2**15
