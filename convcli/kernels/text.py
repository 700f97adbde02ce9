"""Parsers of typed numbers and matrices. No NumPy here: shell completion and ``--help`` use them."""

import re

from convcli.errors import KernelError, shown
from convcli.parsing import MINUS_SIGNS, real

__all__ = ["is_number", "matrix", "read_number", "rows_and_columns"]

# What separates numbers: spaces, or a comma.
_GAP = re.compile(r"\s*,\s*|\s+")


def read_number(word: str) -> float:
    """Read ``2``, ``-.5``, ``1e-3`` or a fraction such as ``1/9``; a ValueError says what is wrong."""
    try:
        return real(word)
    except ValueError as error:
        raise ValueError(f"{shown(word)} {error}") from None


def is_number(word: str) -> bool:
    """Return whether `read_number` can read `word`."""
    try:
        read_number(word)
    except ValueError:
        return False
    return True


def rows_and_columns(word: str) -> tuple[int, int]:
    """Read ``N`` or ``RxC``; a ValueError says that it is neither."""
    parts = word.lower().replace("×", "x").split("x")
    if len(parts) > 2 or not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):
        raise ValueError(f"{shown(word)} is not a size")
    return int(parts[0]), int(parts[-1])


def matrix(text: str, what: str, *, rows_end_at: str = ";") -> list[list[float]]:
    """Read rows of numbers separated by spaces, commas or both; ``#`` begins a comment.

    Such as ``"0 -1 0; -1 5 -1; 0 -1 0"``, optionally in one pair of brackets. `what` names it in errors;
    `rows_end_at` ends a row besides the end of a line, and is empty for files whose lines are the rows.
    """
    lines = [line.partition("#")[0] for line in text.translate(MINUS_SIGNS).splitlines()]
    body = "\n".join(lines).strip()
    if body.startswith("[") and body.endswith("]"):
        body = body[1:-1]
    if rows_end_at:
        body = body.replace(rows_end_at, "\n")
    lines = [line.strip() for line in body.splitlines() if line.strip()]
    if not lines:
        raise KernelError(f"{what} is empty", hint="write rows of numbers, such as '0 -1 0; -1 5 -1; 0 -1 0'")
    rows = [_row(line, f"row {place}", what) for place, line in enumerate(lines, 1)]
    for place, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            count = "1 number" if len(row) == 1 else f"{len(row)} numbers"
            raise KernelError(
                f"{what}: row {place} has {count}, row 1 has {len(rows[0])}",
                hint="give every row as many numbers as the first",
            )
    return rows


def _row(line: str, where: str, what: str) -> list[float]:
    row = []
    for column, word in enumerate(_GAP.split(line), 1):
        if not word:
            raise KernelError(
                f"{what}: {where}, column {column} is empty",
                hint="put a number between commas, 0 for nothing",
            )
        try:
            row.append(read_number(word))
        except ValueError as error:
            raise KernelError(
                f"{what}: {error} ({where}, column {column})",
                hint="write numbers such as 2, -.5, 1e-3 or 1/9; rows end with ';' or a new line",
            ) from error
    return row
