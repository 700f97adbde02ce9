"""The table of formats in words: for the terminal, for JSON, and for docs/formats.md."""

from typing import Any

from convcli.imaging.formats import Format, every
from convcli.imaging.reading.foreign import kinds

__all__ = ["HEADINGS", "NOTES", "as_pillow_reads_them", "cells", "promised", "refused", "report"]

HEADINGS = ("format", "bits read", "bits written", "alpha", "frames", "metadata", "extra")
NOTES = (
    "Bits are per sample, and exact unless lossy; depths between are widened, white to white, to 8 or 16. "
    "What is not kept is said on stderr. A file's content says its format, whatever its name.",
    "deep: pip install 'convcli[deep]' writes 16-bit colour TIFF, and reads kinds of TIFF that Pillow does "
    "not, and colour JPEG 2000 of more than 8 bits.",
    "scale: pip install 'convcli[scale]' reads and writes Zarr.",
)


def promised() -> list[Format]:
    """Return the formats whose reading is promised."""
    return [format for format in every() if format.bits]


def cells(format: Format) -> tuple[str, ...]:
    """Return one row of the table."""
    written = " ".join(depth for depth in ("8", "16", "float") if depth in format.depths)
    return (
        format.name,
        format.bits,
        written + (", lossy" if format.lossy else "") if format.written else "not written",
        ("1 bit" if format.name == "gif" else "yes") if format.alpha else "",
        "yes" if format.frames else "",
        format.metadata,
        format.extra,
    )


def as_pillow_reads_them() -> str:
    """Return the sentence on formats without a promise."""
    names = [format.name for format in every() if format.read and not format.bits]
    return f"Read as Pillow reads them, mostly as 8 bits, without a promise: {', '.join(names)}."


def refused() -> str:
    """Return the sentence on formats that are never read."""
    names = ", ".join(what.split(" ", 1)[1] for what, _ in kinds())
    return f"Refused by name, with what converts it, and without starting any program: {names}."


def report() -> list[dict[str, Any]]:
    """Return each format as a JSON object."""
    return [
        {
            "format": format.name,
            "suffixes": [*format.suffixes, *format.also_read],
            "promised": bool(format.bits),
            "read": format.read,
            "written": format.written,
            "bits_read": format.bits or None,
            "bits_written": [depth for depth in ("8", "16", "float") if depth in format.depths],
            "lossy": format.lossy,
            "alpha": format.alpha,
            "frames": format.frames,
            "metadata": format.metadata.split(),
            "extra": format.extra or None,
        }
        for format in every()
    ]
