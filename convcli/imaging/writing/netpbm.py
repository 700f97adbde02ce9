"""Write PGM, PPM and PFM files."""

import numpy as np

from convcli.imaging.image import Array

__all__ = ["encode", "encode_float"]


def encode(pixels: Array) -> bytes:
    """Return uint8 or uint16 pixels as a binary PGM (H, W) or PPM (H, W, 3)."""
    height, width = pixels.shape[:2]
    magic = b"P5" if pixels.ndim == 2 else b"P6"
    body = pixels.astype(">u2") if pixels.dtype == np.uint16 else np.ascontiguousarray(pixels)
    return b"%s\n%d %d\n%d\n" % (magic, width, height, np.iinfo(pixels.dtype).max) + body.tobytes()


def encode_float(pixels: Array) -> bytes:
    """Return pixels as a little-endian PFM of float32, rows from the bottom up."""
    height, width = pixels.shape[:2]
    magic = b"Pf" if pixels.ndim == 2 else b"PF"
    return b"%s\n%d %d\n-1.0\n" % (magic, width, height) + pixels[::-1].astype("<f4").tobytes()
