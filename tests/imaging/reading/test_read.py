import struct
import zlib

import cv2
import imagecodecs
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from PIL import Image as Pillow
from PIL import ImageCms

from convcli.errors import ImageError
from convcli.imaging.image import Space
from convcli.imaging.reading.read import read_picture
from tests.imaging.helpers import SIZE, pixels, png, saved, tiff

GRAY, RGB, RGBA = pixels(1), pixels(3), pixels(4)
GRAY16, RGB16, RGBA16 = pixels(1, np.uint16), pixels(3, np.uint16), pixels(4, np.uint16)


def only(data, **options):
    read_back = read_picture(data, **options)
    assert len(read_back.frames) == 1
    return read_back.frames[0], read_back


def cv2_bytes(suffix, array, *parameters):
    swapped = array if array.ndim == 2 else array[..., [2, 1, 0, 3][: array.shape[2]]]
    return cv2.imencode(suffix, np.ascontiguousarray(swapped), list(parameters))[1].tobytes()


LOSSLESS = {
    "png by Pillow": (lambda array: saved(array, "PNG"), (GRAY, RGB, RGBA, GRAY16)),
    "png by OpenCV": (lambda array: cv2_bytes(".png", array), (GRAY, RGB, RGBA, GRAY16, RGB16, RGBA16)),
    "png by imagecodecs": (imagecodecs.png_encode, (GRAY, RGB, RGBA, GRAY16, RGB16, RGBA16)),
    "tiff by Pillow": (lambda array: saved(array, "TIFF"), (GRAY, RGB, RGBA, GRAY16)),
    "tiff by OpenCV": (lambda array: cv2_bytes(".tif", array), (GRAY, RGB, RGBA, GRAY16, RGB16, RGBA16)),
    "webp by Pillow": (lambda array: saved(array, "WEBP", lossless=True, exact=True), (RGB, RGBA)),
    "webp by OpenCV": (lambda array: cv2_bytes(".webp", array, cv2.IMWRITE_WEBP_QUALITY, 101), (RGB,)),
    "bmp by OpenCV": (lambda array: cv2_bytes(".bmp", array), (GRAY, RGB)),
    "pgm, ppm by OpenCV": (lambda array: cv2_bytes(".pnm", array), (GRAY, RGB, GRAY16, RGB16)),
    "pfm by OpenCV": (
        lambda array: cv2_bytes(".pfm", array),
        (pixels(1, np.float32), pixels(3, np.float32)),
    ),
    "jpeg 2000 by imagecodecs": (
        lambda array: imagecodecs.jpeg2k_encode(array, level=0, reversible=True),
        (GRAY, RGB, RGBA, GRAY16, RGB16, RGBA16),
    ),
    "tga by Pillow": (lambda array: saved(array, "TGA"), (GRAY, RGB, RGBA)),
    "qoi by imagecodecs": (imagecodecs.qoi_encode, (RGB, RGBA)),
}


@pytest.mark.parametrize(
    ("write", "array"),
    [(write, array) for write, arrays in LOSSLESS.values() for array in arrays],
    ids=[f"{name} {array.shape} {array.dtype}" for name, (_, arrays) in LOSSLESS.items() for array in arrays],
)
def test_what_others_wrote_without_loss_is_read_exactly(write, array):
    frame, whole = only(write(array))
    channels = 1 if array.ndim == 2 else array.shape[2]
    assert frame.pixels.dtype == array.dtype
    if channels == 4:
        assert_array_equal(frame.pixels, array[..., :3])
        assert_array_equal(frame.alpha, array[..., 3])
    else:
        assert_array_equal(frame.pixels, array)
        assert frame.alpha is None
    assert whole.space is (Space.GRAY if channels == 1 else Space.RGB)
    assert whole.notes == ()


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("compression", [None, "lzw", "zlib", "packbits"])
@pytest.mark.parametrize("tile", [None, (16, 16)])
@pytest.mark.parametrize("array", [GRAY16, RGB16, RGBA16], ids=["gray", "rgb", "rgba"])
def test_16_bit_tiffs_are_exact_without_the_extra(array, order, compression, tile, block_deep):
    extra = ["unassalpha"] if array.shape[2:] == (4,) else None
    data = tiff(
        array,
        photometric="minisblack" if array.ndim == 2 else "rgb",
        byteorder=order,
        compression=compression,
        predictor=compression in ("lzw", "zlib"),
        tile=tile,
        extrasamples=extra,
    )
    block_deep()
    frame, whole = only(data)
    both = frame.pixels if frame.alpha is None else np.dstack([frame.pixels, frame.alpha])
    assert both.dtype == np.uint16
    assert both.dtype.isnative
    assert_array_equal(both, array)
    assert whole.notes == ()


