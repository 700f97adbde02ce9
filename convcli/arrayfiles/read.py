"""Read the array in a .npy, .npz, .safetensors, .csv, .tsv or .json file.

json, zipfile and the reader of safetensors are imported where they are used, for start-up.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from convcli.arrayfiles.first_bytes import text_of
from convcli.errors import ConvcliError

if TYPE_CHECKING:
    from zipfile import ZipFile

__all__ = [
    "ArrayFileError",
    "DamagedError",
    "PickledError",
    "array_names",
    "read_array",
    "unpacked_size",
]

Array = NDArray[Any]


class ArrayFileError(ConvcliError):
    """A file has no array of numbers; `message` continues a sentence that begins with the file's name."""


class DamagedError(ArrayFileError):
    """The content is truncated or in another format; `message` is the decoder's reason."""


class PickledError(DamagedError):
    """The array holds Python objects, which are never loaded."""


def read_array(file: BinaryIO, kind: str, member: str = "") -> Array:
    """Return the array in a file, in its own dtype and shape; `kind` is the file's suffix without the dot.

    `member` is the name of the array in an ``.npz`` or ``.safetensors``.
    """
    with _damage():
        if kind == "npy":
            return _npy(file)
        if kind == "npz":
            with _archive(file) as archive, archive.open(member + ".npy") as entry:
                return _npy(entry)
        if kind == "safetensors":
            from convcli.arrayfiles.safetensors import read_header, read_tensor

            return read_tensor(file, read_header(file)[member])
        return _json(file.read()) if kind == "json" else _table(file.read())


def array_names(file: BinaryIO, kind: str) -> list[str]:
    """Return the names of the arrays in an ``.npz`` or ``.safetensors`` file."""
    with _damage():
        if kind == "safetensors":
            from convcli.arrayfiles.safetensors import read_header

            return list(read_header(file))
        with _archive(file) as archive:
            return [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]


def unpacked_size(file: BinaryIO) -> int:
    """Return the bytes that all entries of an ``.npz`` take when unpacked."""
    with _damage(), _archive(file) as archive:
        return sum(entry.file_size for entry in archive.infolist())


@contextmanager
def _damage() -> Iterator[None]:
    """Convert any error of a decoder on damaged headers and archives to a DamagedError."""
    try:
        yield
    except ArrayFileError:
        raise
    except Exception as error:  # headers and archives that are damaged raise anything
        reason = " ".join(str(error).partition("\n")[0].split()) or type(error).__name__
        kind = PickledError if "Object arrays" in reason else DamagedError
        raise kind(reason) from error


def _archive(file: BinaryIO) -> "ZipFile":
    from zipfile import ZipFile

    return ZipFile(file)


def _npy(file: Any) -> Array:
    return np.asarray(np.lib.format.read_array(file, allow_pickle=False))


def _json(data: bytes) -> Array:
    import json

    def refuse(word: str) -> Any:
        raise ArrayFileError(f" holds {word}", hint="pixels must be finite numbers")

    rows = json.loads(text_of(data), parse_constant=refuse)
    if not isinstance(rows, list):
        raise ArrayFileError(f" holds {type(rows).__name__}, not nested lists", hint="write [[1, 2], [3, 4]]")
    _check_nesting(rows, [])
    try:
        array = np.array(rows)
        return array if array.dtype.kind in "biuf" else np.array(rows, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ArrayFileError(
            " holds something that is not a number", hint="write numbers in nested lists"
        ) from error


def _check_nesting(value: list[Any], place: list[int]) -> None:
    """Refuse lists whose items are neither all numbers nor all lists of one length."""
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
            raise ArrayFileError(f": {where}[{index}] is {item!r}, not a number", hint="write numbers")


def _count(length: int) -> str:
    return "one number, not a list" if length < 0 else f"{length} values"


def _table(data: bytes) -> Array:
    """Read lines of numbers; comments start with #, and the first line may be a header."""
    rows = [
        (number, line)
        for number, line in enumerate((each.partition("#")[0] for each in text_of(data).splitlines()), 1)
        if line.strip()
    ]
    if not rows:
        raise ArrayFileError(" holds no numbers", hint="write one row of numbers per line")
    delimiter = next((sign for sign in "\t;," if any(sign in line for _, line in rows)), None)
    if not any(_is_number(cell) or cell[:1].isdigit() for cell in _cells(rows[0][1], delimiter)):
        del rows[0]  # a heading
    if not rows:
        raise ArrayFileError(" holds a heading but no numbers", hint="add rows of numbers")
    try:
        return np.loadtxt(
            [line for _, line in rows], delimiter=delimiter, comments=None, quotechar='"', ndmin=2
        )
    except ValueError:
        raise _diagnosis(rows, delimiter) from None


def _cells(line: str, delimiter: str | None) -> list[str]:
    return [cell.strip(' "\t') for cell in line.split(delimiter)]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _diagnosis(rows: list[tuple[int, str]], delimiter: str | None) -> ArrayFileError:
    """Return the error for a table that could not be read, with its position."""
    first, width = rows[0][0], len(_cells(rows[0][1], delimiter))
    for number, line in rows:
        cells = _cells(line, delimiter)
        if len(cells) != width:
            return ArrayFileError(
                f" is ragged: line {number} has {len(cells)} values, line {first} has {width}",
                hint="give every line as many numbers",
            )
        for column, cell in enumerate(cells, 1):
            if not _is_number(cell):
                hint = "use a point, not a comma, for decimals" if "," in cell else "write numbers only"
                found = f"{cell!r} is not a number" if cell else "it is empty"
                return ArrayFileError(f", line {number}, value {column}: {found}", hint=hint)
    return ArrayFileError(" is not a table of numbers", hint="write numbers only")
