import os
import struct
import warnings
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow
from PIL import ImageFile

from convcli.errors import ImageError
from convcli.imaging.image import Image
from convcli.imaging.reading.read import read_picture
from convcli.imaging.writing.encode import encode_picture
from tests.imaging.helpers import animation, image, pixels, png, saved, tiff


def files():
    """One file of each kind: name -> content."""
    exif = Pillow.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8769)[0x9003] = "2024:02:29 12:00:00"
    kinds = {
        "png": saved(pixels(3), "PNG", exif=exif),
        "png 16": encode_picture(image(3, np.uint16, alpha=True), "png").data,
        "palette": saved(pixels(1) % 7, "PNG", mode="P", transparency=1),
        "apng": encode_picture(animation(), "png").data,
        "jpeg": saved(pixels(3), "JPEG", exif=exif, dpi=(10, 20)),
        "progressive": saved(pixels(3), "JPEG", progressive=True),
        "cmyk jpeg": saved(Pillow.new("CMYK", (20, 20)), "JPEG"),
        "tiff": saved(pixels(3), "TIFF", exif=exif),
        "tiff lzw": saved(pixels(3), "TIFF", compression="tiff_lzw"),
        "tiff 16": tiff(pixels(3, np.uint16), photometric="rgb", compression="zlib", predictor=True),
        "tiff float": tiff(pixels(3, np.float32), photometric="rgb"),
        "tiff pages": encode_picture(animation(), "tiff").data,
        "gif": encode_picture(animation(alpha=True), "gif").data,
        "webp": saved(pixels(4), "WEBP", lossless=True, exif=exif),
        "webp animation": encode_picture(animation(), "webp").data,
        "bmp": saved(pixels(3), "BMP"),
        "ppm": encode_picture(image(3), "ppm").data,
        "pgm 16": encode_picture(image(1, np.uint16), "pgm").data,
        "pfm": encode_picture(image(3, np.float32), "pfm").data,
        "jp2": saved(pixels(3), "JPEG2000"),
        "avif": saved(pixels(3), "AVIF"),
        "tga": saved(pixels(3), "TGA"),
        "ico": saved(pixels(4, size=(16, 16)), "ICO"),
        "pcx": saved(pixels(3), "PCX"),
        "qoi": saved(pixels(3), "QOI"),
        "dds": saved(pixels(4), "DDS"),
        "sgi": saved(pixels(3), "SGI"),
    }
    for name in ("npy", "npz", "csv", "json"):
        kinds[name] = encode_picture(image(1, np.float64), name).data
    return kinds


FILES = files()


def read_or_refuse(data, **limits):
    """Return a picture, or None where an ImageError names the file in one line; anything else fails."""
    refusal = None
    try:
        result = read_picture(data, name="some file", **limits)
    except ImageError as error:
        refusal = error
    if refusal is None:
        assert isinstance(result, Image)
        return result
    assert "some file" in refusal.message
    assert "\n" not in refusal.message + refusal.hint
    assert refusal.hint
    return None


@pytest.mark.parametrize("kind", FILES)
def test_whole_files_are_read(kind):
    assert read_or_refuse(FILES[kind]) is not None


