"""Where lines may break: between words, and between the characters of Chinese, which has no spaces.

Of the Unicode Line Breaking Algorithm (UAX #14) what sentences need: no line begins with a closing
punctuation mark, or ends with an opening one.
"""

import re
from collections.abc import Iterable
from itertools import accumulate

from rich.cells import cell_len
from rich.text import Text

__all__ = ["broken", "filled", "words"]

# Ideographs and full-width forms; marks that stay with what is before them, and with what is behind them.
WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60\uffe0-\uffe6"
CLOSING, OPENING = "，。；：、！？）】」』》", "（【「『《"

# A word with its marks and the spaces behind it; a size such as 3 x 5 is one word.
WORD = re.compile(rf"\s*[{OPENING}]*(?:\d+ x \d+|[^\s{WIDE}]+|[{WIDE}]|\s)[{CLOSING}]*\s*")


def words(text: str) -> list[str]:
    """Split `text` where a line may break; spaces are kept."""
    return WORD.findall(text) if re.search(f"[{WIDE}]", text) else re.findall(r"\s*\S+\s*|\s+", text)


def filled(parts: Iterable[str], width: int) -> list[str]:
    """Join parts to lines of at most `width` columns of text; a longer part has a line of its own."""
    lines = [""]
    for part in parts:
        if lines[-1] and cell_len(f"{lines[-1]}{part}".rstrip()) > width:
            lines.append("")
        lines[-1] += part
    return lines


def broken(text: Text, width: int) -> Text:
    """Break the lines of a Rich text that has wide characters, which Rich breaks at spaces alone."""
    if not re.search(f"[{WIDE}]", text.plain):
        return text
    lines = list[Text]()
    for line in text.split("\n", allow_blank=True):
        ends = list(accumulate(map(len, filled(words(line.plain), width))))
        lines += line.divide(ends[:-1])
    for line in lines:
        line.rstrip()
    return Text("\n", style=text.style, justify=text.justify).join(lines)
