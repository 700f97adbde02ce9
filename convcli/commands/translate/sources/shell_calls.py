"""Reads lines of the shell that filter: of ImageMagick and libvips. Nothing is run."""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import exp

import numpy as np

from convcli.choices import PadMode
from convcli.commands.translate.sources.equivalent import (
    Array,
    Equivalent,
    Weights,
    anchored,
    gaussian,
    weights_of,
)
from convcli.errors import CannotTranslate, ConvcliError, UsageError, shown, unknown
from convcli.kernels.files.notations import read_notation
from convcli.kernels.spec import kernel
from convcli.parsing import finite

__all__ = ["shell_equivalent"]

# Named kernels of ImageMagick without parameters, as ``-morphology Convolve`` takes them.
_KERNELS = {
    "sobel": "1 0 -1; 2 0 -2; 1 0 -1",
    "prewitt": "1 0 -1; 1 0 -1; 1 0 -1",
    "laplacian": "-1 -1 -1; -1 8 -1; -1 -1 -1",
    "laplacian:0": "-1 -1 -1; -1 8 -1; -1 -1 -1",
    "laplacian:1": "0 -1 0; -1 4 -1; 0 -1 0",
}
# Pixels of padding before a kernel of n pixels: at the first of its middle pixels, or at the second.
_FIRST, _SECOND = lambda n: (n - 1) // 2, lambda n: n // 2


def shell_equivalent(line: str) -> Equivalent | None:
    """Return the command that means the same as a line of the shell, None where it begins otherwise."""
    line = line.replace("\\\n", " ").strip().removeprefix("$ ")
    program = line.split()[0].rpartition("/")[2] if line else ""
    if program not in _PROGRAMS:
        return None
    try:
        _, *words = shlex.split(line)
    except ValueError as error:
        raise UsageError(f"the line of {program}: {error}", hint="close its quotes") from None
    return _PROGRAMS[program](words)


def _imagemagick(words: Sequence[str]) -> Equivalent:
    files, given, filters = list[str](), dict[str, str](), list[tuple[str, str]]()
    rest = iter(words)
    for word in rest:
        if not word.startswith(("-", "+")) or word == "-":
            files.append(word)
        elif word == "-morphology":
            filters.append((_next(rest, word), _next(rest, word)))
        elif word == "-define":
            word, _, value = _next(rest, word).partition("=")
            given[word] = value
        elif word == "-virtual-pixel":
            given[word] = _next(rest, word)
        else:
            raise _not_understood(word)
    if len(filters) != 1 or len(files) != 2:
        raise UsageError(
            "the line is not one -morphology between two files",
            hint="write it as convert IN -morphology Convolve KERNEL OUT",
        )
    for word in given:
        if word not in ("-virtual-pixel", "convolve:scale", "convolve:bias"):
            raise _not_understood(f"-define {word}")
    return replace(_morphology(*filters[0], given), input=files[0], output=files[1])


def _not_understood(word: str) -> CannotTranslate:
    return CannotTranslate(
        f"ImageMagick's {word} is not understood",
        hint="-morphology, -virtual-pixel, -define convolve:scale=... and convolve:bias=... are",
    )


def _next(words: Iterator[str], option: str) -> str:
    word = next(words, None)
    if word is None:
        raise UsageError(f"{option} has no value", hint=f"write it after {option}")
    return word


def _morphology(method: str, text: str, given: dict[str, str]) -> Equivalent:
    name = method.lower().removesuffix(":1")
    if name not in ("convolve", "correlate"):
        raise CannotTranslate(
            f"-morphology {method} is no single filter with a kernel", hint="Convolve and Correlate are"
        )
    weights, convolve = _scaled(_matrix(text), given.get("convolve:scale", "1")), name == "convolve"
    share = re.fullmatch(r"([-+]?[\d.]+)%", given.get("convolve:bias", "0%"))
    if share is None:
        raise CannotTranslate("convolve:bias depends on how ImageMagick was built", hint="give it in %")
    bias, border = _numeral(share[1], "bias") * 255 / 100, given.get("-virtual-pixel", "edge").lower()
    made = Equivalent(
        kernel=weights_of(weights),
        convolve=convolve,
        bias=bias,
        # Of ImageMagick's names, this one is no mode by itself.
        pad=PadMode.CONSTANT if border == "white" else PadMode.parse(f"imagemagick:{border}"),
        pad_value=255.0,
    )
    made = anchored(made, _SECOND if convolve else _FIRST)
    in_units = bias or made.pad is PadMode.CONSTANT
    return made.noting("values of 255 are for pictures of 8 bits") if in_units else made


