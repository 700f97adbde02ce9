"""What `convcli formats` promises, by round trips through readers and writers of other projects.

The tables are iterated over: a format that is promised and has no reader here fails.
"""

import io
import json
import os
import struct
import tempfile

import cv2
import imagecodecs
import numpy as np
import pytest
import tifffile
import zarr
from numpy.testing import assert_array_equal
from PIL import Image as Pillow
from PIL import ImageCms

from convcli.imaging.formats import every
from convcli.imaging.image import Frame, Image, Space
from convcli.imaging.reading.read import read_picture
from convcli.imaging.writing.encode import encode_picture
from tests.imaging.helpers import pixels, tiff

PROMISED = {format.name: format for format in every() if format.bits}
TYPES = {"8": np.uint8, "16": np.uint16, "float": np.float32}


def by_opencv(data):
    """OpenCV has blue first, and its PFM has the top row first."""
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    return found[..., [2, 1, 0, 3][: found.shape[2]]] if found.ndim == 3 else found


def of_pam(data):
    header, _, samples = data.partition(b"ENDHDR\n")
    fields = dict(line.split() for line in header.splitlines()[1:])
    width, height, depth, most = (int(fields[key]) for key in (b"WIDTH", b"HEIGHT", b"DEPTH", b"MAXVAL"))
    found = np.frombuffer(samples, ">u2" if most > 255 else "u1", count=height * width * depth)
    return found.astype(U16 if most > 255 else U8).reshape((height, width, depth)[: 2 + (depth > 1)])


def pam(array):
    rows, columns, depth = np.atleast_3d(array).shape
    kind = ("GRAYSCALE", "GRAYSCALE_ALPHA", "RGB", "RGB_ALPHA")[depth - 1]
    sizes = f"WIDTH {columns}\nHEIGHT {rows}\nDEPTH {depth}\nMAXVAL {np.iinfo(array.dtype).max}\n"
    return (
        f"P7\n{sizes}TUPLTYPE {kind}\nENDHDR\n".encode()
        + array.astype(array.dtype.newbyteorder(">")).tobytes()
    )


def of_icon(data):
    size, at = struct.unpack_from("<II", data, 6 + 8)
    return imagecodecs.png_decode(data[at : at + size])


def tga(array):
    """Truevision TGA 2.0, uncompressed: blue first; bit 5 of the last byte: the top row first."""
    height, width = array.shape[:2]
    channels = 1 if array.ndim == 2 else array.shape[2]
    head = struct.pack("<BBB9xHHBB", 0, 0, 3 if channels == 1 else 2, width, height, 8 * channels, 0x20)
    return head + (array if channels == 1 else array[..., [2, 1, 0, 3][:channels]]).tobytes()


