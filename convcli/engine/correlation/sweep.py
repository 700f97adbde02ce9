"""Runs a method over all pieces of the output; adds the bias, rounds half to even and saturates."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from convcli.engine.arrays import Array
from convcli.engine.correlation.strips import Strip, load_piece
from convcli.engine.correlation.task import Task
from convcli.engine.threads import Scratch, run
from convcli.engine.tiles import Piece

__all__ = ["ComputePiece", "saturate", "store", "sweep", "target"]

# Computes one piece by a method: ``compute(strip, into, scratch)`` writes (rows, width) sums to `into`.
ComputePiece: TypeAlias = Callable[[Strip, Array, Scratch], None]


def sweep(task: Task, compute: ComputePiece, pieces: list[Piece], threads: int) -> None:
    """Compute `pieces` of the output with `compute`."""

    def work(piece: Piece, scratch: Scratch) -> None:
        strip = load_piece(task, piece, scratch)
        into = target(task, piece, scratch)
        compute(strip, into, scratch)
        store(task, piece, into)

    run(work, pieces, threads)


def target(task: Task, piece: Piece, scratch: Scratch) -> Array:
    """Return the (rows, width) array for the sums of `piece`: part of the output where its type allows."""
    channels = task.channels
    if task.out_rows is not None:
        rows, columns = task.output_slices(piece)
        return task.out_rows[rows, columns.start * channels : columns.stop * channels]
    return scratch("sums", (piece.rows, piece.columns * channels), task.work)


def store(task: Task, piece: Piece, sums: Array) -> None:
    """Add the bias to the sums that were written to :func:`target`, and put them into the output."""
    if task.bias:
        np.add(sums, task.work.type(task.bias), out=sums)
    if task.out_rows is None:
        saturate(sums.reshape(piece.rows, piece.columns, task.channels), task.out[task.output_slices(piece)])


def saturate(sums: Array, into: Array) -> None:
    """Convert sums to the type of `into`, as OpenCV does; `sums` is overwritten.

    Integers round half to even and saturate; NaN becomes 0.
    """
    if into.dtype.kind not in "iu":
        into[...] = sums
        return
    limits = np.iinfo(into.dtype)
    if sums.dtype.kind == "i":
        given = np.iinfo(sums.dtype)
        if limits.min > given.min or limits.max < given.max:
            np.clip(sums, max(limits.min, given.min), min(limits.max, given.max), out=sums)
        np.copyto(into, sums, casting="unsafe")
        return
    low, high = sums.dtype.type(limits.min), sums.dtype.type(limits.max)
    np.rint(sums, out=sums)
    unknown = np.isnan(sums)
    if unknown.any():
        sums[unknown] = 0
    # The float nearest to an integer limit may exceed it: such values must not reach the conversion.
    exceeds = int(high) > limits.max
    over = sums >= high if exceeds else None
    np.clip(sums, low, np.nextafter(high, low) if exceeds else high, out=sums)
    np.copyto(into, sums, casting="unsafe")
    if over is not None:
        into[over] = limits.max
