"""PBM, PGM, PPM, PAM and PFM: streams, depths, and what is damaged. Values are worked out from pam(5)."""

import contextlib
import time

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from convcli.errors import ImageError
from convcli.imaging.image import Frame, Image, Space
from convcli.imaging.reading.read import read_picture
from convcli.imaging.writing.encode import encode_picture
from tests.imaging.helpers import pixels
from tests.program import Convcli

# One picture of each kind: its bytes, its pixels, and its alpha.
ONE = {
    "P1": (b"P1\n3 2\n1 0 1\n010\n", [[0, 255, 0], [255, 0, 255]], None),
    "P2": (b"P2 # c\n3 1 # width, height\n255\n0 7\n255", [[0, 7, 255]], None),
    "P3": (b"P3 1 2 255 1 2 3\n4 5 6 ", [[[1, 2, 3]], [[4, 5, 6]]], None),
    "P4": (b"P4\n10 2\n\xaa\x80\x55\x40", [[0, 255] * 4 + [0, 255], [255, 0] * 4 + [255, 0]], None),
    "P5": (b"P5 3 1 255\n\x00\x07\xff", [[0, 7, 255]], None),
    "P6": (b"P6\n1\n2\n255#c\n\x01\x02\x03\x04\x05\x06", [[[1, 2, 3]], [[4, 5, 6]]], None),
    "grey PAM": (
        b"P7\nWIDTH 3\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\nTUPLTYPE GRAYSCALE\nENDHDR\n\x00\x07\xff",
        [[0, 7, 255]],
        None,
    ),
    "black and white PAM": (
        b"P7\n# 1 is white\nMAXVAL 1\nWIDTH 3\n\nHEIGHT 1\nDEPTH 1\nTUPLTYPE BLACKANDWHITE\nENDHDR\n\0\1\0",
        [[0, 255, 0]],
        None,
    ),
    "PAM with alpha": (
        b"P7\nWIDTH 1\nHEIGHT 2\nDEPTH 2\nMAXVAL 15\nTUPLTYPE GRAYSCALE_ALPHA\nENDHDR\n\x00\x0f\x01\x08",
        [[0], [17]],
        [[255], [136]],
    ),
    "colour PAM with alpha": (
        b"P7\nWIDTH 1\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n\x01\x02\x03\x04",
        [[[1, 2, 3]]],
        [[4]],
    ),
    "PAM of no kind": (
        b"P7\nWIDTH 1\nHEIGHT 1\nDEPTH 3\nMAXVAL 255\nENDHDR\n\x01\x02\x03",
        [[[1, 2, 3]]],
        None,
    ),
}


@pytest.mark.parametrize(("data", "values", "alpha"), ONE.values(), ids=ONE)
def test_one_picture(data, values, alpha):
    whole = read_picture(data)
    (frame,) = whole.frames
    assert frame.pixels.dtype == np.uint8
    assert_array_equal(frame.pixels, values)
    assert whole.notes == ()
    assert whole.space is (Space.RGB if np.ndim(values) == 3 else Space.GRAY)
    if alpha is None:
        assert frame.alpha is None
    else:
        assert_array_equal(frame.alpha, alpha)


@pytest.mark.parametrize("between", [b"", b"\n", b" \r\n\n"])
@pytest.mark.parametrize(("data", "values"), [one[:2] for one in ONE.values()], ids=ONE)
def test_streams(data, values, between):
    plain = data[:2] in (b"P1", b"P2", b"P3")
    whole = read_picture((between or b"\n" * plain).join([data] * 3) + between)
    assert len(whole.frames) == 3
    for frame in whole.frames:
        assert_array_equal(frame.pixels, values)
    second = read_picture((between or b"\n" * plain).join([data, ONE["P5"][0]]), frame=1)
    assert_array_equal(second.frames[0].pixels, [[0, 7, 255]])
    with pytest.raises(ImageError, match="has no frame 3") as caught:
        read_picture((between or b"\n").join([data] * 3), frame=3)
    assert "numbered 0 to 2" in caught.value.hint


def test_grey_and_colour_in_one_stream_become_colour():
    whole = read_picture(ONE["P5"][0] + ONE["P6"][0] + ONE["colour PAM with alpha"][0])
    assert whole.space is Space.RGB
    assert_array_equal(whole.frames[0].pixels[0, 1], [7, 7, 7])
    assert [frame.size for frame in whole.frames] == [(1, 3), (2, 1), (1, 1)]
    assert_array_equal(whole.frames[1].alpha, [[255], [255]])


def test_pictures_of_8_bits_beside_16_keep_their_brightness():
    whole = read_picture(b"P5 2 1 255\n\xff\x80P5 2 1 65535\n\xff\xff\x80\x80")
    assert [frame.pixels.tolist() for frame in whole.frames] == [[[65535, 32896]]] * 2
    assert whole.notes == ("pictures of 8 bits beside 16 are read as 16 bits",)


