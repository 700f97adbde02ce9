"""The steps of an animation: what a kernel or a pooling window does at each output pixel that is shown."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convcli.choices import Combine, PoolMode
from convcli.commands.explain.spec import ExplainSpec
from convcli.commands.explain.steps import channel_names, part_names
from convcli.display.words import listed, number, per_axis, size
from convcli.engine.analysis.pixel_trace import WindowTrace, exact_sum, trace_window
from convcli.engine.analysis.pool_trace import trace_pooling
from convcli.engine.correlation.combine import combine
from convcli.engine.pooling.pool2d import Pooling, pool_picture
from convcli.engine.window import Window
from convcli.errors import UsageError
from convcli.imaging.image import Image, Space
from convcli.options.specs import FilterSpec, PoolSpec
from convcli.pipeline.feature_maps import Filtering
from convcli.pipeline.inputs import as_gray
from convcli.pipeline.loaded_kernels import LoadedKernels

__all__ = ["Moving", "Plane", "Step", "of_kernel", "of_pooling"]

Array = NDArray[np.float64]

# Up to as many numbers, a sum or a list of them is written out.
WRITTEN_OUT = 9

# Most components or channels of a kernel that are shown one after the other.
MOST_PLANES = 3


class Plane(NamedTuple):
    """A window over one channel: of one component of a kernel, or (then without products) of pooling.

    `chosen` are the pixels that the value of pooling is taken from.
    """

    name: str
    channel: int
    trace: WindowTrace
    window: Array
    chosen: NDArray[np.bool_]
    words: str
    kernel: Array | None = None
    products: Array | None = None

    def known(self, count: int) -> Array:
        """Return the first `count` products, row by row; the others are NaN, as all of pooling are."""
        if self.products is None:
            return np.full(self.window.shape, np.nan)
        return np.where(
            np.arange(self.products.size).reshape(self.products.shape) < count, self.products, np.nan
        )

    def sum_of(self, count: int) -> str:
        """Write the sum of the first `count` products, row by row; of pooling, its value."""
        if self.products is None:
            return self.words
        some, total = self.products.ravel()[:count], self.products.size
        found = number(exact_sum(some))
        if total > WRITTEN_OUT:
            return f"sum of {f'{count} of ' if count < total else ''}{total} products: {found}"
        return _added(some.tolist()) + (f" = {found}" if count > 1 else "")


class Step(NamedTuple):
    """All of one output pixel: its planes, one after the other, what becomes of their sums, the value."""

    at: tuple[int, int]
    planes: tuple[Plane, ...]
    ending: str
    value: float


class Moving(NamedTuple):
    """A kernel or a pooling window that moves.

    Attributes
    ----------
    title, facts
        Words for the picture.
    pixels
        The picture: with one channel, or as many as the kernel has weights for.
    step
        Traces one output pixel.
    window, ceil, constant
        How it slides, whether output sizes are rounded up, and the value of padding that stands for no pixel
        of the picture: NaN where it takes no part.
    whole
        Computes all of the result.
    turned
        The kernel as given and rotated, if it is.
    """

    title: str
    facts: str
    pixels: NDArray[Any]
    step: Callable[[tuple[int, int]], Step]
    window: Window
    ceil: bool
    constant: float
    whole: Callable[[], NDArray[np.floating[Any]]]
    turned: tuple[Array, Array] | None = None


def of_kernel(
    image: Image, text: str, slides: LoadedKernels, spec: FilterSpec, chosen: ExplainSpec, notes: list[str]
) -> Moving:
    """Return the kernel behind the SPEC `text`, as it slides over an image of one frame.

    One channel of it is shown, unless the kernel has weights for each; what is left out is noted.
    """
    (used,) = slides.kernels
    deep = used.components[0].ndim == 3
    image = image if deep else _one_channel(image, chosen.channel, notes)
    (frame,) = image.frames
    how = spec.combine if spec.combine is not None else used.combine
    joined, count = how is not Combine.NONE and len(used.components) > 1, len(used.components)
    number_of_map = chosen.map or 0
    if not 0 <= number_of_map < (1 if joined else count):
        maps = "1 map" if joined else f"{count} maps"
        raise UsageError(f"--map {chosen.map}: kernel {text} gives {maps}", hint="the first is 0")
    if not joined and count > 1 and chosen.map is None:
        notes.append(f"map 0 of {count} is animated; --map N chooses another")
    parts = [*zip(part_names(text, used), used.components, used.bias, strict=True)]
    parts = parts if joined else [parts[number_of_map]]
    channels = (
        [chosen.channel or 0] if deep and chosen.channel is not None else range(frame.channels if deep else 1)
    )
    shown = [(part, channel) for part in range(len(parts)) for channel in channels]
    if len(shown) > MOST_PLANES:
        notes.append(
            f"sums are over all {len(shown)} channels; the windows of the first {MOST_PLANES} are shown"
        )

    def step(at: tuple[int, int]) -> Step:
        added = 0.0 if joined else spec.bias
        traces = [
            trace_window(frame.pixels, weights, at, spec.window(weights.shape), bias=bias + added)
            for _, weights, bias in parts
        ]
        planes = []
        for part, channel in shown[:MOST_PLANES]:
            name = ", ".join(filter(None, (parts[part][0], channel_names(image)[channel] if deep else "")))
            trace = traces[part]
            kernel = trace.kernel[channel] if deep else trace.kernel
            none = np.zeros(kernel.shape, np.bool_)
            place = channel if deep else 0
            seen, products = trace.window[place], trace.products[place]
            planes.append(Plane(name, place, trace, seen, none, "", kernel, products))
        if joined:
            values = [trace.values[0] for trace in traces]
            together = float(combine([np.array(value) for value in values], how))
            value, ending = together + spec.bias, f"{_joined(how, values)} = {number(together)}"
            if spec.bias:
                ending += f";  {_added([together, spec.bias])} (bias) = {number(value)}"
            return Step(traces[0].at, tuple(planes), ending, value)
        (trace,) = traces
        (value,), sums = trace.values, trace.channel_sums
        bias = " (bias)" * bool(trace.bias)
        several = (
            _added(sums) if len(sums) <= WRITTEN_OUT else f"{len(sums)} channels: {number(trace.sums[0])}"
        )
        terms = several if not bias else f"{several}{_added([0.0, trace.bias])[1:]}{bias}"
        ending = f"{terms} = {number(value)}" if bias or len(sums) > 1 else ""
        return Step(trace.at, tuple(planes), ending, value)

    window = spec.window(parts[0][1].shape)
    facts = [*_facts(spec.pad.value, window), *([f"bias {number(spec.bias)}"] if spec.bias else [])]
    facts += ["convolution: the kernel is rotated by 180 degrees"] if spec.convolve else []
    flat = parts[0][1][channels[0]] if deep else parts[0][1]
    turned = (flat[::-1, ::-1], flat) if spec.convolve else None
    return Moving(
        f"kernel {text}",
        ", ".join(facts),
        frame.pixels,
        step,
        window,
        False,
        window.constant,
        lambda: Filtering(slides, spec).maps(frame)[number_of_map].values,
        turned,
    )


def of_pooling(image: Image, spec: PoolSpec, chosen: ExplainSpec, notes: list[str]) -> Moving:
    """Return the window of pooling, as it slides over one channel of an image of one frame."""
    (frame,) = _one_channel(image, chosen.channel, notes).frames
    window = spec.window(frame.size)
    how = Pooling(window, spec.mode, spec.ceil, spec.count_include_pad, spec.power)

    def step(at: tuple[int, int]) -> Step:
        trace = trace_pooling(frame.pixels, how, at)
        (value,), pixels = trace.values, trace.pixels[0].tolist()
        few = len(pixels) <= WRITTEN_OUT
        words = f"({', '.join(map(number, pixels))})" if few else f" of {len(pixels)} pixels"
        words = f"{spec.mode}{words} = {number(value)}"
        plane = Plane("", 0, trace, trace.window[0], trace.chosen[0], words)
        return Step(trace.at, (plane,), "", value)

    counted = window.mode is not None or (spec.mode is PoolMode.AVG and spec.count_include_pad)
    pads = window.mode.value if window.mode else "neutral"
    return Moving(
        f"{spec.mode} pooling {size(window.size)}",
        ", ".join(_facts(pads, window)),
        frame.pixels,
        step,
        window,
        spec.ceil,
        window.constant if counted else np.nan,
        lambda: pool_picture(frame.pixels, how),
    )


def _one_channel(image: Image, channel: int | None, notes: list[str]) -> Image:
    """Return one channel of an image of one frame: its luma where colours have none chosen."""
    (frame,) = image.frames
    count = frame.channels
    if not 0 <= (channel or 0) < count:
        raise UsageError(
            f"--channel {channel}: the picture has {count} channel{'s' * (count > 1)}", hint="the first is 0"
        )
    if count == 1:
        return image
    if channel is None and image.space is Space.RGB:
        notes.append("the luma of the colours is animated; --channel N chooses a channel")
        return as_gray(image)
    if channel is None:
        notes.append(f"channel 0 of {count} is animated; --channel N chooses another")
    pixels = frame.pixels[..., channel or 0]
    return replace(image, frames=(frame._replace(pixels=pixels),), space=Space.DATA)


def _facts(pad: str, window: Window) -> list[str]:
    facts = [
        f"padding {pad}" if np.any(window.padding) else "no padding",
        f"stride {per_axis(window.stride)}",
    ]
    return facts + ([f"dilation {per_axis(window.dilation)}"] if window.dilation != (1, 1) else [])


def _added(values: "tuple[float, ...] | list[float]") -> str:
    first, *rest = map(number, values)
    return first + "".join(f" - {word[1:]}" if word[0] == "-" else f" + {word}" for word in rest)


def _joined(how: Combine, values: list[float]) -> str:
    """Write how the results of several kernels become one."""
    words = [f"({word})" if word[0] == "-" else word for word in map(number, values)]
    if how is Combine.MAGNITUDE:
        return f"sqrt({' + '.join(f'{word}^2' for word in words)})"
    return f"{how} of {listed([*map(number, values)])}"
