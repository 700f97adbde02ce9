import io
import json
import shutil
import struct
import subprocess
from dataclasses import replace

import cv2
import imagecodecs
import numpy as np
import pytest
import tifffile
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image as Pillow
from PIL import ImageCms
from PIL.JpegImagePlugin import get_sampling

from convcli.choices import Compress
from convcli.errors import MissingExtraError, OutputError, UsageError
from convcli.imaging import formats
from convcli.imaging.formats import by_name
from convcli.imaging.image import Frame, Image, Space
from convcli.imaging.metadata import Metadata
from convcli.imaging.reading.read import read_picture
from convcli.imaging.writing.encode import encode_picture
from tests.imaging.helpers import image, pixels, saved
from tests.paths import SAMPLES


def stacked(frame):
    return frame.pixels if frame.alpha is None else np.dstack([frame.pixels, frame.alpha])


def by_pillow(data):
    with Pillow.open(io.BytesIO(data)) as picture:
        return np.asarray(picture)


def by_cv2(data):
    array = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    return array if array.ndim == 2 else array[..., [2, 1, 0, 3][: array.shape[2]]]


def by_tifffile(data):
    return tifffile.imread(io.BytesIO(data))


def by_json(data):
    return np.array(json.loads(data))


def by_npy(data):
    return np.load(io.BytesIO(data))


U1, U2, F4, F8 = np.uint8, np.uint16, np.float32, np.float64
EXACT = [
    # format, channels, alpha, dtype, independent reader
    ("png", 1, False, U1, by_pillow),
    ("png", 1, True, U1, by_pillow),
    ("png", 3, False, U1, by_cv2),
    ("png", 3, True, U1, by_cv2),
    ("png", 1, True, U1, imagecodecs.png_decode),
    ("png", 3, True, U1, imagecodecs.png_decode),
    ("png", 3, True, U2, imagecodecs.png_decode),
    ("png", 1, False, U2, by_cv2),
    ("png", 1, True, U2, imagecodecs.png_decode),
    ("png", 3, False, U2, by_cv2),
    ("png", 3, False, U2, imagecodecs.png_decode),
    ("png", 3, True, U2, by_cv2),
    ("tiff", 1, False, U1, by_cv2),
    ("tiff", 3, False, U1, by_tifffile),
    ("tiff", 3, True, U1, by_tifffile),
    ("tiff", 1, True, U1, by_tifffile),
    ("tiff", 4, False, U1, by_tifffile),
    ("tiff", 1, False, U2, by_cv2),
    ("tiff", 3, False, U2, by_cv2),
    ("tiff", 3, True, U2, by_tifffile),
    ("tiff", 4, False, U2, by_tifffile),
    ("tiff", 1, False, F4, by_cv2),
    ("tiff", 3, False, F4, by_cv2),
    ("tiff", 7, False, F4, by_tifffile),
    ("tiff", 7, False, U1, by_tifffile),
    ("webp", 3, False, U1, by_cv2),
    ("webp", 3, False, U1, imagecodecs.webp_decode),
    ("webp", 3, True, U1, imagecodecs.webp_decode),
    ("bmp", 1, False, U1, by_cv2),
    ("bmp", 3, False, U1, by_cv2),
    ("bmp", 1, False, U1, imagecodecs.bmp_decode),
    ("bmp", 3, False, U1, imagecodecs.bmp_decode),
    ("pgm", 1, False, U1, by_cv2),
    ("pgm", 1, False, U2, by_cv2),
    ("ppm", 3, False, U1, by_cv2),
    ("ppm", 3, False, U2, by_cv2),
    ("pnm", 3, False, U2, by_cv2),
    ("pfm", 1, False, F4, by_cv2),
    ("pfm", 3, False, F4, by_cv2),
    ("pfm", 1, False, F4, by_pillow),
    ("npy", 1, False, F8, by_npy),
    ("npy", 3, True, F4, by_npy),
    ("npy", 7, False, U2, by_npy),
    ("npz", 3, False, F4, lambda data: np.load(io.BytesIO(data))["image"]),
    ("csv", 1, False, F4, lambda data: np.loadtxt(io.BytesIO(data), delimiter=",")),
    ("csv", 1, False, F8, lambda data: np.loadtxt(io.BytesIO(data), delimiter=",")),
    ("tsv", 1, False, F8, lambda data: np.loadtxt(io.BytesIO(data), delimiter="\t")),
    ("json", 1, False, F8, by_json),
    ("json", 3, True, F4, by_json),
    ("tga", 3, True, U1, by_pillow),
    ("qoi", 3, True, U1, imagecodecs.qoi_decode),
    ("ico", 3, True, U1, by_pillow),
    ("sgi", 3, False, U1, by_pillow),
]


