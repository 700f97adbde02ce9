"""MATLAB, and Octave with its package image: `imfilter` where its borders will do, else `convn`."""

from collections.abc import Iterator

from convcli.choices import Combine, PadMode, RangeMode
from convcli.commands.translate.literals import MOST_COLUMNS, number
from convcli.commands.translate.operation import Files, Operation
from convcli.commands.translate.recognised import gaussian_sigmas
from convcli.commands.translate.targets.picture_tools import Rank, Slide, keeps_size, luma, matrix_text, plan
from convcli.conventions import CONVENTIONS, border_name
from convcli.engine.window import NO_PADDING, Window
from convcli.errors import CannotTranslate
from convcli.kernels.kernel import Array

__all__ = ["code"]

TITLE = CONVENTIONS["matlab"].title
_RANGES = {
    RangeMode.ABS: ("y = abs(y);",),
    RangeMode.CENTER: ("y = y + (double(intmax(class(im))) + 1) / 2;",),
    RangeMode.UNIT: ("y = y * double(intmax(class(im)));",),
    RangeMode.SCALE: (
        "y = y - min(y(:));",
        "y = y * (double(intmax(class(im))) / max(max(y(:)), realmin));",
    ),
}


def code(operation: Operation, files: Files) -> Iterator[str]:
    """Return a script."""
    how, gray, steps = plan(operation, files, TITLE, even_median=True)
    lines = list[str]()
    for place, step in enumerate(steps):
        lines += [*(["x = y;"] if place else []), *(_slide(step) if isinstance(step, Slide) else _rank(step))]
    if any(word in line for line in lines for word in ("imfilter", "padarray", "fspecial")):
        yield "% In Octave, first: pkg load image"
    yield "% imread leaves out EXIF orientation, and gives no levels for palettes and black-and-white."
    yield f"im = imread({_quoted(files.input)});"
    yield "x = double(im);"
    if gray:
        yield "if size(x, 3) == 3  % luma in whole levels; rgb2gray's weights are other ones"
        yield f"  x = floor(({luma('x(:,:,1)', 'x(:,:,2)', 'x(:,:,3)')} + 32768) / 65536);"
        yield "end"
    yield from lines
    yield from _RANGES.get(how, ())
    yield f"imwrite(cast(y, class(im)), {_quoted(files.output)});  % cast rounds and saturates"


def _slide(slide: Slide) -> Iterator[str]:
    """Return the lines that make ``y``, one feature map of ``x``."""
    window = slide.window
    native = keeps_size(window) and window.mode is not PadMode.REFLECT
    if native:
        border = "" if _border(window) == "0" else f", {_border(window)}"
        border += ", 'conv'" if slide.convolve else ""
        call = f"imfilter(x, {{}}{border})"
        if window.mode is PadMode.WRAP:
            yield f"% MATLAB's {_border(window)} is convcli's wrap."
    else:
        yield from _padded(window)
        call = "convn(x, {}, 'valid')"
        if not slide.convolve:
            call = "convn(x, rot90({}, 2), 'valid')"
            yield "% convn is true convolution, so kernels are rotated first."
    made = list[str]()
    for place, (weights, bias) in enumerate(zip(slide.weights, slide.biases, strict=True), 1):
        name = f"k{place}" if slide.how else "k"
        yield from _literal(name, weights)
        made.append(call.format(name) + _plus(bias))
    if slide.how is not None:
        yield from (f"y{place} = {value};" for place, value in enumerate(made, 1))
        made = [_combined([f"y{place}" for place in range(1, len(made) + 1)], slide.how)]
    yield f"y = {made[0]}{_plus(slide.bias)};"
    if window.stride != (1, 1):
        yield "y = y(1:{}:end, 1:{}:end, :);  % MATLAB's filters have no stride".format(*window.stride)


def _border(window: Window) -> str:
    if window.mode in (PadMode.ZERO, PadMode.CONSTANT):
        return number(window.constant)
    return f"'{border_name('matlab', str(window.mode))}'"


def _combined(names: list[str], how: Combine) -> str:
    if how is Combine.SUM:
        return " + ".join(names)
    if how is Combine.MAX:
        return f"max(cat(4, {', '.join(names)}), [], 4)"
    return f"sqrt({' + '.join(f'{name}.^2' for name in names)})"


def _padded(window: Window) -> Iterator[str]:
    """Return the lines that pad ``x``; padarray pads opposite sides alike."""
    if window.padding == NO_PADDING:
        return
    (top, bottom), (left, right) = window.padding
    if window.mode is PadMode.REFLECT:
        rows, columns = (f"[{a + 1}:-1:2, 1:end, end-1:-1:end-{b}]" for a, b in window.padding)
        yield "% padarray's 'symmetric' repeats the edge pixels; these indices do not."
        yield "% The picture must be larger than the padding."
        yield f"x = x({rows}, {columns}, :);"
        return
    down, across = max(top, bottom), max(left, right)
    yield f"x = padarray(x, [{down} {across}], {_border(window)});"
    if (top, left) != (bottom, right):
        rows = f"{down - top + 1}:end-{down - bottom}"
        columns = f"{across - left + 1}:end-{across - right}"
        yield f"x = x({rows}, {columns}, :);".replace("end-0", "end")


def _literal(name: str, weights: Array) -> Iterator[str]:
    sigmas = gaussian_sigmas(weights)
    if sigmas is not None and sigmas[0] == sigmas[1]:
        yield "{} = fspecial('gaussian', [{} {}], {});".format(name, *weights.shape, number(sigmas[0]))
        return
    text, divisor = matrix_text(weights, " ", "; ")
    line = f"{name} = [{text}]" + (f" / {divisor};" if divisor > 1 else ";")
    yield from [line] if len(line) <= MOST_COLUMNS else line.replace("; ", "\n  ").split("\n")


def _rank(rank: Rank) -> Iterator[str]:
    window = rank.window
    yield from _padded(window)
    (rows, columns), (down, along) = window.size, window.stride
    yield "w = [];  % the pixels of each window, along the fourth axis"
    yield f"for i = 1:{rows}"
    yield f"  for j = 1:{columns}"
    yield f"    w = cat(4, w, x(i:{down}:end-{rows}+i, j:{along}:end-{columns}+j, :));"
    yield "  end"
    yield "end"
    yield "y = median(w, 4);" if rank.mode == "median" else f"y = {rank.mode}(w, [], 4);"


def _plus(value: float) -> str:
    return f" {'+' if value > 0 else '-'} {number(abs(value))}" if value else ""


def _quoted(name: str) -> str:
    if not name.isprintable():
        raise CannotTranslate(f"MATLAB cannot read the file name {name!r}", hint="choose another name")
    return "'" + name.replace("'", "''") + "'"
