"""Words that are safe to print."""

__all__ = ["printable"]


def printable(text: str) -> str:
    """Return `text` with whatever is not printable escaped: names of files may hold any byte."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
