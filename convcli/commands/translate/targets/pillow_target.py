"""Pillow: `ImageFilter`, in 8 bits; the border is padded first, as its filters leave it as it is."""

from collections.abc import Iterator

import numpy as np

from convcli.choices import PadMode, PoolMode, RangeMode
from convcli.commands.translate.literals import MOST_COLUMNS, every, number, quotient
from convcli.commands.translate.operation import Files, Filtering, Operation, Pooling
from convcli.commands.translate.pool_words import counts_padding, refuse_ceil
from convcli.commands.translate.python_script import check_files, imports_of, padding_arguments, quoted, saved
from convcli.engine.window import NO_PADDING, Window
from convcli.errors import CannotTranslate
from convcli.kernels.kernel import Array

__all__ = ["code"]

# Sides of the kernels that ImageFilter.Kernel takes.
SIDES = (3, 5)
# Added by --range center: mid-grey of 8 bits.
MID_GREY = 128
_IMPORTS = {
    "np.": "import numpy as np",
    "Image.": "from PIL import Image",
    "ImageFilter.": "from PIL import ImageFilter",
    "ImageOps.": "from PIL import ImageOps",
}


def code(operation: Operation, files: Files) -> Iterator[str]:
    """Return a script."""
    check_files(files)
    if files.reads_numbers:
        raise CannotTranslate("Pillow reads no .npy", hint="--input a picture, or --to numpy")
    if not isinstance(operation, Filtering | Pooling):
        raise CannotTranslate("Pillow has no layers", hint="translate the stack with --to torch")
    how = files.range(operation.range)
    if how not in (RangeMode.CLIP, RangeMode.CENTER):
        raise CannotTranslate(
            f"Pillow's filters round and cut to 0..255, and --range {how} needs what is beyond",
            hint="add --range clip or center, or use --to numpy",
        )
    work = _pooled(operation) if isinstance(operation, Pooling) else _filtered(operation, how)
    mode = '"L"' if operation.gray else '"L" if image.mode in ("1", "L", "LA") else "RGB"'
    lines = [
        f"image = ImageOps.exif_transpose(Image.open({quoted(files.input)}))",
        "# Pillow filters 8 bits, and reads colours of 16 bits as 8 bits; transparency is left out.",
        'if image.mode.startswith(("I", "F")):',
        '    raise SystemExit("these pixels have more than 8 bits")',
        f"image = image.convert({mode})",
        *work,
        f"np.save({quoted(files.output)}, np.float32(image))"
        if files.writes_numbers
        else f"image.save({saved(files.output)})",
    ]
    yield from imports_of(lines, _IMPORTS)
    yield ""
    yield from lines


def _filtered(operation: Filtering, how: RangeMode) -> Iterator[str]:
    parts = [part for one in operation.maps for part in one.parts]
    if len(parts) > 1:
        raise CannotTranslate(
            "Pillow rounds and cuts what several kernels give before it is put together",
            hint="translate them one by one, or use --to numpy",
        )
    [part] = parts
    if part.weights.ndim != 2:
        raise CannotTranslate("Pillow has no kernels that sum over channels", hint="use --to torch")
    rows, columns = part.window.span
    side = next((side for side in SIDES if max(rows, columns) <= side), None)
    if side is None:
        raise CannotTranslate(
            f"Pillow has no kernels above 5x5, and this is {rows}x{columns}",
            hint="use a smaller kernel, or --to opencv",
        )
    weights = np.zeros((side, side))
    weights[:rows, :columns] = part.dilated
    yield from _padded(part.window, side)
    if (weights != weights[::-1]).any():
        yield "# ImageFilter.Kernel takes the rows from the bottom up."
    yield from _kernel(weights, part.bias + operation.bias + (MID_GREY if how is RangeMode.CENTER else 0))
    yield from _inside("image.filter(k)", part.window, side)


