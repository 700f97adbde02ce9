"""Numbers, sizes and lists as people read them."""

from collections.abc import Sequence

__all__ = ["listed", "number", "per_axis", "printable", "significant", "size"]


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


def listed(names: Sequence[str]) -> str:
    """Write names as ``a, b and c``."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def printable(text: str, instead: str = "") -> str:
    """Replace whatever is not printable by `instead`, or its escape: names of files may hold any byte."""
    return "".join(c if c.isprintable() else instead or c.encode("unicode_escape").decode() for c in text)
