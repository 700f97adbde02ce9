"""Every step behind one output pixel of a filter, and what a file would store of it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convcli.choices import Combine, PadMode, RangeMode
from convcli.display.language import Say, say_english
from convcli.engine.analysis.pixel_trace import AxisTrace, PixelTrace, WindowTrace, trace_window
from convcli.engine.correlation.combine import combine
from convcli.imaging.formats import Format
from convcli.imaging.image import Image, Space
from convcli.kernels import library
from convcli.kernels.kernel import Kernel
from convcli.options.specs import FilterSpec, PoolSpec
from convcli.pipeline.feature_maps import Filtering
from convcli.pipeline.loaded_kernels import LoadedKernels
from convcli.pipeline.operation import FeatureMap
from convcli.pipeline.results import to_image

__all__ = [
    "Explained",
    "Part",
    "Samples",
    "View",
    "channel_names",
    "explain",
    "outcome",
    "part_names",
    "per_channel",
    "report",
    "stored_samples",
    "taken_from",
]

NAMES = {Space.RGB: ("red", "green", "blue"), Space.CMYK: ("cyan", "magenta", "yellow", "black")}


class Part(NamedTuple):
    """One component of the kernel: its name (empty for an only one), itself before rotation, its steps."""

    name: str
    given: NDArray[np.float64]
    trace: PixelTrace


class Samples(NamedTuple):
    """Samples of a file per map and channel, which of them were cut to fit, their range and their type."""

    stored: tuple[tuple[float, ...], ...]
    clipped: tuple[tuple[bool, ...], ...]
    range: RangeMode
    dtype: np.dtype[Any]


class Explained(NamedTuple):
    """One output pixel of an image of one frame.

    Attributes
    ----------
    how, combined
        How the components were combined, and the result per channel before the bias; None and empty where
        each component gives a map of its own.
    values, samples
        Per map and channel: the value, and the sample in a file.
    """

    image: Image
    kernel: Kernel
    parts: tuple[Part, ...]
    how: Combine | None
    combined: tuple[float, ...]
    values: tuple[tuple[float, ...], ...]
    samples: Samples

    @property
    def axes(self) -> tuple[AxisTrace, AxisTrace]:
        """Rows and columns of the window, of the first component."""
        return self.parts[0].trace.rows, self.parts[0].trace.columns


class View(NamedTuple):
    """What of one output pixel is shown: some channels and components; and the names of all channels."""

    found: Explained
    spec: FilterSpec
    channels: tuple[int, ...]
    parts: tuple[int, ...]
    names: tuple[str, ...]
    say: Say


def explain(
    image: Image,
    text: str,
    slides: LoadedKernels,
    spec: FilterSpec,
    at: tuple[int, int],
    format: Format,
    say: Say = say_english,
) -> Explained:
    """Filter `image`, of one frame, and keep every step behind the output pixel `at`.

    `text` is the SPEC of the kernel that `slides`; negative rows and columns count from the end; `format` is
    that of the file that the result would be stored in.
    """
    (used,) = slides.kernels
    how = spec.combine if spec.combine is not None else used.combine
    joined = how is not Combine.NONE and len(used.components) > 1
    (frame,) = image.frames
    added = 0.0 if joined else spec.bias
    parts = tuple(
        Part(
            name,
            weights[..., ::-1, ::-1] if spec.convolve else weights,
            trace_window(frame.pixels, weights, at, spec.window(weights.shape), bias=bias + added),
        )
        for name, weights, bias in zip(part_names(text, used, say), used.components, used.bias, strict=True)
    )
    maps = Filtering(slides, spec).maps(frame)
    found = parts[0].trace.at
    samples = stored_samples(image, maps, spec, found, format)
    combined: tuple[float, ...] = ()
    values = tuple(part.trace.values for part in parts)
    if joined:
        combined = tuple(combine([np.array(value) for value in values], how).tolist())
        values = (tuple(value + spec.bias for value in combined),)
    return Explained(image, used, parts, how if joined else None, combined, values, samples)


def stored_samples(
    image: Image,
    maps: Sequence[FeatureMap[Any]],
    spec: FilterSpec | PoolSpec,
    at: tuple[int, int],
    format: Format,
) -> Samples:
    """Return what `filter` or `pool` stores of each map and channel at `at`, and whether it is cut."""
    stored, clipped = [], []
    for one in maps:
        made = to_image(image, [one], spec, format).image
        stored.append(tuple(np.atleast_1d(made.frames[0].pixels[at]).tolist()))
        mode = spec.range or (RangeMode.RAW if made.dtype.kind == "f" else RangeMode.CLIP)
        cut = [False] * len(stored[-1])
        if not mode.stretches:  # which cuts nothing, and cannot be known from one pixel
            alone = [FeatureMap(np.full((1, 1), value), None) for value in np.atleast_1d(one.values[at])]
            cut = [to_image(image, [value], spec, format).clipped > 0 for value in alone]
        clipped.append(tuple(cut))
    return Samples(tuple(stored), tuple(clipped), mode, made.dtype)


def part_names(text: str, found: Kernel, say: Say = say_english) -> tuple[str, ...]:
    """Return what the components of the kernel behind the SPEC `text` are called; an only one has no name."""
    count = len(found.components)
    if count == 1:
        return ("",)
    entry = library.TABLE.get(library.canonical(text.partition(":")[0]))
    if entry is not None and all(part in library.TABLE for part in entry.parts):
        return entry.parts
    if found.combine is Combine.NONE:
        return tuple(say("map {index}", index=index) for index in range(count))
    return tuple(say("component {index}", index=index) for index in range(count))


def channel_names(image: Image, say: Say = say_english) -> tuple[str, ...]:
    """Return what the channels are called; one empty name where there is only one."""
    count = image.frames[0].channels
    if count == 1:
        return ("",)
    known = NAMES.get(image.space, ())
    if len(known) == count:
        return tuple(say(name) for name in known)
    return tuple(say("channel {index}", index=index) for index in range(count))


def report(found: Explained, name: str, spec: FilterSpec) -> dict[str, Any]:
    """Return the JSON object: lists with one item per component, or channel, where there are several."""
    traces = [part.trace for part in found.parts]
    one_part, grey = len(traces) == 1, found.image.frames[0].channels == 1

    def per_part(values: Sequence[Any]) -> Any:
        return values[0] if one_part else list(values)

    grids = [(t.window[0], t.products[0]) if grey else (t.window, t.products) for t in traces]
    said: dict[str, Any] = {
        "input": name,
        "at": list(traces[0].at),
        "window": per_part([window for window, _ in grids]),
        "taken_from": per_part([taken_from(trace) for trace in traces]),
        "kernel": per_part([trace.kernel for trace in traces]),
    }
    if spec.convolve:
        said["kernel_given"] = per_part([part.given for part in found.parts])
    said |= {
        "products": per_part([products for _, products in grids]),
        "sum": per_part([per_channel(trace.sums) for trace in traces]),
        "bias": spec.bias if found.how is not None else per_part([trace.bias for trace in traces]),
    }
    if found.how is not None:
        said |= {"combine": found.how.value, "combined": per_channel(found.combined)}
    return said | outcome(found.values, found.samples, found.axes, spec)


def outcome(
    values: Sequence[Sequence[float]],
    samples: Samples,
    axes: tuple[AxisTrace, AxisTrace],
    spec: FilterSpec | PoolSpec,
) -> dict[str, Any]:
    """Return what the JSON objects of kernels and of pooling end with."""
    rows, columns = axes
    return {
        "value": per_channel([per_channel(of_map) for of_map in values]),
        "stored": per_channel([per_channel(of_map) for of_map in samples.stored]),
        "clipped": per_channel([per_channel(of_map) for of_map in samples.clipped]),
        "range": samples.range.value,
        "depth": samples.dtype.name,
        "pad": spec.pad.value if spec.pad else "neutral",
        "pad_value": (spec.pad_value or 0.0) if spec.pad in (PadMode.ZERO, PadMode.CONSTANT) else None,
        "size_in": [rows.size, columns.size],
        "size_out": [rows.result, columns.result],
        "formula": {"height": rows.formula, "width": columns.formula},
        "receptive_field": {
            "rows": rows.inside,
            "columns": columns.inside,
            "size": [_length(rows.inside), _length(columns.inside)],
            "window": {"rows": rows.span, "columns": columns.span},
        },
    }


def per_channel(values: Sequence[Any]) -> Any:
    """Return the only one of `values`, else a list of them."""
    return values[0] if len(values) == 1 else list(values)


def _length(ends: tuple[int, int] | None) -> int:
    return 0 if ends is None else ends[1] - ends[0] + 1


def taken_from(trace: WindowTrace) -> list[list[list[int] | None]]:
    """Return the pixel of the picture that each place of the window shows; None for the constant."""
    return [
        [
            None if constant else [int(row), int(column)]
            for column, constant in zip(trace.columns.shown, of_row, strict=True)
        ]
        for row, of_row in zip(trace.rows.shown, trace.constant.tolist(), strict=True)
    ]
