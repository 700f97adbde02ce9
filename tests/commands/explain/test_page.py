"""The page of explain, in a real Chromium: it computes what the engine does, and anyone can steer it."""

import itertools
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convcli.choices import PadMode, PoolMode
from convcli.display.drawn.contact_sheet import picture
from convcli.engine.correlation.correlate import convolve, correlate
from convcli.engine.layers.conv2d import conv2d
from convcli.engine.pad import sources
from convcli.engine.pooling.pool2d import pool2d
from convcli.errors import GeometryError
from convcli.kernels.spec import kernel
from tests.browser import OpenPage
from tests.pages import english_left, switch
from tests.paths import SAMPLES
from tests.program import Convcli

PIXELS = np.random.default_rng(4).integers(0, 256, (11, 14), dtype=np.uint8)


@pytest.fixture
def written(convcli: Convcli, tmp_path: Path):
    """Write a page about `PIXELS`, or about the picture in a file."""

    def write(*options: object, file: Path | None = None) -> Path:
        if file is None:
            file = tmp_path / "small.png"
            Image.fromarray(PIXELS).save(file)
        ran = convcli("explain", file, "--html", tmp_path / "page.html", *options)
        assert (ran.status, ran.out.decode().strip()) == (0, str(tmp_path / "page.html")), ran.err
        return tmp_path / "page.html"

    return write


def ready(opened):
    opened.page.evaluate("window.convcli.ready")
    return opened.page


def plain(weights):
    return {"parts": [{"name": "", "bias": 0, "weights": [weights]}], "combine": "none"}


def random_settings(count: int):
    rng = np.random.default_rng(11)
    for index in range(count):
        pad = list(PadMode)[index % len(PadMode)]
        amounts = ["same", "full", "valid", rng.integers(0, 25, (2, 2)).tolist()]
        yield {
            "kernel": plain(rng.normal(size=rng.integers(1, 6, 2)).tolist()),
            "settings": {
                "pad": pad.value,
                "padValue": float(rng.integers(-50, 300)),
                "padding": "same" if pad is PadMode.VALID else amounts[int(rng.integers(4))],
                "stride": rng.integers(1, 4, 2).tolist(),
                "dilation": rng.integers(1, 4, 2).tolist(),
                "bias": float(rng.normal()),
                "operation": ["correlation", "convolution"][int(rng.integers(2))],
            },
        }


def by_the_engine(kernel, settings):
    padding = settings["padding"]
    try:
        return (convolve if settings["operation"] == "convolution" else correlate)(
            PIXELS.astype(float),
            kernel["parts"][0]["weights"][0],
            pad=settings["pad"],
            pad_value=settings["padValue"],
            padding=padding if isinstance(padding, str) else tuple(map(tuple, padding)),
            stride=tuple(settings["stride"]),
            dilation=tuple(settings["dilation"]),
            bias=settings["bias"],
        )
    except GeometryError:
        return None


def test_it_computes_what_the_engine_computes(written, open_page: OpenPage) -> None:
    page = ready(open_page(written("-k", "sobel-x")))
    cases = list(random_settings(210))
    results = page.evaluate(
        """(cases) => cases.map(({ kernel, settings }) => {
          const found = window.convcli.compute(kernel, settings);
          return found && { size: [found.height, found.width], values: [...found.values] };
        })""",
        cases,
    )
    worked = 0
    for case, result in zip(cases, results, strict=True):
        expected = by_the_engine(**case)
        if expected is None:
            assert result is None, case
            continue
        worked += 1
        assert result["size"] == list(expected.shape), case
        assert np.abs(np.reshape(result["values"], expected.shape) - expected).max() < 1e-4, case
    assert worked > 150


def test_its_borders_are_the_engines(written, open_page: OpenPage) -> None:
    page = ready(open_page(written("-k", "box")))
    for mode in PadMode:
        for size in (1, 2, 5):
            far = 0 if mode is PadMode.VALID else 13
            mapped = page.evaluate(
                """([size, far, mode]) => Array.from({ length: size + 2 * far },
                  (_, at) => sourceOf(at - far, size, mode))""",
                [size, far, mode.value],
            )
            assert mapped == sources(size, far, far, mode).tolist(), (mode, size)


def texts(page, selector: str) -> list[str]:
    return [re.sub(r"\s+", " ", text).strip() for text in page.locator(selector).all_inner_texts()]


