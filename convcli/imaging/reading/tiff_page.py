"""Facts about a TIFF page from its directory, and what is refused before its pixels are decoded.

References
----------
Adobe, TIFF 6.0 (1992), and its Technical Notes 1 to 3 (1995, 2002, 2005).
"""

from enum import IntEnum
from math import ceil
from typing import NamedTuple

import numpy as np

from convcli.errors import ImageError
from convcli.imaging.exif import ORIENTATION
from convcli.imaging.tiff_directory import Directory

__all__ = [
    "ASSOCIATED",
    "CONVERTING",
    "ROWS",
    "STRIPS",
    "UNASSOCIATED",
    "Page",
    "Photometric",
    "check_page",
    "not_converted",
    "page_of",
]


class Photometric(IntEnum):
    """Photometric interpretations: the meaning of the samples."""

    WHITE_IS_ZERO = 0
    BLACK_IS_ZERO = 1
    RGB = 2
    PALETTE = 3
    SEPARATED = 5
    YCBCR = 6
    CIE_LAB = 8
    ICC_LAB = 9


# Those that are not converted: their names, and what converts them.
_FOREIGN = {
    10: ("ITU L*a*b* colours", "save it as RGB with the program that made it"),
    32803: (
        "raw data of a camera's colour filters",
        "develop it first, with darktable, RawTherapee or dcraw",
    ),
    32844: ("logarithmic luminance (LogL)", "libtiff's tiff2rgba makes RGB of it"),
    32845: ("logarithmic colours (LogLuv)", "libtiff's tiff2rgba makes RGB of it"),
    34892: ("linear raw data of a camera", "develop it first, with darktable, RawTherapee or dcraw"),
}
# Compressions whose decoders make RGB of YCbCr: JPEG, old and new, and WebP.
CONVERTING = (6, 7, 50001)
# Kinds of extra samples: opacity that the colours have been multiplied by, and opacity alone.
ASSOCIATED, UNASSOCIATED = 1, 2
# Codes of no compression and of old-style JPEG; the most bytes that one stands for in LZW, zlib and PackBits.
_NONE, _OLD_JPEG = 1, 6
# Largest strip, in samples, that is decoded as a whole for some of its rows.
_LARGEST_STRIP = 1 << 26
# The most bytes that one byte stands for, by compression: LZW, JPEG (a bit for a block of 64 samples, chroma
# subsampled), zlib, PackBits, Zstandard.
_RATIOS = {5: 4096, 7: 2048, 8: 1040, 32946: 1040, 32773: 128, 50000: 1 << 15}
# CCITT compressions, in which a row takes a bit at least.
_CCITT = (2, 3, 4)
# Tags.
_SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 256, 257, 258, 259, 262
STRIPS, _SAMPLES, ROWS, _STRIP_SIZES, _PLANAR, _PREDICTOR = 273, 277, 278, 279, 284, 317
_TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_SIZES, _EXTRA, _FORMAT = 322, 323, 324, 325, 338, 339
# Tags that readers take numbers from, of which there is one, or one for each sample: what is above, order of
# bits (266), resolutions and their unit, subsampling of chroma (530).
_SHORT = {_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, 266, ORIENTATION, _SAMPLES, ROWS, 282, 283, 296}
_SHORT |= {_PLANAR, _PREDICTOR, _TILE_WIDTH, _TILE_HEIGHT, _EXTRA, _FORMAT, 530}
# Values by which a table may be longer than what its page needs.
_MORE = 1024
# Bits of the value of _SUBFILE: a reduced copy, a mask.
_REDUCED_OR_MASK = 1 | 4


class Grid(NamedTuple):
    """Rows and columns of a strip or tile, how many lie one below the other, and how many a page needs."""

    rows: int
    columns: int
    high: int
    pieces: int


class Page(NamedTuple):
    """The size and the samples of a page; `bits` is 0 where its samples differ in size."""

    directory: Directory
    width: int
    height: int
    samples: int
    bits: int
    kind: int  # 1 unsigned integers, 2 signed integers, 3 floats
    compression: int
    photometric: int
    planar: bool
    predictor: int
    extra: tuple[int, ...]
    orientation: int
    whole: bool  # neither a reduced copy nor a mask

    @property
    def whole_because(self) -> str:
        """The reason why its rows cannot be decoded apart, in the right place and colours; or nothing."""
        grid = self.grid
        tiled = grid.columns < self.width or grid.rows < self.height
        raw = self.compression == _NONE and not tiled and self.bits % 8 == 0
        converted = self.photometric == Photometric.YCBCR and self.samples > 1
        if self.orientation != 1:
            return "it is turned, or mirrored, as a whole"
        if grid.rows * grid.columns * self.samples > _LARGEST_STRIP and not raw:
            return "it is compressed as a whole (tiffcp -t cuts it into tiles)"
        if self.compression == _OLD_JPEG or (converted and self.compression not in CONVERTING):
            return "its colours are converted as a whole"
        return "its samples are decoded as a whole" if self.bits in (0, 24) else ""

    @property
    def sparse(self) -> bool:
        """Whether some strips or tiles are not stored, and blank: GDAL leaves them out."""
        table = _TILES if _TILES in self.directory else STRIPS
        return not self.directory.numbers(table, self.grid.pieces).all()

    @property
    def grid(self) -> "Grid":
        """The strips or tiles that its pixels are in."""
        tiled = _TILES in self.directory
        rows = max(self.directory.number(_TILE_HEIGHT if tiled else ROWS, self.height), 1)
        rows = rows if tiled else max(min(rows, self.height), 1)  # a page may claim no rows
        columns = max(self.directory.number(_TILE_WIDTH, 1) if tiled else self.width, 1)
        high = ceil(self.height / rows)
        return Grid(
            rows, columns, high, (self.samples if self.planar else 1) * high * ceil(self.width / columns)
        )

    @property
    def pixels(self) -> int:
        """Its size against the limit of pixels: four samples are one pixel."""
        return self.width * self.height * max(1, ceil(self.samples / 4))

    @property
    def size(self) -> int:
        """The number of its samples."""
        return self.width * self.height * self.samples

    @property
    def colours(self) -> int:
        """The number of samples of a pixel that are colours."""
        rest = self.samples - len(self.extra)
        if self.photometric in (Photometric.RGB, Photometric.YCBCR, Photometric.CIE_LAB, Photometric.ICC_LAB):
            return 3 if self.samples >= 3 else rest
        return rest

    @property
    def alpha(self) -> int:
        """The kind of its first extra sample that is opacity, 0 if there is none."""
        if self.photometric == Photometric.RGB and self.samples == 4 and not self.extra:
            return UNASSOCIATED
        return self.extra[0] if self.extra and self.extra[0] in (ASSOCIATED, UNASSOCIATED) else 0


