"""Convolution layers whose outputs each see one channel: weight by weight, many channels at a time."""

import numpy as np

from convcli.engine.layers.padded_rows import Layer, Piece, padded_rows
from convcli.engine.threads import Scratch, run
from convcli.engine.window import extent

__all__ = ["multiply"]

STRIP = 1 << 16
"""Numbers of padded input held at a time."""

LIGHT = 1 << 18
"""Multiplications below which one thread is faster."""


def multiply(layer: Layer, threads: int) -> None:
    """Compute `layer`, which has one input channel for each group.

    The pieces, and so the results, are the same for any number of `threads`.
    """
    images, groups, _, height, width = layer.out.shape
    kh, kw = layer.weights.shape[3:]
    wide = (width - 1) * layer.window.stride[1] + extent(kw, layer.window.dilation[1])
    deep = max(1, (STRIP // wide - kh) // layer.step + 1)
    together = max(1, STRIP // (wide * (kh + layer.step * min(deep, height))))
    pieces = [
        Piece(image, channel, part[0], layer.every, len(part), 0, width)
        for image in range(images)
        for channel in range(0, groups, together)
        for phase in range(min(layer.every, height))
        for rows in [range(phase, height, layer.every)]
        for part in (rows[begin : begin + deep] for begin in range(0, len(rows), deep))
    ]

    def work(piece: Piece, scratch: Scratch) -> None:
        _piece(layer, piece, min(together, groups - piece.group), wide, scratch)

    run(work, pieces, 1 if layer.out.size * kh * kw < LIGHT else threads)


def _piece(layer: Layer, piece: Piece, count: int, wide: int, scratch: Scratch) -> None:
    """Compute `count` channels from ``piece.group`` on."""
    channels = slice(piece.group, piece.group + count)
    outputs, _, kh, kw = layer.weights.shape[1:]
    lines = padded_rows(layer, piece, channels, (1, 1), wide, scratch)[:, 0]
    shape = (piece.high, count, piece.width)
    total, part = scratch("total", shape, layer.out.dtype), scratch("part", shape, layer.out.dtype)
    reach, stride = (piece.high - 1) * layer.step + 1, layer.window.stride[1]
    for output in range(outputs):
        weights = layer.weights[channels, output, 0, :, :, None]
        for i in range(kh):
            for j in range(kw):
                start = j * layer.window.dilation[1]
                stop = start + (piece.width - 1) * stride + 1
                seen = lines[i : i + reach : layer.step, :, start:stop:stride]
                np.multiply(seen, weights[:, i, j], out=part if i or j else total)
                if i or j:
                    np.add(total, part, out=total)
        total += layer.shift[channels, output]
        layer.out[piece.image, channels, output, piece.rows] = total.transpose(1, 0, 2)