def test_a_pixel_under_the_pointer_is_explained(written, open_page: OpenPage) -> None:
    page = ready(open_page(written("-k", "1 2 3; 4 5 6; 7 8 9", "-p", "reflect", "--bias", "2")))
    canvas = page.locator("#result")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    canvas.hover(position={"x": box["width"] * 0.5 / 14, "y": box["height"] * 0.5 / 11})
    x = PIXELS.astype(int)
    window = [[x[1, 1], x[1, 0], x[1, 1]], [x[0, 1], x[0, 0], x[0, 1]], [x[1, 1], x[1, 0], x[1, 1]]]
    origins = [["1,1", "1,0", "1,1"], ["0,1", "", ""], ["1,1", "", ""]]
    shown = [
        f"{v} {o}".strip()
        for line, of in zip(window, origins, strict=True)
        for v, o in zip(line, of, strict=True)
    ]
    assert texts(page, ".window tbody td") == shown
    products = np.array(window) * np.arange(1, 10).reshape(3, 3)
    assert texts(page, ".products td") == [str(value) for value in products.ravel()]
    total = int(products.sum())
    assert page.inner_text("#sum").endswith(f"= {total}")
    assert page.inner_text("#value") == f"{total} + 2 = {total + 2}"
    assert page.inner_text("#stored") == "255, cut to fit 0 to 255"
    assert page.inner_text("#now") == (
        f"Output pixel (0, 0) is {total + 2}. It sees rows -1 to 1 and columns -1 to 1. "
        "5 of its 9 pixels are padding."
    )
    assert "(11 + 1 + 1 − 1·(3 − 1) − 1) / 1⌋ + 1 = 11" in page.inner_text("#height-formula")
    page.hover(".window tbody tr:first-child td:nth-child(2)")
    assert "taken from row 1, column 1" in page.inner_text("#origin")
    # on the input, the window is centred under the pointer
    inputs = page.locator("#input")
    box = inputs.bounding_box()
    inputs.hover(position={"x": box["width"] * 6.5 / 16, "y": box["height"] * 4.5 / 13})
    assert page.evaluate("convcli.state.at") == [3, 5]
    # a click holds the pixel, Escape lets it go
    canvas.click(position={"x": 2, "y": 2})
    assert page.get_by_role("button", name="Hold").get_attribute("aria-pressed") == "true"
    inputs.hover(position={"x": 99, "y": 99})
    assert page.evaluate("convcli.state.at") == [0, 0]
    canvas.press("Escape")
    assert page.evaluate("convcli.state.held") is False


def test_keys_step_through_the_window(written, open_page: OpenPage) -> None:
    page = ready(open_page(written("-k", "sobel-x", "--at", "0,0")))
    canvas = page.locator("#result")
    canvas.focus()
    steps = [
        ("ArrowRight", [0, 1]), ("ArrowDown", [1, 1]), ("ArrowLeft", [1, 0]), ("ArrowLeft", [1, 0]),
        ("Shift+ArrowDown", [10, 0]), ("End", [10, 13]), ("ArrowUp", [9, 13]), ("Home", [9, 0]),
        ("Control+End", [10, 13]), ("Control+Home", [0, 0]), ("PageDown", [10, 0]),
    ]  # fmt: skip
    for key, at in steps:
        canvas.press(key)
        assert page.evaluate("convcli.state.at") == at, key
        assert page.inner_text("#which") == f"Output pixel ({at[0]}, {at[1]})"
    expected = correlate(PIXELS, [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])[10, 0]
    assert page.evaluate("convcli.trace().value") == pytest.approx(float(expected))
    canvas.press("Space")
    page.locator("#which", has_text="(10, 2)").wait_for(timeout=3000)
    canvas.press("Space")
    assert page.evaluate("convcli.state.playing") == 0
    page.get_by_role("button", name="One pixel up").click()
    assert page.evaluate("convcli.state.at[0]") == 9
    page.get_by_role("spinbutton", name="row", exact=True).fill("4")
    assert page.evaluate("convcli.state.at[0]") == 4


def result(page):
    found = page.evaluate(
        "({ size: [convcli.result().height, convcli.result().width], values: [...convcli.result().values] })"
    )
    return np.reshape(found["values"], found["size"])


