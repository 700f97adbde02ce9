"""Colour scales of values that are never negative: black to white, or to the colour of a channel."""

from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convcli.display.contrast import Pixel
from convcli.display.diverging import MISSING

__all__ = ["CHANNELS", "GREYS", "sequential"]

# The fullest colour of a scale: of greys, and of the channels of a colour picture.
GREYS = (255, 255, 255)
CHANNELS = MappingProxyType({"red": (255, 48, 48), "green": (32, 224, 32), "blue": (64, 96, 255)})


def sequential(share: NDArray[np.floating[Any]], end: Pixel = GREYS) -> NDArray[np.uint8]:
    """Return (..., 3) colours of (...) values: black for 0 and less, `end` for 1 and more."""
    pixels = np.clip(np.nan_to_num(share), 0, 1)[..., None] * np.array(end, float)
    pixels[np.isnan(share)] = MISSING
    colours: NDArray[np.uint8] = np.rint(pixels).astype(np.uint8)
    return colours
