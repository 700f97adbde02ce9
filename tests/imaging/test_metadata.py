"""Metadata that goes through convcli: kept byte for byte, or its loss said; damage does not spoil pixels."""

import io
import shutil
import struct
import subprocess
import time
import zlib

import imagecodecs
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from PIL import Image as Pillow
from PIL import ImageCms

from convcli.choices import Compress
from convcli.errors import ImageError
from convcli.imaging.image import Frame, Image, Space
from convcli.imaging.metadata import Metadata
from convcli.imaging.reading.jpeg_file import jpeg_coding
from convcli.imaging.reading.read import read_picture
from convcli.imaging.writing.encode import encode_picture
from tests.imaging.animations import gif
from tests.imaging.helpers import animation, chunk, image, pixels, png, saved

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
GRAY_ROW = b"\0\7"
ROWS = (b"\0" + b"123456789") * 3


def ifd(*entries, inner=b""):
    """EXIF as a little-endian TIFF of one directory: entries are tag, type, count and 4 bytes of value."""
    packed = b"".join(struct.pack("<HHI", *entry[:3]) + entry[3] for entry in entries)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + packed + bytes(4) + inner


def directories(exif):
    """The number of entries of each directory in EXIF, found by hand."""
    data = exif.removeprefix(b"Exif\0\0")
    order = "<" if data[:2] == b"II" else ">"
    todo, found = list(struct.unpack_from(order + "I", data, 4)), []
    while todo:
        at = todo.pop()
        (count,) = struct.unpack_from(order + "H", data, at)
        found.append(count)
        for index in range(count):
            tag, _, _, value = struct.unpack_from(order + "HHII", data, at + 2 + 12 * index)
            if tag in (0x8769, 0x8825, 0xA005):
                todo.append(value)
    return found


EMPTY = {
    "only the orientation": ifd((0x0112, 3, 1, b"\1\0\0\0")),
    "an empty EXIF directory": ifd((0x8769, 4, 1, struct.pack("<I", 26)), inner=bytes(6)),
    "an empty GPS directory": ifd(
        (0x010F, 2, 4, b"cam\0"), (0x8825, 4, 1, struct.pack("<I", 38)), inner=bytes(6)
    ),
    "nothing": ifd(),
}


@pytest.mark.parametrize("name", ["png", "jpeg", "webp", "avif", "tiff"])
@pytest.mark.parametrize("what", EMPTY)
def test_an_empty_directory_of_exif_is_never_written(what, name):
    read = read_picture(png(3, 3, 8, 2, ROWS, (b"eXIf", EMPTY[what])))
    assert read.notes == ()
    data = encode_picture(read, name).data
    with Pillow.open(io.BytesIO(data)) as picture:
        block = picture.info.get("exif", b"")
        made = picture.getexif()
    if what == "an empty GPS directory":
        assert made[0x010F] == "cam"
    if name == "tiff":
        assert 0x8769 not in made
        assert 0x8825 not in made
    elif what == "an empty GPS directory":
        assert directories(block) == [1]
    else:
        assert block == b""


@pytest.mark.skipif(shutil.which("identify") is None, reason="no ImageMagick")
@pytest.mark.parametrize("name", ["png", "jpeg", "tiff"])
@pytest.mark.parametrize("what", EMPTY)
def test_imagemagick_reads_what_was_an_empty_directory(what, name, tmp_path):
    read = read_picture(png(3, 3, 8, 2, ROWS, (b"eXIf", EMPTY[what])))
    path = tmp_path / f"a.{name}"
    path.write_bytes(encode_picture(read, name).data)
    ran = subprocess.run(["identify", "-verbose", str(path)], capture_output=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, b"")


@pytest.mark.parametrize("text", ["caf\xe9".encode(), "caf\xe9 \xdc".encode("latin-1"), "日本".encode()])
@pytest.mark.parametrize("name", ["png", "jpeg", "webp", "avif", "tiff"])
def test_strings_of_exif_keep_their_bytes(name, text):
    value = text + b"\0"
    at = 8 + 2 + 2 * 12 + 4
    block = ifd(
        (0x010E, 2, len(value), struct.pack("<I", at)),
        (0x8769, 4, 1, struct.pack("<I", at + 20)),
        inner=value.ljust(20, b"\0")
        + struct.pack("<H", 1)
        + struct.pack("<HHII", 0xA430, 2, len(value), at + 40)
        + bytes(6)
        + value,
    )
    for kind, source in (("PNG", png(1, 1, 8, 0, GRAY_ROW, (b"eXIf", block))), ("JPEG", jpeg(exif=block))):
        made = encode_picture(read_picture(source), name).data
        assert made.count(value) == 2, kind
        assert b"??" not in made
        # once more from what was written, TIFF included
        assert encode_picture(read_picture(made), "jpeg").data.count(value) == 2


