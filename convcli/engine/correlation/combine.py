"""Combining several feature maps into one: magnitude, maximum, sum, orientation."""

from collections.abc import Sequence

import numpy as np

from convcli.choices import Combine
from convcli.engine.arrays import Array
from convcli.errors import GeometryError, UsageError

__all__ = ["combine"]


def combine(maps: Sequence[Array], how: Combine) -> Array:
    """Combine float maps of one shape and type, pixel by pixel, into the first; all may be overwritten.

    ``magnitude`` is ``sqrt(a^2 + b^2 + ...)``; ``max`` the largest; ``sum`` the sum; ``orientation``
    ``atan2(second, first)`` in degrees, -180 to 180.
    """
    if not maps:
        raise UsageError("there are no maps to combine", hint="give at least one kernel")
    if how is Combine.NONE:
        raise UsageError("'none' combines nothing", hint="keep the maps apart")
    first, *rest = maps
    for other in rest:
        if other.shape != first.shape:
            raise GeometryError(
                f"maps of shapes {first.shape} and {other.shape} do not combine",
                hint="use kernels of one size, or padding 'same'",
            )
    if how is Combine.ORIENTATION:
        if len(maps) != 2:
            raise UsageError(
                f"orientation needs two maps, not {len(maps)}", hint="use a pair such as sobel-x and sobel-y"
            )
        for component in maps:  # atan2 gives -0 another direction than 0
            np.add(component, 0.0, out=component)
        np.arctan2(maps[1], first, out=first)
        return np.rad2deg(first, out=first)
    with np.errstate(all="ignore"):
        if how is Combine.MAGNITUDE:
            return _magnitude(first, rest)
        operation = np.maximum if how is Combine.MAX else np.add
        for other in rest:
            operation(first, other, out=first)
    return first


def _magnitude(first: Array, rest: Sequence[Array]) -> Array:
    if len(rest) == 1 and _squares_fit(first) and _squares_fit(rest[0]):
        np.multiply(first, first, out=first)
        np.multiply(rest[0], rest[0], out=rest[0])
        np.add(first, rest[0], out=first)
        return np.sqrt(first, out=first)
    np.abs(first, out=first)
    for other in rest:
        np.hypot(first, other, out=first)
    return first


def _squares_fit(values: Array) -> bool:
    """Whether squares neither overflow nor underflow."""
    peak = max(float(values.max()), -float(values.min()))
    limits = np.finfo(values.dtype)
    return bool(float(limits.tiny) ** 0.25 < peak < float(limits.max) ** 0.25)
