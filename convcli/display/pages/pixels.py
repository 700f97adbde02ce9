"""Numbers inside a page, to the last bit."""

import zlib
from base64 import b64encode
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["deflated", "packed_pixels"]


def deflated(values: NDArray[Any]) -> str:
    """Return the bytes of an array as base64 of a zlib stream."""
    return b64encode(zlib.compress(values.tobytes(), 9)).decode("ascii")


def packed_pixels(planes: NDArray[Any]) -> dict[str, Any]:
    """Return C x H x W pixels as JSON: ``shape``, ``type`` and ``data``, base64 of a zlib stream.

    uint8 and uint16 are differences from the pixel to the left modulo 256 or 65536, which deflate well (PNG's
    filter Sub); everything else becomes float32 where that is exact, else float64. Bytes are little-endian.
    """
    if planes.dtype in (np.dtype(np.uint8), np.dtype(np.uint16)):
        kept = np.diff(planes, axis=2, prepend=np.zeros_like(planes[:, :, :1]))
    else:
        with np.errstate(over="ignore"):
            kept = planes.astype(np.float32)
        kept = kept if np.array_equal(kept, planes) else planes.astype(np.float64)
    data = deflated(kept.astype(kept.dtype.newbyteorder("<")))
    return {"shape": list(planes.shape), "type": f"{kept.dtype.kind}{kept.dtype.itemsize}", "data": data}
