"""The `convcli` command that means the same as another tool's call, and how it is written."""

import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from convcli.choices import AlphaMode, PadMode, PoolMode, RangeMode
from convcli.display.words import listed, per_axis
from convcli.engine.window import NO_PADDING, Window
from convcli.errors import UsageError, shown
from convcli.kernels.kernel import Array
from convcli.kernels.spec import kernel
from convcli.limits import WINDOW
from convcli.options.setting_words import padding_words
from convcli.parsing import Padding, PaddingPixels

__all__ = ["Equivalent", "Weights", "anchored", "box", "gaussian", "reach", "size_of", "weights_of"]

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
        options: dict[str, object] = {
            "-k": self.kernel and self.kernel.spec,
            "--mode": self.pool,
            "--norm": self.norm != 2 and number_words(self.norm),
            "--size": self.size and per_axis(self.size),
            "-p": self.pad,
            "--pad-value": self.pad is PadMode.CONSTANT and number_words(self.pad_value),
            "--padding": padded and padding_words(self.padding),
            "--stride": self.stride not in (None, step) and self.stride and per_axis(self.stride),
            "--dilation": self.dilation != (1, 1) and per_axis(self.dilation),
            "--bias": self.bias and number_words(self.bias),
            "--ceil": self.ceil,
            "--no-count-include-pad": not self.count_include_pad,
            "--global": self.whole,
            "--convolve": self.convolve,
            "--gray": self.gray,
            "--alpha": self.alpha,
            "--range": self.range,
        }
        for option, value in options.items():
            if value:
                yield from (option,) if value is True else (option, str(value))


def _typed(name: str) -> str:
    """Return the name of a file as it can be typed: an option begins with ``-``."""
    if name and not name.isprintable():
        raise UsageError(f"the file name {shown(name)} cannot be typed", hint="add --input and --output")
    return f"./{name}" if name.startswith("-") and name != "-" else name


def _second_middle(n: int) -> int:
    """Return the index of the middle pixel of `n`, the second of two: most tools anchor there."""
    return n // 2


def anchored(
    made: Equivalent,
    down: Callable[[int], int] = _second_middle,
    along: Callable[[int], int] = _second_middle,
) -> Equivalent:
    """Return `made` with the padding that moves the anchor to the pixels `down` and `along` of n.

    Where the size is not known, and only an even size would need padding of its own, that is noted.
    """
    size = made.kernel.size if made.kernel else made.size
    if size is not None:
        padding = _padding(size, (down(size[0]), along(size[1])))
        return replace(made, padding="same" if Window.of(size).padding == padding else padding)
    if any(anchor(n) != n // 2 for anchor in (down, along) for n in (3, 5)):
        raise UsageError(
            "the kernel's size is not known, on which its anchor depends", hint="add -k FILE to name it"
        )
    if down(4) == along(4) == 1:
        return made
    return made.noting(
        "if the kernel has an even number of rows or columns, its file is needed (-k FILE): it is anchored "
        "at the other middle pixel"
    )


def _padding(size: Pair, anchor: Pair) -> PaddingPixels:
    (top, left), (bottom, right) = anchor, (size[0] - 1 - anchor[0], size[1] - 1 - anchor[1])
    if min(top, left, bottom, right) < 0:
        raise UsageError("the anchor lies outside the kernel", hint="check anchor, or origin")
    return (top, bottom), (left, right)


def size_of(spec: str) -> Pair:
    """Return rows and columns of a kernel."""
    rows, columns = kernel(spec).components[0].shape[-2:]
    return rows, columns


def box(size: Pair) -> Weights:
    """Return the mean of a window, as ``-k`` names it."""
    return Weights(f"box:size={per_axis(size)}", size)


def weights_of(values: Array) -> Weights:
    """Return the kernel of so many numbers as ``-k`` takes it: rows, or nested lists of more axes."""
    if not np.isfinite(values).all():
        raise UsageError("the kernel's weights are not finite", hint="check its numbers")
    while values.ndim > 2 and len(values) == 1:
        values = values[0]
    if values.ndim > 2:
        words = np.vectorize(number_words, otypes=[object])(values).tolist()
        return Weights(str(words).replace("'", ""), (values.shape[-2], values.shape[-1]))
    rows = np.atleast_2d(values)
    size = (rows.shape[0], rows.shape[1])
    if rows.size > 1 and (rows == 1 / rows.size).all():
        return box(size)
    return Weights("; ".join(" ".join(map(number_words, row)) for row in rows.tolist()), size)


def reach(sigma: float, truncate: float = 4) -> int:
    """Return the pixels at each side of the middle of a Gaussian, no more than a window may have."""
    return int(min(sigma * truncate, WINDOW.most) + 0.5)


def gaussian(sigmas: tuple[float, float], size: Pair) -> Weights:
    """Return the Gaussian of `sigmas` down and along, cut to `size`, as ``-k`` names it."""
    down, along = map(number_words, sigmas)
    words = f"sigma={down}" if down == along else f"sigma-y={down},sigma-x={along}"
    usual = tuple(2 * reach(sigma) + 1 for sigma in sigmas)
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
