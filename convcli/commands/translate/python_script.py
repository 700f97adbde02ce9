"""The frame of scripts in Python: imports, reading with Pillow, the maps, and writing .npy or a picture."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from convcli.choices import Combine, PadMode, RangeMode
from convcli.commands.translate.literals import array_lines, number
from convcli.commands.translate.operation import Files, Filtering, KernelPart, Operation, Pooling
from convcli.conventions import CONVENTIONS, border_name
from convcli.engine.window import NO_PADDING, Window
from convcli.errors import CannotTranslate, UsageError
from convcli.kernels.kernel import Array

__all__ = [
    "PythonTool",
    "Slide",
    "border_comment",
    "check_files",
    "cropped",
    "feature_maps",
    "imports_of",
    "kernel_lines",
    "native_border",
    "padded",
    "padding_arguments",
    "quoted",
    "reading",
    "saved",
    "script",
    "writing",
]

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


class Slide(NamedTuple):
    """How one result is computed from ``x``: lines for the module, lines before, and an expression."""

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
        Makes the code of one kernel: of the part, the kernel's name in the code, and whether the user asked
        for true convolution.
    pool
        Makes the code of pooling.
    planes
        Whether the code takes one channel, ``x`` of rows and columns, so that channels go one by one.
    """

    imports: Mapping[str, str]
    slide: Callable[[KernelPart, str, bool], Slide]
    pool: Callable[[Pooling], Slide]
    planes: bool = True


def script(operation: Operation, files: Files, tool: PythonTool, title: str) -> Iterator[str]:
    """Return the lines of a script."""
    if not isinstance(operation, Filtering | Pooling):
        raise CannotTranslate(f"{title} has no layers", hint="translate the stack with --to torch")
    check_files(files)
    constants, body = _body(operation, tool)
    before = list(reading(files, gray=operation.gray))
    several = feature_maps(operation, files)
    inline = operation.gray or not tool.planes
    if inline:
        work = [*body[:-1], f"y = {body[-1]}"]
    else:
        work = ["", "", "def filtered(x):", *(f"    {line}" for line in body[:-1]), f"    return {body[-1]}"]
        work += ["", ""]
        work += [
            "y = filtered(x) if x.ndim == 2 else np.stack([filtered(c) for c in np.moveaxis(x, 2, 0)], -1)"
        ]
    parts = [*before, *constants, *work, *writing(files, operation.range, several)]
    yield from imports_of(parts, {**_IMPORTS, **tool.imports})
    yield ""
    yield from parts


def feature_maps(operation: Filtering | Pooling, files: Files) -> int:
    """Return the number of several feature maps, else 0; a UsageError where the output cannot hold them."""
    if not isinstance(operation, Filtering) or operation.chain or len(operation.maps) == 1:
        return 0
    if not files.writes_numbers:
        raise UsageError(
            f"{files.output!r} holds one picture, and these are {len(operation.maps)} feature maps",
            hint="--output a .npy, whose channels they are, or --combine them",
        )
    return len(operation.maps)


def check_files(files: Files) -> None:
    """Refuse files that are neither pictures nor .npy."""
    for option, name in (("--input", files.input), ("--output", files.output)):
        if name == "-" or name.lower().endswith((".npz", ".csv", ".tsv", ".json", ".pfm", ".zarr", ".zip")):
            raise UsageError(
                f"{option} {name!r}: the script reads and writes pictures and .npy", hint="name such a file"
            )


def kernel_lines(
    name: str, weights: Array, dtype: str = "", *, convolve: bool
) -> tuple[tuple[str, ...], str]:
    """Return lines that define a kernel, and the expression that correlation takes."""
    if not convolve or (weights == weights[::-1, ::-1]).all():
        return tuple(array_lines(name, weights, dtype)), name
    lines = array_lines(name, weights[::-1, ::-1] + 0.0, dtype)
    return ("# True convolution: the kernel is rotated by 180 degrees.", *lines), f"{name}[::-1, ::-1]"


def border_comment(tool: str, window: Window) -> Iterator[str]:
    """Return a comment where the tool has another name for the padding mode."""
    name = border_name(tool, str(window.mode))
    if name not in (None, window.mode) and window.padding != NO_PADDING:
        yield f"# {CONVENTIONS[tool].title}'s mode {name!r} is convcli's {window.mode}."


