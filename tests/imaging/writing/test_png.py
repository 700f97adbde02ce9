"""The PNG writer of our own: what others read of it, whatever the picture's size and the threads."""

import io
import shutil
import struct
import subprocess
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from PIL import Image

from convcli.choices import Compress
from convcli.imaging.writing import png


def made(height, width, channels, dtype, seed=0):
    rng = np.random.default_rng(seed)
    shape = (height, width) if channels == 1 else (height, width, channels)
    smooth = np.cumsum(rng.integers(-3, 4, shape), axis=1)
    return (smooth % (np.iinfo(dtype).max + 1)).astype(dtype)


def by_opencv(data):
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if found.ndim == 2:
        return found
    order = [2, 1, 0, 3][: found.shape[2]]
    return found[..., order]


@pytest.mark.parametrize("compress", Compress)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3, 4])
@settings(max_examples=30)
@given(height=st.integers(1, 40), width=st.integers(1, 40), seed=st.integers(0, 99))
def test_opencv_reads_it(compress, dtype, channels, height, width, seed):
    samples = made(height, width, channels, dtype, seed)
    assert_array_equal(by_opencv(png.encode(samples, compress, [])), samples)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_pillow_reads_it(channels):
    samples = made(33, 21, channels, np.uint8)
    with Image.open(io.BytesIO(png.encode(samples, Compress.FAST, []))) as image:
        assert image.mode == {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[channels]
        assert_array_equal(np.asarray(image), samples)


@pytest.mark.skipif(shutil.which("pngcheck") is None, reason="no pngcheck (Debian: apt install pngcheck)")
@pytest.mark.parametrize("compress", Compress)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(("channels", "height"), [(1, 3000), (2, 33), (3, 1500), (4, 33)])
def test_pngcheck_finds_no_fault(tmp_path, compress, dtype, channels, height):
    path = tmp_path / "made.png"
    path.write_bytes(png.encode(made(height, 700, channels, dtype), compress, [(b"tEXt", b"Title\0A title")]))
    checked = subprocess.run(["pngcheck", "-q", str(path)], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


@pytest.mark.parametrize(
    ("height", "width", "strip"),
    [(2100, 1100, png._STRIP_BYTES), (2500, 350, 1 << 18), (3, 300_000, 1 << 18), (9000, 500, 1 << 18)],
)
def test_strips_join_to_the_same_bytes_whatever_the_threads(height, width, strip, monkeypatch):
    monkeypatch.setattr(png, "_STRIP_BYTES", strip)
    samples = made(height, width, 1, np.uint8)
    alone, pair, crowd = (png.encode(samples, Compress.FAST, [], jobs) for jobs in (1, 2, 7))
    assert alone == pair == crowd
    with Image.open(io.BytesIO(alone)) as image:
        assert_array_equal(np.asarray(image), samples)


def test_the_stream_is_whole():
    """Decoders check the Adler-32 only when asked, so it is checked here by the standard library."""
    samples = made(3000, 1000, 1, np.uint8)
    data = png.encode(samples, Compress.FAST, [])
    kinds, packed, at = [], b"", 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, content = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length : at + 12 + length])[0] == zlib.crc32(kind + content)
        kinds.append(kind)
        packed += content if kind == b"IDAT" else b""
        at += 12 + length
    assert kinds == [b"IHDR", *[b"IDAT"] * (len(kinds) - 2), b"IEND"]
    unpacker = zlib.decompressobj()
    rows = unpacker.decompress(packed)
    assert unpacker.eof
    assert len(rows) == 3000 * 1001
