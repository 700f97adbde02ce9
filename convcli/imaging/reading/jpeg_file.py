"""The segments of a JPEG that Pillow does not tell about."""

from collections.abc import Iterator

__all__ = ["FRAMES", "check_length", "jpeg_coding", "segments"]

# Start-of-frame markers (ITU-T T.81, table B.1): all of C0 to CF but DHT, JPG and DAC.
FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE, _ARITHMETIC = 0xC2, range(0xC9, 0xD0)
# Most pixels that a byte of Huffman codes can hold: a block of 8 x 8 takes one bit at least.
_PIXELS_PER_BYTE = 512


def jpeg_coding(data: bytes) -> str:
    """Return ``progressive``, ``arithmetic``, or ``""`` for the usual sequential JPEG with Huffman codes."""
    marker = next((marker for marker, _ in segments(data) if marker in FRAMES), 0)
    return "arithmetic" if marker in _ARITHMETIC else "progressive" * (marker == _PROGRESSIVE)


def segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the marker and the start of each segment's content, up to the first scan."""
    at = 2
    while at + 5 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker != 0xFF:  # which fills up
            yield marker, at + 4
        at += 1 if marker == 0xFF else 2 + int.from_bytes(data[at + 2 : at + 4], "big")


def check_length(data: bytes, size: tuple[int, int]) -> None:
    """Refuse a JPEG that is too short for its `size`, width and height: libjpeg would make up the rest."""
    if size[0] * size[1] > _PIXELS_PER_BYTE * len(data) and jpeg_coding(data) != "arithmetic":
        raise ValueError(f"{len(data)} bytes cannot hold {size[0]} x {size[1]} pixels")
