"""Convert results to the samples of a picture: range mode, bit depth, rounding."""

import math
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from convcli.choices import Depth, RangeMode
from convcli.errors import OutputError
from convcli.imaging.formats import Format, holding
from convcli.imaging.image import Array, full_scale

__all__ = ["Pixels", "SampleType", "count_cut", "suggest_unit", "target_dtype", "to_pixels"]

# Samples converted or counted at a time, so that a block and the masks that are made on the way stay in the
# cache; a call on much fewer ends before another thread has woken up.
_BLOCK_SAMPLES = 1 << 18

# Magnitudes from here on overflow int16.
_INT16_OVERFLOW = 32768


class Pixels(NamedTuple):
    """Samples ready to be written, and the number of clipped pixels.

    A pixel counts as clipped where a channel is below black or above white by half a level or more.
    """

    array: Array
    clipped: int


class SampleType(NamedTuple):
    """The sample type of an output, and a note for stderr where depth is lost (else empty)."""

    dtype: np.dtype[Any]
    note: str = ""


def to_pixels(
    values: Array,
    mode: RangeMode,
    *,
    full_in: float,
    target: DTypeLike,
    out: Array | None = None,
    span: tuple[float, float] | None = None,
    counted: bool = True,
) -> Pixels:
    """Turn results in the source's units into samples of type `target`.

    With ``white`` the value of white in the target, and ``g = white / full_in``:

    ========  ============================================
    clip      ``g v``, saturated
    abs       ``g |v|``, saturated
    scale     ``white (v - min) / (max - min)``; 0 for a constant
    center    ``g v + mid-grey``, saturated; mid-grey is 128, 32768, or half of white for floats
    unit      ``white v``, saturated
    raw       ``v``, for float targets only
    ========  ============================================

    Integers are rounded half to even, then saturated. Float targets stay in the source's units
    (white is `full_in`), and values outside black to white by more than rounding count as clipped.

    Parameters
    ----------
    values : (H, W) or (H, W, C) array
        Of floats, or of pixels as they were read.
    mode : RangeMode
    full_in : float
        White in the source's units: 255, 65535, or 1 for floats, which stand as they are: an integer
        target takes them in its own units.
    target : dtype
        uint8, uint16, float32 or float64.
    out : array, optional
        Where integers are written; by default a new array, or `values` itself where nothing changes.
    span : (minimum, maximum), optional
        What ``scale`` stretches, where `values` are one frame of several; by default their own.
    counted : bool
        Whether to count clipped pixels, which takes half of the time of 8-bit results; else there are 0.
    """
    dtype = np.dtype(target)
    if dtype.kind == "f":
        return _to_floats(values, mode, full_in, dtype, span)
    if mode is RangeMode.RAW:
        raise OutputError(
            f"--range raw keeps floats, and {dtype} pixels cannot hold them",
            hint=f"choose --range clip, abs, scale, center or unit, or write to {holding(depth='float')}",
        )
    white = full_scale(dtype)
    if values.dtype == dtype and mode is RangeMode.CLIP and full_in == white and out is None:
        return Pixels(values, 0)
    gain = 1.0 if full_in == 1.0 else white / full_in
    if mode.stretches:
        gain, offset = _stretch(values, white, span)
    elif mode is RangeMode.UNIT:
        gain, offset = white, 0.0
    else:
        offset = (white + 1) / 2 if mode is RangeMode.CENTER else 0.0
    result = np.empty(values.shape, dtype) if out is None else out
    return Pixels(result, _to_integers(values, mode is RangeMode.ABS, gain, offset, result, counted=counted))


def _stretch(values: Array, white: float, span: tuple[float, float] | None) -> tuple[float, float]:
    """Return gain and offset that stretch minimum..maximum (or `span`) over 0..white."""
    low, high = span or (float(values.min()), float(values.max()))
    _refuse_nan(low)
    if not np.isfinite(high - low):
        raise OutputError(
            f"--range scale cannot stretch from {low:g} to {high:g}", hint="choose --range clip"
        )
    if high == low:
        return 0.0, 0.0
    gain = white / (high - low)
    return gain, -low * gain


