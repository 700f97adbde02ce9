"""Pooling in PyTorch: its own functions where they mean the same, else composed of unfolded windows."""

from collections.abc import Iterator
from dataclasses import replace
from math import inf, nan

from convcli.choices import PoolMode
from convcli.commands.translate.operation import Pooling
from convcli.commands.translate.targets.torch_words import (
    padded,
    pads_by_half,
    pool_words,
    value_words,
    window_words,
)
from convcli.engine.window import NO_PADDING, Window
from convcli.errors import CannotTranslate

__all__ = ["pooled"]

# What padding holds that never counts.
_NEUTRAL = {PoolMode.MAX: -inf, PoolMode.MIN: inf, PoolMode.AVG: nan, PoolMode.MEDIAN: nan, PoolMode.LP: 0.0}


def pooled(how: Pooling) -> Iterator[str]:
    """Return the lines that pool ``x``, pictures of one channel each, to ``y``."""
    window = how.window
    if window is None:
        yield f"y = {_whole(how)}"
    elif _has_it(how, window):
        yield f"y = {_own(how, window, 'x', ceil=how.ceil)}"
    else:
        yield from _composed(how, window)


def _has_it(how: Pooling, window: Window) -> bool:
    """Whether a function of PyTorch has this padding and rounding: neutral, and up to half the window."""
    if window.padding == NO_PADDING:
        return not how.ceil or _is_own(how, window)
    neutral = window.mode is None and how.mode is not PoolMode.LP
    return neutral and pads_by_half(window) and _is_own(how, window)


def _is_own(how: Pooling, window: Window) -> bool:
    """Whether PyTorch rounds the sizes of such pooling up as we do."""
    average = how.mode is PoolMode.AVG and window.dilation == (1, 1)
    return (
        average or how.mode in (PoolMode.MAX, PoolMode.MIN) or (how.mode is PoolMode.LP and how.power == inf)
    )


def _composed(how: Pooling, window: Window) -> Iterator[str]:
    """Return the lines that pad first, and take all windows."""
    if how.ceil and window.stride != (1, 1):
        raise CannotTranslate(
            "PyTorch rounds sizes up for max and average pooling with neutral padding alone",
            hint="leave --ceil out",
        )
    counted = window.mode is not None or (how.mode is PoolMode.AVG and how.count_include_pad)
    given = "x"
    if window.padding != NO_PADDING:
        yield from padded(window, (0.0 if window.mode is None else None) if counted else _NEUTRAL[how.mode])
        given = "padded"
    ignores = given == "padded" and not counted and how.mode in (PoolMode.AVG, PoolMode.MEDIAN)
    yield f"y = {_own(how, replace(window, padding=NO_PADDING), given, ignores=ignores)}"


def _own(how: Pooling, window: Window, given: str, *, ceil: bool = False, ignores: bool = False) -> str:
    """Return the call that pools `given`; `ignores` if it holds NaN, which is left out."""
    joined = ", ".join(pool_words(window, ceil=ceil))
    match how.mode:
        case PoolMode.MAX:
            return f"F.max_pool2d({given}, {joined})"
        case PoolMode.MIN:
            return f"-F.max_pool2d(-{given}, {joined})"
        case PoolMode.AVG if window.dilation == (1, 1) and not ignores:
            counts = window.padding == NO_PADDING or how.count_include_pad
            return f"F.avg_pool2d({given}, {joined}{'' if counts else ', count_include_pad=False'})"
        case PoolMode.LP if how.power == inf:
            return f"F.max_pool2d({given}.abs(), {joined})"
        case PoolMode.LP if window.dilation == (1, 1):
            return f"F.lp_pool2d({given}.abs(), {value_words(how.power)}, {joined})"
    steps = "".join(f", {word}" for word in window_words(window, padding=False))
    taps = f"F.unfold({given}, {window.size}{steps})"
    rows, columns = (
        f"({given}.shape[{place}] - {axis.span}) // {axis.stride} + 1"
        for place, axis in enumerate(window.axes, 2)
    )
    return f"{_of_taps(how, taps, 1, ignores=ignores)}.reshape(-1, 1, {rows}, {columns})"


def _whole(how: Pooling) -> str:
    if how.mode in (PoolMode.MAX, PoolMode.MIN):
        return f"x.{'amax' if how.mode is PoolMode.MAX else 'amin'}((2, 3), keepdim=True)"
    if how.mode is PoolMode.AVG:
        return "F.adaptive_avg_pool2d(x, 1)"
    return f"{_of_taps(how, 'x.flatten(2)', 2)}[..., None, None]"


def _of_taps(how: Pooling, taps: str, axis: int, *, ignores: bool = False) -> str:
    nan = "nan" if ignores else ""
    if how.mode is PoolMode.AVG:
        return f"{taps}.{nan}mean({axis})"
    if how.mode is PoolMode.MEDIAN:
        return f"{taps}.{nan}quantile(0.5, {axis})"
    return f"torch.linalg.vector_norm({taps}, {value_words(how.power)}, {axis})"
