"""Shared by the targets that are not Python: refusals, and kernels that slide over one padded picture."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from shlex import quote
from typing import NamedTuple

import numpy as np

from convcli.choices import Combine, PadMode, PoolMode, RangeMode
from convcli.commands.translate.literals import MOST_COLUMNS, number, quotient
from convcli.commands.translate.operation import Files, Filtering, MapOf, Operation, Pooling, without_layers
from convcli.commands.translate.pool_words import PAD_INSTEAD
from convcli.engine.window import NO_PADDING, Window, size_text
from convcli.errors import CannotTranslate
from convcli.kernels.kernel import Array

__all__ = [
    "LUMA",
    "WHITE",
    "Plan",
    "Rank",
    "Slide",
    "command",
    "gain_and_offset",
    "keeps_size",
    "luma",
    "matrix_text",
    "plain_name",
    "plan",
]

# White of the 8-bit pictures that the code is for.
WHITE = 255
# Most characters of one argument of a command: MAX_ARG_STRLEN of Linux, 32 pages of 4 KiB, and its end.
MOST_ARGUMENT = 32 * 4096 - 1
# Mid-grey, which --range center adds.
MID_GREY = 128
# Weights of red, green and blue in luma, of 65536 in all: those of `convcli.imaging.colour`.
LUMA = (19595, 38470, 7471)


class Slide(NamedTuple):
    """Kernels that slide over one padded picture, dilated, all of the size of `window`.

    With `convolve` the tool's true convolution takes the weights, else its correlation. `biases` are added to
    each kernel's results, `bias` to what they are combined to.
    """

    weights: tuple[Array, ...]
    convolve: bool
    biases: tuple[float, ...]
    how: Combine | None
    bias: float
    window: Window


class Rank(NamedTuple):
    """Pooling by the largest, smallest or middle pixel of each window."""

    mode: PoolMode
    window: Window


class Plan(NamedTuple):
    """The steps from one picture to another in order, and how the pixels are read and written."""

    range: RangeMode
    gray: bool
    steps: list[Slide | Rank]


def plan(
    operation: Operation, files: Files, title: str, *, even_median: bool = False, convolves: bool = True
) -> Plan:
    """Return the steps; refuse those that none of these tools has.

    `convolves` is whether the tool has true convolution beside correlation, `even_median` whether it has
    medians of an even number of pixels.
    """
    operation = without_layers(operation, title)
    files.check(title, npy=False)
    how = files.range(operation.range)
    how = RangeMode.SCALE if how.stretches else how  # one picture has one stretch
    if isinstance(operation, Filtering):
        return Plan(how, operation.gray, _slides(operation, title, convolves and operation.convolve))
    return Plan(how, operation.gray, [_pooled(operation, title, even_median)])


def _slides(operation: Filtering, title: str, convolve: bool) -> list[Slide | Rank]:
    if operation.several:
        raise CannotTranslate(
            f"{len(operation.maps)} results do not fit into one picture of {title}",
            hint="translate one kernel at a time, or add --combine magnitude",
        )
    biases = [0.0] * (len(operation.maps) - 1) + [operation.bias]
    return [_slide(*each, title, convolve) for each in zip(operation.maps, biases, strict=True)]


def _slide(one: MapOf, bias: float, title: str, convolve: bool) -> Slide:
    if one.how is Combine.ORIENTATION:
        raise CannotTranslate(f"{title} has no --combine orientation", hint="translate it with --to numpy")
    window = one.parts[0].window
    if any(part.window != window for part in one.parts):
        raise CannotTranslate(
            f"kernels of several sizes are not combined for {title}",
            hint="put zeros around the smaller one, or translate it with --to numpy",
        )
    window = replace(window, size=window.span, dilation=(1, 1))
    biases = tuple(part.bias for part in one.parts)
    if one.how is None:
        biases, bias = (biases[0] + bias,), 0.0
    weights = [part.dilated for part in one.parts]
    turned = [each[::-1, ::-1] + 0.0 for each in weights]
    # The tools differ in where true convolution has even kernels.
    odd = all(side % 2 for side in window.size)
    convolve = convolve and odd and any(map(np.any, np.subtract(weights, turned)))
    return Slide(tuple(turned if convolve else weights), convolve, biases, one.how, bias, window)


def _pooled(how: Pooling, title: str, even_median: bool) -> Slide | Rank:
    """Return pooling with a border that a tool can make up, in place of neutral padding."""
    window, mode = how.window, how.mode
    if window is None or (how.ceil and window.stride != (1, 1)):
        raise CannotTranslate(
            f"--{'ceil' if window else 'global'} needs the picture's size, which a call of {title} does not "
            "know",
            hint=PAD_INSTEAD if window else "leave it out, and say the picture's size: --size RxC",
        )
    even = mode is PoolMode.MEDIAN and window.taps % 2 == 0 and not even_median
    if mode is PoolMode.LP or window.dilation != (1, 1) or even:
        dilated = "dilated " if window.dilation != (1, 1) else ""
        raise CannotTranslate(
            f"{title} has no {mode} pooling of {dilated}{size_text(window.size)} windows",
            hint="translate it with --to numpy",
        )
    if window.mode is None and window.padding != NO_PADDING:
        if mode is PoolMode.MEDIAN or (mode is PoolMode.AVG and not how.count_include_pad):
            raise CannotTranslate(
                f"{title} has no windows that leave out the padding",
                hint="use --to numpy, or a padding mode, such as -p replicate",
            )
        # The nearest pixel of the picture is in every window that reaches beyond its edge.
        window = replace(window, mode=PadMode.ZERO if mode is PoolMode.AVG else PadMode.REPLICATE)
    if mode is PoolMode.AVG:
        return Slide((np.full(window.size, 1 / window.taps),), False, (0.0,), None, 0.0, window)
    return Rank(mode, window)


def keeps_size(window: Window) -> bool:
    """Whether padding keeps the size, with the extra pixel of an even kernel at the bottom and right."""
    return window.mode is not PadMode.VALID and window.padding == Window.of(window.size).padding


def matrix_text(weights: Array, column: str, row: str) -> tuple[str, int]:
    """Return the weights as text, and what they are divided by; `column` and `row` stand between them."""
    whole, divisor = quotient(weights)
    return row.join(column.join(map(number, values)) for values in whole), divisor


def luma(*channels: str) -> str:
    """Return 65536 times the luma of red, green and blue, as a sum of products."""
    return "+".join(f"{weight}*{channel}" for weight, channel in zip(LUMA, channels, strict=True))


def gain_and_offset(how: RangeMode) -> tuple[float, float]:
    """Return what results are multiplied with, and what is added then, to be written."""
    return float(WHITE if how is RangeMode.UNIT else 1), float(MID_GREY if how is RangeMode.CENTER else 0)


def command(comments: Sequence[str], words: Sequence[Sequence[str]]) -> Iterator[str]:
    """Return one shell command, a line for each group of words where one line is too short."""
    yield from (f"# {line}" for line in dict.fromkeys(comments))
    groups = [[quote(word) for word in group] for group in words if group]
    lines = [" ".join(group) for group in groups]
    if (longest := max(len(word) for group in groups for word in group)) > MOST_ARGUMENT:
        raise CannotTranslate(
            f"a kernel of {longest} characters is longer than Linux takes as an argument ({MOST_ARGUMENT})",
            hint="translate it with --to vips, which has matrices in files",
        )
    if sum(len(line) + 1 for line in lines) <= MOST_COLUMNS:
        yield " ".join(lines)
        return
    yield from (
        f"{'  ' if at else ''}{line}" + (" \\" if at < len(lines) - 1 else "")
        for at, line in enumerate(lines)
    )


def plain_name(name: str, special: str, title: str) -> str:
    """Return a file name; refuse one that the tool would read as something else."""
    if found := next((letter for letter in name if letter in special or not letter.isprintable()), None):
        raise CannotTranslate(
            f"{title} reads the {found!r} in {name!r} as its own syntax", hint="rename the file"
        )
    if "." not in name[1:] or name.startswith("-"):
        raise CannotTranslate(
            f"{title} does not see that {name!r} is a file", hint="write it as ./picture.png, with a suffix"
        )
    return name
