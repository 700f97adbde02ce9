import cv2
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from PIL import Image as Pillow

import convcli
from convcli.errors import ImageError, OutputError, UsageError
from convcli.imaging.api import read_image, write_image
from convcli.imaging.reading import pillow_files
from convcli.imaging.reading.read import read_picture
from tests.imaging.helpers import pixels


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_what_is_written_is_read(tmp_path, suffix, channels, dtype):
    path = tmp_path / f"a{suffix}"
    array = pixels(channels, dtype)
    write_image(path, array)
    back = read_image(path)
    assert back.dtype == dtype
    assert_array_equal(back, array)


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".json", ".tif", ".pfm"])
def test_floats_are_exact(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    array = pixels(3, np.float32) * 1000 - 500
    write_image(path, array)
    assert_array_equal(read_image(path), array)


def test_arrays_keep_their_own_dtype(tmp_path):
    for dtype in (np.bool_, np.int8, np.int64, np.float16, np.float64, np.uint16):
        array = np.array([[0, 1], [1, 0]]).astype(dtype)
        write_image(tmp_path / "a.npy", array)
        assert read_image(tmp_path / "a.npy").dtype == dtype
        assert_array_equal(read_image(tmp_path / "a.npy"), array)


def test_floats_into_integers_are_rounded_half_to_even_and_saturated(tmp_path):
    write_image(tmp_path / "a.png", np.array([[-3, 0.5, 1.5, 2.5, 254.5, 300.0]]))
    assert_array_equal(read_image(tmp_path / "a.png"), np.array([[0, 0, 2, 2, 254, 255]], np.uint8))


def test_truth_becomes_black_and_white(tmp_path):
    write_image(tmp_path / "a.png", np.array([[True, False]]))
    assert_array_equal(read_image(tmp_path / "a.png"), [[255, 0]])


def test_one_channel_may_have_an_axis(tmp_path):
    write_image(tmp_path / "a.png", pixels(1)[..., np.newaxis])
    assert_array_equal(read_image(tmp_path / "a.png"), pixels(1))


def test_strided_and_big_endian_arrays(tmp_path):
    array = pixels(3, np.uint16)
    write_image(tmp_path / "a.png", array.astype(">u2")[::-1, ::2])
    assert_array_equal(read_image(tmp_path / "a.png"), array[::-1, ::2])
    write_image(tmp_path / "b.tif", array.astype(">u2")[::-1, ::2])
    assert_array_equal(read_image(tmp_path / "b.tif"), array[::-1, ::2])


def test_lists_are_arrays(tmp_path):
    write_image(tmp_path / "a.csv", [[1, 2], [3, 4]])
    assert (tmp_path / "a.csv").read_text() == "1,2\n3,4\n"


def test_opencv_agrees(tmp_path):
    array = pixels(3)
    write_image(tmp_path / "a.png", array)
    assert_array_equal(cv2.imread(str(tmp_path / "a.png"))[..., ::-1], array)


def test_orientation_is_applied(tmp_path):
    exif = Pillow.Exif()
    exif[0x0112] = 6
    Pillow.fromarray(pixels(3)).save(tmp_path / "a.png", exif=exif)
    assert_array_equal(read_image(tmp_path / "a.png"), np.rot90(pixels(3), -1))


REFUSED = {
    "four axes": np.zeros((1, 1, 1, 1)),
    "a number": np.float64(3),
    "nothing": np.zeros((0, 3)),
    "five channels": np.zeros((2, 2, 5), np.uint8),
    "complex": np.zeros((2, 2), complex),
    "integers of 32 bits": np.zeros((2, 2), np.int32),
    "text": np.array([["a"]]),
    "objects": np.array([[None]]),
    "NaN": np.array([[np.nan]]),
}


@pytest.mark.parametrize("array", REFUSED.values(), ids=REFUSED)
def test_what_is_no_picture_is_refused_and_nothing_written(tmp_path, array):
    with pytest.raises(OutputError):
        write_image(tmp_path / "a.png", array)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_suffix(tmp_path):
    with pytest.raises(UsageError):
        write_image(tmp_path / "a.xyz", pixels(1))


def test_a_missing_file(tmp_path):
    with pytest.raises(ImageError, match="does not exist"):
        read_image(tmp_path / "a.png")


def test_the_package_offers_both():
    assert convcli.read_image is read_image
    assert convcli.write_image is write_image


@pytest.mark.parametrize(("name", "channels"), [("csv", 2), ("tsv", 2), ("pfm", 2), ("pfm", 4), ("pfm", 5)])
@pytest.mark.parametrize("dtype", [bool, np.uint8, np.float32, np.float64])
def test_no_channel_of_numbers_is_taken_for_alpha_and_lost(name, channels, dtype, tmp_path):
    path = tmp_path / f"a.{name}"
    with pytest.raises(OutputError, match=f"cannot hold {channels} channels"):
        write_image(path, np.ones((3, 4, channels), dtype))
    assert not path.exists()


def test_booleans_are_0_and_1_in_files_of_numbers(tmp_path):
    given = np.array([[True, False], [False, True]])
    for name in ("pfm", "npy", "csv"):
        write_image(tmp_path / f"a.{name}", given)
        assert read_image(tmp_path / f"a.{name}").tolist() == [[1, 0], [0, 1]]
    write_image(tmp_path / "a.pfm", np.dstack([given] * 3))
    assert read_image(tmp_path / "a.pfm")[0, 0].tolist() == [1, 1, 1]


@pytest.mark.parametrize(("name", "decoder"), [("gif", "from_pillow"), ("webp", "still_frame")])
def test_the_first_frame_alone_is_decoded(name, decoder, tmp_path, monkeypatch):
    frames = [Pillow.fromarray(np.full((6, 8, 3), level, np.uint8)) for level in (10, 90, 200)]
    path = tmp_path / f"a.{name}"
    frames[0].save(path, save_all=True, append_images=frames[1:], lossless=True)
    decode, decoded = getattr(pillow_files, decoder), []
    monkeypatch.setattr(pillow_files, decoder, lambda *given: decoded.append(given) or decode(*given))
    assert read_image(path)[..., :3].tolist() == np.full((6, 8, 3), 10).tolist()
    assert len(decoded) == 1
    assert len(read_picture(path).frames) == 3
    assert len(decoded) == 4
