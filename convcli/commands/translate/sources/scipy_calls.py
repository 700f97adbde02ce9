"""Calls of SciPy's `ndimage` and `signal`, and of scikit-image's Gaussian."""

from contextlib import suppress
from dataclasses import replace
from functools import partial

from convcli.choices import PadMode, PoolMode, RangeMode
from convcli.commands.translate.sources.arguments import Arguments, Table, padding_of
from convcli.commands.translate.sources.equivalent import Equivalent, Weights, anchored, box, gaussian, reach
from convcli.commands.translate.sources.literals import FLOATS, Named
from convcli.errors import CannotTranslate, UsageError, unknown

__all__ = ["NDIMAGE", "SIGNAL", "SKIMAGE"]

_WRAPS = (
    "SciPy's results have the input's type: in 8 bits those outside 0..255 wrap around, and fractions are "
    "dropped; here they are cut to 0..255 and rounded"
)
_UNITS = "scikit-image scales integers to 0..1 first: here results have the picture's own units"
# The borders of scipy.signal by name.
_BOUNDARIES = {"fill": PadMode.CONSTANT, "wrap": PadMode.WRAP, "symm": PadMode.SYMMETRIC}


def _typed(call: Arguments, made: Equivalent) -> Equivalent:
    """Return `made` in the type that `output` says: floats, or that of the input."""
    output = call.value("output")
    name = output.last if isinstance(output, Named) else output
    if isinstance(name, str) and FLOATS.search(name):
        return replace(made, range=RangeMode.RAW)
    if call.picture.floats and output is None:
        return made
    return replace(made, range=None).noting(_WRAPS)


def _slid(call: Arguments, kernel: Weights) -> Equivalent:
    """Return the equivalent of a function whose kernel is known."""
    return _typed(call, call.made(kernel=kernel, **call.border("scipy", "reflect")))


def _correlate(call: Arguments) -> Equivalent:
    return _typed(call, _at_origin(call, call.kernel("weights", **call.border("scipy", "reflect"))))


def _convolve(call: Arguments) -> Equivalent:
    made = call.kernel("weights", **call.border("scipy", "reflect"), convolve=True)
    down, along = map(int, call.numbers("origin", 0))
    return _typed(call, anchored(made, lambda n: (n - 1) // 2 - down, lambda n: (n - 1) // 2 - along))


def _at_origin(call: Arguments, made: Equivalent) -> Equivalent:
    """Anchor a window at its middle, at the second of two, moved by `origin`."""
    down, along = map(int, call.numbers("origin", 0))
    return anchored(made, lambda n: n // 2 + down, lambda n: n // 2 + along)


def _derivative(call: Arguments) -> Equivalent:
    """Read ``sobel`` and ``prewitt``."""
    if call.number("cval", 0):
        raise CannotTranslate(f"{call.call}: cval is padded around the derivative too", hint="use 0")
    axis = call.number("axis", -1)
    if axis not in (-2, -1, 0, 1):
        raise CannotTranslate(f"{call.call}: axis {axis:g} is not of a picture", hint="use 0 or 1")
    return _slid(call, Weights(f"{call.call.rpartition('.')[2]}-{'y' if axis in (0, -2) else 'x'}", (3, 3)))


def _laplace(call: Arguments) -> Equivalent:
    return _slid(call, Weights("laplacian", (3, 3)))


def _gaussian_of(call: Arguments, sigma: float | None = None) -> Weights:
    """Return the Gaussian of a call; `sigma` is its default."""
    sigmas, cut = call.numbers("sigma", sigma), call.number("truncate", 4)
    down, along = (reach(each, cut) for each in sigmas)
    if "radius" in call.given:
        down, along = call.pair("radius", least=0)
    return gaussian(sigmas, (2 * down + 1, 2 * along + 1))


def _gaussian(call: Arguments) -> Equivalent:
    return _slid(call, _gaussian_of(call))


def _skimage_gaussian(call: Arguments) -> Equivalent:
    return call.made(kernel=_gaussian_of(call, 1), **call.border("skimage", "nearest")).noting(_UNITS)


def _uniform(call: Arguments) -> Equivalent:
    return _at_origin(call, _slid(call, box(call.pair("size", 3))))


def _window(call: Arguments) -> tuple[int, int]:
    """Return the size of a window, which an array of ones may say."""
    if "footprint" not in call.given:
        return call.pair("size")
    with suppress(UsageError):
        window = call.array("footprint", "an array of ones")
        if window.ndim == 2 and (window == 1).all():
            return window.shape[0], window.shape[1]
    raise CannotTranslate(
        f"{call.call}: a footprint other than ones has no equivalent here", hint="give size"
    )


def _rank(mode: PoolMode, call: Arguments) -> Equivalent:
    """Read the filters that take one value of each window."""
    size = _window(call)
    if mode is PoolMode.MEDIAN and size[0] * size[1] % 2 == 0:
        raise CannotTranslate(
            f"{call.call} takes the upper middle value of an even window, median pooling the mean of both",
            hint="use an odd size",
        )
    return _at_origin(call, call.made(pool=mode, size=size, stride=(1, 1), **call.border("scipy", "reflect")))


def _signal(flips: bool, second: bool, call: Arguments) -> Equivalent:
    """Read a call of `signal`; with `second`, mode same anchors at the second of two middle pixels."""
    mode, boundary = call.text("mode", "full"), call.text("boundary", "fill")
    if mode not in ("full", "same", "valid"):
        raise unknown(f"mode of {call.call}", mode, ("full", "same", "valid"))
    if boundary not in _BOUNDARIES:
        raise unknown(f"boundary of {call.call}", boundary, _BOUNDARIES)
    if mode == "valid":
        return call.kernel("in2", pad=PadMode.VALID, convolve=flips)
    pad = padding_of(_BOUNDARIES[boundary], call.number("fillvalue", 0))
    made = call.kernel("in2", **pad, convolve=flips, padding=mode)
    return anchored(made) if mode == "same" and second else made


_WINDOWED = "input size footprint output mode cval origin axes"

# Parameters and reader of each call, from SciPy 1.17 and scikit-image 0.26.
NDIMAGE: Table = {
    "correlate": ("input weights output mode cval origin axes", _correlate),
    "convolve": ("input weights output mode cval origin axes", _convolve),
    "gaussian_filter": ("input sigma order output mode cval truncate radius axes", _gaussian),
    "uniform_filter": ("input size output mode cval origin axes", _uniform),
    "sobel": ("input axis output mode cval", _derivative),
    "prewitt": ("input axis output mode cval", _derivative),
    "laplace": ("input output mode cval axes", _laplace),
    "maximum_filter": (_WINDOWED, partial(_rank, PoolMode.MAX)),
    "minimum_filter": (_WINDOWED, partial(_rank, PoolMode.MIN)),
    "median_filter": (_WINDOWED, partial(_rank, PoolMode.MEDIAN)),
}
SIGNAL: Table = {
    "convolve2d": ("in1 in2 mode boundary fillvalue", partial(_signal, True, True)),
    "correlate2d": ("in1 in2 mode boundary fillvalue", partial(_signal, False, False)),
    "convolve": ("in1 in2 mode method", partial(_signal, True, True)),
    "fftconvolve": ("in1 in2 mode axes", partial(_signal, True, True)),
    "correlate": ("in1 in2 mode method", partial(_signal, False, True)),
}
SKIMAGE: Table = {
    "gaussian": ("image sigma mode cval preserve_range truncate channel_axis out", _skimage_gaussian)
}