@pytest.mark.parametrize("compress", Compress)
@pytest.mark.parametrize(("name", "channels", "alpha", "dtype", "independent"), EXACT)
def test_what_we_write_others_read_exactly(name, channels, alpha, dtype, independent, compress):
    given = image(channels, dtype, alpha)
    encoded = encode_picture(given, name, compress=compress)
    assert encoded.notes == ()
    array = independent(encoded.data)
    assert_array_equal(array, stacked(given.frames[0]))
    assert array.dtype == dtype or name in ("csv", "tsv", "json")
    again = read_picture(encoded.data, name="x").frames[0]
    assert_array_equal(stacked(again), stacked(given.frames[0]))


@pytest.mark.skipif(shutil.which("convert") is None, reason="no ImageMagick")
@pytest.mark.parametrize("name", ["ico", "gif", "bmp"])
def test_imagemagick_reads_exactly_what_we_write(name):
    given = image(3, alpha=name == "ico", size=(9, 16))
    raw = "rgba" if name == "ico" else "rgb"
    command = ["convert", f"{name}:-", "-depth", "8", f"{raw}:-"]
    data = encode_picture(given, name).data
    theirs = subprocess.run(command, input=data, capture_output=True, check=True).stdout
    assert_array_equal(np.frombuffer(theirs, U1).reshape(9, 16, -1), stacked(given.frames[0]))


@pytest.mark.parametrize(
    ("name", "decode"), [("jpeg", imagecodecs.jpeg8_decode), ("avif", imagecodecs.avif_decode)]
)
@pytest.mark.parametrize("channels", [1, 3])
def test_others_decode_what_we_compress_with_loss_as_we_do(channels, name, decode):
    data = encode_picture(image(channels, size=(40, 50)), name).data
    ours, theirs = read_picture(data).frames[0].pixels, decode(data)
    assert_allclose(theirs.reshape(40, 50, -1).astype(int), ours.reshape(40, 50, -1).astype(int), atol=2)


@pytest.mark.parametrize("subsampling", [0, 1, 2])
def test_a_jpeg_from_a_jpeg_keeps_its_subsampling(subsampling):
    photo = read_picture(SAMPLES / "rocket.jpg")
    buffer = io.BytesIO()
    Pillow.fromarray(photo.frames[0].pixels).save(buffer, "JPEG", subsampling=subsampling)
    again = read_picture(buffer.getvalue())
    with Pillow.open(io.BytesIO(encode_picture(again, "jpeg").data)) as written:
        assert get_sampling(written) == subsampling
    gray = again.frames[0]._replace(pixels=again.frames[0].pixels[..., 0])
    with Pillow.open(
        io.BytesIO(encode_picture(replace(again, frames=(gray,), space=Space.GRAY), "jpeg").data)
    ) as one:
        assert one.mode == "L"


