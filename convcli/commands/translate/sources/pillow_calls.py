"""Filters of Pillow's `ImageFilter`."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from PIL import ImageFilter

from convcli.choices import PadMode, PoolMode
from convcli.commands.translate.sources.arguments import Arguments, Table
from convcli.commands.translate.sources.equivalent import Equivalent, box, weights_of
from convcli.errors import CannotTranslate, UsageError

__all__ = ["FIXED", "PILLOW"]

# Filters of Pillow that are kernels without parameters.
FIXED = tuple(
    name
    for name, kind in vars(ImageFilter).items()
    if isinstance(kind, type) and issubclass(kind, ImageFilter.BuiltinFilter) and hasattr(kind, "filterargs")
)


def _fixed(name: str, call: Arguments) -> Equivalent:
    """Return the equivalent of a filter of Pillow without parameters, such as ``ImageFilter.BLUR``."""
    size, scale, offset, weights = getattr(ImageFilter, name).filterargs
    return _copying_edges(call, size, weights, scale, offset)


def _kernel(call: Arguments) -> Equivalent:
    columns, rows = call.pair("size")
    numbers = np.ravel(call.array("kernel", "a sequence of numbers"))
    if (rows, columns) not in ((3, 3), (5, 5)) or numbers.size != rows * columns:
        raise UsageError(
            f"{call.call}: size {rows}x{columns} with {numbers.size} numbers", hint="Pillow takes 3x3 and 5x5"
        )
    scale = call.number("scale", 0) or float(numbers.sum()) or 1.0
    return _copying_edges(call, (rows, columns), numbers.tolist(), scale, call.number("offset", 0))


def _copying_edges(
    call: Arguments, size: tuple[int, int], weights: Sequence[float], scale: float, offset: float
) -> Equivalent:
    """Pillow's rows go from the bottom up, and pixels whose window leaves the picture stay as they are."""
    matrix = np.array(weights, dtype=np.float64).reshape(size)[::-1] / scale
    made = call.made(kernel=weights_of(matrix), pad=PadMode.VALID, bias=offset)
    layers = "outermost pixels" if size[0] == 3 else "two outermost layers of pixels"
    return made.noting(f"Pillow copies the {layers} unfiltered: they are left out here (valid)")


def _box(call: Arguments) -> Equivalent:
    along, down = call.numbers("radius", 2)
    if along % 1 or down % 1 or min(along, down) < 0:
        raise CannotTranslate(
            f"{call.call}: a radius with a fraction weighs the box's edges", hint="use whole radii"
        )
    size = 2 * int(down) + 1, 2 * int(along) + 1
    return call.made(kernel=box(size), pad=PadMode.REPLICATE)


def _rank(mode: PoolMode, call: Arguments) -> Equivalent:
    side = call.odd("size", 3)
    return call.made(pool=mode, size=(side, side), stride=(1, 1), pad=PadMode.REPLICATE)


# Parameters and reader of each call, from Pillow 13.
PILLOW: Table = {
    **{name: ("", partial(_fixed, name)) for name in FIXED},
    "Kernel": ("size kernel scale offset", _kernel),
    "BoxBlur": ("radius", _box),
    "MedianFilter": ("size", partial(_rank, PoolMode.MEDIAN)),
    "MinFilter": ("size", partial(_rank, PoolMode.MIN)),
    "MaxFilter": ("size", partial(_rank, PoolMode.MAX)),
}
