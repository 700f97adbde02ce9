"""Convolution layers as matrix products, a strip of output rows at a time.

Each input row is stored once for every kernel column, shifted by it and already strided,

    rows[r, j, c, n] = x[c, r, n * s + j * d],

so that the windows of one output row are a matrix ``(kh * kw * C) x W'`` whose rows follow one another in
memory at one distance: it is multiplied with the weights where it lies, and nothing is copied ``kh`` times
as by plain unfolding (im2col). Rows too narrow for a good matrix product are joined by one more copy. Kernels
of three rows take the short cut of :mod:`convcli.engine.layers.winograd`.

References
----------
Chellapilla, Puri and Simard, High performance convolutional neural networks for document processing, 2006
(unfolding); Anderson et al., Low-memory GEMM-based convolution algorithms for deep neural networks, 2017
(products of views that are never unfolded in full).
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from convcli.engine.arrays import Array
from convcli.engine.blas import one_thread
from convcli.engine.layers import winograd
from convcli.engine.layers.padded_rows import Layer, Piece, padded_rows
from convcli.engine.threads import Scratch, run

__all__ = ["multiply"]

STRIP = 1 << 19
"""Numbers of shifted rows held at a time: more leave the cache."""

RESULTS = 1 << 16
"""Numbers of results made at a time, so that the bias finds them in the cache."""

WIDEST = 512
"""Columns of a piece: as many fill a matrix product."""

QUICK = 1 << 16
"""Numbers of shifted input in a row of a piece that takes the short cut: four of them stay in the cache."""

NARROW = 48
"""Below so many columns, rows are joined."""

LIGHT = 1 << 20
"""Multiplications below which one thread is faster."""


class Weights(NamedTuple):
    """The weights of a layer, prepared.

    Attributes
    ----------
    matrix : (groups, O/groups, window) array
        In the order in which windows lie in memory.
    joins
        Whether output rows are too narrow to be multiplied one by one.
    quick
        The transformed weights where the short cut for three rows pays, or None.
    """

    matrix: Array
    joins: bool
    quick: Array | None


def multiply(layer: Layer, threads: int) -> None:
    """Compute `layer`; the pieces, and so the results, are the same for any number of `threads`."""
    prepared = _prepare(layer)
    light = layer.out.size * prepared.matrix.shape[2] < LIGHT
    with one_thread():
        run(
            lambda piece, scratch: _piece(layer, prepared, piece, scratch),
            list(_cut(layer, prepared)),
            1 if light else threads,
        )


def _prepare(layer: Layer) -> Weights:
    weights, joins = layer.weights, layer.out.shape[4] < NARROW
    _, outputs, depth, kh, _ = weights.shape
    order = weights if joins else weights.transpose(0, 1, 3, 4, 2)
    matrix = np.ascontiguousarray(order).reshape(*order.shape[:2], -1)
    pays = kh == 3 and layer.window.stride[0] == 1 and min(outputs, depth) >= winograd.CHANNELS
    return Weights(matrix, joins, winograd.transform(weights) if pays and not joins else None)


def _cut(layer: Layer, prepared: Weights) -> Iterator[Piece]:
    images, groups, _, height, width = layer.out.shape
    _, _, depth, kh, kw = layer.weights.shape
    widest = WIDEST if prepared.quick is None else max(NARROW, QUICK // (kw * depth))
    across = -(-width // -(-width // widest))
    room = STRIP // (kw * depth * across)
    deep = max(1, (room - kh) // layer.step + 1) if prepared.quick is None else max(2, room // 4 * 2)
    for image in range(images):
        for group in range(groups):
            for phase in range(min(layer.every, height)):
                rows = range(phase, height, layer.every)
                for begin in range(0, len(rows), deep):
                    part = rows[begin : begin + deep]
                    for left in range(0, width, across):
                        right = min(left + across, width)
                        yield Piece(image, group, part[0], layer.every, len(part), left, right)


def _piece(layer: Layer, prepared: Weights, piece: Piece, scratch: Scratch) -> None:
    shift = layer.shift[piece.group]
    if prepared.quick is not None and piece.high > 1:
        pairs, kw, apart = piece.high // 2, layer.weights.shape[4], layer.window.dilation[1]
        even = piece._replace(high=2 * pairs)
        wide = (piece.width - 1) * layer.window.stride[1] + (kw - 1) * apart + 1
        lines = padded_rows(layer, even, _channels(layer, piece), (1, 1), wide, scratch)[:, 0]
        columns = [slice(j * apart, wide - (kw - 1 - j) * apart, layer.window.stride[1]) for j in range(kw)]
        if winograd.multiply(prepared.quick[piece.group], lines, columns, shift, _into(layer, even), scratch):
            piece = piece._replace(first=piece.first + 2 * pairs * piece.every, high=piece.high - 2 * pairs)
    if piece.high:
        _products(layer, prepared, piece, shift if shift.any() else None, scratch)


def _channels(layer: Layer, piece: Piece) -> slice:
    depth = layer.weights.shape[2]
    return slice(piece.group * depth, (piece.group + 1) * depth)


def _into(layer: Layer, piece: Piece) -> Array:
    """Return where the piece's results go: rows x outputs x columns."""
    maps = layer.out[piece.image, piece.group, :, piece.rows, piece.left : piece.right]
    return maps.transpose(1, 0, 2)


def _products(layer: Layer, prepared: Weights, piece: Piece, shift: Array | None, scratch: Scratch) -> None:
    _, outputs, depth, kh, kw = layer.weights.shape
    shifts = (kw, layer.window.stride[1])
    held = padded_rows(layer, piece, _channels(layer, piece), shifts, piece.width, scratch)
    matrix, into = prepared.matrix[piece.group], _into(layer, piece)
    width, work, step = piece.width, layer.out.dtype, layer.step
    below, size = kw * depth * width, work.itemsize
    if prepared.joins:
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