@pytest.mark.parametrize("interlaced", [False, True])
def test_16_bit_pngs_are_exact_without_the_extra(interlaced, block_deep):
    data = interlaced_png(RGB16) if interlaced else imagecodecs.png_encode(RGB16)
    block_deep()
    assert_array_equal(only(data)[0].pixels, RGB16)


def interlaced_png(array):
    """Adam7, put together by hand."""
    height, width = array.shape[:2]
    rows = b""
    for top, left, down, across in (
        (0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1),
    ):  # fmt: skip
        for row in array[top::down, left::across]:
            rows += b"\0" + row.astype(">u2").tobytes() if row.size else b""
    data = bytearray(png(width, height, 16, 2, rows))
    header = bytearray(data[12:29])
    header[16] = 1
    return bytes(data[:12] + header + struct.pack(">I", zlib.crc32(bytes(header))) + data[33:])


def test_16_bit_grey_and_alpha_png():
    both = pixels(2, np.uint16)
    frame, whole = only(imagecodecs.png_encode(both))
    assert_array_equal(frame.pixels, both[..., 0])
    assert_array_equal(frame.alpha, both[..., 1])
    assert whole.space is Space.GRAY


@pytest.mark.parametrize("order", "<>")
def test_cmyk_is_kept_in_8_and_16_bits(order):
    for array in (pixels(4), pixels(4, np.uint16)):
        frame, whole = only(tiff(array, photometric="separated", byteorder=order, compression="zlib"))
        assert whole.space is Space.CMYK
        assert_array_equal(frame.pixels, array)


def test_adobe_jpeg_inks_are_as_pillow_has_them():
    picture = Pillow.new("CMYK", (16, 16), (0, 60, 120, 30))
    frame, whole = only(saved(picture, "JPEG", quality=100))
    assert whole.space is Space.CMYK
    assert np.abs(frame.pixels.astype(int) - [0, 60, 120, 30]).max() <= 3


TIFF_KINDS = {
    "float64": (pixels(1, np.float64), {}, Space.GRAY, np.float64),
    "float16": (pixels(1, np.float64).astype(np.float16), {}, Space.GRAY, np.float32),
    "float32 rgb": (pixels(3, np.float32), {"photometric": "rgb"}, Space.RGB, np.float32),
    "int16": (GRAY16.astype(np.int16), {}, Space.DATA, np.float64),
    "int8": (GRAY.astype(np.int8), {}, Space.DATA, np.float32),
    "int32": (GRAY.astype(np.int32) * -70_000, {}, Space.DATA, np.float64),
    "uint32": (GRAY16.astype(np.uint32) * 65_000, {}, Space.DATA, np.float64),
    "int64": (GRAY16.astype(np.int64) * -(2**30), {}, Space.DATA, np.float64),
    "five channels": (
        pixels(5),
        {"photometric": "minisblack", "planarconfig": "contig"},
        Space.DATA,
        np.uint8,
    ),
    "two float channels": (
        pixels(2, np.float32),
        {"photometric": "minisblack", "planarconfig": "contig"},
        Space.DATA,
        np.float32,
    ),
    "big": (GRAY16, {"bigtiff": True}, Space.GRAY, np.uint16),
    "big-endian float": (pixels(1, np.float32), {"byteorder": ">"}, Space.GRAY, np.float32),
}


@pytest.mark.parametrize(("array", "options", "space", "dtype"), TIFF_KINDS.values(), ids=TIFF_KINDS)
def test_tiff_numbers_are_exact(array, options, space, dtype):
    frame, whole = only(tiff(array, **{"photometric": "minisblack", **options}))
    assert whole.space is space
    assert frame.pixels.dtype == dtype
    assert_array_equal(frame.pixels.astype(np.float64), array.astype(np.float64))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("order", "<>")
def test_separate_planes(dtype, order):
    array = pixels(3, dtype)
    data = tiff(np.moveaxis(array, 2, 0), photometric="rgb", planarconfig="separate", byteorder=order)
    frame, whole = only(data)
    assert whole.space is Space.RGB
    assert_array_equal(frame.pixels, array)


