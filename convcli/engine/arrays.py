"""Which number type computes what, and the names for arrays that the engine's signatures use."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convcli.errors import GeometryError, UsageError

__all__ = [
    "Array",
    "Floats",
    "Indices",
    "as_picture",
    "check_numeric",
    "fits_short",
    "whole_bound",
    "working_dtype",
]

Array: TypeAlias = NDArray[Any]
Floats: TypeAlias = NDArray[np.floating[Any]]
Indices: TypeAlias = NDArray[np.intp]

COMFORT = 2.0**60
"""Weights up to here, and down to its inverse, stay far from the limits of float32."""


def check_numeric(dtype: np.dtype[Any], what: str) -> None:
    """Refuse element types that are not real numbers.

    Raises
    ------
    UsageError
        `dtype` is complex, object, text or a date; the hint says what to convert to.
    """
    if dtype.kind not in "biuf":
        hint = "take .real or abs() first" if dtype.kind == "c" else "convert it with .astype(float)"
        raise UsageError(f"{what} of type {dtype} is not made of real numbers", hint=hint)


def as_picture(image: ArrayLike) -> Array:
    """Return `image` as an array of real numbers with two or three axes and at least one pixel."""
    picture = np.asarray(image)
    check_numeric(picture.dtype, "image")
    if picture.ndim not in (2, 3):
        raise GeometryError(
            f"image of shape {picture.shape} is not a picture", hint="give H x W or H x W x C"
        )
    if 0 in picture.shape:
        raise GeometryError(f"image of shape {picture.shape} has no pixels", hint="give at least one")
    return picture


def working_dtype(dtype: np.dtype[Any], weights: Floats | None = None) -> np.dtype[Any]:
    """Return the type that pixels of `dtype` are computed in.

    float32 where every value of `dtype` fits into it exactly (float16, bool, 8- and 16-bit integers),
    else float64; float64 also where the `weights` come near the limits of float32.
    """
    work = np.dtype(np.float32 if np.can_cast(dtype, np.float32, "safe") else np.float64)
    largest = 0.0 if weights is None else float(np.abs(weights).max())
    comfortable = largest == 0 or 1 / COMFORT < largest < COMFORT
    return work if comfortable else np.dtype(np.float64)


def whole_bound(kernel: Floats, dtype: np.dtype[Any]) -> float:
    """Return the largest sum that whole weights over whole pixels can reach; infinity for any others.

    Below ``2**24`` such sums are exact in float32, in every order of addition.
    """
    if dtype.kind not in "biu" or not bool(np.all(kernel == np.rint(kernel))):
        return float("inf")
    top = 1 if dtype.kind == "b" else max(np.iinfo(dtype).max, -np.iinfo(dtype).min)
    return float(np.abs(kernel).sum()) * float(top)


def fits_short(
    kernel: Floats, image: np.dtype[Any], result: np.dtype[Any], bias: float, beyond: float
) -> bool:
    """Whether sums of 8-bit pixels can be computed in int16 on the way to an integer result.

    True where weights, bias and the value `beyond` the edge are whole, and no sum, partial or not, can leave
    the range of int16: ``sum|k| * max(|pixel|, |beyond|) + |bias| < 2**15``.
    """
    if image.itemsize != 1 or result.kind not in "iu" or bias != round(bias) or beyond != round(beyond):
        return False
    bound = whole_bound(kernel, image)
    largest = max(bound, float(np.abs(kernel).sum()) * abs(beyond), abs(beyond))
    return largest + abs(bias) < 2**15
