"""Pooling in Python: padding as a constant, and the expression that makes one value of each window."""

import math
from dataclasses import replace

from convcli.choices import PadMode, PoolMode
from convcli.commands.translate.literals import number
from convcli.commands.translate.operation import Pooling
from convcli.engine.window import NO_PADDING, Window
from convcli.errors import CannotTranslate

__all__ = ["PAD_INSTEAD", "explicit", "function", "in_blocks", "neutral", "reduced", "whole"]

# The advice where --ceil is refused, with the pixels that its windows reach beyond the picture.
PAD_INSTEAD = "leave --ceil out, and pad the bottom and right: --padding 0,B,0,R"
# Values of neutral padding, which change no result; NaN is left out by np.nanmean and np.nanmedian.
_NEUTRAL = {PoolMode.MAX: -math.inf, PoolMode.MIN: math.inf, PoolMode.LP: 0.0}


def neutral(how: Pooling) -> float:
    """Return the value of padding that changes no result."""
    return _NEUTRAL.get(how.mode, math.nan)


def explicit(how: Pooling, window: Window, tool: str, *, filters: bool = False) -> Window:
    """Return the window with neutral padding as a constant; refuse windows that pass the picture's edges.

    With `filters`, the tool pools by filters of all pixels: what such filters cannot compute is refused too.
    """
    if how.ceil and window.stride != (1, 1):
        in_torch = how.mode in (PoolMode.MAX, PoolMode.MIN, PoolMode.AVG) and window.mode is None
        raise CannotTranslate(
            f"{tool} has no windows that pass the edges (--ceil)",
            hint="use --to torch" if in_torch else PAD_INSTEAD,
        )
    if window.mode is None and window.padding != NO_PADDING:
        zeros = how.mode is PoolMode.AVG and how.count_include_pad
        window = replace(window, mode=PadMode.CONSTANT, pad_value=0.0 if zeros else neutral(how))
    limits = {
        "has no Lp pooling": filters and how.mode is PoolMode.LP,
        "has no pooling with dilation": filters and window.dilation != (1, 1),
        f"counts all padding in {how.mode} pooling": filters and math.isnan(window.constant),
        "has medians of odd numbers of values only": (
            filters and how.mode is PoolMode.MEDIAN and window.taps % 2 == 0
        ),
    }
    for limit, passed in limits.items():
        if passed:
            raise CannotTranslate(f"{tool} {limit}", hint="use --to numpy")
    return window


def in_blocks(window: Window) -> bool:
    """Whether the windows lie side by side and share no pixel."""
    return (window.stride, window.padding, window.dilation) == (window.size, NO_PADDING, (1, 1))


def function(how: Pooling, padding: float) -> str:
    """Return NumPy's function of max, min, avg or median; padding of NaN is left out."""
    name = "mean" if how.mode is PoolMode.AVG else how.mode
    return f"np.{'nan' if math.isnan(padding) else ''}{name}"


def reduced(how: Pooling, window: Window, values: str = "windows", axes: str = "axis=(2, 3)") -> str:
    """Return the expression that makes one value of each window."""
    if how.mode is not PoolMode.LP:
        return f"{function(how, window.constant)}({values}, {axes})"
    if how.power == math.inf:
        return f"np.abs({values}).max({axes})"
    power = number(how.power)
    return f"(np.abs({values}) ** {power}).sum({axes}) ** (1 / {power})"


def whole(how: Pooling) -> str:
    """Return the expression that pools the whole picture, channel by channel."""
    return reduced(how, Window((1, 1)), "x", "axis=(0, 1), keepdims=True")