def jpeg(size=(8, 8), exif=b"", **options):
    block = {"exif": b"Exif\0\0" + exif} if exif else {}
    return saved(pixels(3, size=size), "JPEG", **block, **options)


@pytest.mark.parametrize("comment", [b"caf\xe9 \x80\xff", "caf\xe9".encode(), b"plain", b"x" * 700])
def test_comments_keep_their_bytes(comment):
    sources = (jpeg(comment=comment), saved(pixels(1), "GIF", comment=comment))
    for source in sources:
        read = read_picture(source)
        with Pillow.open(io.BytesIO(encode_picture(read, "jpeg").data)) as picture:
            assert picture.info["comment"] == comment
        for frames in (read.frames, read.frames * 2):
            again = Image(frames, read.space, read.metadata)
            with Pillow.open(io.BytesIO(encode_picture(again, "gif").data)) as picture:
                assert picture.info["comment"] == comment


def test_a_comment_in_latin_1_is_readable_in_a_png():
    read = read_picture(jpeg(comment=b"caf\xe9"))
    for compress in (Compress.FAST, Compress.SMALL):
        with Pillow.open(io.BytesIO(encode_picture(read, "png", compress=compress).data)) as picture:
            picture.load()
            assert picture.text["Comment"] == "caf\xe9"


def test_comments_anywhere_in_a_gif_are_kept():
    from tests.imaging.animations import random_gif

    parts, table = random_gif(1, (7, 9))
    data = gif(parts, (7, 9), table, comments=(b"one", b"tw\xf6"))
    data = data[:-1] + b"!\xfe\5three\0;"
    again = encode_picture(read_picture(data), "gif").data
    with Pillow.open(io.BytesIO(again)) as picture:
        assert picture.info["comment"] == b"one\ntw\xf6\nthree"


IPTC = b"\x1c\2\x19\0\6forest\x1c\2\x78\0\5caf\xe9!"


def photoshop(iptc):
    """Image resources as Photoshop writes them: another one with a name, then IPTC."""
    other = b"8BIM\3\xed\3abc" + struct.pack(">I", 3) + b"xyz\0"
    return b"Photoshop 3.0\0" + other + b"8BIM\4\4\0\0" + struct.pack(">I", len(iptc)) + iptc


def with_iptc():
    block = photoshop(IPTC)
    segment = b"\xff\xed" + struct.pack(">H", len(block) + 2) + block
    return jpeg(extra=segment)


def test_iptc_of_a_jpeg_is_kept():
    from PIL import IptcImagePlugin

    read = read_picture(with_iptc())
    assert read.metadata.iptc == IPTC
    data = encode_picture(read, "jpeg").data
    with Pillow.open(io.BytesIO(data)) as picture:
        assert IptcImagePlugin.getiptcinfo(picture) == {(2, 25): b"forest", (2, 120): b"caf\xe9!"}
    assert read_picture(encode_picture(read_picture(data), "jpeg").data).metadata.iptc == IPTC


def test_iptc_goes_into_tiff_and_back_and_elsewhere_its_loss_is_said():
    read = read_picture(with_iptc())
    data = encode_picture(read, "tiff").data
    with Pillow.open(io.BytesIO(data)) as picture:
        assert picture.tag_v2[33723] == IPTC
    assert read_picture(data).metadata.iptc == IPTC
    for name in ("png", "webp", "avif", "gif", "bmp"):
        assert f".{name} holds no IPTC: left out" in encode_picture(read, name).notes


CHRM = struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)


