"""Parsers of numbers, sizes, paddings and positions, as people type them or callers pass them. No NumPy here.

What is malformed or too small is a `UsageError`.
"""

import re
from operator import index
from typing import Literal, TypeAlias

from convcli.errors import UsageError, shown, unknown
from convcli.limits import JOBS, WHOLE, WINDOW

__all__ = [
    "MINUS_SIGNS",
    "NO_ROW",
    "NUMBER",
    "Padding",
    "PaddingPixels",
    "as_padding",
    "as_pair",
    "at_least",
    "finite",
    "parse_number",
    "parse_padding",
    "parse_pair",
    "pixel_count",
    "place",
    "position",
    "power",
    "quality_number",
    "real",
    "thread_number",
    "whole",
    "yes_or_no",
]

# A number as people write it, without a fraction bar.
NUMBER = re.compile(r"[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|nan|inf(?:inity)?)", re.ASCII | re.IGNORECASE)
_WHOLE = re.compile(r"[-+]?\d+", re.ASCII)
# Signs and spaces as they are copied from web pages, and what they stand for.
MINUS_SIGNS = str.maketrans({"−": "-", "\N{NO-BREAK SPACE}": " "})


class _NoRow(int):
    """The row of a position of one number: 0, which is understood in a result of one row alone."""


NO_ROW = _NoRow(0)

# Pixels of padding on each side: ``((top, bottom), (left, right))``.
PaddingPixels: TypeAlias = tuple[tuple[int, int], tuple[int, int]]

Padding: TypeAlias = Literal["same", "full", "valid"] | PaddingPixels


def real(word: str) -> float:
    """Read ``2``, ``-.5``, ``1e-3`` or a fraction such as ``1/9``; a ValueError says what is wrong."""
    parts = word.translate(MINUS_SIGNS).split("/")
    if len(parts) > 2 or not all(NUMBER.fullmatch(part) for part in parts):
        raise ValueError("is not a number")
    value = float(parts[0])
    if len(parts) == 1:
        return value
    if float(parts[1]) == 0:
        raise ValueError("divides by zero")
    return value / float(parts[1])


def parse_number(text: str) -> float:
    """Read a finite number as :func:`real` does; anything else is a UsageError."""
    try:
        value = real(text.strip())
    except ValueError as error:
        raise UsageError(
            f"{shown(text)} {error}", hint="write a number such as 2, -.5, 1e-3 or 1/9"
        ) from None
    if value - value != 0:
        raise UsageError(f"{shown(text)} is not finite", hint="the largest number is about 1.8e308")
    return value


def finite(value: object, name: str) -> float:
    """Return a number that is finite; `name` is what errors call it."""
    try:
        number = float(value)  # type: ignore[arg-type]  # whatever has no __float__ is refused below
    except (TypeError, ValueError, OverflowError):
        raise UsageError(f"{name} {shown(value)} is not a number", hint="give one number") from None
    if number - number != 0:
        raise UsageError(f"{name} {number} is not finite", hint="give a number")
    return number


def power(text: str) -> float:
    """Read the P of an Lp norm: a number as :func:`parse_number` does, or ``inf``."""
    return float("inf") if text.strip().lower() in ("inf", "infinity") else parse_number(text)


def whole(text: str) -> int:
    """Read a whole number."""
    try:
        return _whole(text)
    except UsageError:
        raise
    except ValueError:
        raise UsageError(f"{shown(text)} is not a whole number", hint="write digits, such as 12") from None


def quality_number(text: str) -> int:
    """Read a quality of 1 to 100."""
    value = whole(text)
    if not 1 <= value <= 100:
        raise UsageError(f"--quality {value} is not a quality", hint="use 1 (coarse and small) to 100")
    return value


def yes_or_no(word: str, name: str) -> bool:
    """Read what the environment says of a flag; `name` is what errors call it."""
    spelled = word.strip().lower()
    if spelled in ("1", "true", "yes", "on"):
        return True
    if spelled in ("0", "false", "no", "off"):
        return False
    raise UsageError(f"{name}: {shown(word)} is neither yes nor no", hint="write 1 or 0")


def at_least(least: int, **options: float | None) -> None:
    """Refuse values below `least`; errors name the options, such as ``--show-steps`` for `show_steps`."""
    for name, value in options.items():
        if value is not None and value < least:
            wrong = "negative" if least == 0 else "too small"
            option = f"--{name.replace('_', '-')}"
            found = value if isinstance(value, int) else f"{value:g}"
            raise UsageError(f"{option} {found} is {wrong}", hint=f"use {least} or more")


def thread_number(text: str) -> int:
    """Read a number of threads."""
    count = whole(text)
    at_least(1, jobs=count)
    JOBS.check(count, "leave it out for one per core", what="--jobs")
    return count


