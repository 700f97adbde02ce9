"""Calls of OpenCV."""

import ast
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from convcli.choices import PadMode, PoolMode, RangeMode
from convcli.commands.translate.sources.arguments import Arguments, Table
from convcli.commands.translate.sources.equivalent import (
    Equivalent,
    Weights,
    anchored,
    box,
    gaussian,
    reach,
    weights_of,
)
from convcli.commands.translate.sources.literals import MOST, Named
from convcli.display.words import per_axis
from convcli.errors import CannotTranslate, UsageError, unknown
from convcli.kernels.kernel import Array
from convcli.kernels.spec import kernel as load_kernel

__all__ = ["OPENCV"]

# Borders, and depths of samples, in the order of their numbers.
_BORDERS = ("BORDER_CONSTANT", "BORDER_REPLICATE", "BORDER_REFLECT", "BORDER_WRAP", "BORDER_REFLECT_101")
_DEPTHS = ("CV_8U", "CV_8S", "CV_16U", "CV_16S", "CV_32S", "CV_32F", "CV_64F")
# Weights of Gaussians whose size is given and whose sigma is not, times 256, from the middle on.
_ROUNDED = {3: (128, 64), 5: (96, 64, 16), 7: (72, 56, 28, 8), 9: (60, 51, 30, 13, 4)}


def _constant(call: Arguments, name: str, numbered: Sequence[str], default: str) -> str:
    """Return the name of a constant, which may be given by its number."""
    value = call.value(name)
    if isinstance(value, float):
        return numbered[int(value)] if value in range(len(numbered)) else f"{value:g}"
    return default if value is None else value.last if isinstance(value, Named) else str(value)


def _border(call: Arguments) -> PadMode:
    if re.search("ISOLATED|TRANSPARENT", ast.unparse(call.given.get("borderType", ast.Constant("")))):
        raise CannotTranslate(
            f"{call.call}: borders of a part of a picture are not translated",
            hint="give the border alone, such as cv2.BORDER_REFLECT_101",
        )
    mode = PadMode.parse(f"opencv:{_constant(call, 'borderType', _BORDERS, 'default')}")
    if mode is PadMode.WRAP and call.call not in ("cv2.blur", "cv2.boxFilter", "cv2.GaussianBlur"):
        raise CannotTranslate(
            f"{call.call} refuses BORDER_WRAP itself", hint="leave it out, and give -p wrap to the command"
        )
    return PadMode.ZERO if mode is PadMode.CONSTANT else mode


def _depth(call: Arguments) -> dict[str, Any]:
    """Return the range that `ddepth` says: floats and signed integers are not cut at black."""
    if call.value("ddepth") in (None, -1.0):  # the depth of the picture
        return {}
    depth = _constant(call, "ddepth", _DEPTHS, "")
    if depth not in _DEPTHS:
        raise unknown(f"ddepth of {call.call}", depth, _DEPTHS)
    return {"range": None if depth in ("CV_8U", "CV_16U") else RangeMode.RAW}