@pytest.mark.parametrize("name", formats.names())
def test_the_same_picture_gives_the_same_bytes(name):
    depth = sorted(formats.by_name(name).depths)[0]
    dtype = {"8": U1, "16": U2, "float": F4}[depth]
    given = image(1, dtype)
    assert encode_picture(given, name).data == encode_picture(given, name).data


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (7, 1), (64, 3)])
@pytest.mark.parametrize("name", ["png", "tiff", "webp", "ppm", "gif", "bmp", "npy", "csv", "json"])
def test_small_and_narrow_pictures(name, size):
    for channels in (1, 3) if name != "csv" else (1,):
        given = image(channels, size=size)
        back = read_picture(encode_picture(given, name).data, name="x").frames[0]
        colours = back.pixels[..., 0] if channels == 1 and back.channels == 3 else back.pixels
        if name != "gif" or channels == 1:
            assert_array_equal(colours, given.frames[0].pixels)
        assert back.size == size


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (7, 1), (2, 2)])
def test_small_pictures_of_16_bits(size):
    for channels, alpha in ((1, True), (3, False), (3, True)):
        given = image(channels, U2, alpha, size=size)
        assert_array_equal(by_cv2(encode_picture(given, "png").data)[..., :3].shape[:2], size)
        assert_array_equal(
            stacked(read_picture(encode_picture(given, "png").data).frames[0]), stacked(given.frames[0])
        )


def test_16_bit_colour_png_needs_no_extra(block_deep):
    given = image(3, U2, alpha=True)
    block_deep()
    encoded = encode_picture(given, "png")
    assert encoded.notes == ()
    assert_array_equal(read_picture(encoded.data).frames[0].pixels, given.frames[0].pixels)


def test_16_bit_colour_tiff_without_the_extra_is_narrowed_and_said(block_deep):
    given = image(3, U2)
    block_deep()
    encoded = encode_picture(given, "tiff")
    assert encoded.notes == ("16-bit colour is written as 8-bit: pip install 'convcli[deep]' keeps it",)
    assert_array_equal(read_picture(encoded.data).frames[0].pixels, np.rint(given.frames[0].pixels / 257))


@pytest.mark.parametrize(("channels", "dtype", "strict"), [(3, U2, True), (3, F4, False), (7, U2, False)])
def test_what_cannot_be_narrowed_names_the_extra(channels, dtype, strict, block_deep):
    given = image(channels, dtype)
    block_deep()
    with pytest.raises(MissingExtraError) as caught:
        encode_picture(given, "tiff", strict_depth=strict)
    assert "convcli[deep]" in caught.value.hint


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_jpeg_is_close_to_what_it_was_given(channels):
    rows, columns = np.mgrid[0:40, 0:60]
    smooth = (127 + 60 * np.sin(rows / 9) + 60 * np.cos(columns / 7)).astype(U1)
    array = smooth if channels == 1 else np.dstack([np.roll(smooth, shift, 1) for shift in range(channels)])
    space = {1: Space.GRAY, 3: Space.RGB, 4: Space.CMYK}[channels]
    encoded = encode_picture(Image((Frame(array),), space), "jpeg")
    assert encoded.notes == ()
    assert np.abs(by_pillow(encoded.data).astype(int) - array).max() <= 8
    assert read_picture(encoded.data).space is space


def test_jpeg_keeps_sharp_colour_edges():
    array = np.zeros((16, 16, 3), U1)
    array[:, 7:] = (255, 0, 0)
    back = read_picture(encode_picture(Image((Frame(array),), Space.RGB), "jpeg").data).frames[0].pixels
    assert np.abs(back.astype(int) - array).max() < 40  # subsampled chroma is off by more than 80


@pytest.mark.parametrize("name", ["jpeg", "bmp", "ppm", "pcx"])
def test_transparency_is_laid_over_white_and_said(name):
    array = np.full((4, 5, 3), 100, U1)
    alpha = np.full((4, 5), 255, U1)
    alpha[:, 2] = 0
    alpha[:, 3] = 51
    encoded = encode_picture(Image((Frame(array, alpha),), Space.RGB), name)
    assert len(encoded.notes) == 1
    assert "laid over white" in encoded.notes[0]
    if name != "jpeg":
        assert_array_equal(read_picture(encoded.data).frames[0].pixels[0, :, 0], [100, 100, 255, 224, 100])