def padded(window: Window, *, constant: float | None = None) -> tuple[tuple[str, ...], str]:
    """Return the line that pads ``x`` with NumPy, and the name of the result; no line without padding.

    It is padded by a `constant` where one is given, else as the window says.
    """
    if window.padding == NO_PADDING or window.mode is PadMode.VALID:
        return (), "x"
    mode, value = (window.mode, window.constant) if constant is None else (PadMode.CONSTANT, constant)
    pairs, how = padding_arguments(window.padding, mode, value)
    return (f"padded = np.pad(x, {pairs}{how})",), "padded"


def padding_arguments(
    padding: Sequence[tuple[int, int]], mode: PadMode | None, value: float
) -> tuple[str, str]:
    """Return the arguments of np.pad: pixels before and after each axis, and how they are made up."""
    pairs = f"({', '.join(f'({low}, {high})' for low, high in padding)})"
    if mode in _NUMPY_MODES:
        return pairs, f', mode="{_NUMPY_MODES[mode]}"'
    return pairs, f", constant_values={number(value)}" if value else ""


def native_border(window: Window) -> bool:
    """Whether a filter that keeps the size has all results: no padding is beyond the window's reach."""
    return all(sum(sides) <= span - 1 for sides, span in zip(window.padding, window.span, strict=True))


def cropped(window: Window) -> str:
    """Return the index that leaves the results whose windows fit, and every so many of them."""
    ends = (sum(sides) - span + 1 for sides, span in zip(window.padding, window.span, strict=True))
    slices = [
        f":{end or ''}{f':{step}' if step > 1 else ''}" for end, step in zip(ends, window.stride, strict=True)
    ]
    return "" if slices == [":", ":"] else f"[{', '.join(slices)}]"


def reading(files: Files, *, gray: bool) -> Iterator[str]:
    """Return the lines that read the input: its ``pixels``, and ``x`` in floats."""
    name = quoted(files.input)
    if files.reads_numbers:
        yield f"pixels = np.load({name})"
        yield "# A signal is one row."
        yield "x = np.atleast_2d(pixels).astype(np.result_type(pixels, np.float32))"
        if gray:
            yield "x = x if x.ndim == 2 else x[..., :3] @ np.array([0.299, 0.587, 0.114], x.dtype)"
        return
    yield f"image = ImageOps.exif_transpose(Image.open({name}))"
    if gray:
        yield "# Pillow reads colours of 16 bits as 8 bits."
        yield 'image = image if image.mode[0] in "IF" else image.convert("L")'
    else:
        yield "# Palettes become RGB, transparency is left out; Pillow reads colours of 16 bits as 8 bits."
        yield 'modes = {"1": "L", "LA": "L", "P": "RGB", "PA": "RGB", "RGBA": "RGB"}'
        yield "image = image.convert(modes.get(image.mode, image.mode))"
    yield "pixels = np.asarray(image)"
    yield "x = pixels.astype(np.float32)"


def _body(operation: Filtering | Pooling, tool: PythonTool) -> tuple[list[str], list[str]]:
    """Return lines for the module, and those that compute the result of ``x``: the last is its expression."""
    if isinstance(operation, Pooling):
        slide = tool.pool(operation)
        return list(slide.constants), [*slide.lines, slide.value]
    constants, body = list[str](), list[str]()
    count = sum(len(one.parts) for one in operation.maps)
    names = iter(["k"] if count == 1 else [f"k{place}" for place in range(1, count + 1)])
    values = list[str]()
    before: tuple[str, ...] = ()  # lines whose names still hold
    for place, one in enumerate(operation.maps, 1):
        parts = list[str]()
        for part in one.parts:
            if part.weights.ndim != 2:
                raise CannotTranslate(
                    "the kernel is a sum over channels, as layers have it",
                    hint="translate it with --to torch",
                )
            slide = tool.slide(part, next(names), operation.convolve)
            constants += slide.constants
            if slide.lines != before:
                body += [line for line in slide.lines if not (line.startswith("#") and line in body)]
                before = slide.lines
            parts.append(slide.value + (f" + {number(part.bias)}" if part.bias else ""))
            if one.how is not None:
                body.append(f"part{len(parts)} = {parts[-1]}")
        value = parts[0] if one.how is None else _combined(len(parts), one.how)
        if operation.chain and place < len(operation.maps):
            body.append(f"x = {value}")
            before = ()
        elif operation.chain or len(operation.maps) == 1:
            values.append(value)
        else:
            body.append(f"y{place} = {value}")
            values.append(f"y{place}")
    value = values[0] if len(values) == 1 else f"np.stack([{', '.join(values)}], 2)"
    added = f" + {number(operation.bias)}" if operation.bias else ""
    return constants, [*body, f"{value}{added}"]


