"""The page of a stack, in a real Chromium: the engine's maps, and what each pixel of them depends on."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convcli.stacks.dependence import Region, regions, taps
from convcli.stacks.stack import read_stack
from convcli.stacks.trace import run
from tests.browser import OpenPage
from tests.commands.explain.test_stack import MIXED, SMALL, X_STACK, X, evaluated, mixed  # noqa: F401
from tests.pages import english_left
from tests.paths import SAMPLES
from tests.program import Convcli, pixels

NAMES = ("letter-x.csv", "letter-x.toml", "conv", "relu", "pool", "conv1", "relu1", "pool1", "conv2", "pool2")
MAPS = """(most) => window.convcli.layers().map(({ maps, start }) => ({ start, maps: maps.slice(0, most).map(
    ({ height, width, values }) => Array.from({ length: height }, (_, row) =>
        [...values.subarray(row * width, (row + 1) * width)])) }))"""


def opened(convcli: Convcli, open_page: OpenPage, *options: object, **context: Any) -> Any:
    ran = convcli("explain", *options, "--html", "page.html")
    assert (ran.status, ran.out) == (0, b"page.html\n"), ran.err
    assert Path("page.html").stat().st_size < 1_000_000
    page = open_page(Path("page.html"), **context).page
    page.evaluate("window.convcli.ready")
    return page


def test_every_pixel_shows_how_it_is_computed(convcli: Convcli, mixed: Any, open_page: OpenPage) -> None:  # noqa: F811
    picture, path = mixed
    page = opened(convcli, open_page, picture, "--stack", path)
    stack = read_stack(str(path))
    maps = [np.moveaxis(np.load(picture), 2, 0).astype(np.float64)]
    run(stack, maps[0], watch=lambda _, made: maps.append(made))
    for shown, made in zip(page.evaluate(MAPS, 4), maps, strict=True):
        np.testing.assert_allclose(shown["maps"], made, rtol=1e-6)
    told = page.evaluate(
        """() => convcli.layers().flatMap((each, layer) => each.maps.flatMap(({ values: all, width }, map) =>
          ["conv", "pool", "leaky-relu"].includes(each.type) ? [...all.keys()].map((at) => {
            Object.assign(convcli.state, { layer, map, at: [Math.floor(at / width), at % width] });
            return [layer, map, ...convcli.state.at, arithmetic(each, all[at])[0]];
          }) : []))"""
    )
    assert len(told) > 500
    for layer, map_, row, column, line in told:
        for part in line.split("; "):  # of a combination, the bias is added behind it
            shown = float(part.rpartition(" = ")[2].replace("\u2212", "-"))
            assert evaluated(part) == pytest.approx(shown, abs=1e-3), line
        assert shown == pytest.approx(maps[layer][map_, row, column], abs=1e-3), line
    # what pixels of the last layer depend on, which test_dependence.py finds by changing every pixel
    fields = page.evaluate(
        """() => [...convcli.layers().at(-1).maps[3].values.keys()].map((at) => {
          const layer = convcli.layers().length - 1, { width } = convcli.layers()[layer].maps[3];
          const place = [Math.floor(at / width), at % width];
          const [{ rows, columns }] = convcli.dependence({ layer, map: 3, at: place });
          return [rows, columns];
        })"""
    )
    tables = [taps(layer, made.shape) for layer, made in zip(stack.layers, maps[:-1], strict=True)]
    for at, shown in zip(np.ndindex(*maps[-1].shape[1:]), fields, strict=True):
        found = regions(tables, Region(*([[place] for place in at])))[0]
        assert shown == [found.rows.tolist(), found.columns.tolist()], at


def test_pointing_marks_window_and_receptive_field(convcli: Convcli, open_page: OpenPage) -> None:
    page = opened(convcli, open_page, X, "--stack", X_STACK)
    assert page.inner_text("#which") == "pool2, map 0, row 0, column 0: 10"
    canvas = page.locator("canvas[data-layer='4'][data-map='1']")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    canvas.hover(position={"x": box["width"] * 0.75, "y": box["height"] * 0.25})
    assert page.inner_text("#which") == "conv2, map 1, row 0, column 1: 10"
    assert page.inner_text("#sees") == (
        "Receptive field in the input: rows 0 to 6, columns 2 to 8 (7 x 7), 60.5% of the picture."
    )
    assert (
        page.inner_text("#reads")
        == "Its window in pool1: rows 0 to 1, columns 1 to 2 (2 x 2), in 3 of 3 maps."
    )
    assert page.inner_text("#arithmetic") == "0 + 5 + 5 = 10"
    assert page.locator("#products table").count() == 3
    # a frame in the colour of the field is drawn around it in the input, and none elsewhere
    marked = page.evaluate(
        """() => {
          const canvas = document.querySelector(".maps canvas[data-layer='0']"), { width, height } = canvas;
          const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
          const green = (at) => data[4 * at + 1] > 120 && data[4 * at] < 60;
          const places = [...Array(width * height).keys()].filter(green);
          const rows = places.map((at) => Math.floor(at / width) * 9 / height);
          const columns = places.map((at) => (at % width) * 9 / width);
          return [Math.min(...rows), Math.max(...rows), Math.min(...columns), Math.max(...columns)];
        }"""
    )
    assert marked == pytest.approx([0, 7, 2, 9], abs=0.1)
    canvas.press("ArrowDown")
    canvas.press("ArrowLeft")
    assert page.inner_text("#which") == "conv2, map 1, row 1, column 0: 6"
    canvas.press("ArrowLeft")
    assert page.evaluate("convcli.state.at") == [1, 0]


# Sizes of maps as they are drawn, and what is written in them.
DRAWN = """() => convcli.layers().map(({ films: [film] }) => {
  const written = [], { height, width } = film.picture;
  writeNumbers({ context: { strokeText() {}, fillText: (text) => written.push(Number(text)) }, scale: 1,
    numbers: film.numbers[0] }, film);
  return [height, width, written];
})"""


def test_windows_reach_into_the_padding(convcli: Convcli, open_page: OpenPage) -> None:
    """Zeros around the input, which the kernel sees; around the next layer nothing that could win."""
    Path("pad.toml").write_text(
        """
        layer = [
          { type = "conv", kernel = "0 0 0; 0 1 0; 0 0 0", padding = 1 },
          { type = "pool", size = 2, padding = 1 },
        ]
        """
    )
    picture = SAMPLES / "notes-5x5.csv"
    page = opened(convcli, open_page, picture, "--stack", "pad.toml", "--at", "0,0")
    given = np.loadtxt(picture, delimiter=",")
    (*size, shown), (*pooled_size, pooled), _ = page.evaluate(DRAWN)
    assert size == pooled_size == [7, 7]
    assert shown == np.pad(given, 1).ravel().tolist()
    assert pooled == given.ravel().tolist()
    assert page.inner_text("#reads") == (
        "Its window in conv1: rows -1 to 0, columns -1 to 0 (2 x 2), in 1 of 1 maps."
    )
    assert page.inner_text("#sees").startswith(
        "Receptive field in the input: rows 0 to 1, columns 0 to 1 (2 x 2)"
    )
    canvas = page.locator("canvas[data-layer='1']")
    box = canvas.bounding_box()
    canvas.hover(position={"x": box["width"] * 1.5 / 7, "y": box["height"] * 2.5 / 7})
    assert page.inner_text("#which") == "conv1, map 0, row 1, column 0: 2"
    assert page.inner_text("#reads") == (
        "Its window in input: rows 0 to 2, columns -1 to 1 (3 x 3), in 1 of 1 maps."
    )


def test_it_holds_what_is_clicked(convcli: Convcli, open_page: OpenPage) -> None:
    page = opened(convcli, open_page, X, "--stack", X_STACK)
    first, other = (page.locator(f"canvas[data-layer='1'][data-map='{index}']") for index in (0, 1))
    first.click(position={"x": 40, "y": 40})
    other.hover(position={"x": 10, "y": 10})
    assert page.inner_text("#which").startswith("conv1, map 0, row 1, column 1: 5")
    first.press("Escape")
    other.hover(position={"x": 12, "y": 12})
    assert page.inner_text("#which").startswith("conv1, map 1, row 0, column 0: -1")


def test_it_speaks_both_languages_on_a_phone(convcli: Convcli, open_page: OpenPage) -> None:
    small = {"viewport": {"width": 360, "height": 780}, "has_touch": True, "color_scheme": "dark"}
    page = opened(convcli, open_page, X, "--stack", X_STACK, "--lang", "zh", **small)
    assert page.title() == "letter-x.csv 经过 letter-x.toml：逐层看"
    assert english_left(page, *NAMES) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    canvas = page.locator(".maps canvas[data-layer='0']")
    canvas.tap(position={"x": 5, "y": 5})
    assert page.inner_text("#which") == "输入，特征图 0，第 0 行、第 0 列：-1"
    page.click("#languages button[value=en]")
    assert page.inner_text("#which") == "input, map 0, row 0, column 0: -1"


def test_a_photograph_is_cropped_and_stays_true(convcli: Convcli, open_page: OpenPage) -> None:
    camera = SAMPLES / "camera.png"
    page = opened(convcli, open_page, camera, "--stack", SMALL, "--at", "200,230")
    assert "around row 200, column 230" in page.inner_text("#part")
    assert page.inner_text("#which").startswith("conv4, map 0, row 200, column 230: ")
    assert "rows 196 to 204, columns 226 to 234 (9 x 9)" in page.inner_text("#sees")
    stack = read_stack(str(SMALL))
    maps = [pixels(camera)[None].astype(np.float32) / np.float32(255)]
    run(stack, maps[0], watch=lambda _, made: maps.append(made))
    for shown, made in zip(page.evaluate(MAPS, 1), maps, strict=True):
        part, (top, left) = np.array(shown["maps"]), shown["start"]
        assert min(part.shape[1:]) > 20
        np.testing.assert_array_equal(part, made[:1, top : top + part.shape[1], left : left + part.shape[2]])
    # four maps at a time, the others chosen; each layer of every pixel that is kept can be explained
    assert page.locator("canvas[data-layer='1']").count() == 4
    page.locator("section:has(canvas[data-layer='1']) select").select_option("12")
    assert page.locator("canvas[data-layer='1']").count() == 1
    page.evaluate("convcli.select(2, 3, [0, 0])")
    assert re.match(r"relu1, map 3, row \d+, column \d+: ", page.inner_text("#which"))


def test_what_is_too_much_is_refused(convcli: Convcli, tmp_path: Path) -> None:
    (tmp_path / "whole.toml").write_text("[[layer]]\ntype = 'pool'\nglobal = true\n")
    ran = convcli("explain", SAMPLES / "camera.png", "--stack", "whole.toml", "--html", "page.html")
    ran.check_refusal(ran.status, "262145 is above the limit of 165000 numbers", "a smaller picture")
    assert not Path("page.html").exists()
