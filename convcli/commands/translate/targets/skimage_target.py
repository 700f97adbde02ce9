"""scikit-image: `skimage.filters` and `skimage.measure`, else windows as views."""

from collections.abc import Iterator

from convcli.choices import PoolMode
from convcli.commands.translate.literals import every, number, pair
from convcli.commands.translate.operation import Files, KernelPart, Operation, Pooling
from convcli.commands.translate.pool_words import explicit, function, in_blocks, neutral, reduced
from convcli.commands.translate.python_script import PythonTool, Slide, kernel_lines, padded, script
from convcli.commands.translate.recognised import gaussian_reach, gaussian_sigmas
from convcli.commands.translate.targets.same_size import bordered, own_border, stride_comment
from convcli.engine.window import Window

__all__ = ["code"]


def code(operation: Operation, files: Files) -> Iterator[str]:
    """Return a script."""
    imports = {
        "filters.": "from skimage import filters",
        "block_reduce(": "from skimage.measure import block_reduce",
        "view_as_windows(": "from skimage.util import view_as_windows",
    }
    return script(operation, files, PythonTool(imports, _slide, _pool), "skimage")


def _slide(part: KernelPart, name: str, convolve: bool) -> Slide:
    window, weights = part.window, part.dilated
    rows, columns = (side // 2 for side in window.span)
    # correlate_sparse pads as much on every side, and by zeros.
    own = window.padding == ((rows, rows), (columns, columns)) and not window.constant
    own = own and all(side % 2 for side in window.span)
    lines, x, _ = bordered("skimage", window, own)
    lines = (*lines, *stride_comment("skimage", window))
    mode, taken = (own and own_border("skimage", window)) or "valid", every(*window.stride)
    sigmas = gaussian_sigmas(weights)
    if own and sigmas and gaussian_reach(sigmas) == (rows, columns):
        call = f'filters.gaussian(x, sigma={pair(*sigmas)}, mode="{mode}", preserve_range=True)'
        return Slide((), lines, call + taken)
    constants, taps = kernel_lines(name, weights, convolve=convolve)
    return Slide(constants, lines, f'filters.correlate_sparse({x}, {taps}, mode="{mode}"){taken}')


def _pool(how: Pooling, window: Window) -> Slide:
    (rows, columns), outside = window.size, neutral(how)
    if in_blocks(window) and how.mode is not PoolMode.LP:
        if how.ceil:
            end = f"{function(how, outside)}, cval={number(outside)})"
        else:
            end = f"{function(how, 0)})[: x.shape[0] // {rows}, : x.shape[1] // {columns}]"
        return Slide((), (), f"block_reduce(x, ({rows}, {columns}), {end}")
    window = explicit(how, window, "scikit-image")
    lines, x = padded(window)
    windows = f"windows = view_as_windows({x}, {window.span}, {window.stride})"
    return Slide((), (*lines, windows + every(1, 1, *window.dilation)), reduced(how, window))
