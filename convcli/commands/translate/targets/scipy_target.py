"""SciPy: `scipy.ndimage`, with its named filters where they are the same."""

from collections.abc import Iterator

from convcli.choices import PoolMode
from convcli.commands.translate.literals import array_lines, number, pair
from convcli.commands.translate.operation import Files, KernelPart, Operation, Pooling
from convcli.commands.translate.pool_words import explicit
from convcli.commands.translate.python_script import PythonTool, Slide, script
from convcli.commands.translate.recognised import gaussian_reach, gaussian_sigmas, is_box, named
from convcli.commands.translate.targets.same_size import bordered, moved, own_border, same_size
from convcli.engine.window import NO_PADDING, Window
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
_POOLS = {
    PoolMode.MAX: "maximum_filter",
    PoolMode.MIN: "minimum_filter",
    PoolMode.AVG: "uniform_filter",
    PoolMode.MEDIAN: "median_filter",
}


def code(operation: Operation, files: Files) -> Iterator[str]:
    """Return a script."""
    imports = {"ndimage.": "from scipy import ndimage"}
    return script(operation, files, PythonTool(imports, _slide, _pool), "scipy")


def _slide(part: KernelPart, name: str, convolve: bool) -> Slide:
    lines, x, window = bordered("scipy", part.window)
    call, constants = _call(part.dilated, name, window, convolve, x)
    return same_size("scipy", window, f"ndimage.{call}", lines, constants)


def _call(weights: Array, name: str, window: Window, convolve: bool, x: str) -> tuple[str, tuple[str, ...]]:
    """Return the call, and lines that define the kernel."""
    border, origin = _border(window), moved(window)
    if not any(origin):
        # Derivatives take two passes, and the second pads the first one's results by the constant.
        if not window.constant and (call := named(weights, _NAMED)):
            return call.format(x, border), ()
        if (sigmas := gaussian_sigmas(weights)) is not None:
            radius = (weights.shape[0] // 2, weights.shape[1] // 2)
            given = "" if radius == gaussian_reach(sigmas) else f", radius={pair(*radius)}"
            return f"gaussian_filter({x}, {pair(*sigmas)}{border}{given})", ()
    if is_box(weights):
        return f"uniform_filter({x}, {pair(*weights.shape)}{border}{_origin(*origin)})", ()
    if convolve and not (weights == weights[::-1, ::-1]).all():
        # Its origin counts the other way, and one pixel more of even sides.
        turned = (-at - (side % 2 == 0) for at, side in zip(origin, weights.shape, strict=True))
        lines = tuple(array_lines(name, weights[::-1, ::-1] + 0.0))
        return f"convolve({x}, {name}{border}{_origin(*turned)})", lines
    return f"correlate({x}, {name}{border}{_origin(*origin)})", tuple(array_lines(name, weights))


def _border(window: Window) -> str:
    """Return the arguments that say how the picture is padded; none where no padding is seen."""
    if window.padding == NO_PADDING:
        return ""
    value = f", cval={number(window.constant)}" if window.constant else ""
    return f', mode="{own_border("scipy", window)}"{value}'


def _origin(down: int, across: int) -> str:
    return f", origin={pair(down, across)}" if down or across else ""


def _pool(how: Pooling, window: Window) -> Slide:
    lines, x, window = bordered("scipy", explicit(how, window, "SciPy", filters=True))
    at = f"size={pair(*window.size)}{_border(window)}{_origin(*moved(window))}"
    return same_size("scipy", window, f"ndimage.{_POOLS[how.mode]}({x}, {at})", lines)