def _whole(text: str) -> int:
    """Read a whole number in ASCII digits; a ValueError where it is none, a UsageError where it is huge."""
    spelled = text.strip().translate(MINUS_SIGNS)
    if not _WHOLE.fullmatch(spelled):
        raise ValueError("is not a whole number")
    # Python refuses to convert some thousands of digits.
    if len(spelled) > 100 or abs(int(spelled)) > WHOLE.most:
        raise UsageError(
            f"{shown(spelled)} is above the limit of {WHOLE.most}", hint="write a smaller whole number"
        )
    return int(spelled)


def place(text: str) -> tuple[int, int]:
    """Read a position ``ROW,COLUMN``, in parentheses or not; negative numbers count from the end."""
    words = text.strip().removeprefix("(").removesuffix(")").split(",")
    try:
        row, column = map(_whole, words)
    except UsageError:
        raise
    except ValueError:
        raise UsageError(
            f"{shown(text)} is not a place", hint="write ROW,COLUMN, such as 0,0 or -1,-1"
        ) from None
    return row, column


def position(text: str) -> tuple[int, int]:
    """Read a position ``ROW,COLUMN`` as :func:`place` does, or one number along a signal."""
    try:
        return (NO_ROW, _whole(text))
    except ValueError:
        return place(text)


def pixel_count(text: str) -> int:
    """Read a number of pixels; ``k``, ``M`` and ``G`` stand for powers of 1024."""
    digits = text.strip().lower().removesuffix("px")
    scale = {"k": 1024, "m": 1024**2, "g": 1024**3}.get(digits[-1:], 1)
    try:
        value = parse_number(digits[:-1] if scale > 1 else digits) * scale
    except UsageError as error:
        raise UsageError(
            f"{shown(text)} is not a number of pixels", hint="write a number such as 1000000, 64M or 2G"
        ) from error
    WHOLE.check(abs(value), "write a smaller number, such as 2G", what="number of pixels")
    at_least(1, max_pixels=int(value))
    return int(value)


def parse_pair(text: str, what: str, least: int = 1) -> tuple[int, int]:
    """Read ``N`` or ``RxC`` as ``(rows, columns)``."""
    words = text.strip().lower().replace("×", "x").split("x")
    numbers = _all_whole(words, what)
    if len(numbers) not in (1, 2):
        raise UsageError(f"{what} {shown(text)} is not a size", hint="write N, or RxC for rows and columns")
    return as_pair(numbers[0] if len(numbers) == 1 else (numbers[0], numbers[1]), what, least)


def _all_whole(words: list[str], what: str) -> list[int]:
    """Return `words` as whole numbers; empty where one is none."""
    try:
        return [_whole(word) for word in words]
    except UsageError as error:
        raise UsageError(f"{what} {error.message}", hint=error.hint) from None
    except ValueError:
        return []


def as_pair(value: object, what: str, least: int = 1) -> tuple[int, int]:
    """Return an int or a pair of ints as ``(rows, columns)``, each at least `least` and up to `WINDOW`."""
    both = (value, value) if not isinstance(value, tuple | list) else tuple(value)
    if len(both) != 2:
        raise UsageError(f"{what} {shown(value)} is not a size", hint="give an int or (rows, columns)")
    pair = (_as_int(both[0], what), _as_int(both[1], what))
    if min(pair) < least:
        said = shown(pair[0]) if pair[0] == pair[1] else f"{shown(pair[0])}x{shown(pair[1])}"
        raise UsageError(f"{what} {said} is too small", hint=f"use {least} or more")
    WINDOW.check(max(pair), "use a smaller number", what=what)
    return pair


def _as_int(value: object, what: str) -> int:
    if not isinstance(value, bool):
        try:
            return index(value)  # type: ignore[arg-type]  # whatever has no __index__ is refused below
        except TypeError:  # arrays have an __index__ too, and most of them no answer
            pass
    raise UsageError(f"{what} {shown(value)} is not a whole number", hint="give an int or (rows, columns)")


def parse_padding(text: str) -> Padding:
    """Read a padding: ``N``, ``RxC``, ``T,B,L,R``, ``same``, ``full`` or ``valid``."""
    spelled = text.strip().lower()
    if spelled in ("same", "full", "valid"):
        return as_padding(spelled)
    if "," not in spelled:
        return as_padding(parse_pair(spelled, "padding", least=0))
    edges = _all_whole(spelled.split(","), "padding")
    if len(edges) != 4:
        raise UsageError(
            f"padding {shown(text)} is not understood",
            hint="write N, RxC, T,B,L,R (four numbers), same or full",
        )
    return as_padding(((edges[0], edges[1]), (edges[2], edges[3])))


def as_padding(value: object) -> Padding:
    """Return a padding in any accepted form as a word or as ``((top, bottom), (left, right))``."""
    if isinstance(value, str):
        for word in ("same", "full", "valid"):
            if value == word:
                return word
        raise unknown("padding", value, ("same", "full", "valid"))
    if isinstance(value, tuple | list) and len(value) == 2 and isinstance(value[0], tuple | list):
        return (as_pair(value[0], "padding", least=0), as_pair(value[1], "padding", least=0))
    rows, columns = as_pair(value, "padding", least=0)
    return ((rows, rows), (columns, columns))
