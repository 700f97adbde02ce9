"""Colour scales and the ink on them: WCAG 2.2's contrast computed here once more, for every value."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import Color, ColorSystem

from convcli.display.colour_scales import CHANNELS, GREYS, diverging, sequential
from convcli.display.contrast import readable
from convcli.display.terminal.cells import cell_style

# WCAG 2.2, success criterion 1.4.3 at level AA.
AA = 4.5


def luminance(pixels: np.ndarray) -> np.ndarray:
    """Relative luminance of (..., 3) sRGB samples, as WCAG 2.2 defines it."""
    share = np.asarray(pixels, float) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    low, high = sorted((float(luminance(one)), float(luminance(other))))
    return (high + 0.05) / (low + 0.05)


# Every colour that a scale can give, in steps finer than an 8-bit sample.
RAMPS = {
    "diverging": diverging(np.linspace(-1, 1, 4001)),
    "grey": sequential(np.linspace(0, 1, 2001)),
    **{name: sequential(np.linspace(0, 1, 2001), end) for name, end in CHANNELS.items()},
    "missing": diverging(np.array([np.nan])),
}


@pytest.mark.parametrize("system", [ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT, ColorSystem.STANDARD])
@pytest.mark.parametrize("ramp", RAMPS)
def test_ink_on_every_value_of_every_scale_can_be_read(ramp: str, system: ColorSystem) -> None:
    """Also on the nearest colours of terminals that have 256 or 16."""
    for pixel in np.unique(RAMPS[ramp], axis=0).tolist():
        style = cell_style(tuple(pixel), system)
        assert style is not None
        ground, ink = (colour.downgrade(system) for colour in (style.bgcolor, style.color))
        assert contrast(ground.get_truecolor(), ink.get_truecolor()) >= AA, pixel
        if system is ColorSystem.TRUECOLOR:
            assert style.bgcolor == Color.from_rgb(*pixel)


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_ink_on_any_colour(pixel: tuple[int, int, int]) -> None:
    assert readable(pixel) in ((0, 0, 0), (255, 255, 255))
    assert contrast(pixel, readable(pixel)) == max(
        contrast(pixel, (0, 0, 0)), contrast(pixel, (255, 255, 255))
    )
    assert contrast(pixel, readable(pixel)) >= AA


def test_the_scales_of_channels_are_their_own_colour() -> None:
    assert sequential(np.array([-1.0, 0, 0.5, 1, 2])).tolist() == [
        [0, 0, 0], [0, 0, 0], [128, 128, 128], [255, 255, 255], [255, 255, 255],
    ]  # fmt: skip
    assert GREYS == (255, 255, 255)
    for index, name in enumerate(("red", "green", "blue")):
        pixels = sequential(np.linspace(0, 1, 50), CHANNELS[name]).astype(int)
        others = np.delete(pixels, index, axis=1)
        assert (pixels[1:, index] > others[1:].max(1)).all(), "its own channel is the strongest"
        assert (np.diff(luminance(pixels)) > 0).all(), "lighter with every step"
