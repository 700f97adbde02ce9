"""scikit-image: `skimage.filters` and `skimage.measure`, else windows as views."""

from collections.abc import Iterator

from convcli.choices import PadMode, PoolMode
from convcli.commands.translate.literals import every, number, pair
from convcli.commands.translate.operation import Files, KernelPart, Operation, Pooling
from convcli.commands.translate.pool_words import (
    counts_padding,
    function,
    neutral,
    pad_for_pooling,
    reduced,
    whole,
)
from convcli.commands.translate.python_script import (
    PythonTool,
    Slide,
    border_comment,
    kernel_lines,
    padded,
    script,
)
from convcli.commands.translate.recognised import gaussian_reach, gaussian_sigmas
from convcli.conventions import CONVENTIONS, border_name
from convcli.engine.window import NO_PADDING

__all__ = ["code"]


def code(operation: Operation, files: Files) -> Iterator[str]:
    """Return a script."""
    imports = {
        "filters.": "from skimage import filters",
        "block_reduce(": "from skimage.measure import block_reduce",
        "view_as_windows(": "from skimage.util import view_as_windows",
    }
    return script(operation, files, PythonTool(imports, _slide, _pool), CONVENTIONS["skimage"].title)


def _slide(part: KernelPart, name: str, convolve: bool) -> Slide:
    window, weights = part.window, part.dilated
    middle = tuple((side // 2, side // 2) for side in weights.shape)
    border = border_name("skimage", "constant" if window.mode is PadMode.ZERO else str(window.mode))
    if window.padding != middle or not all(side % 2 for side in weights.shape) or window.constant:
        border = None  # correlate_sparse pads as much on every side, and by zeros
    lines, x = (tuple(border_comment("skimage", window)), "x") if border else padded(window)
    end = every(*window.stride)
    if end:
        lines = (*lines, "# There is no stride: every result is computed, and then some of them are taken.")
    sigmas = gaussian_sigmas(weights)
    if border and sigmas and gaussian_reach(sigmas) == (middle[0][0], middle[1][0]):
        sigma = pair(*sigmas)
        value = f'filters.gaussian(x, sigma={sigma}, mode="{border}", preserve_range=True)'
        return Slide((), lines, value + end)
    constants, taps = kernel_lines(name, weights, convolve=convolve)
    return Slide(constants, lines, f'filters.correlate_sparse({x}, {taps}, mode="{border or "valid"}"){end}')


def _pool(how: Pooling) -> Slide:
    window = how.window
    if window is None:
        return Slide((), (), whole(how))
    rows, columns = window.size
    blocks = window.stride == window.size and window.padding == NO_PADDING and window.dilation == (1, 1)
    if blocks and how.mode is not PoolMode.LP:
        call = f"({rows}, {columns}), {function(how, nan=how.ceil)}"
        if how.ceil:
            return Slide((), (), f"block_reduce(x, {call}, cval={number(neutral(how))})")
        sizes = f"rows, columns = x.shape[0] // {rows} * {rows}, x.shape[1] // {columns} * {columns}"
        return Slide((), ("# Whole windows only.", sizes), f"block_reduce(x[:rows, :columns], {call})")
    lines, x = pad_for_pooling(how, window, "scikit-image")
    (rows, columns), (down, along) = window.span, window.stride
    windows = f"windows = view_as_windows({x}, ({rows}, {columns}), ({down}, {along}))"
    windows += every(1, 1, *window.dilation)
    value = reduced(how, "windows", "axis=(2, 3)", nan=not counts_padding(how, window))
    return Slide((), (*lines, windows), value)
