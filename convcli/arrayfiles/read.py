"""Numbers from .npy, .npz, .csv, .tsv and .json files."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convcli.arrayfiles.text import text_of
from convcli.errors import ConvcliError, ImageError, nearest

__all__ = ["decode", "floats"]

Array = NDArray[Any]


def decode(data: bytes, kind: str, name: str, member: str | None = None) -> Array:
    """Return the array of a file of `kind`, in its own dtype; `member` names one of an ``.npz``.

    Raises
    ------
    ImageError
        The content is damaged, not numbers, ragged or empty, or has not two or three axes.
    """
    try:
        array = _npz(data, name, member) if kind == "npz" else _DECODERS[kind](data, name)
    except ConvcliError:
        raise
    except MemoryError as error:
        raise ImageError(f"{name!r} does not fit into memory", hint="store a part of it") from error
    except Exception as error:  # headers and archives that are damaged raise anything
        detail = " ".join(str(error).split()) or type(error).__name__
        raise ImageError(
            f"{name!r} cannot be read as {kind.upper()} ({detail})", hint="write or copy it once more"
        ) from error
    return _checked(array, name)


def floats(array: Array) -> tuple[Array, str]:
    """Return a picture's worth of any numbers, float32 where that is exact, else float64; and a note.

    The note says how many integers are beyond 2**53 and were rounded; it is empty if there are none.
    """
    wide = array.dtype.kind in "iu" and array.dtype.itemsize > 2
    exact = np.float64 if wide or (array.dtype.kind == "f" and array.dtype.itemsize > 4) else np.float32
    values = array[..., 0] if array.ndim == 3 and array.shape[2] == 1 else array
    result = np.ascontiguousarray(values, dtype=exact)
    # only integers of 64 bits can differ, and those above 2**63 would not survive the way back
    large = int(np.count_nonzero(np.abs(result) > 2**53)) if wide and array.dtype.itemsize == 8 else 0
    return result, f"{large} integers beyond 2**53 were rounded" if large else ""


def _checked(array: Array, name: str) -> Array:
    if array.dtype.kind not in "biuf":
        raise ImageError(
            f"{name!r} holds values of type {array.dtype}", hint="store booleans, integers or real numbers"
        )
    if array.ndim not in (2, 3):
        shape = " x ".join(map(str, array.shape)) or "one number"
        raise ImageError(
            f"{name!r} has {array.ndim} axes ({shape})", hint="a picture is H x W, or H x W x channels"
        )
    if array.size == 0:
        shape = " x ".join(map(str, array.shape))
        raise ImageError(f"{name!r} is empty ({shape})", hint="every side must be 1 or more")
    return array


def _npy(data: bytes, name: str) -> Array:
    try:
        return np.asarray(np.lib.format.read_array(io.BytesIO(data), allow_pickle=False))
    except ValueError as error:
        if "pickle" in str(error).lower() or "Object arrays" in str(error):
            raise ImageError(
                f"{name!r} holds Python objects", hint="store numbers: array.astype(float)"
            ) from error
        raise


def _npz(data: bytes, name: str, member: str | None) -> Array:
    import zipfile

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [entry.removesuffix(".npy") for entry in archive.namelist() if entry.endswith(".npy")]
        if not members:
            raise ImageError(f"{name!r} holds no arrays", hint="it should be written by numpy.savez")
        if member is None and len(members) > 1:
            raise ImageError(
                f"{name!r} holds {len(members)} arrays: {', '.join(members[:8])}",
                hint=f"name one, such as {name}:{members[0]}",
            )
        chosen = members[0] if member is None else member
        if chosen not in members:
            close = nearest(chosen, members)
            hint = f"did you mean {close!r}?" if close else f"it holds: {', '.join(members[:8])}"
            raise ImageError(f"{name!r} holds no array {chosen!r}", hint=hint)
        return _npy(archive.read(chosen + ".npy"), name)


def _json(data: bytes, name: str) -> Array:
    import json

    def refuse(word: str) -> Any:
        raise ImageError(f"{name!r} holds {word}", hint="pixels must be finite numbers")

    rows = json.loads(text_of(data), parse_constant=refuse)
    if not isinstance(rows, list):
        raise ImageError(
            f"{name!r} holds {type(rows).__name__}, not nested lists", hint="write [[1, 2], [3, 4]]"
        )
    _regular(rows, name, [])
    try:
        array = np.array(rows)
        return array if array.dtype.kind in "biuf" else np.array(rows, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ImageError(
            f"{name!r} holds something that is not a number", hint="write numbers in nested lists"
        ) from error


def _regular(value: list[Any], name: str, place: list[int]) -> None:
    """Refuse lists whose items are not all numbers, or all lists of one length."""
    lengths = [len(item) if isinstance(item, list) else -1 for item in value]
    where = "".join(f"[{index}]" for index in place)
    for index, length in enumerate(lengths):
        if length != lengths[0]:
            raise ImageError(
                f"{name!r} is ragged: {where}[{index}] has {_count(length)}, {where}[0] has"
                f" {_count(lengths[0])}",
                hint="give every row as many numbers",
            )
    for index, item in enumerate(value):
        if isinstance(item, list):
            _regular(item, name, [*place, index])
        elif not isinstance(item, int | float):
            raise ImageError(f"{name!r}: {where}[{index}] is {item!r}, not a number", hint="write numbers")


def _count(length: int) -> str:
    return "one number, not a list" if length < 0 else f"{length} values"


def _table(data: bytes, name: str) -> Array:
    """Read lines of numbers; comments start with #, and the first line may be a heading."""
    rows = [
        (number, line)
        for number, line in enumerate((each.partition("#")[0] for each in text_of(data).splitlines()), 1)
        if line.strip()
    ]
    if not rows:
        raise ImageError(f"{name!r} holds no numbers", hint="write one row of numbers per line")
    delimiter = next((sign for sign in "\t;," if any(sign in line for _, line in rows)), None)
    if _is_heading(_cells(rows[0][1], delimiter)):
        del rows[0]
    if not rows:
        raise ImageError(f"{name!r} holds a heading but no numbers", hint="add rows of numbers")
    try:
        return np.loadtxt(
            [line for _, line in rows], delimiter=delimiter, comments=None, quotechar='"', ndmin=2
        )
    except ValueError:
        raise _diagnosis(rows, delimiter, name) from None


def _cells(line: str, delimiter: str | None) -> list[str]:
    return [cell.strip(' "\t') for cell in line.split(delimiter)]


def _is_heading(cells: list[str]) -> bool:
    return not any(_is_number(cell) or cell[:1].isdigit() for cell in cells)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _diagnosis(rows: list[tuple[int, str]], delimiter: str | None, name: str) -> ImageError:
    """Say what is wrong with a table that could not be read, and where."""
    first, width = rows[0][0], len(_cells(rows[0][1], delimiter))
    for number, line in rows:
        cells = _cells(line, delimiter)
        if len(cells) != width:
            return ImageError(
                f"{name!r} is ragged: line {number} has {len(cells)} values, line {first} has {width}",
                hint="give every line as many numbers",
            )
        for column, cell in enumerate(cells, 1):
            if not _is_number(cell):
                hint = "use a point, not a comma, for decimals" if "," in cell else "write numbers only"
                found = f"{cell!r} is not a number" if cell else "it is empty"
                return ImageError(f"{name!r}, line {number}, value {column}: {found}", hint=hint)
    return ImageError(f"{name!r} is not a table of numbers", hint="write numbers only")


_DECODERS = {"npy": _npy, "json": _json, "csv": _table, "tsv": _table}
