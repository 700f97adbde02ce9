"""The border of a stack's results that depends on padding; the stack with another padding mode, or none."""

from collections.abc import Sequence
from dataclasses import replace
from math import prod

from convcli.choices import PadMode
from convcli.engine.arrays import Array
from convcli.engine.window import NO_PADDING
from convcli.errors import GeometryError
from convcli.stacks.convolutions import Convolution
from convcli.stacks.geometry import AxisMap, output_sizes
from convcli.stacks.layers import Layer, Pool
from convcli.stacks.paddings.border_band import Band
from convcli.stacks.stack import Stack, called

__all__ = ["affected", "has_border", "needed", "switched", "total_stride", "unpadded"]

Range = tuple[int, int]


def switched(stack: Stack, pad: PadMode, pad_value: float = 0.0) -> Stack:
    """Return the same stack with another padding mode in every convolution, the amounts unchanged."""
    return stack._replace(layers=tuple(_switched(layer, pad, pad_value) for layer in stack.layers))


def _switched(layer: Layer, pad: PadMode, pad_value: float) -> Layer:
    if not isinstance(layer, Convolution) or layer.window.mode is PadMode.VALID:
        return layer
    return replace(layer, window=replace(layer.window, mode=pad, pad_value=pad_value))


def has_border(stack: Stack) -> bool:
    """Whether any layer pads, or lets windows extend past the picture."""
    rows, columns = stack.axis_maps()
    return any(one.pads for one in (*rows, *columns))


def affected(stack: Stack, size: tuple[int, int]) -> Band:
    """Return the depth, on each side, of results that depend on padding; a GeometryError where all do."""
    (top, bottom), (left, right) = (
        _affected(along, n) for along, n in zip(_axis_maps(stack), size, strict=True)
    )
    return Band(top, bottom, left, right)


def _affected(maps: Sequence[AxisMap], n: int) -> Range:
    """Trace the first and last result that depends on the picture alone through the layers."""
    first, last = 0, n - 1
    for one in maps:
        made = one.output_size(n)
        low = next((m for m in range(made) if one.inputs(m, m, n)[0] >= first), made)
        high = next((m for m in range(made - 1, -1, -1) if one.inputs(m, m, n)[1] <= last), -1)
        first, last, n = low, high, made
    return first, n - 1 - last


def needed(stack: Stack, size: tuple[int, int]) -> tuple[Range, Range]:
    """Return the rows and columns that the results of a picture depend on, those in the padding included.

    ``((first, last), (first, last))``, the last included; negative ones lie before the picture.
    """
    rows, columns = (_ranges(along, n)[0] for along, n in zip(_axis_maps(stack), size, strict=True))
    return rows, columns


def _ranges(maps: Sequence[AxisMap], n: int) -> list[Range]:
    """Return the range of positions needed of the input, and of each layer's output."""
    reached = output_sizes(maps, n)
    found = [(0, reached[-1] - 1)]
    for one, before in zip(reversed(maps), reversed(reached[:-1]), strict=True):
        found.append(one.inputs(*found[-1], before))
    return found[::-1]


def unpadded(stack: Stack, x: Array, size: tuple[int, int], jobs: int | None = None) -> Array:
    """Pass C x H x W values, the pixels that :func:`needed` returns, through the layers without padding.

    The results are those of a picture of `size` with true pixels in place of padding.
    """
    axes = _axis_maps(stack)
    ranges = [_ranges(along, n) for along, n in zip(axes, size, strict=True)]
    for index, layer in enumerate(stack.layers):
        x = _without_padding(layer)(x, jobs)
        cut = []
        for maps, found in zip(axes, ranges, strict=True):
            first, last = found[index + 1]
            # Upsampling gives whole blocks of pixels; of the first and last block, not all may be needed.
            factor = maps[index].factor
            start = found[index][0] * factor if factor > 1 else first
            cut.append(slice(first - start, last + 1 - start))
        x = x[:, cut[0], cut[1]]
    return x


def _without_padding(layer: Layer) -> Layer:
    if isinstance(layer, Pool):
        window = replace(layer.pooling.window, padding=NO_PADDING, mode=None)
        return replace(layer, pooling=layer.pooling._replace(window=window, ceil=False))
    return replace(layer, window=layer.window.unpadded()) if isinstance(layer, Convolution) else layer


def total_stride(stack: Stack) -> tuple[float, float]:
    """Return the distance between neighbouring results in pixels of the picture: below 1 after upsampling."""
    rows, columns = (prod(one.window.stride / one.factor for one in maps) for maps in _axis_maps(stack))
    return rows, columns


def _axis_maps(stack: Stack) -> tuple[list[AxisMap], list[AxisMap]]:
    maps = stack.axis_maps()
    for index, pair in enumerate(zip(*maps, strict=True)):
        if pair[0].whole or pair[1].whole:
            raise GeometryError(
                f"{called(index + 1, stack.layers[index])} sees the whole picture, so there is no border to"
                " compare",
                hint="leave the layers from there on out",
            )
    return maps
