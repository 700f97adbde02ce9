"""Transfer curves against the formulas of their standards, and against littleCMS."""

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image as Pillow
from PIL import ImageCms

from convcli.imaging.image import Frame, Image, Space, full_scale
from convcli.imaging.metadata import Metadata
from convcli.imaging.reading.read import read_picture
from convcli.imaging.transfer_curve import LINEAR, SRGB, Curve, curves_of, decode, encode, profile_curves
from convcli.imaging.writing.encode import encode_picture
from tests.imaging.profiles import curv, para, profile

VALUES = {0.0: 0.0, 0.04045: 0.04045 / 12.92, 0.5: 0.21404114048223255, 1.0: 1.0, -0.5: -0.21404114048223255}


def one(tag: bytes) -> Curve:
    found = profile_curves(profile(b"GRAY", tag), Space.GRAY)
    assert found is not None
    return found[0]


def light(tag: bytes, sample: float) -> float:
    return float(decode(np.array([[sample]]), (one(tag),))[0, 0])


@pytest.mark.parametrize(("sample", "light"), VALUES.items())
def test_srgb_has_the_values_of_the_standard_and_is_odd(sample, light):
    assert_allclose(decode(np.array([[sample]])), [[light]], rtol=1e-12)
    assert_allclose(encode(np.array([[light]])), [[sample]], rtol=1e-6, atol=1e-12)


def test_8_bit_table_is_the_formula():
    samples = np.arange(256, dtype=np.uint8)
    assert_allclose(decode(samples), decode(samples / 255.0), rtol=1e-6)


@given(st.floats(-4, 4), st.sampled_from([SRGB, Curve(1.8), one(curv(0, 9000, 65535))]))
def test_decode_and_encode_are_inverse_beyond_the_range_too(sample, curve):
    there = decode(np.array([sample]), (curve,))
    assert_allclose(encode(there, (curve,)), [sample], rtol=1e-5, atol=1e-7)


def test_decode_takes_white_from_the_caller():
    assert_allclose(decode(np.array([255.0]), full=255.0), [1.0])
    assert_allclose(decode(np.array([300], np.uint16), full=300.0), [1.0])


GAMMA_22 = [round(65535 * (i / 1023) ** 2.2) for i in range(1024)]
CURVES = {
    "sRGB": SRGB,
    "none": one(curv()),
    "gamma 1.8": one(curv(461)),
    "gamma 2.2": one(curv(563)),
    "gamma 0.45": Curve(0.45),
    "gamma 10": Curve(10.0),
    "gamma 0.1": Curve(0.1),
    "gamma 40": Curve(40.0),
    "para 0": one(para(0, 2.4)),
    "para 1": one(para(1, 2.2, 1.1, -0.1)),
    "para 1, raised": one(para(1, 2.2, 0.9, 0.1)),
    "para 2": one(para(2, 2.2, 1.05, -0.1, 0.02)),
    "para 3, sRGB": one(para(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)),
    "para 3, L*": one(para(3, 3, 0.8621, 0.1379, 0.1107, 0.08)),
    "para 3, BT.709": one(para(3, 1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081)),
    "para 4": one(para(4, 2.4, 0.9, 0.06, 0.09, 0.04, 0.01, 0.01)),
    "table of 2": one(curv(0, 65535)),
    "table of 1024": one(curv(*GAMMA_22)),
    "table of 256, black at first": one(curv(*[round(65535 * max(0, i - 30) / 225) for i in range(256)])),
    "table with steps": one(curv(0, 0, 0, 10, 1000, 1000, 30000, 60000, 65535, 65535)),
    "table that begins above black": one(curv(500, 3000, 60000)),
}


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_every_integer_sample_survives_linear_light(dtype, name):
    white = full_scale(dtype)
    samples = np.arange(int(white) + 1).astype(dtype).reshape(1, -1)
    there = decode(samples, (CURVES[name],))
    assert (np.diff(there) > 0).all()
    assert_array_equal(np.clip(np.rint(encode(there, (CURVES[name],), white)), 0, white), samples)


@pytest.mark.parametrize(
    ("tag", "sample", "expected"),
    [
        (curv(), 0.3, 0.3),
        (curv(256), 0.3, 0.3),
        (curv(512), 0.3, 0.09),
        (curv(0, 10000, 65535), 0.25, 5000 / 65535),
        (para(0, 3), 0.5, 0.125),
        (para(1, 2, 2, -0.5), 0.75, 1.0),
        (para(1, 2, 2, -0.5), 0.2, 0.0),
        (para(2, 2, 2, -0.5, 0.25), 0.5, 0.5),
        (para(2, 2, 2, -0.5, 0.25), 0.2, 0.25),
        (para(3, 2, 1, 0, 0.125, 0.125), 0.5, 0.25),
        (para(3, 2, 1, 0, 0.125, 0.125), 0.0625, 0.0078125),
        (para(4, 2, 1, 0, 0.5, 0.25, 0.125, 0.0625), 0.5, 0.375),
        (para(4, 2, 1, 0, 0.5, 0.25, 0.125, 0.0625), 0.125, 0.125),
    ],
)
def test_the_formulas_of_icc(tag, sample, expected):
    assert_allclose(light(tag, sample), expected, atol=2e-9)


def test_the_curves_of_littlecms_own_srgb():
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    found = profile_curves(icc, Space.RGB)
    assert found is not None
    samples = np.linspace(0, 1, 1001)
    assert_allclose(decode(samples, found), decode(samples), atol=1e-5)


