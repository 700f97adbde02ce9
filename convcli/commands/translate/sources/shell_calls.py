"""Reads lines of the shell that filter: of ImageMagick and libvips. Nothing is run."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import exp
from typing import Any

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

__all__ = ["PROGRAMS", "shell_equivalent"]

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


def shell_equivalent(words: Sequence[str]) -> Equivalent:
    """Return the command that means the same as a line of the shell, split into `words`."""
    program, *rest = words
    return PROGRAMS[program.rpartition("/")[2]](rest)


def _imagemagick(words: Sequence[str]) -> Equivalent:
    files, given, done = list[str](), dict[str, str](), list[Equivalent]()
    rest = iter(words)
    for word in rest:
        if not word.startswith(("-", "+")) or word == "-":
            files.append(word)
        elif word == "-morphology":
            done.append(_morphology(_next(rest, word), _next(rest, word), given))
        elif word in _OPERATORS:
            done.append(_OPERATORS[word](_next(rest, word), given))
        elif word == "-define":
            key, _, value = _next(rest, word).partition("=")
            if key not in ("convolve:scale", "convolve:bias"):
                raise CannotTranslate(
                    f"-define {key} is not understood", hint="only convolve:scale, convolve:bias are"
                )
            given[key] = value
        elif word == "-virtual-pixel":
            given[word] = _next(rest, word)
        elif word == "-grayscale" and (name := _next(rest, word)).lower() != "rec601luma":
            raise CannotTranslate(f"-grayscale {name} has other weights than --gray", hint="use Rec601Luma")
        elif word == "-grayscale":
            given[word] = name
        else:
            raise CannotTranslate(
                f"{word} is not among what is understood of ImageMagick",
                hint="-morphology, -convolve, -gaussian-blur, -virtual-pixel, -define convolve:...",
            )
    if len(done) != 1 or len(files) != 2:
        found = f"{len(done)} filters and {len(files)} files"
        raise UsageError(f"the line has {found}", hint="write IN -morphology Convolve KERNEL OUT")
    return replace(done[0], gray="-grayscale" in given, input=files[0], output=files[1])


def _next(words: Iterator[str], option: str) -> str:
    word = next(words, None)
    if word is None:
        raise UsageError(f"{option} has no value", hint=f"write it after {option}")
    return word


def _border(given: dict[str, str]) -> dict[str, Any]:
    """Return the padding of ``-virtual-pixel``, which has names for black and white borders."""
    name = given.get("-virtual-pixel", "edge").lower()
    if name == "white":
        return {"pad": PadMode.CONSTANT, "pad_value": 255.0}
    return {"pad": PadMode.parse(f"imagemagick:{name}")}


def _filtered(weights: Array, given: dict[str, str], *, convolve: bool = False) -> Equivalent:
    share = re.fullmatch(r"([-+]?[\d.]+)%", given.get("convolve:bias", "0%"))
    if share is None:
        raise CannotTranslate("convolve:bias depends on how ImageMagick was built", hint="give it in %")
    bias, border = _numeral(share[1], "bias") * 255 / 100, _border(given)
    made = Equivalent(kernel=weights_of(weights), convolve=convolve, bias=bias, **border)
    made = anchored(made, _SECOND if convolve else _FIRST)
    units = bias or "pad_value" in border
    return made.noting("values of 255 are for pictures of 8 bits") if units else made


def _morphology(method: str, text: str, given: dict[str, str]) -> Equivalent:
    name = method.lower().removesuffix(":1")
    if name not in ("convolve", "correlate"):
        raise CannotTranslate(
            f"-morphology {method} is no single filter with a kernel", hint="Convolve and Correlate are"
        )
    weights = _scaled(_matrix(text), given.get("convolve:scale", ""))
    return _filtered(weights, given, convolve=name == "convolve")


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
    """Return the kernel as ``convolve:scale`` changes it: ``!`` makes its sum 1, ``^`` that of each sign."""
    found = re.fullmatch(r"([-+]?[\d.]*)(%?)([!^]?)(%?)", text)
    if found is None:
        raise CannotTranslate(f"convolve:scale={text} is not understood", hint="write a number, ! or ^")
    factor = _numeral(found[1] or "1", "convolve:scale") / (100 if found[2] or found[4] else 1)
    above, below = float(weights[weights > 0].sum()), float(-weights[weights < 0].sum())
    with np.errstate(all="ignore"):  # what is not finite is refused with the kernel
        if found[3] == "!":
            weights = weights / (abs(above - below) or above or 1)
        elif found[3] == "^":
            weights = np.where(weights > 0, weights / (above or 1), weights / (below or 1))
        return weights * factor


def _numeral(text: str, what: str) -> float:
    try:
        return finite(text, what)
    except UsageError as error:
        raise UsageError(f"{what} {shown(text)} is not a number", hint=error.hint) from None


def _convolve(text: str, given: dict[str, str]) -> Equivalent:
    """Read ``-convolve``, which does not rotate the kernel, and makes its sum 1 unless that is 0."""
    words = re.findall(r"[^\s,]+", text.rpartition(":")[2])
    side = round(len(words) ** 0.5)
    if side * side != len(words) or side % 2 == 0:
        raise UsageError(f"-convolve has {len(words)} numbers", hint="give an odd square, such as 9")
    weights = _matrix(f"{side}x{side}: {','.join(words)}")
    with np.errstate(all="ignore"):  # what is not finite is refused with the kernel
        weights = weights / (float(weights.sum()) or 1)
    return _filtered(weights, given)


def _gaussian_blur(text: str, given: dict[str, str]) -> Equivalent:
    found = re.fullmatch(r"([1-9]\d*)x([\d.]+)", text)
    if found is None or not (sigma := _numeral(found[2], "sigma")):
        raise CannotTranslate(
            f"the size of -gaussian-blur {text} depends on how ImageMagick was built",
            hint="give a radius, such as 4x1.2",
        )
    size = 2 * int(found[1]) + 1
    return Equivalent(kernel=gaussian((sigma, sigma), (size, size)), **_border(given))


_OPERATORS = {"-convolve": _convolve, "-gaussian-blur": _gaussian_blur}


def _vips(words: Sequence[str]) -> Equivalent:
    options, plain = dict[str, str](), list[str]()
    rest = iter(words)
    for word in rest:
        if word.startswith("--"):
            key, equals, value = word[2:].partition("=")
            options[key] = value if equals else _next(rest, word)
        else:
            plain.append(word)
    name, *files = plain or [""]
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
PROGRAMS = {"convert": _imagemagick, "magick": _imagemagick, "vips": _vips}
