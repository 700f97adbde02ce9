"""ImageMagick: signed results go by way of mid-grey, as its pixels have no sign."""

import math
from collections.abc import Iterator

import numpy as np

from convcli.choices import Combine, PadMode, PoolMode, RangeMode
from convcli.commands.translate.literals import number, quotient
from convcli.commands.translate.operation import Files, Operation
from convcli.commands.translate.recognised import gaussian_sigmas
from convcli.commands.translate.targets.picture_tools import (
    WHITE,
    Pooled,
    Slide,
    command,
    level,
    mean_weights,
    plain_name,
    plan,
)
from convcli.conventions import CONVENTIONS, border_name
from convcli.engine.window import NO_PADDING, Window
from convcli.errors import CannotTranslate
from convcli.kernels.kernel import Array

__all__ = ["code"]

TITLE = CONVENTIONS["imagemagick"].title
# Characters of file names that ImageMagick reads as something else.
SPECIAL = "%:[]*?@"
# Largest sum of absolute weights: the rounding of 16 bits with a sign is then a quarter of a level.
MOST_GAIN = 64.0
# What takes pixels from beyond the picture, or some of them, without computing new ones.
_VIEWPORT = ["-filter", "point", "-set", "option:distort:viewport"]


def code(operation: Operation, files: Files) -> Iterator[str]:
    """Return a command line."""
    how, gray, slides, pooled = plan(operation, files, TITLE, ranks=True)
    source, target = (plain_name(name, SPECIAL, TITLE) for name in (files.input, files.output))
    # With transparency, ImageMagick weighs colours by it.
    comments, groups = ["Transparency is left out."], [["convert", source, "-alpha", "off"]]
    if not source.lower().endswith(".png"):
        groups[0].append("-auto-orient")
    if gray:
        comments.append("Luma in whole levels; the weights of -grayscale Rec601Luma are other ones.")
        groups.append(["-fx", "floor((19595*r+38470*g+7471*b)*255/65536+0.500005)/255"])
    if pooled:
        groups += _pooled(pooled, how, comments)
    for slide in slides[:-1]:
        _check_stage(slide)
        groups += _slide(slide, RangeMode.CLIP, comments, several=True)
    for slide in slides[-1:]:
        groups += _slide(slide, how, comments, several=len(slides) > 1)
    groups.append([target])
    yield from command(comments, groups)


def _check_stage(slide: Slide) -> None:
    """Refuse a chain whose results between two kernels leave the range of pixels: they would be cut."""
    weights = slide.weights[0]
    if slide.how is not None or slide.biases[0] or weights.min() < 0 or weights.sum() > 1 + 1e-9:
        raise CannotTranslate(
            f"{TITLE} cuts what lies below black or above white after each kernel of --chain",
            hint="translate it with --to vips or --to gmic, which keep it",
        )


