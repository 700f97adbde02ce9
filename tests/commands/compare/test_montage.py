import dataclasses

import numpy as np
import pytest
from PIL import ImageColor

from convcli.commands.compare.montage import BEST, amplitude, error_plot, montage, worst_corner
from convcli.display.colour_scales import MISSING
from tests.commands.compare.studies import CORNERS, case, study


def count(pixels, colour):
    colour = ImageColor.getrgb(colour) if isinstance(colour, str) else colour
    return int((pixels == colour).all(-1).sum())


def test_the_scale_suits_the_middle_mode():
    # Means over the band: zero 10.2, reflect 0.76; four times the lower middle is 3.0.
    assert amplitude(study()) == 5.0
    only_zero = study(modes=study().compared.modes[:1])
    assert amplitude(only_zero) == 50.0
    assert amplitude(study(modes=[case("wrap", np.zeros((20, 26)))])) == 2.55


@pytest.mark.parametrize(("mean", "limit"), [(0.25, 1.0), (0.26, 2.0), (1.0, 5.0), (2.0, 10.0), (50, 200.0)])
def test_the_scale_is_a_round_number(mean, limit):
    assert amplitude(study(modes=[case("wrap", np.full((20, 26), mean))])) == pytest.approx(limit)


def test_the_worst_corner_weighs_all_modes_alike():
    made = study()
    assert worst_corner(made).name == "top-left"
    for each, factor in zip(made.compared.modes, (1000, 1, 1), strict=True):
        each.corners.update(dict.fromkeys(CORNERS, 10.0 * factor))
    made.compared.modes[0].corners["top-right"] = 10_010.0
    made.compared.modes[1].corners["bottom-right"] = 20.0
    assert worst_corner(made).name == "bottom-right"


@pytest.mark.parametrize("name", CORNERS)
def test_corners_are_where_they_say(name):
    values = np.zeros((30, 40))
    rows, columns = name.split("-")
    values[0 if rows == "top" else -1, 0 if columns == "left" else -1] = 1
    corner = worst_corner(study((30, 40)))._replace(name=name)
    assert corner.side == 12
    assert corner.of(values).shape == (12, 12)
    assert corner.of(values).sum() == 1


def test_the_plot_has_the_errors_by_distance():
    plot = error_plot(study())
    assert [series.name for series in plot.series] == ["zero", "reflect", "valid"]
    assert list(plot.series[0].values[:3]) == [16.0, 4.0, 0.0]
    assert [series.strong for series in plot.series] == [False, True, False]
    assert plot.edge == (2, "band: 2")


def test_modes_that_err_alike_share_a_line():
    zero, reflect, valid = study().compared.modes
    twin = case("constant", zero.error)
    names = [(line.name, line.kind) for line in error_plot(study(modes=[zero, twin, reflect, valid])).series]
    assert names == [("zero, constant", 0), ("reflect", 2), ("valid", 3)]


def test_the_montage_shows_every_difference_enlarged():
    pixels = montage(study())
    tile = 208 // 26  # each pixel of the whole picture becomes 8 x 8, of the corner 17 x 17
    corner = 208 // 12
    outer, inner = 20 * 26 - 18 * 24, 18 * 24 - 16 * 22
    blue = (59, 76, 192)  # -16 is beyond the scale's end, -5
    expected = outer * tile**2 + (2 * 12 - 1) * corner**2
    bar = 28  # its lowest row, but for the tick; another row of 29 is as blue as -4
    assert count(pixels, blue) == expected + bar
    weak = tuple(round(221 + 4 / 5 * (end - 221)) for end in blue)
    assert count(pixels, weak) == inner * tile**2 + (2 * 11 - 1) * corner**2 + 29
    nothing = (outer + inner) * tile**2 + (12**2 - 10**2) * corner**2
    assert count(pixels, MISSING) == pytest.approx(2 * nothing, rel=0.02), (
        "of valid; words have this grey too"
    )


def test_the_best_mode_is_marked():
    best = montage(study())
    none = montage(study(measured=False))
    assert best.shape == none.shape
    assert count(best, BEST) > count(none, BEST) + 4000


def test_words_change_with_the_figures():
    one, other = montage(study()), montage(study(verdict="zero is best: 0.75 on average, 93% less"))
    changed = np.argwhere((one != other).any(2))
    assert len(changed)
    assert changed[:, 0].max() < 100, "only the head"


@pytest.mark.parametrize("channels", [None, 1, 2, 3, 4])
@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (300, 40), (230, 231)])
def test_any_shape(shape, channels):
    pixels = montage(study(shape, channels))
    assert pixels.dtype == np.uint8
    assert pixels.shape[1] == 4 * 440 + 3 * 20 + 40
    assert (pixels[:, -10:] == 255).all(), "nothing is cut off"


def test_a_thin_band_survives_reduction():
    error = np.zeros((900, 900))
    error[:, 450] = 9.0
    error[450, 3] = -9.0
    big = study((900, 900), modes=[case("wrap", error)])
    red = count(montage(big), (180, 4, 38))
    assert red >= 200, "one column of 900 is one column of the tile"


def test_colour_pictures_stay_in_colour():
    made = study((208, 208), 3)
    pixels = montage(made).astype(int)
    assert (np.abs(pixels[..., 0] - pixels[..., 2]) > 60).sum() > 3 * 10_000


def test_long_words_are_broken():
    long = study(title="word " * 60, facts=["fact " * 120])
    pixels = montage(long)
    assert (pixels[:, -10:] == 255).all()
    assert pixels.shape[0] > montage(study()).shape[0] + 30
    name = study(title=f"{'W' * 240}.png, box", facts=[])
    for modes in (name.compared.modes, name.compared.modes[:1]):
        one = montage(name._replace(compared=dataclasses.replace(name.compared, modes=modes)))
        assert (one[:, -10:] == 255).all(), "a name without spaces is shortened"
