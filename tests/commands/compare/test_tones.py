import numpy as np

from convcli.commands.compare.tones import Tones, leading, strongest
from convcli.display.colour_scales import MISSING


def test_pictures_are_shown_as_they_are():
    tones = Tones(np.array([[-3.0, 0.0, 128.0, 260.0]]), 255.0)
    assert tones(np.array([[-9.0, 0.0, 128.0, 300.0]]))[0].tolist() == [[v] * 3 for v in (0, 0, 128, 255)]
    assert tones.words == ""


def test_a_sharpened_picture_stays_a_picture():
    rng = np.random.default_rng(0)
    sharpened = rng.uniform(0, 255, (50, 50))
    sharpened[0, :12] = [-300, 500] * 6
    tones = Tones(sharpened, 255.0)
    assert (tones.signed, tones.limit) == (False, 255.0)


def test_results_above_white_are_reduced():
    tones = Tones(np.array([[0.0, 1000.0]]), 255.0)
    assert tones(np.array([[0.0, 500.0, 1000.0]]))[0, :, 0].tolist() == [0, 128, 255]
    assert tones.words == "results from 0, black, to 1e+03 or more, white"


def test_results_with_negatives_are_shown_around_0():
    tones = Tones(np.array([[-100.0, 400.0]]), 255.0)
    low, middle, high = tones(np.array([[-400.0, 0.0, 400.0]]))[0].tolist()
    assert (low, middle, high) == ([59, 76, 192], [221, 221, 221], [180, 4, 38])
    assert "400" in tones.words
    colours = np.array([[[-400.0, 0.0, 400.0]] * 2])
    assert Tones(colours, 255.0)(colours)[0, 0].tolist() == [0, 128, 255]


def test_a_few_results_do_not_make_all_others_pale():
    many = np.tile([-100.0, 100.0], (1, 500))
    many[0, :3] = 4000  # of 1000
    assert Tones(many, 255.0).limit == 100
    lonely = np.zeros((1, 1000))
    lonely[0, 0] = -4000
    assert Tones(lonely, 255.0).limit == 4000


def test_nothing_is_dark_grey():
    pixels = Tones(np.ones((1, 2, 3)), 1.0)(np.array([[[1, 1, 1], [1, np.nan, 1]]]))
    assert pixels[0].tolist() == [[255, 255, 255], list(MISSING)]


def test_channels():
    values = np.array([[[1.0, -5.0, 3.0], [np.nan, -1.0, 0.5]]])
    assert strongest(values).tolist() == [[-5.0, -1.0]]
    assert leading(values).shape == (1, 2, 3)
    np.testing.assert_array_equal(leading(values[..., :2]), [[1.0, np.nan]])