@pytest.mark.parametrize("kind", FILES)
def test_files_cut_anywhere_are_read_or_refused(kind, capfd):
    data = FILES[kind]
    step = max(1, len(data) // 150)
    for length in [*range(1, min(64, len(data))), *range(64, len(data), step)]:
        read_or_refuse(data[:length])
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")


@pytest.mark.parametrize(
    "kind", [kind for kind in FILES if kind not in ("csv", "json", "pcx", "tga", "ico", "avif", "jp2")]
)
def test_half_a_file_is_refused(kind):
    with pytest.raises(ImageError):
        read_picture(FILES[kind][: len(FILES[kind]) // 2])


@given(data=st.data())
@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
def test_files_with_wrong_bytes_are_read_or_refused(data):
    content = bytearray(FILES[data.draw(st.sampled_from(sorted(FILES)))])
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, min(len(content), 400) - 1) | st.integers(0, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))
    with warnings.catch_warnings(record=True) as escaped:
        warnings.simplefilter("always")
        read_or_refuse(bytes(content), max_pixels=1_000_000)
    assert escaped == []


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_or_refused(content):
    read_or_refuse(content)


@given(
    st.sampled_from([b"P5 ", b"PF\n", b"P2\n", b"[", b"1,2\n", b"GIF89a", b"BM", b"\x93NUMPY\1\0", b"II*\0"])
)
@settings(max_examples=50, deadline=None)
def test_beginnings_of_files_are_refused(start):
    for tail in (b"", b"\0" * 40, b"9" * 40, b"\xff" * 40):
        read_or_refuse(start + tail)


def test_the_loader_of_truncated_files_stays_off():
    read_picture(FILES["png"])
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


@pytest.mark.parametrize("name", ["plain.png", "a b\nc.png", os.fsdecode(b"caf\xe9.png")])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "does not exist"),
        (b"", "is empty"),
        (b"hello", "is not a picture"),
        (FILES["png"][:90], "is damaged"),
    ],
)
def test_errors_name_the_file_printably(tmp_path, name, content, message):
    path = os.path.join(tmp_path, name)
    if content is not None:
        with open(path, "wb") as file:
            file.write(content)
    with pytest.raises(ImageError, match=message) as caught:
        read_picture(path)
    assert repr(name)[1:-1] in caught.value.message
    caught.value.message.encode()
    assert "\n" not in caught.value.message


def test_a_path_of_bytes_that_are_not_utf_8(tmp_path):
    class Path:
        def __fspath__(self):
            return os.fsencode(tmp_path) + b"/caf\xe9.png"

    with open(os.fsencode(tmp_path) + b"/caf\xe9.png", "wb") as file:
        file.write(FILES["png"])
    assert read_picture(Path()).format == "png"


def test_a_misspelt_name_is_corrected(tmp_path):
    (tmp_path / "photograph.png").write_bytes(b"")
    with pytest.raises(ImageError) as caught:
        read_picture(tmp_path / "photogarph.png")
    assert "photograph.png" in caught.value.hint


def test_a_missing_folder_is_said(tmp_path):
    with pytest.raises(ImageError) as caught:
        read_picture(tmp_path / "nowhere" / "a.png")
    assert "folder" in caught.value.hint


def test_a_folder_is_no_picture(tmp_path):
    with pytest.raises(ImageError, match="is a folder") as caught:
        read_picture(tmp_path)
    assert "name a file" in caught.value.hint


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(ImageError, match="may not be read"):
        read_picture(tmp_path / "a.png")


@pytest.mark.parametrize("path", ["a\0b.png", "x" * 5000])
def test_impossible_names(path):
    with pytest.raises(ImageError, match="cannot be read"):
        read_picture(path)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"%PDF-1.7", "a PDF document"),
        (b"<svg xmlns=''/>", "an SVG drawing"),
        (b"  <!DOCTYPE html><html>", "a web page"),
        (b"\0\0\0\x18ftypheic\0\0", "a HEIC picture"),
        (b"\0\0\0\x18ftypmp42\0\0", "a video"),
    ],
)
def test_other_kinds_of_files_are_named(content, what):
    with pytest.raises(ImageError, match=what):
        read_picture(content + b"\0" * 30)


def bomb_png(width, height):
    return png(width, height, 8, 2, b"\0" * 100)


