"""OpenCV: `cv2.filter2D`, and its named filters where they are the same."""

from collections.abc import Iterator
from dataclasses import replace

from convcli.choices import PadMode, PoolMode
from convcli.commands.translate.literals import array_lines, number
from convcli.commands.translate.operation import Files, KernelPart, Operation, Pooling
from convcli.commands.translate.pool_words import counts_padding, footprint, neutral, refuse_ceil, whole
from convcli.commands.translate.python_script import (
    PythonTool,
    Slide,
    cropped,
    kernel_lines,
    native_border,
    script,
)
from convcli.commands.translate.recognised import gaussian_sigmas, is_box, is_matrix
from convcli.conventions import CONVENTIONS
from convcli.engine.window import NO_PADDING, Window
from convcli.errors import CannotTranslate

__all__ = ["code"]

# OpenCV's names of our padding modes.
_BORDERS = {
    PadMode.ZERO: "cv2.BORDER_CONSTANT",
    PadMode.CONSTANT: "cv2.BORDER_CONSTANT",
    PadMode.REFLECT: "cv2.BORDER_REFLECT_101",
    PadMode.REPLICATE: "cv2.BORDER_REPLICATE",
    PadMode.WRAP: "cv2.BORDER_WRAP",
    PadMode.SYMMETRIC: "cv2.BORDER_REFLECT",
}
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
    return script(operation, files, tool, CONVENTIONS["opencv"].title)


def _slide(part: KernelPart, name: str, convolve: bool) -> Slide:
    lines, x, window = _bordered(part.window)
    if _anchor(window) and not all(side % 2 for side in window.span):
        lines.append("# OpenCV puts the extra pixel of an even kernel at the top and left; anchor moves it.")
    call, constants = _call(part, name, window, convolve, x)
    if window.stride != (1, 1):
        lines.append("# OpenCV has no stride: every result is computed, and then some of them are taken.")
    return Slide(constants, tuple(lines), f"{call}{cropped(window)}")


def _bordered(window: Window) -> tuple[list[str], str, Window]:
    """Return lines that make the border where no filter does, the picture's name, and the window over it."""
    inside = window.mode not in (PadMode.WRAP, PadMode.CONSTANT) and native_border(window)
    if inside or window.padding == NO_PADDING:
        symmetric = window.mode is PadMode.SYMMETRIC and window.padding != NO_PADDING
        return ["# OpenCV's BORDER_REFLECT is convcli's symmetric."] * symmetric, "x", window
    (top, bottom), (left, right) = window.padding
    value = f", value=({', '.join([number(window.constant)] * 4)})" if window.constant else ""
    border = _BORDERS[window.mode or PadMode.CONSTANT]
    line = f"padded = cv2.copyMakeBorder(x, {top}, {bottom}, {left}, {right}, {border}{value})"
    return ["# OpenCV's filters cannot make this border themselves.", line], "padded", window.unpadded()


def _call(part: KernelPart, name: str, window: Window, convolve: bool, x: str) -> tuple[str, tuple[str, ...]]:
    """Return the call, and lines that define the kernel."""
    weights = part.dilated
    border = _border(window)
    rows, columns = window.span
    anchor = _anchor(window)
    named = "anchor" not in anchor
    for text, call in _NAMED.items():
        if named and is_matrix(weights, text):
            return call.format(x, border), ()
    if named and (sigmas := gaussian_sigmas(weights)) is not None and min(sigmas) > 0:
        sigma_y = f", sigmaY={number(sigmas[0])}" if sigmas[0] != sigmas[1] else ""
        return f"cv2.GaussianBlur({x}, ({columns}, {rows}), {number(sigmas[1])}{sigma_y}{border})", ()
    if is_box(weights):
        return f"cv2.blur({x}, ({columns}, {rows}){anchor}{border})", ()
    lines, taps = kernel_lines(name, weights, "np.float64", convolve=convolve)
    taps = taps.replace(f"{name}[::-1, ::-1]", f"cv2.flip({name}, -1)")
    return f"cv2.filter2D({x}, -1, {taps}{anchor}{border})", lines


def _border(window: Window) -> str:
    """Return the argument that says how the picture is padded; none where no padding is seen."""
    if window.mode is None or window.padding == NO_PADDING:
        return ""
    return f", borderType={_BORDERS[window.mode]}"


def _anchor(window: Window) -> str:
    """Return the argument that says which tap lies on the pixel, column first; empty for the middle."""
    (top, _), (left, _) = window.padding
    middle = tuple(span // 2 for span in window.span)
    return "" if (top, left) == middle else f", anchor=({left}, {top})"


def _pool(how: Pooling) -> Slide:
    window = how.window
    if window is None:
        return Slide((), (), whole(how))
    if how.mode is PoolMode.MEDIAN:
        return _median(window)
    counted = counts_padding(how, window)
    if how.mode is PoolMode.LP:
        raise CannotTranslate("OpenCV has no Lp pooling", hint="use --to numpy")
    if how.mode is PoolMode.AVG and not (counted and window.dilation == (1, 1)):
        raise CannotTranslate(
            "OpenCV averages whole rectangles, and counts their padding", hint="use --to numpy"
        )
    refuse_ceil(how, window, "OpenCV")
    if how.mode is PoolMode.AVG:
        window = replace(window, mode=window.mode or PadMode.ZERO)
    elif window.mode is PadMode.ZERO or not (counted or native_border(window)):
        # By themselves, dilate and erode leave the border out.
        window = replace(window, mode=PadMode.CONSTANT, pad_value=0.0 if counted else neutral(how))
    lines, x, window = _bordered(window)
    if how.mode is PoolMode.AVG:
        rows, columns = window.span
        value_of = f"cv2.blur({x}, ({columns}, {rows}){_anchor(window)}{_border(window)})"
        return Slide((), tuple(lines), f"{value_of}{cropped(window)}")
    constants = tuple(array_lines("taps", footprint(window), "np.uint8"))
    call = "dilate" if how.mode is PoolMode.MAX else "erode"
    found = f"cv2.{call}({x}, taps{_anchor(window)}{_border(window)})"
    return Slide(constants, tuple(lines), f"{found}{cropped(window)}")


def _median(window: Window) -> Slide:
    size = window.size[0]
    wanted = (PadMode.REPLICATE, (1, 1), ((size // 2,) * 2,) * 2)
    if window.size not in ((3, 3), (5, 5)) or (window.mode, window.dilation, window.padding) != wanted:
        raise CannotTranslate(
            "OpenCV's median is 3x3 or 5x5, keeps the size and repeats the edge pixels",
            hint="use --size 3 --padding 1 -p replicate, or --to scipy",
        )
    return Slide((), (), f"cv2.medianBlur(x, {size}){cropped(window)}")
