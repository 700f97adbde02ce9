"""The segments of a JPEG that Pillow does not tell about."""

__all__ = ["jpeg_coding"]

# Start-of-frame markers (ITU-T T.81, table B.1): all of C0 to CF but DHT, JPG and DAC.
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE, _ARITHMETIC = 0xC2, range(0xC9, 0xD0)


def jpeg_coding(data: bytes) -> str:
    """Return ``progressive``, ``arithmetic``, or ``""`` for the usual sequential JPEG with Huffman codes."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _FRAMES:
            return "arithmetic" if marker in _ARITHMETIC else "progressive" * (marker == _PROGRESSIVE)
        at += 1 if marker == 0xFF else 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return ""
