"""Write PGM, PPM, PAM and PFM files; several pictures stand one after the other."""

import numpy as np

from convcli.imaging.image import Array

__all__ = ["encode", "encode_float", "encode_pam"]

# Tuple types of PAM by depth, from pam(5).
_KINDS = {1: b"GRAYSCALE", 2: b"GRAYSCALE_ALPHA", 3: b"RGB", 4: b"RGB_ALPHA"}


def encode(pixels: Array) -> bytes:
    """Return uint8 or uint16 pixels as a binary PGM (H, W) or PPM (H, W, 3)."""
    height, width = pixels.shape[:2]
    magic = b"P5" if pixels.ndim == 2 else b"P6"
    return b"%s\n%d %d\n%d\n" % (magic, width, height, np.iinfo(pixels.dtype).max) + _body(pixels)


def encode_pam(pixels: Array) -> bytes:
    """Return uint8 or uint16 pixels of one to four channels, alpha being the second or fourth, as a PAM."""
    height, width = pixels.shape[:2]
    depth = 1 if pixels.ndim == 2 else pixels.shape[2]
    sizes = (width, height, depth, np.iinfo(pixels.dtype).max)
    header = b"P7\nWIDTH %d\nHEIGHT %d\nDEPTH %d\nMAXVAL %d\n" % sizes
    return header + b"TUPLTYPE %s\nENDHDR\n" % _KINDS[depth] + _body(pixels)


def _body(pixels: Array) -> bytes:
    return (pixels.astype(">u2") if pixels.dtype == np.uint16 else np.ascontiguousarray(pixels)).tobytes()


def encode_float(pixels: Array) -> bytes:
    """Return pixels as a little-endian PFM of float32, rows from the bottom up."""
    height, width = pixels.shape[:2]
    magic = b"Pf" if pixels.ndim == 2 else b"PF"
    return b"%s\n%d %d\n-1.0\n" % (magic, width, height) + pixels[::-1].astype("<f4").tobytes()
