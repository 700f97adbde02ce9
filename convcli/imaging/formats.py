"""The one table of file formats: names, suffixes, what each holds, and what is promised of it."""

import os
from typing import NamedTuple

from convcli.errors import UsageError, nearest, unknown
from convcli.stores.files import plain

__all__ = [
    "Format",
    "by_name",
    "check_quality",
    "every",
    "format_of",
    "holding",
    "is_picture",
    "is_promised",
    "names",
    "pillow_names",
    "readable",
    "suffix_for",
]

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
        Pillow's name for it; empty where Pillow neither reads nor writes it.
    spaces : set of str
        The colour spaces it holds, of ``gray rgb cmyk data`` (`data`: any number of channels).
    depths : set of str
        The sample depths that are written, of ``8 16 float``; empty where it is only read.
    alpha : bool
        Whether it holds transparency (of one bit only, for GIF).
    frames : bool
        Whether it holds more than one picture.
    numbers : bool
        Whether it is for arrays of exact values: results are written as floats unless asked otherwise.
    also_read : tuple of str
        Further suffixes under which files of this format are found, but not written.
    bits : str
        The bits per sample that are read exactly. Empty: nothing is promised, and it is read as Pillow
        reads it.
    metadata : str
        What is kept from the same format to itself.
    lossy : bool
        Whether pixels that are written change a little.
    extra : str
        The extra that some or all of the promise needs.
    read : bool
        Whether it is read at all.
    """

    name: str
    suffixes: tuple[str, ...]
    pillow: str = ""
    spaces: frozenset[str] = _COLOURS
    depths: frozenset[str] = _8
    alpha: bool = False
    frames: bool = False
    numbers: bool = False
    also_read: tuple[str, ...] = ()
    bits: str = ""
    metadata: str = ""
    lossy: bool = False
    extra: str = ""
    read: bool = True

    @property
    def suffix(self) -> str:
        """The suffix that derived names get."""
        return self.suffixes[0]

    @property
    def pages(self) -> bool:
        """Whether its pictures may differ in size, depth and colours."""
        return self.name == "tiff" or self.name in _STREAMS

    @property
    def has_quality(self) -> bool:
        """Whether it is written with a quality from 1 to 100."""
        return self.name in ("jpeg", "webp", "avif")

    @property
    def written(self) -> bool:
        """Whether it is written."""
        return bool(self.depths)


_ALL, _SOME = "ICC EXIF XMP dpi text", "ICC EXIF XMP"
# Names of formats that are read as Pillow reads them, and not written, with their suffixes.
_UNPROMISED = """
    blp cur.cur dcx.dcx fli.fli.flc ftex.ftc.ftu gbr icns im.im imt mcidas msp.msp pcd.pcd pixar.pxr psd.psd
    spider sun.ras xbm.xbm xpm.xpm xvthumb
"""
_TABLE = (
    Format("png", (".png", ".apng"), "PNG", _COLOURS, _8_16, True, True, bits="1-16", metadata=_ALL),
    Format(
        "jpeg",
        (".jpg", ".jpeg", ".jpe", ".jfif"),
        "JPEG",
        _PRINT,
        also_read=(".mpo",),
        bits="8",
        metadata=_ALL,
        lossy=True,
    ),
    Format(
        "tiff",
        (".tif", ".tiff"),
        "TIFF",
        _ANY,
        _EXACT,
        True,
        True,
        bits="1-64, float",
        metadata=_ALL,
        extra="deep",
    ),
    Format("webp", (".webp",), "WEBP", alpha=True, frames=True, bits="8", metadata=_SOME),
    Format("gif", (".gif",), "GIF", alpha=True, frames=True, bits="8", metadata="text"),
    Format("bmp", (".bmp", ".dib"), "BMP", bits="1-8", metadata="dpi"),
    Format("pgm", (".pgm",), "PPM", frozenset({"gray"}), _8_16, frames=True, bits="1-16"),
    Format("ppm", (".ppm",), "PPM", depths=_8_16, frames=True, bits="1-16"),
    Format("pnm", (".pnm",), "PPM", depths=_8_16, frames=True, also_read=(".pbm",), bits="1-16"),
    Format("pam", (".pam",), "PPM", depths=_8_16, alpha=True, frames=True, bits="1-16"),
    Format("pfm", (".pfm",), depths=frozenset({"float"}), frames=True, numbers=True, bits="float"),
    Format("npy", (".npy",), "", _ANY, _EXACT, True, numbers=True, bits="8-64, float"),
    Format("npz", (".npz",), "", _ANY, _EXACT, True, numbers=True, bits="8-64, float"),
    Format(
        "zarr",
        (".zarr", ".zip"),
        "",
        _ANY,
        _EXACT,
        True,
        bits="8-64, float",
        metadata="attributes",
        extra="scale",
    ),
    Format("csv", (".csv",), "", frozenset({"gray"}), _EXACT, numbers=True, bits="float"),
    Format("tsv", (".tsv",), "", frozenset({"gray"}), _EXACT, numbers=True, bits="float"),
    Format("json", (".json",), "", _ANY, _EXACT, True, numbers=True, bits="float"),
    Format(
        "jp2",
        (".jp2", ".j2k", ".jpx"),
        "JPEG2000",
        alpha=True,
        also_read=(".jpc", ".jpf", ".j2c"),
        bits="1-16",
        extra="deep",
    ),
    Format(
        "avif",
        (".avif",),
        "AVIF",
        _COLOURS,
        _8,
        True,
        True,
        also_read=(".avifs",),
        bits="8",
        metadata=_SOME,
        lossy=True,
    ),
    Format("tga", (".tga",), "TGA", alpha=True, also_read=(".icb", ".vda", ".vst"), bits="8"),
    Format("qoi", (".qoi",), "QOI", spaces=frozenset({"rgb"}), alpha=True, bits="8"),
    Format("ico", (".ico",), "ICO", alpha=True, bits="8"),
    Format("dds", (".dds",), "DDS", alpha=True),
    Format("sgi", (".sgi",), "SGI", also_read=(".bw", ".rgb", ".rgba")),
    Format("pcx", (".pcx",), "PCX"),
    Format("pdf", (".pdf",), "PDF", spaces=_PRINT, read=False),
    Format("eps", (".eps",), "EPS", spaces=_PRINT, read=False),
    Format(
        "fits", (), depths=frozenset(), frames=True, also_read=(".fits", ".fit", ".fts"), bits="8-64, float"
    ),
    *(
        Format(
            name, (), name.upper(), depths=frozenset(), also_read=tuple(f".{suffix}" for suffix in suffixes)
        )
        for name, *suffixes in (word.split(".") for word in _UNPROMISED.split())
    ),
)

_WRITTEN = tuple(format for format in _TABLE if format.written)
# Formats that hold several pictures as a stream, which few viewers show: hints leave them out.
_STREAMS = ("pgm", "ppm", "pnm", "pam", "pfm")
_BY_SUFFIX = {suffix: format for format in _WRITTEN for suffix in format.suffixes}
_LISTING = "'convcli formats' lists them all"
_SYNONYMS = {"jpg": "jpeg", "jpe": "jpeg", "tif": "tiff", "apng": "png", "jpeg2000": "jp2", "j2k": "jp2"}


def every() -> tuple[Format, ...]:
    """Return the whole table: first what is written, then what is only read."""
    return _TABLE


def pillow_names() -> tuple[str, ...]:
    """Return Pillow's names of the formats that are read through it: the others are closed to it."""
    return tuple(dict.fromkeys(format.pillow for format in _TABLE if format.read and format.pillow))