def _matrix(text: str) -> Array:
    """Return a kernel of ImageMagick, by its numbers or its name."""
    if written := _KERNELS.get(text.lower()):
        return kernel(written).components[0]
    found = read_notation(text, f"kernel {shown(text)}") if ":" in text else None
    if found is None or re.match("[a-z]", text, re.IGNORECASE):
        raise CannotTranslate(
            f"the kernel {shown(text)} is not known",
            hint="write its numbers, '3x3: 0,-1,0 ...': -define morphology:showkernel=1 shows them",
        )
    return found.weights


def _scaled(weights: Array, text: str) -> Array:
    """Return the kernel times ``convolve:scale``: ``!`` makes its sum 1 first, unless that is 0."""
    number, sign, _ = text.partition("!")
    with np.errstate(all="ignore"):  # what is not finite is refused with the kernel
        if sign:
            weights = weights / (abs(float(weights.sum())) or float(weights[weights > 0].sum()) or 1)
        return weights * _numeral(number or "1", "convolve:scale")


def _numeral(text: str, what: str) -> float:
    try:
        return finite(text, what)
    except UsageError as error:
        raise UsageError(f"{what} {shown(text)} is not a number", hint=error.hint) from None


def _vips(words: Sequence[str]) -> Equivalent:
    options, plain = dict[str, str](), list[str]()
    rest = iter(words)
    for word in rest:
        if word.startswith("--"):
            key, equals, value = word[2:].partition("=")
            options[key] = value if equals else _next(rest, word)
        else:
            plain.append(word)
    name, *files = plain or ["without an operation"]
    if name not in _VIPS:
        raise CannotTranslate(f"vips {name} has no equivalent here", hint=f"known are {', '.join(_VIPS)}")
    if len(files) != 3:
        raise UsageError(
            f"vips {name} is given {len(files)} names", hint="write IN, OUT and the mask or sigma"
        )
    for key in options:
        if key not in ("precision", "min-ampl"):
            raise unknown(f"option of vips {name}", key, ("precision", "min-ampl"))
    if options.get("precision", "integer" if name == "gaussblur" else "float") != "float":
        raise CannotTranslate(f"vips {name} rounds the mask's numbers", hint="add --precision float")
    made = _VIPS[name](files[2], options)
    return replace(made, pad=PadMode.REPLICATE, input=files[0], output=files[1])


def _conv(mask: str, _: dict[str, str]) -> Equivalent:
    try:
        rows, columns = kernel(mask).components[0].shape[-2:]
    except ConvcliError:  # a file that is not here yet
        made = Equivalent(kernel=Weights(mask))
        return made.noting(f"{mask} is not here: with even sides it needs --padding, for another anchor")
    return anchored(Equivalent(kernel=Weights(mask, (int(rows), int(columns)))), _SECOND)


def _gaussblur(text: str, options: dict[str, str]) -> Equivalent:
    """Read a Gaussian that ends where it falls below ``--min-ampl`` of its peak."""
    sigma, least = _numeral(text, "sigma"), _numeral(options.get("min-ampl", "0.2"), "min-ampl")
    if not (0.01 <= sigma <= 1000 and 0.001 <= least <= 1):
        raise UsageError(f"vips gaussblur: sigma {text} is out of range", hint="give 0.01 to 1000")
    reach = next(n for n in range(int(8 * sigma) + 2) if exp(-((n + 1) ** 2) / (2 * sigma**2)) < least)
    return Equivalent(kernel=gaussian((sigma, sigma), (2 * reach + 1, 2 * reach + 1)))


_VIPS = {"conv": _conv, "gaussblur": _gaussblur}
# What reads the words after the name of a program.
_PROGRAMS = {"convert": _imagemagick, "magick": _imagemagick, "vips": _vips}
