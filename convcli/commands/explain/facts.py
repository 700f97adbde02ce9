"""Facts about one output pixel as pairs of words: sizes and receptive field; sum, bias and value."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from convcli.choices import Combine, RangeMode
from convcli.commands.explain.steps import Explained, channel_names
from convcli.display.words import number, per_axis, size
from convcli.engine.analysis.pixel_trace import AxisTrace
from convcli.imaging.image import full_scale
from convcli.options.specs import FilterSpec

__all__ = ["facts", "results"]

RANGES = {
    RangeMode.CLIP: "",
    RangeMode.ABS: "the absolute value",
    RangeMode.SCALE: "the least value of the picture is black, the greatest white",
    RangeMode.SCALE_EACH: "the least value of the frame is black, the greatest white",
    RangeMode.CENTER: "mid-grey added",
    RangeMode.UNIT: "1 is white",
    RangeMode.RAW: "as it is",
}


def facts(found: Explained, text: str, spec: FilterSpec) -> Iterator[tuple[str, str]]:
    """Tell picture, kernel (whose SPEC is `text`), padding, sizes and receptive field."""
    rows, columns = found.axes
    channels = found.image.frames[0].channels
    many = f", {channels} channels" if channels > 1 else ""
    yield (
        "picture",
        f"{size((rows.size, columns.size))}, {_type(found.image.dtype)} {found.image.space}{many}",
    )
    turned = "convolution: rotated by 180 degrees" if spec.convolve else "correlation"
    normalized = ", normalized" if spec.normalize else ""
    yield "kernel", f"{text}: {size((rows.axis.size, columns.axis.size))}{normalized}, {turned}"
    if rows.axis.low or rows.axis.high or columns.axis.low or columns.axis.high:
        (top, bottom), (left, right) = ((each.axis.low, each.axis.high) for each in found.axes)
        sides = f"{top} above, {bottom} below, {left} left, {right} right"
        yield "padding", f"{spec.pad}: {sides}"
    else:
        yield "padding", "none"
    if spec.stride != (1, 1) or spec.dilation != (1, 1):
        yield "window", f"stride {per_axis(spec.stride)}, dilation {per_axis(spec.dilation)}"
    yield "height", f"H' = {rows.formula}"
    yield "width", f"W' = {columns.formula}"
    yield "sees", _receptive_field(rows, columns)


def _receptive_field(rows: AxisTrace, columns: AxisTrace) -> str:
    """Say what the pixel sees, and how much of that is in the picture."""
    whole = _region(rows.span, columns.span)
    if rows.inside is None or columns.inside is None:
        return f"{whole}, all of it beyond the picture"
    if (rows.inside, columns.inside) == (rows.span, columns.span):
        return whole
    return f"{whole}; in the picture {_region(rows.inside, columns.inside)}"


def _region(rows: tuple[int, int], columns: tuple[int, int]) -> str:
    lengths = size([last - first + 1 for first, last in (rows, columns)])
    return f"{_ends('row', rows)}, {_ends('column', columns)} ({lengths})"


def _ends(what: str, ends: tuple[int, int]) -> str:
    return f"{what} {ends[0]}" if ends[0] == ends[1] else f"{what}s {ends[0]} to {ends[1]}"


def results(found: Explained, spec: FilterSpec) -> Iterator[tuple[str, str]]:
    """Tell sum, bias, value and stored sample of each component, or of all that are combined."""
    names = channel_names(found.image)

    def said(values: Sequence[float]) -> str:
        if len(values) == 1:
            return number(values[0])
        return ", ".join(f"{name} {number(value)}" for name, value in zip(names, values, strict=True))

    if found.how is not None:
        for part in found.parts:
            bias = f" + {number(part.trace.bias)} (its bias)" if part.trace.bias else ""
            yield part.name, f"{said(part.trace.sums)}{bias}"
        yield found.how.value, f"{_combination(found)}{said(found.combined)}"
        yield "bias", number(spec.bias)
        yield "value", said(found.values[0])
        yield "stored", _stored(found, 0, names)
        return
    for index, part in enumerate(found.parts):
        trace = part.trace
        if part.name:
            yield part.name, ""
        summed = f" ({' + '.join(map(number, trace.channel_sums))})" if trace.kernel.ndim == 3 else ""
        yield "sum", f"{said(trace.sums)}{summed}"
        yield "bias", number(trace.bias)
        yield "value", said(trace.values)
        yield "stored", _stored(found, index, names)


def _combination(found: Explained) -> str:
    """Write the combination of two components out."""
    if len(found.combined) != 1 or len(found.parts) > 2:
        return ""
    first, second = (number(part.trace.values[0]) for part in found.parts)
    squares = [f"({word})^2" if word[0] == "-" else f"{word}^2" for word in (first, second)]
    return {
        Combine.MAGNITUDE: f"sqrt({squares[0]} + {squares[1]}) = ",
        Combine.ORIENTATION: f"atan2({second}, {first}) in degrees = ",
        Combine.MAX: f"max({first}, {second}) = ",
        Combine.SUM: f"{first} + {second} = ",
    }.get(found.how or Combine.NONE, "")


def _stored(found: Explained, index: int, names: Sequence[str]) -> str:
    stored, values = found.stored[index], found.values[index]
    words = [number(value, 9) for value in stored]
    if len(words) > 1:
        labels = names if len(names) == len(words) else [f"channel {place}" for place in range(len(words))]
        words = [f"{label} {word}" for label, word in zip(labels, words, strict=True)]
    notes = [RANGES[found.range]] if RANGES[found.range] else []
    if any(found.clipped[index]):
        notes.append(f"cut to fit 0 to {full_scale(found.dtype):g}")
    elif found.dtype.kind == "u" and found.range is RangeMode.CLIP and values != stored:
        notes.append("rounded")
    notes.append(_type(found.dtype))
    return f"{', '.join(words)} ({'; '.join(notes)})"


def _type(dtype: np.dtype[Any]) -> str:
    return f"{8 * dtype.itemsize}-bit" if dtype.kind == "u" else dtype.name
