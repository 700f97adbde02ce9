"""FITS made by hand from the standard: cards of 80 bytes, blocks of 2880, big-endian samples."""

import numpy as np
import pytest

from convcli.errors import ImageError
from convcli.imaging.image import Space
from convcli.imaging.reading.read import read_picture

RAMP = np.arange(6).reshape(2, 3)


def block(data, fill):
    return data + fill * (-len(data) % 2880)


def unit(array, *cards, first="SIMPLE  =                    T", axes=None):
    axes = array.shape[::-1] if axes is None else axes
    bits = {"u1": 8, "i2": 16, "i4": 32, "i8": 64, "f4": -32, "f8": -64}[array.dtype.str[1:]]
    header = [first, f"BITPIX  = {bits:20d}", f"NAXIS   = {len(axes):20d}"]
    header += [f"NAXIS{axis:<3d}= {length:20d}" for axis, length in enumerate(axes, 1)]
    text = "".join(card.ljust(80) for card in (*header, *cards, "END"))
    stored = array.astype(array.dtype.newbyteorder(">")).tobytes()
    return block(text.encode(), b" ") + block(stored, b"\0")


EMPTY = unit(np.zeros(0, "u1"), axes=())
IMAGE = "XTENSION= 'IMAGE   '"


def only(data, **options):
    image = read_picture(data, name="a.fits", **options)
    (frame,) = image.frames
    return frame.pixels, image


@pytest.mark.parametrize("kind", ["u1", "i2", "i4", "i8", "f4", "f8"])
def test_every_bitpix_in_the_stored_order_of_rows(kind):
    found, image = only(unit((RAMP * 20).astype(kind)))
    assert found.tolist() == [[0, 20, 40], [60, 80, 100]]
    assert image.format == "fits"
    assert any("bottom" in note for note in image.notes)


@pytest.mark.parametrize("kind", ["i2", "i4", "i8", "f4", "f8"])
def test_signs_are_kept(kind):
    found, _ = only(unit((RAMP - 3).astype(kind)))
    assert found.tolist() == [[-3, -2, -1], [0, 1, 2]]


@pytest.mark.parametrize("kind", ["u1", "i2", "i4", "i8", "f4", "f8"])
def test_bzero_and_bscale(kind):
    found, _ = only(unit(RAMP.astype(kind), "BZERO   =                 10.0", "BSCALE  = 2.5D-1 / a comment"))
    assert found.tolist() == [[10, 10.25, 10.5], [10.75, 11, 11.25]]


def test_16_bits_with_the_offset_of_unsigned_ones_are_16_bit_grey():
    found, image = only(unit(np.array([[-32768, 0, 32767]], "i2"), "BZERO   =                32768"))
    assert found.tolist() == [[0, 32768, 65535]]
    assert found.dtype == np.uint16
    assert image.space is Space.GRAY


def test_8_bits_with_the_offset_of_signed_ones():
    found, _ = only(unit(np.array([[0, 128, 255]], "u1"), "BZERO   =                 -128"))
    assert found.tolist() == [[-128, 0, 127]]


def test_unsigned_32_and_64_bits():
    found, _ = only(unit(np.array([[-(2**31), 2**31 - 1]], "i4"), "BZERO   =           2147483648"))
    assert found.tolist() == [[0, 2**32 - 1]]
    stored = np.array([[-(2**63), -(2**63) + 2**53]], "i8")
    found, _ = only(unit(stored, "BZERO   =  9223372036854775808"))
    assert found.tolist() == [[0, 2**53]]


@pytest.mark.parametrize(
    ("value", "cards"),
    [
        (2**53 + 1, ()),
        (-(2**53) - 1, ()),
        (0, ("BZERO   =  9223372036854775808",)),
    ],
)
def test_integers_that_float64_would_round_are_refused(value, cards):
    with pytest.raises(ImageError, match=r"'a\.fits' has integers beyond 2\*\*53"):
        read_picture(unit(np.array([[value]], "i8"), *cards), name="a.fits")


def test_missing_pixels_are_counted_and_located():
    with pytest.raises(ImageError, match=r"2 pixels that are missing .*at \[0, 1\]") as caught:
        only(unit(np.array([[1, -5, 2], [3, 4, -5]], "i4"), "BLANK   =                   -5"))
    assert "interpolate_replace_nans" in caught.value.hint
    with pytest.raises(ImageError, match=r"1 pixels that are missing .*at \[1, 0\]"):
        only(unit(np.array([[1], [np.nan]], "f4")))


