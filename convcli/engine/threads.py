"""Pieces of work spread over threads, and the scratch memory that each thread reuses.

NumPy releases the interpreter lock inside its loops, so that plain threads help as soon as one call takes
longer than about 5 microseconds. Pieces are cut without regard to the number of threads, so that results
do not depend on it.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import prod
from threading import Lock, Thread
from typing import Any, TypeVar

import numpy as np

from convcli.engine.arrays import Array
from convcli.limits import JOBS
from convcli.parsing import as_pair

__all__ = ["Scratch", "alone", "run", "thread_count"]

T = TypeVar("T")

# Largest scratch array kept for the next call, in bytes: allocating fresh memory costs page faults.
MAX_KEPT_BYTES = 1 << 22

# Scratch memories kept for later calls, one per thread.
MAX_KEPT_THREADS = 4

# Bytes of a cache line. Scratch arrays begin at one: convolution layers took 1.25 times as long where their
# rows straddled lines; correlations and pooling did not care (2026-11, Zen 4, medians of 15 runs in turn).
CACHE_LINE = 64

# Elements in the buffer of NumPy's iterator. With the default of 8192, which holds several rows, it copies
# the rows of part of a picture into the buffer and back, which takes 3 to 4 times as long as the operation
# itself (NumPy 2.4).
ITERATOR_BUFFER = 512


class Scratch:
    """Arrays by name, allocated once per thread and reused from piece to piece."""

    def __init__(self) -> None:
        self._kept: dict[tuple[object, np.dtype[Any]], Array] = {}

    def __call__(self, name: object, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
        """Return an array of `shape` with arbitrary content."""
        count = prod(shape)
        kept = self._kept.get((name, dtype))
        if kept is None or kept.size < count:
            kept = self._kept[name, dtype] = _aligned_zeros(count, dtype)
        return kept[:count].reshape(shape)

    def shrink(self) -> None:
        """Release large arrays."""
        self._kept = {key: array for key, array in self._kept.items() if array.nbytes <= MAX_KEPT_BYTES}


def _aligned_zeros(count: int, dtype: np.dtype[Any]) -> Array:
    block = np.zeros(count + CACHE_LINE // dtype.itemsize, dtype)
    first = -block.ctypes.data % CACHE_LINE // dtype.itemsize
    return block[first : first + count]


_free: list[Scratch] = []


@contextmanager
def _thread_state() -> Iterator[Scratch]:
    """Lend scratch memory to one thread, reused from an earlier call where possible.

    Meanwhile floating-point errors give no warnings, and NumPy's iterator has a small buffer.
    """
    try:
        scratch = _free.pop()
    except IndexError:
        scratch = Scratch()
    with np.errstate(all="ignore"):
        before = np.setbufsize(ITERATOR_BUFFER)
        try:
            yield scratch
        finally:
            np.setbufsize(before)
    scratch.shrink()
    if len(_free) < MAX_KEPT_THREADS:
        _free.append(scratch)


# Threads that are helping the callers of `run` now.
_helping = 0
_counting = Lock()


def alone() -> bool:
    """Whether no thread helps another one now, so that none waits for the interpreter's lock."""
    return not _helping


def thread_count(jobs: int | None) -> int:
    """Return how many threads `jobs` means; None is one per core that this process may use."""
    if jobs is not None:
        count = as_pair(jobs, "jobs")[0]
        JOBS.check(count, "leave it out for one per core")
        return count
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else os.cpu_count() or 1


def run(work: Callable[[T, Scratch], None], pieces: Sequence[T], threads: int) -> None:
    """Call ``work(piece, scratch)`` for every piece; the calling thread is one of `threads`.

    Floating-point errors give no warnings: infinities and NaN stay visible in the result.
    The first exception stops all threads and is raised again.
    """
    left, lock, failures = iter(pieces), Lock(), list[BaseException]()

    def loop() -> None:
        try:
            with _thread_state() as scratch:
                while not failures:
                    with lock:
                        piece = next(left, None)
                    if piece is None:
                        return
                    work(piece, scratch)
        except BaseException as error:  # to be raised by the calling thread
            failures.append(error)

    global _helping
    helpers = [Thread(target=loop, daemon=True) for _ in range(min(threads, len(pieces)) - 1)]
    started = []
    with _counting:
        _helping += len(helpers)
    for helper in helpers:
        try:
            helper.start()
        except RuntimeError:  # the system gives no more threads: those that there are do the work
            break
        started.append(helper)
    loop()
    for helper in started:
        helper.join()
    with _counting:
        _helping -= len(helpers)
    if failures:
        raise failures[0]