def page_of(directory: Directory) -> Page:
    """Return the facts in `directory`."""
    number, numbers = directory.number, directory.numbers
    bits = {int(one) for one in numbers(_BITS, 64)} or {1}
    compression = number(_COMPRESSION, _NONE)
    # without this tag, three samples are RGB, as libtiff has it, and others as Pillow has it
    unsaid = Photometric.RGB if number(_SAMPLES, 1) == 3 else Photometric.WHITE_IS_ZERO
    photometric = number(_PHOTOMETRIC, unsaid)
    return Page(
        directory,
        number(_WIDTH, 0),
        number(_HEIGHT, 0),
        number(_SAMPLES, 3 if compression == 7 and photometric in (2, 6) else 1),
        bits.pop() if len(bits) == 1 else 0,
        number(_FORMAT, 1),
        compression,
        photometric,
        number(_PLANAR, 1) == 2,
        number(_PREDICTOR, 1),
        tuple(int(kind) for kind in numbers(_EXTRA, 64)),
        number(ORIENTATION, 1),
        not number(_SUBFILE, 0) & _REDUCED_OR_MASK,
    )


def check_page(page: Page, name: str) -> None:
    """Refuse a page without a size, of colours that are not converted, or that lacks pixels."""
    if page.width < 1 or page.height < 1 or page.samples < 1:
        raise ValueError(f"a page of {page.width} x {page.height} x {page.samples} samples")
    for tag in sorted(_SHORT):
        _check_count(page, tag, page.samples)
    if page.photometric in _FOREIGN:
        what, hint = _FOREIGN[page.photometric]
        raise ImageError(f"{name!r} holds {what}, which are not converted", hint=hint)
    if page.photometric == Photometric.YCBCR and page.planar and page.compression not in CONVERTING:
        raise not_converted(name)
    if page.compression != _OLD_JPEG:  # may be one piece, whatever its table says
        _check_extent(page)


def _check_count(page: Page, tag: int, most: int) -> None:
    """Refuse a table that is far longer than the page needs: readers go through all of it."""
    if (count := page.directory.count(tag)) > most + _MORE:
        raise ValueError(f"its tag {tag} has {count} values, where {most} are of use")


def _check_extent(page: Page) -> None:
    """Refuse a page whose strips or tiles are too few, end beyond the file, or are too short for its size."""
    directory, length = page.directory, len(page.directory.data)
    tiled = _TILES in directory
    rows, columns, high, needed = page.grid
    for table in (STRIPS, _STRIP_SIZES, _TILES, _TILE_SIZES):
        _check_count(page, table, 2 * needed)
    starts, sizes = (
        directory.numbers(table, needed).astype(np.float64)
        for table in ((_TILES, _TILE_SIZES) if tiled else (STRIPS, _STRIP_SIZES))
    )
    if starts.size < needed:
        raise ValueError(f"it has {starts.size} of {needed} strips or tiles")
    if page.compression == _NONE:
        row = columns * page.bits * (1 if page.planar else page.samples) // 8
        sizes = np.full(needed, float(rows * row))
        if not tiled:
            sizes[high - 1 :: high] = (page.height - rows * (high - 1)) * row
        if page.photometric == Photometric.YCBCR:  # chroma may be subsampled: a third at least is there
            sizes /= 3
    elif starts.size != sizes.size:
        return
    end = int((starts + sizes)[starts > 0].max(initial=0))
    if end > length:
        raise ValueError(f"its pixels end at byte {end}, the file at {length}")
    if not starts.all():
        return  # pieces that are not stored may be blank
    ratio = page.width if page.compression in _CCITT else _RATIOS.get(page.compression, 0)
    most = float(sizes.sum()) * ratio
    if ratio and page.bits * page.samples * page.width * page.height / 8 > most:
        raise ValueError(f"{sizes.sum():.0f} bytes cannot hold {page.width} x {page.height} pixels")


def not_converted(name: str) -> ImageError:
    """Return the error for YCbCr that no decoder converts."""
    return ImageError(
        f"{name!r} holds YCbCr colours, which are not converted", hint="libtiff's tiff2rgba makes RGB of them"
    )
