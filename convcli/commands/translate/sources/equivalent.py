"""The `convcli` command that means the same as another tool's call, and how it is written."""

import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convcli.choices import AlphaMode, PadMode, PoolMode, RangeMode
from convcli.display.words import listed, per_axis
from convcli.engine.window import NO_PADDING, Window
from convcli.errors import UsageError, shown
from convcli.parsing import Padding

__all__ = ["Array", "Equivalent", "Weights", "anchored", "gaussian", "weights_of"]

Array = NDArray[np.float64]
Pair = tuple[int, int]

# Largest denominator of a weight that is written as a fraction: those of binomial 9 x 9 and 255 x 255 boxes.
_DENOMINATOR = 1 << 16


class Weights(NamedTuple):
    """A kernel as ``-k`` names it, and its size; None where only the name of its `array` is known."""

    spec: str
    size: Pair | None = None
    array: str = ""


@dataclass(frozen=True, kw_only=True)
class Equivalent:
    """A ``filter``, or a ``pool`` where `pool` is a mode; `notes` are what differs, a sentence each.

    `input` and `output` are the files that the call names, `array` is the name of a picture that is no file.
    """

    kernel: Weights | None = None
    pool: PoolMode | None = None
    size: Pair | None = None
    pad: PadMode | None = None
    pad_value: float = 0.0
    padding: Padding = "same"
    stride: Pair | None = None
    dilation: Pair = (1, 1)
    norm: float = 2.0
    whole: bool = False
    ceil: bool = False
    count_include_pad: bool = True
    bias: float = 0.0
    convolve: bool = False
    gray: bool = False
    alpha: AlphaMode | None = None
    range: RangeMode | None = None
    input: str = ""
    output: str = ""
    array: str = ""
    notes: tuple[str, ...] = ()

    def line(self, input: str = "", output: str = "") -> str:
        """Return the command; `input` and `output` replace the files that the call names."""
        read, written = input or _typed(self.input) or "input.png", output or _typed(self.output)
        words = ["convcli", "pool" if self.pool else "filter", read, *self._options()]
        return shlex.join([*words, "-o", written] if written else words)

    def remarks(self, input: str = "") -> Iterator[str]:
        """Return what differs, and which files the command reads that the code has as arrays."""
        yield from self.notes
        options = {"--input": "" if input else self.array}
        options["-k"] = self.kernel.array if self.kernel else ""
        arrays = {option: name for option, name in options.items() if name}
        if arrays:
            one = next(iter(arrays.values()))
            are = "is an array: save it" if len(arrays) == 1 else "are arrays: save them"
            saved = f"as with np.save({one.rpartition('.')[2] + '.npy'!r}, {one})"
            yield f"{listed(list(arrays.values()))} {are}, {saved}, or name files with {listed(list(arrays))}"

    def noting(self, *notes: str) -> "Equivalent":
        """Return the same with further notes."""
        return replace(self, notes=(*self.notes, *notes))

    def _options(self) -> Iterator[str]:
        step, usual = (self.size, ("valid", NO_PADDING)) if self.pool else ((1, 1), ("same",))
        padded = self.pad is not PadMode.VALID and self.padding not in usual
        options = {
            "-k": self.kernel.spec if self.kernel else None,
            "--mode": self.pool,
            "--norm": number_words(self.norm) if self.norm != 2 else None,
            "--size": per_axis(self.size) if self.size else None,
            "-p": self.pad,
            "--pad-value": number_words(self.pad_value) if self.pad is PadMode.CONSTANT else None,
            "--padding": _padding_words(self.padding) if padded else None,
            "--stride": per_axis(self.stride) if self.stride not in (None, step) else None,
            "--dilation": per_axis(self.dilation) if self.dilation != (1, 1) else None,
            "--bias": number_words(self.bias) if self.bias else None,
        }
        for option, value in options.items():
            if value is not None:
                yield from (option, value)
        flags = {"--ceil": self.ceil, "--no-count-include-pad": not self.count_include_pad}
        flags |= {"--global": self.whole, "--convolve": self.convolve, "--gray": self.gray}
        yield from (flag for flag, given in flags.items() if given)
        if self.alpha:
            yield from ("--alpha", self.alpha)
        if self.range:
            yield from ("--range", self.range)


