"""Reads lines of the shell that filter: of ImageMagick and libvips. Nothing is run."""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from convcli.border_names import PAD_NAMES_OF_TOOLS
from convcli.choices import AlphaMode, PadMode
from convcli.commands.translate.sources.equivalent import (
    Equivalent,
    Weights,
    anchored,
    gaussian,
    size_of,
    weights_of,
)
from convcli.errors import CannotTranslate, UsageError, shown, unknown
from convcli.kernels.files.notations import read_notation
from convcli.kernels.kernel import Array
from convcli.kernels.spec import kernel
from convcli.parsing import finite

__all__ = ["shell_equivalent"]

# Named kernels of ImageMagick without parameters, as ``-morphology Convolve`` takes them.
_KERNELS = {
    "sobel": "1 0 -1; 2 0 -2; 1 0 -1",
    "prewitt": "1 0 -1; 1 0 -1; 1 0 -1",
    "laplacian": "-1 -1 -1; -1 8 -1; -1 -1 -1",
    "laplacian:1": "0 -1 0; -1 4 -1; 0 -1 0",
}


def shell_equivalent(line: str) -> Equivalent | None:
    """Return the command that means the same as a line of the shell, None where it begins otherwise."""
    line = re.sub(r"(?m)^\s*#.*$", "", line).replace("\\\n", " ").strip().removeprefix("$ ")
    program = line.split()[0].rpartition("/")[2] if line else ""
    if program in _NOT_READ:
        raise CannotTranslate(f"lines of {program} are not read", hint="write it for convert, magick or vips")
    if program not in _PROGRAMS:
        return None
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        _, *words = lexer
    except ValueError as error:
        raise UsageError(f"the line of {program}: {error}", hint="close its quotes") from None
    for word in words:
        if set(word) <= set("();<>|&"):
            raise UsageError(f"{word} is the shell's", hint=f"give one command of {program} alone")
    return _PROGRAMS[program](words)


def _between(input: str, output: str, made: Equivalent) -> Equivalent:
    """Return `made` between two files; instructions in their names, such as ``in.png[0]``, are refused."""
    for name in (input, output):
        if re.search(r"^\w+:|[\[*?]", name):
            raise CannotTranslate(
                f"the file {shown(name)} has instructions in its name", hint="name a plain file"
            )
    return replace(made, input=input, output=output)


def _imagemagick(words: Sequence[str]) -> Equivalent:
    files, given, filters = list[str](), dict[str, str](), list[Equivalent]()
    rest = iter(words)
    for word in rest:  # a setting counts for the filters after it
        if not word.startswith(("-", "+")) or word == "-":
            files.append(word)
        elif word == "-morphology":
            filters.append(_morphology(_next(rest, word), _next(rest, word), given))
        elif word == "-gaussian-blur":
            filters.append(_morphology("Correlate", f"Gaussian:{_next(rest, word)}", given))
        elif word == "-alpha" and not filters and (value := _next(rest, word)).lower() == "off":
            given[word] = value
        elif word == "-define":
            key, _, value = _next(rest, word).partition("=")
            given[key] = value
            if key not in ("convolve:scale", "convolve:bias"):
                raise _not_understood(f"{word} {key}")
        elif word == "-auto-orient":
            continue  # as it is always done here
        elif word == "-virtual-pixel":
            given[word] = _next(rest, word)
        else:
            raise _not_understood(word)
    if len(filters) > 1:
        raise CannotTranslate("the line has several filters", hint="give one at a time")
    if not filters or len(files) != 2:
        raise UsageError(
            "the line is not one filter between two files",
            hint="write it as convert IN -morphology Convolve KERNEL OUT",
        )
    return _between(files[0], files[1], filters[0])


