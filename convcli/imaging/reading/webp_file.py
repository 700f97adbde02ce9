"""The chunks of a WebP: its frames are counted without decoding, and its coding is told.

References
----------
RFC 9649, WebP Image Format (2024), 2: a RIFF file; VP8X holds the canvas size, ANMF one frame.
"""

from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["FRAME_HEADER", "WebpFacts", "webp_chunks", "webp_facts"]

# Bytes of a frame's place, size and time before its own chunks.
FRAME_HEADER = 16


def webp_chunks(data: bytes, at: int = 12) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, start and end of each chunk's content, from position `at`."""
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        yield data[at : at + 4], at + 8, min(at + 8 + size, len(data))
        at += 8 + size + size % 2


class WebpFacts(NamedTuple):
    """Size of the canvas of an animation (else 0), its number of frames, and whether any frame is lossy."""

    width: int
    height: int
    frames: int
    lossy: bool


def webp_facts(data: bytes, most: int) -> WebpFacts:
    """Read the facts about a WebP; frames are counted up to `most`."""
    width = height = frames = 0
    lossy = False
    for kind, start, _ in webp_chunks(data):
        if kind == b"VP8X":
            width, height = (int.from_bytes(data[start + i : start + i + 3], "little") + 1 for i in (4, 7))
        elif kind == b"ANMF":
            frames += 1
            inner = data[start + FRAME_HEADER : start + FRAME_HEADER + 4]
            lossy = lossy or inner in (b"VP8 ", b"ALPH")  # ALPH goes with lossy colours alone
            if frames >= most:
                break
        elif kind == b"VP8 ":
            lossy = True
    return WebpFacts(width, height, frames, lossy)
