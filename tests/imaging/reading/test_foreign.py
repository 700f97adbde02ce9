"""Files that are not read: named with what converts them, and no program is started for any of them."""

import io
import shutil
import struct
import subprocess
import sys

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import EpsImagePlugin, ImageFile
from PIL import Image as Pillow

from convcli.errors import ImageError
from convcli.imaging.reading.foreign import kinds
from convcli.imaging.reading.read import read_picture
from tests.imaging.helpers import chunk, pixels, saved, tiff

RGB = pixels(3)
EPS = saved(RGB, "EPS")


def box(kind, *brands):
    content = brands[0] + b"\0\0\0\0" + b"".join(brands[1:])
    return struct.pack(">I", 8 + len(content)) + kind + content + b"\0" * 100


def psd(depth, mode, version=1):
    return b"8BPS" + struct.pack(">H6xHIIHH", version, 3, 4, 5, depth, mode) + b"\0" * 200


def directory(order, *entries):
    """A TIFF of one directory: each entry is a tag, its type (3: 16 bits, 4: 32 bits) and its value."""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}IH", 8, len(entries))
    packed = [
        struct.pack(f"{order}HHI", tag, kind, 1) + struct.pack(f"{order}{'I' if kind == 4 else 'H2x'}", value)
        for tag, kind, value in sorted(entries)
    ]
    return head + b"".join(packed) + b"\0" * 100


def jpeg_frame(marker, bits):
    frame = b"\xff" + bytes([marker]) + struct.pack(">HBHHB", 11, bits, 4, 5, 1) + b"\1\x11\0"
    return b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0" + frame + b"\xff\xd9"


