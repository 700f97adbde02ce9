"""Small sound picture files of every kind, made by Pillow, by tifffile or by hand, for mutations."""

import io
import struct
from collections.abc import Iterator
from functools import cache
from time import gmtime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["PICTURES", "pixels"]

Array = NDArray[Any]

SHAPE = (6, 9)


def pixels(dtype: Any = np.uint8, channels: int = 0, seed: int = 1) -> Array:
    """Six patches of 3 x 3 pixels, over the whole range of the type or over 0..1.

    What they compress to is short, so that most changes hit something else.
    """
    rows, columns = SHAPE
    noise = np.random.default_rng(seed).random((rows // 3, columns // 3, channels or 1))
    noise = noise.repeat(3, 0).repeat(3, 1).reshape(*SHAPE, *([channels] if channels else []))
    dtype = np.dtype(dtype)
    return noise.astype(dtype) if dtype.kind == "f" else (noise * np.iinfo(dtype).max).astype(dtype)


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.copy().save(buffer, kind, **options)  # Pillow leaves its settings on what it saved
    return buffer.getvalue()


GRAY, RGB, RGBA = (Image.fromarray(pixels(channels=count)) for count in (0, 3, 4))
DEEP = Image.fromarray(pixels(np.uint16))
BITS, PALETTE = GRAY.convert("1"), RGB.quantize(8)


def _moving(kind: str, **options: Any) -> bytes:
    """Return three frames, or pages."""
    first, *others = (Image.fromarray(pixels(channels=3, seed=seed)) for seed in range(3))
    return _saved(first, kind, save_all=True, append_images=others, duration=40, **options)


def _exif(orientation: int = 6) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E], exif[0x8298] = orientation, "a word", "someone"
    return exif


def _png() -> Iterator[bytes]:
    for image in (GRAY, RGB, RGBA, DEEP, BITS, PALETTE):
        yield _saved(image, "PNG")
    yield _saved(PALETTE, "PNG", transparency=2, dpi=(300, 300), exif=_exif())


def _apng() -> Iterator[bytes]:
    yield _moving("PNG")
    yield _moving("PNG", disposal=2, blend=1, default_image=True, exif=_exif(3))


def _jpeg() -> Iterator[bytes]:
    for image in (GRAY, RGB, RGB.convert("CMYK")):
        yield _saved(image, "JPEG", quality=90)
    yield _saved(RGB, "JPEG", progressive=True, exif=_exif(), dpi=(72, 72), comment=b"a comment")
    yield _moving("MPO")


def _gif() -> Iterator[bytes]:
    yield _saved(PALETTE, "GIF")
    yield _moving("GIF", loop=0, disposal=2, comment=b"a comment")


def _bmp() -> Iterator[bytes]:
    for image in (BITS, GRAY, RGB, RGBA, PALETTE):
        yield _saved(image, "BMP")
    yield _saved(RGB, "DIB")


def _webp() -> Iterator[bytes]:
    yield _saved(RGB, "WEBP", quality=60, exif=_exif())
    yield _saved(RGBA, "WEBP", lossless=True)
    yield _moving("WEBP")


def _tiff() -> Iterator[bytes]:
    for compression in (None, "packbits", "tiff_lzw", "tiff_adobe_deflate", "jpeg"):
        yield _saved(RGB, "TIFF", compression=compression, dpi=(300, 300))
    yield _saved(BITS, "TIFF", compression="group4")
    for image in (
        DEEP,
        RGBA,
        PALETTE,
        RGB.convert("CMYK"),
        Image.frombytes("LAB", RGB.size, RGB.tobytes()),
        Image.fromarray(pixels("f4")),
    ):
        yield _saved(image, "TIFF")
    yield _moving("TIFF")


def _bigtiff() -> Iterator[bytes]:
    yield _saved(RGB, "TIFF", big_tiff=True)
    yield from _by_tifffile(bigtiff=True)


def _tifffile() -> Iterator[bytes]:
    yield from _by_tifffile()
    yield from _by_tifffile(byteorder=">")


def _by_tifffile(**options: Any) -> Iterator[bytes]:
    try:
        import imagecodecs  # noqa: F401
        import tifffile
    except ImportError:
        return
    large = np.tile(pixels(channels=3), (4, 3, 1))
    kinds: list[tuple[Array, dict[str, Any]]] = [
        (pixels(np.uint16, 3), {"photometric": "rgb", "compression": "zlib", "predictor": True}),
        (large, {"photometric": "rgb", "tile": (16, 16), "compression": "lzw"}),
        (np.moveaxis(pixels(channels=3), 2, 0), {"photometric": "rgb", "planarconfig": "separate"}),
        (np.stack([pixels(np.uint16), pixels(np.uint16, seed=2)]), {"imagej": "bigtiff" not in options}),
        (np.stack([pixels(), pixels(seed=2)]), {"metadata": {"axes": "TYX"}, "photometric": "minisblack"}),
        (pixels(np.float64), {"compression": "zstd"}),
        (pixels(np.int16) - 99, {}),
        (pixels(np.uint32), {}),
        (pixels() > 99, {"photometric": "miniswhite"}),
    ]
    for array, settings in kinds:
        buffer = io.BytesIO()
        tifffile.imwrite(buffer, array, **options, **settings)
        yield buffer.getvalue()


def _avif() -> Iterator[bytes]:
    yield _saved(RGB, "AVIF", quality=60, exif=_exif())
    moving = bytearray(_moving("AVIF"))
    for box in (b"mvhd", b"tkhd", b"mdhd"):  # ISO/IEC 14496-12: version and flags, then the times of making
        at = moving.find(box) + 8
        moving[at : at + 16] = bytes(16)
    yield bytes(moving)


def _jp2() -> Iterator[bytes]:
    for image in (GRAY, RGBA, DEEP):
        yield _saved(image, "JPEG2000")
    yield _saved(RGB, "JPEG2000", no_jp2=True)


def _ico() -> Iterator[bytes]:
    icon = RGBA.resize((16, 16))
    yield _saved(icon, "ICO", sizes=[(8, 8), (16, 16)])
    yield _saved(icon, "ICO", sizes=[(16, 16)], bitmap_format="bmp")
    yield _saved(icon, "ICO", sizes=[(16, 16)], append_images=[icon.quantize(4)])


def _pnm() -> Iterator[bytes]:
    for image in (BITS, GRAY, RGB, DEEP):
        yield _saved(image, "PPM")
    yield _saved(Image.fromarray(pixels("f4")), "PPM")
    yield b"P2\n# by hand\n3 2\n255\n1 2 3\n40 50 255\n"
    yield b"P3\n1 2\n65535\n1 2 3\n40 50 65535\n"
    yield b"P1\n3 2\n1 0 1\n0 1 0\n"
    size = f"WIDTH {SHAPE[1]}\nHEIGHT {SHAPE[0]}\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n"
    yield b"P7\n" + size.encode() + RGBA.tobytes()
    yield _saved(GRAY, "PPM") * 3


def _others() -> Iterator[bytes]:
    """What Pillow alone reads."""
    for kind in ("TGA", "SGI", "PCX", "QOI", "DDS", "MSP", "XBM", "SPIDER"):
        image = {"MSP": BITS, "XBM": BITS, "SPIDER": Image.fromarray(pixels("f4"))}.get(kind, RGB)
        yield _saved(image, kind)
    yield _saved(RGBA, "TGA", compression="tga_rle")
    yield _saved(PALETTE, "PCX")
    yield _saved(DEEP.convert("L"), "SGI", bpc=2)


def _fits() -> Iterator[bytes]:
    """Standard 4.0 of the IAU: cards of 80 characters, blocks of 2,880 bytes, big-endian numbers."""
    scaled = {"BZERO": 32768, "BSCALE": 1}
    for bits, cube, more in ((8, 0, {}), (16, 0, scaled), (-32, 0, {"BLANK": 3}), (32, 2, {}), (-64, 0, {})):
        shape = (cube, *SHAPE) if cube else SHAPE
        axes = {f"NAXIS{place}": side for place, side in enumerate(reversed(shape), 1)}
        cards = {"SIMPLE": "T", "BITPIX": bits, "NAXIS": len(shape), **axes, **more}
        head = "".join(f"{key:<8}= {value!s:>20}".ljust(80) for key, value in cards.items()) + "END"
        kind = f">f{-bits // 8}" if bits < 0 else f">i{bits // 8}".replace(">i1", "u1")
        data = (np.resize(pixels(), shape).astype(kind)).tobytes()
        yield head.encode().ljust(2880) + data.ljust(2880, b"\0")


def _psd() -> Iterator[bytes]:
    """Adobe Photoshop File Formats: header, three empty sections, planes as they are or packed."""
    for count, depth, mode in ((3, 8, 3), (1, 8, 1), (4, 8, 4), (1, 16, 1)):
        planes = np.moveaxis(pixels(channels=count), 2, 0).astype(f">u{depth // 8}")
        head = struct.pack(">4sH6xHIIHH", b"8BPS", 1, count, *SHAPE, depth, mode)
        yield head + bytes(12) + b"\0\0" + planes.tobytes()
        rows = [bytes([len(row.tobytes()) - 1]) + row.tobytes() for plane in planes for row in plane]
        lengths = struct.pack(f">{len(rows)}H", *map(len, rows))
        yield head + bytes(12) + b"\0\1" + lengths + b"".join(rows)


def _refused() -> Iterator[bytes]:
    """Beginnings of files that are refused by name, or that other readers would start a program for."""
    eps = "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 6\n%%EndComments\n{} showpage\n%%EOF\n"
    yield eps.format("{} loop").encode()
    yield struct.pack("<IIIIIII", 0xC6D3D0C5, 32, 99, 0, 0, 0, 0).ljust(32, b"\0") + eps.format("").encode()
    yield b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    yield _saved(RGB, "PDF", creationDate=gmtime(0), modDate=gmtime(0))
    noise = pixels(channels=4).tobytes()
    heads = [
        b"\x89HDF\r\n\x1a\n", b"BUFR\0\0\x99\4", b"GRIB\0\0\0\1", b"\xd7\xcd\xc6\x9a\0\0", b"v/1\1\2\0\0\0",
        b"#?RADIANCE\n\n-Y 6 +X 9\n", bytes(128) + b"DICM", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        b"\xff\x0a",
        b"\0\0\0\x0cJXL \r\n\x87\n", b"II\xbc\1\x20\0\0\0", b"FUJIFILMCCD-RAW ",
        b"\0\0\1\xba!\0\1\0\1\x80\0\1",
        b"\1\0\0\0\x6c\0\0\0" + bytes(32) + b" EMF\0\0\1\0",
    ]  # fmt: skip
    yield from (head + noise for head in heads)


# Suffix and maker of the sound files of each kind.
PICTURES = {
    "png": (".png", _png), "apng": (".png", _apng), "jpeg": (".jpg", _jpeg), "gif": (".gif", _gif),
    "bmp": (".bmp", _bmp), "webp": (".webp", _webp), "tiff": (".tif", _tiff), "tifffile": (".tif", _tifffile),
    "bigtiff": (".tif", _bigtiff), "avif": (".avif", _avif), "jp2": (".jp2", _jp2), "ico": (".ico", _ico),
    "pnm": (".pnm", _pnm), "others": (".tga", _others), "fits": (".fits", _fits), "psd": (".psd", _psd),
    "refused": (".png", _refused),
}  # fmt: skip
PICTURES = {
    kind: (suffix, cache(lambda make=make: tuple(make()))) for kind, (suffix, make) in PICTURES.items()
}
