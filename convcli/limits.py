"""The table of limits: sizes and counts beyond which work is refused before it is begun or memory asked for.

Each excess is one error line. Nothing here needs NumPy, so that options are checked before it is loaded.
"""

from typing import NamedTuple

from convcli.errors import ConvcliError, UsageError

__all__ = ["Limit", "table"]

# A picture may grow by padding to so many times its size whatever the limits: those are about small pictures
# that become large ones.
GROWTH = 4
# Values made for each pixel of the input, by maps, padding and upsampling together, above which GROWN holds.
MAP_GROWTH = 1024

# Bytes of a pipe, which may have no end: so many for each pixel that --max-pixels allows (2 GiB by default),
# and so many more. A file that is named may be larger.
PIPE_BYTES, PIPE_LEAST = 4, 1 << 26


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

    def check(
        self, value: float, hint: str, error: type[ConvcliError] = UsageError, *, what: str = ""
    ) -> None:
        """Raise `error` if `value` is above the limit; `what` names the quantity more exactly."""
        if value > self.most:
            unit = f" {self.unit}" if self.unit else ""
            found, most = _figure(value), _figure(self.most)
            raise error(f"{what or self.what} {found} is above the limit of {most}{unit}", hint=hint)


def _figure(value: float) -> str:
    """Write a number, one of more than 19 digits by its size alone."""
    try:
        return str(value) if isinstance(value, int) and value < 10**19 else f"{float(value):.4g}"
    except OverflowError:
        return "of hundreds of digits"


# Numbers that are typed.

# Any whole number: what 64 bits hold.
WHOLE = Limit("whole number", 2**63 - 1)
# Threads: more than the cores of the largest machines.
JOBS = Limit("jobs", 1024, "threads")
# Steps of descent, and random pictures of a bias map: some hours at most.
STEPS = Limit("steps", 10**7)
SAMPLES = Limit("samples", 10**6, "pictures")
# Pixels of all windows that are drawn for each step of descent: 128 MiB of float64.
BATCH = Limit("batch", 1 << 24, "pixels")

# Windows.

# Size, stride, dilation and padding of a window: what 32 bits hold, so that sums of them stay exact anywhere.
WINDOW = Limit("window", 2**31 - 1, "pixels")
# Rows or columns of a padded picture or of a result, where that is more than GROWTH times the picture's: each
# takes 8 bytes of source positions.
SIDE = Limit("side", 1 << 22, "pixels")
# Pixels of a padded picture and of a result, in the same case, and values of all maps of one layer: 256 MiB
# and 4 GiB of float32.
VALUES = Limit("result", 1 << 26, "pixels")
# Values of all maps that a small picture may become: `compare` holds several of each at once, in 1 GiB.
GROWN = Limit("result", 1 << 24, "values")
MAP_VALUES = Limit("feature maps", 1 << 30, "values")
# Magnitude of pixels, padding and results that are compared or transformed: fourth powers stay finite.
MAGNITUDE = Limit("magnitude", 10**70)
# Multiply-adds of one picture by a method that is asked for: half an hour at 2e9 a second. FFT takes fewer.
MULTIPLY_ADDS = Limit("work", 1 << 42, "multiply-adds")
# Weights of a kernel for methods other than FFT: each is compiled into an operation of its own.
METHOD_WEIGHTS = Limit("kernel", 1 << 20, "weights")

# Kernels and stacks.

# Weights of all components of a kernel: 128 MiB of float64.
WEIGHTS = Limit("kernel", 1 << 24, "weights")
# Rows or columns of a kernel.
KERNEL_SIDE = Limit("kernel side", 4095, "weights")
# Feature maps of one kernel: each becomes a file.
MAPS = Limit("feature maps", 1 << 14)
# Weights of a kernel that is analysed or written as text: its singular values take two seconds.
SHOWN_WEIGHTS = Limit("kernel", 1 << 20, "weights")
# Weights of a kernel whose products are explained one by one.
EXPLAINED_WEIGHTS = Limit("kernel", 1 << 16, "weights")
# Weights that are learned: the Gram matrix of 4096 is 128 MiB of float64, and is solved in ten seconds.
LEARNED_WEIGHTS = Limit("kernel", 4096, "weights")
# Layers of a stack, and layers of one kernel that are compared.
LAYERS = Limit("layers", 2048)
COMPARED_LAYERS = Limit("layers", 256)
# Layers that are explained one by one, so that a page or a table can be read.
EXPLAINED_LAYERS = Limit("layers", 64)
# Numbers of a page about a stack: as base64 of float32 that is 880 kB, so that it stays below 1 MB.
PAGE_NUMBERS = Limit("page", 165_000, "numbers")
# Product of the upsampling factors of a stack along one axis.
UPSAMPLING = Limit("upsampling", 1 << 12)
# Bytes of a stack file: it is parsed in memory at 2 MB a second.
STACK_BYTES = Limit("stack file", 1 << 24, "bytes")
# Bytes of a kernel file, packed or unpacked: WEIGHTS in float64, and a header.
KERNEL_BYTES = Limit("kernel file", (1 << 27) + (1 << 16), "bytes")
# Parts of a dotted key in TOML, whose parser takes time by their square.
KEY_PARTS = Limit("dotted key", 64, "parts")

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
# Chunks of a PNG: a gigabyte in chunks of 8 KiB, the smallest usual.
PNG_CHUNKS = Limit("number of chunks of a PNG", 1 << 17)
# Pages of a TIFF; movies have up to ten thousand. The directory of each takes 50 microseconds.
TIFF_PAGES = Limit("number of pages of a TIFF", 1 << 14)
# Bytes of all values of TIFF or EXIF tags, where they are more than the file's: directories may share one.
TAG_BYTES = Limit("size of all tags of a TIFF", 1 << 27, "bytes")


def table() -> list[Limit]:
    """Return every limit of this module."""
    return [limit for limit in globals().values() if isinstance(limit, Limit)]
