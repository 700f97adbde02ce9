"""Read tables of numbers: ``.csv``, ``.tsv`` and the like."""

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convcli.arrayfiles.damage import ArrayFileError, rounded
from convcli.arrayfiles.first_bytes import text_of
from convcli.errors import cut_short, shown
from convcli.parsing import NUMBER

__all__ = ["read_table"]

Array = NDArray[Any]

# Integers that float64 may round; longer ones are taken for decimal fractions of large numbers.
_INTEGER = re.compile(r"[-+]?\d{16,40}", re.ASCII)


def read_table(data: bytes, notes: list[str] | None = None) -> Array:
    """Read lines of numbers; comments start with #; a first line of words is left out, and `notes` told."""
    rows = [
        (number, line)
        for number, line in enumerate((each.partition("#")[0] for each in text_of(data).splitlines()), 1)
        if line.strip()
    ]
    if not rows:
        raise ArrayFileError(" holds no numbers", hint="write one row of numbers per line")
    delimiter = next((sign for sign in "\t;," if any(sign in line for _, line in rows)), None)
    if not any(NUMBER.fullmatch(cell) or cell[:1].isdigit() for cell in _cells(rows[0][1], delimiter)):
        number, line = rows.pop(0)
        if notes is not None:
            notes.append(f"line {number} is taken for a heading and left out: {shown(line.strip())}")
    if not rows:
        raise ArrayFileError(" holds a heading but no numbers", hint="add rows of numbers")
    try:
        array = np.loadtxt(
            [line for _, line in rows], delimiter=delimiter, comments=None, quotechar='"', ndmin=2
        )
    except ValueError:
        raise _diagnosis(rows, delimiter) from None
    large = np.abs(array) >= 2**53
    for row in np.flatnonzero(large.any(axis=1)).tolist():
        for column, cell in enumerate(_cells(rows[row][1], delimiter)):
            if large[row, column] and _INTEGER.fullmatch(cell) and int(cell) != int(array[row, column]):
                raise rounded(cell, [row, column])
    return array


def _cells(line: str, delimiter: str | None) -> list[str]:
    if delimiter is not None and '"' in line:
        import csv  # here for start-up: few tables have quotes

        return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))]
    return [cell.strip(' "\t') for cell in line.split(delimiter)]


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
            if not NUMBER.fullmatch(cell):
                hint = "use a point, not a comma, for decimals" if "," in cell else "write numbers only"
                found = f"{cut_short(repr(cell))} is not a number" if cell else "it is empty"
                return ArrayFileError(f", line {number}, value {column}: {found}", hint=hint)
    return ArrayFileError(" is not a table of numbers", hint="write numbers only")
