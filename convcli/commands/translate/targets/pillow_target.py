"""Pillow: `ImageFilter`, in 8 bits; the border is padded first, as its filters leave it as it is."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from convcli.choices import PoolMode, RangeMode
from convcli.commands.translate.literals import array_lines, every, number
from convcli.commands.translate.operation import Files, Filtering, Operation, Pooling, without_layers
from convcli.commands.translate.pool_words import explicit, in_blocks
from convcli.commands.translate.python_script import padding_arguments, quoted, saved, with_imports
from convcli.commands.translate.targets.picture_tools import gain_and_offset
from convcli.commands.translate.targets.same_size import stride_comment
from convcli.engine.window import Window
from convcli.errors import CannotTranslate

__all__ = ["code"]

# Pixels of a block up to which Image.reduce is right within half a level: it divides by fractions of 24 bits.
MOST_REDUCED = 1 << 15
_RANKS = {PoolMode.MAX: "MaxFilter", PoolMode.MIN: "MinFilter", PoolMode.MEDIAN: "MedianFilter"}


def code(operation: Operation, files: Files) -> Iterator[str]:
    """Return a script."""
    operation = without_layers(operation, "Pillow")
    files.check("Pillow", npy=True)
    if files.reads_numbers:
        raise CannotTranslate("Pillow reads no .npy", hint="use --input with a picture, or --to numpy")
    how = files.range(operation.range)
    if how is not RangeMode.CLIP and not (how is RangeMode.CENTER and isinstance(operation, Filtering)):
        raise CannotTranslate(
            f"Pillow's filters round and cut to 0..255, and --range {how} needs values beyond",
            hint="add --range clip, or use --to numpy",
        )
    work = _pooled(operation) if isinstance(operation, Pooling) else _filtered(operation, how)
    mode = '"L"' if operation.gray else '"L" if image.mode in ("1", "L", "LA") else "RGB"'
    lines = [
        f"image = ImageOps.exif_transpose(Image.open({quoted(files.input)}))",
        "# Pillow filters 8 bits, and reads 16 bits of colours as 8; transparency is left out.",
        'if image.mode.startswith(("I", "F")):',
        '    raise SystemExit("these pixels have more than 8 bits")',
        f"image = image.convert({mode})",
        *work,
        f"np.save({quoted(files.output)}, np.float32(image))"
        if files.writes_numbers
        else f"image.save({saved(files.output)})",
    ]
    return with_imports(lines, {"ImageFilter.": "from PIL import ImageFilter"})


def _filtered(operation: Filtering, how: RangeMode) -> Iterator[str]:
    if len(operation.parts) > 1:
        raise CannotTranslate(
            "Pillow rounds and cuts the results of several kernels before they are combined",
            hint="translate them one by one, or use --to numpy",
        )
    [part] = operation.parts
    rows, columns = part.window.span
    if max(rows, columns) > 5:
        raise CannotTranslate(
            f"Pillow has no kernels above 5x5, and this is {rows}x{columns}",
            hint="use a smaller kernel, or --to opencv",
        )
    side = 3 if max(rows, columns) <= 3 else 5
    weights = np.zeros((side, side))
    weights[:rows, :columns] = part.dilated
    yield from array_lines("k", weights)
    turned = bool((weights != weights[::-1]).any())
    if turned:
        yield "# ImageFilter.Kernel takes the rows from the bottom up."
    bias = part.bias + operation.bias + gain_and_offset(how)[1]
    offset = f", offset={number(bias)}" if bias else ""
    yield f"kernel = ImageFilter.Kernel(k.shape, k{'[::-1]' * turned}.ravel(), scale=1{offset})"
    yield from _inside(part.window, side, "kernel")


def _inside(window: Window, side: int, name: str) -> Iterator[str]:
    """Return the lines that pad the picture, filter it, cut off the border, and take the steps.

    Pillow leaves a border of half a filter's `side` unfiltered; a smaller window needs more padding after it.
    """
    pairs = [(axis.low, axis.high + side - axis.span) for axis in window.axes]
    if any(map(sum, pairs)):
        value = window.constant
        if value not in range(256):
            message = f"Pillow's pixels are whole numbers from 0 to 255, and the padding is {value:g}"
            raise CannotTranslate(message, hint="use another --pad-value, or --to numpy")
        each, how = padding_arguments((*pairs, (0, 0)), window.mode, value)
        yield "pixels = np.asarray(image)"
        yield f"sides = {each}[: pixels.ndim]"
        yield f"image = Image.fromarray(np.pad(pixels, sides{how}))"
    yield f"image = ImageOps.crop(image.filter({name}), {side // 2})"
    yield from stride_comment("pillow", window)
    if window.stride != (1, 1):
        yield f"image = Image.fromarray(np.asarray(image){every(*window.stride)})"


def _pooled(how: Pooling) -> Iterator[str]:
    if how.window is None and how.mode is PoolMode.AVG:
        yield "image = image.resize((1, 1), Image.Resampling.BOX)"
        return
    window = how.window or Window((1, 1))
    rows, columns = window.size
    if how.mode is PoolMode.AVG and in_blocks(window) and window.taps <= MOST_REDUCED:
        if not how.ceil:
            yield f"box = (0, 0, image.width // {columns} * {columns}, image.height // {rows} * {rows})"
        yield f"image = image.reduce(({columns}, {rows}){'' if how.ceil else ', box'})"
        return
    if how.mode not in _RANKS or rows != columns or rows % 2 == 0 or rows == 1:
        hint = "use --to numpy; Pillow has small blocks for avg, and odd squares for max, min and median"
        raise CannotTranslate(f"Pillow has no {how.mode} pooling of these windows", hint=hint)
    window = explicit(how, window, "Pillow", filters=True)
    # Pixels beyond those of 8 bits would give the same.
    window = replace(window, pad_value=min(max(window.pad_value, 0.0), 255.0))
    yield from _inside(window, rows, f"ImageFilter.{_RANKS[how.mode]}({rows})")