MADE, MODEL, SUB, PREVIEW, PHOTOMETRIC, DNG = 271, 272, 330, 254, 262, 50706
FILES = {
    "EPS": (EPS, "PostScript", "gs -dSAFER"),
    "PostScript": (b"%!PS-Adobe-3.0\n(/etc/passwd) run\n", "PostScript", "gs "),
    "EPS after ^D": (b"\x04" + EPS, "PostScript", "gs "),
    "EPS with a preview": (
        b"\xc5\xd0\xd3\xc6" + struct.pack("<7I", 30, len(EPS), 0, 0, 0, 0, 0),
        "EPS",
        "gs ",
    ),
    "PDF": (saved(RGB, "PDF"), "PDF document", "pdftoppm"),
    "SVG": (b'<?xml version="1.0"?>\n<!-- a -->\n<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG", "rsvg"),
    "plain SVG": (b"  <SVG/>", "SVG", "rsvg"),
    "web page": (b"<!DOCTYPE html><p>404", "web page", "error page"),
    "OpenEXR": (b"v/1\x01\2\0\0\0channels\0", "OpenEXR", "oiiotool"),
    "Radiance": (b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 1 +X 1\n", "Radiance", "oiiotool"),
    "DICOM": (b"\0" * 128 + b"DICM\2\0\0\0UL\4\0", "DICOM", "pydicom"),
    "HEIC": (box(b"ftyp", b"heic", b"mif1", b"heic"), "HEIC", "heif-convert"),
    "HEIC by another brand": (box(b"ftyp", b"mif1", b"mif1", b"heic"), "HEIC", "heif-convert"),
    "JPEG XL": (b"\xff\x0a\xfa\x1f\1\x90\1", "JPEG XL", "djxl"),
    "JPEG XL in boxes": (b"\0\0\0\x0cJXL \r\n\x87\n" + box(b"ftyp", b"jxl "), "JPEG XL", "djxl"),
    "JPEG XR": (b"II\xbc\1\x20\0\0\0", "JPEG XR", "JxrDecApp"),
    "JPEG-LS": (b"\xff\xd8\xff\xf7\0\x0b\x08\0\4\0\5\1\1\x11\0\xff\xd9", "JPEG-LS", "ffmpeg"),
    "JPEG-LS after another segment": (imagecodecs.jpegls_encode(pixels(1)), "JPEG-LS", "ffmpeg"),
    "JPEG 2000 of 5 channels": (
        imagecodecs.jpeg2k_encode(pixels(5), level=0),
        "5 channels",
        "opj_decompress",
    ),
    "J2K of 6 channels": (
        imagecodecs.jpeg2k_encode(pixels(6), level=0, codecformat="j2k"),
        "6 channels",
        "opj_decompress",
    ),
    "JPEG of 12 bits": (jpeg_frame(0xC1, 12), "12 bits", "djpeg"),
    "lossless JPEG of 16 bits": (jpeg_frame(0xC3, 16), "16 bits", "djpeg"),
    "CR2": (b"II*\0\x10\0\0\0CR\2\0" + b"\0" * 40, "CR2", "dcraw_emu"),
    "CR3": (box(b"ftyp", b"crx ", b"crx ", b"isom"), "CR3", "dcraw_emu"),
    "RAF": (b"FUJIFILMCCD-RAW 0201", "RAF", "dcraw_emu"),
    "ORF": (b"IIRO\x08\0\0\0", "ORF", "dcraw_emu"),
    "RW2": (b"IIU\0\x18\0\0\0", "RW2", "dcraw_emu"),
    "DNG": (directory("<", (PREVIEW, 4, 1), (DNG, 4, 0x00000401), (SUB, 4, 8)), "DNG", "dcraw_emu"),
    "big-endian DNG": (directory(">", (DNG, 4, 0x01040000)), "DNG", "dcraw_emu"),
    "NEF": (directory(">", (PREVIEW, 4, 1), (MADE, 4, 8), (SUB, 4, 8)), "NEF", "dcraw_emu"),
    "mosaic": (directory("<", (PHOTOMETRIC, 3, 32803)), "raw photograph", "dcraw_emu"),
    "MP4": (box(b"ftyp", b"isom", b"isom", b"mp42"), "video", "ffmpeg"),
    "QuickTime": (box(b"ftyp", b"qt  ", b"qt  "), "video", "ffmpeg"),
    "Matroska": (b"\x1a\x45\xdf\xa3\1\0\0\0", "video", "ffmpeg"),
    "AVI": (b"RIFF\0\1\0\0AVI LIST", "video", "ffmpeg"),
    "MPEG": (b"\0\0\1\xb3\x14\0\xf0\x13", "video", "ffmpeg"),
    "MPEG program": (b"\0\0\1\xba\x44\0", "video", "ffmpeg"),
    "WMF": (b"\xd7\xcd\xc6\x9a\0\0\0\0\0\0\x10\0\x10\0\x60\0" + b"\0" * 40, "WMF", "inkscape"),
    "EMF": (b"\1\0\0\0" + b"\0" * 36 + b" EMF" + b"\0" * 80, "EMF", "inkscape"),
    "HDF5": (b"\x89HDF\r\n\x1a\n\0\0", "HDF5", "h5py"),
    "HDF5 after a user block": (b"MATLAB 7.3 MAT-file".ljust(512) + b"\x89HDF\r\n\x1a\n", "HDF5", "h5py"),
    "netCDF": (b"CDF\1\0\0\0\0", "netCDF", "xarray"),
    "WMF without a place": (b"\1\0\x09\0\0\3" + b"\0" * 40, "WMF", "inkscape"),
    "HDF4": (b"\x0e\x03\x13\x01" + b"\0" * 40, "HDF4", "pyhdf"),
    "MetaImage": (b"ObjectType = Image\nNDims = 2\n", "MetaImage", "SimpleITK"),
    "MNG": (b"\x8aMNG\r\n\x1a\n\0\0\0\x1cMHDR", "MNG", "ImageMagick"),
    "JNG": (b"\x8bJNG\r\n\x1a\n\0\0\0\x10JHDR", "JNG", "ImageMagick"),
    "MIFF": (b"id=ImageMagick  version=1.0\n", "MIFF", "ImageMagick"),
    "farbfeld": (b"farbfeld\0\0\0\1\0\0\0\1" + b"\0" * 8, "farbfeld", "ImageMagick"),
    "VIPS": (b"\xb6\xa6\xf2\x08" + b"\0" * 60, "VIPS", "vips copy"),
    "FLIF": (b"FLIF11\0\0\0", "FLIF", "flif"),
    "BPG": (b"BPG\xfb\0\0\0", "BPG", "bpgdec"),
    "GRIB": (b"GRIB\0\0\0\2" + b"\0" * 40, "GRIB", "cfgrib"),
    "BUFR": (b"BUFR\0\0\0\3" + b"\0" * 40, "BUFR", "ecCodes"),
    "MATLAB": (b"MATLAB 5.0 MAT-file, by hand", "MATLAB", "loadmat"),
    "NIfTI": (struct.pack("<I", 348) + b"\0" * 340 + b"n+1\0", "NIfTI", "nibabel"),
    "PSD of 16 bits": (psd(16, 3), "16 bits per channel", "TIFF"),
    "PSD of 32 bits": (psd(32, 3), "32 bits per channel", "TIFF"),
    "PSB": (psd(8, 3, version=2), "PSB", "TIFF"),
    "FlashPix": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "FlashPix", "PNG"),
    "IFF": (b"FORM\0\0\0\x20ILBMBMHD", "IFF", "ffmpeg"),
    "PICT": (b"\0" * 522 + b"\0\x11\x02\xff\x0c\0", "PICT", "ImageMagick"),
    "gzip": (b"\x1f\x8b\x08\0\0\0\0\0", "compressed", "gunzip"),
}
NAMES = ("x.png", "x.eps", "x.jpg", "x")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", FILES)
def test_it_is_named_whatever_the_name(tmp_path, kind, name):
    data, what, tool = FILES[kind]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ImageError) as caught:
        read_picture(tmp_path / name)
    assert what in caught.value.message
    assert "damaged" not in caught.value.message
    assert tool in caught.value.hint


