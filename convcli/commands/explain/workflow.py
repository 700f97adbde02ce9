"""What happens after ``convcli explain``: read, filter, and tell of one pixel; or write the page."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convcli.atomic_write import write_bytes
from convcli.choices import STDOUT, Combine, Depth, PadMode, RangeMode
from convcli.commands.explain.steps import Explained, channel_names, explain, report, single
from convcli.commands.explain.view import Explanation, Grid, Step, written
from convcli.engine.analysis.pixel_trace import Axis, PixelTrace
from convcli.errors import UsageError
from convcli.imaging.image import Image, full_scale
from convcli.options.specs import FilterSpec, ReadSpec, WriteSpec
from convcli.pipeline.batch import Batch, Outcome, Source, check_inputs, run_each
from convcli.pipeline.loaded_kernels import load_kernels
from convcli.pipeline.naming import OutputPaths
from convcli.pipeline.process import as_gray, read_source

__all__ = ["explain_files"]

WRITTEN_OUT = 9
"""Up to how many products their sum is written out."""

RANGES = {
    RangeMode.CLIP: "",
    RangeMode.ABS: "the absolute value",
    RangeMode.SCALE: "the least value of the picture is black, the greatest white",
    RangeMode.CENTER: "mid-grey added",
    RangeMode.UNIT: "1 is white",
    RangeMode.RAW: "as it is",
}


def explain_files(
    inputs: Sequence[str],
    kernels: Sequence[str],
    spec: FilterSpec,
    reading: ReadSpec,
    *,
    at: tuple[int, int] | None,
    html: str | None,
) -> Batch:
    """Explain one output pixel of each input, filtered with the one kernel; or write its page.

    Raises
    ------
    UsageError, KernelError
        The options, kernels and names do not go together.
    """
    check_inputs(inputs, kernels)
    if len(kernels) != 1:
        raise UsageError(f"--kernel is given {len(kernels)} times", hint="explain one kernel at a time")
    if at is None and html is None:
        raise UsageError("--at is missing", hint="name an output pixel: --at ROW,COLUMN, such as --at 0,0")
    count = None if reading.recursive else len(inputs)
    if html is not None and count != 1:
        raise UsageError("--html is a page about one picture", hint="name one input")
    slides = load_kernels(kernels, spec)
    floats = spec.depth is Depth.FLOAT or spec.range is RangeMode.RAW
    naming = OutputPaths(WriteSpec(output=STDOUT), 1, inputs[:1], floats=floats)

    def work(source: Source) -> Outcome:
        read = read_source(source, reading)
        notes = [*read.notes, *_left_out(read)]
        image = single(as_gray(read) if spec.gray else read)
        if html is not None:
            from convcli.commands.explain.page import write_page

            data = write_page(image, source.name, kernels[0], slides.kernels[0], spec, at)
            if html == STDOUT:
                return Outcome(input=source.path, data=data, notes=tuple(notes))
            write_bytes(html, data)
            said = {"input": source.path, "html": html}
            return Outcome(input=source.path, outputs=(html,), notes=tuple(notes), report=said)
        (target,) = naming.targets(source, ["one"], image.format)
        found = explain(image, kernels[0], slides, spec, at or (0, 0), target.format)
        return Outcome(
            input=source.path,
            shown=_told(found, source.name, kernels[0], spec),
            report=report(found, source.path, spec),
            notes=tuple(notes),
        )

    return Batch(run_each(inputs, reading, work), count, html == STDOUT)


def _left_out(image: Image) -> Iterator[str]:
    if len(image.frames) > 1:
        yield f"the first of {len(image.frames)} frames is explained; --frame N chooses another"
    if image.frames[0].alpha is not None:
        yield "transparency is left out"


def _told(found: Explained, name: str, text: str, spec: FilterSpec) -> Explanation:
    rows, columns = found.axes
    constant = written(spec.pad_value or 0.0) if spec.pad is PadMode.CONSTANT else "0"
    return Explanation(
        f"{name}: output pixel ({rows.at}, {columns.at})",
        tuple(_facts(found, text, spec)),
        f"the constant {constant}",
        tuple(_steps(found, spec)),
        tuple(_results(found, spec)),
    )


def _facts(found: Explained, text: str, spec: FilterSpec) -> Iterator[tuple[str, str]]:
    rows, columns = found.axes
    channels = found.image.frames[0].channels
    many = f", {channels} channels" if channels > 1 else ""
    yield "picture", f"{rows.size} x {columns.size}, {_kind(found.image.dtype)} {found.image.space}{many}"
    turned = "convolution: rotated by 180 degrees" if spec.convolve else "correlation"
    normalized = ", normalized" if spec.normalize else ""
    yield "kernel", f"{text}: {rows.taps} x {columns.taps}{normalized}, {turned}"
    if rows.before or rows.after or columns.before or columns.after:
        sides = f"{rows.before} above, {rows.after} below, {columns.before} left, {columns.after} right"
        yield "padding", f"{spec.pad}: {sides}"
    else:
        yield "padding", "none"
    if spec.stride != (1, 1) or spec.dilation != (1, 1):
        yield "window", f"stride {_by(spec.stride)}, dilation {_by(spec.dilation)}"
    yield "height", f"H' = {rows.formula}"
    yield "width", f"W' = {columns.formula}"
    yield "sees", _field(rows, columns)


def _by(pair: tuple[int, int]) -> str:
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]}x{pair[1]}"


def _field(rows: Axis, columns: Axis) -> str:
    """Say what the pixel sees, and how much of that is in the picture."""
    spans = [end - start + 1 for start, end in (rows.span, columns.span)]
    whole = f"{_ends('row', rows.span)}, {_ends('column', columns.span)} ({spans[0]} x {spans[1]})"
    if rows.inside is None or columns.inside is None:
        return f"{whole}, all of it beyond the picture"
    if (rows.inside, columns.inside) == (rows.span, columns.span):
        return whole
    sizes = [end - start + 1 for start, end in (rows.inside, columns.inside)]
    inside = f"{_ends('row', rows.inside)}, {_ends('column', columns.inside)} ({sizes[0]} x {sizes[1]})"
    return f"{whole}; in the picture {inside}"


def _ends(what: str, ends: tuple[int, int]) -> str:
    return f"{what} {ends[0]}" if ends[0] == ends[1] else f"{what}s {ends[0]} to {ends[1]}"


def _steps(found: Explained, spec: FilterSpec) -> Iterator[Step]:
    names = channel_names(found.image)
    grids: dict[
        tuple[int, int], Grid
    ] = {}  # one for all windows that lie alike: what was shown is known again
    for part in found.parts:
        trace = part.trace
        grid = grids.setdefault((trace.rows.taps, trace.columns.taps), _grid(trace))
        kernels = [trace.kernel] * len(names) if trace.kernel.ndim == 2 else list(trace.kernel)
        given = [part.given] * len(names) if part.given.ndim == 2 else list(part.given)
        for channel, name in enumerate(names):
            yield Step(
                ", ".join(filter(None, (part.name, name))),
                grid,
                trace.window[channel],
                given[channel] if spec.convolve else None,
                kernels[channel],
                trace.products[channel],
                _summed(trace, channel, alone=len(names) == 1 and len(found.parts) == 1),
            )


def _grid(trace: PixelTrace) -> Grid:
    texts = [
        [
            "" if constant else f"{row},{column}"
            for column, constant in zip(trace.columns.shown, line, strict=True)
        ]
        for row, line in zip(trace.rows.shown, trace.constant.tolist(), strict=True)
    ]
    return Grid(
        tuple(trace.rows.places.tolist()), tuple(trace.columns.places.tolist()), trace.padded, np.array(texts)
    )


def _summed(trace: PixelTrace, channel: int, *, alone: bool) -> str:
    total = trace.channel_sums[channel]
    if trace.products[channel].size <= WRITTEN_OUT:
        return f"{_added(trace.products[channel])} = {written(total)}"
    return "" if alone else f"sum of the {trace.products[channel].size} products: {written(total)}"


def _added(products: NDArray[np.float64]) -> str:
    words = [written(value) for value in products.ravel().tolist()]
    return words[0] + "".join(f" - {word[1:]}" if word[0] == "-" else f" + {word}" for word in words[1:])


def _results(found: Explained, spec: FilterSpec) -> Iterator[tuple[str, str]]:
    names = channel_names(found.image)

    def said(values: Sequence[float]) -> str:
        if len(values) == 1:
            return written(values[0])
        return ", ".join(f"{name} {written(value)}" for name, value in zip(names, values, strict=True))

    if found.how is not None:
        for part in found.parts:
            bias = f" + {written(part.trace.bias)} (its bias)" if part.trace.bias else ""
            yield part.name, f"{said(part.trace.sums)}{bias}"
        yield found.how.value, f"{_joining(found)}{said(found.combined)}"
        yield "bias", written(spec.bias)
        yield "value", said(found.values[0])
        yield "stored", _stored(found, 0, names)
        return
    for index, part in enumerate(found.parts):
        trace = part.trace
        if part.name:
            yield part.name, ""
        summed = f" ({' + '.join(map(written, trace.channel_sums))})" if trace.kernel.ndim == 3 else ""
        yield "sum", f"{said(trace.sums)}{summed}"
        yield "bias", written(trace.bias)
        yield "value", said(trace.values)
        yield "stored", _stored(found, index, names)


def _joining(found: Explained) -> str:
    """Write the combination out, where that is short."""
    if len(found.combined) != 1 or len(found.parts) > 2:
        return ""
    first, second = (written(part.trace.values[0]) for part in found.parts)
    squares = [f"({word})^2" if word[0] == "-" else f"{word}^2" for word in (first, second)]
    return {
        Combine.MAGNITUDE: f"sqrt({squares[0]} + {squares[1]}) = ",
        Combine.ORIENTATION: f"atan2({second}, {first}) in degrees = ",
        Combine.MAX: f"max({first}, {second}) = ",
        Combine.SUM: f"{first} + {second} = ",
    }.get(found.how or Combine.NONE, "")


def _stored(found: Explained, index: int, names: Sequence[str]) -> str:
    stored, cut, values = found.stored[index], found.clipped[index], found.values[index]
    words = [written(value, 9) for value in stored]
    if len(words) > 1:
        labels = names if len(names) == len(words) else [f"channel {place}" for place in range(len(words))]
        words = [f"{label} {word}" for label, word in zip(labels, words, strict=True)]
    notes = [RANGES[found.range]] if RANGES[found.range] else []
    if any(cut):
        notes.append(f"cut to fit 0 to {full_scale(found.dtype):g}")
    elif found.dtype.kind == "u" and found.range is RangeMode.CLIP and values != stored:
        notes.append("rounded")
    notes.append(_kind(found.dtype))
    return f"{', '.join(words)} ({'; '.join(notes)})"


def _kind(dtype: np.dtype[Any]) -> str:
    return f"{8 * dtype.itemsize}-bit" if dtype.kind == "u" else dtype.name