def is_promised(name: str) -> bool:
    """Whether files of the format `name` are read with a promise; others are read as Pillow reads them."""
    return all(format.bits for format in _TABLE if format.name == name)


def readable() -> str:
    """Return the names of formats whose reading is promised, for hints."""
    return ", ".join(format.name for format in _TABLE if format.bits)


def names() -> list[str]:
    """Return the names of all formats that can be written."""
    return [format.name for format in _WRITTEN]


def by_name(name: str) -> Format:
    """Return the format of this name, in any spelling that ``--format`` accepts."""
    spelled = name.strip().lower().removeprefix(".")
    spelled = _SYNONYMS.get(spelled, spelled)
    found = next((format for format in _WRITTEN if format.name == spelled), None)
    if found is None:
        raise unknown("format", name, names(), also=_SYNONYMS, listing=_LISTING)
    return found


def format_of(path: str, override: str | None = None) -> Format:
    """Return the format of an output file: `override` if given, else what its suffix says."""
    if override is not None:
        return by_name(override)
    suffix = os.path.splitext(plain(path))[1].lower()
    if suffix in _BY_SUFFIX:
        return _BY_SUFFIX[suffix]
    if not suffix:
        raise UsageError(
            f"{path!r} has no suffix that says its format",
            hint="add one, such as .png, or name the format with --format",
        )
    close = nearest(suffix[1:], [known[1:] for known in _BY_SUFFIX])
    hint = f"did you mean '.{close}'?" if close else _LISTING
    raise UsageError(f"{path!r}: no format with the suffix {suffix!r} can be written", hint=hint)


def check_quality(path: str, override: str | None) -> None:
    """Refuse a quality for an output file whose format has none; what cannot be written is said elsewhere."""
    try:
        chosen = format_of(path, override)
    except UsageError:
        return
    if not chosen.has_quality:
        raise UsageError(
            f"--quality has no effect on {chosen.name.upper()}",
            hint="write to .jpg, .webp or .avif; --compress is for lossless formats",
        )


def suffix_for(name: str) -> str:
    """Return the suffix of results made from a file of format `name`: the same, if it can be written."""
    only_read = ".tif" if name == "fits" else ".png"  # FITS holds floats
    return next((format.suffix for format in _WRITTEN if format.name == name), only_read)


def holding(*, depth: str = "8", frames: bool = False) -> str:
    """Return the first suffixes of formats that hold this depth (and several frames), for hints."""
    fitting = [
        one.suffix
        for one in _WRITTEN
        if depth in one.depths and one.frames >= frames and not (frames and one.name in _STREAMS)
    ]
    return ", ".join(fitting[:8])


# Suffixes of pictures and arrays; CSV, TSV, JSON, .npz and .zip are seldom pictures in a folder.
_PICTURES = {suffix for format in _TABLE if format.read for suffix in format.suffixes + format.also_read} - {
    ".npz",
    ".csv",
    ".tsv",
    ".json",
    ".zip",
}


def is_picture(name: str) -> bool:
    """Whether a file called `name` counts as a picture or array when a folder is searched."""
    return os.path.splitext(plain(name))[1].lower() in _PICTURES
