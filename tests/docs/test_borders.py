"""docs/borders.md, docs/translate.md and the README's table are made from the program's own tables."""

import cv2
import numpy as np
import pytest
import scipy.ndimage
from PIL import Image, ImageFilter
from skimage.filters import correlate_sparse

import convcli
from convcli.choices import PadMode, Tool
from convcli.conventions import (
    BOTTOM_RIGHT,
    CONVENTIONS,
    FLOATS,
    ROTATED,
    SATURATED,
    TOP_LEFT,
    UPSIDE_DOWN,
    WRAPPED,
)
from tests.cases.make_shell_calls import picture
from tests.docs.shown import script
from tests.paths import ROOT


def test_the_page_of_borders_is_fresh() -> None:
    fresh = script("make_borders").page()
    assert (ROOT / "docs" / "borders.md").read_text("utf-8") == fresh, "run docs/make_borders.py"


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_readme_s_table_is_fresh(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert script("make_borders").readme(name, text) == text, "run docs/make_borders.py"


def test_the_page_of_translations_is_fresh() -> None:
    fresh = script("make_translate").page()
    assert (ROOT / "docs" / "translate.md").read_text("utf-8") == fresh, "run docs/make_translate.py"


def test_every_mode_and_tool_is_there() -> None:
    make = script("make_borders")
    assert set(make.DRAWN) == set(PadMode)
    assert set(CONVENTIONS) == set(Tool)


X = np.random.default_rng(1).normal(0, 1, (9, 11))
EVEN, ODD = np.array([[1.0, 2], [3, 5]]), np.array([[1.0, 2, 3], [4, 5, 7], [8, 9, 10]])


def by_convention(tool: str, kernel: np.ndarray, picture: np.ndarray = X) -> np.ndarray:
    """Return what the table says that a tool gives."""
    facts = CONVENTIONS[tool]
    turned = {"": kernel, ROTATED: kernel[::-1, ::-1], UPSIDE_DOWN: kernel[::-1]}[facts.flips]
    low, high = {TOP_LEFT: (1, 0), BOTTOM_RIGHT: (0, 1), "": (0, 0)}[facts.extra]
    padding = ((low, high),) * 2 if len(kernel) == 2 else "same" if facts.border else "valid"
    return convcli.correlate(picture, turned, pad=facts.border or "zero", padding=padding)


@pytest.mark.parametrize(
    ("tool", "filtered"),
    [
        ("scipy", scipy.ndimage.correlate),
        ("opencv", lambda x, kernel: cv2.filter2D(x, -1, kernel)),
        ("skimage", correlate_sparse),
    ],
)
def test_tools_do_by_default_what_is_said(tool: str, filtered) -> None:  # type: ignore[no-untyped-def]
    np.testing.assert_allclose(filtered(X, ODD), by_convention(tool, ODD), atol=1e-9)
    if CONVENTIONS[tool].extra:
        np.testing.assert_allclose(filtered(X, EVEN), by_convention(tool, EVEN), atol=1e-9)


@pytest.mark.parametrize(
    ("tool", "filtered"),
    [
        ("scipy", scipy.ndimage.correlate),
        ("opencv", lambda x, kernel: cv2.filter2D(x, -1, kernel)),
        ("skimage", correlate_sparse),
    ],
)
def test_results_that_8_bits_cannot_hold(tool: str, filtered) -> None:  # type: ignore[no-untyped-def]
    """Nine times 200 is 1800, which is 7 x 256 + 8."""
    made = filtered(np.full((5, 5), 200, np.uint8), np.ones((3, 3)))
    assert made[2, 2] == {FLOATS: 1800, SATURATED: 255, WRAPPED: 8}[CONVENTIONS[tool].results]


def test_scikit_image_refuses_even_kernels() -> None:
    with pytest.raises(ValueError, match="must not be even"):
        correlate_sparse(X, EVEN)


def test_pillow_s_kernels_are_upside_down() -> None:
    image = picture()
    made = np.asarray(Image.fromarray(image).filter(ImageFilter.Kernel((3, 3), ODD.ravel(), 64)))
    wanted = np.clip(by_convention("pillow", ODD / 64, image.astype(float)), 0, 255)
    assert np.abs(made[1:-1, 1:-1] - wanted).max() <= 1
    assert (made[0] == image[0]).all()