def test_every_control_changes_the_result(written, open_page: OpenPage) -> None:
    page = ready(open_page(written("-k", "sobel-x")))
    kernel, options = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]), {}

    def check(**changed) -> None:
        options.update(changed)
        np.testing.assert_allclose(
            result(page), correlate(PIXELS.astype(float), kernel, **options), atol=1e-9
        )

    check()
    page.get_by_role("textbox", name="weight row 1, column 2").fill("1/2")
    kernel[0, 1] = 0.5
    check()
    assert page.get_by_role("combobox", name="kernel").input_value() == "own"
    page.get_by_role("textbox", name="weight row 1, column 2").fill("one")
    assert page.get_by_role("textbox", name="weight row 1, column 2").get_attribute("aria-invalid") == "true"
    check()
    page.get_by_label("mode").select_option("constant")
    page.get_by_label("constant v").fill("9.5")
    check(pad="constant", pad_value=9.5)
    page.get_by_label("amount").select_option("full")
    check(padding="full")
    page.get_by_label("amount").select_option("own")
    page.get_by_label("bottom").fill("5")
    check(padding=((2, 5), (2, 2)))
    page.get_by_label("stride down").fill("2")
    page.get_by_label("dilation across").fill("3")
    page.get_by_label("bias").fill("-4")
    check(stride=(2, 1), dilation=(1, 3), bias=-4)
    page.get_by_role("combobox", name="operation").select_option("convolution")
    kernel = kernel[::-1, ::-1]
    check()
    assert "kernel, rotated by 180 degrees" in texts(page, "#windows h3")
    page.get_by_role("combobox", name="operation").select_option("correlation")
    page.get_by_role("combobox", name="kernel").select_option(label="laplacian")
    kernel = np.array([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]])
    check()
    page.get_by_role("button", name="Negate").click()
    kernel = -kernel
    check()
    page.get_by_role("spinbutton", name="rows").fill("5")
    kernel = np.pad(kernel, ((1, 1), (0, 0)))
    check()
    page.get_by_label("stride down").fill("0")
    assert page.get_by_label("stride down").get_attribute("aria-invalid") == "true"
    check()
    page.get_by_label("mode").select_option("valid")
    page.get_by_label("dilation down").fill("9")
    assert "larger than the padded picture" in page.get_by_role("alert").inner_text()
    assert page.evaluate("convcli.result()") is None
    page.get_by_label("dilation down").fill("1")
    check(pad="valid", padding="same", pad_value=0.0)
    page.get_by_role("combobox", name="kernel").select_option(label="box")
    page.get_by_role("button", name="Normalize").click()
    assert page.evaluate("convcli.state.kernel.parts[0].weights[0][0][0]") == pytest.approx(1 / 9)
    assert page.inner_text("#result-words").endswith("0 to 255 as black to white")
    page.get_by_label("result drawn").select_option("stretched")
    low, high = f"{result(page).min():.4g}", f"{result(page).max():.4g}"
    assert page.inner_text("#result-words").endswith(f"{low} to {high} as black to white")


@pytest.mark.parametrize("kernel", ["sobel-x", "1 2; 3 4"])
def test_its_tones_are_those_of_every_picture_of_a_map(written, open_page: OpenPage, kernel: str) -> None:
    page = ready(open_page(written("-k", kernel)))
    painted = page.evaluate(
        """() => {
          const { height, width } = convcli.result();
          return [...films.result.canvas.getContext("2d").getImageData(0, 0, width, height).data];
        }"""
    )
    values = result(page)
    expected = picture(values)
    shown = np.reshape(painted, (*values.shape, 4))[..., :3]
    assert np.abs(shown - (expected if expected.ndim == 3 else expected[..., None])).max() <= 1


def test_it_works_by_touch_in_the_dark_and_on_a_phone(written, open_page: OpenPage) -> None:
    path = written("-k", "gaussian", "--at", "0,0")
    phone = {
        "viewport": {"width": 360, "height": 740},
        "has_touch": True,
        "is_mobile": True,
        "color_scheme": "dark",
    }
    page = ready(open_page(path, **phone))
    canvas = page.locator("#result")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    canvas.tap(position={"x": box["width"] * 7.5 / 14, "y": box["height"] * 3.5 / 11})
    assert page.evaluate("convcli.state.at") == [3, 7]
    assert page.evaluate("convcli.state.held") is False
    page.get_by_role("button", name="One pixel right").tap()
    assert page.evaluate("convcli.state.at") == [3, 8]
    for width in (360, 700, 1100):
        page.set_viewport_size({"width": width, "height": 740})
        page.wait_for_timeout(50)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.emulate_media(color_scheme="light")
    assert dark != page.evaluate("getComputedStyle(document.body).backgroundColor")
    red, green, blue = map(int, re.findall(r"\d+", dark))
    assert max(red, green, blue) < 64


def test_everything_that_takes_the_focus_has_a_name(written, open_page: OpenPage) -> None:
    page = ready(open_page(written("-k", "sobel-x")))
    nameless = page.evaluate(
        """() => all("button, input, select, canvas, [tabindex]").filter((each) => {
          const labels = [...(each.labels ?? [])].map((label) => label.textContent.trim()).join("");
          const own = each.tagName === "BUTTON" && each.textContent.trim();
          return !(each.getAttribute("aria-label") || labels || own);
        }).map((each) => each.outerHTML)"""
    )
    assert nameless == []
    snapshot = page.locator("body").aria_snapshot()
    for said in (
        'button "Play"',
        'combobox "mode"',
        'spinbutton "bias"',
        'table "Products"',
        'heading "Output pixel',
    ):
        assert said in snapshot, said
    assert re.search(r'application "Result of sobel-x, correlation', snapshot)
    assert page.locator("#now").get_attribute("aria-live") == "polite"
    assert page.locator("html").get_attribute("lang") == "en"