def test_separate_16_bit_planes_without_the_extra_are_refused_not_misread(block_deep):
    data = tiff(np.moveaxis(RGB16, 2, 0), photometric="rgb", planarconfig="separate")
    block_deep()
    with pytest.raises(ImageError, match="Pillow cannot read") as caught:
        read_picture(data, name="planes.tif")
    assert "convcli[deep]" in caught.value.hint


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("order", "<>")
def test_white_may_be_zero(dtype, compression, order):
    array = pixels(1, dtype)
    frame, _ = only(tiff(array, photometric="miniswhite", compression=compression, byteorder=order))
    assert_array_equal(frame.pixels, np.iinfo(dtype).max - array)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_premultiplied_tiff_is_divided_by_its_alpha(dtype):
    white = int(np.iinfo(dtype).max)
    straight = np.array([[[200, 100, 50], [30, 60, 90]]], dtype=np.float64) / 255 * white
    alpha = np.array([[0.5, 1.0]]) * white
    stored = np.dstack([straight * alpha[..., np.newaxis] / white, alpha]).round().astype(dtype)
    frame, _ = only(tiff(stored, photometric="rgb", extrasamples=["assocalpha"]))
    assert_array_equal(frame.alpha, stored[..., 3])
    assert np.abs(frame.pixels - straight).max() <= 2


def test_premultiplied_floats_are_divided_by_their_alpha():
    straight, alpha = pixels(3, np.float32), pixels(1, np.float32, seed=1)
    stored = np.dstack([straight * alpha[..., np.newaxis], alpha])
    frame, _ = only(tiff(stored, photometric="rgb", extrasamples=["assocalpha"]))
    assert_array_equal(frame.alpha, alpha)
    assert np.abs(frame.pixels - straight)[alpha > 0].max() < 1e-5


def test_a_channel_without_a_meaning_is_left_out_and_said():
    for dtype in (np.uint8, np.uint16):
        array = pixels(4, dtype)
        frame, whole = only(tiff(array, photometric="rgb", extrasamples=["unspecified"]))
        assert_array_equal(frame.pixels, array[..., :3])
        assert frame.alpha is None
        assert len(whole.notes) == 1
        assert "left out" in whole.notes[0]


@pytest.mark.parametrize(("kind", "white"), [("P5", 1023), ("P6", 4095), ("P5", 256), ("P6", 65535)])
def test_netpbm_white_is_what_its_header_says(kind, white):
    channels = 1 if kind == "P5" else 3
    array = (pixels(channels, np.float64) * white).round().astype(np.uint16)
    array.flat[0], array.flat[1] = 0, white
    data = f"{kind}\n# a comment\n{SIZE[1]} {SIZE[0]}\n{white}\n".encode() + array.astype(">u2").tobytes()
    frame, _ = only(data)
    assert frame.pixels.dtype == np.uint16
    assert_array_equal(frame.pixels, np.floor(array * 65535.0 / white + 0.5))


def test_plain_text_netpbm_of_16_bits():
    frame, _ = only(b"P3 2 1 65535\n1 2 3 # red first\n65535 40000 0\n")
    assert_array_equal(frame.pixels, [[[1, 2, 3], [65535, 40000, 0]]])


@pytest.mark.parametrize("scale", [-1.0, 1.0])
def test_pfm_of_both_byte_orders_starts_at_the_bottom(scale):
    array = pixels(3, np.float32)
    body = array[::-1].astype("<f4" if scale < 0 else ">f4").tobytes()
    frame, _ = only(f"PF\n{SIZE[1]} {SIZE[0]}\n{scale}\n".encode() + body)
    assert_array_equal(frame.pixels, array)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP"])
def test_one_bit_becomes_black_and_white(kind):
    bits = pixels(1) > 128
    frame, whole = only(saved(Pillow.fromarray(bits), kind))
    assert whole.space is Space.GRAY
    assert_array_equal(frame.pixels, bits * np.uint8(255))


def palette_picture():
    picture = Pillow.fromarray(pixels(1) % 4)
    picture.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 8, 7])
    return picture


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "GIF", "BMP"])
def test_palettes_become_rgb(kind):
    frame, whole = only(saved(palette_picture(), kind))
    assert whole.space is Space.RGB
    assert frame.alpha is None
    assert_array_equal(frame.pixels, np.asarray(palette_picture().convert("RGB")))


