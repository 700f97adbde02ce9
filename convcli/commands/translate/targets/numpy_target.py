"""NumPy alone: every window of the padded picture, as a view."""

from collections.abc import Iterator

from convcli.commands.translate.literals import every
from convcli.commands.translate.operation import Files, KernelPart, Operation, Pooling
from convcli.commands.translate.pool_words import explicit, reduced
from convcli.commands.translate.python_script import PythonTool, Slide, kernel_lines, padded, script
from convcli.engine.window import Window

__all__ = ["code"]


def code(operation: Operation, files: Files) -> Iterator[str]:
    """Return a script."""
    imports = {"sliding_window_view(": "from numpy.lib.stride_tricks import sliding_window_view"}
    return script(operation, files, PythonTool(imports, _slide, _pool), "numpy")


def _slide(part: KernelPart, name: str, convolve: bool) -> Slide:
    constants, taps = kernel_lines(name, part.weights, "x.dtype", convolve=convolve)
    return Slide(constants, _windows(part.window), f'np.einsum("ijkl,kl->ij", windows, {taps})')


def _pool(how: Pooling, window: Window) -> Slide:
    window = explicit(how, window, "NumPy")
    return Slide((), _windows(window), reduced(how, window))


def _windows(window: Window) -> tuple[str, ...]:
    lines, x = padded(window)
    taken = every(*window.stride, *window.dilation)
    return *lines, f"windows = sliding_window_view({x}, {window.span}){taken}"
