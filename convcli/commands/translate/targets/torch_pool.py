"""Pooling in PyTorch: its own functions where they mean the same, else composed of unfolded windows."""

from math import inf, isnan

from convcli.choices import PoolMode
from convcli.commands.translate.operation import Pooling
from convcli.commands.translate.pool_words import PAD_INSTEAD, explicit
from convcli.commands.translate.python_script import Slide
from convcli.commands.translate.targets.torch_words import (
    padded,
    pads_by_half,
    pool_words,
    torch_number,
    window_words,
)
from convcli.engine.window import NO_PADDING, Window
from convcli.errors import CannotTranslate

__all__ = ["pooled", "whole"]

# Functions that take windows, and those that take the whole picture.
_CALLS = {
    PoolMode.MAX: "F.max_pool2d({x}, {words})",
    PoolMode.MIN: "-F.max_pool2d(-{x}, {words})",
    PoolMode.AVG: "F.avg_pool2d({x}, {words})",
    PoolMode.LP: "F.lp_pool2d({x}.abs(), {power}, {words})",
}
_GLOBAL = {PoolMode.MAX: "F.adaptive_max_pool2d(x, 1)", PoolMode.AVG: "F.adaptive_avg_pool2d(x, 1)"}
# The value of the pixels of a window, which lie along an axis; padding of NaN is left out.
_REDUCED = {
    PoolMode.MIN: "{taps}.amin({axis})",
    PoolMode.AVG: "{taps}.{nan}mean({axis})",
    PoolMode.MEDIAN: "{taps}.{nan}quantile(0.5, {axis})",
    PoolMode.LP: "torch.linalg.vector_norm({taps}, {power}, {axis})",
}


def whole(how: Pooling) -> str:
    """Return the expression that pools the whole of ``x``, pictures of one channel each."""
    if how.mode in _GLOBAL:
        return _GLOBAL[how.mode]
    power = torch_number(how.power)
    return f"{_REDUCED[how.mode].format(taps='x.flatten(2)', axis=2, nan='', power=power)}[..., None, None]"


def pooled(how: Pooling, window: Window) -> Slide:
    """Return the code that pools ``x``, pictures of one channel each."""
    extremes, undilated = how.mode in (PoolMode.MAX, PoolMode.MIN), window.dilation == (1, 1)
    power = torch_number(how.power)
    if (extremes or (how.mode is PoolMode.AVG and undilated)) and (
        window.padding == NO_PADDING or (window.mode is None and pads_by_half(window))
    ):
        words = pool_words(window, ceil=how.ceil, count_include_pad=how.count_include_pad)
        return Slide((), (), _CALLS[how.mode].format(x="x", words=words))
    if how.ceil and window.stride != (1, 1):
        raise CannotTranslate(
            "PyTorch has --ceil for max, min and average pooling with neutral padding only",
            hint=PAD_INSTEAD,
        )
    window = explicit(how, window, "PyTorch")
    lines, x = ((), "x") if window.padding == NO_PADDING else padded(window)
    nan, window = "nan" if isnan(window.constant) else "", window.unpadded()
    if extremes or (how.mode in _CALLS and undilated and not nan and how.power != inf):
        return Slide((), lines, _CALLS[how.mode].format(x=x, words=pool_words(window), power=power))
    steps = "".join(f", {word}" for word in window_words(window, padding=False))
    taps = f"F.unfold({x}, {window.size}{steps})"
    reduced = _REDUCED[how.mode].format(taps=taps, axis=1, nan=nan, power=power)
    rows = f"rows = ({x}.shape[2] - {window.span[0]}) // {window.stride[0]} + 1"
    return Slide((), (*lines, rows), f"{reduced}.reshape(len(x), 1, rows, -1)")
