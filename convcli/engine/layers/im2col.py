"""Convolution layers as matrix products, a strip of output rows at a time.

Each input row is stored once for every kernel column, shifted by it and already strided,

    rows[r, j, c, n] = x[c, r, n * s + j * d],

so that the windows of output row m are ``rows[m*s : m*s + kh]``, one contiguous piece of memory. Reshaped to
``(kh * kw * C) x W'`` it is multiplied by the weights without a copy; plain unfolding (im2col) would copy it
``kh`` times. Output rows too narrow for a good matrix product are unfolded, and several are joined.

A phase of the input rows is the rows with equal index modulo the dilation. Each strip takes output rows that
read one phase, and r counts the rows of that phase: with dilation 2 output rows 0, 2, 4 read input rows 0, 2,
4, ..., and a second strip computes output rows 1, 3, 5.

References
----------
Chellapilla, Puri and Simard, High performance convolutional neural networks for document processing, 2006
(unfolding); Anderson et al., Low-memory GEMM-based convolution algorithms for deep neural networks, 2017
(products of views that are never unfolded in full).
"""

from math import gcd
from typing import NamedTuple

import numpy as np

from convcli.engine.arrays import Array, Indices
from convcli.engine.blas import one_thread
from convcli.engine.pad import read_padded, sources
from convcli.engine.threads import Scratch, run
from convcli.engine.tiles import Piece
from convcli.engine.window import Window

__all__ = ["multiply"]

# Samples of shifted input rows in a strip, at most: 2 MB of float32, more leave the second-level cache.
STRIP_SAMPLES = 1 << 19

# The same for a strip of several groups. A quarter of it took 1.6 times as long for depthwise layers at 56
# and 112 pixels, four times as much was no faster (2026-11, Xeon with AVX-512).
GROUPED_STRIP_SAMPLES = 1 << 17

# Results per matrix product, at most: 256 KiB of float32, still in the cache when the bias is added.
PRODUCT_RESULTS = 1 << 16

# Output columns of a strip, at most: enough to fill a matrix product.
MAX_STRIP_COLUMNS = 512

# Output columns below which the rows of a strip are joined into one matrix product. A limit of 24 made layers
# of 28 columns take 1.1 times as long, one of 96 made those of 64 take 1.6 to 2 times as long (2026-11, Xeon
# with AVX-512).
JOIN_BELOW_COLUMNS = 48

# Multiplications below which one thread is faster than two.
ONE_THREAD_BELOW = 1 << 20


class Layer(NamedTuple):
    """A layer's arguments, shared by its strips.

    Attributes
    ----------
    x : (N, groups, C/groups, H, W) array
        Input, of any type and memory layout.
    matrix : (groups, O/groups, taps * C/groups) array
        Weights, in the order of the window's pixels in memory.
    bias : (groups, O/groups, 1) array
        Added to each output.
    window : Window
        The kernel's size, stride, padding and dilation.
    source_indices : (rows, columns)
        Source pixel of each padded row and column.
    out : (N, groups, O/groups, H', W') array
        Receives the result, in the type that is computed in.
    joins : bool
        Whether output rows are so narrow that those of a strip are joined into one matrix product.
    """

    x: Array
    matrix: Array
    bias: Array
    window: Window
    source_indices: tuple[Indices, Indices]
    out: Array
    joins: bool

    @property
    def row_step(self) -> int:
        """Output row m of a strip reads its stored input rows from ``m * row_step`` on."""
        return self.window.stride[0] // gcd(self.window.stride[0], self.window.dilation[0])


class LayerStrip(NamedTuple):
    """Output rows and columns of one image and some of its groups."""

    image: int
    groups: slice
    rows: range
    left: int
    right: int


def multiply(x: Array, weights: Array, bias: Array, window: Window, out: Array, threads: int) -> None:
    """Write a layer to `out`; the strips, and so the results, are the same for any number of `threads`.

    Shapes are those of :class:`Layer`; `weights` are (groups, O/groups, C/groups, kh, kw).
    """
    joins = out.shape[4] < JOIN_BELOW_COLUMNS
    order = weights if joins else weights.transpose(0, 1, 3, 4, 2)
    matrix = np.ascontiguousarray(order).reshape(*weights.shape[:2], -1)
    rows, columns = (
        sources(n, *pair, window.mode) for n, pair in zip(x.shape[3:], window.padding, strict=True)
    )
    layer = Layer(x, matrix, bias, window, (rows, columns), out, joins)
    if out.size * matrix.shape[2] < ONE_THREAD_BELOW:
        threads = 1
    with one_thread():
        run(lambda strip, scratch: _multiply(layer, strip, scratch), _strips(layer), threads)


