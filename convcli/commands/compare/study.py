"""What a comparison of paddings has to show: the one value that the montage and the page are drawn from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Case", "Study"]

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False, kw_only=True)
class Case:
    """One padding mode, and how far its result is from the truth.

    Attributes
    ----------
    mode
        Its name.
    error : (H, W) or (H, W, C) array
        Result minus truth, in the picture's own units; NaN where the mode makes no pixels.
    mae, max, psnr, ssim
        Over the border band; NaN where there is none, infinite PSNR where nothing differs.
    depth
        How many pixels inward the error reaches.
    by_distance
        Mean absolute error at each distance 0, 1, 2, ... from the border; NaN where there are no pixels.
    sides, corners
        Mean absolute error by name: top, bottom, left, right; top-left and so on.
    best
        Whether the verdict names it.
    """

    mode: str
    error: Array
    mae: float
    max: float
    psnr: float
    ssim: float
    depth: int
    by_distance: Sequence[float]
    sides: Mapping[str, float] = field(default_factory=dict)
    corners: Mapping[str, float] = field(default_factory=dict)
    best: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class Study:
    """All modes on one picture.

    Attributes
    ----------
    title
        The picture and the kernel or stack.
    facts
        Lines about sizes, crop, layers and band, so that it is understood out of its context.
    verdict
        Which mode is best, in words.
    truth : (H, W) or (H, W, C) array
        What the errors are relative to, in the picture's own units.
    cases
        The modes; their arrays have the shape of `truth`.
    white
        The value of white: 255 for 8 bits.
    band
        How many pixels deep the border band is.
    reference
        What the truth is called: ``truth``, or the middle of the modes where nothing better is known.
    stage
        Which layer this is, where there are several.
    """

    title: str
    facts: Sequence[str]
    verdict: str
    truth: Array
    cases: Sequence[Case]
    white: float
    band: int
    reference: str = "truth"
    stage: str = ""

    def __post_init__(self) -> None:
        for case in self.cases:
            if case.error.shape != self.truth.shape:
                raise ValueError(f"{case.mode}: errors {case.error.shape}, truth {self.truth.shape}")

    @property
    def span(self) -> int:
        """How many distances are worth a plot: the deepest error and the band, and a quarter more."""
        deepest = max((self.band, *(case.depth for case in self.cases)))
        longest = max((len(case.by_distance) for case in self.cases), default=0)
        return min(longest, deepest + max(3, deepest // 4))

    def result(self, case: Case) -> Array:
        """Return what the mode gave: truth plus error, NaN where it has no pixels."""
        return np.asarray(self.truth + case.error)
