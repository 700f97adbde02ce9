"""Numbers, sizes and lists as people read them."""

import re
from collections.abc import Sequence
from itertools import accumulate

from convcli.display.language import Say, say_english, spaced

__all__ = ["listed", "number", "one_line", "per_axis", "printable", "shortened", "significant", "size"]

# Most characters of a word, such as the name of a file, in a line for people.
MOST_OF_A_WORD = 180

# Stands for the characters that are left out.
LEFT_OUT = "[...]"


def significant(value: float, digits: int = 3) -> str:
    """Write a number in so many significant digits at most, never as ``-0``."""
    text = f"{value:.{digits}g}"
    return "0" if text == "-0" else text


def number(value: float, digits: int = 6) -> str:
    """Write whole numbers up to a million in full, others in so many significant digits."""
    if abs(value) < 1e6 and value == round(value):
        return f"{round(value)}"
    return significant(value, digits)


def size(shape: Sequence[int]) -> str:
    """Write a shape as ``2 x 3``, or as ``3`` where it has one axis."""
    return " x ".join(map(str, shape))


def per_axis(pair: tuple[int, int]) -> str:
    """Write rows and columns, of a size, stride or dilation: ``2x3``, or ``2`` where both are the same."""
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]}x{pair[1]}"


def listed(names: Sequence[str], last: str = "and", say: Say = say_english) -> str:
    """Write names as ``a, b and c``, with the comma and the word of a language."""
    return spaced((say(", ").join(names[:-1]), say(last), names[-1]) if names[1:] else names)


def printable(text: str) -> str:
    """Replace whatever is not printable by its escape: names may hold any byte or character.

    Not printable are control characters (C0, C1, DEL), marks that are not seen (zero width, writing
    direction), separators other than the space, and surrogates, which stand for bytes that are not UTF-8.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def shortened(text: str, most: int) -> str:
    """Return `text` in `most` columns of text or fewer: what is too much is left out in the middle.

    Characters of Chinese and the like take two columns.
    """
    if columns(text) <= most:
        return text
    kept = most - len(LEFT_OUT)
    return _start(text, kept - kept // 2) + LEFT_OUT + _start(text[::-1], kept // 2)[::-1]


def columns(text: str) -> int:
    """Return how many columns of text a terminal needs."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # here, for start-up: most text needs no table of widths

    return cell_len(text)


def _start(text: str, most: int) -> str:
    """Return as much of the start of `text` as `most` columns hold."""
    return text[: sum(end <= most for end in accumulate(map(columns, text)))]


def one_line(text: str) -> str:
    """Return `text` as a line for people: printable, and no word of it longer than `MOST_OF_A_WORD`."""
    return re.sub(r"\S+", lambda word: shortened(word[0], MOST_OF_A_WORD), printable(text))
