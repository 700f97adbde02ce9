"""The one colour scale around 0: blue is negative, light grey 0, red positive."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["MISSING", "diverging"]

# Ends and middle of Moreland, Diverging color maps for scientific visualization, 2009.
BLUE, GREY, RED = np.array([(59, 76, 192), (221, 221, 221), (180, 4, 38)], float)

# The colour of what is not a number.
MISSING = (90, 90, 90)


def diverging(share: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """Return (..., 3) colours of (...) values from -1 to 1; those beyond have the colours of the ends."""
    known = np.clip(np.nan_to_num(share), -1, 1)[..., None]
    pixels = GREY + np.abs(known) * (np.where(known < 0, BLUE, RED) - GREY)
    pixels[np.isnan(share)] = MISSING
    colours: NDArray[np.uint8] = np.rint(pixels).astype(np.uint8)
    return colours
