"""The table of limits: sizes and counts beyond which work is refused before it is begun or memory asked for.

Each excess is one error line. Nothing here needs NumPy, so that options are checked before it is loaded.
"""

from typing import NamedTuple

from convcli.errors import ConvcliError, UsageError

__all__ = ["Limit", "table"]


class Limit(NamedTuple):
    """The largest value of one quantity.

    Attributes
    ----------
    what : str
        The quantity, as errors name it: ``"padding"``.
    most : int
        The largest value allowed.
    unit : str
        Its unit in the plural, such as ``"pixels"``; empty for plain counts.
    """

    what: str
    most: int
    unit: str = ""

    def check(self, value: float, hint: str, error: type[ConvcliError] = UsageError) -> None:
        """Raise `error` if `value` is above the limit."""
        if value > self.most:
            unit = f" {self.unit}" if self.unit else ""
            raise error(f"{self.what} {value} is above the limit of {self.most}{unit}", hint=hint)


# Windows.

# Kernels and stacks.

# Files that are read.

# Frames of an animation: half an hour at 18 a second; each takes a few kilobytes beside its pixels.
FRAMES = Limit("number of frames", 1 << 15)
# Arrays in one .npz: each entry of an archive costs 20 microseconds and 700 bytes to list.
ARCHIVE_ENTRIES = Limit("number of entries in an archive", 10_000)
# Bytes of an array that is packed more tightly than 200:1, as runs of one value are.
UNPACKED = Limit("size of an unpacked array", 1 << 27, "bytes")
# Bytes of the header of a .safetensors file: one of 100,000 tensors has 10 million.
TENSOR_HEADER = Limit("header of a .safetensors file", 1 << 24, "bytes")
# Axes of nested lists; no array in use here has more than 4.
NESTING = Limit("depth of nested lists", 8)
# Bytes of all texts and profiles of a PNG, unpacked: twenty times the largest ICC profiles.
PNG_TEXT = Limit("texts and profiles of a PNG", 1 << 26, "bytes")
# Chunks of a PNG: two gigabytes in chunks of 8 KiB, the smallest usual.
PNG_CHUNKS = Limit("number of chunks of a PNG", 1 << 18)
# Pages of a TIFF; movies have up to ten thousand. The directory of each takes 50 microseconds.
TIFF_PAGES = Limit("the number of pages in a TIFF,", 1 << 14)


def table() -> list[Limit]:
    """Return every limit of this module."""
    return [limit for limit in globals().values() if isinstance(limit, Limit)]
