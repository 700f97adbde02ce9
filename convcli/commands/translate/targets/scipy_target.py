"""SciPy: `scipy.ndimage`, with its named filters where they are the same."""

from collections.abc import Iterator

from convcli.choices import PadMode, PoolMode
from convcli.commands.translate.literals import array_lines, number, pair
from convcli.commands.translate.operation import Files, KernelPart, Operation, Pooling
from convcli.commands.translate.pool_words import counts_padding, footprint, neutral, pad_for_pooling, whole
from convcli.commands.translate.python_script import (
    PythonTool,
    Slide,
    border_comment,
    cropped,
    native_border,
    padded,
    script,
)
from convcli.commands.translate.recognised import gaussian_reach, gaussian_sigmas, is_box, is_matrix
from convcli.conventions import CONVENTIONS, border_name
from convcli.engine.window import NO_PADDING, Window
from convcli.errors import CannotTranslate
from convcli.kernels.kernel import Array

__all__ = ["code"]

# Named derivatives and the numbers that they stand for.
_NAMED = {
    "-1 0 1; -2 0 2; -1 0 1": "sobel({}, axis=1{})",
    "-1 -2 -1; 0 0 0; 1 2 1": "sobel({}, axis=0{})",
    "-1 0 1; -1 0 1; -1 0 1": "prewitt({}, axis=1{})",
    "-1 -1 -1; 0 0 0; 1 1 1": "prewitt({}, axis=0{})",
    "0 1 0; 1 -4 1; 0 1 0": "laplace({}{})",
}
_RANKS = {
    PoolMode.MAX: "maximum_filter",
    PoolMode.MIN: "minimum_filter",
    PoolMode.MEDIAN: "median_filter",
}
# Why some poolings cannot be written.
_LIMITS = {
    PoolMode.AVG: "averages whole rectangles, and counts their padding",
    PoolMode.MEDIAN: "has medians of odd numbers of values only, and counts their padding",
    PoolMode.LP: "has no Lp pooling",
}


def code(operation: Operation, files: Files) -> Iterator[str]:
    """Return a script."""
    imports = {"ndimage.": "from scipy import ndimage"}
    return script(operation, files, PythonTool(imports, _slide, _pool), CONVENTIONS["scipy"].title)


def _slide(part: KernelPart, name: str, convolve: bool) -> Slide:
    window, x = part.window, "x"
    if native_border(window):
        lines = list(border_comment("scipy", window))
    else:
        made, x = padded(window)
        lines = ["# Padding beyond the window's reach is made first.", *made]
        window = window.unpadded()
    if any(_origin(window)) and not all(side % 2 for side in window.span):
        lines.append("# SciPy puts the extra pixel of an even kernel at the top and left; origin moves it.")
    if window.stride != (1, 1):
        lines.append("# SciPy has no stride: every result is computed, and then some of them are taken.")
    call, constants = _call(part.dilated, name, window, convolve, x)
    return Slide(tuple(constants), tuple(lines), f"ndimage.{call}{cropped(window)}")


def _call(weights: Array, name: str, window: Window, convolve: bool, x: str) -> tuple[str, list[str]]:
    """Return the call, and lines that define the kernel."""
    border, origin = _border(window), _origin(window)
    # Derivatives take two passes, and the second pads the first one's results by the constant.
    if not any(origin) and not (window.constant and border):
        for text, named in _NAMED.items():
            if is_matrix(weights, text):
                return named.format(x, border), []
    if (sigmas := gaussian_sigmas(weights)) is not None and not any(origin):
        radius = (weights.shape[0] // 2, weights.shape[1] // 2)
        given = "" if radius == gaussian_reach(sigmas) else f", radius={pair(*radius)}"
        return f"gaussian_filter({x}, {pair(*sigmas)}{border}{given})", []
    if is_box(weights):
        return f"uniform_filter({x}, {pair(*weights.shape)}{border}{_origin_text(origin)})", []
    if convolve and not (weights == weights[::-1, ::-1]).all():
        # Its origin counts the other way, and one pixel more of even sides.
        turned = tuple(-at - (side % 2 == 0) for at, side in zip(origin, weights.shape, strict=True))
        lines = list(array_lines(name, weights[::-1, ::-1] + 0.0))
        return f"convolve({x}, {name}{border}{_origin_text(turned)})", lines
    return f"correlate({x}, {name}{border}{_origin_text(origin)})", list(array_lines(name, weights))


def _border(window: Window) -> str:
    """Return the arguments that say how the picture is padded; none where no padding is seen."""
    if window.padding == NO_PADDING:
        return ""
    value = f", cval={number(window.constant)}" if window.constant else ""
    mode = "constant" if window.mode in (None, PadMode.ZERO) else str(window.mode)
    return f', mode="{border_name("scipy", mode)}"{value}'


def _origin(window: Window) -> tuple[int, int]:
    """Return how far the window is moved from SciPy's place, ``size // 2`` before the pixel."""
    (top, _), (left, _) = window.padding
    return top - window.span[0] // 2, left - window.span[1] // 2


def _origin_text(origin: tuple[int, ...]) -> str:
    return f", origin={pair(*origin)}" if any(origin) else ""


def _pool(how: Pooling) -> Slide:
    window = how.window
    if window is None:
        return Slide((), (), whole(how))
    spread, counted = window.dilation != (1, 1), counts_padding(how, window)
    fits = {PoolMode.LP: False, PoolMode.AVG: not spread, PoolMode.MEDIAN: window.taps % 2}
    if how.mode in _LIMITS and not (counted and fits[how.mode]):
        raise CannotTranslate(f"SciPy {_LIMITS[how.mode]}", hint="use --to numpy")
    lines, x = pad_for_pooling(how, window, "SciPy")
    border = ""
    if native_border(window):
        lines, x = list(border_comment("scipy", window)), "x"
        border = _border(window) + ("" if counted else f", cval={number(neutral(how))}")
    else:
        window = window.unpadded()
    constants, size = list[str](), f"size={pair(*window.span)}"
    if spread:
        constants = list(array_lines("taps", footprint(window), "bool"))
        size = "footprint=taps"
    call = f"{_RANKS.get(how.mode, 'uniform_filter')}({x}, {size}{border}{_origin_text(_origin(window))})"
    return Slide(tuple(constants), tuple(lines), f"ndimage.{call}{cropped(window)}")
