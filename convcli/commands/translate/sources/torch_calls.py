"""Calls of PyTorch's functions and modules."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from convcli.choices import PadMode, PoolMode
from convcli.commands.translate.sources.arguments import Arguments, Picture, Table, padding_of
from convcli.commands.translate.sources.equivalent import Equivalent
from convcli.commands.translate.sources.literals import Named
from convcli.engine.window import NO_PADDING
from convcli.errors import CannotTranslate
from convcli.limits import WINDOW
from convcli.parsing import PaddingPixels

__all__ = ["TORCH", "TORCH_MODULES", "padded_by"]

_STACK = "a layer of a stack has it: convcli run"


def _conv2d(call: Arguments) -> Equivalent:
    bias = call.value("bias")
    if isinstance(bias, Named) or (isinstance(bias, tuple | np.ndarray) and np.size(bias) > 1):
        raise CannotTranslate(f"{call.call}: bias has a number for each map", hint=_STACK)
    added = 0.0 if bias is None else float(call.array("bias", "a tensor of one number").item())
    windows: dict[str, Any] = {"stride": call.pair("stride", 1), "dilation": call.pair("dilation", 1)}
    return call.kernel("weight", bias=added, **windows, **_padding(call))


def _padding(call: Arguments) -> dict[str, Any]:
    """Return the padding of the call itself, or of an ``F.pad`` around its picture."""
    given, before = call.value("padding"), call.picture
    if before.pad is not None:
        if given not in (None, 0.0, "valid", (0.0, 0.0)):
            raise CannotTranslate(f"{call.call}: padding is given twice", hint="pad in one place")
        return {**padding_of(before.pad, before.pad_value), "padding": before.padding}
    if given == "same":
        return {"pad": PadMode.ZERO}
    if isinstance(given, str) and given != "valid":
        raise call.wrong("padding", "'same', 'valid' or whole numbers")
    padding = _alike(call) if given != "valid" else NO_PADDING
    return {"pad": PadMode.VALID} if padding == NO_PADDING else {"pad": PadMode.ZERO, "padding": padding}


def _alike(call: Arguments) -> PaddingPixels:
    """Return the padding in pixels, which is as wide at both sides of an axis."""
    rows, columns = call.pair("padding", 0, least=0)
    return (rows, rows), (columns, columns)


def _pool(mode: PoolMode, call: Arguments) -> Equivalent:
    size = call.pair("kernel_size")
    padding = {"padding": _alike(call)} if call.picture.pad is None else _padding(call)
    return call.made(
        pool=mode,
        size=size,
        stride=call.pair("stride") if "stride" in call.given else size,
        dilation=call.pair("dilation", 1),
        ceil=call.flag("ceil_mode", False),
        count_include_pad=call.flag("count_include_pad", True),
        **padding,
    )


def _lp(call: Arguments) -> Equivalent:
    norm = call.number("norm_type")
    if norm <= 0:
        raise call.wrong("norm_type", "a number above 0")
    if call.flag("ceil_mode", False):
        raise CannotTranslate(f"{call.call} scales sums of windows that pass the edges", hint="pad instead")
    made = replace(_pool(PoolMode.LP, call), norm=norm)
    return (
        made if norm % 2 == 0 else made.noting("values below 0 count by their size, in PyTorch by their sign")
    )


def _adaptive(mode: PoolMode, call: Arguments) -> Equivalent:
    if call.pair("output_size") != (1, 1) or call.picture.pad is not None:
        raise CannotTranslate(f"{call.call} has an equivalent here for output_size 1 alone", hint=_STACK)
    return call.made(pool=mode, whole=True, padding="valid")


def padded_by(call: Arguments, picture: Picture) -> Picture:
    """Return `picture` with the padding of ``F.pad``, whose widths are left, right, top and bottom."""
    if picture.pad is not None:
        raise CannotTranslate("F.pad around F.pad has no equivalent here", hint="pad once")
    widths = call.value("pad")
    sides = widths if isinstance(widths, tuple) else ()
    if len(sides) not in (2, 4) or not all(
        isinstance(each, float) and each >= 0 == each % 1 for each in sides
    ):
        raise call.wrong("pad", "widths from 0 up, at the left, right, top and bottom")
    left, right, top, bottom = (int(each) for each in (*sides, 0, 0)[:4])
    WINDOW.check(max(left, right, top, bottom), "use a smaller number", what="F.pad: width")
    mode = PadMode.parse(f"torch:{call.text('mode', 'constant')}")
    return picture._replace(
        pad=mode, pad_value=call.number("value", 0), padding=((top, bottom), (left, right))
    )


_MAX = "kernel_size stride padding dilation ceil_mode return_indices"
_MAX_MODULE = "kernel_size stride padding dilation return_indices ceil_mode"
_AVG = "kernel_size stride padding ceil_mode count_include_pad divisor_override"
_LP = "norm_type kernel_size stride ceil_mode"

# Parameters and reader of each call, from PyTorch 2.
TORCH: Table = {
    "conv2d": ("input weight bias stride padding dilation groups", _conv2d),
    "max_pool2d": (f"input {_MAX}", partial(_pool, PoolMode.MAX)),
    "avg_pool2d": (f"input {_AVG}", partial(_pool, PoolMode.AVG)),
    "lp_pool2d": (f"input {_LP}", _lp),
    "adaptive_max_pool2d": ("input output_size return_indices", partial(_adaptive, PoolMode.MAX)),
    "adaptive_avg_pool2d": ("input output_size", partial(_adaptive, PoolMode.AVG)),
}
TORCH_MODULES: Table = {
    "MaxPool2d": (_MAX_MODULE, partial(_pool, PoolMode.MAX)),
    "AvgPool2d": (_AVG, partial(_pool, PoolMode.AVG)),
    "LPPool2d": (_LP, _lp),
    "AdaptiveMaxPool2d": ("output_size return_indices", partial(_adaptive, PoolMode.MAX)),
    "AdaptiveAvgPool2d": ("output_size", partial(_adaptive, PoolMode.AVG)),
}