@pytest.mark.parametrize("compress", Compress)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("count", [1, 2])
def test_chunks_about_the_meaning_of_colours_are_kept(count, dtype, compress):
    source = png(1, 1, 8, 0, GRAY_ROW, (b"cHRM", CHRM), (b"gAMA", struct.pack(">I", 45455)), (b"sRGB", b"\1"))
    read = read_picture(source)
    frames = tuple(Frame(pixels(3, dtype, seed)) for seed in range(count))
    data = encode_picture(Image(frames, Space.RGB, read.metadata), "png", compress=compress).data
    assert data.index(chunk(b"cHRM", CHRM)) < data.index(b"IDAT")
    assert data.index(chunk(b"gAMA", struct.pack(">I", 45455))) < data.index(b"IDAT")
    assert data.index(chunk(b"sRGB", b"\1")) < data.index(b"IDAT")


RAW = b"\nexif\n      %d\n%s\n"
DAMAGED = {
    "hex": (b"tEXt", b"Raw profile type exif\0" + RAW % (4, b"4949zz2a")),
    "odd hex": (b"tEXt", b"Raw profile type APP1\0" + RAW % (4, b"49492")),
    "no length": (b"tEXt", b"Raw profile type exif\0garbage"),
    "raw zTXt": (b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(b"garbage")),
    "short": (b"tEXt", b"Raw profile type iptc\0" + RAW % (400, b"49492a00")),
    "iCCP": (b"iCCP", b"ICC\0\0garbage"),
    "iCCP method": (b"iCCP", b"ICC\0\7" + zlib.compress(PROFILE)),
    "iCCP empty": (b"iCCP", b""),
    "pHYs": (b"pHYs", b"\0"),
    "gAMA": (b"gAMA", b"\0"),
    "gAMA long": (b"gAMA", b"\0\0\0\0\0"),
    "zTXt": (b"zTXt", b"Comment\0\0garbage"),
    "zTXt method": (b"zTXt", b"Comment\0\7" + zlib.compress(b"hello")),
    "iTXt": (b"iTXt", b"Comment\0\1\0\0\0garbage"),
    "iTXt short": (b"iTXt", b"Comment\0"),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_damaged_metadata_of_a_png_is_left_out_and_said(what):
    read = read_picture(png(1, 1, 8, 0, GRAY_ROW, DAMAGED[what], (b"tEXt", b"Author\0me")))
    assert read.frames[0].pixels.tolist() == [[7]]
    assert read.metadata.text == (("Author", "me"),)
    kind = DAMAGED[what][0].decode()
    assert len(read.notes) == 1
    assert read.notes[0].startswith(f"a damaged {kind} chunk is left out (")


def test_a_wrong_checksum_beside_the_pixels_does_not_spoil_them():
    whole = png(1, 1, 8, 0, GRAY_ROW, (b"tEXt", b"Author\0me"))
    at = whole.index(b"Author")
    read = read_picture(whole[:at] + b"author" + whole[at + 6 :])
    assert read.frames[0].pixels.tolist() == [[7]]
    assert read.metadata.text == ()
    assert read.notes == ("a damaged tEXt chunk is left out (its checksum is wrong)",)


@pytest.mark.parametrize(
    "keyword", ["transparency", "duration", "icc_profile", "dpi", "exif", "gamma", "loop"]
)
def test_a_text_is_never_taken_for_anything_else(keyword):
    read = read_picture(png(1, 1, 8, 0, GRAY_ROW, (b"tEXt", keyword.encode() + b"\0junk")))
    assert read.frames[0].alpha is None
    assert read.metadata == Metadata(text=((keyword, "junk"),))
    assert read.notes == ()


def test_raw_profiles_of_a_png_are_read():
    exif = b"Exif\0\0" + ifd((0x010F, 2, 4, b"cam\0"))
    texts = [
        (b"tEXt", b"Raw profile type APP1\0" + RAW % (len(exif), exif.hex().encode())),
        (b"tEXt", b"Raw profile type iptc\0" + RAW % (len(photoshop(IPTC)), photoshop(IPTC).hex().encode())),
        (b"zTXt", b"Raw profile type icc\0\0" + zlib.compress(RAW % (len(PROFILE), PROFILE.hex().encode()))),
    ]
    read = read_picture(png(1, 1, 8, 0, GRAY_ROW, *texts))
    assert read.notes == ()
    assert read.metadata.iptc == IPTC
    assert read.metadata.icc == PROFILE
    assert b"cam\0" in read.metadata.exif


DPI = {"jpeg": 65_535, "png": 5.4e7, "bmp": 5.4e7, "tiff": 4.2e9}


@pytest.mark.parametrize("dpi", [(1e5, 1e5), (6e7, 300), (1e30, 1e30), (65_535, 65_535), (0.5, 300)])
@pytest.mark.parametrize("name", ["jpeg", "png", "bmp", "webp", "gif", "avif", "tiff", "deep tiff"])
@pytest.mark.parametrize("compress", [Compress.FAST, Compress.SMALL])
def test_an_absurd_resolution_does_not_refuse_a_picture(name, dpi, compress):
    dtype, name = (np.uint16 if name == "deep tiff" else np.uint8), name.split()[-1]
    encoded = encode_picture(image(3, dtype, metadata=Metadata(dpi=dpi)), name, compress=compress)
    said = [note for note in encoded.notes if "pixels per inch" in note]
    assert len(said) == (max(dpi) > DPI.get(name, 1e99))
    assert read_picture(encoded.data).frames[0].size == (13, 21)


@pytest.mark.parametrize("density", [(0, 0), (65535, 65535), (1, 65535)])
@pytest.mark.parametrize("unit", [0, 1, 2, 99])
def test_any_density_of_jfif_is_met(unit, density):
    data = bytearray(jpeg())
    at = data.index(b"JFIF\0")
    data[at + 7 : at + 12] = struct.pack(">BHH", unit, *density)
    read = read_picture(bytes(data))
    for name in ("jpeg", "png", "tiff", "bmp"):
        assert read_picture(encode_picture(read, name).data).frames[0].size == (8, 8)


def test_progressive_stays_progressive():
    for progressive in (True, False):
        read = read_picture(jpeg(size=(40, 40), progressive=progressive))
        again = encode_picture(read, "jpeg")
        assert again.notes == ()
        with Pillow.open(io.BytesIO(again.data)) as picture:
            assert bool(picture.info.get("progressive")) == progressive


def test_the_coding_of_a_jpeg_is_told_by_its_frame_marker():
    data = bytearray(jpeg())
    at = data.index(b"\xff\xc0")
    for marker, coding in {
        0xC0: "",
        0xC1: "",
        0xC2: "progressive",
        0xC9: "arithmetic",
        0xCA: "arithmetic",
    }.items():
        data[at + 1] = marker
        assert jpeg_coding(bytes(data)) == coding
    encoded = encode_picture(image(3, metadata=Metadata(coding="arithmetic")), "jpeg")
    assert encoded.notes == ("the JPEG's arithmetic coding became Huffman coding",)


def jpeg_of_12_bits(_samples):
    """An extended sequential frame (SOF1) of 12 bits (ITU-T T.81, B.2.2), which old encoders cannot write."""
    data = bytearray(jpeg())
    at = data.index(b"\xff\xc0")
    data[at + 1], data[at + 4] = 0xC1, 12
    return bytes(data)


@pytest.mark.parametrize(
    ("encode", "what"),
    [
        (jpeg_of_12_bits, "a JPEG of 12 bits"),
        (lambda samples: imagecodecs.ljpeg_encode(samples), "a JPEG of 16 bits"),
        (lambda samples: imagecodecs.jpegls_encode(samples), "a JPEG-LS picture"),
    ],
)
def test_an_intact_jpeg_that_cannot_be_read_is_called_what_it_is(encode, what):
    samples = (pixels(1, np.uint16, size=(16, 24)) // 16).astype(np.uint16)
    with pytest.raises(ImageError, match=f"is {what}"):
        read_picture(encode(samples))


def test_a_jpeg_too_short_for_its_size_is_refused_before_memory_is_asked_for():
    data = bytearray(jpeg())
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", 20_000, 20_000)
    start = time.perf_counter()
    with pytest.raises(ImageError, match="cannot hold 20000 x 20000 pixels"):
        read_picture(bytes(data))
    assert time.perf_counter() - start < 1
    # the emptiest JPEG that Pillow writes is far from it
    flat = saved(np.zeros((4000, 4000), np.uint8), "JPEG", quality=1, progressive=True)
    assert read_picture(flat).frames[0].size == (4000, 4000)


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("count", [1, 3])
def test_lossy_webp_stays_lossy_and_lossless_lossless(count, alpha):
    smooth = np.add.outer(np.arange(64), np.arange(64))
    noise = np.random.default_rng(1).integers(0, 40, (64, 64, 3))
    pictures = []
    for index in range(count):
        samples = (smooth[..., None] + noise + 35 * index).astype(np.uint8)
        samples = np.dstack([samples, smooth.astype(np.uint8)]) if alpha else samples
        pictures.append(Pillow.fromarray(samples))
    for lossless in (False, True):
        more = {"save_all": True, "append_images": pictures[1:], "duration": 50} if count > 1 else {}
        source = saved(pictures[0], "WEBP", lossless=lossless, quality=80, **more)
        read = read_picture(source)
        assert len(read.frames) == count
        again = encode_picture(read, "webp").data
        assert (b"VP8 " in again, b"VP8L" in again) == (not lossless, lossless)
        if not lossless:
            assert len(again) < 2.2 * len(source)
        back = read_picture(again)
        assert len(back.frames) == count
        for before, after in zip(read.frames, back.frames, strict=True):
            worst = np.abs(before.pixels.astype(int) - after.pixels)[before.stacked()[..., -1] > 0].max()
            assert worst <= (0 if lossless else 60)


@pytest.mark.parametrize("name", ["bmp", "ppm", "pnm", "gif", "tga", "sgi", "qoi", "pcx", "ico"])
def test_a_profile_that_a_format_cannot_hold_is_said_once(name):
    given = image(3, metadata=Metadata(icc=PROFILE))
    notes = [note for note in encode_picture(given, name).notes if "ICC" in note]
    assert notes == [f".{name} holds no ICC profile: left out"]


@pytest.mark.parametrize("name", ["png", "jpeg", "tiff", "webp", "avif"])
@pytest.mark.parametrize("count", [1, 2])
def test_a_profile_of_other_colours_is_said_once(name, count):
    if count > 1 and name == "jpeg":
        return
    frames = image(1).frames * count
    encoded = encode_picture(Image(frames, Space.GRAY, Metadata(icc=PROFILE)), name)
    assert [note for note in encoded.notes if "ICC" in note] == [
        "the ICC profile is not for GRAY pixels: left out"
    ]


@pytest.mark.parametrize("name", ["npy", "csv", "json", "pfm"])
def test_numbers_have_no_colours_to_lose(name):
    assert encode_picture(image(1, np.float32, metadata=Metadata(icc=PROFILE)), name).notes == ()


@pytest.mark.parametrize("name", ["webp", "png", "avif"])
def test_metadata_goes_with_animations_too(name):
    exif = ifd((0x010F, 2, 4, b"cam\0"))
    metadata = Metadata(icc=PROFILE, exif=b"Exif\0\0" + exif, xmp=b"<x/>" * 3)
    given = animation()
    data = encode_picture(Image(given.frames, given.space, metadata), name).data
    with Pillow.open(io.BytesIO(data)) as picture:
        assert picture.n_frames == 4
        picture.load()
        assert picture.info["icc_profile"] == PROFILE
        assert picture.info["xmp"] == b"<x/>" * 3
        assert picture.getexif()[0x010F] == "cam"


@pytest.mark.parametrize("count", [1, 3])
def test_an_avif_depends_on_nothing_but_the_picture(count):
    frames = tuple(Frame(pixels(3, seed=seed, size=(40, 50))) for seed in range(count))
    first = encode_picture(Image(frames, Space.RGB), "avif").data
    time.sleep(1.1)  # libavif writes the second
    assert encode_picture(Image(frames, Space.RGB), "avif").data == first
    with pytest.MonkeyPatch.context() as patch:  # a machine of one core
        patch.setattr("PIL.AvifImagePlugin._get_default_max_threads", lambda: 1)
        assert encode_picture(Image(frames, Space.RGB), "avif").data == first
    for box in (b"mvhd\1", b"tkhd\1", b"mdhd\1"):
        assert (box in first) == (count > 1)
    assert_array_equal(len(read_picture(first).frames), count)


def with_inner(order, entries, values=b"", outer=()):
    """EXIF whose directory within has `entries`: tag, type, count, 4 bytes or the offset in `values`."""
    at = 8 + 2 + 12 * (len(outer) + 1) + 4
    inner_end = at + 2 + 12 * len(entries) + 4
    packed = b"".join(
        struct.pack(order + "HHI", *entry[:3])
        + (entry[3] if isinstance(entry[3], bytes) else struct.pack(order + "I", inner_end + entry[3]))
        for entry in entries
    )
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, len(outer) + 1)
    first = b"".join(struct.pack(order + "HHI", *entry[:3]) + entry[3] for entry in outer)
    first += struct.pack(order + "HHII", 0x8769, 4, 1, at) + bytes(4)
    return head + first + struct.pack(order + "H", len(entries)) + packed + bytes(4) + values


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("source", ["PNG", "JPEG", "WEBP", "AVIF"])
@pytest.mark.parametrize("name", ["png", "jpeg", "webp", "avif"])
def test_exif_keeps_its_bytes_and_their_order(name, source, order):
    maker, unknown = b"\x01\x02maker notes\xff\xfe", struct.pack(order + "II", 0, 0)
    block = with_inner(
        order,
        [(0x927C, 7, len(maker), 0), (0x9286, 7, 12, 15), (0xA432, 5, 1, 27)],
        maker + b"UNICODE\0" + "né".encode("utf-16-le" if order == "<" else "utf-16-be") + unknown,
    )
    given = (
        png(1, 1, 8, 0, GRAY_ROW, (b"eXIf", block))
        if source == "PNG"
        else saved(pixels(3, size=(8, 8)), source, exif=b"Exif\0\0" + block)
    )
    read = read_picture(given)
    assert read.notes == ()
    made = encode_picture(read, name).data
    assert maker in made
    assert b"UNICODE\0" + "né".encode("utf-16-le" if order == "<" else "utf-16-be") in made
    with Pillow.open(io.BytesIO(made)) as picture:
        exif = picture.info["exif"].removeprefix(b"Exif\0\0")
        inner = picture.getexif().get_ifd(0x8769)
    assert exif[:2] == (b"II" if order == "<" else b"MM")
    assert set(inner) == {0x927C, 0x9286, 0xA432}
    assert (inner[0xA432].numerator, inner[0xA432].denominator) == (0, 0)  # not known, says Exif 2.32


WRONG = {
    "a type that does not exist": (0x9003, 99, 20, b"\0\0\0\0"),
    "a value outside of the file": (0x9003, 2, 20, 70_000),
    "a size that overflows": (0x9003, 5, 2**31, 0),
    "divided by 0": (0x829A, 5, 1, 20),
}


@pytest.mark.parametrize("what", WRONG)
@pytest.mark.parametrize("source", ["PNG", "JPEG", "TIFF"])
def test_only_the_damaged_tag_of_exif_is_left_out_and_named(source, what):
    when = b"2026:01:02 03:04:05\0"
    entries = sorted([WRONG[what], (0x9004, 2, 20, 0)])
    block = with_inner("<", entries, when + struct.pack("<II", 1, 0), ((0x010F, 2, 4, b"cam\0"),))
    if source == "TIFF":
        sample = tiff_of_exif(block)
    elif source == "PNG":
        sample = png(1, 1, 8, 0, GRAY_ROW, (b"eXIf", block))
    else:
        sample = jpeg(exif=block)
    read = read_picture(sample)
    assert len(read.notes) == 1
    assert read.notes[0].endswith(f"tags are left out: {WRONG[what][0]}")
    for name in ("png", "jpeg", "tiff", "webp", "avif"):
        with Pillow.open(io.BytesIO(encode_picture(read, name).data)) as picture:
            exif = picture.getexif()
            assert exif[0x010F] == "cam"
            assert exif.get_ifd(0x8769) == {0x9004: when[:-1].decode()}


def tiff_of_exif(block):
    """A TIFF of one grey pixel that has these tags of EXIF beside its own, its directory at the end."""
    (count,) = struct.unpack_from("<H", block, 8)
    own = [(256, 3, 1, 1), (257, 3, 1, 1), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    own += [(273, 4, 1, 8), (279, 4, 1, 1)]
    entries = [block[10 + 12 * index : 22 + 12 * index] for index in range(count)]
    entries += [struct.pack("<HHII", *entry) for entry in own]
    entries.sort(key=lambda entry: struct.unpack_from("<H", entry))
    end = len(block)
    directory = struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)
    return b"II*\0" + struct.pack("<I", end) + b"\7" + block[9:] + directory


def test_a_directory_that_points_to_itself_is_damage():
    block = bytearray(ifd((0x8769, 4, 1, struct.pack("<I", 8)), (0x010F, 2, 4, b"cam\0")))
    read = read_picture(png(1, 1, 8, 0, GRAY_ROW, (b"eXIf", bytes(block))))
    with Pillow.open(io.BytesIO(encode_picture(read, "jpeg").data)) as picture:
        assert picture.getexif()[0x010F] == "cam"


@pytest.mark.parametrize("block", [b"junk", b"II*\0\xff\xff\xff\x7f", ifd()[:9], b"MM\0*\0\0\0\x08\xff\xff"])
def test_exif_that_is_no_tiff_is_left_out_and_said(block):
    read = read_picture(png(1, 1, 8, 0, GRAY_ROW, (b"eXIf", block)))
    assert len(read.notes) == 1
    assert read.notes[0].startswith("damaged EXIF is left out (")
    assert b"Exif" not in encode_picture(read, "jpeg").data


def test_a_png_with_two_headers_is_damaged():
    data = png(1, 1, 8, 0, GRAY_ROW)
    header = data[8:33]
    with pytest.raises(ImageError, match="more than one header"):
        read_picture(data[:33] + header + data[33:])
    assert read_picture(data).frames[0].pixels.tolist() == [[7]]


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt", b"iCCP"])
def test_texts_of_a_png_that_unpack_to_too_much_are_refused(kind):
    packed = zlib.compress(bytes(1 << 24), 9)
    head = {b"zTXt": b"a\0\0", b"iTXt": b"a\0\1\0\0\0", b"iCCP": b"a\0\0"}[kind]
    chunks = [(kind, head + packed)] * 6
    start = time.perf_counter()
    with pytest.raises(ImageError, match="unpack to more than 67108864 bytes"):
        read_picture(png(1, 1, 8, 0, GRAY_ROW, *chunks))
    assert time.perf_counter() - start < 2


COLOURS = {
    "sRGB by its chunk": (((b"gAMA", struct.pack(">I", 100_000)), (b"sRGB", b"\0")), ""),
    "sRGB by gamma": (((b"gAMA", struct.pack(">I", 45455)),), ""),
    "sRGB by codes": (((b"cICP", b"\1\15\0\1"),), ""),
    "sRGB by primaries": (((b"cHRM", CHRM),), ""),
    "linear": (((b"gAMA", struct.pack(">I", 100_000)),), "gAMA"),
    "Display P3": (((b"cICP", b"\14\15\0\1"),), "cICP"),
    "Adobe's primaries": (
        ((b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000)),),
        "cHRM",
    ),
}