def test_canvases_say_what_they_show(written, open_page: OpenPage) -> None:
    """Their names, as browsers compute them for screen readers, follow picture, kernel, padding and pixel."""
    page = ready(open_page(written("-k", "sobel-x", "--at", "0,0")))

    def names() -> dict[str, str]:
        snapshot = page.locator("#pictures").aria_snapshot()
        return dict(re.findall(r"- '?(img|application) \"([^\"]*)\"", snapshot))

    assert page.get_by_role("img").count() == 1  # no window enlarged: the input's own cells have numbers
    assert page.get_by_role("application").count() == 1
    # 3 x 3 weights at (0, 0): the window begins one row and one column before the picture, 2 x 2 lie in it
    assert "small.png, 13 x 16, striped: reflect padding" in names()["img"]
    assert "rows -1 to 1, columns -1 to 1 (3 x 3); 2 x 2 of it in the picture" in names()["img"]
    assert names()["application"].startswith("Result of sobel-x, correlation, 11 x 14, ")
    page.set_viewport_size({"width": 320, "height": 740})  # too small for numbers of three digits
    page.get_by_role("img", name="The window, enlarged: Output pixel (0, 0) is").wait_for()
    page.locator("#result").press("ArrowRight")
    assert "columns 0 to 2 (3 x 3); 2 x 3 of it in the picture" in names()["img"]
    page.get_by_role("combobox", name="mode").select_option("valid")
    page.get_by_role("combobox", name="kernel").select_option(label="laplacian")
    page.get_by_role("combobox", name="operation").select_option("convolution")
    assert "small.png, 11 x 14, no padding" in names()["img"]
    assert names()["application"].startswith("Result of laplacian, convolution, 9 x 12, ")
    page.get_by_role("spinbutton", name="dilation down").fill("30")
    assert names()["application"].endswith("no output pixels")


def test_a_colour_is_named(written, open_page: OpenPage, tmp_path: Path) -> None:
    Image.fromarray(np.zeros((9, 8, 3), np.uint8)).save(tmp_path / "rgb.png")
    page = ready(open_page(written("-k", "box", file=tmp_path / "rgb.png")))
    assert page.get_by_role("img", name="rgb.png, luma").count() == 1
    page.get_by_role("combobox", name="channel").select_option(label="blue")
    assert page.get_by_role("img", name="rgb.png, blue").count() == 1


@pytest.mark.parametrize("spec", ["own kernel.csv", "own kernel.json"])
def test_pages_hold_names_and_no_paths(convcli: Convcli, tmp_path: Path, spec: str) -> None:
    folder = tmp_path / "some where" / "private"
    folder.mkdir(parents=True)
    Image.fromarray(PIXELS).save(folder / "picture.png")
    (folder / spec).write_text("[[1, 2], [3, 4]]" if spec.endswith("json") else "1,2\n3,4\n")
    for file, matrix in (
        (folder / "picture.png", folder / spec),
        ("some where/private/picture.png", f"./some where/private/{spec}"),
    ):
        ran = convcli("explain", file, "-k", matrix, "--html", "page.html")
        assert ran.status == 0, ran.err
        text = Path("page.html").read_text("utf-8")
        assert "private" not in text
        assert (embedded(Path("page.html"))["name"], "picture.png" in text) == ("picture.png", True)
        assert embedded(Path("page.html"))["kernels"][0]["name"] == spec
    assert embedded(Path("page.html"))["kernels"][0]["parts"][0]["weights"]["shape"] == [1, 2, 2]
    ran = convcli("explain", folder / "picture.png", "-k", "1/9 1/9; 1/9 1/9", "--html", "page.html")
    assert embedded(Path("page.html"))["kernels"][0]["name"] == "1/9 1/9; 1/9 1/9"


def embedded(path: Path) -> dict:
    (text,) = re.findall(
        r'<script type="application/json" id="data">(.*?)</script>', path.read_text("utf-8"), re.DOTALL
    )
    return json.loads(text)


def test_plain_kernels_give_each_channel_a_map(written, open_page: OpenPage, tmp_path: Path) -> None:
    pixels = np.random.default_rng(5).integers(0, 256, (9, 8, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "rgb.png")
    path = written("-k", "sobel", file=tmp_path / "rgb.png")
    page = ready(open_page(path))
    luma = np.asarray(Image.fromarray(pixels).convert("L"), float)
    weights = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])

    def strength(plane):
        return np.hypot(correlate(plane.astype(float), weights), correlate(plane.astype(float), weights.T))

    np.testing.assert_allclose(result(page), strength(luma), atol=1e-9)
    page.get_by_role("combobox", name="channel").select_option(label="green")
    np.testing.assert_allclose(result(page), strength(pixels[..., 1]), atol=1e-9)


