"""The file formats that can be written: names, suffixes, and what each can hold."""

import os
from typing import NamedTuple

from convcli.errors import UsageError, nearest, unknown

__all__ = ["Format", "by_name", "format_of", "holding", "is_picture", "names", "suffix_for"]

# Colour spaces and sample depths that formats hold.
_COLOURS = frozenset({"gray", "rgb"})
_PRINT = _COLOURS | {"cmyk"}
_ANY = _PRINT | {"data"}
_8, _8_16, _EXACT = (frozenset(depths.split()) for depths in ("8", "8 16", "8 16 float"))


class Format(NamedTuple):
    """One file format.

    Attributes
    ----------
    name : str
        As ``--format`` and reports spell it.
    suffixes : tuple of str
        With their dots; derived names get the first.
    pillow : str
        Pillow's name for it; empty where the encoder is not Pillow's.
    spaces : set of str
        The colour spaces it holds, of ``gray rgb cmyk data`` (`data`: any number of channels).
    depths : set of str
        The sample depths it holds, of ``8 16 float``.
    alpha : bool
        Whether it holds transparency (of one bit only, for GIF).
    frames : bool
        Whether it holds more than one picture.
    numbers : bool
        Whether it is for arrays of exact values: results are written as floats unless asked otherwise.
    """

    name: str
    suffixes: tuple[str, ...]
    pillow: str = ""
    spaces: frozenset[str] = _COLOURS
    depths: frozenset[str] = _8
    alpha: bool = False
    frames: bool = False
    numbers: bool = False

    @property
    def suffix(self) -> str:
        """The suffix that derived names get."""
        return self.suffixes[0]


_TABLE = (
    Format("png", (".png", ".apng"), "PNG", depths=_8_16, alpha=True, frames=True),
    Format("jpeg", (".jpg", ".jpeg", ".jpe", ".jfif"), "JPEG", spaces=_PRINT),
    Format("tiff", (".tif", ".tiff"), "TIFF", spaces=_ANY, depths=_EXACT, alpha=True, frames=True),
    Format("webp", (".webp",), "WEBP", alpha=True, frames=True),
    Format("gif", (".gif",), "GIF", alpha=True, frames=True),
    Format("bmp", (".bmp", ".dib"), "BMP"),
    Format("pgm", (".pgm",), spaces=frozenset({"gray"}), depths=_8_16, frames=True),
    Format("ppm", (".ppm",), depths=_8_16, frames=True),
    Format("pnm", (".pnm",), depths=_8_16, frames=True),
    Format("pam", (".pam",), depths=_8_16, alpha=True, frames=True),
    Format("pfm", (".pfm",), depths=frozenset({"float"}), frames=True, numbers=True),
    Format("npy", (".npy",), spaces=_ANY, depths=_EXACT, alpha=True, numbers=True),
    Format("npz", (".npz",), spaces=_ANY, depths=_EXACT, alpha=True, numbers=True),
    Format("csv", (".csv",), spaces=frozenset({"gray"}), depths=_EXACT, numbers=True),
    Format("tsv", (".tsv",), spaces=frozenset({"gray"}), depths=_EXACT, numbers=True),
    Format("json", (".json",), spaces=_ANY, depths=_EXACT, alpha=True, numbers=True),
    Format("jp2", (".jp2", ".j2k", ".jpx"), "JPEG2000", alpha=True),
    Format("avif", (".avif",), "AVIF", alpha=True, frames=True),
    Format("tga", (".tga",), "TGA", alpha=True),
    Format("qoi", (".qoi",), "QOI", spaces=frozenset({"rgb"}), alpha=True),
    Format("ico", (".ico",), "ICO", alpha=True),
    Format("dds", (".dds",), "DDS", alpha=True),
    Format("sgi", (".sgi",), "SGI"),
    Format("pcx", (".pcx",), "PCX"),
    Format("pdf", (".pdf",), "PDF", spaces=_PRINT),
    Format("eps", (".eps",), "EPS", spaces=_PRINT),
)

# Formats that hold several pictures as a stream, which few viewers show: hints leave them out.
_STREAMS = ("pgm", "ppm", "pnm", "pam", "pfm")
_BY_SUFFIX = {suffix: format for format in _TABLE for suffix in format.suffixes}
_SYNONYMS = {"jpg": "jpeg", "jpe": "jpeg", "tif": "tiff", "apng": "png", "jpeg2000": "jp2", "j2k": "jp2"}


def names() -> list[str]:
    """Return the names of all formats that can be written."""
    return [format.name for format in _TABLE]


def by_name(name: str) -> Format:
    """Return the format of this name, in any spelling that ``--format`` accepts."""
    spelled = name.strip().lower().removeprefix(".")
    spelled = _SYNONYMS.get(spelled, spelled)
    found = next((format for format in _TABLE if format.name == spelled), None)
    if found is None:
        raise unknown("format", name, names())
    return found


def format_of(path: str, override: str | None = None) -> Format:
    """Return the format of an output file: `override` if given, else what its suffix says."""
    if override is not None:
        return by_name(override)
    suffix = os.path.splitext(path)[1].lower()
    if suffix in _BY_SUFFIX:
        return _BY_SUFFIX[suffix]
    if not suffix:
        raise UsageError(
            f"{path!r} has no suffix that says its format",
            hint="add one, such as .png, or name the format with --format",
        )
    close = nearest(suffix[1:], [known[1:] for known in _BY_SUFFIX])
    hint = f"did you mean '.{close}'?" if close else f"choose from: {', '.join(names())}"
    raise UsageError(f"{path!r}: no format with the suffix {suffix!r} can be written", hint=hint)


def suffix_for(name: str) -> str:
    """Return the suffix of results made from a file of format `name`: the same, or ``.png`` if only read."""
    return next((format.suffix for format in _TABLE if format.name == name), ".png")


def holding(*, depth: str = "8", frames: bool = False) -> str:
    """Return the first suffixes of formats that hold this depth (and several frames), for hints."""
    fitting = [
        one.suffix
        for one in _TABLE
        if depth in one.depths and one.frames >= frames and not (frames and one.name in _STREAMS)
    ]
    return ", ".join(fitting[:8])


# Suffixes of pictures that Pillow reads but convcli does not write.
_ONLY_READ = (
    ".pbm .jpc .jpf .j2c .psd .mpo .cur .dcx .fit .fits .fli .flc .ftc .ftu .icb .im .msp .pcd .pxr .ras .bw"
    " .rgb .rgba .vda .vst .xbm .xpm .avifs"
)


def is_picture(name: str) -> bool:
    """Whether a file called `name` counts as a picture or array when a folder is searched.

    CSV, TSV, JSON and ``.npz`` are not: in a folder of photographs they are seldom pictures.
    """
    suffix = os.path.splitext(name)[1].lower()
    if suffix in (".npz", ".csv", ".tsv", ".json"):
        return False
    return suffix in _BY_SUFFIX or suffix in _ONLY_READ.split()