def test_every_kind_has_a_hint():
    assert len(kinds()) > 20
    assert all(what and len(hint) > 10 for what, hint in kinds())


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("reduced", [False, True])
def test_an_ordinary_tiff_is_no_raw_photograph(order, reduced):
    assert read_picture(tiff(pixels(1), byteorder=order, subfiletype=int(reduced))).format == "tiff"


@pytest.mark.parametrize(("at", "magic"), [(128, b"DICM"), (522, b"\0\x11\x02\xff"), (344, b"n+1\0")])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_the_first_bytes_of_a_picture_count_before_later_ones(kind, at, magic):
    """Within a private chunk of PNG after its header, or a comment of JPEG after its first marker."""
    data = saved(np.zeros((40, 40), np.uint8), kind)
    where, head = (33, 8) if kind == "PNG" else (2, 4)
    filler = magic.rjust(at - where - head + len(magic), b"\0")
    comment = b"\xff\xfe" + struct.pack(">H", len(filler) + 2) + filler
    data = data[:where] + (chunk(b"prVt", filler) if kind == "PNG" else comment) + data[where:]
    assert data[at : at + len(magic)] == magic
    assert not read_picture(data).frames[0].pixels.any()


def test_nor_is_a_pyramid():
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        writer.write(pixels(1), subifds=1, extratags=[(MADE, "s", 0, "a microscope", True)])
        writer.write(pixels(1)[::2, ::2], subfiletype=1)
    assert np.array_equal(read_picture(buffer.getvalue()).frames[0].pixels, pixels(1))


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "CMYK"])
def test_the_merged_picture_of_a_psd(mode):
    """Header, three empty sections, and the channels one after the other, not compressed."""
    channels, number = {"L": (1, 1), "RGB": (3, 3), "RGBA": (4, 3), "CMYK": (4, 4)}[mode]
    planes = np.random.default_rng(1).integers(0, 256, (channels, 3, 5), np.uint8)
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, channels, 3, 5, 8, number)
    image = read_picture(head + b"\0" * 12 + b"\0\0" + planes.tobytes())
    stored = 255 - planes if mode == "CMYK" else planes
    expected = stored[0] if mode == "L" else np.moveaxis(stored, 0, 2)
    assert np.array_equal(image.frames[0].stacked(), expected)
    assert image.space.value == {"L": "gray", "CMYK": "cmyk"}.get(mode, "rgb")