def test_components_are_shown_with_how_they_join(written, open_page: OpenPage) -> None:
    """At (0, 0) of this 3 x 3 picture with zeros around it, sobel-x is 2*1 + 4 = 6, sobel-y 2*3 + 4 = 10."""
    options = ("-k", "sobel", "-p", "zero", "--at", "0,0")
    page = ready(open_page(written(*options, file=SAMPLES / "notes-3x3.csv")))
    assert page.inner_text("#sum").endswith("= 6")
    assert page.inner_text("#combined") == "\u221a(6\u00b2 + 10\u00b2) = 11.6619"  # the root of 136
    assert page.inner_text("#result-words").startswith("magnitude: 3 x 3")
    assert texts(page, "#part-chips button") == ["sobel-x 6", "sobel-y 10"]
    page.get_by_role("button", name="sobel-y 10").click()
    assert page.inner_text("#sum").endswith("= 10")
    assert texts(page, ".weights td")[:3] == ["-1", "-2", "-1"]
    page.get_by_role("textbox", name="weight row 3, column 2").fill("1")  # sees 3: the sum loses 3
    assert texts(page, "#part-chips button") == ["sobel-x 6", "sobel-y 7"]
    page.get_by_role("button", name="Reset").click()
    by = page.get_by_role("combobox", name="combined by")
    for how, text in {
        "max": "max(6, 10) = 10",
        "sum": "6 + 10 = 16",
        "orientation": "atan2(10, 6) = 59.0362\u00b0",  # the tangent is 5/3
    }.items():
        by.select_option(how)
        assert page.inner_text("#combined") == text
    by.select_option("none")
    assert page.get_by_role("combobox", name="map").input_value() == "1"
    assert page.inner_text("#value") == "10 + 0 = 10"
    # the library's combined kernels: the largest of eight correlations
    page.get_by_role("combobox", name="kernel").select_option(label="kirsch")
    data = np.arange(9.0).reshape(3, 3)
    eight = [correlate(data, weights, pad="zero") for weights in kernel("kirsch").components]
    np.testing.assert_allclose(result(page), np.max(eight, axis=0), atol=1e-9)
    assert page.locator("#part-chips button").count() == 8
    best = int(np.argmax([each[0, 0] for each in eight])) + 1
    winner = page.locator("#part-chips button.winner").first
    assert winner.inner_text().startswith(f"component {best} of 8")


def test_channels_are_added_up_and_kernels_give_a_map_each(written, open_page: OpenPage) -> None:
    """The example of Dive into Deep Learning, 6.4: (0*0 + 1*1 + 3*2 + 4*3) + (1*1 + 2*2 + 4*3 + 5*4) = 56."""
    options = ("-k", SAMPLES / "two-channels-kernels.json", "-p", "valid", "--at", "0,0")
    page = ready(open_page(written(*options, file=SAMPLES / "two-channels.json")))
    np.testing.assert_array_equal(result(page), [[56, 72], [104, 120]])
    assert page.inner_text("#subtotal") == "0 + 1 + 6 + 12 = 19"
    assert page.inner_text("#sum") == "19 + 37 = 56"
    page.get_by_role("combobox", name="channel").select_option(label="channel 1")
    assert page.inner_text("#subtotal") == "1 + 4 + 12 + 20 = 37"
    # the channels' windows one below the other, as their products, which are added up
    assert texts(page, ".window tbody td") == ["0", "1", "3", "4", "1", "2", "4", "5"]
    assert texts(page, ".products td") == ["0", "1", "6", "12", "1", "4", "12", "20"]
    assert texts(page, ".now h3") == ["window, channel 1", "kernel", "products, sum 37"]
    page.get_by_role("button", name="channel 0 19").click()
    assert texts(page, ".now .window tbody td") == ["0", "1", "3", "4"]
    page.get_by_role("combobox", name="map").select_option("1")
    np.testing.assert_array_equal(result(page), [[76, 100], [148, 172]])
    page.get_by_role("combobox", name="channel").select_option(label="channel 1")
    page.get_by_role("textbox", name="weight row 1, column 1").fill("12")  # 10 more, times 1, 2, 4 and 5
    np.testing.assert_array_equal(result(page), [[86, 120], [188, 222]])
    page.get_by_role("textbox", name="weight row 1, column 1").fill("2")
    page.get_by_label("bias").fill("-6")
    assert page.inner_text("#value") == "76 \u2212 6 = 70"
    # of a colour picture
    rng = np.random.default_rng(12)
    pixels, weights = rng.integers(0, 256, (7, 8, 3), dtype=np.uint8), rng.normal(size=(4, 3, 2, 3))
    folder = Path(page.url.removeprefix("file://")).parent
    Image.fromarray(pixels).save(folder / "rgb.png")
    np.save(folder / "weights.npy", weights)
    path = written("-k", folder / "weights.npy", "--padding", "1", "-s", "2", file=folder / "rgb.png")
    page = ready(open_page(path))
    planes = pixels.transpose(2, 0, 1)[None].astype(float)
    expected = conv2d(planes, weights, stride=2, padding=1, pad="reflect")
    for index in range(4):
        page.get_by_role("combobox", name="map").select_option(str(index))
        np.testing.assert_allclose(result(page), expected[0, index], atol=1e-9)
    assert texts(page, "#channel option") == ["red", "green", "blue"]


