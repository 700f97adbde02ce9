"""Read the array in a .npy, .npz, .safetensors, .csv, .tsv or .json file.

json, zipfile and the reader of safetensors are imported where they are used, for start-up.
"""

from os import SEEK_END
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from convcli.arrayfiles.damage import ArrayFileError, DamagedError, PickledError, damage, rounded
from convcli.arrayfiles.first_bytes import text_of
from convcli.arrayfiles.npy import Check, read_npy
from convcli.arrayfiles.table import read_table
from convcli.errors import cut_short
from convcli.limits import NESTING

__all__ = [
    "ArrayFileError",
    "Check",
    "DamagedError",
    "PickledError",
    "array_names",
    "read_array",
    "rounded",
    "tensors",
]

Array = NDArray[Any]


def read_array(
    file: BinaryIO,
    kind: str,
    member: str = "",
    check: Check | None = None,
    header: dict[str, Any] | None = None,
    notes: list[str] | None = None,
) -> Array:
    """Return the array in a file, in its own dtype and shape; `kind` is the file's suffix without the dot.

    `member` is the name of the array in an ``.npz`` or ``.safetensors``. `check` is called with the shape and
    the bytes of an array in a binary file, before memory is asked for, and raises an error to refuse it.
    `header` is that of a ``.safetensors`` which was read before, from `tensors`. `notes` is told of a heading
    that is left out.
    """
    with damage():
        if kind == "npy":
            file.seek(0)
            return read_npy(file, _length(file), check)
        if kind == "npz":
            from convcli.arrayfiles.archive import read_member

            return read_member(file, member, check)
        if kind == "safetensors":
            from convcli.arrayfiles.safetensors import read_header, read_tensor

            return read_tensor(file, read_header(file) if header is None else header, member)
        return _json(file.read()) if kind == "json" else read_table(file.read(), notes)


def array_names(file: BinaryIO, kind: str) -> list[str]:
    """Return the names of the arrays in an ``.npz`` or ``.safetensors`` file."""
    if kind == "safetensors":
        return list(tensors(file))
    with damage():
        from convcli.arrayfiles.archive import member_names

        return member_names(file)


def tensors(file: BinaryIO) -> dict[str, Any]:
    """Return the header of a ``.safetensors`` file: names of the tensors, and what `read_array` needs."""
    with damage():
        from convcli.arrayfiles.safetensors import read_header

        return read_header(file)


def _length(file: BinaryIO) -> int:
    here, end = file.tell(), file.seek(0, SEEK_END)
    file.seek(here)
    return end - here


def _json(data: bytes) -> Array:
    import json

    def refuse(word: str) -> Any:
        raise ArrayFileError(f" holds {word}", hint="pixels must be finite numbers")

    try:
        rows = json.loads(text_of(data), parse_constant=refuse)
    except ValueError as error:
        if "integer string conversion" not in str(error):  # Python's limit of digits
            raise
        raise ArrayFileError(" holds a number of too many digits", hint="write it as 1.5e300") from error
    if not isinstance(rows, list):
        raise ArrayFileError(f" holds {type(rows).__name__}, not nested lists", hint="write [[1, 2], [3, 4]]")
    _check_nesting(rows, [])
    array = np.array(rows)
    if array.dtype.kind not in "biuf":  # integers of more than 64 bits
        try:
            array = np.array(rows, dtype=np.float64)
        except OverflowError as error:
            raise ArrayFileError(" holds a number beyond 1.8e308", hint="write smaller numbers") from error
    if array.dtype.kind == "f":  # floats, some of which may have been written as integers
        for place in np.argwhere(np.abs(array) >= 2**53).tolist():
            value = rows
            for index in place:
                value = value[index]
            if isinstance(value, int) and value != float(array[tuple(place)]):
                raise rounded(str(value), place)
    return array


def _check_nesting(value: list[Any], place: list[int]) -> None:
    """Refuse lists whose items are neither all numbers nor all lists of one length."""
    NESTING.check(len(place) + 1, "write rows of numbers, or rows of lists of channels", DamagedError)
    lengths = [len(item) if isinstance(item, list) else -1 for item in value]
    where = "".join(f"[{index}]" for index in place)
    for index, length in enumerate(lengths):
        if length != lengths[0]:
            raise ArrayFileError(
                f" is ragged: {where}[{index}] has {_count(length)}, {where}[0] has {_count(lengths[0])}",
                hint="give every row as many numbers",
            )
    for index, item in enumerate(value):
        if isinstance(item, list):
            _check_nesting(item, [*place, index])
        elif not isinstance(item, int | float):
            raise ArrayFileError(
                f": {where}[{index}] is {cut_short(repr(item))}, not a number", hint="write numbers"
            )


def _count(length: int) -> str:
    return "one number, not a list" if length < 0 else f"{length} values"
