"""Calls of OpenCV."""

import ast
import re
from math import comb
from typing import Any, TypeVar

import numpy as np

from convcli.choices import PadMode, PoolMode, RangeMode
from convcli.commands.translate.sources.arguments import Arguments, Table
from convcli.commands.translate.sources.equivalent import (
    Array,
    Equivalent,
    Weights,
    anchored,
    gaussian,
    weights_of,
)
from convcli.commands.translate.sources.literals import MOST, Named
from convcli.display.words import per_axis
from convcli.errors import CannotTranslate, UsageError, unknown

__all__ = ["OPENCV"]

T = TypeVar("T")

_ISOLATED = "give the border alone, such as cv2.BORDER_REFLECT_101"

# The meaning of `BorderTypes`, the first five in the order of their numbers.
_BORDERS = {
    "BORDER_CONSTANT": PadMode.ZERO,
    "BORDER_REPLICATE": PadMode.REPLICATE,
    "BORDER_REFLECT": PadMode.SYMMETRIC,
    "BORDER_WRAP": PadMode.WRAP,
    **dict.fromkeys(("BORDER_REFLECT_101", "BORDER_REFLECT101", "BORDER_DEFAULT"), PadMode.REFLECT),
}
# Depths of samples in the order of their numbers: floats and signed integers are not cut at black.
_DEPTHS = {
    **{"CV_8U": None, "CV_8S": RangeMode.RAW, "CV_16U": None},
    **dict.fromkeys(("CV_16S", "CV_32S", "CV_32F", "CV_64F"), RangeMode.RAW),
}
# Weights of Gaussians whose size is given and whose sigma is not, times 256, from the middle on.
_ROUNDED = {3: (128, 64), 5: (96, 64, 16), 7: (72, 56, 28, 8), 9: (60, 51, 30, 13, 4)}


def _constant(call: Arguments, name: str, meanings: dict[str, T], default: T) -> T:
    """Return the meaning of a constant of OpenCV, which may be given by its number."""
    value = call.value(name)
    if value is None or value == -1.0:
        return default
    word = value.last if isinstance(value, Named) else value
    if isinstance(value, float):
        word = dict(enumerate(meanings)).get(int(value), value)
    if not isinstance(word, str) or word not in meanings:
        known = [each for each in meanings if each != "BORDER_WRAP"]  # which most functions refuse
        raise unknown(f"{name} of {call.call}", word, known)
    return meanings[word]


def _border(call: Arguments) -> PadMode:
    if "borderType" in call.given and re.search(
        "ISOLATED|TRANSPARENT", ast.unparse(call.given["borderType"])
    ):
        raise CannotTranslate(
            f"{call.call}: borders of a part of a picture are not translated", hint=_ISOLATED
        )
    mode = _constant(call, "borderType", _BORDERS, PadMode.REFLECT)
    if mode is PadMode.WRAP and call.call not in ("cv2.blur", "cv2.boxFilter", "cv2.GaussianBlur"):
        raise CannotTranslate(f"{call.call} refuses BORDER_WRAP itself", hint="cv2.copyMakeBorder has it")
    return mode


def _depth(call: Arguments) -> dict[str, Any]:
    """Return the range that `ddepth` says; -1 is the depth of the picture."""
    if call.value("ddepth") in (None, -1.0):
        return {}
    return {"range": _constant(call, "ddepth", _DEPTHS, None)}


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
    """Return the equivalent of a call whose kernel is known, times `scale`."""
    scale = call.number("scale", 1)
    kernel = weights_of(weights * scale)
    if name and scale == 1:
        kernel = Weights(name, kernel.size)
    return call.made(kernel=kernel, pad=_border(call), bias=call.number("delta", 0), **_depth(call))


def _gaussian(call: Arguments) -> Equivalent:
    columns, rows = call.pair("ksize", least=0)
    along = call.number("sigmaX", 0)
    sigmas = call.number("sigmaY", 0) or along, along
    if min(rows, columns) == 0:
        if min(sigmas) <= 0:
            raise UsageError(f"{call.call} has neither ksize nor sigma", hint="give one of them")
        rows, columns = (
            side or round(sigma * 6 + 1) | 1 for side, sigma in zip((rows, columns), sigmas, strict=True)
        )
        note = ["OpenCV's ksize (0, 0) is 6 sigma wide for 8 bits, as here; for floats it is 8 sigma"]
    else:
        note = []
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
    return call.made(kernel=kernel, pad=_border(call)).noting(*note)


def _rounded(side: int) -> list[float]:
    half = _ROUNDED.get(side, (256,))
    return [weight / 256 for weight in (*half[:0:-1], *half)]


def _box(call: Arguments) -> Equivalent:
    columns, rows = call.pair("ksize")
    if call.flag("normalize", True):
        kernel = Weights(f"box:size={per_axis((rows, columns))}", (rows, columns))
        return _anchored(call, call.made(kernel=kernel, pad=_border(call), **_depth(call)))
    MOST.check(rows * columns, "use a smaller ksize")
    return _anchored(call, _fixed(call, np.ones((rows, columns))))


def _derivative_line(size: int, order: int) -> Array:
    """Return the weights of ``cv2.getDerivKernels``: a binomial, `order` times differentiated."""
    line = np.array([comb(size - order - 1, i) for i in range(size - order)], dtype=np.float64)
    for _ in range(order):
        line = np.convolve(line, [-1, 1])
    return line


def _sobel(call: Arguments) -> Equivalent:
    if call.value("ksize") in (-1.0, Named("cv2.FILTER_SCHARR"), Named("cv.FILTER_SCHARR")):
        return _scharr(call)
    order, size = call.pair("dx", least=0)[:1] + call.pair("dy", least=0)[:1], call.odd("ksize", 3, 31)
    if order not in ((1, 0), (0, 1), (1, 1), (2, 0), (0, 2)) or size == 1:
        raise CannotTranslate(
            f"{call.call}: derivatives of this order and ksize have no equivalent here",
            hint="give dx and dy of sum 1 or 2, and a ksize from 3 on",
        )
    across, down = (_derivative_line(size, each) for each in order)
    name = {(1, 0): "sobel-x", (0, 1): "sobel-y"}.get(order, "")
    return _fixed(call, np.outer(down, across), name + (f":size={size}" if name and size > 3 else ""))


def _scharr(call: Arguments) -> Equivalent:
    order = call.number("dx"), call.number("dy")
    if order not in ((1, 0), (0, 1)):
        raise UsageError(f"{call.call}: dx and dy do not fit", hint="give 1 and 0, or 0 and 1")
    across = np.outer([3.0, 10.0, 3.0], [-1.0, 0.0, 1.0])
    return _fixed(call, across if order[0] else across.T, f"scharr-{'x' if order[0] else 'y'}")


def _laplacian(call: Arguments) -> Equivalent:
    size = call.odd("ksize", 1, 31)
    if size == 1:
        return _fixed(call, np.array([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]]), "laplacian")
    second, smooth = _derivative_line(size, 2), _derivative_line(size, 0)
    return _fixed(call, np.outer(second, smooth) + np.outer(smooth, second))


def _median(call: Arguments) -> Equivalent:
    side = call.odd("ksize")
    return call.made(
        pool=PoolMode.MEDIAN, size=(side, side), stride=(1, 1), pad=PadMode.REPLICATE, padding="same"
    )


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
