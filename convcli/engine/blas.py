"""Sets OpenBLAS's thread count to one while our own threads call it, and asks which kernels it uses.

OpenBLAS starts threads of its own for products of more than about 300,000 multiplications, which then fight
ours for the cores. Its setting is one number per process, so that it is put back as soon as no correlation
runs. Where the library is not found (another BLAS, another system) nothing is changed: results are the same,
only slower.
"""

import ctypes
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

__all__ = ["has_small_path", "most_multiplications", "one_thread"]

# Largest product, in multiplications, that OpenBLAS computes by its path for small matrices: two to five
# times as fast for products of few rows (0.3.31: ``gemm_small_matrix_permit`` of its AVX-512 kernels).
SMALL_PRODUCT = 1_000_000

# OpenBLAS's names of the kernels that have such a path.
SMALL_PATH_CORES = {b"skylakex", b"cooperlake", b"sapphirerapids"}

_lock = Lock()
_users = 0
_before = 1


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold OpenBLAS to one thread inside the ``with`` block, in this process."""
    global _users, _before
    controls = _controls()
    if controls is None:
        yield
        return
    get, put = controls
    with _lock:
        if _users == 0:
            _before = get()
            put(1)
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                put(_before)


@cache
def has_small_path() -> bool:
    """Whether OpenBLAS uses kernels with a path for small matrices."""
    name = _function("get_corename")
    if name is None:
        return False
    name.restype = ctypes.c_char_p
    return name().lower() in SMALL_PATH_CORES


def most_multiplications() -> int:
    """Return the multiplications up to which a product of few rows takes the path for small matrices."""
    return SMALL_PRODUCT if has_small_path() else sys.maxsize


def _controls() -> tuple[Callable[[], int], Callable[[int], None]] | None:
    """Return how to get and set the number of threads."""
    get, put = _function("get_num_threads"), _function("set_num_threads")
    return (get, put) if get is not None and put is not None else None


@cache
def _function(name: str) -> Any:
    """Return a function of the OpenBLAS that NumPy has loaded, or None."""
    for path in _libraries():
        try:
            library = ctypes.CDLL(str(path))
        except OSError:
            continue
        for prefix, suffix in (("scipy_", "64_"), ("scipy_", ""), ("", "64_"), ("", "")):
            found = getattr(library, f"{prefix}openblas_{name}{suffix}", None)
            if found is not None:
                return found
    return None


def _libraries() -> list[Path]:
    """Return the OpenBLAS libraries bundled with NumPy's wheel, else those that this process has loaded."""
    home = Path(np.__file__).parent
    bundled = [*(home.parent / "numpy.libs").glob("*openblas*"), *(home / ".dylibs").glob("*openblas*")]
    maps = Path("/proc/self/maps")
    if bundled or not maps.exists():
        return bundled
    lines = maps.read_text().splitlines()
    return sorted({Path(line.split()[-1]) for line in lines if "openblas" in line})
