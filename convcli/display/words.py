"""Words and numbers as they are printed."""

__all__ = ["printable", "significant", "written"]


def printable(text: str) -> str:
    """Return `text` with whatever is not printable escaped: names of files may hold any byte."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def significant(value: float, digits: int) -> str:
    """Write a number in so many significant digits at most, never as ``-0``."""
    text = f"{value:.{digits}g}"
    return "0" if text == "-0" else text


def written(value: float) -> str:
    """Write a number in three digits."""
    return significant(value, 3)
