"""What moves in an animation, a kernel or a pooling window, and its work at each output pixel."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convcli.choices import Combine, PoolMode
from convcli.commands.explain.facts import WRITTEN_OUT, written_sum
from convcli.commands.explain.pool_view import working
from convcli.commands.explain.spec import ExplainSpec
from convcli.commands.explain.steps import channel_names, part_names
from convcli.commands.explain.totals import shown_channels, shown_parts
from convcli.display.language import say_english
from convcli.display.words import number, per_axis, size
from convcli.engine.analysis.pixel_trace import PixelTrace, exact_sum, trace_window
from convcli.engine.analysis.pool_trace import PoolTrace, trace_pooling
from convcli.engine.correlation.combine import combine
from convcli.engine.pooling.pool2d import Pooling, pool_picture
from convcli.engine.window import Window
from convcli.imaging.image import Image, Space
from convcli.kernels.kernel import Kernel
from convcli.options.specs import FilterSpec, PoolSpec
from convcli.pipeline.feature_maps import Filtering
from convcli.pipeline.inputs import as_gray
from convcli.pipeline.loaded_kernels import LoadedKernels

__all__ = ["Array", "Plane", "Sliding", "Step", "sliding_kernel", "sliding_pool"]

Array = NDArray[Any]

# Most channels or components of a kernel whose windows are shown, one after the other.
MOST_PLANES = 3


class Plane(NamedTuple):
    """The window of an output pixel over one channel: of a component of a kernel, or of pooling."""

    name: str
    trace: PixelTrace | PoolTrace
    channel: int

    @property
    def window(self) -> Array:
        """What the window sees; NaN takes no part."""
        return np.asarray(self.trace.window[self.channel])

    @property
    def kernel(self) -> Array | None:
        """The kernel over this channel; None of pooling."""
        if isinstance(self.trace, PoolTrace):
            return None
        return self.trace.kernel if self.trace.kernel.ndim == 2 else self.trace.kernel[self.channel]

    def products(self, count: int) -> Array:
        """Return the first `count` products with the kernel, row by row; the others are NaN."""
        if isinstance(self.trace, PoolTrace):
            return np.full(self.window.shape, np.nan)
        products = self.trace.products[self.channel]
        return np.where(np.arange(products.size).reshape(products.shape) < count, products, np.nan)

    def marked(self, count: int) -> NDArray[np.bool_]:
        """Return which pixels are marked: the last of `count` terms but for all, or what pooling takes."""
        if isinstance(self.trace, PoolTrace):
            return np.asarray(self.trace.chosen[self.channel])
        term = np.arange(self.window.size).reshape(self.window.shape) == count - 1
        return np.asarray(term & (count < self.window.size))

    def words(self, count: int) -> str:
        """Write the sum of the first `count` products, or how pooling finds its value."""
        if isinstance(self.trace, PoolTrace):
            pixels, value = self.trace.pixels[self.channel], self.trace.values[self.channel]
            return working(pixels.tolist(), self.trace.how, value, say_english)
        some, total = self.trace.products[self.channel].ravel()[:count], self.window.size
        found = f" = {number(exact_sum(some))}"
        if total > WRITTEN_OUT:
            return f"sum of {f'{count} of ' * (count < total)}{total} products{found}"
        return written_sum(some.tolist()) + found * (count > 1)


class Step(NamedTuple):
    """All of one output pixel: its planes, one after the other, what becomes of their sums, the value."""

    at: tuple[int, int]
    planes: tuple[Plane, ...]
    ending: str
    value: float


class Sliding(NamedTuple):
    """A kernel or a pooling window that moves over a picture.

    Attributes
    ----------
    title, facts
        Words for the animation.
    pixels
        The picture: one channel, or as many as the kernel has weights for.
    step
        Traces one output pixel.
    whole
        Computes all of the result.
    window, ceil
        How it slides, and whether output sizes are rounded up.
    constant
        The value of padding that stands for no pixel of the picture: NaN where it takes no part.
    turned
        The kernel as given and rotated, if it is.
    """

    title: str
    facts: str
    pixels: Array
    step: Callable[[tuple[int, int]], Step]
    whole: Callable[[], Array]
    window: Window
    constant: float
    ceil: bool = False
    turned: tuple[Array, Array] | None = None


def sliding_kernel(
    image: Image, text: str, slides: LoadedKernels, spec: FilterSpec, chosen: ExplainSpec, notes: list[str]
) -> Sliding:
    """Return the kernel behind the SPEC `text` over an image of one frame; what is left out is noted."""
    (used,) = slides.kernels
    how = spec.combine if spec.combine is not None else used.combine
    joined = how is not Combine.NONE and len(used.components) > 1
    summed = used.components[0].ndim == 3
    image = image if summed else _one_channel(image, chosen.channel, notes)
    (frame,) = image.frames
    parts = shown_parts(len(used.components), chosen.map)
    if not joined and len(parts) > 1:
        notes.append(f"map 0 of {len(parts)} is animated; --map N chooses another")
        parts = parts[:1]
    channels = shown_channels(frame.channels, chosen.channel if summed else None)
    shown = [(part, channel) for part in parts for channel in channels]
    if len(shown) > MOST_PLANES:
        notes.append(f"the windows of {MOST_PLANES} of {len(shown)} channels and kernels are shown")
    names, of_channels = part_names(text, used), channel_names(image)

    def step(at: tuple[int, int]) -> Step:
        traces = {part: _trace(frame.pixels, used, part, at, spec) for part in range(len(used.components))}
        planes = tuple(
            Plane(", ".join(filter(None, (names[part], of_channels[channel]))), traces[part], channel)
            for part, channel in shown[:MOST_PLANES]
        )
        trace, bias = traces[parts[0]], spec.bias
        if joined:
            terms = [each.values[0] for each in traces.values()]
            total = float(combine([np.array(value) for value in terms], how))
            ending = f"{_combination(how, terms)} = {number(total)}"
        else:
            total, terms, bias = trace.sums[0], list(trace.channel_sums), trace.bias + spec.bias
            ending = f"{written_sum(terms)} = {number(total)}" if 1 < len(terms) <= WRITTEN_OUT else ""
        value = total + bias
        if bias:
            ending += f"{'; ' * bool(ending)}{written_sum([total, bias])} (bias) = {number(value)}"
        return Step(trace.at, planes, ending, value)

    weights = used.components[parts[0]]
    window, flat = spec.window(weights.shape), weights[channels[0]] if summed else weights
    facts = [f"bias {number(spec.bias)}"] if spec.bias else []
    facts += ["convolution: the kernel is rotated by 180 degrees"] if spec.convolve else []
    place = 0 if joined else parts[0]
    return Sliding(
        f"kernel {text}",
        _facts(spec.pad.value, window, facts),
        frame.pixels,
        step,
        lambda: np.asarray(Filtering(slides, spec).maps(frame)[place].values),
        window,
        window.constant,
        turned=(flat[::-1, ::-1], flat) if spec.convolve else None,
    )


def _trace(pixels: Array, used: Kernel, part: int, at: tuple[int, int], spec: FilterSpec) -> PixelTrace:
    weights = used.components[part]
    return trace_window(pixels, weights, at, spec.window(weights.shape), bias=used.bias[part])


def _combination(how: Combine, values: Sequence[float]) -> str:
    words = [f"({word})" if word[0] == "-" else word for word in map(number, values)]
    if how is Combine.MAGNITUDE:
        return f"sqrt({' + '.join(f'{word}^2' for word in words)})"
    return f"{how}({', '.join(map(number, values))})"


def sliding_pool(image: Image, spec: PoolSpec, chosen: ExplainSpec, notes: list[str]) -> Sliding:
    """Return the window of pooling over an image of one frame; what is left out is noted."""
    (frame,) = _one_channel(image, chosen.channel, notes).frames
    window = spec.window(frame.size)
    how = Pooling(window, spec.mode, spec.ceil, spec.count_include_pad, spec.power)

    def step(at: tuple[int, int]) -> Step:
        trace = trace_pooling(frame.pixels, how, at)
        return Step(trace.at, (Plane("", trace, 0),), "", trace.values[0])

    counts = window.mode is not None or (spec.mode is PoolMode.AVG and spec.count_include_pad)
    return Sliding(
        f"{spec.mode} pooling {size(window.size)}",
        _facts(window.mode.value if window.mode else "neutral", window, []),
        frame.pixels,
        step,
        lambda: pool_picture(frame.pixels, how),
        window,
        window.constant if counts else np.nan,
        spec.ceil,
    )


def _one_channel(image: Image, channel: int | None, notes: list[str]) -> Image:
    """Return one channel of an image of one frame: its luma where colours have none chosen."""
    (frame,) = image.frames
    index, *others = shown_channels(frame.channels, channel)
    if frame.channels == 1:
        return image
    if others and image.space is Space.RGB:
        notes.append("the luma of the colours is animated; --channel N chooses a channel")
        return as_gray(image)
    if others:
        notes.append(f"channel 0 of {frame.channels} is animated; --channel N chooses another")
    return replace(image, frames=(frame._replace(pixels=frame.pixels[..., index]),), space=Space.DATA)


def _facts(pad: str, window: Window, others: list[str]) -> str:
    facts = [
        f"padding {pad}" if np.any(window.padding) else "no padding",
        f"stride {per_axis(window.stride)}",
    ]
    facts += [f"dilation {per_axis(window.dilation)}"] if window.dilation != (1, 1) else []
    return ", ".join(facts + others)