def _anchored(call: Arguments, made: Equivalent) -> Equivalent:
    along, down = map(int, call.numbers("anchor", -1))
    return anchored(made, lambda n: n // 2 if down < 0 else down, lambda n: n // 2 if along < 0 else along)


def _filter2d(call: Arguments) -> Equivalent:
    made = call.kernel("kernel", pad=_border(call), bias=call.number("delta", 0), **_depth(call))
    return _anchored(call, made)


def _separable(call: Arguments) -> Equivalent:
    found = [np.ravel(call.array(name, "a list of numbers")) for name in ("kernelY", "kernelX")]
    MOST.check(found[0].size * found[1].size, "use shorter kernels")
    return _anchored(call, _fixed(call, np.outer(*found)))


def _fixed(call: Arguments, weights: Array, name: str = "") -> Equivalent:
    """Return the equivalent of a call whose kernel is known, by its `name` unless it is scaled."""
    scale = call.number("scale", 1)
    kernel = weights_of(weights * scale)
    if name and scale == 1:
        kernel = Weights(name, kernel.size)
    return call.made(kernel=kernel, pad=_border(call), bias=call.number("delta", 0), **_depth(call))


def _named(call: Arguments, name: str) -> Equivalent:
    return _fixed(call, load_kernel(name).components[0], name)


def _gaussian(call: Arguments) -> Equivalent:
    columns, rows = call.pair("ksize", least=0)
    along = call.number("sigmaX", 0)
    sigmas = call.number("sigmaY", 0) or along, along
    notes: tuple[str, ...] = ()
    if min(rows, columns) == 0:
        if min(sigmas) <= 0:
            raise UsageError(f"{call.call} has neither ksize nor sigma", hint="give one of them")
        rows, columns = (
            side or reach(sigma, 6) + 1 | 1 for side, sigma in zip((rows, columns), sigmas, strict=True)
        )
        notes = ("OpenCV's ksize (0, 0) is 6 sigma wide for 8 bits, as here; for floats it is 8 sigma",)
    size = rows, columns
    if rows % 2 == 0 or columns % 2 == 0:
        raise call.wrong("ksize", "two odd numbers, or (0, 0)")
    if max(sigmas) > 0:
        kernel = gaussian(sigmas, size)
    elif max(size) <= 5:
        kernel = Weights(f"binomial:size={per_axis(size)}", size)
    elif set(size) <= {1, *_ROUNDED}:
        kernel = weights_of(np.outer(_rounded(rows), _rounded(columns)))
    elif set(size) & set(_ROUNDED):
        raise CannotTranslate(
            f"{call.call} without sigma rounds the weights of one side alone", hint="give sigmaX"
        )
    else:
        kernel = Weights(f"gaussian:size={per_axis(size)}", size)
    return call.made(kernel=kernel, pad=_border(call)).noting(*notes)


def _rounded(side: int) -> list[float]:
    half = _ROUNDED.get(side, (256,))
    return [weight / 256 for weight in (*half[:0:-1], *half)]


def _box(call: Arguments) -> Equivalent:
    columns, rows = call.pair("ksize")
    if call.flag("normalize", True):
        made = call.made(kernel=box((rows, columns)), pad=_border(call), **_depth(call))
    else:
        MOST.check(rows * columns, "use a smaller ksize")
        made = _fixed(call, np.ones((rows, columns)))
    return _anchored(call, made)


def _derivative_line(size: int, order: int) -> Array:
    """Return the weights of ``cv2.getDerivKernels``: ``(1 + x)^(size - 1 - order) (1 - x)^order``."""
    return np.asarray(np.poly([-1.0] * (size - 1 - order) + [1.0] * order) * (-1) ** order)


def _sobel(call: Arguments) -> Equivalent:
    if call.value("ksize") in (-1.0, Named("cv2.FILTER_SCHARR"), Named("cv.FILTER_SCHARR")):
        return _scharr(call)
    order, size = call.pair("dx", least=0)[:1] + call.pair("dy", least=0)[:1], call.odd("ksize", 3, 31)
    if order not in ((1, 0), (0, 1), (1, 1), (2, 0), (0, 2)) or size == 1:
        raise CannotTranslate(
            f"{call.call}: derivatives of this order and ksize have no equivalent here",
            hint="give dx and dy of sum 1 or 2, and a ksize from 3 on",
        )
    if sum(order) == 1:
        name = "sobel-x" if order[0] else "sobel-y"
        return _named(call, f"{name}:size={size}" if size > 3 else name)
    across, down = (_derivative_line(size, each) for each in order)
    return _fixed(call, np.outer(down, across))


def _scharr(call: Arguments) -> Equivalent:
    order = call.number("dx"), call.number("dy")
    if order not in ((1, 0), (0, 1)):
        raise UsageError(f"{call.call}: dx and dy do not fit", hint="give 1 and 0, or 0 and 1")
    return _named(call, "scharr-x" if order[0] else "scharr-y")


def _laplacian(call: Arguments) -> Equivalent:
    size = call.odd("ksize", 1, 31)
    if size == 1:
        return _named(call, "laplacian")
    second, smooth = _derivative_line(size, 2), _derivative_line(size, 0)
    return _fixed(call, np.outer(second, smooth) + np.outer(smooth, second))


def _median(call: Arguments) -> Equivalent:
    side = call.odd("ksize")
    return call.made(pool=PoolMode.MEDIAN, size=(side, side), stride=(1, 1), pad=PadMode.REPLICATE)


# Parameters and reader of each call, from OpenCV's reference for Python.
OPENCV: Table = {
    "filter2D": ("src ddepth kernel dst anchor delta borderType", _filter2d),
    "sepFilter2D": ("src ddepth kernelX kernelY dst anchor delta borderType", _separable),
    "GaussianBlur": ("src ksize sigmaX dst sigmaY borderType hint", _gaussian),
    "blur": ("src ksize dst anchor borderType", _box),
    "boxFilter": ("src ddepth ksize dst anchor normalize borderType", _box),
    "Sobel": ("src ddepth dx dy dst ksize scale delta borderType", _sobel),
    "Scharr": ("src ddepth dx dy dst scale delta borderType", _scharr),
    "Laplacian": ("src ddepth dst ksize scale delta borderType", _laplacian),
    "medianBlur": ("src ksize dst", _median),
}