def of_tga(data):
    kind, width, height, bits, order = struct.unpack_from("<2xB9xHHBB", data)
    assert kind in (2, 3), "not compressed"
    rows = np.frombuffer(data, np.uint8, width * height * bits // 8, 18).reshape(height, width, bits // 8)
    rows = rows if order & 0x20 else rows[::-1]
    return rows if bits < 24 else rows[..., [2, 1, 0, 3][: bits // 8]]


def of_zarr(data):
    with tempfile.NamedTemporaryFile(suffix=".zip") as file:
        file.write(data)
        file.flush()
        with zarr.storage.ZipStore(file.name, mode="r") as store:
            return zarr.open_array(store, mode="r")[...]


def in_zarr(array):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "a.zip")
        with zarr.storage.ZipStore(path, mode="w") as store:
            zarr.create_array(store, data=array, chunks=(8,) * array.ndim)
        with open(path, "rb") as file:
            return file.read()


READERS = {
    "png": imagecodecs.png_decode,
    "jpeg": imagecodecs.jpeg8_decode,
    "tiff": lambda data: tifffile.imread(io.BytesIO(data)),
    "webp": imagecodecs.webp_decode,
    "avif": imagecodecs.avif_decode,
    "gif": imagecodecs.gif_decode,
    "bmp": by_opencv,
    "pgm": by_opencv,
    "ppm": by_opencv,
    "pnm": by_opencv,
    "pam": of_pam,
    "pfm": by_opencv,
    "jp2": imagecodecs.jpeg2k_decode,
    "ico": of_icon,
    "tga": of_tga,
    "qoi": imagecodecs.qoi_decode,
    "npy": lambda data: np.load(io.BytesIO(data)),
    "npz": lambda data: next(iter(np.load(io.BytesIO(data)).values())),
    "csv": lambda data: np.loadtxt(io.BytesIO(data), delimiter=","),
    "tsv": lambda data: np.loadtxt(io.BytesIO(data), delimiter="\t"),
    "json": lambda data: np.array(json.loads(data)),
    "zarr": of_zarr,
}
# Levels by which lossy formats may be off on a smooth picture.
OFF = {"jpeg": 4, "avif": 6}


def smooth(channels, alpha, dtype):
    rows, columns = np.mgrid[0:24, 0:32]
    planes = [rows * 5 + 40, columns * 4 + 60, 200 - rows * 3 - columns, 255 - columns * 2]
    chosen = planes[:channels] + planes[3:] * alpha
    scale = {np.uint8: 1, np.uint16: 257, np.float32: 1 / 256}[dtype]
    return np.squeeze(np.stack([plane * scale for plane in chosen], axis=2)).astype(dtype)


def written():
    for format in PROMISED.values():
        for depth in sorted(format.depths):
            for channels, space in ((1, "gray"), (3, "rgb")):
                if space in format.spaces:
                    yield format.name, depth, channels, False
                    if format.alpha and format.name != "gif":
                        yield format.name, depth, channels, True


@pytest.mark.parametrize(("name", "depth", "channels", "alpha"), list(written()))
def test_what_is_written_is_read_by_others(name, depth, channels, alpha):
    stored = smooth(channels, alpha, TYPES[depth])
    if name == "gif":  # 256 colours in all
        stored = stored // 64 * 64
    colours = stored[..., :channels] if channels > 1 else stored[..., 0] if alpha else stored
    image = Image(
        (Frame(colours, stored[..., -1] if alpha else None),), Space.RGB if channels > 1 else Space.GRAY
    )
    made = encode_picture(image, name)
    found = np.squeeze(READERS[name](made.data))
    if name != "csv" and name != "tsv" and name != "json":
        assert found.dtype == stored.dtype
    if found.ndim > stored.ndim:  # grey written as R = G = B
        found = found[..., 0] if not alpha else found[..., [0, 3]]
    elif found.ndim == stored.ndim == 3 and found.shape[2] > stored.shape[2]:
        found = found[..., [0, 3]] if alpha and channels == 1 else found[..., : stored.shape[2]]
    assert found.shape == stored.shape
    difference = np.abs(found.astype(float) - stored).max()
    assert difference <= OFF.get(name, 0)
    assert (difference > 0) <= PROMISED[name].lossy
    assert made.notes == ()


def opencv(suffix):
    def encode(array):
        array = array[..., [2, 1, 0, 3][: array.shape[2]]] if array.ndim == 3 else array
        return cv2.imencode(suffix, array)[1].tobytes()

    return encode


def as_text(separator):
    def encode(array):
        file = io.BytesIO()
        np.savetxt(file, array, delimiter=separator, fmt="%.17g")
        return file.getvalue()

    return encode


def saved_by(save, *how):
    def encode(array):
        file = io.BytesIO()
        save(file, array, *how)
        return file.getvalue()

    return encode


def icon(array):
    png = imagecodecs.png_encode(array)
    return (
        struct.pack("<HHHBBBBHHII", 0, 1, 1, array.shape[1], array.shape[0], 0, 0, 1, 32, len(png), 22) + png
    )


U8, U16, F32, F64, I32 = np.uint8, np.uint16, np.float32, np.float64, np.int32
# How others write each format: the types of samples and the numbers of channels that they write exactly.
WRITERS = {
    "png": [(imagecodecs.png_encode, (U8, U16), (1, 2, 3, 4))],
    "tiff": [
        (lambda array: tiff(array, photometric="minisblack"), (U8, U16, F32, F64, I32), (1,)),
        (lambda array: tiff(array, photometric="rgb"), (U8, U16, F32, F64, I32), (3,)),
    ],
    "webp": [(lambda array: imagecodecs.webp_encode(array, lossless=True), (U8,), (3, 4))],
    "avif": [(lambda array: imagecodecs.avif_encode(array, level=100, pixelformat="400"), (U8,), (1,))],
    "gif": [(lambda array: imagecodecs.gif_encode(array), (U8,), (1,))],
    "bmp": [(opencv(".bmp"), (U8,), (1, 3))],
    "pgm": [(opencv(".pgm"), (U8, U16), (1,))],
    "ppm": [(opencv(".ppm"), (U8, U16), (3,))],
    "pnm": [(opencv(".pnm"), (U8, U16), (1, 3))],
    "pam": [(pam, (U8, U16), (1, 2, 3, 4))],
    "pfm": [(opencv(".pfm"), (F32,), (1, 3))],
    "jp2": [
        (lambda array: imagecodecs.jpeg2k_encode(array, level=0, reversible=True), (U8, U16), (1, 2, 3, 4))
    ],
    "tga": [(tga, (U8,), (1, 3, 4))],
    "qoi": [(imagecodecs.qoi_encode, (U8,), (3, 4))],
    "ico": [(icon, (U8,), (3, 4))],
    "npy": [(saved_by(np.save), (U8, U16, F32, F64, I32), (1, 3))],
    "npz": [(saved_by(np.savez), (U8, U16, F32, F64, I32), (1, 3))],
    "csv": [(as_text(","), (U8, F64), (1,))],
    "tsv": [(as_text("\t"), (U8, F64), (1,))],
    "json": [(lambda array: json.dumps(array.tolist()).encode(), (U8, F64), (1, 3))],
    "zarr": [(in_zarr, (U8, U16, F32, F64, I32), (1, 3))],
}
# Read in tests of their own: JPEG is lossy, FITS is made by hand.
ELSEWHERE = {"jpeg", "fits"}


def read():
    for name in [name for name in PROMISED if name not in ELSEWHERE]:
        for encode, dtypes, channels in WRITERS[name]:
            for dtype in dtypes:
                for count in channels:
                    yield pytest.param(name, encode, dtype, count, id=f"{name}-{dtype.__name__}-{count}")


@pytest.mark.parametrize(("name", "encode", "dtype", "channels"), list(read()))
def test_what_others_write_is_read_exactly(tmp_path, name, encode, dtype, channels):
    if dtype is I32:
        stored = np.random.default_rng(1).integers(-(2**31), 2**31, (13, 21, channels)).astype(I32)
    else:
        stored = pixels(4, dtype)[..., :channels]
    stored = np.ascontiguousarray(stored[..., 0] if channels == 1 else stored)
    path = tmp_path / f"a.{name}"
    path.write_bytes(encode(stored))
    image = read_picture(path)
    found = image.frames[0].stacked()
    if found.ndim == 3 and stored.ndim == 2:
        found = found[..., 0]
    assert_array_equal(found[..., : stored.shape[2]] if stored.ndim == 3 else found, stored)
    assert image.has_alpha == (channels in (2, 4))
    assert not any("narrow" in note or "read as 8" in note for note in image.notes)


def test_jpeg_is_read_as_libjpeg_reads_it():
    data = imagecodecs.jpeg8_encode(smooth(3, False, U8), level=90)
    assert_array_equal(read_picture(data).frames[0].pixels, imagecodecs.jpeg8_decode(data))


KEPT = {
    "ICC": ("icc_profile", ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()),
    "XMP": ("xmp", b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><a/></x:xmpmeta>"),
    "dpi": ("dpi", (300, 150)),
    "text": ("comment", b"a comment"),
}


def promises_of_metadata():
    for format in PROMISED.values():
        for what in format.metadata.split():
            if format.name != "zarr":  # its attributes: see writing/test_zarr.py
                yield format.name, what


@pytest.mark.parametrize(("name", "what"), list(promises_of_metadata()))
def test_metadata_that_is_promised_is_kept(convcli, tmp_path, name, what):
    format = PROMISED[name]
    path, result = tmp_path / f"a{format.suffix}", tmp_path / f"b{format.suffix}"
    picture = Pillow.fromarray(smooth(3, False, U8))
    exif = Pillow.Exif()
    exif[0x010F] = "a camera"
    if what == "EXIF":
        picture.save(path, format.pillow, exif=exif)
    elif what == "text" and name in ("png", "tiff"):
        if name == "png":
            from PIL.PngImagePlugin import PngInfo

            info = PngInfo()
            info.add_text("Title", "a title")
            picture.save(path, pnginfo=info)
        else:
            picture.save(path, description="a title")
    elif what == "XMP" and name == "png":
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", KEPT["XMP"][1].decode())
        picture.save(path, pnginfo=info)
    elif what == "XMP" and name == "tiff":
        picture.save(path, tiffinfo={700: KEPT["XMP"][1]})
    else:
        key, value = KEPT[what]
        picture.save(path, format.pillow, **{key: value})
    assert convcli("filter", path, "-k", "box", "-o", result).status == 0
    with Pillow.open(result) as kept:
        if what == "EXIF":
            assert kept.getexif()[0x010F] == "a camera"
        elif what == "text":
            text = kept.tag_v2[270] if name == "tiff" else kept.info.get("Title", kept.info.get("comment"))
            assert text in ("a title", b"a comment")
        elif what == "XMP":
            found = kept.info.get("xmp", kept.info.get("XML:com.adobe.xmp"))
            assert (found.encode() if isinstance(found, str) else found) == KEPT["XMP"][1]
        elif what == "dpi":
            assert kept.info["dpi"] == pytest.approx((300, 150), abs=0.02)
        else:
            assert kept.info[KEPT[what][0]] == KEPT[what][1]


def is_stream(format):
    """Pillow reads the first picture alone; see test_netpbm.py."""
    return format.pages and format.name != "tiff"


@pytest.mark.parametrize(
    "name",
    [name for name, format in PROMISED.items() if format.frames and format.written and not is_stream(format)],
)
def test_frames_that_are_promised_are_kept(name):
    frames = tuple(Frame(smooth(3, False, U8) // 64 * 64 + 7 * index) for index in range(4))
    data = encode_picture(Image(frames, Space.RGB), name).data
    with Pillow.open(io.BytesIO(data)) as picture:
        assert picture.n_frames == 4
        for index, frame in enumerate(frames):
            picture.seek(index)
            found = np.asarray(picture.convert("RGB"))
            assert np.abs(found.astype(int) - frame.pixels).max() <= OFF.get(name, 0) * 4
