"""Facts about one output pixel as pairs of words: sizes and receptive field; sum, bias and value."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from rich.text import Text

from convcli.choices import Combine, PoolMode, RangeMode
from convcli.commands.explain.pooled import Pooled
from convcli.commands.explain.steps import Explained, Samples, View
from convcli.display.language import Say, spaced
from convcli.display.words import number, per_axis, size
from convcli.engine.analysis.pixel_trace import AxisTrace
from convcli.imaging.image import Image, full_scale
from convcli.options.specs import FilterSpec, PoolSpec

__all__ = [
    "WRITTEN_OUT",
    "combination",
    "kernel_facts",
    "labelled",
    "pooling_facts",
    "results",
    "stored",
    "title",
    "written_sum",
]

# Up to as many numbers, their sum is written out.
WRITTEN_OUT = 9

# How values became samples, in words; empty where that needs none.
RANGES = {
    RangeMode.CLIP: "",
    RangeMode.ABS: "the absolute value",
    RangeMode.SCALE: "the least value of the picture is black, the greatest white",
    RangeMode.SCALE_EACH: "the least value of the frame is black, the greatest white",
    RangeMode.CENTER: "mid-grey added",
    RangeMode.UNIT: "1 is white",
    RangeMode.RAW: "as it is",
}


def title(image: Image, name: str, at: tuple[int, int], say: Say) -> Text:
    """Return the first line: whose output pixel, or of a signal which result."""
    if image.signal:
        return Text(say("{name}: result at {at}", name=name, at=at[1]), style="bold")
    return Text(
        say("{name}: output pixel ({row}, {column})", name=name, row=at[0], column=at[1]), style="bold"
    )


def kernel_facts(found: Explained, text: str, spec: FilterSpec, say: Say) -> Iterator[tuple[str, str]]:
    """Tell picture, kernel (whose SPEC is `text`), padding, sizes and receptive field."""
    normalized = say(", normalized") if spec.normalize else ""
    if found.image.signal:
        told = "{kernel}: {count} weights{normalized}, {turned}"
        turned = say("convolution: turned") if spec.convolve else say("correlation: not turned")
        shape = str(found.axes[1].axis.size)
    else:
        told = "{kernel}: {size}{normalized}, {turned}"
        turned = say("convolution: rotated by 180 degrees") if spec.convolve else say("correlation")
        shape = size([each.axis.size for each in found.axes])
    told = say(told, kernel=text, size=shape, count=shape, normalized=normalized, turned=turned)
    return _facts(found.image, found.axes, (say("kernel"), told), spec.pad, say)


def pooling_facts(found: Pooled, spec: PoolSpec, say: Say) -> Iterator[tuple[str, str]]:
    """Tell picture, pooling, padding, sizes and receptive field."""
    norm = say(", P = {power}", power=number(spec.power)) if spec.mode is PoolMode.LP else ""
    shape = spec.size[1] if found.image.signal else size(spec.size)
    told = say("{mode}: {size}{norm}", mode=spec.mode, size=shape, norm=norm)
    yield from _facts(
        found.image, found.axes, (say("pooling"), told), spec.pad or say("neutral"), say, moves=True
    )
    if any(each.dropped for each in found.axes):
        yield "", say("- 1: a last window would begin in the padding, and is left out")


def _facts(
    image: Image,
    axes: tuple[AxisTrace, AxisTrace],
    subject: tuple[str, str],
    mode: str,
    say: Say,
    *,
    moves: bool = False,
) -> Iterator[tuple[str, str]]:
    """Tell picture or signal, the `subject`, padding, stride and dilation, sizes and receptive field.

    Stride and dilation of 1 are told where `moves`.
    """
    rows, columns = axes
    low, high = columns.axis.low, columns.axis.high
    if image.signal:
        yield say("signal"), say("{count} samples, {type}", count=columns.size, type=_type(image.dtype, say))
        rows, padding = columns, say("{mode}: {low} before, {high} after", mode=mode, low=low, high=high)
    else:
        yield say("picture"), _picture(image, say)
        sides = {"top": rows.axis.low, "bottom": rows.axis.high, "left": low, "right": high}
        padding = say("{mode}: {top} above, {bottom} below, {left} left, {right} right", mode=mode, **sides)
    yield subject
    yield say("padding"), padding if any((rows.axis.low, rows.axis.high, low, high)) else say("none")
    strides, dilations = zip(
        *((each.axis.stride, each.axis.dilation) for each in (rows, columns)), strict=True
    )
    if moves or {*strides, *dilations} != {1}:
        words = {"stride": per_axis(strides), "dilation": per_axis(dilations)}
        yield say("window"), say("stride {stride}, dilation {dilation}", **words)
    if image.signal:
        yield say("length"), f"N' = {columns.formula}"
        yield say("sees"), _ends(columns.span, ("sample {first}", "samples {first} to {last}"), say)
        return
    yield say("height"), f"H' = {rows.formula}"
    yield say("width"), f"W' = {columns.formula}"
    yield say("sees"), _receptive_field(rows, columns, say)


def _picture(image: Image, say: Say) -> str:
    frame = image.frames[0]
    space = {"gray": say("gray"), "data": say("data")}.get(image.space, image.space)
    many = say(", {count} channels", count=frame.channels) if frame.channels > 1 else ""
    kind = spaced((_type(image.dtype, say), space))
    return say("{size}, {type}{many}", size=size(frame.size), type=kind, many=many)


def _receptive_field(rows: AxisTrace, columns: AxisTrace, say: Say) -> str:
    """Say what the pixel sees, and how much of that is in the picture."""
    whole = _region(rows.span, columns.span, say)
    if rows.inside is None or columns.inside is None:
        return say("{window}, all of it beyond the picture", window=whole)
    if (rows.inside, columns.inside) == (rows.span, columns.span):
        return whole
    inside = _region(rows.inside, columns.inside, say)
    return say("{window}; in the picture {inside}", window=whole, inside=inside)


def _region(rows: tuple[int, int], columns: tuple[int, int], say: Say) -> str:
    lengths = size([last - first + 1 for first, last in (rows, columns)])
    down = _ends(rows, ("row {first}", "rows {first} to {last}"), say)
    across = _ends(columns, ("column {first}", "columns {first} to {last}"), say)
    return say("{rows}, {columns} ({size})", rows=down, columns=across, size=lengths)


def _ends(ends: tuple[int, int], words: tuple[str, str], say: Say) -> str:
    return say(words[ends[0] != ends[1]], first=ends[0], last=ends[1])


def results(view: View) -> Iterator[tuple[str, str]]:
    """Tell sum, bias, value and stored sample of the channels, of each component or of all combined."""
    found, channels, say = view.found, view.channels, view.say

    def said(values: Sequence[float], before: str = "") -> str:
        return labelled([f"{before}{number(value)}" for value in values], view.names, channels, say)

    def stored_of(map: int) -> str:
        return stored(found.values[map], found.samples, map, view.names, channels, say)

    if found.how is not None:
        for part in (found.parts[index] for index in view.parts):
            bias = say(" + {bias} (its bias)", bias=number(part.trace.bias)) if part.trace.bias else ""
            yield part.name, f"{said(part.trace.sums)}{bias}"
        yield found.how.value, said(found.combined, _combination(found, channels, say))
        yield say("bias"), number(view.spec.bias)
        yield say("value"), said(found.values[0])
        yield say("stored"), stored_of(0)
        return
    for index in view.parts:
        part, trace = found.parts[index], found.parts[index].trace
        if part.name:
            yield part.name, ""
        few = trace.kernel.ndim == 3 and 1 < len(trace.channel_sums) <= WRITTEN_OUT
        summed = f" ({written_sum(trace.channel_sums)})" if few else ""
        yield say("sum"), f"{said(trace.sums)}{summed}"
        yield say("bias"), number(trace.bias)
        yield say("value"), said(trace.values)
        yield say("stored"), stored_of(index)


def written_sum(values: Sequence[float]) -> str:
    """Write a sum out, with minus signs for what is below 0."""
    first, *rest = map(number, values)
    return first + "".join(f" - {word[1:]}" if word[0] == "-" else f" + {word}" for word in rest)


def labelled(words: Sequence[str], names: Sequence[str], channels: Sequence[int], say: Say) -> str:
    """Return the words of some channels, each behind its name where there are several."""
    if len(words) == 1:
        return words[0]
    colon = say(": ") if names[-1][-1].isdigit() else " "
    return say(", ").join(f"{names[channel]}{colon}{words[channel]}" for channel in channels)


def _combination(found: Explained, channels: Sequence[int], say: Say) -> str:
    """Write the combination of two components out."""
    if len(found.combined) > 1 and len(channels) > 1:
        return ""
    at = channels[0] if len(found.combined) > 1 else 0
    return combination(found.how, [part.trace.values[at] for part in found.parts], say)


def combination(how: Combine | None, values: Sequence[float], say: Say) -> str:
    """Write the combination of two values out; of more, nothing."""
    if len(values) != 2:
        return ""
    first, second = map(number, values)
    squares = [f"({word})^2" if word[0] == "-" else f"{word}^2" for word in (first, second)]
    return {
        Combine.MAGNITUDE: f"sqrt({squares[0]} + {squares[1]}) = ",
        Combine.ORIENTATION: say("atan2({first}, {second}) in degrees = ", first=second, second=first),
        Combine.MAX: f"max({first}, {second}) = ",
        Combine.SUM: f"{first} + {second} = ",
    }.get(how or Combine.NONE, "")


def stored(
    values: Sequence[float],
    samples: Samples,
    index: int,
    names: Sequence[str],
    channels: Sequence[int],
    say: Say,
) -> str:
    """Tell the samples of the map `index`, made of its `values`, and how they were made."""
    found = samples.stored[index]
    words = labelled([number(value, 9) for value in found], names, channels, say)
    notes = [say(RANGES[samples.range])] if RANGES[samples.range] else []
    if any(samples.clipped[index]):
        notes.append(say("cut to fit 0 to {white}", white=f"{full_scale(samples.dtype):g}"))
    elif samples.dtype.kind == "u" and samples.range is RangeMode.CLIP and tuple(values) != found:
        notes.append(say("rounded"))
    notes.append(_type(samples.dtype, say))
    return say("{samples} ({how})", samples=words, how=say("; ").join(notes))


def _type(dtype: np.dtype[Any], say: Say) -> str:
    return say("{bits}-bit", bits=8 * dtype.itemsize) if dtype.kind == "u" else dtype.name
