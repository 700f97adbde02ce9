"""A kernel or a pooling window that slides over a picture, and its work at each output pixel."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convcli.choices import Combine, PoolMode
from convcli.commands.explain.facts import WRITTEN_OUT, combination, written_sum
from convcli.commands.explain.pool_view import working
from convcli.commands.explain.spec import ExplainSpec
from convcli.commands.explain.steps import channel_names, part_names
from convcli.commands.explain.totals import shown_channels, shown_parts
from convcli.display.language import Say
from convcli.display.words import number, per_axis, size
from convcli.engine.analysis.pixel_trace import PixelTrace, exact_sum, trace_window
from convcli.engine.analysis.pool_trace import PoolTrace, trace_pooling
from convcli.engine.correlation.combine import combine
from convcli.engine.pooling.pool2d import Pooling, pool_picture
from convcli.engine.window import Window
from convcli.imaging.image import Image, Space
from convcli.options.specs import FilterSpec, PoolSpec
from convcli.pipeline.feature_maps import Filtering
from convcli.pipeline.inputs import as_gray
from convcli.pipeline.loaded_kernels import LoadedKernels

__all__ = ["Array", "Block", "Cells", "Place", "Plane", "Sliding", "sliding_kernel", "sliding_pool"]

Array = NDArray[Any]
Cells = NDArray[np.bool_]
Place = tuple[int, int]

# Most channels or components of a kernel whose windows are shown, one after the other.
MOST_PLANES = 3


class Block(NamedTuple):
    """An array in cells; which of its values are known, which are marked, and which are padding."""

    title: str
    values: Array
    known: Cells
    marked: Cells
    padding: Cells


class Plane(NamedTuple):
    """The window of an output pixel over one channel: of a component of a kernel, or of pooling.

    The last one of an output pixel has an `ending`: how its value is made of all sums.
    """

    name: str
    trace: PixelTrace | PoolTrace
    channel: int
    ending: str = ""

    @property
    def terms(self) -> int:
        """The products that are added one by one; pooling takes one look."""
        return 1 if isinstance(self.trace, PoolTrace) else self.trace.products[self.channel].size

    def blocks(self, count: int, say: Say) -> list[Block]:
        """Return the window, and of a kernel its weights and the first `count` products."""
        trace, window = self.trace, self.trace.window[self.channel]
        if isinstance(trace, PoolTrace):
            return [Block(say("window"), window, trace.counted, trace.chosen[self.channel], trace.padded)]
        index = np.arange(window.size).reshape(window.shape)
        last = (index == count - 1) & (count < window.size)
        kernel = trace.kernel if trace.kernel.ndim == 2 else trace.kernel[self.channel]
        every, none = index >= 0, index < 0
        return [
            Block(say("window"), window, every, last, trace.padded),
            Block(f"{say('x kernel')} {self.name}".rstrip(), kernel, every, last, none),
            Block(say("= products"), trace.products[self.channel], index < count, last, none),
        ]

    def lines(self, count: int, say: Say) -> list[str]:
        """Write the sum of the first `count` products, and the ending; or how pooling finds its value."""
        trace = self.trace
        if isinstance(trace, PoolTrace):
            return [working(trace.pixels[self.channel].tolist(), trace.how, trace.values[self.channel], say)]
        products = trace.products[self.channel].ravel()[:count]
        total = number(exact_sum(products))
        if self.terms > WRITTEN_OUT and count == self.terms:
            words = say("sum of the {count} products: {total}", count=count, total=total)
        elif self.terms > WRITTEN_OUT:
            words = say("sum of {count} of {all} products: {total}", count=count, all=self.terms, total=total)
        else:
            words = written_sum(products.tolist()) + (f" = {total}" if count > 1 else "")
        return [words, self.ending] if self.ending and count == self.terms else [words]


class Sliding(NamedTuple):
    """A kernel or a pooling window that slides over a picture.

    Attributes
    ----------
    title, facts
        Words for the animation, which `say` says.
    inputs : (C, H, W) array
        The picture: one channel, or as many as the kernel has weights for.
    result : (H', W') array
        All output pixels.
    neutral
        Whether padding takes no part.
    planes
        Returns the windows of an output pixel, which are shown one after the other.
    """

    title: str
    facts: str
    say: Say
    inputs: Array
    result: Array
    window: Window
    neutral: bool
    planes: Callable[[Place], Sequence[Plane]]


def sliding_kernel(
    image: Image,
    text: str,
    slides: LoadedKernels,
    spec: FilterSpec,
    chosen: ExplainSpec,
    notes: list[str],
    say: Say,
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
    part_words, channel_words = part_names(text, used, say), channel_names(image, say)
    windows = [spec.window(weights.shape) for weights in used.components]

    def planes(at: Place) -> list[Plane]:
        traces = [
            trace_window(frame.pixels, weights, at, window, bias=bias)
            for weights, window, bias in zip(used.components, windows, used.bias, strict=True)
        ]
        made = [
            Plane(
                say(", ").join(filter(None, (part_words[part], channel_words[channel]))),
                traces[part],
                channel,
            )
            for part, channel in shown[:MOST_PLANES]
        ]
        one, bias, ending = traces[parts[0]], spec.bias, ""
        if joined:
            values = [each.values[0] for each in traces]
            total = float(combine([np.array(value) for value in values], how))
            ending = f"{combination(how, values, say) or f'{how} = '}{number(total)}"
        else:
            total, bias = one.sums[0], one.bias + bias
            if summed and 1 < len(one.channel_sums) <= WRITTEN_OUT:
                ending = f"{written_sum(one.channel_sums)} = {number(total)}"
        if bias:
            value, words = number(total + bias), written_sum([total, bias])
            ending = "; ".join(filter(None, (ending, f"{words} ({say('bias')}) = {value}")))
        return [*made[:-1], made[-1]._replace(ending=ending)]

    turned = say("convolution: rotated by 180 degrees") if spec.convolve else ""
    return Sliding(
        f"{say('kernel')} {text}",
        _facts(spec.pad.value, windows[parts[0]], turned, say),
        say,
        _planes(frame.pixels),
        np.asarray(Filtering(slides, spec).maps(frame)[0 if joined else parts[0]].values),
        windows[parts[0]],
        False,
        planes,
    )


def sliding_pool(image: Image, spec: PoolSpec, chosen: ExplainSpec, notes: list[str], say: Say) -> Sliding:
    """Return the window of pooling over an image of one frame; what is left out is noted."""
    (frame,) = _one_channel(image, chosen.channel, notes).frames
    window = spec.window(frame.size)
    how = Pooling(window, spec.mode, spec.ceil, spec.count_include_pad, spec.power)
    counts = window.mode is not None or (spec.mode is PoolMode.AVG and spec.count_include_pad)
    return Sliding(
        say("{mode} pooling, {size}", mode=spec.mode, size=size(window.size)),
        _facts(window.mode.value if window.mode else say("neutral"), window, "", say),
        say,
        _planes(frame.pixels),
        pool_picture(frame.pixels, how),
        window,
        not counts,
        lambda at: [Plane("", trace_pooling(frame.pixels, how, at), 0)],
    )


def _planes(pixels: Array) -> Array:
    return pixels[None] if pixels.ndim == 2 else np.moveaxis(pixels, 2, 0)


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


def _facts(pad: str, window: Window, turned: str, say: Say) -> str:
    padding = say("padding {mode}", mode=pad) if np.any(window.padding) else say("no padding")
    stride, dilation = per_axis(window.stride), per_axis(window.dilation)
    steps = say("stride {stride}, dilation {dilation}", stride=stride, dilation=dilation)
    return say(", ").join(filter(None, (padding, steps, turned)))