@pytest.mark.parametrize(
    ("kind", "transparency", "opacity"),
    [
        ("PNG", 2, [255, 255, 0, 255]),
        ("PNG", bytes([0, 100, 200]), [0, 100, 200, 255]),
        ("GIF", 1, [255, 0, 255, 255]),
    ],
)
def test_transparency_of_palettes_becomes_alpha(kind, transparency, opacity):
    frame, _ = only(saved(palette_picture(), kind, transparency=transparency))
    assert_array_equal(frame.alpha, np.array(opacity, dtype=np.uint8)[pixels(1) % 4])
    shown = frame.alpha > 0
    assert_array_equal(frame.pixels[shown], np.asarray(palette_picture().convert("RGB"))[shown])


KEYED = {
    "grey 1": (1, 0, bytes([0, 0b01000000]), struct.pack(">H", 1), [0, 255], [255, 0]),
    "grey 2": (2, 0, bytes([0, 0b01100000]), struct.pack(">H", 2), [85, 170], [255, 0]),
    "grey 4": (4, 0, bytes([0, 0x5A]), struct.pack(">H", 5), [85, 170], [0, 255]),
    "grey 8": (8, 0, bytes([0, 7, 9]), struct.pack(">H", 9), [7, 9], [255, 0]),
    "grey 16": (16, 0, struct.pack(">B2H", 0, 300, 301), struct.pack(">H", 300), [300, 301], [0, 65535]),
    "rgb 8": (
        8,
        2,
        bytes([0, 1, 2, 3, 4, 5, 6]),
        struct.pack(">3H", 4, 5, 6),
        [[1, 2, 3], [4, 5, 6]],
        [255, 0],
    ),
    "rgb 16": (
        16,
        2,
        struct.pack(">B6H", 0, 1, 2, 3, 300, 400, 500),
        struct.pack(">3H", 300, 400, 500),
        [[1, 2, 3], [300, 400, 500]],
        [65535, 0],
    ),
}


@pytest.mark.parametrize(("depth", "kind", "row", "key", "expected", "opacity"), KEYED.values(), ids=KEYED)
def test_a_colour_declared_transparent_becomes_alpha(depth, kind, row, key, expected, opacity):
    frame, _ = only(png(2, 1, depth, kind, row, (b"tRNS", key)))
    assert_array_equal(frame.pixels[0], expected)
    assert_array_equal(frame.alpha[0], opacity)


def test_grey_with_alpha():
    both = pixels(2)
    for data in (saved(both, "PNG"), saved(both, "TIFF")):
        frame, whole = only(data)
        assert whole.space is Space.GRAY
        assert_array_equal(frame.pixels, both[..., 0])
        assert_array_equal(frame.alpha, both[..., 1])


def lab(picture):
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    return ImageCms.profileToProfile(picture, srgb, lab, outputMode="LAB")


@pytest.mark.parametrize(
    ("change", "error"), [(lambda picture: picture.convert("YCbCr"), 2), (lab, 6)], ids=["YCbCr", "Lab"]
)
def test_other_colour_spaces_become_rgb(change, error):
    red = Pillow.new("RGB", (8, 8), (255, 0, 0))
    frame, whole = only(saved(change(red), "TIFF"))
    assert whole.space is Space.RGB
    assert np.abs(frame.pixels.astype(int) - [255, 0, 0]).max() <= error


ORIENTED = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).swapaxes(0, 1),
    8: lambda a: np.rot90(a, 1),
}


