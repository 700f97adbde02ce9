"""Comparisons with chosen figures, for what only ranks and words them."""

import numpy as np

from convcli.choices import PadMode
from convcli.stacks.paddings.border_band import CORNERS, SIDES, Comparison


def comparison(pad: PadMode, mae: float, largest: float | None = None) -> Comparison:
    return Comparison(
        pad=pad,
        mae=mae,
        max=mae if largest is None else largest,
        rmse=mae,
        psnr=20.0,
        ssim=0.9,
        sides=dict.fromkeys(SIDES, mae),
        corners=dict.fromkeys(CORNERS, mae),
        depth=1,
        by_distance=np.array([mae, 0.0]),
        truth=np.zeros((3, 3)),
        error=np.zeros((3, 3)),
    )
