"""ImageMagick: signed results go by way of mid-grey, as its pixels have no sign."""

import math
from collections.abc import Iterator

import numpy as np

from convcli.choices import Combine, PadMode, PoolMode, RangeMode
from convcli.commands.translate.literals import number
from convcli.commands.translate.operation import Files, Operation
from convcli.commands.translate.recognised import gaussian_sigmas
from convcli.commands.translate.targets.picture_tools import (
    WHITE,
    Rank,
    Slide,
    command,
    gain_and_offset,
    keeps_size,
    luma,
    matrix_text,
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
# The advice where pixels of 16 bits without a sign will not do.
_WITH_FLOATS = "translate it with --to vips or --to gmic, which have floats"
# Options before a size and offset: pixels are copied, from beyond the picture too, not interpolated.
_VIEWPORT = ["-filter", "point", "-set", "option:distort:viewport"]


def code(operation: Operation, files: Files) -> Iterator[str]:
    """Return a command line."""
    how, gray, steps = plan(operation, files, TITLE)
    source, target = (plain_name(name, SPECIAL, TITLE) for name in (files.input, files.output))
    # With transparency, ImageMagick weighs colours by it.
    comments = ["Transparency is left out, and the orientation in the EXIF data of a PNG."]
    groups = [["convert", source, "-auto-orient", "-alpha", "off"]]
    if gray:
        comments.append("Luma in whole levels; the weights of -grayscale Rec601Luma are other ones.")
        groups.append(["-fx", f"floor(({luma('r', 'g', 'b')})*255/65536+0.500005)/255"])
    for place, step in enumerate(steps):
        last = place == len(steps) - 1
        if not last:
            _check_stage(step)
        native = (
            isinstance(step, Slide) and keeps_size(step.window) and step.window.mode is not PadMode.REFLECT
        )
        groups += _bordered(step.window, comments, native=native)
        if isinstance(step, Slide):
            groups += _slide(step, how if last else RangeMode.CLIP, comments, several=len(steps) > 1)
        else:
            groups += _rank(step, how)
        groups.append(_taken((1, 1) if native else step.window.size, step))
    groups.append(["-auto-level"] if how is RangeMode.SCALE else [])
    groups.append([target])
    yield from command(comments, groups)


def _check_stage(step: Slide | Rank) -> None:
    """Refuse a chain whose results between two kernels leave the range of pixels: they would be cut."""
    if isinstance(step, Slide) and step.how is None and not step.biases[0]:
        weights = step.weights[0]
        if weights.min() >= 0 and weights.sum() <= 1 + 1e-9:
            return
    raise CannotTranslate(
        f"{TITLE} cuts values below black and above white after each kernel of --chain",
        hint=_WITH_FLOATS,
    )


def _slide(slide: Slide, how: RangeMode, comments: list[str], *, several: bool) -> Iterator[list[str]]:
    if not slide.convolve and any((weights != weights[::-1, ::-1]).any() for weights in slide.weights):
        comments.append("Convolve would rotate the kernel by 180 degrees; Correlate does not.")
    if any(side % 2 == 0 for side in slide.window.size):
        comments.append("The origin of the even kernel, +X+Y, is where convcli has it.")
    if slide.how or how in (RangeMode.ABS, RangeMode.SCALE):
        yield from _signed(slide, how, comments, several=several)
        return
    gain, offset = gain_and_offset(how)
    added = slide.biases[0] * gain + offset
    if added:
        comments.append("The bias is in percent of white, which is 255 here.")
    yield _slid(slide.weights[0] * gain, added / WHITE, slide.convolve, several=several)


def _signed(slide: Slide, shown: RangeMode, comments: list[str], *, several: bool) -> Iterator[list[str]]:
    """Return the words for results with a sign: scaled to lie around mid-grey, then one expression."""
    if slide.how not in (None, Combine.MAGNITUDE) or (slide.how and shown is RangeMode.SCALE):
        raise CannotTranslate(
            f"{TITLE}'s pixels have no sign for --combine {slide.how} --range {shown}", hint=_WITH_FLOATS
        )
    gains = [max(float(np.abs(weights).sum()), 1.0) for weights in slide.weights]
    if math.hypot(*gains) > MOST_GAIN:
        raise CannotTranslate(
            f"{TITLE}'s 16 bits are too few for weights whose absolute sum is {math.hypot(*gains):g}",
            hint=_WITH_FLOATS,
        )
    comments.append("Pixels have no sign: results are scaled to lie around mid-grey, and taken from there.")
    scaled = [weights / (2 * gain) for weights, gain in zip(slide.weights, gains, strict=True)]
    if len(scaled) > 1:
        parts = (_slid(one, 0.5, slide.convolve, several=True) for one in scaled)
        yield from (["(", "-clone", "0", *words, ")"] for words in parts)
        yield ["-delete", "0"]
    else:
        yield _slid(scaled[0], 0.5, slide.convolve, several=several)
    if shown is RangeMode.SCALE:  # stretched as it is
        comments.append("-auto-level leaves a picture of one value as it is.")
        return
    terms = [
        f"(u[{at}]-0.5)*{number(2 * gain)}{_plus(bias)}"
        for at, (gain, bias) in enumerate(zip(gains, slide.biases, strict=True))
    ]
    value = f"sqrt({'+'.join(f'({term})^2' for term in terms)})" if slide.how else terms[0]
    value += _plus(slide.bias)
    gain, offset = gain_and_offset(shown)
    value = f"abs({value})" if shown is RangeMode.ABS else value
    yield ["-fx", (value if gain == 1 else f"({value})*{number(gain)}") + _plus(offset)]


def _plus(levels: float) -> str:
    return f"{levels / WHITE:+.17g}" if levels else ""


def _slid(weights: Array, bias: float, convolve: bool, *, several: bool) -> list[str]:
    """Return the words that slide one kernel, its origin where convcli has it."""
    rows, columns = weights.shape
    sigmas = gaussian_sigmas(weights)
    if sigmas is not None and sigmas[0] == sigmas[1] and rows == columns and not bias:
        blur = ["-gaussian-blur", f"{rows // 2}x{number(sigmas[0])}"]
        return ["-define", "convolve:scale=1", *blur] if several else blur
    text, divisor = matrix_text(weights, ",", " ")
    words = []
    if bias:
        words += ["-define", f"convolve:bias={number(100 * bias)}%"]
    if divisor > 1 or several:  # what one kernel is scaled by holds for the next
        words += ["-define", f"convolve:scale={number(1 / divisor)}"]
    origin = "" if rows % 2 and columns % 2 else f"+{(columns - 1) // 2}+{(rows - 1) // 2}"
    method = "Convolve" if convolve else "Correlate"
    return [*words, "-morphology", method, f"{columns}x{rows}{origin}: {text}"]


def _rank(rank: Rank, shown: RangeMode) -> Iterator[list[str]]:
    rows, columns = rank.window.size
    if rank.mode is PoolMode.MEDIAN:
        yield ["-statistic", "Median", f"{columns}x{rows}"]
    else:
        name = "Erode" if rank.mode is PoolMode.MIN else "Dilate"
        yield ["-morphology", name, f"Rectangle:{columns}x{rows}"]
    gain, offset = gain_and_offset(shown)
    if (gain, offset) != (1.0, 0.0):
        yield ["-fx", f"u*{number(gain)}{_plus(offset)}"]


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
            f"{TITLE} has no pixels of {number(window.constant)}, which is --pad-value",
            hint="use 0 to 255, or --to vips",
        )
    if not native:
        size = f"%[fx:w+{left + right}]x%[fx:h+{top + bottom}]{-left:+d}{-top:+d}"
        words += [*_VIEWPORT, size, "-distort", "SRT", "0", "+repage"]
    yield words
    if reflect:
        ends = ("NorthWest", left - 1, top - 1), ("SouthEast", right - 1, bottom - 1)
        yield [word for end, x, y in ends for word in ("-gravity", end, "-chop", f"1x1+{x}+{y}")]


def _taken(size: tuple[int, int], step: Slide | Rank) -> list[str]:
    """Return the words that take every so many of the results whose windows of `size` lie inside."""
    (rows, columns), (down, along) = size, step.window.stride
    # Dilate turns the window.
    low = 0 if isinstance(step, Rank) and step.mode is PoolMode.MAX else 1
    top, left = (rows - low) // 2, (columns - low) // 2
    if (down, along) != (1, 1):
        viewport = f"%[fx:floor((w-{columns})/{along})+1]x%[fx:floor((h-{rows})/{down})+1]+0+0"
        origin, scale = f"{left + 0.5},{top + 0.5}", f"{1 / along!r},{1 / down!r}"
        return [*_VIEWPORT, viewport, "-distort", "SRT", f"{origin} {scale} 0 0.5,0.5", "+repage"]
    if rows % 2 and columns % 2:
        return ["-shave", f"{left}x{top}", "+repage"] if top or left else []
    ends = ("NorthWest", left, top), ("SouthEast", columns - 1 - left, rows - 1 - top)
    return [word for end, x, y in ends if x or y for word in ("-gravity", end, "-chop", f"{x}x{y}")]