def _slide(slide: Slide, how: RangeMode, comments: list[str], *, several: bool) -> Iterator[list[str]]:
    window = slide.window
    native = slide.same and window.mode is not PadMode.REFLECT
    yield from _bordered(window, comments, native=native)
    gain, offset = level(how)
    if not slide.symmetric and not slide.turned:
        comments.append("Convolve would rotate the kernel by 180 degrees; Correlate does not.")
    if not slide.odd:
        comments.append("The origin of the even kernel, +X+Y, is where convcli has it.")
    if slide.how is None and how not in (RangeMode.ABS, RangeMode.SCALE):
        added = slide.biases[0] * gain + offset
        if added:
            comments.append("The bias is in percent of white, which is 255 here.")
        kernel = slide.written(rotated=slide.turned)[0] * gain
        yield _convolved(kernel, added / WHITE, turned=slide.turned, several=several)
    else:
        yield from _signed(slide, how, comments, several=several)
    if not native:
        yield _cropped((window.size[0] - 1) // 2, (window.size[1] - 1) // 2, window.size)
    yield _strided(window)
    if how is RangeMode.SCALE:
        yield ["-auto-level"]


def _signed(slide: Slide, shown: RangeMode, comments: list[str], *, several: bool) -> Iterator[list[str]]:
    """Return the words for results with a sign: scaled to lie around mid-grey, then one expression."""
    if slide.how not in (None, Combine.MAGNITUDE) or (slide.how and shown is RangeMode.SCALE):
        raise CannotTranslate(
            f"{TITLE}'s pixels have no sign for --combine {slide.how} --range {shown}",
            hint="translate it with --to vips or --to gmic, which have floats",
        )
    gains = [max(float(np.abs(weights).sum()), 1.0) for weights in slide.weights]
    if math.hypot(*gains) > MOST_GAIN:
        raise CannotTranslate(
            f"{TITLE}'s 16 bits are too few for weights whose absolute sum is {math.hypot(*gains):g}",
            hint="translate it with --to vips or --to gmic, which have floats",
        )
    comments.append("Pixels have no sign: results are scaled to lie around mid-grey, and taken from there.")
    many = len(gains) > 1
    calls = [
        _convolved(weights / (2 * gain), 0.5, turned=slide.turned, several=several or many)
        for weights, gain in zip(slide.written(rotated=slide.turned), gains, strict=True)
    ]
    if many:
        yield from (["(", "-clone", "0", *call, ")"] for call in calls)
        yield ["-delete", "0"]
    else:
        yield calls[0]
    if shown is RangeMode.SCALE:  # stretched as it is
        comments.append("-auto-level leaves a picture of one value as it is.")
        return
    terms = [
        f"(u[{at}]-0.5)*{number(2 * gain)}{_plus(bias)}"
        for at, (gain, bias) in enumerate(zip(gains, slide.biases, strict=True))
    ]
    value = f"sqrt({'+'.join(f'({term})^2' for term in terms)})" if slide.how else terms[0]
    value += _plus(slide.bias)
    gain, offset = level(shown)
    value = f"abs({value})" if shown is RangeMode.ABS else value
    yield ["-fx", (value if gain == 1 else f"({value})*{number(gain)}") + _plus(offset)]


def _plus(levels: float) -> str:
    return f"{levels / WHITE:+.17g}" if levels else ""


def _convolved(weights: Array, bias: float, *, turned: bool = False, several: bool = False) -> list[str]:
    """Return the words that slide one kernel, its origin where convcli has it."""
    sigmas = gaussian_sigmas(weights)
    if sigmas is not None and sigmas[0] == sigmas[1] and weights.shape[0] == weights.shape[1] and not bias:
        blur = ["-gaussian-blur", f"{weights.shape[0] // 2}x{number(sigmas[0])}"]
        return ["-define", "convolve:scale=1", *blur] if several else blur
    rows, columns = weights.shape
    top, left = (rows - 1 + turned) // 2, (columns - 1 + turned) // 2
    whole, divisor = quotient(weights)
    words = []
    if bias:
        words += ["-define", f"convolve:bias={number(100 * bias)}%"]
    if divisor > 1 or several:  # what one kernel is scaled by holds for the next
        words += ["-define", f"convolve:scale={number(1 / divisor)}"]
    origin = "" if rows % 2 and columns % 2 else f"+{left}+{top}"
    text = " ".join(",".join(map(number, row)) for row in whole)
    call = "Convolve" if turned else "Correlate"
    return [*words, "-morphology", call, f"{columns}x{rows}{origin}: {text}"]


def _bordered(window: Window, comments: list[str], *, native: bool) -> Iterator[list[str]]:
    """Return the words that choose the border, or pad the picture where the border does not do."""
    if window.padding == NO_PADDING or window.mode is None:
        return
    (top, bottom), (left, right) = window.padding
    reflect = window.mode is PadMode.REFLECT
    name = border_name("imagemagick", PadMode.SYMMETRIC if reflect else window.mode) or "background"
    words = ["-virtual-pixel", name.capitalize()]
    if reflect:
        comments.append("Mirror repeats the pixels at the edges, which -chop takes out again.")
        comments.append("The picture must be larger than the padding.")
        top, bottom, left, right = top + 1, bottom + 1, left + 1, right + 1
    elif window.mode is not PadMode.CONSTANT:
        comments.append(f"{name.capitalize()} is convcli's {window.mode}.")
    elif 0 <= window.constant <= WHITE:
        value = number(window.constant)
        words += ["-background", f"rgb({value},{value},{value})"]
    else:
        raise CannotTranslate(
            f"{TITLE} has no pixels of {number(window.constant)}, which is --pad-value", hint="use 0 to 255"
        )
    if not native:
        size = f"%[fx:w+{left + right}]x%[fx:h+{top + bottom}]{-left:+d}{-top:+d}"
        words += [*_VIEWPORT, size, "-distort", "SRT", "0", "+repage"]
    yield words
    if reflect:
        ends = ("NorthWest", left - 1, top - 1), ("SouthEast", right - 1, bottom - 1)
        yield [word for end, x, y in ends for word in ("-gravity", end, "-chop", f"1x1+{x}+{y}")]


def _cropped(top: int, left: int, size: tuple[int, int]) -> list[str]:
    """Return the words that leave the results whose windows lie inside, `top` and `left` before them."""
    bottom, right = size[0] - 1 - top, size[1] - 1 - left
    if (top, left) == (bottom, right):
        return ["-shave", f"{left}x{top}", "+repage"] if top or left else []
    words = ["-gravity", "NorthWest", "-chop", f"{left}x{top}"] if top or left else []
    return [*words, *(["-gravity", "SouthEast", "-chop", f"{right}x{bottom}"] if bottom or right else [])]


def _strided(window: Window) -> list[str]:
    """Return the words that take every so many results, the first one first."""
    if window.stride == (1, 1):
        return []
    down, along = window.stride
    size = f"%[fx:ceil(w/{along})]x%[fx:ceil(h/{down})]+0+0"
    return [*_VIEWPORT, size, "-distort", "SRT", f"0.5,0.5 {1 / along!r},{1 / down!r} 0 0.5,0.5", "+repage"]


def _pooled(how: Pooled, shown: RangeMode, comments: list[str]) -> Iterator[list[str]]:
    window = how.window
    yield from _bordered(window, comments, native=False)
    rows, columns = window.span
    top, left = (rows - 1) // 2, (columns - 1) // 2
    if how.mode is PoolMode.AVG:
        yield _convolved(mean_weights(window), 0.0)
    elif how.mode is not PoolMode.MEDIAN:
        name = "Erode" if how.mode is PoolMode.MIN else "Dilate"
        yield ["-morphology", name, f"Rectangle:{columns}x{rows}"]
        if how.mode is PoolMode.MAX:
            top, left = rows // 2, columns // 2  # Dilate turns the window
    else:
        yield ["-statistic", "Median", f"{columns}x{rows}"]
    yield _cropped(top, left, window.span)
    yield _strided(window)
    gain, offset = level(shown)
    if shown is RangeMode.SCALE:
        yield ["-auto-level"]
    elif gain != 1:
        yield ["-evaluate", "Multiply", number(gain)]
    elif offset:
        yield ["-evaluate", "Add", f"{number(100 * offset / WHITE)}%"]
