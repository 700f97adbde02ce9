"""Results of a filter as pixels: clipped, stretched or around 0."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convcli.display.colour_scales import MISSING, diverging

__all__ = ["Tones", "leading", "strongest"]

Array = NDArray[np.floating[Any]]
Pixels = NDArray[np.uint8]


class Tones:
    """One way from numbers to pixels for all results that are shown side by side.

    The truth, H x W or H x W x C, decides which; its limit is the 99.5% quantile of its magnitudes:

    - Around 0, up to the limit on both sides, if negatives are 10% or more of the sum of magnitudes: one
      channel in colours (blue is negative, light grey 0, red positive), three channels around mid-grey.
    - Else from 0 (black) to the limit (white), if the limit is more than 1.1 times `white`.
    - Else from 0 (black) to `white`. Values outside the scale are clipped in all three.
    """

    def __init__(self, truth: Array, white: float) -> None:
        finite = truth[np.isfinite(truth)]
        size = np.abs(finite)
        self.white = white
        self.signed = bool(size[finite < 0].sum() >= 0.1 * size.sum() > 0)
        most = float(np.quantile(size, 0.995, method="higher")) if finite.size else 0.0
        if self.signed:
            self.limit = most or float(size.max())
        else:
            self.limit = white if most <= 1.1 * white else most

    def __call__(self, values: Array) -> Pixels:
        """Return H x W x 3 pixels; what is not a number is dark grey."""
        shown = leading(values)
        share = shown / self.limit
        if self.signed and shown.ndim == 2:
            return diverging(share)
        if self.signed:
            share = 0.5 + 0.5 * share
        with np.errstate(invalid="ignore"):
            grey = np.rint(255 * np.clip(np.nan_to_num(share), 0, 1)).astype(np.uint8)
        pixels = grey if grey.ndim == 3 else np.repeat(grey[..., None], 3, axis=2)
        pixels[np.isnan(shown).reshape(*shown.shape[:2], -1).any(2)] = MISSING
        return np.ascontiguousarray(pixels)

    @property
    def words(self) -> str:
        """The scale of the results in words, empty where black is 0 and white is `white`."""
        if self.signed:
            return f"results around 0, full colour at {self.limit:.3g} or more"
        if self.limit != self.white:
            return f"results from 0, black, to {self.limit:.3g} or more, white"
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
