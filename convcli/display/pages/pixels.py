"""Pixels inside a page: whole numbers to the last bit, others as floats."""

import zlib
from base64 import b64encode
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["deflated", "packed_pixels"]


def deflated(values: NDArray[Any]) -> str:
    """Return the bytes of an array as base64 of a zlib stream."""
    return b64encode(zlib.compress(values.tobytes(), 9)).decode("ascii")


def packed_pixels(planes: NDArray[Any], floats: type[np.floating[Any]] = np.float32) -> dict[str, Any]:
    """Return C x H x W pixels as JSON: ``shape``, ``type`` and ``data``, base64 of a zlib stream.

    uint8 and uint16 stay exact, as differences from the pixel to the left modulo 256 or 65536, which deflate
    well (PNG's filter Sub); everything else becomes `floats`. Bytes are little-endian.
    """
    whole = planes.dtype in (np.dtype(np.uint8), np.dtype(np.uint16))
    kept = planes if whole else planes.astype(floats)
    if whole:
        kept = np.diff(kept, axis=2, prepend=np.zeros_like(kept[:, :, :1]))
    data = deflated(kept.astype(kept.dtype.newbyteorder("<")))
    return {"shape": list(planes.shape), "type": f"{kept.dtype.kind}{kept.dtype.itemsize}", "data": data}
