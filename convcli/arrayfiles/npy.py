"""Read arrays in NumPy's format ``.npy``: the header first, and no more memory than the file can fill.

The header is a Python dict of three fixed fields, read here by a pattern: ``numpy.lib.format`` evaluates it,
which fails in many ways, and warns, on headers that no program wrote.

References
----------
https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

import re
from collections.abc import Callable
from math import prod
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from convcli.arrayfiles.damage import ArrayFileError, DamagedError, PickledError
from convcli.errors import cut_short

__all__ = ["Check", "read_npy"]

# Called with the shape and the bytes of an array before memory is asked for; raises an error to refuse it.
Check: TypeAlias = Callable[[tuple[int, ...], int], None]

# Longest header, in bytes: NumPy writes 118 for a plain array, and reads up to 10,000.
_MOST_HEADER = 1 << 16
# Bytes that are read at a time, so that unpacking needs little memory beside the array.
_BLOCK = 1 << 22

# One field: its name, and a string, a list (of a structured type), a boolean or a shape.
_FIELD = re.compile(
    r"\s*(['\"])(descr|fortran_order|shape)\1\s*:\s*"
    r"('[^']*'|\"[^\"]*\"|\[.*\]|True|False|\([\d\s,L]*\))\s*(?:,|(?=\}))",
    re.DOTALL | re.ASCII,
)
# Types of numbers and of text.
_PLAIN = re.compile(r"[<>=|]?(b1|[iu][1248]|f(2|4|8|12|16)|c(8|16|24|32)|[SU]\d{1,6})")


def read_npy(file: Any, length: int, check: Check | None = None) -> NDArray[Any]:
    """Return the array in a binary file of `length` bytes, or in an entry of an archive, from its start."""
    dtype, fortran, shape, start = _header(file, length)
    need = prod(shape) * dtype.itemsize
    if check is not None:
        check(shape, need)
    if need > length - start:
        raise DamagedError(f"its header says {need} bytes, and {length - start} follow")
    flat = np.empty(prod(shape), dtype)
    target: Any = flat.view(np.uint8)
    done = 0
    while done < need:
        count = file.readinto(target[done : done + _BLOCK])
        if not count:
            raise DamagedError(f"its header says {need} bytes, and {done} follow")
        done += count
    return flat.reshape(shape, order="F" if fortran else "C")


def _header(file: Any, length: int) -> tuple[np.dtype[Any], bool, tuple[int, ...], int]:
    """Return dtype, whether columns are contiguous, shape, and the length of the header."""
    start = file.read(8)
    if start[:6] != b"\x93NUMPY" or len(start) < 8:
        raise DamagedError("it does not begin as NumPy's files do")
    if start[6] not in (1, 2, 3):
        raise DamagedError(f"version {start[6]} of the format is not known")
    size = 2 if start[6] == 1 else 4
    count = int.from_bytes(file.read(size), "little")
    if count > min(_MOST_HEADER, length - 8 - size):
        raise DamagedError(f"a header of {count} bytes is not possible")
    text = file.read(count).decode("latin-1").strip()
    fields, place = {}, 1
    while text.startswith("{") and (found := _FIELD.match(text, place)):
        fields[found[2]], place = found[3], found.end()
    if len(fields) != 3 or text[place:].strip() != "}":
        raise DamagedError(f"its header is not one of NumPy's: {cut_short(text)!r}")
    sides = [side.strip().rstrip("L") for side in fields["shape"][1:-1].split(",")]
    if not all(side.isdigit() and len(side) < 20 for side in sides if side):
        raise DamagedError(f"its header says the shape {cut_short(fields['shape'])}")
    shape = tuple(int(side) for side in sides if side)
    return _dtype(fields["descr"]), fields["fortran_order"] == "True", shape, 8 + size + count


def _dtype(word: str) -> np.dtype[Any]:
    spelled = word.strip("'\"")
    if _PLAIN.fullmatch(spelled):
        return np.dtype(spelled)
    if spelled.lstrip("<>=|").startswith("O") or "'O'" in word or "|O" in word:
        raise PickledError("it holds Python objects")
    what = "records" if word.startswith("[") else f"values of type {cut_short(spelled)!r}"
    raise ArrayFileError(f" holds {what}, not numbers", hint="store an array of float64")
