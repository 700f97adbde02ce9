"""Convolution layers as matrix products, a strip of output rows at a time.

Each input row is stored once for every kernel column, shifted by it and already strided,

    rows[r, j, c, n] = x[c, r, n * s + j * d],

so that the windows of one output row are a matrix ``(kh * kw * C) x W'`` whose rows follow one another in
memory at one distance: it is multiplied with the weights where it lies, and nothing is copied ``kh`` times
as by plain unfolding (im2col). Rows too narrow for a good matrix product are joined by one more copy.

References
----------
Chellapilla, Puri and Simard, High performance convolutional neural networks for document processing, 2006
(unfolding); Anderson et al., Low-memory GEMM-based convolution algorithms for deep neural networks, 2017
(products of views that are never unfolded in full).
"""

from collections.abc import Iterator

import numpy as np

from convcli.engine.arrays import Array
from convcli.engine.blas import one_thread
from convcli.engine.layers.padded_rows import Layer, Piece, padded_rows
from convcli.engine.threads import Scratch, run

__all__ = ["multiply"]

STRIP = 1 << 19
"""Numbers of shifted rows held at a time: more leave the cache."""

RESULTS = 1 << 16
"""Numbers of results made at a time, so that the bias finds them in the cache."""

WIDEST = 512
"""Columns of a piece: as many fill a matrix product."""

NARROW = 48
"""Below so many columns, rows are joined."""

LIGHT = 1 << 20
"""Multiplications below which one thread is faster."""


def multiply(layer: Layer, threads: int) -> None:
    """Compute `layer`; the pieces, and so the results, are the same for any number of `threads`."""
    matrix = _matrix(layer)
    light = layer.out.size * matrix.shape[2] < LIGHT
    with one_thread():
        run(
            lambda piece, scratch: _products(layer, matrix[piece.group], piece, scratch),
            list(_cut(layer)),
            1 if light else threads,
        )


def _joins(layer: Layer) -> bool:
    """Whether output rows are too narrow to be multiplied one by one."""
    return layer.out.shape[4] < NARROW


def _matrix(layer: Layer) -> Array:
    """Return the weights, groups x O/groups x window, in the order in which windows lie in memory."""
    order = layer.weights if _joins(layer) else layer.weights.transpose(0, 1, 3, 4, 2)
    return np.ascontiguousarray(order).reshape(*order.shape[:2], -1)


def _cut(layer: Layer) -> Iterator[Piece]:
    images, groups, _, height, width = layer.out.shape
    _, _, depth, kh, kw = layer.weights.shape
    across = -(-width // -(-width // WIDEST))
    deep = max(1, (STRIP // (kw * depth * across) - kh) // layer.step + 1)
    for image in range(images):
        for group in range(groups):
            for phase in range(min(layer.every, height)):
                rows = range(phase, height, layer.every)
                for begin in range(0, len(rows), deep):
                    part = rows[begin : begin + deep]
                    for left in range(0, width, across):
                        right = min(left + across, width)
                        yield Piece(image, group, part[0], layer.every, len(part), left, right)


def _products(layer: Layer, matrix: Array, piece: Piece, scratch: Scratch) -> None:
    _, outputs, depth, kh, kw = layer.weights.shape
    channels = slice(piece.group * depth, (piece.group + 1) * depth)
    held = padded_rows(layer, piece, channels, (kw, layer.window.stride[1]), piece.width, scratch)
    into = layer.out[piece.image, piece.group, :, piece.rows, piece.left : piece.right].transpose(1, 0, 2)
    shift = layer.shift[piece.group] if layer.shift[piece.group].any() else None
    width, work, step = piece.width, layer.out.dtype, layer.step
    below, size = kw * depth * width, work.itemsize
    if _joins(layer):
        shape, apart = (depth, kh, kw, piece.high, width), (width, below, depth * width, step * below, 1)
        windows: Array = np.ndarray(shape, work, held, 0, tuple(size * each for each in apart))
        joined = scratch("joined", shape, work)
        np.copyto(joined, windows)
        sums = scratch("sums", (outputs, piece.high * width), work)
        np.matmul(matrix, joined.reshape(-1, piece.high * width), out=sums)
        if shift is not None:
            sums += shift
        into[...] = sums.reshape(outputs, piece.high, width).transpose(1, 0, 2)
        return
    strides = (step * below * size, width * size, size)
    windows = np.ndarray((piece.high, kh * kw * depth, width), work, held, 0, strides)
    some = max(1, RESULTS // (outputs * width))
    for at in range(0, piece.high, some):
        part = into[at : at + some]
        np.matmul(matrix, windows[at : at + some], out=part)
        if shift is not None:
            part += shift