@pytest.mark.parametrize("orientation", ORIENTED)
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP", "PNG 16", "TIFF 16", "TIFF float"])
def test_orientation_is_applied_and_cleared(kind, orientation):
    if kind == "PNG 16":
        exif = Pillow.Exif()
        exif[0x0112] = orientation
        stored = RGB16
        data = png(
            SIZE[1],
            SIZE[0],
            16,
            2,
            b"".join(b"\0" + row.astype(">u2").tobytes() for row in stored),
            (b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0")),
        )
    elif kind.startswith("TIFF "):
        stored = RGB16 if kind == "TIFF 16" else pixels(3, np.float32)
        data = tiff(stored, photometric="rgb", extratags=[(274, 3, 1, orientation, True)])
    else:
        stored = RGBA
        exif = Pillow.Exif()
        exif[0x0112] = orientation
        exact = {"lossless": True, "exact": True} if kind == "WEBP" else {}
        data = saved(stored, kind, exif=exif, **exact)
    frame, whole = only(data)
    both = frame.pixels if frame.alpha is None else np.dstack([frame.pixels, frame.alpha])
    assert_array_equal(both, ORIENTED[orientation](stored))
    if whole.metadata.exif is not None:
        kept = Pillow.Exif()
        kept.load(whole.metadata.exif)
        assert 0x0112 not in kept


@pytest.mark.parametrize("orientation", ORIENTED)
def test_orientation_of_jpeg(orientation):
    half = np.zeros((16, 32), np.uint8)
    half[:8, :16] = 255
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    frame, _ = only(saved(half, "JPEG", exif=exif, quality=100))
    assert_array_equal(frame.pixels > 128, ORIENTED[orientation](half) > 128)


def test_orientation_is_cleared_from_xmp_too():
    xmp = b'<x:xmpmeta><rdf:Description tiff:Orientation="6" a="b"/></x:xmpmeta>'
    frame, whole = only(saved(RGB, "JPEG", xmp=xmp))
    assert frame.size == (SIZE[1], SIZE[0])
    assert b"Orientation" not in whole.metadata.xmp
    assert b'a="b"' in whole.metadata.xmp


def test_metadata_is_kept():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Pillow.Exif()
    exif[0x010F] = "a camera"
    exif.get_ifd(0x8769)[0x9003] = "2024:02:29 12:00:00"
    data = saved(RGB, "JPEG", icc_profile=profile, dpi=(300, 150), exif=exif, xmp=b"<x/>", comment=b"hello")
    metadata = read_picture(data).metadata
    assert metadata.icc == profile
    assert metadata.dpi == (300, 150)
    assert metadata.xmp == b"<x/>"
    assert metadata.text == (("Comment", "hello"),)
    kept = Pillow.Exif()
    kept.load(metadata.exif)
    assert kept[0x010F] == "a camera"
    assert kept.get_ifd(0x8769)[0x9003] == "2024:02:29 12:00:00"


def test_the_colour_of_16_bit_jpeg_2000_without_the_extra_is_said_to_be_narrowed(block_deep):
    data = imagecodecs.jpeg2k_encode(RGB16, level=0, reversible=True)
    block_deep()
    frame, whole = only(data)
    assert frame.pixels.dtype == np.uint8
    assert whole.notes == ("16-bit JPEG 2000 is read as 8-bit: pip install 'convcli[deep]' keeps it",)


def test_a_float_tiff_without_the_extra_names_it(block_deep):
    data = tiff(pixels(1, np.float64))
    block_deep()
    with pytest.raises(ImageError, match=r"'a\.tif' is a kind of TIFF") as caught:
        read_picture(data, name="a.tif")
    assert "convcli[deep]" in caught.value.hint


def test_12_bit_avif_is_said_to_be_narrowed():
    data = imagecodecs.avif_encode(RGB16 >> 4, bitspersample=12)
    frame, whole = only(data)
    assert frame.pixels.dtype == np.uint8
    assert whole.notes == ("12-bit AVIF is read as 8-bit",)


def test_non_finite_pixels_are_counted_and_placed():
    array = pixels(1, np.float32)
    array[3, 4] = np.nan
    array[5, 6] = np.inf
    with pytest.raises(ImageError, match=r"2 values that are not finite; the first, nan, is at \[3, 4\]"):
        read_picture(tiff(array))


def test_pixels_are_writeable_contiguous_and_native():
    for data in (saved(RGBA, "PNG"), imagecodecs.png_encode(RGB16), tiff(GRAY16, byteorder=">")):
        frame, _ = only(data)
        assert frame.pixels.flags.c_contiguous
        assert frame.pixels.flags.writeable
        assert frame.pixels.dtype.isnative


def test_a_path_and_its_content_are_the_same_picture(tmp_path):
    path = tmp_path / "a picture.of\nmine"
    path.write_bytes(saved(RGB, "PNG"))
    for source in (path, str(path), path.read_bytes(), memoryview(path.read_bytes())):
        assert_array_equal(read_picture(source).frames[0].pixels, RGB)
    assert read_picture(path).name == str(path)
    assert read_picture(path).format == "png"


def test_content_counts_not_the_suffix(tmp_path):
    path = tmp_path / "numbers.csv"
    path.write_bytes(saved(RGB, "PNG"))
    assert read_picture(path).format == "png"
