"""Arrays of numbers inside a page: 16-bit steps, deflated, in base64."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convcli.display.pages.pixels import deflated

__all__ = ["packed"]

Array = NDArray[np.floating[Any]]

# The code of NaN among the 16-bit codes.
NOTHING = 65535


def packed(values: Array, *, around_0: bool = False, bits: int = 16) -> dict[str, Any]:
    """Return H x W (x C) finite numbers or NaN as JSON: ``shape``, ``low``, ``step`` and ``data``.

    1. Round: a value becomes ``n = (value - low) / step``, from 0 to ``2**bits - 2``; NaN becomes 65535. The
       error is at most half a step. With `around_0`, 0 is one of the steps, so that an error of 0 stays 0.
    2. Predict: subtract ``left + above - above left`` (0 outside the picture) from each n, modulo 65536.
    3. Fold signs: differences 0, -1, 1, -2, ... become 0, 1, 2, 3, ..., small where the picture is smooth.
    4. Deflate all high bytes, then all low bytes.
    """
    finite = np.isfinite(values)
    known = values[finite]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    if around_0:
        high = max(abs(low), abs(high))
        low = -high
    step = (high - low) / (2**bits - 2) or 1.0
    counts = np.full(values.shape, NOTHING, np.uint16)
    counts[finite] = np.rint((known.astype(np.float64) - low) / step).astype(np.uint16)
    across = np.diff(counts, axis=1, prepend=np.zeros_like(counts[:, :1]))
    steps = np.diff(across, axis=0, prepend=np.zeros_like(across[:1])).view(np.int16)
    folded = ((steps << 1) ^ (steps >> 15)).view(np.uint16)
    halves = np.concatenate([(folded >> 8).ravel(), (folded & 255).ravel()]).astype(np.uint8)
    return {"shape": list(values.shape), "low": low, "step": step, "data": deflated(halves)}