def _refuse_nan(value: float) -> None:
    if np.isnan(value):
        raise OutputError(
            "the result has values that are not numbers (NaN)",
            hint="are kernel and picture finite? --range raw into a float format shows where",
        )


def _to_integers(
    values: Array, absolute: bool, gain: float, offset: float, out: Array, *, counted: bool
) -> int:
    """Scale, round and saturate block by block; return the number of clipped pixels."""
    rows = max(1, _BLOCK_SAMPLES // max(1, values[:1].size))
    whole = values.dtype == np.int16 and gain == 1.0 and offset.is_integer()
    # float32 is exact to halves up to 2**23, far above 16 bits; stretched denormals need float64's range.
    single = np.can_cast(values.dtype, np.float32) and gain < float(np.finfo(np.float32).max)
    work: Any = np.float32 if single else np.float64
    if whole:
        work = np.int32 if offset else np.int16
    changed = not whole or absolute or offset != 0
    clipped = 0
    for start in range(0, values.shape[0], rows):
        block: Array = values[start : start + rows].astype(work, copy=changed)
        if absolute:
            np.abs(block, out=block)
        if gain != 1.0:
            block *= work(gain)
        if offset:
            block += work(offset)
        if not whole:
            np.rint(block, out=block)
        clipped += _saturated(block, out[start : start + rows], counted=counted)
    return clipped


def _saturated(block: Array, out: Array, *, counted: bool) -> int:
    """Copy rounded values to `out`, clipped to its range; return the number of clipped pixels."""
    white = np.iinfo(out.dtype).max
    if block.dtype.kind == "f":
        low, high = float(block.min()), float(block.max())
        _refuse_nan(low)
        if low >= 0 and high <= white:
            np.copyto(out, block, casting="unsafe")
            return 0
        if max(-low, high) < _INT16_OVERFLOW and white < _INT16_OVERFLOW:
            block = block.astype(np.int16)
    most = white if block.dtype.kind == "f" else min(white, np.iinfo(block.dtype).max)
    np.copyto(out, np.clip(block, 0, most), casting="unsafe")
    return _count(_outside(block, 0, white + 1)) if counted else 0


def _outside(block: Array, low: float, end: float) -> NDArray[np.bool_]:
    """Whether samples are below `low`, or `end` or above."""
    if block.dtype.kind == "f":
        return (block < low) | (block >= end)
    # Seen as unsigned, negative numbers are large too: one comparison is enough.
    limits = np.iinfo(block.dtype)
    low, end = max(int(low), limits.min), min(int(end), limits.max + 1)
    above = block - block.dtype.type(low) if low else block
    return above.view(f"u{block.itemsize}") >= end - low


def _to_floats(
    values: Array, mode: RangeMode, white: float, dtype: np.dtype[Any], span: tuple[float, float] | None
) -> Pixels:
    if mode is RangeMode.RAW:
        return Pixels(values.astype(dtype, copy=False), 0)
    if mode.stretches:
        gain, offset = _stretch(values, white, span)
        stretched = np.multiply(values, gain, dtype=np.float64) + offset
        return Pixels(np.clip(stretched, 0.0, white).astype(dtype), 0)
    if mode is RangeMode.ABS:
        values = np.abs(values)
    elif mode is RangeMode.UNIT:
        values = values * white
    elif mode is RangeMode.CENTER:
        values = values + (0.5 if white == 1.0 else (white + 1) / 2)
    slack = white * 1e-6
    clipped = _count((values < -slack) | (values > white + slack))
    return Pixels(np.clip(values, 0.0, white).astype(dtype), clipped)


def _count(outside: NDArray[np.bool_]) -> int:
    """Count pixels: a pixel of several channels once."""
    channels = outside.shape[2] if outside.ndim == 3 else 1
    flat = outside.reshape(-1)
    if channels == 1 or not flat.any():
        return int(np.count_nonzero(flat))
    # OR each sample of the flat array with the next channels, counting at the first channel of each pixel:
    # faster than any(axis=2), whose inner loop is only as long as there are channels.
    size = flat.size - channels + 1
    either = flat[:size] | flat[1 : size + 1]
    for channel in range(2, channels):
        either |= flat[channel : channel + size]
    either &= _first_channels(size, channels)
    return int(np.count_nonzero(either))


@lru_cache(maxsize=2)
def _first_channels(count: int, channels: int) -> NDArray[np.bool_]:
    """Return, for `count` interleaved samples, whether each is the first channel of a pixel."""
    firsts = np.zeros(count, np.bool_)
    firsts[::channels] = True
    return firsts


def count_cut(values: Array, mode: RangeMode, *, full_in: float, target: DTypeLike) -> int:
    """Return how many pixels ``clip``, ``abs`` or ``center`` cut: `clipped` of :func:`to_pixels`."""
    dtype = np.dtype(target)
    white = full_in if dtype.kind == "f" else full_scale(dtype)
    slack = white * 1e-6 if dtype.kind == "f" else 0.5  # a half is rounded down to black, and up beyond white
    gain = 1.0 if full_in == 1.0 else white / full_in
    offset = (0.5 if white == 1.0 else (white + 1) / 2) if mode is RangeMode.CENTER else 0.0
    low, high = (-slack - offset) / gain, (white + slack - offset) / gain
    if values.dtype.kind in "iu":  # compared with integers: beside a float all of them would be widened
        low, high = math.ceil(low), math.ceil(high)
    rows, cut = max(1, _BLOCK_SAMPLES // max(1, values[:1].size)), 0
    for start in range(0, values.shape[0], rows):
        block = values[start : start + rows]
        block = np.abs(block) if mode is RangeMode.ABS else block
        cut += _count(_outside(block, low, high))
    return cut


def suggest_unit(values: Array) -> bool:
    """Whether all values lie within 0..1 (and not all are 0), so that 8-bit pixels of them would be black."""
    low, high = float(values.min()), float(values.max())
    return low >= 0.0 and 0.0 < high <= 1.0


def target_dtype(depth: Depth, source: DTypeLike, format: Format) -> SampleType:
    """Choose the sample type of an output: as asked, else the source's where the format holds it.

    Array formats (``.npy .npz .csv .tsv .json .pfm``) get floats by default.
    """
    given = np.dtype(source)
    eight: np.dtype[Any] = np.dtype(np.uint8)
    sixteen: np.dtype[Any] = np.dtype(np.uint16)
    exact = given.kind == "f" and (format.numbers or format.name == "tiff") and format.name != "pfm"
    wide: np.dtype[Any] = given if exact else np.dtype(np.float32)
    if depth is not Depth.AUTO:
        if depth.value not in format.depths:
            what = "floats" if depth is Depth.FLOAT else f"{depth.value}-bit samples"
            raise OutputError(
                f"{format.suffix} cannot hold {what}",
                hint=f"choose another --depth, or write to {holding(depth=depth.value)}",
            )
        return SampleType({Depth.EIGHT: eight, Depth.SIXTEEN: sixteen}.get(depth, wide))
    if format.numbers or (given.kind == "f" and "float" in format.depths):
        narrowed = given == np.float64 and not exact
        note = f"{format.suffix} holds 32-bit floats: 64-bit samples are rounded" if narrowed else ""
        return SampleType(wide, note)
    if given != sixteen or "16" in format.depths:
        return SampleType(sixteen if given == sixteen else eight)
    keep = holding(depth="16")
    return SampleType(eight, f"{format.suffix} holds 8 bits: 16-bit samples are rounded ({keep} keep them)")