def test_a_damaged_psd_is_not_unknown():
    with pytest.raises(ImageError, match="damaged or cut short"):
        read_picture(psd(8, 3)[:30])


def test_decoders_that_others_register_are_not_asked():
    asked = []

    class Other(ImageFile.ImageFile):
        format = "OTHER"

        def _open(self):
            asked.append(1)
            raise SyntaxError

    Pillow.register_open("OTHER", Other)
    try:
        with pytest.raises(ImageError, match="not a picture"):
            read_picture(b"\x7fsomething new")
    finally:
        del Pillow.OPEN["OTHER"]
        Pillow.ID.remove("OTHER")
    assert asked == []


def test_ghostscript_is_not_even_looked_for(monkeypatch):
    def fail(*_, **__):
        raise AssertionError("Ghostscript")

    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", fail)
    monkeypatch.setattr(EpsImagePlugin.EpsImageFile, "_open", fail)
    # bytes that no magic tells of, but that Pillow's list of decoders would try one by one
    for data in (EPS, EPS[4:], b"\n" + EPS, b"\xef\xbb\xbf" + EPS):
        with pytest.raises(ImageError):
            read_picture(data)


HOOK = """
import sys
STARTS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty")
def hook(event, arguments):
    # Many inputs are worked on by processes of our own: multiprocessing forks them, no program is started.
    if event == "os.fork" and sys._getframe(1).f_globals["__name__"] == "multiprocessing.popen_fork":
        return
    if event in STARTS:
        print("STARTED", event, arguments)
sys.addaudithook(hook)
from convcli.cli import main
sys.argv = ["convcli", "filter", "-k", "box", "--out-dir", sys.argv[1], *sys.argv[2:]]
main()
"""


@pytest.fixture
def hostile(tmp_path):
    """The files above, under names of pictures, and PostScript behind other first bytes."""
    hidden = {"in an IPTC file": b"\x1c\x08\x0a\0\x0a" + EPS, "after a line": b"\n" + EPS}
    files = {**{kind: data for kind, (data, _, _) in FILES.items()}, **hidden}
    for index, data in enumerate(files.values()):
        for suffix in ("png", "eps"):
            (tmp_path / f"{index}.{suffix}").write_bytes(data)
    return sorted(tmp_path.iterdir())


def test_no_program_is_started(hostile, tmp_path):
    command = [sys.executable, "-c", HOOK, str(tmp_path / "out"), *map(str, hostile)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert "STARTED" not in ran.stdout
    assert ran.returncode == 1
    assert len(ran.stderr.splitlines()) == len(hostile) + 1, "a line for each, and the sum"


@pytest.mark.skipif(shutil.which("strace") is None, reason="no strace (Debian: apt install strace)")
def test_no_process_is_seen(hostile, tmp_path):
    log = tmp_path / "log"
    traced = ["strace", "-f", "-qq", "-e", "trace=execve,execveat,vfork", "-o", str(log)]
    program = [sys.executable, "-m", "convcli", "filter", "-k", "box", "--out-dir", str(tmp_path / "out")]
    ran = subprocess.run([*traced, *program, *map(str, hostile)], capture_output=True, timeout=120)
    if ran.returncode != 1 or not log.exists():
        pytest.skip("strace may not trace here")
    calls = [line for line in log.read_text().splitlines() if "exec" in line or "vfork" in line]
    assert len(calls) == 1, "the program itself"