def test_transparency_that_is_opaque_everywhere_is_dropped_without_a_word():
    given = Image((Frame(pixels(3), np.full((13, 21), 255, U1)),), Space.RGB)
    assert encode_picture(given, "bmp").notes == ()


@pytest.mark.parametrize("name", ["png", "webp", "bmp", "ppm"])
def test_cmyk_becomes_rgb_where_it_must_and_is_said(name):
    inks = pixels(4)
    encoded = encode_picture(Image((Frame(inks),), Space.CMYK), name)
    assert len(encoded.notes) == 1
    assert "CMYK" in encoded.notes[0]
    expected = Pillow.frombytes("CMYK", (21, 13), inks.tobytes()).convert("RGB")
    assert_array_equal(read_picture(encoded.data).frames[0].pixels, np.asarray(expected))


@pytest.mark.parametrize("name", ["jpeg", "webp", "bmp", "gif", "tga"])
def test_16_bits_become_8_where_they_must_and_are_said(name):
    encoded = encode_picture(image(1, U2), name)
    assert any("16-bit" in note for note in encoded.notes)


def test_16_bits_are_rounded_not_cut():
    values = np.array([[0, 128, 129, 257, 385, 386, 65535]], U2)
    back = read_picture(encode_picture(Image((Frame(values),), Space.GRAY), "bmp").data).frames[0].pixels
    assert_array_equal(back, np.rint(values / 257))


@pytest.mark.parametrize("name", ["png", "jpeg", "webp", "gif", "bmp", "ppm", "jp2", "avif"])
def test_floats_into_pixels_are_refused_naming_formats_that_hold_them(name):
    with pytest.raises(OutputError, match="cannot hold floats") as caught:
        encode_picture(image(1, F4), name)
    assert "--range" in caught.value.hint
    assert ".npy" in caught.value.hint


@pytest.mark.parametrize("name", ["csv", "tsv"])
def test_colour_into_a_table_is_refused_naming_the_option(name):
    with pytest.raises(OutputError, match="holds one channel, and there are 3") as caught:
        encode_picture(image(3, F4), name)
    assert "--gray" in caught.value.hint or ".npy" in caught.value.hint


def test_colour_into_pgm_is_refused_naming_the_option():
    with pytest.raises(OutputError, match="holds one channel") as caught:
        encode_picture(image(3), "pgm")
    assert "--gray" in caught.value.hint


def test_more_channels_than_colours_are_refused_naming_formats_that_hold_them():
    with pytest.raises(OutputError, match="cannot hold 7 channels") as caught:
        encode_picture(image(7), "png")
    assert ".npy" in caught.value.hint


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_numbers_are_taken_for_colours_by_their_count(channels):
    array = pixels(channels)
    back = read_picture(encode_picture(Image((Frame(array),), Space.DATA), "png").data).frames[0]
    assert_array_equal(stacked(back), array)
    four = pixels(4)
    back = read_picture(encode_picture(Image((Frame(four),), Space.DATA), "png").data).frames[0]
    assert_array_equal(stacked(back), four)


def test_csv_numbers_are_short_and_exact():
    values = np.array([[1, -2.5, 1 / 3], [1e300, 5e-324, -0.0]])
    text = encode_picture(Image((Frame(values),), Space.DATA), "csv").data
    assert text.startswith(b"1,-2.5,0.3333333333333333\n")
    assert_array_equal(read_picture(text).frames[0].pixels, values)


def test_float32_in_text_reads_back_equal():
    values = np.random.default_rng(0).normal(size=(9, 9)).astype(F4)
    for name in ("csv", "json"):
        back = read_picture(encode_picture(Image((Frame(values),), Space.DATA), name).data).frames[0].pixels
        assert_array_equal(back, values)


