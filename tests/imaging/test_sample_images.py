import numpy as np
import pytest
from numpy.testing import assert_array_equal

from convcli.imaging.image import Space
from convcli.imaging.reading.read import read_picture
from tests.paths import SAMPLES

PICTURES = {
    "camera.png": ((512, 512), Space.GRAY, np.uint8, False),
    "coffee.png": ((400, 600), Space.RGB, np.uint8, False),
    "rocket.jpg": ((427, 640), Space.RGB, np.uint8, False),
    "cat-alpha.png": ((300, 451), Space.RGB, np.uint8, True),
    "cat-dark.png": ((300, 451), Space.RGB, np.uint8, False),
    "galaxies-16bit.png": ((436, 500), Space.GRAY, np.uint16, False),
}


@pytest.mark.parametrize("name", PICTURES)
def test_sample_pictures_are_what_their_table_says(name):
    size, space, dtype, alpha = PICTURES[name]
    picture = read_picture(SAMPLES / name)
    assert picture.notes == ()
    assert picture.frames[0].size == size
    assert picture.space is space
    assert picture.dtype == dtype
    assert picture.has_alpha is alpha


def test_the_16_bit_sample_uses_its_low_bits():
    values = read_picture(SAMPLES / "galaxies-16bit.png").frames[0].pixels
    assert np.unique(values).size > 10_000


def test_the_alpha_sample_has_clear_soft_and_opaque_pixels():
    alpha = read_picture(SAMPLES / "cat-alpha.png").frames[0].alpha
    assert (alpha == 0).any()
    assert (alpha == 255).any()
    assert ((alpha > 0) & (alpha < 255)).mean() > 0.02


def test_the_dark_sample_is_the_cat_in_a_thirty_second_of_the_light():
    dark, cat = (
        read_picture(SAMPLES / name).frames[0].pixels / 255 for name in ("cat-dark.png", "cat-alpha.png")
    )
    assert 10 / 255 < dark.mean() < 25 / 255
    assert dark.max() < 60 / 255

    def blocks(encoded):
        light = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
        return light[:300, :450].reshape(30, 10, 45, 10, 3).mean((1, 3))

    np.testing.assert_allclose(blocks(dark) * 32, blocks(cat), rtol=0.25, atol=0.02)
    assert np.corrcoef(blocks(dark).ravel(), blocks(cat).ravel())[0, 1] > 0.99
    assert np.diff(255 * dark, axis=1).std() > 2 * np.diff(255 * cat, axis=1).std() / 8, "noise"


NOTES = {
    "notes-3x3.csv": np.arange(9).reshape(3, 3),
    "notes-5x5.csv": [[3, 4, 6, 5, 7], [2, 4, 6, 8, 2], [1, 6, 7, 8, 4], [9, 7, 4, 6, 2], [3, 7, 5, 4, 1]],
    "notes-edge-6x8.csv": [[1, 1, 0, 0, 0, 0, 1, 1]] * 6,
}
X = [
    [-1, -1, -1, -1, -1, -1, -1, -1, -1],
    [-1, +1, -1, -1, -1, -1, -1, +1, -1],
    [-1, -1, +1, -1, -1, -1, +1, -1, -1],
    [-1, -1, -1, +1, -1, +1, -1, -1, -1],
    [-1, -1, -1, -1, +1, -1, -1, -1, -1],
    [-1, -1, -1, +1, -1, +1, -1, -1, -1],
    [-1, -1, +1, -1, -1, -1, +1, -1, -1],
    [-1, +1, -1, -1, -1, -1, -1, +1, -1],
    [-1, -1, -1, -1, -1, -1, -1, -1, -1],
]
OTHERS = {
    "letter-x.csv": X,
    "letter-x-falling.csv": [[1, -1, -1], [-1, 1, -1], [-1, -1, 1]],
    "letter-x-crossing.csv": [[1, -1, 1], [-1, 1, -1], [1, -1, 1]],
    "letter-x-rising.csv": [[-1, -1, 1], [-1, 1, -1], [1, -1, -1]],
    "two-channels.json": np.stack([np.arange(9).reshape(3, 3), np.arange(1, 10).reshape(3, 3)], axis=2),
}
KERNELS, SIGNAL = "two-channels-kernels.json", "signal.csv"
ARRAYS = NOTES | OTHERS


@pytest.mark.parametrize("name", ARRAYS)
def test_the_arrays_of_the_notes_and_of_our_own(name):
    assert_array_equal(read_picture(SAMPLES / name).frames[0].pixels, ARRAYS[name])


def test_the_signal_has_a_pulse_and_a_ramp():
    values = np.loadtxt(SAMPLES / SIGNAL, delimiter=",")
    assert_array_equal(values, [0, 0, 0, 4, 4, 4, 4, 0, 0, 0, 1, 2, 3, 4, 0, 0])


def test_every_file_is_described_and_all_are_small():
    described = (SAMPLES / "README.md").read_text(encoding="utf-8")
    files = [path for path in SAMPLES.iterdir() if path.suffix in (".png", ".jpg", ".csv", ".json")]
    assert {path.name for path in files} == {*PICTURES, *ARRAYS, KERNELS, SIGNAL}
    assert all(f"`{path.name}`" in described for path in files)
    assert sum(path.stat().st_size for path in files) < 3_000_000