@pytest.mark.parametrize("tag", [curv(461), curv(*GAMMA_22), para(3, 2.4, 0.9479, 0.0521, 0.0774, 0.0405)])
def test_littlecms_converts_alike(tag):
    # From grey of one curve to grey of gamma 1: littleCMS works in 16 bits, and gives 8.
    levels = np.arange(256, dtype=np.uint8).reshape(1, -1)
    source, target = (ImageCms.ImageCmsProfile(_file(profile(b"GRAY", some))) for some in (tag, curv(256)))
    converted = ImageCms.profileToProfile(Pillow.fromarray(levels), source, target, outputMode="L")
    assert_allclose(255 * decode(levels, (one(tag),)), np.asarray(converted), atol=0.6)


def _file(data: bytes):
    import io

    return io.BytesIO(data)


def test_each_channel_has_its_own_curve():
    icc = profile(b"RGB ", curv(256), curv(512), curv(768))
    curves = profile_curves(icc, Space.RGB)
    assert curves is not None
    samples = np.full((2, 2, 3), 0.5)
    there = decode(samples, curves)
    assert_allclose(there[1, 1], [0.5, 0.25, 0.125])
    assert_allclose(encode(there, curves), samples)
    assert profile_curves(icc, Space.GRAY) == (Curve(2.0),)
    assert profile_curves(profile(b"RGB ", *[curv(461)] * 3), Space.RGB) == (Curve(461 / 256),)


BAD = {
    "empty": b"",
    "cut": profile(b"GRAY", curv(461))[:140],
    "no curve": profile(b"GRAY", b"mft2" + bytes(40)),
    "table cut short": profile(b"GRAY", struct.pack(">4s4xI2H", b"curv", 4000, 0, 65535)),
    "falling": profile(b"GRAY", curv(65535, 0)),
    "exponent 0": profile(b"GRAY", curv(0)),
    "unknown type": profile(b"GRAY", para(5, 1, 1, 1, 1, 1, 1, 1)),
    "steep fall": profile(b"GRAY", para(4, 2, 1, 0, 4, 0.5, 0, 0)),
    "three inks": profile(b"CMYK", curv(461)),
    "grey for colours": profile(b"GRAY", curv(461)),
}


@pytest.mark.parametrize("name", BAD)
def test_profiles_without_curves_are_noted(name):
    space = Space.RGB if name == "grey for colours" else Space.GRAY
    image = picture(space, Metadata(icc=BAD[name] or b"\0"))
    assert profile_curves(BAD[name], space) is None
    curves, note = curves_of(image)
    assert curves == (SRGB,)
    assert "ICC profile" in note
    assert note.endswith("--linear takes sRGB")


def picture(space: Space, metadata: Metadata, dtype: str = "uint8") -> Image:
    shape = (2, 2, 3) if space is Space.RGB else (2, 2)
    return Image((Frame(np.zeros(shape, dtype)),), space, metadata)


ICC = profile(b"RGB ", *[curv(461)] * 3)
SRGB_CHUNK = (("sRGB", b"\0"),)


def cicp(transfer: int) -> tuple[tuple[str, bytes], ...]:
    return (("cICP", bytes([1, transfer, 0, 1])),)


@pytest.mark.parametrize(
    ("metadata", "expected", "note"),
    [
        (Metadata(), (SRGB,), ""),
        (Metadata(gamma=1.0), (), ""),
        (Metadata(gamma=0.5), (Curve(2.0),), ""),
        (Metadata(gamma=0.5, colours=SRGB_CHUNK), (SRGB,), ""),
        (Metadata(gamma=0.5, colours=SRGB_CHUNK, icc=ICC), (Curve(461 / 256),), ""),
        (Metadata(icc=profile(b"RGB ", *[curv()] * 3)), (), ""),
        (Metadata(icc=ICC, colours=cicp(13)), (SRGB,), ""),
        (Metadata(icc=ICC, colours=cicp(8)), (), ""),
        (Metadata(colours=cicp(16)), (SRGB,), "cICP"),
        (Metadata(gamma=1e-4), (SRGB,), "gamma of 0.0001"),
    ],
)
def test_which_of_them_counts(metadata, expected, note):
    curves, said = curves_of(picture(Space.RGB, metadata))
    assert curves == expected
    assert bool(said) == bool(note)
    assert note in said


def test_floats_are_linear_already():
    curves, said = curves_of(picture(Space.RGB, Metadata(gamma=0.5), "float32"))
    assert curves == ()
    assert "linear light already" in said


def test_linear_is_the_identity():
    assert LINEAR == Curve(1.0) == one(curv()) == one(curv(256)) == one(para(0, 1.0))


def test_the_cicp_chunk_of_a_png_is_found():
    def chunk(kind: bytes, content: bytes) -> bytes:
        tail = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + tail

    plain = encode_picture(picture(Space.GRAY, Metadata(gamma=0.5)), "png").data
    at = plain.index(b"IDAT") - 4
    png = plain[:at] + chunk(b"cICP", bytes([9, 16, 0, 1])) + plain[at:]
    assert dict(read_picture(png).metadata.colours)["cICP"] == bytes([9, 16, 0, 1])
    assert "16 in H.273" in curves_of(read_picture(png))[1]
    assert curves_of(read_picture(plain)) == ((Curve(2.0),), "")