@pytest.mark.parametrize("name", ["csv", "json"])
def test_text_of_values_that_are_not_finite_is_refused(name):
    values = np.array([[1, np.inf]])
    with pytest.raises(OutputError, match="not finite") as caught:
        encode_picture(Image((Frame(values),), Space.DATA), name)
    assert ".npy" in caught.value.hint
    assert np.isinf(by_npy(encode_picture(Image((Frame(values),), Space.DATA), "npy").data)[0, 1])


def test_a_picture_larger_than_a_format_allows_is_refused():
    with pytest.raises(OutputError, match="70000 x 1 pixels cannot be written as"):
        encode_picture(image(1, size=(1, 70_000)), "jpeg")
    with pytest.raises(OutputError, match="WEBP"):
        encode_picture(image(1, size=(1, 17_000)), "webp")
    with pytest.raises(OutputError, match="at most 256 x 256"):
        encode_picture(image(1, size=(1, 300)), "ico")


def test_an_unknown_format_is_refused():
    with pytest.raises(UsageError):
        encode_picture(image(), "xyz")


PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def exif():
    block = Pillow.Exif()
    block[0x010F] = "a camera"
    inner = block.get_ifd(0x8769)
    inner[0x9003] = "2024:02:29 12:00:00"
    inner[0xA002] = 999
    block.get_ifd(0x8825)[1] = "N"
    return block.tobytes()


METADATA = Metadata(
    icc=PROFILE,
    dpi=(300, 150),
    exif=exif(),
    xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>caf\xc3\xa9</x:xmpmeta>",
    text=(("Comment", "hello"), ("Title", "zażółć"), ("Author", "me")),
    gamma=0.45455,
)
CARRIED = {
    "png": {"icc", "dpi", "exif", "xmp", "text", "gamma"},
    "jpeg": {"icc", "dpi", "exif", "xmp", "comment"},
    "tiff": {"icc", "dpi", "exif", "xmp"},
    "webp": {"icc", "exif", "xmp"},
    "avif": {"icc", "exif", "xmp"},
    "bmp": {"dpi"},
    "gif": {"comment"},
}


def check_metadata(metadata, held):
    if "icc" in held:
        assert metadata.icc == PROFILE
    if "dpi" in held:
        assert metadata.dpi == pytest.approx((300, 150), rel=1e-3)
    if "xmp" in held:
        assert metadata.xmp == METADATA.xmp
    if "text" in held:
        assert dict(metadata.text) == dict(METADATA.text)
    if "comment" in held:
        assert dict(metadata.text)["Comment"] == "hello"
    if "gamma" in held:
        assert metadata.gamma == pytest.approx(0.45455)
    if "exif" in held:
        kept = Pillow.Exif()
        kept.load(metadata.exif)
        assert kept[0x010F] == "a camera"
        assert kept.get_ifd(0x8769)[0x9003] == "2024:02:29 12:00:00"
        assert kept.get_ifd(0x8769)[0xA002] == 21  # the width that it has now
        assert kept.get_ifd(0x8825)[1] == "N"


@pytest.mark.parametrize("compress", Compress)
@pytest.mark.parametrize("name", CARRIED)
def test_metadata_is_carried_over(name, compress):
    encoded = encode_picture(image(1 if name == "gif" else 3, metadata=METADATA), name, compress=compress)
    lost = ["ICC profile", "EXIF", "XMP"] if name in ("bmp", "gif") else []
    comment = "" if name in ("jpeg", "gif") else "'Comment', "
    lost += [f"text ({comment}'Title', 'Author')"] if name != "png" else []
    said = f"{by_name(name).suffix} holds no {', '.join(lost)}: left out"
    assert encoded.notes == ((said,) if lost else ())
    back = read_picture(encoded.data)
    assert back.notes == ()
    check_metadata(back.metadata, CARRIED[name])
    assert back.frames[0].size == (13, 21)