def random_pooling(count: int):
    rng = np.random.default_rng(13)
    for index in range(count):
        mode = list(PoolMode)[index % len(PoolMode)]
        pad = [None, PadMode.REFLECT, PadMode.CONSTANT, PadMode.WRAP][int(rng.integers(4))]
        yield {
            "operation": mode.value,
            "size": rng.integers(1, 5, 2).tolist(),
            "pad": "neutral" if pad is None else pad.value,
            "padValue": float(rng.integers(-50, 300)),
            "padding": ["same", "full", rng.integers(0, 4, (2, 2)).tolist()][int(rng.integers(3))],
            "stride": rng.integers(1, 4, 2).tolist(),
            "dilation": rng.integers(1, 3, 2).tolist(),
            "ceil": bool(rng.integers(2)),
            "countIncludePad": pad is not None or mode is not PoolMode.AVG or bool(rng.integers(2)),
            "p": [1, 2, 2.5][int(rng.integers(3))],
        }


def pooled_by_the_engine(case):
    padding = case["padding"]
    try:
        return pool2d(
            PIXELS.astype(float),
            case["size"],
            mode=case["operation"],
            stride=tuple(case["stride"]),
            padding=padding if isinstance(padding, str) else tuple(map(tuple, padding)),
            dilation=tuple(case["dilation"]),
            ceil=case["ceil"],
            count_include_pad=case["countIncludePad"],
            p=case["p"],
            pad=None if case["pad"] == "neutral" else case["pad"],
            pad_value=case["padValue"] if case["pad"] == "constant" else 0.0,
        )
    except GeometryError:
        return None


def test_it_pools_as_the_engine_does(written, open_page: OpenPage) -> None:
    page = ready(open_page(written("-k", "sobel-x")))
    cases = list(random_pooling(150))
    results = page.evaluate(
        """(cases) => cases.map((settings) => {
          const found = window.convcli.compute(null, settings);
          return found && { size: [found.height, found.width], values: [...found.values] };
        })""",
        cases,
    )
    expected = [pooled_by_the_engine(case) for case in cases]
    for case, found, known in zip(cases, results, expected, strict=True):
        assert (found is None) == (known is None), case
        if known is not None:
            np.testing.assert_allclose(np.reshape(found["values"], found["size"]), known, 1e-9, 1e-9)
    assert sum(known is not None for known in expected) > 100


def test_pooling_stands_beside_convolution(written, open_page: OpenPage) -> None:
    page = ready(open_page(written("-k", "1 2; 3 4", "--at", "0,0", file=SAMPLES / "notes-3x3.csv")))
    operation = page.get_by_role("combobox", name="operation")
    operation.select_option("max")
    for name in ("stride down", "stride across"):
        page.get_by_label(name).fill("1")
    assert page.inner_text("#sum") == "max(0, 1, 3, 4) = 4"
    assert texts(page, ".window .winner") == ["4"]
    np.testing.assert_array_equal(result(page), [[4, 5], [7, 8]])
    page.get_by_label("amount").select_option("full")
    assert texts(page, ".window tbody td") == ["\u00b7", "\u00b7", "\u00b7", "0"]  # neutral padding
    assert page.inner_text("#sum") == "max(0) = 0"
    page.get_by_label("amount").select_option("valid")
    for mode, text, winners in (
        ("avg", "(0 + 1 + 3 + 4) / 4 = 2", []),
        ("min", "min(0, 1, 3, 4) = 0", ["0"]),
        ("median", "median(0, 1, 3, 4) = 2", ["1", "3"]),
        ("lp", "(|0|\u00b2 + |1|\u00b2 + |3|\u00b2 + |4|\u00b2)^(1/2) = 5.09902", []),  # the root of 26
    ):
        operation.select_option(mode)
        assert page.inner_text("#sum") == text
        assert texts(page, ".window .winner") == winners
    page.get_by_label("P of the norm").fill("inf")
    assert page.inner_text("#sum") == "max(|0|, |1|, |3|, |4|) = 4"
    operation.select_option("avg")
    page.get_by_label("amount").select_option("full")  # the first row of windows sees the first row of pixels
    np.testing.assert_array_equal(result(page)[0], [0, 0.25, 0.75, 0.5])
    page.get_by_label("padding counts, as zeros").uncheck()
    np.testing.assert_array_equal(result(page)[0], [0, 0.5, 1.5, 2])
    page.get_by_label("amount").select_option("valid")
    page.get_by_label("stride down").fill("2")
    assert result(page).shape == (1, 2)
    page.get_by_label("round sizes up").check()
    np.testing.assert_array_equal(result(page), [[2, 3], [6.5, 7.5]])
    operation.select_option("correlation")
    assert page.inner_text("#sum") == "0 + 2 + 9 + 16 = 27"


