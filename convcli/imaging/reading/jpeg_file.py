"""The segments of a JPEG that Pillow does not tell about."""

from convcli.errors import ImageError

__all__ = ["check_length", "jpeg_coding"]

# Start-of-frame markers (ITU-T T.81, table B.1): all of C0 to CF but DHT, JPG and DAC.
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE, _ARITHMETIC = 0xC2, range(0xC9, 0xD0)
# Most pixels that a byte of Huffman codes can hold: a block of 8 x 8 takes one bit at least.
_PIXELS_PER_BYTE = 512


def jpeg_coding(data: bytes) -> str:
    """Return ``progressive``, ``arithmetic``, or ``""`` for the usual sequential JPEG with Huffman codes."""
    marker = _frame(data)
    return "arithmetic" if marker in _ARITHMETIC else "progressive" * (marker == _PROGRESSIVE)


def _frame(data: bytes) -> int:
    """Return the start-of-frame marker; 0 where there is none."""
    at = 2
    while at + 5 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _FRAMES:
            return marker
        at += 1 if marker == 0xFF else 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return 0


def check_length(data: bytes, size: tuple[int, int], name: str) -> None:
    """Refuse a JPEG that is too short for its `size`, width and height: libjpeg would make up the rest."""
    if size[0] * size[1] > _PIXELS_PER_BYTE * len(data) and jpeg_coding(data) != "arithmetic":
        raise ImageError(
            f"{name!r} is damaged or cut short ({len(data)} bytes cannot hold {size[0]} x {size[1]} pixels)",
            hint="copy or download it once more",
        )
