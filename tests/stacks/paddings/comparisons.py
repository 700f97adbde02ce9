"""Kernels as stacks, and comparisons with chosen figures, for what only ranks and words them."""

import numpy as np

from convcli.choices import PadMode
from convcli.engine.window import Window
from convcli.kernels.kernel import Kernel
from convcli.stacks.paddings.border_band import CORNERS, SIDES, Band, Comparison
from convcli.stacks.paddings.compare_padding import kernel_stack
from convcli.stacks.paddings.compare_stack import Apart, Compared
from convcli.stacks.stack import Stack


def stack_of_kernel(kernel: Kernel, *, layers: int = 1, stride: int = 1) -> Stack:
    window = Window.parse(kernel.components[0].shape[-2:], stride=stride, pad=PadMode.ZERO)
    return kernel_stack(kernel, window, layers=layers)


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


def compared(modes: list[Comparison], apart: dict[PadMode, float], *, measured: bool = True) -> Compared:
    """White is 255; `apart` are means, the largest ten times as much; a mode that it does not name is far."""
    return Compared(
        modes=modes,
        band=Band(1, 1, 1, 1),
        truth=np.zeros((3, 3)),
        measured=measured,
        peak=255.0,
        apart={one.pad: Apart(apart.get(one.pad, 100.0), 10 * apart.get(one.pad, 100.0)) for one in modes},
    )