def test_options_set_where_the_page_begins(convcli: Convcli, open_page: OpenPage, tmp_path: Path) -> None:
    options = ("--pool", "min", "--size", "2x3", "-s", "1", "--padding", "1", "--at", "1,2")
    ran = convcli("explain", SAMPLES / "notes-5x5.csv", *options, "--html", tmp_path / "page.html")
    assert ran.status == 0, ran.err
    page = ready(open_page(tmp_path / "page.html"))
    assert page.inner_text("#sum") == "min(4, 6, 5, 4, 6, 8) = 4"  # rows 0 and 1, columns 1 to 3
    assert page.title() == "notes-5x5.csv: pooling, pixel by pixel"
    data = np.loadtxt(SAMPLES / "notes-5x5.csv", delimiter=",")
    np.testing.assert_array_equal(result(page), pool2d(data, (2, 3), mode="min", stride=1, padding=1))
    page.get_by_role("combobox", name="operation").select_option("correlation")
    assert page.get_by_role("combobox", name="kernel").locator(":checked").inner_text() == "box"
    kernels = ("-k", SAMPLES / "two-channels-kernels.json", "--channel", "1", "--map", "1", "-p", "valid")
    ran = convcli("explain", SAMPLES / "two-channels.json", *kernels, "--html", tmp_path / "page.html")
    assert ran.status == 0, ran.err
    page = ready(open_page(tmp_path / "page.html"))
    assert page.inner_text("#subtotal-title") == "subtotal, channel 1"
    np.testing.assert_array_equal(result(page), [[76, 100], [148, 172]])


def test_a_kernel_may_be_too_large_for_a_page(convcli: Convcli, tmp_path: Path) -> None:
    np.save(tmp_path / "many.npy", np.random.default_rng(14).normal(size=(8192, 1, 2, 2)))
    ran = convcli(
        "explain", SAMPLES / "notes-3x3.csv", "-k", tmp_path / "many.npy", "--html", tmp_path / "p.html"
    )
    assert ran.status == 2
    assert ran.err.count("\n") == 1
    assert "kernel 'many.npy' is too large for a page of 1 MB; hint: explain it without --html" in ran.err
    assert not (tmp_path / "p.html").exists()


# Keeps each text that is written on a canvas, with its place, and the size of its font.
RECORD = """() => {
  window.texts = [];
  const write = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
    const font = parseFloat(this.font.split(" ")[1]);
    texts.push([this.canvas.id, text, x, y, font, this.measureText(text).width]);
    return write.call(this, text, x, y);
  };
  arrange();
  CanvasRenderingContext2D.prototype.fillText = write;
  return [texts, Object.fromEntries(["input", "result"].map((id) => [id, views[id].scale]))];
}"""


