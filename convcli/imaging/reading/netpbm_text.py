"""Samples in plain text, as PBM, PGM and PPM may have them: digits, white space, comments.

References
----------
The netpbm manual pages pbm(5), pgm(5) and ppm(5).
"""

import re

import numpy as np

from convcli.imaging.image import Array

__all__ = ["end_of_text", "samples_in_text"]

# Comments, and how the next picture begins.
_NEXT = re.compile(rb"#[^\r\n]*|\bP[1-7fF](?=[\s#])")
_BLANK = re.compile(rb"\s")
# Bytes of text that become numbers at a time.
_BLOCK = 1 << 20
# Larger samples than this are above every maxval.
_LARGE = 1 << 30


def end_of_text(data: bytes, start: int) -> int:
    """Return where samples in plain text end: at the next picture's header, or with the file."""
    found = _NEXT.finditer(data, start)
    return next((match.start() for match in found if not match[0].startswith(b"#")), len(data))


def samples_in_text(text: bytes, count: int, *, bits: bool) -> tuple[Array, int]:
    """Return the first `count` samples, or fewer where there are fewer, and the number of those that follow.

    `bits` need no white space between them.
    """
    text = re.sub(rb"#[^\r\n]*", b" ", text)
    if bits:
        digits = text.translate(None, b" \t\r\n\v\f")
        _check(digits, rb"[^01]")
        samples = np.frombuffer(digits[:count], np.uint8) - np.uint8(48)
        return samples, max(0, len(digits) - count)
    parts, place, found = [np.empty(0, np.int32)], 0, 0
    while place < len(text):
        blank = _BLANK.search(text, min(place + _BLOCK, len(text)))
        end = blank.start() if blank else len(text)
        _check(text[place:end], rb"[^\d\s]|\d{19}")
        values = np.fromstring(text[place:end].strip(), np.int64, sep=" ")
        parts.append(np.minimum(values[: max(0, count - found)], _LARGE).astype(np.int32))
        found += values.size
        place = end
    return np.concatenate(parts), max(0, found - count)


def _check(text: bytes, wrong: bytes) -> None:
    found = re.search(wrong, text)
    if found is not None:
        word = text[found.start() : found.start() + 40].split(maxsplit=1)[0].decode("latin-1")
        raise ValueError(f"{word!r} where a sample should be")
