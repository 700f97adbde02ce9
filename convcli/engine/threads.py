"""Pieces of work spread over threads, and the scratch memory that each thread reuses.

NumPy releases the interpreter lock inside its loops, so that plain threads help as soon as one call takes
longer than about 5 microseconds. Pieces are cut before the number of threads is known: results cannot
depend on it.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import prod
from threading import Lock, Thread
from typing import Any, TypeVar

import numpy as np

from convcli.choices import as_pair
from convcli.engine.arrays import Array

__all__ = ["Scratch", "run", "thread_count"]

T = TypeVar("T")


KEPT = 1 << 22
"""Bytes of one array that is kept for the next call: new memory is slow to come."""

# Bytes of a cache line. Scratch arrays begin at one: convolution layers took 1.25 times as long where their
# rows straddled lines; correlations and pooling did not care (2026-11, Zen 4, medians of 15 runs in turn).
CACHE_LINE = 64

BUFFER = 512
"""Numbers that NumPy's iterator may gather at a time. Given room for several rows (8192 by default) it copies
the rows of part of a picture together and back, which takes 3 to 4 times as long as the operation itself
(NumPy 2.4)."""

MOST = 4
"""Threads whose scratch memory is kept."""


class Scratch:
    """Arrays by name, allocated once per thread and reused from piece to piece."""

    def __init__(self) -> None:
        self._kept: dict[tuple[object, np.dtype[Any]], Array] = {}

    def __call__(self, name: object, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
        """Return an array of `shape` with whatever it last held."""
        count = prod(shape)
        kept = self._kept.get((name, dtype))
        if kept is None or kept.size < count:
            kept = self._kept[name, dtype] = _aligned_zeros(count, dtype)
        return kept[:count].reshape(shape)

    def shrink(self) -> None:
        """Let large arrays go."""
        self._kept = {key: array for key, array in self._kept.items() if array.nbytes <= KEPT}


def _aligned_zeros(count: int, dtype: np.dtype[Any]) -> Array:
    room = np.zeros(count + CACHE_LINE // dtype.itemsize, dtype)
    first = -room.ctypes.data % CACHE_LINE // dtype.itemsize
    return room[first : first + count]


_free: list[Scratch] = []


@contextmanager
def _scratch() -> Iterator[Scratch]:
    """Lend scratch memory to one thread: what another left, or new."""
    try:
        scratch = _free.pop()
    except IndexError:
        scratch = Scratch()
    yield scratch
    scratch.shrink()
    if len(_free) < MOST:
        _free.append(scratch)


@contextmanager
def _arithmetic() -> Iterator[None]:
    """Let floating-point errors follow IEEE 754 without warnings, and operations on rows take no detour."""
    with np.errstate(all="ignore"):
        before = np.setbufsize(BUFFER)
        try:
            yield
        finally:
            np.setbufsize(before)


def thread_count(jobs: int | None) -> int:
    """Return how many threads `jobs` means; None is one per core that this process may use.

    Raises
    ------
    UsageError
        `jobs` is below 1 or no whole number.
    """
    if jobs is not None:
        return as_pair(jobs, "jobs")[0]
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else os.cpu_count() or 1


def run(work: Callable[[T, Scratch], None], pieces: Sequence[T], threads: int) -> None:
    """Call ``work(piece, scratch)`` for every piece; the calling thread is one of `threads`.

    Floating-point errors give no warnings: infinities and NaN stay visible in the result.
    The first exception stops all threads and is raised again.
    """
    if min(threads, len(pieces)) <= 1:
        with _scratch() as scratch, _arithmetic():
            for piece in pieces:
                work(piece, scratch)
        return

    left, lock, failures = iter(pieces), Lock(), list[BaseException]()

    def loop() -> None:
        try:
            with _scratch() as scratch, _arithmetic():
                while not failures:
                    with lock:
                        piece = next(left, None)
                    if piece is None:
                        return
                    work(piece, scratch)
        except BaseException as error:  # to be raised by the calling thread
            failures.append(error)

    helpers = [Thread(target=loop, daemon=True) for _ in range(min(threads, len(pieces)) - 1)]
    for helper in helpers:
        helper.start()
    loop()
    for helper in helpers:
        helper.join()
    if failures:
        raise failures[0]
