"""The page of a comparison, in a real browser: what it shows is what Python has."""

import base64
import itertools
import json
import re
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from convcli.commands.compare.packed_errors import packed
from convcli.commands.compare.page import compare_page
from convcli.stacks.paddings.border_band import Band
from tests.commands.compare.studies import case, distances, study
from tests.pages import english_left, switch


def counts_of(array):
    """Undo `packed` up to the steps, in the obvious way."""
    height, width, channels = array["shape"] if len(array["shape"]) == 3 else (*array["shape"], 1)
    raw = zlib.decompress(base64.b64decode(array["data"]))
    half = len(raw) // 2
    counts = np.zeros((height + 1, width + 1, channels), int)
    place = 0
    for row in range(height):
        for column in range(width):
            folded = [raw[place + c] * 256 + raw[half + place + c] for c in range(channels)]
            steps = np.array([n // 2 if n % 2 == 0 else -(n + 1) // 2 for n in folded])
            place += channels
            near = counts[row + 1, column] + counts[row, column + 1] - counts[row, column]
            counts[row + 1, column + 1] = (near + steps) % 65536
    return counts[1:, 1:].reshape(array["shape"])


floats = st.one_of(st.floats(-1e6, 1e6, width=32), st.just(float("nan")))


@given(arrays(np.float64, array_shapes(min_dims=2, max_dims=3, max_side=6), elements=floats), st.booleans())
@pytest.mark.parametrize("bits", [16, 12])
def test_packed_numbers_are_within_half_a_step(bits, values, around_0):
    array = packed(values, around_0=around_0, bits=bits)
    counts = counts_of(array)
    nothing = np.isnan(values)
    assert ((counts == 65535) == nothing).all()
    back = array["low"] + array["step"] * counts
    known = values[~nothing]
    extent = (2 * np.abs(known).max() if around_0 else np.ptp(known)) if known.size else 0.0
    assert array["step"] == pytest.approx(extent / {16: 65534, 12: 4094}[bits] or 1.0)
    assert (np.abs(back[~nothing] - known) <= 0.5001 * array["step"]).all()
    if around_0:
        assert (back[values == 0] == 0).all()


def data_of(text):
    (found,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    return json.loads(found)


def test_what_the_page_is_told():
    made = study()
    (told,) = data_of(compare_page([made]))["studies"]
    assert [each["mode"] for each in told["cases"]] == ["zero", "reflect", "valid"]
    english, chinese = told["told"]["en"], told["told"]["zh"]
    assert english["figures"][0][:6] == ["padding", "mean", "largest", "PSNR, dB", "SSIM", "depth, px"]
    assert chinese["figures"][0][:6] == ["填充", "平均", "最大", "PSNR（dB）", "SSIM", "深度（px）"]
    assert [row[0] for row in english["figures"][1:]] == ["zero", "reflect (best)", "valid"]
    assert [row[0] for row in chinese["figures"][1:]] == ["zero", "reflect（最好）", "valid"]
    for tables in (english, chinese):
        assert [row[2] for row in tables["figures"][1:]] == ["16.00", "1.00", "-"]
    assert english["distances"][:3] == [
        ["distance, px", "zero", "reflect", "valid"],
        ["0", "16.00", "1.000", "-"],
        ["1", "4.00", "0.500", "-"],
    ]
    assert told["cases"][0]["byDistance"][:3] == [16.0, 4.0, 0.0]
    assert told["whole"] is True
    assert (told["band"], told["size"], told["channels"]) == (2, [20, 26], 1)
    exact = study(modes=[case("wrap", np.zeros((20, 26)))])
    assert data_of(compare_page([exact]))["studies"][0]["told"]["en"]["figures"][1][3] == "inf"


def test_large_pictures_keep_to_the_budget_and_their_border():
    rng = np.random.default_rng(3)
    size = (300, 400)
    noise = rng.normal(0, 40, size)
    big = study(size, truth=noise, modes=[case(m, rng.normal(0, 9, size)) for m in ("zero", "wrap")])
    whole = compare_page([big])
    assert len(whole) > 600_000
    small = compare_page([big], budget=300_000)
    assert 100_000 < len(small) <= 300_000
    (told,) = data_of(small)["studies"]
    assert told["whole"] is False
    rows, columns = told["rows"], told["columns"]
    assert (rows[0], rows[-1], columns[0], columns[-1]) == (0, 299, 0, 399)
    assert len(set(rows)) == len(rows) < 300
    array = told["truth"]
    values = array["low"] + array["step"] * counts_of(array)
    assert np.abs(values - noise[np.ix_(rows, columns)]).max() <= array["step"]
    corners = told["truthCorners"]
    values = corners["low"] + corners["step"] * counts_of(corners)
    assert (
        np.abs(values[:, -told["side"] :] - noise[-told["side"] :, -told["side"] :]).max() <= corners["step"]
    )
    assert len(data_of(compare_page([big], budget=1))["studies"][0]["rows"]) >= 64


def opened(open_page, tmp_path, studies, **context):
    path = tmp_path / "page.html"
    path.write_text(compare_page(studies))
    page = open_page(path, **context).page
    page.wait_for_selector("body[data-ready]")
    return page


def ready(page, stage, mode):
    page.wait_for_selector(f'body[data-ready="{stage} {mode}"]')


def settled(page):
    """Wait until everything that was asked for has been drawn."""
    page.evaluate("redraw()")


def cell(page, name):
    return page.inner_text(f"#{name}")


def numbers(text):
    return [float(word) for word in text.replace("\u2212", "-").split()]


def pixel(page, selector, row, column):
    """Read one pixel of a canvas by a copy of it: the browser warns of reading one itself again and again."""
    script = """([selector, row, column]) => {
        const copy = new OffscreenCanvas(1, 1).getContext("2d");
        copy.drawImage(document.querySelector(selector), -column, -row);
        return [...copy.getImageData(0, 0, 1, 1).data];
    }"""
    return page.evaluate(script, [selector, row, column])[:3]


def point_at(page, row, column, size):
    box = page.locator("#view").bounding_box()
    height, width = size
    x = box["x"] + 1 + (box["width"] - 2) * (column + 0.5) / width
    y = box["y"] + 1 + (box["height"] - 2) * (row + 0.5) / height
    return x, y


@pytest.mark.parametrize("channels", [None, 3])
def test_values_under_the_pointer_are_pythons(open_page, tmp_path, channels):
    made = study(channels=channels)
    page = opened(open_page, tmp_path, [made])
    zero = made.compared.modes[0]
    page.keyboard.press("1")
    ready(page, 0, "zero")
    for row, column in ((0, 0), (19, 25), (1, 7), (10, 12)):
        page.mouse.move(*point_at(page, row, column, (20, 26)))
        assert cell(page, "place") == f"{row}, {column}"
        assert cell(page, "distance") == str(distances(20, 26)[row, column])
        was, by = (np.atleast_1d(values[row, column]) for values in (made.compared.truth, zero.error))
        assert numbers(cell(page, "was")) == pytest.approx(was.tolist(), abs=0.01)
        assert numbers(cell(page, "is")) == pytest.approx((was + by).tolist(), abs=0.01)
        assert numbers(cell(page, "differs")) == pytest.approx(by.tolist(), abs=0.001)


def test_modes_by_keys_and_buttons(open_page, tmp_path):
    page = opened(open_page, tmp_path, [study()])
    pressed = "#modes button[aria-pressed=true]"
    assert page.inner_text(pressed) == "1 zero", "its artifacts are seen best"
    assert page.inner_text("#modes button[value=reflect]") == "2 reflect, best"
    for key, mode in (("3", "valid"), ("n", "zero"), ("p", "valid"), ("1", "zero"), ("n", "reflect")):
        page.keyboard.press(key)
        ready(page, 0, mode)
        assert mode in page.inner_text(pressed)
        assert mode in page.inner_text("#figures tr.on")
    page.click("#modes button[value=valid]")
    ready(page, 0, "valid")
    assert cell(page, "is") == "no pixel"
    page.click("#figures tbody tr:nth-child(1)")
    ready(page, 0, "zero")
    page.keyboard.press("9")
    assert "zero" in page.inner_text(pressed), "there are three"


def test_arrow_keys_move_the_pointer(open_page, tmp_path):
    page = opened(open_page, tmp_path, [study()])
    page.focus("#view")
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "Shift+ArrowDown", "ArrowUp"):
        page.keyboard.press(key)
    assert cell(page, "place") == "10, 2"
    for _ in range(4):
        page.keyboard.press("Shift+ArrowLeft")
        page.keyboard.press("Shift+ArrowDown")
    assert cell(page, "place") == "19, 0"


def grey(value):
    return [round(value)] * 3


def test_the_slider_divides_truth_and_result(open_page, tmp_path):
    made = study()
    page = opened(open_page, tmp_path, [made])
    page.keyboard.press("1")
    ready(page, 0, "zero")
    truth, result = made.compared.truth, made.compared.truth + made.compared.modes[0].error

    def split(percent):
        page.evaluate(
            "(v) => { const s = document.getElementById('split'); s.value = v;"
            " s.dispatchEvent(new Event('input')); }",
            percent,
        )
        settled(page)

    split(0)
    assert pixel(page, "#view", 19, 3) == pytest.approx(grey(result[19, 3]), abs=1)
    split(100)
    assert pixel(page, "#view", 19, 3) == pytest.approx(grey(truth[19, 3]), abs=1)
    split(50)
    assert pixel(page, "#view", 19, 12) == pytest.approx(grey(truth[19, 12]), abs=1)
    assert pixel(page, "#view", 19, 14) == pytest.approx(grey(result[19, 14]), abs=1)
    page.focus("#split")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("state.split") == pytest.approx(0.51)


def test_differences_are_coloured_as_on_the_montage(open_page, tmp_path):
    page = opened(open_page, tmp_path, [study()])
    page.keyboard.press("1")
    ready(page, 0, "zero")
    page.keyboard.press("d")
    page.wait_for_selector("#scale.on")
    settled(page)
    assert pixel(page, "#view", 19, 20) == [59, 76, 192]
    assert pixel(page, "#view", 18, 20) == pytest.approx([91, 105, 198], abs=1)  # -4 of 5
    assert pixel(page, "#view", 10, 20) == [221, 221, 221]
    assert page.inner_text("#least") == "-5 or less"
    page.select_option("#limit", label="20")
    settled(page)
    assert pixel(page, "#view", 19, 20) == pytest.approx([91, 105, 198], abs=1)  # -16 of 20
    assert "difference of zero" in page.inner_text("#corners figure:nth-child(1)")


def test_corners_are_enlarged(open_page, tmp_path):
    made = study()
    page = opened(open_page, tmp_path, [made])
    page.keyboard.press("1")
    ready(page, 0, "zero")
    result = made.compared.truth + made.compared.modes[0].error
    where = ((0, 0), (0, 14), (8, 0), (8, 14))
    for index, (top, left) in enumerate(where, 1):
        corner = f"#corners figure:nth-child({index}) canvas"
        for row, column in ((0, 0), (11, 11), (0, 11), (11, 0)):
            there = (top + row, left + column)
            assert pixel(page, corner, row, column) == pytest.approx(grey(made.compared.truth[there]), abs=1)
            assert pixel(page, corner, row, 13 + column) == pytest.approx(grey(result[there]), abs=1)
    assert page.get_attribute(corner, "aria-label").startswith("bottom-right: truth | zero; mean error 1")


def points(page, mode):
    found = page.get_attribute(f"#plot polyline[data-mode={mode}]", "points")
    return np.array([[float(n) for n in pair.split(",")] for pair in found.split()])


def levels(page):
    """The numbers of the vertical axis and where they stand."""
    return page.eval_on_selector_all(
        "#plot .level", "(texts) => texts.map((t) => [Number(t.textContent), t.y.baseVal[0].value - 4])"
    )


def test_the_plot_has_its_values_and_axes(open_page, tmp_path):
    page = opened(open_page, tmp_path, [study()])
    (low, at_low), *_, (high, at_high) = levels(page)
    assert (low, high) == (0, 15)
    heights = points(page, "zero")[:, 1]
    read = (heights - at_low) / (at_high - at_low) * high
    assert read[:4] == pytest.approx([16, 4, 0, 0], abs=0.02)
    across = points(page, "zero")[:, 0]
    assert np.diff(across) == pytest.approx(across[1] - across[0], abs=0.11)
    texts = page.text_content("#plot svg")
    assert "distance from the border" in texts
    assert "mean absolute error, in grey levels" in texts
    page.keyboard.press("l")
    (low, at_low), *_, (high, at_high) = levels(page)
    assert (low, high) == (0.1, 100)
    heights = points(page, "zero")[:, 1]
    assert len(heights) == 2, "0 has no place on a logarithmic axis"
    read = low * (high / low) ** ((heights - at_low) / (at_high - at_low))
    assert read == pytest.approx([16, 4], rel=0.01)
    page.click("summary")
    assert page.inner_text("#distances tbody tr:nth-child(1)").split() == ["0", "16.00", "1.000", "-"]


def test_layers_are_chosen(open_page, tmp_path):
    second = study((30, 40), stage="layer 2 of 2", verdict="zero is best behind two", band=Band(3, 3, 3, 3))
    page = opened(open_page, tmp_path, [study(stage="layer 1 of 2"), second])
    assert page.inner_text("#verdict") == "zero is best behind two"
    assert page.evaluate("document.getElementById('view').width") == 40
    page.select_option("#stage", label="layer 1 of 2")
    ready(page, 0, "zero")
    assert page.evaluate("document.getElementById('view').width") == 26
    assert page.inner_text("#verdict").startswith("reflect is best")
    page.mouse.move(*point_at(page, 19, 25, (20, 26)))
    assert cell(page, "place") == "19, 25"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_narrow_screens_and_fingers(open_page, tmp_path, scheme):
    made = study(title=f"{'long' * 50}.png, gaussian:sigma=1,size=25")
    context = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "color_scheme": scheme}
    page = opened(open_page, tmp_path, [made], **context)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.touchscreen.tap(*point_at(page, 5, 20, (20, 26)))
    assert cell(page, "place") == "5, 20"
    paper, ink = page.evaluate(
        "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
    )
    light = [sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in (paper, ink)]
    assert (light[0] > light[1]) == (scheme == "light")
    assert abs(light[0] - light[1]) > 400


def test_everything_has_a_name(open_page, tmp_path):
    page = opened(open_page, tmp_path, [study()])
    unnamed = page.evaluate(
        "[...document.querySelectorAll('button, input, select')].filter((e) =>"
        " !(e.textContent.trim() || e.getAttribute('aria-label') || e.labels?.[0]?.textContent.trim()))"
        ".map((e) => e.id)"
    )
    assert unnamed == []
    assert "truth" in page.get_attribute("#view", "aria-label")
    assert page.get_attribute("#readout", "aria-live") == "polite"
    assert "zero 16, reflect 1" in page.get_attribute("#plot svg", "aria-label")
    assert not page.is_visible("#stage"), "one layer offers no choice"
    canvases = page.evaluate(
        "[...document.querySelectorAll('canvas')]"
        ".map((e) => [e.getAttribute('role'), e.getAttribute('aria-label')])"
    )
    assert len(canvases) == 2 + 4
    assert all(role == "img" and label for role, label in canvases)
    assert len({label for _, label in canvases}) == 6, "each its own"
    assert page.title() == "photo.png, gaussian:sigma=1: paddings compared"


def test_everything_is_in_both_languages(convcli, open_page, photo):
    """The page of a real comparison, as what Python says of it is made with it."""
    drawn = ("compare", photo, "-k", "-", "--layers", 2, "--crop", 4, "--html", "page.html", "-q")
    assert convcli(*drawn, "--lang", "zh", stdin=b"1 2 1; 2 4 2; 1 2 1").status == 0
    names = (photo.name, "stdin1", "stdin2")
    page = open_page(Path("page.html")).page
    page.wait_for_selector("body[data-ready]")
    assert page.evaluate("document.documentElement.lang") == "zh-Hans"
    assert english_left(page, *names) == []
    assert page.inner_text("#before") == "真值"
    page.check("#difference")
    assert page.inner_text("#after") == f"{page.inner_text('#moded')} 的差"
    assert english_left(page, *names) == []
    switch(page, "en")
    assert page.inner_text("#before") == "truth"
    assert page.inner_text("#after") == f"difference of {page.inner_text('#moded')}"
    for language, width in itertools.product(("en", "zh"), (360, 1280)):
        switch(page, language)
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") == width
