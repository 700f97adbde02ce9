"""The padded input of a convolution layer, as many rows of it at a time as stay in the cache."""

from math import gcd
from typing import NamedTuple

from convcli.engine.arrays import Array, Indices
from convcli.engine.pad import CONSTANT
from convcli.engine.threads import Scratch
from convcli.engine.window import Window

__all__ = ["Layer", "Piece", "padded_rows"]


class Layer(NamedTuple):
    """A layer whose arguments fit together.

    Attributes
    ----------
    x : (N, C, H, W) array
        As it was given.
    weights : (groups, O/groups, C/groups, kh, kw) array
        In the type that is computed in.
    shift : (groups, O/groups, 1) array
        Added to each output.
    rows, columns
        Which row and column of `x` each padded one shows.
    window
        Of the kernel's size.
    out : (N, groups, O/groups, H', W') array
        Receives the result.
    """

    x: Array
    weights: Array
    shift: Array
    rows: Indices
    columns: Indices
    window: Window
    out: Array

    @property
    def every(self) -> int:
        """How many output rows on, the same phase of a dilated input is looked at again."""
        return self.window.dilation[0] // gcd(self.window.stride[0], self.window.dilation[0])

    @property
    def step(self) -> int:
        """How many rows of that phase lie between two such output rows."""
        return self.window.stride[0] * self.every // self.window.dilation[0]


class Piece(NamedTuple):
    """Output rows ``first``, ``first + every`` ... and columns ``left`` to ``right`` of one image and group.

    `every` is the layer's: with a dilation, the rows of a piece look at one phase of the input.
    """

    image: int
    group: int
    first: int
    every: int
    high: int
    left: int
    right: int

    @property
    def width(self) -> int:
        """Its columns."""
        return self.right - self.left

    @property
    def rows(self) -> slice:
        """Its rows in the output."""
        return slice(self.first, self.first + (self.high - 1) * self.every + 1, self.every)


def padded_rows(
    layer: Layer, piece: Piece, channels: slice, shifts: tuple[int, int], width: int, scratch: Scratch
) -> Array:
    """Return ``rows[r, j, c, n]``: the padded input of `piece`, so many times and with that stride."""
    kh = layer.weights.shape[3]
    apart, height = layer.window.dilation[0], layer.x.shape[2]
    count, start = (piece.high - 1) * layer.step + kh, piece.first * layer.window.stride[0]
    rows = layer.rows[start : start + (count - 1) * apart + 1 : apart]
    planes = layer.x[piece.image, channels]
    held = scratch("rows", (count, shifts[0], len(planes), width), layer.out.dtype)
    left, stride = piece.left * layer.window.stride[1], shifts[1]
    first, last = _inside(start, apart, count, layer.window.padding[0][0], height)
    if first < last:
        inside = planes[:, rows[first] : rows[last - 1] + 1 : apart]
        _shift(layer, inside, left, stride, held[first:last])
    for at in (*range(first), *range(last, count)):
        if rows[at] == CONSTANT:
            held[at] = layer.window.constant
        else:
            _shift(layer, planes[:, rows[at] : rows[at] + 1], left, stride, held[at : at + 1])
    return held


def _shift(layer: Layer, lines: Array, left: int, stride: int, into: Array) -> None:
    """Write rows (C x R x W) to `into` (R x J x C x N), from padded column `left` on, shifted J times."""
    width, turned = into.shape[3], lines.transpose(1, 0, 2)
    for j in range(into.shape[1]):
        start = left + j * layer.window.dilation[1]
        columns = layer.columns[start : start + (width - 1) * stride + 1 : stride]
        first, last = _inside(start, stride, width, layer.window.padding[1][0], lines.shape[2])
        if first < last:
            into[:, j, :, first:last] = turned[:, :, columns[first] : columns[last - 1] + 1 : stride]
        for side in (slice(0, first), slice(last, width)):
            made_up = columns[side]
            if len(made_up):
                constant = made_up[0] == CONSTANT
                into[:, j, :, side] = layer.window.constant if constant else turned[:, :, made_up]


def _inside(start: int, step: int, count: int, before: int, size: int) -> tuple[int, int]:
    """Return which of the padded positions ``start + step * n``, n below `count`, show the input itself."""
    first = min(max(0, -(-(before - start) // step)), count)
    return first, max(first, min(count, -(-(before + size - start) // step)))
