"""Pooling in Python: padding, and the function that makes one value of each window."""

import numpy as np

from convcli.choices import PoolMode
from convcli.commands.translate.literals import number
from convcli.commands.translate.operation import KernelPart, Pooling
from convcli.commands.translate.python_script import padded
from convcli.engine.window import NO_PADDING, Window
from convcli.errors import CannotTranslate
from convcli.kernels.kernel import Array

__all__ = [
    "counts_padding",
    "footprint",
    "function",
    "neutral",
    "pad_for_pooling",
    "reduced",
    "refuse_ceil",
    "whole",
]

# Values of neutral padding, which change no result; NaN is left out by np.nanmean and np.nanmedian.
_NEUTRAL = {PoolMode.MAX: -np.inf, PoolMode.MIN: np.inf, PoolMode.AVG: np.nan, PoolMode.MEDIAN: np.nan}
# The function of each mode, without and with NaN.
_FUNCTIONS = {
    PoolMode.MAX: ("np.max", "np.max"),
    PoolMode.MIN: ("np.min", "np.min"),
    PoolMode.AVG: ("np.mean", "np.nanmean"),
    PoolMode.MEDIAN: ("np.median", "np.nanmedian"),
}


def counts_padding(how: Pooling, window: Window) -> bool:
    """Whether padding counts as pixels, or there is none."""
    zeros = how.mode is PoolMode.AVG and how.count_include_pad
    return window.padding == NO_PADDING or window.mode is not None or zeros


def footprint(window: Window) -> Array:
    """Return 1 for each pixel of the window that is read, and 0 between them."""
    return KernelPart(np.ones(window.size), 0.0, window).dilated


def neutral(how: Pooling) -> float:
    """Return the value of padding that changes no result."""
    return _NEUTRAL.get(how.mode, 0.0)


def function(how: Pooling, *, nan: bool) -> str:
    """Return the function of max, min, average or median; with `nan`, the one that leaves NaN out."""
    return _FUNCTIONS[how.mode][nan]


def reduced(how: Pooling, values: str, axes: str, *, nan: bool = False) -> str:
    """Return the expression that makes one value of each window."""
    if how.mode is not PoolMode.LP:
        return f"{function(how, nan=nan)}({values}, {axes})"
    if how.power == np.inf:
        return f"np.abs({values}).max({axes})"
    if how.power == 2:
        return f"np.sqrt(np.square({values}).sum({axes}))"
    power = number(how.power)
    return f"(np.abs({values}) ** {power}).sum({axes}) ** (1 / {power})"


def whole(how: Pooling) -> str:
    """Return the expression that pools the whole picture, channel by channel."""
    return reduced(how, "x", "axis=(0, 1), keepdims=True")


def refuse_ceil(how: Pooling, window: Window, tool: str) -> None:
    """Refuse windows that pass the edges of the picture."""
    if how.ceil and window.stride != (1, 1):
        raise CannotTranslate(f"{tool} has no windows that pass the edges (--ceil)", hint="use --to torch")


def pad_for_pooling(how: Pooling, window: Window, tool: str) -> tuple[list[str], str]:
    """Return the lines that pad ``x`` before it is pooled, and the name of the result."""
    refuse_ceil(how, window, tool)
    lines, x = padded(window, constant=None if counts_padding(how, window) else neutral(how))
    return list(lines), x
