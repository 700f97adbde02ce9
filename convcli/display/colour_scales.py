"""Colour scales: blue, light grey and red around 0; or from black to white, or to the colour of a channel."""

from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convcli.display.contrast import Pixel

__all__ = ["CHANNELS", "GREYS", "MISSING", "diverging", "sequential"]

# Ends and middle of Moreland, Diverging color maps for scientific visualization, 2009.
BLUE, GREY, RED = np.array([(59, 76, 192), (221, 221, 221), (180, 4, 38)], float)

# The fullest colour of a scale from black: of greys, and of the channels of a colour picture.
GREYS = (255, 255, 255)
CHANNELS = MappingProxyType({"red": (255, 48, 48), "green": (32, 224, 32), "blue": (64, 96, 255)})

# The colour of what is not a number.
MISSING = (90, 90, 90)


def diverging(share: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """Return (..., 3) colours of (...) values from -1 to 1; those beyond have the colours of the ends."""
    known = np.clip(np.nan_to_num(share), -1, 1)[..., None]
    return _rounded(GREY + np.abs(known) * (np.where(known < 0, BLUE, RED) - GREY), share)


def sequential(share: NDArray[np.floating[Any]], end: Pixel = GREYS) -> NDArray[np.uint8]:
    """Return (..., 3) colours of (...) values: black for 0 and less, `end` for 1 and more."""
    return _rounded(np.clip(np.nan_to_num(share), 0, 1)[..., None] * np.array(end, float), share)


def _rounded(pixels: NDArray[Any], share: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    pixels[np.isnan(share)] = MISSING
    colours: NDArray[np.uint8] = np.rint(pixels).astype(np.uint8)
    return colours