BOMBS = {
    "png": bomb_png(60_000, 60_000),
    "png 16": png(60_000, 60_000, 16, 2, b"\0" * 100),
    "jpeg": FILES["jpeg"][: FILES["jpeg"].index(b"\xff\xc0") + 5]
    + struct.pack(">HH", 60_000, 60_000)
    + FILES["jpeg"][FILES["jpeg"].index(b"\xff\xc0") + 9 :],
    "gif": FILES["gif"][:6] + struct.pack("<HH", 60_000, 60_000) + FILES["gif"][10:],
    "bmp": FILES["bmp"][:18] + struct.pack("<ii", 60_000, 60_000) + FILES["bmp"][26:],
    "ppm": b"P6 60000 60000 255\n" + b"\0" * 100,
    "pgm 16": b"P5 60000 60000 65535\n" + b"\0" * 100,
    "pfm": b"PF\n60000 60000\n-1\n" + b"\0" * 100,
}


@pytest.mark.parametrize("kind", BOMBS)
def test_bombs_are_refused_by_their_header(kind):
    with pytest.raises(ImageError, match=r"more (than|pixels than) the limit") as caught:
        read_picture(BOMBS[kind], name="bomb")
    assert "--max-pixels" in caught.value.hint


def test_a_tiff_bomb_is_refused_by_its_header():
    data = bytearray(tiff(pixels(1)))
    for tag in (256, 257):
        at = (
            data.index(struct.pack("<HH", tag, 3))
            if struct.pack("<HH", tag, 3) in data
            else data.index(struct.pack("<HH", tag, 4))
        )
        data[at : at + 12] = struct.pack("<HHII", tag, 4, 1, 60_000)
    with pytest.raises(ImageError, match="pixels"):
        read_picture(bytes(data))


@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
def test_the_limit_is_exact_and_of_all_frames(dtype):
    data = encode_picture(image(1, dtype, size=(10, 10)), "png" if dtype == np.uint8 else "npy").data
    assert read_picture(data, max_pixels=100).frames[0].size == (10, 10)
    with pytest.raises(ImageError, match="10 x 10 = 100 pixels, more than the limit of 99"):
        read_picture(data, max_pixels=99)
    animated = encode_picture(animation(), "gif").data
    assert len(read_picture(animated, max_pixels=4 * 12 * 17).frames) == 4


def test_a_picture_above_pillows_own_limit_is_read_without_a_word():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pillow, "MAX_IMAGE_PIXELS", 10)
        assert read_picture(FILES["png"]).notes == ()
        assert Pillow.MAX_IMAGE_PIXELS == 10


def test_a_gif_frame_larger_than_its_screen_is_refused_too():
    def block(width, height):
        return b"\x2c" + struct.pack("<HHHH", 0, 0, width, height) + b"\0\2\2\x4c\1\0"

    head = b"GIF89a" + struct.pack("<HH", 1, 1) + b"\x80\0\0" + b"\0" * 6
    data = head + block(1, 1) + block(60_000, 60_000) + b";"
    with pytest.raises(ImageError):
        read_picture(data, max_pixels=1_000_000)


def test_text_that_unpacks_to_much_is_refused():
    text = b"Comment\0\0" + zlib.compress(b"a" * 100_000_000)
    with pytest.raises(ImageError):
        read_picture(png(1, 1, 8, 0, b"\0\0", (b"zTXt", text)))


def test_damaged_exif_is_left_out_and_the_picture_read():
    data = png(1, 1, 8, 0, b"\0\7", (b"eXIf", b"II*\0\xff\xff\xff\xff"))
    whole = read_picture(data)
    assert whole.frames[0].pixels[0, 0] == 7
    assert whole.metadata.exif is None


def test_what_decoders_warn_of_becomes_a_note():
    ifd = b"II*\0\x08\0\0\0" + struct.pack("<H", 1) + struct.pack("<HHII", 0x010E, 2, 50, 5000)
    whole = read_picture(saved(pixels(1), "JPEG", exif=b"Exif\0\0" + ifd))
    assert any("warns" in note or "EXIF" in note for note in whole.notes)


def test_a_chunk_with_a_wrong_checksum_is_refused():
    data = FILES["png"]
    at = data.index(b"IDAT") + 10
    broken = data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]
    with pytest.raises(ImageError, match="damaged"):
        read_picture(broken)
