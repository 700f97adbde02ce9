"""The border of a stack: which results see made-up pixels, other paddings in all layers, and none at all."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from convcli.choices import PadMode
from convcli.errors import GeometryError
from convcli.stacks.convolutions import Conv, KernelConv
from convcli.stacks.geometry import Window, sizes
from convcli.stacks.layers import Layer, Pool, Slide
from convcli.stacks.paddings.border_band import Band
from convcli.stacks.stack import Stack, called

__all__ = ["affected", "has_border", "needed", "step_of", "switched", "unpadded"]

Array = NDArray[Any]
Range = tuple[int, int]


def switched(stack: Stack, pad: PadMode, value: float = 0.0) -> Stack:
    """Return the same stack with another padding mode in every convolution; how much is padded stays."""
    return stack._replace(layers=tuple(_switched(layer, pad, value) for layer in stack.layers))


def _switched(layer: Layer, pad: PadMode, value: float) -> Layer:
    if not isinstance(layer, Conv | KernelConv) or layer.slide.pad is PadMode.VALID:
        return layer
    beyond = value if pad is PadMode.CONSTANT else 0.0
    return replace(layer, slide=replace(layer.slide, pad=pad, pad_value=beyond))


def has_border(stack: Stack) -> bool:
    """Whether any layer makes pixels up, or lets windows hang over the edge."""
    windows = [window for layer in stack.layers for window in layer.windows()]
    return any(one.before or one.after or one.ceil or one.linear or one.whole for one in windows)


def affected(stack: Stack, size: tuple[int, int]) -> Band:
    """Return how many results on each side see a made-up pixel, in pixels of the result.

    Raises
    ------
    GeometryError
        A layer sees the whole picture, so that every result would be affected.
    """
    (top, bottom), (left, right) = (
        _affected(along, n) for along, n in zip(_windows(stack), size, strict=True)
    )
    return Band(top, bottom, left, right)


def _affected(windows: Sequence[Window], size: int) -> Range:
    """Follow the first and last result that sees real pixels alone through the layers."""
    first, last = 0, size - 1
    for window in windows:
        made = window.size(size)
        low = next((m for m in range(made) if window.sees(m, m, size)[0] >= first), made)
        high = next((m for m in range(made - 1, -1, -1) if window.sees(m, m, size)[1] <= last), -1)
        first, last, size = low, high, made
    return first, size - 1 - last


def needed(stack: Stack, size: tuple[int, int]) -> tuple[Range, Range]:
    """Return the rows and columns behind the results of a picture, from negative ones beyond its edge on.

    ``((first, last), (first, last))``, the last included: with these pixels nothing need be made up.
    """
    rows, columns = (_ranges(along, n)[0] for along, n in zip(_windows(stack), size, strict=True))
    return rows, columns


def _ranges(windows: Sequence[Window], size: int) -> list[Range]:
    """Return what is needed of the input and behind each layer."""
    reached = sizes(windows, size)
    found = [(0, reached[-1] - 1)]
    for window, n in zip(reversed(windows), reversed(reached[:-1]), strict=True):
        found.append(window.sees(*found[-1], n))
    return found[::-1]


def unpadded(stack: Stack, x: Array, size: tuple[int, int], jobs: int | None = None) -> Array:
    """Pass C x H x W numbers, the pixels that :func:`needed` names, through the layers without any padding.

    The results are those of a picture of `size` with true pixels where padding would make them up.
    """
    ranges = [_ranges(along, n) for along, n in zip(_windows(stack), size, strict=True)]
    for index, layer in enumerate(stack.layers):
        x = _bare(layer)(x, jobs)
        windows = layer.windows()
        cut = []
        for axis, window in enumerate(windows):
            # What enlarges makes whole blocks; of the first and last, not all may be wanted.
            start = (
                ranges[axis][index][0] * window.factor if window.factor > 1 else ranges[axis][index + 1][0]
            )
            first, last = ranges[axis][index + 1]
            cut.append(slice(first - start, last + 1 - start))
        x = x[:, cut[0], cut[1]]
    return x


def _bare(layer: Layer) -> Layer:
    if isinstance(layer, Pool):
        return replace(layer, slide=_unpadded(layer.slide), pad=None, ceil=False)
    return replace(layer, slide=_unpadded(layer.slide)) if isinstance(layer, Conv | KernelConv) else layer


def _unpadded(slide: Slide) -> Slide:
    return replace(slide, padding=((0, 0), (0, 0)), pad=PadMode.ZERO, pad_value=0.0)


def step_of(stack: Stack) -> tuple[float, float]:
    """Return how many pixels of the picture a result is from the next: below 1 where layers enlarge."""
    steps = []
    for along in _windows(stack):
        step = 1.0
        for window in along:
            step *= window.stride / window.factor
        steps.append(step)
    return steps[0], steps[1]


def _windows(stack: Stack) -> tuple[list[Window], list[Window]]:
    rows, columns = [], []
    for index, layer in enumerate(stack.layers, 1):
        along, across = layer.windows()
        if along.whole or across.whole:
            raise GeometryError(
                f"{called(index, layer)} sees the whole picture, so there is no border to compare",
                hint="leave the layers from there on out",
            )
        rows.append(along)
        columns.append(across)
    return rows, columns
