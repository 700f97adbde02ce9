"""Numbers of a filter's result as pixels to look at, and errors as colours."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convcli.display.diverging import MISSING, diverging

__all__ = ["Tones", "leading", "strongest"]

Array = NDArray[np.floating[Any]]
Pixels = NDArray[np.uint8]


class Tones:
    """One way from numbers to pixels for all results that are shown side by side.

    Results within black and white, or beyond them by a tenth, are shown as they are; other results without
    negatives from 0 to the greatest. Results with negatives are shown around 0: one channel in colours (blue
    is negative, light grey 0, red positive), three around mid-grey; one number of 200 is beyond.

    Parameters
    ----------
    truth : (H, W) or (H, W, C) array
        What decides.
    white : float
        The value of white.
    """

    def __init__(self, truth: Array, white: float) -> None:
        finite = truth[np.isfinite(truth)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, white)
        self.signed = low < -0.1 * white
        if self.signed:
            self.limit = float(np.quantile(np.abs(finite), 0.995, method="higher")) or max(-low, high)
        else:
            self.limit = white if high <= 1.1 * white else high

    def __call__(self, values: Array) -> Pixels:
        """Return H x W x 3 pixels; what is not a number is dark grey."""
        shown = leading(values)
        share = shown / self.limit
        if self.signed and shown.ndim == 2:
            return diverging(np.clip(share, -1, 1))
        if self.signed:
            share = 0.5 + 0.5 * share
        with np.errstate(invalid="ignore"):
            grey = np.rint(255 * np.clip(np.nan_to_num(share), 0, 1)).astype(np.uint8)
        pixels = grey if grey.ndim == 3 else np.repeat(grey[..., None], 3, axis=2)
        pixels[np.isnan(shown).reshape(*shown.shape[:2], -1).any(2)] = MISSING
        return np.ascontiguousarray(pixels)

    @property
    def words(self) -> str:
        """How the results are shown, empty where it goes without saying."""
        if self.signed:
            return f"results around 0, full colour at {self.limit:.3g} or more"
        return ""


def leading(values: Array) -> Array:
    """Return what can be shown of H x W x C: all of one or three channels, else the first alone."""
    if values.ndim == 2:
        return values
    return values if values.shape[2] == 3 else values[..., 0]


def strongest(error: Array) -> Array:
    """Return H x W: of each pixel the error of the channel where it is largest, with its sign."""
    if error.ndim == 2:
        return error
    place = np.argmax(np.nan_to_num(np.abs(error)), axis=2)[..., None]
    return np.asarray(np.take_along_axis(error, place, axis=2)[..., 0])
