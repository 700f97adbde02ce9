"""OpenCV: `cv2.filter2D`, and its named filters where they are the same."""

from collections.abc import Iterator
from dataclasses import replace

from convcli.choices import PadMode, PoolMode
from convcli.commands.translate.literals import number
from convcli.commands.translate.operation import Files, KernelPart, Operation, Pooling
from convcli.commands.translate.pool_words import explicit
from convcli.commands.translate.python_script import PythonTool, Slide, kernel_lines, script
from convcli.commands.translate.recognised import gaussian_sigmas, is_box, named
from convcli.commands.translate.targets.same_size import bordered, moved, native_border, own_border, same_size
from convcli.engine.window import NO_PADDING, Window
from convcli.errors import CannotTranslate
from convcli.kernels.kernel import Array

__all__ = ["code"]

# Named derivatives and the numbers that they stand for.
_NAMED = {
    "-1 0 1; -2 0 2; -1 0 1": "cv2.Sobel({}, -1, 1, 0, ksize=3{})",
    "-1 -2 -1; 0 0 0; 1 2 1": "cv2.Sobel({}, -1, 0, 1, ksize=3{})",
    "-3 0 3; -10 0 10; -3 0 3": "cv2.Scharr({}, -1, 1, 0{})",
    "-3 -10 -3; 0 0 0; 3 10 3": "cv2.Scharr({}, -1, 0, 1{})",
    "0 1 0; 1 -4 1; 0 1 0": "cv2.Laplacian({}, -1, ksize=1{})",
}


def code(operation: Operation, files: Files) -> Iterator[str]:
    """Return a script."""
    tool = PythonTool({"cv2.": "import cv2"}, _slide, _pool, planes=False)
    return script(operation, files, tool, "opencv")


def _slide(part: KernelPart, name: str, convolve: bool) -> Slide:
    lines, x, window = _bordered(part.window)
    call, constants = _call(part.dilated, name, window, convolve, x)
    return same_size("opencv", window, call, lines, constants)


def _bordered(window: Window, own: bool = True) -> tuple[tuple[str, ...], str, Window]:
    # OpenCV's filters cannot wrap, and their constant is 0.
    own = own and window.mode not in (PadMode.WRAP, PadMode.CONSTANT)
    return bordered("opencv", window, own, _padded)


def _padded(window: Window) -> tuple[tuple[str, ...], str]:
    (top, bottom), (left, right) = window.padding
    value = f", value=[{number(window.constant)}] * 4" if window.constant else ""
    sides = f"{top}, {bottom}, {left}, {right}"
    return (f"padded = cv2.copyMakeBorder(x, {sides}, {_border(window)}{value})",), "padded"


def _border(window: Window) -> str:
    return f"cv2.BORDER_{own_border('opencv', window).upper()}".replace("T101", "T_101")


def _at(window: Window) -> str:
    """Return the arguments that say which tap lies on the pixel, column first, and how the border is made."""
    (rows, columns), (up, left) = window.span, moved(window)
    anchor = f", anchor=({columns // 2 + left}, {rows // 2 + up})" if up or left else ""
    seen = window.mode is not None and window.padding != NO_PADDING
    return anchor + (f", borderType={_border(window)}" if seen else "")


def _call(weights: Array, name: str, window: Window, convolve: bool, x: str) -> tuple[str, tuple[str, ...]]:
    """Return the call, and lines that define the kernel."""
    at, size = _at(window), window.span[::-1]
    if not any(moved(window)):
        if call := named(weights, _NAMED):
            return call.format(x, at), ()
        if (sigmas := gaussian_sigmas(weights)) is not None and min(sigmas) > 0:
            sigma_y = f", sigmaY={number(sigmas[0])}" if sigmas[0] != sigmas[1] else ""
            return f"cv2.GaussianBlur({x}, {size}, {number(sigmas[1])}{sigma_y}{at})", ()
    if is_box(weights):
        return f"cv2.blur({x}, {size}{at})", ()
    lines, taps = kernel_lines(name, weights, "np.float64", convolve=convolve)
    taps = taps.replace(f"{name}[::-1, ::-1]", f"cv2.flip({name}, -1)")
    return f"cv2.filter2D({x}, -1, {taps}{at})", lines


def _pool(how: Pooling, window: Window) -> Slide:
    mode, own = window.mode, True
    window = explicit(how, window, "OpenCV", filters=True)
    if how.mode is PoolMode.MEDIAN:
        if window.size not in ((3, 3), (5, 5)):
            raise CannotTranslate("OpenCV's medians are 3x3 or 5x5", hint="use --size 3, or --to scipy")
        own = window.mode is PadMode.REPLICATE and not any(moved(window))
    elif how.mode is not PoolMode.AVG:
        if native_border(window):
            window = replace(window, mode=mode)
        own = window.mode is not PadMode.ZERO  # by themselves, dilate and erode leave the border out
    lines, x, window = _bordered(window, own)
    (rows, columns), at = window.size, _at(window)
    calls = {
        PoolMode.AVG: f"blur({x}, ({columns}, {rows}){at})",
        PoolMode.MEDIAN: f"medianBlur(np.float32({x}), {rows})",  # it takes no doubles
        PoolMode.MAX: f"dilate({x}, np.ones(({rows}, {columns}), np.uint8){at})",
        PoolMode.MIN: f"erode({x}, np.ones(({rows}, {columns}), np.uint8){at})",
    }
    return same_size("opencv", window, f"cv2.{calls[how.mode]}", lines)
