"""Calls of OpenCV."""

from math import comb
from typing import Any

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
from convcli.commands.translate.sources.literals import MOST
from convcli.display.words import per_axis
from convcli.errors import CannotTranslate, UsageError, unknown

__all__ = ["OPENCV"]

# The borders of `BorderTypes` by number, and the depths of samples in the order of theirs.
_BORDERS = {"0": "constant", "1": "replicate", "2": "reflect", "3": "wrap", "4": "reflect101"}
_DEPTHS = ("CV_8U", "CV_8S", "CV_16U", "CV_16S", "CV_32S", "CV_32F", "CV_64F")
# Weights of Gaussians whose size is given and whose sigma is not, times 256, from the middle on.
_ROUNDED = {3: (128, 64), 5: (96, 64, 16), 7: (72, 56, 28, 8), 9: (60, 51, 30, 13, 4)}


def _border(call: Arguments) -> PadMode:
    word = call.word("borderType", "4").lower()
    word = word.removeprefix("border_")
    mode = PadMode.parse(f"opencv:{_BORDERS.get(word, word)}")
    if mode is PadMode.WRAP and not call.call.endswith(("blur", "boxFilter")):
        raise CannotTranslate(f"{call.call} refuses BORDER_WRAP itself", hint="cv2.copyMakeBorder has it")
    return PadMode.ZERO if mode is PadMode.CONSTANT else mode


def _depth(call: Arguments) -> dict[str, Any]:
    """Return the range that `ddepth` says: floats and signed integers are not cut at black."""
    word = call.word("ddepth", "-1")
    known = ("-1", *_DEPTHS, *map(str, range(len(_DEPTHS))))
    if word not in known:
        raise unknown(f"ddepth of {call.call}", word, _DEPTHS)
    return {"range": None if word in ("-1", "CV_8U", "0", "CV_16U", "2") else RangeMode.RAW}


def _anchored(call: Arguments, made: Equivalent) -> Equivalent:
    along, down = map(int, call.numbers("anchor", -1))
    return anchored(made, lambda n: n // 2 if down < 0 else down, lambda n: n // 2 if along < 0 else along)


def _filter2d(call: Arguments) -> Equivalent:
    made = call.kernel("kernel", pad=_border(call), bias=call.number("delta"), **_depth(call))
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
    return call.made(kernel=kernel, pad=_border(call), bias=call.number("delta"), **_depth(call))


def _gaussian(call: Arguments) -> Equivalent:
    columns, rows = call.pair("ksize", least=0)
    along = call.number("sigmaX")
    sigmas = call.number("sigmaY") or along, along
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
        raise call.wrong("ksize", "odd")
    if max(sigmas) > 0:
        kernel = gaussian(sigmas, size)
    elif max(size) <= 5:
        kernel = Weights(f"binomial:size={per_axis(size)}", size)
    elif set(size) <= {1, *_ROUNDED}:
        kernel = weights_of(np.outer(_rounded(rows), _rounded(columns)))
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
    if call.word("ksize") in ("FILTER_SCHARR", "-1"):
        return _scharr(call)
    dx, dy, size = call.whole("dx"), call.whole("dy"), call.whole("ksize", 3)
    if min(dx, dy) < 0 or dx + dy < 1 or size not in range(1, 32, 2) or max(dx, dy) >= max(size, 3):
        raise UsageError(
            f"{call.call}: dx {dx}, dy {dy} and ksize {size} do not fit",
            hint="give an odd ksize above dx and dy",
        )
    across = _derivative_line(max(size, 3) if dx and size == 1 else size, dx)
    down = _derivative_line(max(size, 3) if dy and size == 1 else size, dy)
    name = {(1, 0): "sobel-x", (0, 1): "sobel-y"}.get((dx, dy), "") if size > 1 else ""
    return _fixed(call, np.outer(down, across), name + (f":size={size}" if name and size > 3 else ""))


def _scharr(call: Arguments) -> Equivalent:
    order = call.whole("dx"), call.whole("dy")
    if order not in ((1, 0), (0, 1)):
        raise UsageError(f"{call.call}: dx and dy are {order}", hint="give 1 and 0, or 0 and 1")
    across = np.outer([3.0, 10.0, 3.0], [-1.0, 0.0, 1.0])
    return _fixed(call, across if order[0] else across.T, f"scharr-{'x' if order[0] else 'y'}")


def _laplacian(call: Arguments) -> Equivalent:
    size = call.whole("ksize", 1)
    if size not in range(1, 32, 2):
        raise call.wrong("ksize", "odd, from 1 to 31")
    if size == 1:
        return _fixed(call, np.array([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]]), "laplacian")
    second, smooth = _derivative_line(size, 2), _derivative_line(size, 0)
    return _fixed(call, np.outer(second, smooth) + np.outer(smooth, second))


def _median(call: Arguments) -> Equivalent:
    size = call.odd_square("ksize")
    return call.made(pool=PoolMode.MEDIAN, size=size, stride=(1, 1), pad=PadMode.REPLICATE, padding="same")


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