def test_a_blank_of_64_bits():
    stored = np.array([[2**63 - 1, 5]], "i8")
    with pytest.raises(ImageError, match=r"1 pixels that are missing .*at \[0, 0\]"):
        only(unit(stored, "BLANK   =  9223372036854775807"))


def test_a_blank_that_does_not_occur_is_nothing():
    assert only(unit(RAMP.astype("i2"), "BLANK   = -5"))[0].tolist() == RAMP.tolist()


def test_the_planes_of_a_cube_are_frames():
    cube = np.arange(24).reshape(2, 3, 4).astype("i2")
    image = read_picture(unit(cube), name="a")
    assert [frame.pixels.tolist() for frame in image.frames] == cube.tolist()
    assert any("2 planes" in note for note in image.notes)
    assert only(unit(cube), frame=1)[0].tolist() == cube[1].tolist()
    for wrong in (2, -1):
        with pytest.raises(ImageError, match=f"no frame {wrong}"):
            read_picture(unit(cube), frame=wrong)


def test_all_planes_count_against_the_limit():
    cube = np.zeros((5, 4, 4), "u1")
    assert only(unit(cube), frame=4, max_pixels=16)[0].shape == (4, 4)
    with pytest.raises(ImageError, match="80 pixels, more than the limit of 16"):
        read_picture(unit(cube), max_pixels=16)


def test_axes_of_length_1_do_not_count():
    radio = RAMP.reshape(1, 1, 2, 3).astype("f4")
    assert only(unit(radio))[0].tolist() == RAMP.tolist()
    assert only(unit(np.arange(3).astype("i2")))[0].tolist() == [[0, 1, 2]]
    with pytest.raises(ImageError, match="2 x 2 x 1 x 1 values"):
        read_picture(unit(np.zeros((2, 2, 1, 1), "u1")))


def test_an_image_in_an_extension():
    extension = unit(RAMP.astype("i4"), "PCOUNT  = 0", "GCOUNT  = 1", first=IMAGE)
    found, image = only(EMPTY + extension + extension)
    assert found.tolist() == RAMP.tolist()
    assert any("first of 2 images" in note for note in image.notes)


TABLE = unit(np.zeros((2, 8), "u1"), "PCOUNT  = 5000", "GCOUNT  = 1", first="XTENSION= 'BINTABLE'")


def test_a_table_before_the_image_is_stepped_over_with_its_heap():
    heap = b"\1" * (-(-5016 // 2880) * 2880 - 2880)
    assert only(EMPTY + TABLE + heap + unit(RAMP.astype("i2"), first=IMAGE))[0].tolist() == RAMP.tolist()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (EMPTY, "holds no image"),
        (EMPTY + TABLE, "holds no image"),
        (
            EMPTY + unit(np.zeros((2, 8), "u1"), "ZIMAGE  = T", first="XTENSION= 'BINTABLE'"),
            "tile-compressed",
        ),
        (unit(RAMP.astype("f8"))[:2900], "cut short"),
        (unit(RAMP.astype("f8"))[:200], "no end"),
        (unit(RAMP.astype("u1"), axes=(10**9, 10**9)), "more than the limit"),
        (unit(RAMP.astype("u1"), axes=(-3, -2)), "damaged|no image"),
        (unit(RAMP.astype("u1"), "BSCALE  = nan"), "BSCALE = nan"),
        (unit(RAMP.astype("u1"), "BSCALE  = 'x'"), "damaged"),
        (unit(RAMP.astype("u1") + 2, "BSCALE  = 1E308"), "not finite"),
        (unit(np.array([[np.inf]], "f4")), "not finite"),
        (unit(RAMP.astype("u1")).replace(b"NAXIS   =      ", b"NAXIS   = 99999", 1), "NAXIS"),
    ],
)
def test_what_cannot_be_read_is_said(data, said):
    with pytest.raises(ImageError, match=said) as caught:
        read_picture(data, name="a.fits")
    assert caught.value.hint


def test_results_get_a_suffix_that_holds_floats(convcli, tmp_path):
    (tmp_path / "a.fits").write_bytes(unit((RAMP - 3).astype("i2")))
    done = convcli("filter", "a.fits", "-k", "identity")
    assert done.out == b"a-identity.tif\n"
    assert read_picture(tmp_path / "a-identity.tif").frames[0].pixels.tolist() == (RAMP - 3).tolist()
