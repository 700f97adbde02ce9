"""MATLAB, and Octave with its package image: `imfilter` where its borders will do, else `convn`."""

from collections.abc import Iterator

from convcli.choices import Combine, PadMode, PoolMode, RangeMode
from convcli.commands.translate.literals import MOST_COLUMNS, number, quotient
from convcli.commands.translate.operation import Files, Operation
from convcli.commands.translate.recognised import gaussian_sigmas
from convcli.commands.translate.targets.picture_tools import Pooled, Slide, plan
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
    how, gray, slides, pooled = plan(operation, files, TITLE)
    lines = list(_pooled(pooled)) if pooled else []
    for place, slide in enumerate(slides):
        lines += [*(["x = y;"] if place else []), *_slide(slide)]
    if any(word in line for line in lines for word in ("imfilter", "padarray", "fspecial")):
        yield "% In Octave, first: pkg load image"
    if not files.input.lower().endswith(".png"):
        yield "% imread may leave the orientation in EXIF data alone."
    yield f"im = imread({_quoted(files.input)});"
    yield "x = double(im);"
    if gray:
        yield "if size(x, 3) == 3  % luma in whole levels; rgb2gray's weights are other ones"
        yield "  x = floor((19595*x(:,:,1) + 38470*x(:,:,2) + 7471*x(:,:,3) + 32768) / 65536);"
        yield "end"
    yield from lines
    yield from _RANGES.get(how, ())
    yield f"imwrite(cast(y, class(im)), {_quoted(files.output)});  % cast rounds and saturates"


def _slide(slide: Slide) -> Iterator[str]:
    """Return the lines that make ``y``, one feature map of ``x``."""
    window = slide.window
    native = window.mode not in (PadMode.REFLECT, PadMode.VALID) and slide.same
    # True convolution has even kernels one pixel further.
    native = native and (slide.odd or not slide.turned)
    if not native:
        yield from _padded(window)
        if not slide.turned and not slide.symmetric:
            yield "% convn is true convolution, so kernels are rotated first."
    elif window.mode is PadMode.WRAP:
        yield f"% MATLAB's {_border(window)} is convcli's wrap."
    made = list[str]()
    for place, weights in enumerate(slide.written(rotated=slide.turned), 1):
        name = f"k{place}" if slide.how else "k"
        yield from _literal(name, weights)
        if native:
            border = "" if _border(window) == "0" else f", {_border(window)}"
            value = f"imfilter(x, {name}{border}" + (", 'conv')" if slide.turned else ")")
        else:
            kernel = name if slide.turned or slide.symmetric else f"rot90({name}, 2)"
            value = f"convn(x, {kernel}, 'valid')"
        made.append(value + _plus(slide.biases[place - 1]))
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
    """Return the lines that pad ``x``: opposite sides alike, then cut to what each side needs."""
    if window.padding == NO_PADDING:
        return
    (top, bottom), (left, right) = window.padding
    down, across = max(top, bottom), max(left, right)
    if window.mode is PadMode.REFLECT:
        yield "% 'symmetric' repeats the pixels at the edges, which are taken out again."
        yield "% The picture must be larger than the padding."
        yield f"x = padarray(x, [{down + 1} {across + 1}], 'symmetric');"
        yield f"x([{down + 1} end-{down}], :, :) = [];"
        yield f"x(:, [{across + 1} end-{across}], :) = [];"
    else:
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
    whole, divisor = quotient(weights)
    rows = [" ".join(map(number, row)) for row in whole]
    end = f" / {divisor};" if divisor > 1 else ";"
    line = f"{name} = [{'; '.join(rows)}]{end}"
    if len(line) <= MOST_COLUMNS:
        yield line
    else:
        yield from (f"{name} = [", *(f"  {row}" for row in rows), f"]{end}")


def _pooled(how: Pooled) -> Iterator[str]:
    window = how.window
    yield from _padded(window)
    sides = zip("ij", window.stride, window.dilation, window.span, strict=True)
    offsets, ranges = zip(
        *(
            (f"0:{gap}:{span - 1}" if gap > 1 else f"0:{span - 1}", f"1+{at}:{step}:end-{span - 1}+{at}")
            for at, step, gap, span in sides
        ),
        strict=True,
    )
    yield "w = [];  % the pixels of each window, along the fourth axis"
    yield f"for i = {offsets[0]}"
    yield f"  for j = {offsets[1]}"
    yield f"    w = cat(4, w, x({', '.join(ranges)}, :));"
    yield "  end"
    yield "end"
    if how.mode in (PoolMode.MAX, PoolMode.MIN):
        yield f"y = {how.mode}(w, [], 4);"
    elif how.mode is not PoolMode.LP:
        yield f"y = {'median' if how.mode is PoolMode.MEDIAN else 'mean'}(w, 4);"
    elif how.power == float("inf"):
        yield "y = max(abs(w), [], 4);"
    else:
        yield f"y = sum(abs(w).^{number(how.power)}, 4).^(1/{number(how.power)});"


def _plus(value: float) -> str:
    if not value:
        return ""
    return f" {'+' if value > 0 else '-'} {number(abs(value))}"


def _quoted(name: str) -> str:
    if not name.isprintable():
        raise CannotTranslate(f"MATLAB cannot read the file name {name!r}", hint="choose another name")
    return "'" + name.replace("'", "''") + "'"