def _typed(name: str) -> str:
    """Return the name of a file as it can be typed: an option begins with ``-``."""
    if name and not name.isprintable():
        raise UsageError(f"the file name {shown(name)} cannot be typed", hint="add --input and --output")
    return f"./{name}" if name.startswith("-") and name != "-" else name


def anchored(made: Equivalent, *lows: Callable[[int], int]) -> Equivalent:
    """Return `made` with the padding that puts `low(n)` pixels before a window of n pixels along each axis.

    Where the size is not known, and only an even size would need padding of its own, that is noted.
    """
    low = (lows[0], lows[-1])
    size = made.kernel.size if made.kernel else made.size
    if size is not None:
        padding = _padding(size, low)
        return replace(made, padding="same" if Window.of(size).padding == padding else padding)
    if any(find(n) != n // 2 for find in low for n in (3, 5)):
        raise UsageError(
            "the kernel's size is not known, on which its anchor depends", hint="add -k FILE to name it"
        )
    if all(find(4) == 1 for find in low):
        return made
    return made.noting(
        "if the kernel has an even number of rows or columns, add -k FILE: it is anchored "
        "at the other middle pixel"
    )


def _padding(size: Pair, low: Sequence[Callable[[int], int]]) -> tuple[Pair, Pair]:
    before = [find(n) for find, n in zip(low, size, strict=True)]
    after = [n - 1 - first for n, first in zip(size, before, strict=True)]
    if min(before) < 0 or min(after) < 0:
        raise UsageError("the anchor lies outside the kernel", hint="check anchor, or origin")
    return (before[0], after[0]), (before[1], after[1])


def weights_of(values: Array) -> Weights:
    """Return the kernel of so many numbers as ``-k`` takes it: rows, or nested lists of more axes."""
    if not np.isfinite(values).all():
        raise UsageError("the kernel's weights are not finite", hint="check its numbers")
    values = values.reshape(
        [side for at, side in enumerate(values.shape) if side > 1 or at >= values.ndim - 2]
    )
    if values.ndim > 2:
        return Weights(_nested_words(values.tolist()), (values.shape[-2], values.shape[-1]))
    rows = np.atleast_2d(values)
    size = (rows.shape[0], rows.shape[1])
    if rows.size > 1 and (rows == 1 / rows.size).all():
        return Weights(f"box:size={per_axis(size)}", size)
    return Weights("; ".join(" ".join(map(number_words, row)) for row in rows.tolist()), size)


def gaussian(sigmas: tuple[float, float], size: tuple[int, int]) -> Weights:
    """Return the Gaussian of `sigmas` along rows and columns, cut to `size`, as ``-k`` names it."""
    down, along = map(number_words, sigmas)
    words = f"sigma={down}" if down == along else f"sigma-y={down},sigma-x={along}"
    usual = tuple(2 * int(4 * sigma + 0.5) + 1 for sigma in sigmas)
    return Weights(f"gaussian:{words}" + ("" if usual == size else f",size={per_axis(size)}"), size)


def number_words(value: float) -> str:
    """Return short words for `value`: a fraction such as ``1/9`` if it is one, 0.3 for 0.1 + 0.2."""
    rounded = f"{value + 0.0:.15g}"
    text = rounded if len(rounded) <= 8 else repr(value)
    if len(text) <= 6 or not np.isfinite(value):
        return text
    near = Fraction(value).limit_denominator(_DENOMINATOR)
    fraction = f"{near.numerator}/{near.denominator}"
    exact = near.numerator / near.denominator == value
    return fraction if exact and len(fraction) < len(text) else text


def _nested_words(values: object) -> str:
    if isinstance(values, list):
        return f"[{', '.join(map(_nested_words, values))}]"
    return number_words(values) if isinstance(values, float) else str(values)


def _padding_words(padding: Padding) -> str:
    if isinstance(padding, str):
        return padding
    (top, bottom), (left, right) = padding
    if (top, left) == (bottom, right):
        return per_axis((top, left))
    return ",".join(map(str, chain(*padding)))