@pytest.mark.parametrize(("name", "dtype"), [("png", U2), ("tiff", U2), ("tiff", F4)])
def test_metadata_is_carried_in_deep_pictures_too(name, dtype):
    given = image(3, dtype, metadata=METADATA)
    back = read_picture(encode_picture(given, name).data)
    check_metadata(back.metadata, CARRIED[name])
    assert_array_equal(back.frames[0].pixels, given.frames[0].pixels)


def test_others_see_what_we_carry_in_16_bit_png_and_tiff():
    with Pillow.open(io.BytesIO(encode_picture(image(3, U2, metadata=METADATA), "png").data)) as picture:
        picture.load()
        assert picture.info["icc_profile"] == PROFILE
        assert picture.getexif()[0x010F] == "a camera"
        assert picture.text["Title"] == "zażółć"
    with tifffile.TiffFile(io.BytesIO(encode_picture(image(3, U2, metadata=METADATA), "tiff").data)) as file:
        tags = file.pages[0].tags
        assert tags[34675].value == PROFILE
        assert tags[271].value == "a camera"
        assert tags[34665].value["DateTimeOriginal"] == "2024:02:29 12:00:00"
        assert bytes(tags[700].value) == METADATA.xmp


@pytest.mark.parametrize("dtype", [U1, U2])
def test_tags_of_a_tiff_ascend(dtype):
    data = encode_picture(image(3, dtype, metadata=METADATA), "tiff").data
    (at,) = struct.unpack("<I", data[4:8])
    (count,) = struct.unpack("<H", data[at : at + 2])
    tags = [
        struct.unpack("<H", data[start : start + 2])[0] for start in range(at + 2, at + 2 + 12 * count, 12)
    ]
    assert tags == sorted(set(tags))
    assert {700, 34665, 34675, 34853} <= set(tags)


def test_a_profile_of_other_colours_is_dropped():
    given = image(1, metadata=METADATA)
    for name in ("png", "jpeg", "tiff"):
        assert read_picture(encode_picture(given, name).data).metadata.icc is None


def test_an_orientation_that_is_left_in_exif_is_never_written():
    block = Pillow.Exif()
    block[0x0112] = 6
    block[0x010F] = "a camera"
    given = image(3, metadata=Metadata(exif=block.tobytes()))
    for name in ("png", "jpeg", "tiff", "webp"):
        with Pillow.open(io.BytesIO(encode_picture(given, name).data)) as picture:
            assert picture.getexif().get(0x0112, 1) == 1
            assert picture.getexif()[0x010F] == "a camera"


def test_more_than_a_jpeg_holds_is_left_out_and_said():
    encoded = encode_picture(image(3, metadata=Metadata(xmp=b"<x>" + b" " * 70_000 + b"</x>")), "jpeg")
    assert encoded.notes == ("JPEG holds 64 KiB of XMP: it is left out",)


def test_text_that_png_cannot_hold_is_left_out_and_said():
    encoded = encode_picture(image(1, metadata=Metadata(text=(("x" * 100, "a"), ("Ok", "b")))), "png")
    assert len(encoded.notes) == 1
    assert read_picture(encoded.data).metadata.text == (("Ok", "b"),)


def test_fast_png_uses_run_lengths_and_small_is_smaller():
    rows, columns = np.mgrid[0:200, 0:200]
    given = Image((Frame(((rows // 9) * (columns // 7) % 251).astype(U1)),), Space.GRAY)
    sizes = {compress: len(encode_picture(given, "png", compress=compress).data) for compress in Compress}
    assert sizes[Compress.SMALL] < sizes[Compress.FAST] < sizes[Compress.NONE]
    assert sizes[Compress.FAST] < 1.1 * len(saved(given.frames[0].pixels, "PNG", compress_type=3))


def test_the_image_that_is_written_is_not_changed():
    given = image(3, U2, alpha=True)
    before = stacked(given.frames[0]).copy()
    for name in ("png", "jpeg", "tiff", "gif", "npy", "json"):
        encode_picture(given, name)
    assert_array_equal(stacked(given.frames[0]), before)