def _combined(count: int, how: Combine) -> str:
    """Return the value of ``part1`` and so on, combined."""
    names = ", ".join(f"part{place}" for place in range(1, count + 1))
    if how is Combine.SUM:
        return names.replace(", ", " + ")
    if how is Combine.MAX:
        return f"np.maximum.reduce([{names}])"
    if how is Combine.ORIENTATION:
        if count != 2:
            raise UsageError(
                f"orientation needs two maps, not {count}", hint="use a pair such as sobel-x and sobel-y"
            )
        return "np.rad2deg(np.arctan2(part2 + 0.0, part1 + 0.0))"
    return f"np.hypot({names})" if count == 2 else f"np.sqrt(sum(np.square(part) for part in ({names},)))"


def writing(files: Files, asked: RangeMode | None, several: int) -> Iterator[str]:
    """Return the lines that write ``y``, with the number of maps along its third axis if there are any."""
    how, name = files.range(asked), quoted(files.output)
    if how is not RangeMode.RAW:
        yield _white(files)
    if how is RangeMode.ABS:
        yield "y = np.abs(y)"
    elif how is RangeMode.CENTER:
        yield "y = y + (0.5 if white == 1 else (white + 1) / 2)"
    elif how is RangeMode.UNIT:
        yield "y = y * white"
    elif how.stretches and several:
        raise CannotTranslate(
            f"--range {how} stretches each feature map by itself", hint="translate them one by one"
        )
    elif how.stretches:
        yield "y = (y - y.min()) * (white / (np.ptp(y) or np.inf))"
    if several:
        yield "y = y.reshape(*y.shape[:2], -1)  # the maps one after the other, as channels"
    elif files.reads_numbers and files.writes_numbers:
        yield "y = y.ravel() if pixels.ndim == 1 else y"
    if how is RangeMode.RAW:
        yield f"np.save({name}, y)"
    elif files.writes_numbers:
        yield f"np.save({name}, np.clip(y, 0, white))"
    else:
        yield "y = np.clip(np.rint(y), 0, white).astype(np.uint8 if white == 255 else np.uint16)"
        yield f"Image.fromarray(y).save({saved(files.output)})"


def _white(files: Files) -> str:
    if not files.reads_numbers:
        return "white = 65535 if pixels.itemsize == 2 else 255"
    return "white = 1" if files.writes_numbers else "white = 255"


def imports_of(code: list[str], imports: Mapping[str, str]) -> Iterator[str]:
    """Return the imports that `code` uses, as linters sort them: modules first, one line for each package."""
    text = "\n".join(line.partition("#")[0] for line in code)
    found = (line for used, line in imports.items() if re.search(rf"\b{re.escape(used)}", text))
    lines = sorted(found, key=str.lower)
    yield from (line for line in lines if line.startswith("import "))
    froms = (line.split(" import ") for line in lines if line.startswith("from "))
    for package, several in groupby(froms, key=lambda pair: pair[0]):
        yield f"{package} import {', '.join(name for _, name in several)}"


def saved(name: str) -> str:
    """Return the arguments of Pillow's save: JPEG in the quality that convcli writes."""
    jpeg = name.lower().endswith((".jpg", ".jpeg"))
    return quoted(name) + (", quality=92, subsampling=0" if jpeg else "")


def quoted(name: str) -> str:
    """Return a file name as a string of Python, in double quotes where they need no escape."""
    return f'"{name}"' if name.isprintable() and not set('"\\') & set(name) else repr(name)
