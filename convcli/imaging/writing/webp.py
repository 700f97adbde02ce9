"""Animated WebP with one chunk for each frame, equal ones too, which libwebp's own encoder would merge."""

import struct
from collections.abc import Callable

import numpy as np

from convcli.imaging.image import Array, Image
from convcli.imaging.reading.webp_file import webp_chunks
from convcli.imaging.writing.patches import Patch, patches

__all__ = ["encode_animation"]

# Flags of VP8X (RFC 9649, 2.7.1): ICC, alpha, EXIF, XMP, animation.
_ICC, _ALPHA, _EXIF, _XMP, _ANIMATION = 0x20, 0x10, 0x08, 0x04, 0x02
# Flag of a frame: it replaces what is there.
_REPLACE = 0x02


def encode_animation(
    image: Image, encode: Callable[[Array], bytes], metadata: dict[str, bytes], *, lossless: bool
) -> bytes:
    """Return the file; `encode` makes a WebP of one picture, `metadata` has ``icc_profile exif xmp``."""
    height, width = image.frames[0].size
    flags = _ANIMATION | _ALPHA  # alpha at least where pixels stay
    for key, flag in (("icc_profile", _ICC), ("exif", _EXIF), ("xmp", _XMP)):
        flags |= flag if metadata.get(key) else 0
    parts = [_chunk(b"VP8X", struct.pack("<I", flags) + _three(width - 1, height - 1))]
    parts.append(_chunk(b"ICCP", metadata.get("icc_profile", b"")))
    loop = min(image.metadata.loop or 0, 65535)
    parts.append(_chunk(b"ANIM", struct.pack("<IH", 0, loop)))
    for patch in patches(image.frames, step=2):  # places are stored halved
        rows, columns = patch.samples.shape[:2]
        samples, holes = _with_holes(patch, image.has_alpha) if lossless else (patch.samples, False)
        alone = encode(samples)
        time = min(round(patch.duration), (1 << 24) - 1)
        header = _three(patch.left // 2, patch.top // 2, columns - 1, rows - 1, time) + bytes(
            [0 if holes else _REPLACE]
        )
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


def _with_holes(patch: Patch, has_alpha: bool) -> tuple[Array, bool]:
    """Return a patch, and whether pixels that stay are transparent in it; other pixels must be opaque."""
    samples, changed = patch.samples, patch.changed
    if changed is None or changed.all() or (has_alpha and (samples[changed][:, -1] < 255).any()):
        return samples, False
    rgb = samples[..., :-1] if has_alpha else samples
    rgb = np.repeat(rgb.reshape(*changed.shape, 1), 3, axis=2) if rgb.size == changed.size else rgb
    holed = np.dstack([rgb, np.full(changed.shape, 255, np.uint8)])
    holed[~changed] = 0
    return holed, True


def _three(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(3, "little") for number in numbers)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2) if content else b""