def _kernel(weights: Array, bias: float) -> Iterator[str]:
    """Return the lines of a kernel: its rows from the bottom up, its divisor, and what is added."""
    whole, divisor = quotient(weights)
    side = len(whole)
    end = f", scale={divisor}" + (f", offset={number(bias)}" if bias else "") + ")"
    rows = [", ".join(map(number, row)) for row in whole[::-1]]
    line = f"k = ImageFilter.Kernel(({side}, {side}), ({', '.join(rows)}){end}"
    if len(line) <= MOST_COLUMNS:
        yield line
        return
    yield "k = ImageFilter.Kernel("
    yield f"    ({side}, {side}),"
    yield "    ("
    yield from (f"        {row}," for row in rows)
    yield "    ),"
    yield f"    {end[2:-1]},"
    yield ")"


def _padded(window: Window, side: int, neutral: float = 0.0) -> Iterator[str]:
    """Return the line that pads the picture, with what a window smaller than `side` needs after it."""
    pairs = tuple(
        (low, high + side - span) for (low, high), span in zip(window.padding, window.span, strict=True)
    )
    if not any(map(sum, pairs)):
        return
    value = window.constant if window.mode is not None else neutral
    if not (value.is_integer() and 0 <= value <= 255):
        raise CannotTranslate(
            f"Pillow's pixels are whole numbers from 0 to 255, and the padding is {value:g}",
            hint="use another --pad-value, or --to numpy",
        )
    mode = PadMode.CONSTANT if window.mode in (None, PadMode.ZERO, PadMode.VALID) else window.mode
    arguments = padding_arguments((*pairs, (0, 0)), mode, value)
    yield "pixels = np.asarray(image)"
    yield f"image = Image.fromarray(np.pad(pixels, {arguments[0]}[: pixels.ndim]{arguments[1]}))"


def _inside(filtered: str, window: Window, side: int) -> Iterator[str]:
    """Return the lines that cut off the border, which Pillow leaves unfiltered, and take the steps."""
    yield f"image = ImageOps.crop({filtered}, {side // 2})"
    if window.stride != (1, 1):
        yield "# Pillow has no stride: every result is computed, and then some of them are taken."
        yield f"image = Image.fromarray(np.asarray(image){every(*window.stride)})"


# The filter of each mode, and the padding that never wins; a median has none.
_RANKS = {
    PoolMode.MAX: ("MaxFilter", 0.0),
    PoolMode.MIN: ("MinFilter", 255.0),
    PoolMode.MEDIAN: ("MedianFilter", 0.0),
}


def _pooled(how: Pooling) -> Iterator[str]:
    if how.range not in (None, RangeMode.CLIP):
        raise CannotTranslate(f"Pillow pools without --range {how.range}", hint="leave it out")
    window = how.window
    blocks = window is None or (
        window.stride == window.size and window.padding == NO_PADDING and window.dilation == (1, 1)
    )
    if how.mode is PoolMode.AVG and blocks:
        if window is None:
            yield "image = image.reduce(image.size)"
            return
        rows, columns = window.size
        if not how.ceil:
            yield "# Whole windows only."
            yield f"size = image.width // {columns} * {columns}, image.height // {rows} * {rows}"
            yield "image = image.crop((0, 0, *size))"
        yield f"image = image.reduce(({columns}, {rows}))"
        return
    if window is None or how.mode not in _RANKS:
        raise CannotTranslate(f"Pillow has no {how.mode} pooling of these windows", hint="use --to numpy")
    refuse_ceil(how, window, "Pillow")
    name, outside = _RANKS[how.mode]
    side = window.size[0]
    if window.size != (side, side) or side % 2 == 0 or side == 1 or window.dilation != (1, 1):
        raise CannotTranslate(
            f"Pillow's {name} takes odd squares without dilation", hint="use --size 3 or 5, or --to numpy"
        )
    if how.mode is PoolMode.MEDIAN and not counts_padding(how, window):
        raise CannotTranslate("Pillow's medians count all padding", hint="choose a --pad, such as replicate")
    yield from _padded(window, side, outside)
    yield from _inside(f"image.filter(ImageFilter.{name}({side}))", window, side)