@pytest.mark.parametrize(
    ("name", "kernel", "padding"),
    [
        ("notes-3x3.csv", "0 1; 2 3", "zero"),
        ("notes-5x5.csv", "1 2 3; 4 5 6; 7 8 9", "zero"),
        ("notes-edge-6x8.csv", "1 -1", "valid"),
        ("signal.csv", "1 0 -1", "reflect"),
    ],
)
def test_numbers_stand_in_their_cells(
    written, open_page: OpenPage, name: str, kernel: str, padding: str
) -> None:
    page = ready(open_page(written("-k", kernel, "-p", padding, file=SAMPLES / name)))
    data = np.loadtxt(SAMPLES / name, delimiter=",", ndmin=2)
    weights = np.array([row.split() for row in kernel.split(";")], float)
    reach = [(0, 0), (0, 0)]
    if padding != "valid":
        reach = [((taps - 1) // 2, taps // 2) for taps in weights.shape]
    shown = np.pad(data, reach, mode={"zero": "constant", "reflect": "reflect"}.get(padding, "edge"))
    both = {"input": shown, "result": correlate(data, weights, pad=padding)}
    for width, (canvas, values) in itertools.product((1280, 360), both.items()):
        page.set_viewport_size({"width": width, "height": 740})
        drawn, scales = page.evaluate(RECORD)
        mine, scale = [each for each in drawn if each[0] == canvas], scales[canvas]
        assert [float(text) for _, text, *_ in mine] == values.ravel().tolist()
        for (_, _, x, y, font, wide), (row, column) in zip(mine, np.ndindex(values.shape), strict=True):
            assert (x, y) == ((column + 0.5) * scale, (row + 0.5) * scale)
            assert font >= 10
            assert wide < scale
        assert texts(page, f"#{canvas}-numbers td") == [text for _, text, *_ in mine]
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_whole_numbers_are_written_to_the_last_digit(written, open_page: OpenPage, tmp_path: Path) -> None:
    (tmp_path / "large.csv").write_text("1234567,2\n3,0.123456\n")
    page = ready(open_page(written("-k", "2", "--at", "0,0", file=tmp_path / "large.csv")))
    assert texts(page, "#input-numbers td") == ["1234567", "2", "3", "0.1235"]
    assert texts(page, "#result-numbers td") == ["2469134", "4", "6", "0.2469"]
    assert page.inner_text("#value") == "2469134 + 0 = 2469134"


def test_it_is_in_english_and_chinese(written, open_page: OpenPage) -> None:
    options = ("-k", "sobel", "--at", "0,0", "--lang", "zh")
    page = ready(open_page(written(*options, file=SAMPLES / "coffee.png")))
    assert page.locator("html").get_attribute("lang").startswith("zh")
    assert page.inner_text("#which") == "输出像素 (0, 0)"
    assert english_left(page, "coffee.png", "Rec") == []
    assert page.inner_text("#input-words") == "402 x 602，条纹处为 reflect 填充"
    assert page.inner_text("#now").endswith(
        "。它的窗口覆盖第 -1 至 1 行、第 -1 至 1 列。其 9 个像素中有 5 个是填充。"
    )
    page.get_by_role("combobox", name="运算").select_option("max")
    page.get_by_role("combobox", name="方式").select_option("neutral")
    assert english_left(page, "coffee.png", "Rec", "neutral") == []
    switch(page, "en")
    assert page.inner_text("#which") == "Output pixel (0, 0)"
    assert page.inner_text("#title") == "Pooling, pixel by pixel"


@pytest.mark.parametrize("kind", ["16-bit", "float32", "float64"])
def test_deep_pixels_arrive_as_they_are(written, open_page: OpenPage, tmp_path: Path, kind: str) -> None:
    rng = np.random.default_rng(6)
    if kind == "16-bit":
        pixels = rng.integers(0, 65536, (9, 8), dtype=np.uint16)
        Image.fromarray(pixels).save(tmp_path / "deep.png")
        path = written("-k", "identity", file=tmp_path / "deep.png")
    else:
        pixels = (rng.normal(size=(9, 8)) * 1e100 ** (kind == "float64")).astype(kind)
        np.save(tmp_path / "deep.npy", pixels)
        path = written("-k", "identity", file=tmp_path / "deep.npy")
    page = ready(open_page(path))
    np.testing.assert_array_equal(result(page), pixels.astype(float))


@pytest.mark.parametrize("kind", ["gray", "rgb", "float"])
def test_a_page_is_small_and_asks_for_nothing(written, tmp_path: Path, kind: str) -> None:
    rng = np.random.default_rng(7)  # noise: nothing can be deflated
    if kind == "float":
        np.save(tmp_path / "big.npy", rng.normal(size=(512, 512)))
        big = tmp_path / "big.npy"
    else:
        big = tmp_path / "big.png"
        Image.fromarray(rng.integers(0, 256, (512, 512, 3)[: 2 + (kind == "rgb")], dtype=np.uint8)).save(big)
    path = written("-k", "sobel", file=big)
    assert path.stat().st_size < 1_000_000
    text = path.read_text("utf-8")
    assert not re.search(r"""(?:src|href)\s*=|https?://|@import|url\(""", text)
    assert (embedded(path)["pixels"]["shape"][1:] == [512, 512]) == (kind == "gray")


def test_real_photographs_fit_whole(written) -> None:
    for name in ("camera.png", "coffee.png"):
        path = written("-k", "sobel-x", file=SAMPLES / name)
        data = embedded(path)
        assert data["pixels"]["shape"][1:] == data["size"]
        assert path.stat().st_size < 1_000_000


def test_a_large_picture_is_cropped_around_the_pixel(written, open_page: OpenPage, tmp_path: Path) -> None:
    pixels = np.random.default_rng(8).integers(0, 256, (700, 1500), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "large.png")
    options = ("-k", "emboss", "-s", "3", "--padding", "4", "--at", "200,-1")
    path = written(*options, file=tmp_path / "large.png")
    page = ready(open_page(path))
    whole = correlate(pixels, [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]], stride=3, padding=4)
    assert page.evaluate("convcli.trace().value") == pytest.approx(float(whole[200, -1]), abs=1e-3)
    page.locator("#result").press("ArrowUp")
    assert page.evaluate("convcli.trace().value") == pytest.approx(float(whole[199, -1]), abs=1e-3)
    assert re.search(
        r"700 x 1500 pixels.* The page holds rows \d+ to \d+ and columns \d+ to 1499",
        page.inner_text("#lead"),
    )


def test_numbers_on_colours_can_be_read(written, open_page: OpenPage) -> None:
    """Black or white on every colour of the scale and on every grey: WCAG 2.2's 4.5:1, computed here."""
    page = ready(open_page(written("-k", "sobel-x", "--at", "2,2")))
    drawn = page.evaluate(
        "[...Array(2001).keys()].map((n) => diverging(n / 1000 - 1)).concat("
        "[...Array(256).keys()].map((n) => [n, n, n])).map((pixel) => [pixel, isLight(pixel)])"
    )
    assert len(drawn) == 2257
    for pixel, light in drawn:
        shares = [sample / 255 for sample in pixel]
        linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
        luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        contrast = (luminance + 0.05) / 0.05 if light else 1.05 / (luminance + 0.05)
        assert contrast >= 4.5, pixel