def _not_understood(word: str) -> CannotTranslate:
    return CannotTranslate(
        f"ImageMagick's {word} is not understood",
        hint="use -morphology, -gaussian-blur, -virtual-pixel, -alpha off, -define convolve:scale or :bias",
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
            f"-morphology {method} is no single filter with a kernel", hint="use Convolve or Correlate"
        )
    convolve, scale = name == "convolve", given.get("convolve:scale")
    share = re.fullmatch(r"([-+]?[\d.]+)%", given.get("convolve:bias", "0%"))
    if share is None:
        raise CannotTranslate("convolve:bias depends on how ImageMagick was built", hint="give it in %")
    made = Equivalent(
        kernel=(scale is None and _named(text)) or weights_of(_scaled(_matrix(text), scale or "")),
        convolve=convolve,
        bias=finite(share[1], "bias") * 255 / 100,
        pad=_border(given.get("-virtual-pixel", "edge")),
        pad_value=255.0,
        # Unless told otherwise, colours are weighted by their coverage, which is filtered as well.
        alpha=AlphaMode.DROP if "-alpha" in given else AlphaMode.FILTER,
    )
    made = anchored(made) if convolve else made
    in_units = made.bias or made.pad is PadMode.CONSTANT
    return made.noting("values of 255 are for pictures of 8 bits") if in_units else made


def _border(name: str) -> PadMode:
    """Return the padding of ``-virtual-pixel``; only white is constant."""
    known = {**PAD_NAMES_OF_TOOLS["imagemagick"], "white": PadMode.CONSTANT}
    if name.lower() not in known:
        raise unknown("-virtual-pixel", name, known, CannotTranslate)
    return PadMode(known[name.lower()])


def _named(text: str) -> Weights | None:
    """Return a kernel that ImageMagick has a name for; a Gaussian needs its radius, and a sigma."""
    if text.lower() in _KERNELS:
        return Weights(_KERNELS[text.lower()], (3, 3))
    found = re.fullmatch(r"gaussian:([1-9]\d*)x([\d.]+)", text, re.IGNORECASE)
    if found is None:
        return None
    sigma, side = finite(found[2], "sigma"), 2 * int(found[1]) + 1
    return gaussian((sigma, sigma), (side, side))


def _matrix(text: str) -> Array:
    """Return the weights of a kernel of ImageMagick, by its numbers or its name."""
    if named := _named(text):
        return kernel(named.spec).components[0]
    found = read_notation(text, f"kernel {shown(text)}") if ":" in text else None
    if found is None or re.match("[a-z]", text, re.IGNORECASE):
        raise CannotTranslate(
            f"the kernel {shown(text)} is not known",
            hint="write Gaussian:4x1.2 with its radius, or numbers: -define morphology:showkernel=1 has them",
        )
    return found.weights


def _scaled(weights: Array, text: str) -> Array:
    """Return the kernel times ``convolve:scale``: ``!`` makes its sum 1 first, unless that is 0."""
    number = text.removesuffix("!")
    with np.errstate(all="ignore"):  # what is not finite is refused with the kernel
        if number != text:
            weights = weights / (abs(float(weights.sum())) or float(weights[weights > 0].sum()) or 1)
        return weights * finite(number or "1", "convolve:scale")


def _vips(words: Sequence[str]) -> Equivalent:
    names, rest = list[str](), iter(words)
    for word in rest:
        option, equals, value = word.partition("=")
        if option == "--precision":
            if (value if equals else _next(rest, word)) != "float":
                raise CannotTranslate("vips rounds the mask's numbers", hint="use --precision float")
        elif word.startswith("--"):
            raise CannotTranslate(f"{option} of vips is not understood", hint="use --precision float alone")
        else:
            names.append(word)
    match names:
        case ["conv" | "convf", input, output, mask]:
            return _between(input, output, _masked(mask))
        case [name, *_] if name not in ("conv", "convf"):
            raise CannotTranslate(f"vips {name} has no equivalent here", hint="use conv or convf")
        case _:
            raise UsageError("vips is not given three names", hint="write vips conv IN OUT MASK")


def _masked(mask: str) -> Equivalent:
    size = size_of(mask) if Path(mask).is_file() else None
    return anchored(Equivalent(kernel=Weights(mask, size), pad=PadMode.REPLICATE))


# Other programs that filter, refused by their names.
_NOT_READ = ("gm", "gmic", "mogrify")
# For each program, the function that reads its arguments.
_PROGRAMS = {"convert": _imagemagick, "magick": _imagemagick, "vips": _vips}