def _strips(layer: Layer) -> list[LayerStrip]:
    """Cut the output into strips, each of output rows that read one phase of the input rows."""
    images, groups, _, height, width = layer.out.shape
    kh, kw = layer.window.size
    phases = layer.window.dilation[0] * layer.row_step // layer.window.stride[0]
    across = -(-width // -(-width // MAX_STRIP_COLUMNS))
    row_samples = kw * layer.x.shape[2] * across
    deep = max(1, (STRIP_SAMPLES // row_samples - kh) // layer.row_step + 1)
    most = (min(deep, -(-height // phases)) - 1) * layer.row_step + kh
    together = max(1, GROUPED_STRIP_SAMPLES // (row_samples * most))
    return [
        LayerStrip(image, slice(group, group + together), rows[y : y + deep], x, min(x + across, width))
        for image in range(images)
        for group in range(0, groups, together)
        for phase in range(min(phases, height))
        for rows in [range(phase, height, phases)]
        for y in range(0, len(rows), deep)
        for x in range(0, width, across)
    ]


def _shifted_rows(layer: Layer, strip: LayerStrip, scratch: Scratch) -> Array:
    """Return ``rows[g, r, j, c, n]``: padded input rows, shifted by each kernel column and strided."""
    down, along = layer.window.axes
    x = layer.x[strip.image, strip.groups]
    groups, depth = x.shape[:2]
    count, width = (len(strip.rows) - 1) * layer.row_step + down.size, strip.right - strip.left
    rows = scratch("rows", (groups, count, along.size, depth, width), layer.out.dtype)
    top = strip.rows.start * down.stride
    for j in range(along.size):
        left = strip.left * along.stride + j * along.dilation
        right = left + (width - 1) * along.stride + 1
        read_padded(
            x.transpose(2, 3, 0, 1),
            layer.window.padding,
            layer.source_indices,
            layer.window.constant,
            Piece(top, top + (count - 1) * down.dilation + 1, left, right),
            rows[:, :, j].transpose(1, 3, 0, 2),
            (down.dilation, along.stride),
        )
    return rows


def _multiply(layer: Layer, strip: LayerStrip, scratch: Scratch) -> None:
    rows = _shifted_rows(layer, strip, scratch)
    groups, _, kw, depth, width = rows.shape
    high, kh, outputs = len(strip.rows), layer.window.size[0], layer.out.shape[2]
    matrix, bias = layer.matrix[strip.groups], layer.bias[strip.groups]
    biased = bool(bias.any())
    where = slice(strip.rows.start, strip.rows.stop, strip.rows.step)
    out = layer.out[strip.image, strip.groups, :, where, strip.left : strip.right]
    group, row, column, channel, sample = rows.strides
    if layer.joins:
        shape = (groups, depth, kh, kw, high, width)
        taps = np.ndarray(
            shape, rows.dtype, rows, 0, (group, channel, row, column, layer.row_step * row, sample)
        )
        joined = scratch("joined", shape, rows.dtype)
        np.copyto(joined, taps)
        sums = scratch("sums", (groups, outputs, high * width), rows.dtype)
        np.matmul(matrix, joined.reshape(groups, -1, high * width), out=sums)
        if biased:
            sums += bias
        out[...] = sums.reshape(out.shape)
        return
    strides = (group, layer.row_step * row, channel, sample)
    windows = np.ndarray((groups, high, kh * kw * depth, width), rows.dtype, rows, 0, strides)
    some = max(1, PRODUCT_RESULTS // (groups * outputs * width))
    for at in range(0, high, some):
        part = out[:, :, at : at + some].transpose(0, 2, 1, 3)
        np.matmul(matrix[:, np.newaxis], windows[:, at : at + some], out=part)
        if biased:
            part += bias[:, np.newaxis]
