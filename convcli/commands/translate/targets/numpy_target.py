"""NumPy alone: every window of the padded picture, as a view."""

from collections.abc import Iterator

from convcli.commands.translate.literals import every
from convcli.commands.translate.operation import Files, KernelPart, Operation, Pooling
from convcli.commands.translate.pool_words import counts_padding, pad_for_pooling, reduced, whole
from convcli.commands.translate.python_script import PythonTool, Slide, kernel_lines, padded, script
from convcli.conventions import CONVENTIONS
from convcli.engine.window import Window

__all__ = ["code"]


def code(operation: Operation, files: Files) -> Iterator[str]:
    """Return a script."""
    imports = {"sliding_window_view(": "from numpy.lib.stride_tricks import sliding_window_view"}
    return script(operation, files, PythonTool(imports, _slide, _pool), CONVENTIONS["numpy"].title)


def _slide(part: KernelPart, name: str, convolve: bool) -> Slide:
    lines, x = padded(part.window)
    constants, taps = kernel_lines(name, part.weights, "np.float32", convolve=convolve)
    made = f"windows = {_windows(x, part.window)}"
    return Slide(constants, (*lines, made), f'np.einsum("ijkl,kl->ij", windows, {taps})')


def _windows(x: str, window: Window) -> str:
    return f"sliding_window_view({x}, {window.span}){every(*window.stride, *window.dilation)}"


def _pool(how: Pooling) -> Slide:
    if how.window is None:
        return Slide((), (), whole(how))
    lines, x = pad_for_pooling(how, how.window, "NumPy")
    value = reduced(how, "windows", "axis=(2, 3)", nan=not counts_padding(how, how.window))
    return Slide((), (*lines, f"windows = {_windows(x, how.window)}"), value)
