"""Constant padding in linear light and beside transparency, against SciPy and the sRGB formula."""

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from PIL import Image
from scipy import ndimage

from tests.oracle import linear_to_srgb, srgb_to_linear
from tests.program import Convcli, pixels

RNG = np.random.default_rng(12)


def mean(values: np.ndarray, beyond: float) -> np.ndarray:
    return ndimage.uniform_filter(values.astype(float), 3, mode="constant", cval=beyond)


@pytest.mark.parametrize("value", [0, 60, 200])
def test_the_constant_is_decoded_too(convcli: Convcli, tmp_path: Path, value: int) -> None:
    grey = RNG.integers(0, 256, (9, 11), np.uint8)
    Image.fromarray(grey).save(tmp_path / "x.png")
    ran = convcli(
        "filter", "x.png", "-k", "box", "--linear", "-p", "constant", "--pad-value", value, "-o", "y.png"
    )
    assert ran.status == 0, ran.err
    expected = linear_to_srgb(mean(srgb_to_linear(grey), float(srgb_to_linear(value))))
    assert_allclose(pixels(tmp_path / "y.png"), expected, atol=0.51)


@pytest.mark.parametrize("value", [0, 60, 200])
def test_constant_padding_is_opaque(convcli: Convcli, tmp_path: Path, value: int) -> None:
    grey = RNG.integers(0, 256, (9, 11), np.uint8)
    alpha = RNG.integers(1, 256, (9, 11), np.uint8)
    Image.fromarray(np.dstack([grey, alpha]), "LA").save(tmp_path / "x.png")
    ran = convcli(
        "filter",
        "x.png",
        "-k",
        "box",
        "--alpha",
        "filter",
        "-p",
        "constant",
        "--pad-value",
        value,
        "-o",
        "y.png",
    )
    assert ran.status == 0, ran.err
    opacity = mean(alpha / 255, 1.0)
    colour = mean(grey * (alpha / 255), value) / opacity
    found = pixels(tmp_path / "y.png")
    assert_allclose(found[..., 1], 255 * opacity, atol=0.51)
    assert_allclose(found[..., 0], colour, atol=0.51)


def test_maps_of_different_sizes_do_not_share_a_file(convcli: Convcli, gray: Path, tmp_path: Path) -> None:
    ran = convcli("filter", gray, "-k", "box", "-k", "box:size=5", "-p", "valid", "-o", "y.npy")
    assert ran.status == 1
    assert len(ran.lines) == 1
    assert "16x23 and 18x25" in ran.err
    assert not (tmp_path / "y.npy").exists()
