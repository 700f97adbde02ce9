"""Animated WebP with one chunk for each frame, equal ones too, which libwebp's own encoder would merge."""

import struct
from collections.abc import Callable

from convcli.imaging.image import Array, Image
from convcli.imaging.reading.webp_file import webp_chunks
from convcli.imaging.writing.patches import patches

__all__ = ["encode_animation"]

# Flags of VP8X (RFC 9649, 2.7.1): ICC, alpha, EXIF, XMP, animation.
_ICC, _ALPHA, _EXIF, _XMP, _ANIMATION = 0x20, 0x10, 0x08, 0x04, 0x02
# Flag of a frame: it replaces what is there.
_REPLACE = 0x02


def encode_animation(image: Image, encode: Callable[[Array], bytes], metadata: dict[str, bytes]) -> bytes:
    """Return the file; `encode` makes a WebP of one picture, `metadata` has ``icc_profile exif xmp``."""
    height, width = image.frames[0].size
    flags = _ANIMATION | (_ALPHA if image.has_alpha else 0)
    for key, flag in (("icc_profile", _ICC), ("exif", _EXIF), ("xmp", _XMP)):
        flags |= flag if metadata.get(key) else 0
    parts = [_chunk(b"VP8X", struct.pack("<I", flags) + _three(width - 1, height - 1))]
    parts.append(_chunk(b"ICCP", metadata.get("icc_profile", b"")))
    loop = min(image.metadata.loop or 0, 65535)
    parts.append(_chunk(b"ANIM", struct.pack("<IH", 0, loop)))
    for patch in patches(image.frames, step=2):  # places are stored halved
        rows, columns = patch.samples.shape[:2]
        alone = encode(patch.samples)
        time = min(round(patch.duration), (1 << 24) - 1)
        header = _three(patch.left // 2, patch.top // 2, columns - 1, rows - 1, time) + bytes([_REPLACE])
        pixels = (
            _chunk(kind, alone[start:end])
            for kind, start, end in webp_chunks(alone)
            if kind in (b"ALPH", b"VP8 ", b"VP8L")
        )
        parts.append(_chunk(b"ANMF", header + b"".join(pixels)))
    parts.append(_chunk(b"EXIF", metadata.get("exif", b"").removeprefix(b"Exif\0\0")))
    parts.append(_chunk(b"XMP ", metadata.get("xmp", b"")))
    content = b"WEBP" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(content)) + content


def _three(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(3, "little") for number in numbers)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2) if content else b""
