import numpy as np
import pytest
from PIL import Image

from convcli.display.colour_scales import MISSING
from convcli.display.drawn.contact_sheet import contact_sheet, limits, picture
from convcli.display.words import significant


def test_a_map_without_negatives_is_grey_from_least_to_greatest():
    assert picture(np.array([[2.0, 3.0], [4.0, 7.0]])).tolist() == [[0, 51], [102, 255]]
    assert picture(np.zeros((1, 2))).tolist() == [[0, 0]]
    assert picture(np.full((1, 2), 3.0)).tolist() == [[255, 255]]


def test_a_signed_map_is_coloured_around_0():
    pixels = picture(np.array([[-2.0, 0.0, 1.0, 2.0]]))
    assert pixels.shape == (1, 4, 3)
    assert pixels[0, 1].tolist() == [221, 221, 221]
    (blue, _, weak, strong) = pixels[0].astype(int)
    assert blue[2] - blue[0] > 100
    assert strong[0] - strong[2] > 100
    assert strong[0] - strong[2] > weak[0] - weak[2] > 50


def test_what_is_not_finite():
    values = np.array([[np.nan, np.inf, 0.0, 5.0]])
    assert limits(values) == (0.0, 5.0)
    assert picture(values).tolist() == [[0, 255, 0, 255]]
    signed = picture(np.array([[np.nan, -np.inf, 1.0, -1.0]]))
    assert signed[0, 0].tolist() == list(MISSING)
    assert signed[0, 1].tolist() == signed[0, 3].tolist()
    assert limits(np.array([[np.nan]])) == (0.0, 0.0)


@pytest.mark.parametrize("count", [1, 2, 5, 17, 64, 65])
@pytest.mark.parametrize("shape", [(512, 512), (3, 5), (700, 30), (1, 2)])
def test_every_map_is_on_the_sheet_once(count, shape):
    maps = [np.where(np.arange(shape[1]) < shape[1] / 2, 0.0, 1.0) * np.ones(shape)] * count
    sheet = contact_sheet("3  conv 'a': many", maps)
    assert sheet.dtype == np.uint8
    assert sheet.ndim == 3
    assert max(sheet.shape) < 3000
    # Words are dark grey, so that only maps are black: the same number of pixels for each, near half a tile.
    black = int((sheet.max(2) == 0).sum())
    side = {1: 512, 2: 320, 5: 224, 17: 128, 64: 128, 65: 96}[count]
    times = min(side / max(shape), max(1, side // max(shape)))
    assert black % count == 0
    assert black / count == pytest.approx(shape[0] * -(-shape[1] // 2) * times**2, rel=0.35)
    assert ((sheet > 0) & (sheet < 60)).any(), "words"


def test_captions_tell_number_and_range():
    maps = [np.array([[0.0, 1.0]]), np.array([[0.0, 2.0]])]
    one, other = contact_sheet("t", maps), contact_sheet("t", [maps[0], maps[0]])
    assert one.shape == other.shape
    changed = np.argwhere((one != other).any(2))
    assert len(changed), "the second caption says another range"
    assert changed[:, 0].min() > one.shape[0] / 2


def test_a_long_title_fits():
    title = "1  conv 'a layer with quite a long name': 1 x 1 x 1, -0.00123 to 4.56e+08"
    sheet = contact_sheet(title, [np.zeros((1, 1))])
    assert (sheet[:, -8:] == 255).all()
    assert (sheet[:40, 200:] < 100).any()


def test_sheets_are_pictures(tmp_path):
    sheet = contact_sheet("t", [np.array([[-1.0, 1.0]])])
    Image.fromarray(sheet).save(tmp_path / "s.png")
    with Image.open(tmp_path / "s.png") as shown:
        assert shown.size == (sheet.shape[1], sheet.shape[0])


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (-0.0, "0"), (1234.5, "1.23e+03"), (-0.12345, "-0.123"), (7.0, "7")]
)
def test_three_digits(value, text):
    assert significant(value) == text