@pytest.mark.parametrize("name", ["jpeg", "tiff", "webp", "gif", "bmp", "avif", "ppm"])
@pytest.mark.parametrize("what", COLOURS)
def test_colours_other_than_those_of_srgb_are_said_where_they_are_lost(what, name):
    chunks, lost = COLOURS[what]
    read = read_picture(png(1, 1, 8, 0, GRAY_ROW, *chunks))
    notes = encode_picture(read, name).notes
    assert len(notes) == bool(lost)
    assert all(note.endswith(f"holds no {lost}: left out") for note in notes)
    assert encode_picture(read, "png").notes == ()


def test_texts_are_said_where_they_are_lost_but_not_those_of_programs():
    chunks = [(b"tEXt", b"Title\0a"), (b"tEXt", b"Software\0b"), (b"tEXt", b"date:create\0c")]
    read = read_picture(png(1, 1, 8, 0, GRAY_ROW, *chunks))
    assert encode_picture(read, "jpeg").notes == (".jpg holds no text ('Title'): left out",)
    assert encode_picture(read, "png").notes == ()
    commented = read_picture(jpeg(comment=b"hello"))
    assert encode_picture(commented, "gif").notes == ()
    assert encode_picture(commented, "webp").notes == (".webp holds no text ('Comment'): left out",)


def test_the_encoder_of_a_jpeg_2000_naming_itself_is_no_loss():
    read = read_picture(saved(pixels(3), "JPEG2000"))
    for name in ("jp2", "tiff", "webp"):
        assert encode_picture(read, name).notes == ()


def test_an_empty_tag_of_exif_is_no_damage():
    block = ifd((0x010F, 2, 4, b"cam\0"), (0x0110, 2, 0, bytes(4)))
    read = read_picture(png(1, 1, 8, 0, GRAY_ROW, (b"eXIf", block)))
    assert read.notes == ()
    with Pillow.open(io.BytesIO(encode_picture(read, "jpeg").data)) as picture:
        assert dict(picture.getexif()) == {0x010F: "cam"}
