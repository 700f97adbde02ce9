"""Transfer curves between stored samples and linear light, from a PNG's chunks or an ICC profile."""

import struct
from collections.abc import Callable
from math import nextafter
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from convcli.errors import ImageError
from convcli.imaging.image import Array, Image, Space, full_scale

__all__ = ["LINEAR", "SRGB", "Curve", "Curves", "curves_of", "decode", "encode", "profile_curves"]

Floats = NDArray[np.floating[Any]]

# Exponents above this, and below its inverse, are taken for errors. Those outside 1/7 to 7 are computed in
# float64: in float32, the light of the darkest of 16 bits would vanish, (1/65535)**8 < 2**-126, or small
# errors of light would show.
LARGEST_EXPONENT, LARGEST_IN_FLOAT32 = 50.0, 7.0

# Slope of curves where they would be flat, so that they have an inverse; light is then computed in float64.
FLAT_SLOPE = 1e-9

# The straight and the curved part of a curve, whose parameters are rounded, meet within this of their limit.
NEAR = 0.01


class Curve(NamedTuple):
    """Light of samples from 0 to 1: ``(a s + b)^g + e`` for s >= d, ``c s + f`` below; or `table`.

    A table holds the light of evenly spaced samples, with straight lines between them.
    """

    g: float = 1.0
    a: float = 1.0
    b: float = 0.0
    c: float = 1.0
    d: float = 0.0
    e: float = 0.0
    f: float = 0.0
    table: tuple[float, ...] = ()


# One curve for all channels, or one for each; none where samples are linear light already.
Curves: TypeAlias = tuple[Curve, ...]

LINEAR = Curve()

# IEC 61966-2-1:1999, where 0.04045 belongs to the straight part.
SRGB = Curve(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, nextafter(0.04045, 1))

# Codes of transfer characteristics in ITU-T H.273, which PNG's cICP chunk has: BT.709 (1, 6, 14, 15 alike;
# its constants are those of BT.2020 for 12 bits, to all digits), gamma 2.2 and 2.8, linear, sRGB.
_ALPHA, _BETA = 1.09929682680944, 0.018053968510807
_BT709 = Curve(1 / 0.45, 1 / _ALPHA, (_ALPHA - 1) / _ALPHA, 1 / 4.5, 4.5 * _BETA)
_H273 = dict.fromkeys((1, 6, 14, 15), _BT709) | {4: Curve(2.2), 5: Curve(2.8), 8: LINEAR, 13: SRGB}

# Number of parameters of each type of parametricCurveType, and their names in `Curve`.
_PARAMETERS = ("g", "gab", "gabe", "gabcd", "gabcdef")


def curves_of(image: Image) -> tuple[Curves, str]:
    """Return the curves of a picture's channels, and a note where they are not known, so that sRGB is taken.

    Files of floats are linear. In a PNG, cICP takes precedence over the ICC profile, which takes precedence
    over sRGB and gAMA (Portable Network Graphics, third edition, section 4.3). A picture without any is sRGB.
    """
    if image.dtype.kind == "f":
        return (), "floats are linear light already: --linear changes nothing"
    if image.space not in (Space.GRAY, Space.RGB):
        raise ImageError(
            f"linear light is not defined for {image.space.upper()} pictures", hint="leave --linear out"
        )
    metadata, note = image.metadata, ""
    curves: Curves | None = (SRGB,)
    chunks = dict(metadata.colours)
    if "cICP" in chunks:
        code = chunks["cICP"][1]  # after the primaries (Portable Network Graphics, third edition, 11.3.2.6)
        curves = (_H273[code],) if code in _H273 else None
        note = f"the transfer function that its cICP chunk names, {code} in H.273, is not known here"
    elif metadata.icc is not None:
        curves = profile_curves(metadata.icc, image.space)
        note = "its ICC profile has no transfer curve for its channels"
    elif metadata.gamma is not None and "sRGB" not in chunks:
        curves = (Curve(1 / metadata.gamma),) if _is_usual(metadata.gamma) else None
        note = f"its gamma of {metadata.gamma:g} is too far from 1"
    if curves is None:
        return (SRGB,), f"{note}: --linear takes sRGB"
    return (() if set(curves) == {LINEAR} else curves), ""


