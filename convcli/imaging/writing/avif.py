"""AVIF files whose bytes depend on nothing but the picture."""

from typing import Any

__all__ = ["SETTINGS", "without_times"]

# Arguments of Pillow's `save`. The number of threads changes the bytes, so it is not that of this machine.
SETTINGS: dict[str, Any] = {"subsampling": "4:4:4", "max_threads": 4}
# Boxes that begin with the times of creation and modification, 8 bytes each after version 1 and flags.
_TIMED = (b"mvhd\1", b"tkhd\1", b"mdhd\1")


def without_times(data: bytes) -> bytes:
    """Return an animated AVIF with the times of its creation, which libavif writes, set to zero.

    References
    ----------
    ISO/IEC 14496-12, 8.2.2, 8.3.2, 8.4.2: boxes mvhd, tkhd, mdhd within moov.
    """
    at = 0
    while at + 8 <= len(data) and data[at + 4 : at + 8] != b"moov":
        at += max(8, int.from_bytes(data[at : at + 4], "big"))
    end = at + int.from_bytes(data[at : at + 4], "big")
    moov = bytearray(data[at:end])
    for kind in _TIMED:
        found = moov.find(kind)
        while found >= 0:
            moov[found + 8 : found + 24] = bytes(16)
            found = moov.find(kind, found + 24)
    return data[:at] + bytes(moov) + data[end:]
