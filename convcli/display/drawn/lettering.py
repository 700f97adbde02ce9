"""Lines of text on pictures."""

from typing import Any

__all__ = ["wrapped"]


def wrapped(text: str, font: Any, width: float) -> list[str]:
    """Return the lines of a text that are not wider than `width`, broken between words."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