def profile_curves(icc: bytes, space: Space) -> Curves | None:
    """Return the tone curves of an ICC profile; None where it is damaged, for other colours, or has none.

    Grey from a picture of RGB has the curve of green.

    References
    ----------
    ICC.1:2022, sections 7.3 (tag table), 10.6 (curveType) and 10.18 (parametricCurveType).
    """
    names = {b"GRAY": [b"kTRC"], b"RGB ": [b"rTRC", b"gTRC", b"bTRC"]}.get(icc[16:20])
    if names is None or (space is Space.RGB) > (len(names) == 3):
        return None
    try:
        (count,) = struct.unpack_from(">I", icc, 128)
        entries = [struct.unpack_from(">4sII", icc, 132 + 12 * index) for index in range(min(count, 256))]
        found = {name: icc[first : first + size] for name, first, size in entries}
        curves = [_curve(found[name]) for name in names]
    except (struct.error, KeyError, ValueError):
        return None
    if space is Space.GRAY:
        curves = [curves[len(curves) // 2]]
    return tuple(curves[:1] if len(set(curves)) == 1 else curves)


def _is_usual(exponent: float) -> bool:
    return 1 / LARGEST_EXPONENT <= exponent <= LARGEST_EXPONENT


def _curve(tag: bytes) -> Curve:
    """Return the curve in a tag of an ICC profile."""
    kind, number, parts = struct.unpack_from(">4s4xHH", tag)
    if kind == b"para":
        names = _PARAMETERS[number] if number < len(_PARAMETERS) else ""
        values = struct.unpack_from(f">{len(names)}i", tag, 12)
        curve = Curve()._replace(**{name: value / 65536 for name, value in zip(names, values, strict=True)})
        if number in (1, 2):  # below -b/a, where the power would be of a negative number, it is constant
            curve = curve._replace(c=FLAT_SLOPE, d=-curve.b / curve.a if curve.a else 0.0, f=curve.e)
        if not names or not _is_usual(curve.g) or min(curve.a, curve.c) <= 0 or curve.f < 0:
            raise ValueError("no increasing curve")
        return _joined(curve)
    size = number << 16 | parts
    if kind != b"curv":
        raise ValueError("no curve")
    if size == 0:
        return LINEAR
    values = struct.unpack_from(f">{size}H", tag, 12)
    if size == 1:
        if not _is_usual(values[0] / 256):
            raise ValueError("an exponent beyond all use")
        return Curve(values[0] / 256)
    if values[-1] <= values[0]:
        raise ValueError("no increasing curve")
    return Curve(table=tuple(value / 65535 for value in values))


def decode(samples: Array, curves: Curves = (SRGB,), full: float | None = None) -> Floats:
    """Return the linear light of samples, 0 to 1: float32, or float64 where it needs that.

    `full` is the value of white in the samples, by default that of their dtype. Curves go on above white,
    and are odd: negatives give the negative, as in scRGB (IEC 61966-2-2).
    """
    white = full_scale(samples.dtype) if full is None else full
    if len(curves) > 1 and samples.ndim == 3:
        return _by_channel(decode, samples, curves, white)
    kind = np.dtype(np.float64 if _is_delicate(samples.dtype, curves[0]) else np.float32)
    if samples.dtype == np.uint8:
        lights: Floats = _light(np.arange(256) / white, curves[0]).astype(kind)
        return lights[samples]
    return _light(samples.astype(kind) / kind.type(white), curves[0])


def encode(light: Floats, curves: Curves = (SRGB,), full: float = 1.0) -> Floats:
    """Return samples, 0 to `full`, of linear light: the inverse of :func:`decode`.

    Sums over channels have the curve of the middle one.
    """
    if len(curves) > 1 and light.ndim == 3:
        return _by_channel(encode, light, curves, full)
    with np.errstate(over="ignore"):
        return _samples(light, curves[len(curves) // 2]) * light.dtype.type(full)


def _by_channel(convert: Callable[..., Floats], values: Array, curves: Curves, full: float) -> Floats:
    return np.stack([convert(values[..., i], (one,), full) for i, one in enumerate(curves)], axis=2)


def _is_delicate(dtype: np.dtype[Any], curve: Curve) -> bool:
    """Whether samples would not survive light in float32."""
    if curve.table:
        return dtype != np.uint8 or len(set(curve.table)) < len(curve.table)
    unusual = not 1 / LARGEST_IN_FLOAT32 <= curve.g <= LARGEST_IN_FLOAT32
    return dtype == np.float64 or curve.c == FLAT_SLOPE or unusual


def _joined(curve: Curve) -> Curve:
    """Return a curve that increases: its parts meet where they cross, should the curved one begin too low."""

    def step(at: float) -> float:
        return float(max(curve.a * at + curve.b, 0.0) ** curve.g + curve.e - curve.c * at - curve.f)

    low, high = curve.d, curve.d + NEAR
    if step(low) >= 0 or low < 0:
        return curve
    if step(high) < 0:
        raise ValueError("no increasing curve")
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if step(middle) >= 0 else (middle, high)
    return curve._replace(d=high)


def _light(samples: Floats, curve: Curve) -> Floats:
    size = np.abs(samples)
    if curve.table:
        light = _interpolated(size, *_points(curve))
    else:
        power = _power(curve.a * size, curve.b, curve.g)
        power += curve.e
        light = np.where(size >= curve.d, power, curve.c * size + curve.f)
    return _odd(light, samples)


def _samples(light: Floats, curve: Curve) -> Floats:
    size = np.abs(light)
    if curve.table:
        places, lights = _points(curve)
        samples = _interpolated(size, lights, places)
    else:
        power = _power(size.copy(), -curve.e, 1 / curve.g)
        power -= curve.b
        power /= curve.a
        # Light of the last sample on the line; the other branch may begin a little below or above.
        knee = curve.c * curve.d + curve.f
        line = size - curve.f
        line /= curve.c
        samples = np.where(size > knee, np.maximum(power, curve.d, out=power), line)
    return _odd(samples, light)


def _power(values: Floats, offset: float, exponent: float) -> Floats:
    """Return ``max(values + offset, 0) ** exponent``, in the place of `values`."""
    values += offset
    np.maximum(values, 0, out=values)
    values **= exponent
    return values


def _odd(values: Floats, given: Floats) -> Floats:
    """Return `values`, those of negative `given` ones negated, in the type of `given`."""
    below = given < 0
    if below.any():
        np.negative(values, out=values, where=below)
    return values.astype(given.dtype, copy=False)


def _points(curve: Curve) -> tuple[Floats, Floats]:
    """Return samples and their light, strictly increasing."""
    places = np.linspace(0.0, 1.0, len(curve.table))
    lights = np.maximum.accumulate(np.array(curve.table))
    return places, lights + (places - lights) * FLAT_SLOPE


def _interpolated(at: Floats, known: Floats, values: Floats) -> Floats:
    """Return `values` between and, on the last straight line, beyond the `known` places."""
    inside: Floats = np.interp(at, known, values)
    slope = (values[-1] - values[-2]) / (known[-1] - known[-2])
    return np.asarray(inside + np.maximum(at - known[-1], 0) * slope)