@pytest.mark.parametrize("white", [1, 2, 6, 15, 100, 254, 255, 256, 1000, 4095, 65534, 65535])
@pytest.mark.parametrize("kind", ["P2", "P5", "P7"])
def test_white_is_the_maxval(kind, white):
    """(v x 255 + maxval / 2) / maxval, rounded down, as netpbm's pnmdepth has it."""
    values = np.unique(np.linspace(0, white, 300).astype(int))
    top = 65535 if white > 255 else 255
    expected = [(value * top + white // 2) // white for value in values.tolist()]
    body = (
        " ".join(map(str, values)).encode()
        if kind == "P2"
        else values.astype(">u2" if white > 255 else "u1").tobytes()
    )
    header = f"{kind}\n{len(values)} 1\n{white}\n"
    if kind == "P7":
        header = f"P7\nWIDTH {len(values)}\nHEIGHT 1\nDEPTH 1\nMAXVAL {white}\nENDHDR\n"
    (frame,) = read_picture(header.encode() + body).frames
    assert frame.pixels.dtype == (np.uint16 if white > 255 else np.uint8)
    assert frame.pixels[0].tolist() == expected


SAID = {
    "above the maxval": (b"P5 3 1 100\n\x00\x64\xff", "1 samples above the maxval of 100 are read as white"),
    "above the maxval, in text": (b"P2 2 1 255 256 70000", "2 samples above the maxval of 255"),
    "what follows": (b"P5 1 1 255\n\x07 garbage", "7 bytes after the last picture are left out"),
    "samples that follow": (b"P2 1 1 255 7 8 9", "2 samples after the last pixel are left out"),
    "bits that follow": (b"P1 1 1 0011", "3 samples after the last pixel are left out"),
    "an unknown kind": (
        b"P7\nWIDTH 1\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE CMYK\nENDHDR\n\x01\x02\x03\x04",
        "the tuple type 'CMYK' is not known: read as 4 channels",
    ),
    "a scale": (b"Pf\n1 1\n-2.5\n\0\0\x80?", "the PFM's scale of 2.5 is left out"),
}


@pytest.mark.parametrize(("data", "note"), SAID.values(), ids=SAID)
def test_what_is_left_out_is_said(data, note):
    (said,) = read_picture(data).notes
    assert note in said


PAM = b"P7\nWIDTH %s\nHEIGHT 1\nDEPTH %s\nMAXVAL %s\nTUPLTYPE %s\nENDHDR\n\0\0\0\0"
REFUSED = {
    "cut short": (b"P6 2 2 255\n\0\0\0\0\0", "5 of 12 samples"),
    "cut short in its second picture": (b"P5 1 1 255\n\7P5 2 2 255\n\0", "1 of 4 samples of picture 2"),
    "cut bits": (b"P4 9 2\n\0\0\0", "9 of 18 samples"),
    "cut text": (b"P2 2 2 255 1 2 3", "3 of 4 samples"),
    "cut PAM": (PAM % (b"9", b"1", b"255", b"GRAYSCALE"), "4 of 9 samples"),
    "maxval 0": (b"P5 1 1 0\n\0", "the maxval 0"),
    "maxval above 65535": (b"P5 1 1 65536\n\0\0", "the maxval 65536"),
    "no width": (b"P5 0 5 255\n", "has no pixels"),
    "huge": (b"P5 1000000 1000000 255\n\0", "more than the limit"),
    "huge bits": (b"P1 1000000000 1000000000 1", "more than the limit"),
    "18 digits": (b"P6 999999999999999999 999999999999999999 255\n", "more than the limit"),
    "PAM of huge depth": (PAM % (b"1", b"999999999999", b"255", b""), "4 of 999999999999 samples"),
    "PAM without depth": (PAM % (b"1", b"0", b"255", b"GRAYSCALE"), "DEPTH is 0"),
    "PAM of a word": (PAM % (b"one", b"1", b"255", b"GRAYSCALE"), "its WIDTH is one"),
    "PAM whose kind and depth differ": (PAM % (b"1", b"4", b"255", b"RGB"), "RGB has a DEPTH of 4"),
    "a word": (b"P2 2 1 255 1 x2", "'x2' where a sample"),
    "a negative sample": (b"P2 2 1 255 1 -2", "'-2' where a sample"),
    "a bit of 2": (b"P1 2 1 12", "'2' where a sample"),
    "5000 digits": (b"P2 1 1 255 " + b"9" * 5000, "'9999"),
    "PFM of scale 0": (b"Pf 1 1 0\n\0\0\0\0", "its scale is 0"),
    "cut PFM": (b"PF 1 1 -1\n\0\0\0\0", "1 of 3 samples"),
    "PFM with NaN": (b"Pf 1 1 -1\n\0\0\xc0\x7f", "not finite"),
    "floats and integers": (b"Pf 1 1 -1\n\0\0\0\0P5 1 1 255\n\0", "integers and floats"),
}


@pytest.mark.parametrize(("data", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_damaged_is_refused(data, message):
    with pytest.raises(ImageError, match=message) as caught:
        read_picture(data, name="a.pnm")
    assert caught.value.message.startswith("'a.pnm'")
    assert caught.value.hint


SLOW = {
    "line ends in text": b"P2 1 1 255 1" + b"\n" * 1_000_000,
    "line ends in a header": b"P7\n" + b"\n" * 1_000_000,
    "spaces in a header": b"P5 " + b" " * 1_000_000 + b"1 1 255\n\0",
    "comments": b"P2 1 1 255 " + b"#\n" * 500_000 + b"1",
    "a long word": b"P3 1 1 255 " + b"1" * 1_000_000,
    "40,000 pictures": b"P5 1 1 255\n\7" * 40_000,
}


@pytest.mark.parametrize("data", SLOW.values(), ids=SLOW)
def test_no_input_takes_long(data):
    start = time.process_time()
    with contextlib.suppress(ImageError):
        assert read_picture(data).frames[0].size == (1, 1)
    assert time.process_time() - start < 2


def test_pictures_count_together_against_the_limit():
    with pytest.raises(ImageError, match="more than the limit of 5"):
        read_picture(ONE["P5"][0] * 2, max_pixels=5)
    assert read_picture(ONE["P5"][0] * 2, max_pixels=5, frame=1).frames[0].size == (1, 3)


def test_xv_thumbnails_are_no_pam():
    """They begin with P7 too, and 332 follows: levels of red, green and blue."""
    (frame,) = read_picture(b"P7 332\n#END_OF_COMMENTS\n2 1 255\n\xe0\x03").frames
    assert_array_equal(frame.pixels[0, 0], [255, 0, 0])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(("channels", "alpha"), [(1, False), (1, True), (3, False), (3, True)])
def test_pam_is_written_as_its_manual_says(channels, alpha, dtype):
    colours, opacity = pixels(channels, dtype), pixels(1, dtype, seed=9) if alpha else None
    space = Space.RGB if channels == 3 else Space.GRAY
    data = encode_picture(Image((Frame(colours, opacity),), space), "pam").data
    header, _, body = data.partition(b"ENDHDR\n")
    fields = dict(line.split(b" ") for line in header.splitlines()[1:])
    height, width = colours.shape[:2]
    depth = channels + alpha
    assert header.startswith(b"P7\n")
    assert [int(fields[key]) for key in (b"WIDTH", b"HEIGHT", b"DEPTH")] == [width, height, depth]
    assert int(fields[b"MAXVAL"]) == np.iinfo(dtype).max
    assert fields[b"TUPLTYPE"] == (b"RGB" if channels == 3 else b"GRAYSCALE") + b"_ALPHA" * alpha
    samples = np.frombuffer(body, np.dtype(dtype).newbyteorder(">")).reshape(height, width, depth)
    assert_array_equal(samples[..., :channels].squeeze(), colours)
    back = read_picture(data).frames[0]
    assert_array_equal(back.pixels, colours, strict=True)
    if alpha:
        assert_array_equal(samples[..., -1], opacity)
        assert_array_equal(back.alpha, opacity, strict=True)


@pytest.mark.parametrize(
    ("suffix", "data"),
    [
        ("pfm", b"Pf\n2 1\n1.0\n" + np.array([0.25, -3e7], ">f4").tobytes()),
        ("pfm", b"PF\n1 2\n-1.0\n" + np.arange(6, dtype="<f4").tobytes()),
        ("pam", ONE["colour PAM with alpha"][0]),
        ("pnm", ONE["P1"][0]),
        ("ppm", ONE["P6"][0] * 2),
        ("pfm", b"Pf\n1 1\n-1.0\n\0\0\0@" * 2),
    ],
)
def test_the_format_is_kept(convcli: Convcli, tmp_path, suffix, data):
    """In a file and in a pipe, without a name for the output."""
    (tmp_path / f"x.{suffix}").write_bytes(data)
    ran = convcli("filter", f"x.{suffix}", "-k", "1")
    assert (ran.status, ran.out) == (0, f"x-matrix.{suffix}\n".encode()), ran.err
    made = (tmp_path / f"x-matrix.{suffix}").read_bytes()
    assert convcli("filter", "-", "-k", "1", stdin=data).out == made
    before, after = read_picture(data), read_picture(made)
    assert (after.format, len(after.frames)) == (before.format, len(before.frames))
    for one, other in zip(before.frames, after.frames, strict=True):
        assert_array_equal(one.pixels, other.pixels, strict=True)
        assert (one.alpha is None) == (other.alpha is None)
    if suffix == "pfm":
        assert made[:2] == data[:2]


def test_display_times_are_said_to_be_left_out():
    frames = tuple(Frame(pixels(1, seed=seed), None, 40.0) for seed in range(2))
    encoded = encode_picture(Image(frames, Space.GRAY), "pgm")
    assert encoded.notes == (".pgm holds no display times: they are left out",)
    assert encoded.data.count(b"P5\n21 13\n255\n") == 2
