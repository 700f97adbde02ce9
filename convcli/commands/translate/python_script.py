"""The frame of scripts in Python: imports, reading with Pillow, the maps, and writing .npy or a picture."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from convcli.choices import Combine, PadMode, RangeMode
from convcli.commands.translate.literals import array_lines, number
from convcli.commands.translate.operation import (
    Files,
    Filtering,
    KernelPart,
    Operation,
    Pooling,
    without_layers,
)
from convcli.commands.translate.pool_words import whole
from convcli.commands.translate.recognised import gaussian_sigmas
from convcli.conventions import CONVENTIONS
from convcli.engine.window import NO_PADDING, Window
from convcli.errors import CannotTranslate, UsageError
from convcli.kernels.kernel import Array

# Text that code contains, and the line that imports its name.
_IMPORTS = {
    "np.": "import numpy as np",
    "Image.": "from PIL import Image",
    "ImageOps.": "from PIL import ImageOps",
}
# NumPy's names of our padding modes; it is the only one that pads by any amount.
_NUMPY_MODES = {
    PadMode.REPLICATE: "edge",
    PadMode.REFLECT: "reflect",
    PadMode.SYMMETRIC: "symmetric",
    PadMode.WRAP: "wrap",
}
# The line that each --range adds before values are cut to black and white.
_RANGES = {
    RangeMode.ABS: "y = np.abs(y)",
    RangeMode.CENTER: "y = y + {middle}",
    RangeMode.UNIT: "y = y * white",
    RangeMode.SCALE: "y = (y - y.min()) * (white / (np.ptp(y) or np.inf))",
}
# Tools that take one channel filter each by itself.
_CHANNELS = (
    "if x.ndim == 2:",
    "    y = filtered(x)",
    "else:",
    "    y = np.stack([filtered(channel) for channel in np.moveaxis(x, 2, 0)], -1)",
)


class Slide(NamedTuple):
    """Code of one result of ``x``: lines that define kernels, lines before it, and its expression."""

    constants: tuple[str, ...]
    lines: tuple[str, ...]
    value: str


class PythonTool(NamedTuple):
    """The parts of a script that differ between tools.

    Attributes
    ----------
    imports
        Text that code contains, such as ``"ndimage."``, and the line that imports its name.
    slide
        Makes the code of one kernel: of the part, its name in the code, and whether --convolve is given.
    pool, whole
        Make the code of pooling by a window, and the expression that pools the whole picture.
    planes
        Whether ``x`` is one channel, of rows and columns, so that channels go one by one.
    module, stack
        The module whose functions take ``x``, and the code that makes one array of several maps.
    before, after
        Lines that make ``x`` what the tool takes, and ``y`` an array again.
    """

    imports: Mapping[str, str]
    slide: Callable[[KernelPart, str, bool], Slide]
    pool: Callable[[Pooling, Window], Slide]
    whole: Callable[[Pooling], str] = whole
    planes: bool = True
    module: str = "np"
    stack: str = "np.stack([{}], 2)"
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


def script(operation: Operation, files: Files, tool: PythonTool, name: str) -> Iterator[str]:
    """Return the lines of a script for the tool of that `name`."""
    title = CONVENTIONS[name].title
    operation = without_layers(operation, title, sums=tool.module == "torch")
    files.check(title, npy=True)
    several = isinstance(operation, Filtering) and operation.several
    if isinstance(operation, Filtering):
        if several and not files.writes_numbers:
            raise UsageError(
                f"{files.output!r} holds one picture, and these are {len(operation.maps)} feature maps",
                hint="name a .npy by --output, whose channels they become, or add --combine",
            )
        windows = [part.window for part in operation.parts]
        constants, lines, value = _filtered(operation, tool)
    elif operation.window is not None:
        windows = [operation.window]
        constants, lines, value = tool.pool(operation, operation.window)
    else:
        windows, constants, lines, value = [], (), (), tool.whole(operation)
    if operation.gray or not tool.planes:
        work = [*lines, f"y = {value}"]
    else:
        inside = (f"    {line}" for line in (*lines, f"return {value}"))
        work = ["", "", "def filtered(x):", *inside, "", "", *_CHANNELS]
    signals = all(window.size[0] == 1 and not any(window.padding[0]) for window in windows)
    code = [*reading(files, gray=operation.gray, signals=signals), *tool.before, *constants, *work]
    code += [*tool.after, *writing(files, operation.range, several=several, signals=signals)]
    yield from with_imports(code, tool.imports)


def kernel_lines(
    name: str, weights: Array, dtype: str = "", *, convolve: bool
) -> tuple[tuple[str, ...], str]:
    """Return lines that define a kernel, and the expression that correlation takes.

    A Gaussian that does not fit on one line is written as its formula.
    """
    if convolve and (weights != weights[..., ::-1, ::-1]).any():
        turned = array_lines(name, weights[..., ::-1, ::-1] + 0.0, dtype)
        return ("# True convolution: the kernel is rotated by 180 degrees.", *turned), f"{name}[::-1, ::-1]"
    lines = tuple(array_lines(name, weights, dtype))
    sigmas = gaussian_sigmas(weights) if len(lines) > 1 else None
    if sigmas and sigmas[0] == sigmas[1] and weights.shape[0] == weights.shape[1]:
        reach, product = weights.shape[0] // 2, "np.outer(g, g) / g.sum() ** 2"
        line = f"g = np.exp(-((np.arange({-reach}, {reach + 1}) / {number(sigmas[0])}) ** 2) / 2)"
        lines = (line, f"{name} = np.array({product}, dtype={dtype})" if dtype else f"{name} = {product}")
    return lines, name


def padded(window: Window) -> tuple[tuple[str, ...], str]:
    """Return the line that pads ``x`` with NumPy, and the name of the result; no line without padding."""
    if window.padding == NO_PADDING or window.mode is PadMode.VALID:
        return (), "x"
    pairs, how = padding_arguments(window.padding, window.mode, window.constant)
    return (f"padded = np.pad(x, {pairs}{how})",), "padded"


def padding_arguments(
    padding: Sequence[tuple[int, int]], mode: PadMode | None, value: float
) -> tuple[str, str]:
    """Return the arguments of np.pad: pixels before and after each axis, and how they are made up."""
    pairs = f"({', '.join(f'({low}, {high})' for low, high in padding)})"
    if mode in _NUMPY_MODES:
        return pairs, f', mode="{_NUMPY_MODES[mode]}"'
    return pairs, f", constant_values={number(value)}" if value else ""


def reading(files: Files, *, gray: bool, signals: bool = True) -> Iterator[str]:
    """Return the lines that read the input: its ``pixels``, and ``x`` in floats.

    Arrays of one axis are refused unless the code takes `signals`.
    """
    name = quoted(files.input)
    if files.reads_numbers:
        yield f"pixels = np.load({name})"
        if signals:
            yield "# A signal is one row."
        else:
            yield "if pixels.ndim == 1:"
            yield '    raise SystemExit("a signal needs windows of one row, unpadded above and below")'
        array = "np.atleast_2d(pixels)" if signals else "pixels"
        yield f"x = {array}.astype(np.result_type(pixels, np.float32))"
        if gray:
            yield "if x.ndim == 3:"
            yield "    luma = np.array([0.299, 0.587, 0.114], x.dtype)"
            yield "    x = x[..., :3] @ luma if x.shape[2] > 2 else x[..., 0]"
        else:
            yield "x = x[..., 0] if x.shape[2:] == (1,) else x"
        return
    yield f"image = ImageOps.exif_transpose(Image.open({name}))"
    yield "# Transparency is left out; Pillow reads colours of 16 bits as 8 bits."
    if gray:
        yield 'image = image if image.mode[0] in "IF" else image.convert("L")'
    else:
        yield 'if image.mode[0] not in "IF":'
        yield '    image = image.convert("L" if image.mode in ("1", "L", "LA") else "RGB")'
    yield "pixels = np.asarray(image)"
    yield "x = pixels.astype(np.float32)"


def _filtered(operation: Filtering, tool: PythonTool) -> Slide:
    """Return the code of feature maps, or of the stages of a chain."""
    count = len(operation.parts)
    names = iter(["k"] if count == 1 else [f"k{place}" for place in range(1, count + 1)])
    constants, body = list[str](), list[str]()
    before: tuple[str, ...] = ()  # lines that need not be repeated, as ``x`` is the same
    value = ""
    for place, one in enumerate(operation.maps, 1):
        for index, part in enumerate(one.parts, 1):
            slide = tool.slide(part, next(names), operation.convolve)
            constants += slide.constants
            body += slide.lines if slide.lines != before else ()
            before = slide.lines
            value = slide.value + (f" + {number(part.bias)}" if part.bias else "")
            if one.how is not None:
                body.append(f"part{index} = {value}")
        if one.how is not None:
            value = _combined(len(one.parts), one.how, tool.module)
        if operation.several:
            body.append(f"y{place} = {value}")
        elif place < len(operation.maps):
            body.append(f"x = {value}")
            before = ()
    if operation.several:
        value = tool.stack.format(", ".join(f"y{place}" for place in range(1, len(operation.maps) + 1)))
    value += f" + {number(operation.bias)}" if operation.bias else ""
    return Slide(_once(constants), _once(body), value)


def _once(lines: Sequence[str]) -> tuple[str, ...]:
    """Leave out repeated comments."""
    return tuple(line for at, line in enumerate(lines) if not (line.startswith("#") and line in lines[:at]))


def _combined(count: int, how: Combine, module: str) -> str:
    """Return the value of ``part1`` and so on, combined by functions that NumPy and PyTorch both have."""
    parts = [f"part{place}" for place in range(1, count + 1)]
    names = ", ".join(parts)
    if how is Combine.SUM:
        return " + ".join(parts)
    if how is Combine.MAX:
        pair = f"{module}.maximum({names})"
        return pair if count == 2 else f"{module}.amax({module}.stack([{names}]), 0)"
    if how is Combine.MAGNITUDE:
        squares = " + ".join(f"{part}**2" for part in parts)
        return f"{module}.hypot({names})" if count == 2 else f"{module}.sqrt({squares})"
    if count != 2:
        raise UsageError(
            f"orientation needs two maps, not {count}", hint="use a pair such as sobel-x and sobel-y"
        )
    return f"{module}.rad2deg({module}.arctan2(part2 + 0.0, part1 + 0.0))"


def writing(
    files: Files, asked: RangeMode | None, *, several: bool = False, signals: bool = True
) -> Iterator[str]:
    """Return the lines that write ``y``; `several` feature maps lie along its third axis."""
    how, name = files.range(asked), quoted(files.output)
    if how.stretches and several:
        raise CannotTranslate(
            f"--range {how} stretches each feature map by itself", hint="translate them one by one"
        )
    numbers = files.reads_numbers and files.writes_numbers
    if how is not RangeMode.RAW:
        white = "1" if numbers else "255" if files.reads_numbers else None
        yield f"white = {white or '65535 if pixels.itemsize == 2 else 255'}"
    if line := _RANGES.get(RangeMode.SCALE if how.stretches else how):
        yield line.format(middle="0.5" if numbers else "(white + 1) / 2")
    if several:
        yield "y = y.reshape(*y.shape[:2], -1)  # the maps one after the other, as channels"
    elif numbers and signals:
        yield "y = y.ravel() if pixels.ndim == 1 else y"
    if files.writes_numbers:
        yield f"np.save({name}, {'y' if how is RangeMode.RAW else 'np.clip(y, 0, white)'})"
    else:
        yield "y = np.clip(np.rint(y), 0, white).astype(np.uint8 if white == 255 else np.uint16)"
        yield f"Image.fromarray(y).save({saved(files.output)})"


def with_imports(code: Sequence[str], imports: Mapping[str, str]) -> Iterator[str]:
    """Return `code` after the imports that it uses, as linters sort them: modules, then names by package."""
    text = "\n".join(line.partition("#")[0] for line in code)
    known = {**_IMPORTS, **imports}
    lines = sorted((known[name] for name in known if re.search(rf"\b{re.escape(name)}", text)), key=str.lower)
    yield from (line for line in lines if line.startswith("import "))
    froms = (line.split(" import ") for line in lines if line.startswith("from "))
    for package, names in groupby(froms, key=lambda line: line[0]):
        yield f"{package} import {', '.join(name for _, name in names)}"
    yield ""
    yield from code


def saved(name: str) -> str:
    """Return the arguments of Pillow's save: JPEG in the quality that convcli writes."""
    jpeg = name.lower().endswith((".jpg", ".jpeg"))
    return quoted(name) + (", quality=92, subsampling=0" if jpeg else "")


def quoted(name: str) -> str:
    """Return a file name as a string of Python, in double quotes where they need no escape."""
    return f'"{name}"' if name.isprintable() and not set('"\\') & set(name) else repr(name)
