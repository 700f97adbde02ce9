"""The animation: what its frames say is what filter and pool compute, and files hold every frame."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageSequence

from convcli.choices import PadMode, PoolMode
from convcli.commands.explain.animation.frames import Animation, moments, planned
from convcli.commands.explain.animation.picture import drawn
from convcli.commands.explain.animation.steps import sliding_kernel, sliding_pool
from convcli.commands.explain.animation.view import frames as terminal_frames
from convcli.commands.explain.spec import ExplainSpec
from convcli.display.language import say_english
from convcli.imaging.image import Frame, Space
from convcli.imaging.image import Image as Picture
from convcli.imaging.reading.gif_file import gif_file
from convcli.options.specs import FilterSpec, PoolSpec
from convcli.pipeline.loaded_kernels import load_kernels
from tests import oracle
from tests.display.terminal.helpers import console
from tests.paths import SAMPLES
from tests.program import Convcli
from tests.screen import Screen

FIVE = np.array([[3, 4, 6, 5, 7], [2, 4, 6, 8, 2], [1, 6, 7, 8, 4], [9, 7, 4, 6, 2], [3, 7, 5, 4, 1]], float)
SOBEL_X = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
NINE = "1 2 3; 4 5 6; 7 8 9"
RNG = np.random.default_rng(19)


def kernel_animation(
    pixels: Any, kernel: str, at: Any = None, space: Space = Space.DATA, **options: Any
) -> tuple[Animation, list[str]]:
    chosen = {name: options.pop(name) for name in ("channel", "map") if name in options}
    spec, notes = FilterSpec(**options), list[str]()
    image = Picture((Frame(np.asarray(pixels)),), space)
    explained = ExplainSpec(**chosen)
    sliding = sliding_kernel(image, kernel, load_kernels([kernel], spec), spec, explained, notes, say_english)
    return planned(sliding, at, notes), notes


def pool_animation(pixels: Any, at: Any = None, **options: Any) -> Animation:
    image = Picture((Frame(np.asarray(pixels)),), Space.DATA)
    return planned(sliding_pool(image, PoolSpec(**options), ExplainSpec(), [], say_english), at, [])


def said(found: Animation) -> list[str]:
    return [" ".join(moment.plane.lines(moment.products, say_english)) for moment in moments(found)]


def test_the_sum_builds_up_term_by_term() -> None:
    found, notes = kernel_animation(np.arange(9.0).reshape(3, 3), "0 1; 2 3", padding="valid")
    # by hand, as in every text on convolution: the windows of 0 1 2; 3 4 5; 6 7 8
    assert said(found) == [
        *("0", "0 + 1 = 1", "0 + 1 + 6 = 7", "0 + 1 + 6 + 12 = 19"),
        *("0", "0 + 2 = 2", "0 + 2 + 8 = 10", "0 + 2 + 8 + 15 = 25"),
        *("0", "0 + 4 = 4", "0 + 4 + 12 = 16", "0 + 4 + 12 + 21 = 37"),
        *("0", "0 + 5 = 5", "0 + 5 + 14 = 19", "0 + 5 + 14 + 24 = 43"),
    ]
    assert [moment.done for moment in moments(found)] == [0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4]
    assert not notes


def test_of_many_windows_only_the_first_sum_is_built_up() -> None:
    found, _ = kernel_animation(FIVE, NINE, pad=PadMode.ZERO)
    frames = list(moments(found))
    assert len(frames) == 9 + 24
    assert [moment.time for moment in frames] == [400] * 8 + [600] * 24 + [3000]
    assert [moment.done for moment in frames] == [0] * 8 + list(range(1, 26))


@pytest.mark.parametrize("pad", list(PadMode))
def test_numbers_are_those_of_a_slow_loop(pad: PadMode) -> None:
    pixels, weights = RNG.integers(0, 99, (7, 6)).astype(float), np.array([[1.0, -2], [0, 3], [5, 1]])
    value = 7.0 if pad is PadMode.CONSTANT else 0.0
    edges = ((0, 0), (0, 0)) if pad is PadMode.VALID else ((2, 3), (4, 1))
    options = {"padding": edges, "stride": (2, 1), "dilation": (1, 2), "bias": 0.5, "pad": pad}
    found, _ = kernel_animation(pixels, "1 -2; 0 3; 5 1", pad_value=value or None, **options)
    expected = oracle.correlate(pixels, weights, **{**options, "pad": pad.value}, pad_value=value)
    assert np.allclose(found.result.values, expected, rtol=1e-12)
    assert np.array_equal(found.inputs[0].values, oracle.pad(pixels, edges, pad.value, value))
    inside = np.zeros(found.inputs[0].values.shape, bool)
    inside[edges[0][0] :, edges[1][0] :][:7, :6] = True
    assert np.array_equal(found.inputs[0].padding, ~inside)
    assert said(found)[-1].endswith(f"(bias) = {expected[-1, -1]:g}")


@pytest.mark.parametrize("mode", list(PoolMode))
def test_pooling_says_how_it_finds_its_value(mode: PoolMode) -> None:
    found = pool_animation(FIVE, mode=mode, size=(3, 2), stride=(2, 2), padding=((1, 1), (0, 0)), ceil=True)
    expected = oracle.pool2d(FIVE, (3, 2), mode=mode.value, stride=(2, 2), edges=((1, 1), (0, 0)), ceil=True)
    assert np.allclose(found.result.values, expected, rtol=1e-12)
    last = {  # of 4 and 2 above 1 and 4: rows 2 and 3 of the last column alone, as the window hangs over
        PoolMode.MAX: "max(2, 1) = 2",
        PoolMode.MIN: "min(2, 1) = 1",
    }
    words = said(found)
    assert len(words) == found.result.values.size
    if mode in last:
        assert words[-1] == last[mode]


def test_the_notes_pooling() -> None:
    found = pool_animation(np.arange(9.0).reshape(3, 3), mode=PoolMode.MAX, stride=(1, 1))
    assert said(found) == [
        *("max(0, 1, 3, 4) = 4", "max(1, 2, 4, 5) = 5", "max(3, 4, 6, 7) = 7", "max(4, 5, 7, 8) = 8")
    ]
    assert next(moments(found)).plane.blocks(1, say_english)[0].marked.tolist() == [
        [False, False],
        [False, True],
    ]


def test_components_come_one_after_the_other_and_are_joined() -> None:
    found, _ = kernel_animation(np.array([[0.0, 0, 0], [0, 0, 3], [0, 4, 0]]), "sobel", padding="valid")
    # sobel-x: 2*3 = 6; sobel-y: 2*4 = 8; sqrt(36 + 64) = 10
    assert [plane.name for plane in found.sliding.planes((0, 0))] == ["sobel-x", "sobel-y"]
    assert said(found)[-1] == "0 + 0 + 0 + 0 + 0 + 0 + 0 + 8 + 0 = 8 sqrt(6^2 + 8^2) = 10"
    assert found.result.values.tolist() == [[10]]


def test_channels_are_added_by_a_kernel_that_has_weights_for_each(tmp_path: Path) -> None:
    np.save(tmp_path / "k.npy", np.array([[[1.0]], [[10]], [[100]]]))
    pixels = np.array([[[1, 2, 3]]], np.uint8)
    found, _ = kernel_animation(pixels, str(tmp_path / "k.npy"), space=Space.RGB, bias=-1.0)
    assert [plane.name for plane in found.sliding.planes((0, 0))] == ["red", "green", "blue"]
    assert said(found) == ["1", "20", "300 1 + 20 + 300 = 321; 321 - 1 (bias) = 320"]


def test_colours_are_one_channel_and_a_note_says_which() -> None:
    pixels = RNG.integers(0, 256, (3, 3, 3), dtype=np.uint8)
    found, notes = kernel_animation(pixels, "1", space=Space.RGB, channel=2)
    assert found.result.values.tolist() == pixels[..., 2].tolist()
    assert not notes
    luma, notes = kernel_animation(pixels, "1", space=Space.RGB)
    assert np.abs(luma.result.values - pixels @ [0.299, 0.587, 0.114]).max() <= 0.51  # ITU-R BT.601, rounded
    assert notes == ["the luma of the colours is animated; --channel N chooses a channel"]


def test_it_begins_at_the_pixel_that_is_named() -> None:
    found, notes = kernel_animation(FIVE, NINE, (-1, 3))
    assert found.places == [(4, 3), (4, 4)]
    assert next(moments(found)).done == 23
    assert not notes


def test_of_a_large_picture_the_neighbourhood_of_a_pixel_is_shown_in_numbers() -> None:
    pixels = RNG.integers(0, 256, (40, 30), dtype=np.uint8)
    found, notes = kernel_animation(pixels, "box", (38, 5), pad=PadMode.REFLECT)
    assert (found.cells, found.first, found.corner) == (True, (32, 5), (31, 4))
    assert found.places == [(row, column) for row in (38, 39) for column in range(5, 13)]
    expected = oracle.correlate(pixels, np.full((3, 3), 1 / 9))
    assert np.allclose(found.result.values, expected[32:40, 5:13])
    assert np.array_equal(
        found.inputs[0].values, oracle.pad(pixels, ((1, 1), (1, 1)), "reflect")[32:42, 5:15]
    )
    assert notes == ["16 of 1200 windows are shown"]


def test_a_large_picture_is_a_picture_and_few_windows_are_shown() -> None:
    pixels = RNG.integers(0, 256, (40, 30), dtype=np.uint8)
    found, notes = kernel_animation(pixels, "sobel-x")
    assert not found.cells
    assert np.array_equal(found.inputs[0].values, pixels)
    assert found.result.values.shape == (40, 30)
    (plane,) = found.sliding.planes(found.places[9])
    value = oracle.correlate(pixels, SOBEL_X)[found.places[9]]
    assert plane.lines(9, say_english)[0].endswith(f" = {value:g}")
    assert len(found.places) == 64
    assert (found.places[0], found.places[-1]) == ((0, 0), (39, 29))
    assert list(moments(found))[-1].done == 1200
    assert notes == ["64 of 1200 windows are shown; --at R,C shows those from there on in numbers"]


def test_of_a_long_signal_as_many_windows_are_shown() -> None:
    found, _ = kernel_animation(np.arange(300.0).reshape(1, 300), "1 -1")
    assert len(found.places) == 64
    assert (found.places[0], found.places[-1]) == ((0, 0), (0, 299))


ORANGE, EMPTY = [230, 110, 0], [240, 240, 240]


def boxes(pixels: np.ndarray, axis: int = 1) -> list[tuple[int, int]]:
    """Return where what is orange begins and ends along an axis, in input and result."""
    found = np.flatnonzero((pixels[:500] == ORANGE).all(axis=2).any(axis=1 - axis))
    parts = np.split(found, np.flatnonzero(np.diff(found) > 1) + 1)
    return [(int(part[0]), int(part[-1])) for part in parts]


def test_the_outline_of_the_window_moves_cell_by_cell_as_the_result_fills() -> None:
    found, _ = kernel_animation(np.arange(9.0).reshape(3, 3), "0 1; 2 3", padding="valid")
    frames = [np.asarray(frame.convert("RGB")) for frame, _ in drawn(found, "x")]
    assert {frame.shape for frame in frames} == {(720, 1280, 3)}
    (first, at_first), (second, at_second) = boxes(frames[3]), boxes(frames[7])
    cell = (first[1] - first[0]) // 2
    assert cell > 80, "numbers are as large as fits"
    assert second[0] - first[0] == pytest.approx(cell, abs=1)
    assert at_second[0] - at_first[0] == pytest.approx(cell, abs=1)
    left = (at_first[0] + at_first[1]) // 2
    row = slice(150, 150 + cell)  # within the first row of the result
    done = [bool((frame[row, left - 20 : left + 20] == EMPTY).all(axis=2).mean() < 0.5) for frame in frames]
    assert done == [False] * 3 + [True] * 13


def test_a_result_is_seen_beside_an_input_of_very_many_cells() -> None:
    found, _ = kernel_animation(np.eye(3), "box", dilation=(300, 300), padding="same", pad=PadMode.ZERO)
    pixels = np.asarray(next(drawn(found, "x"))[0].convert("RGB"))
    (left, right), (first, last) = boxes(pixels)
    assert right - left < 400
    assert last - first > 80


def test_padding_is_hatched() -> None:
    found, _ = kernel_animation(np.full((2, 2), 255.0), "1", padding=((0, 0), (1, 0)), pad=PadMode.ZERO)
    pixels = np.asarray(next(drawn(found, "x"))[0].convert("RGB"))
    padded, inside = pixels[144:220, 34:110], pixels[144:220, 130:206]
    lines = [int((part == [152, 152, 152]).all(axis=2).sum()) for part in (padded, inside)]
    assert lines[0] > 100
    assert lines[1] < 10  # grey is also at the edges of letters


def test_the_terminal_shows_numbers_with_the_window_in_brackets() -> None:
    found, _ = kernel_animation(FIVE, NINE, pad=PadMode.ZERO)
    terminal = console(width=80, colour=False, height=24)
    frame, _ = terminal_frames(found, "x.csv")[11]
    lines = ["".join(part.text for part in line).rstrip() for line in terminal.render_lines(frame, pad=False)]
    assert lines == [
        "x.csv: kernel 1 2 3; 4 5 6; 7 8 9",
        "padding zero, stride 1, dilation 1",
        "",
        "padded input, 7 x 7     result, 5 x 5",
        "(0)(0)(0)[0][0][0](0)     91  168  224 [215]   ·",
        "(0) 3  4 [6][5][7](0)      ·    ·    ·    ·    ·",
        "(0) 2  4 [6][8][2](0)      ·    ·    ·    ·    ·",
        "(0) 1  6  7  8  4 (0)      ·    ·    ·    ·    ·",
        "(0) 9  7  4  6  2 (0)      ·    ·    ·    ·    ·",
        "(0) 3  7  5  4  1 (0)",
        "(0)(0)(0)(0)(0)(0)(0)",
        "",
        "window      x kernel    = products",
        "(0)(0)(0)    1  2  3      0   0   0",
        " 6  5  7     4  5  6     24  25  42",
        " 6  8  2     7  8  9     42  64  18",
        "(0, 3): 0 + 0 + 0 + 24 + 25 + 42 + 42 + 64 + 18 = 215",
        "q stops, Space pauses",
    ]


def test_a_signal_is_above_its_result_where_both_are_not_beside_each_other() -> None:
    found, _ = kernel_animation(np.arange(1.0, 15).reshape(1, 14), "1 -1", padding="valid")
    frame, _ = terminal_frames(found, "x")[3]
    lines = console(width=60, colour=False, height=24).render_lines(frame, pad=False)
    assert ["".join(part.text for part in line).rstrip() for line in lines][3:7] == [
        "input, 1 x 14",
        "  1  [2] [3]  4   5   6   7   8   9  10  11  12  13  14",
        "result, 1 x 13",
        " -1 [-1]  ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·",
    ]
    first, second = boxes(np.asarray(next(drawn(found, "x"))[0].convert("RGB")), axis=0)
    assert first[1] < second[0]


@pytest.mark.parametrize(("kernel", "at"), [("sobel", None), ("box:5", (3, 4)), ("1 -1", (0, 0))])
@pytest.mark.parametrize("size", [(80, 24), (120, 50), (40, 12)])
def test_every_frame_fits_the_terminal(size: tuple[int, int], kernel: str, at: Any) -> None:
    found, _ = kernel_animation(RNG.integers(0, 256, (90, 70), dtype=np.uint8), kernel, at)
    terminal = console(width=size[0], height=size[1])
    for frame, _ in terminal_frames(found, "a picture.png")[::40]:
        lines = terminal.render_lines(frame, pad=False)
        assert len(lines) <= size[1]
        assert max(sum(part.cell_length for part in line) for line in lines) <= size[0]


def test_without_colour_the_window_is_black_on_white_and_white_on_black() -> None:
    pixels = np.repeat(np.array([[0], [255]], np.uint8), 20, axis=0).repeat(20, axis=1)
    found, _ = kernel_animation(pixels, "1")
    terminal = console(width=80, colour=False, height=60)
    frames = terminal_frames(found, "x")
    # a line of text is two rows of pixels: half of it is marked
    for (frame, _), row, shown in ((frames[0], 0, "+" + 19 * " "), (frames[-1], 19, 19 * "@" + "+")):
        lines = terminal.render_lines(frame, pad=False)
        assert "".join(part.text for part in lines[4 + row])[:20] == shown


NOTES = str(SAMPLES / "notes-3x3.csv")


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """Two pixels: two frames with a kernel of one weight."""
    Image.fromarray(np.array([[3, 4]], np.uint8)).save(tmp_path / "tiny.png")
    return tmp_path / "tiny.png"


@pytest.mark.parametrize(("name", "format"), [("a.gif", "GIF"), ("a.webp", "WEBP"), ("A.APNG", "PNG")])
def test_files_have_every_frame_and_repeat(
    name: str, format: str, tiny: Path, convcli: Convcli, tmp_path: Path
) -> None:
    ran = convcli("explain", tiny, "-k", "1 2", "-p", "zero", "--animate", name)
    assert (ran.status, ran.out.decode(), ran.err) == (0, f"{name}\n", "")
    found, _ = kernel_animation(np.array([[3, 4]], np.uint8), "1 2", pad=PadMode.ZERO)
    shown = drawn(found, "tiny.png")
    times = []
    with Image.open(tmp_path / name) as made:
        assert (made.format, made.size, made.info["loop"]) == (format, (1280, 720), 0)
        for frame in ImageSequence.Iterator(made):
            frame.load()
            times.append(frame.info["duration"])
            assert np.array_equal(frame.convert("RGB"), next(shown)[0].convert("RGB"))
    assert times == [400, 600, 400, 3000]


def test_the_result_is_what_filter_writes(convcli: Convcli, tmp_path: Path) -> None:
    ran = convcli("filter", SAMPLES / "notes-5x5.csv", "-k", NINE, "-p", "zero", "-o", "y.npy")
    assert ran.status == 0, ran.err
    found, _ = kernel_animation(FIVE, NINE, pad=PadMode.ZERO)
    assert np.array_equal(found.result.values, np.load(tmp_path / "y.npy"))


def test_all_frames_of_a_gif_have_one_palette(tiny: Path, convcli: Convcli, tmp_path: Path) -> None:
    assert convcli("explain", tiny, "-k", "1 2", "-p", "zero", "--animate", "a.gif").status == 0
    made = gif_file((tmp_path / "a.gif").read_bytes(), 99)
    assert [frame.table for frame in made.frames] == [b""] * 4
    assert len(made.table) == 3 * 128


def test_stdout_of_a_pipe_is_a_gif(tiny: Path, convcli: Convcli) -> None:
    ran = convcli("explain", tiny, "--pool", "max", "--size", "1", "--animate", "-")
    with Image.open(io.BytesIO(ran.out)) as made:
        assert (made.format, made.size, made.n_frames) == ("GIF", (1280, 720), 2)


def test_the_report_counts_frames(tiny: Path, convcli: Convcli) -> None:
    ran = convcli("explain", tiny, "-k", "2", "--animate", "x.png", "--json")
    assert json.loads(ran.out) == {"input": str(tiny), "animation": "x.png", "frames": 2}


@pytest.mark.parametrize(
    ("options", "says", "hint"),
    [
        (["--animate", "a.mp4"], "--animate: an animation is not written to 'a.mp4'", ".gif, .webp or .apng"),
        (["--animate", "a"], "--animate: an animation is not written to 'a'", ".gif, .webp or .apng"),
        (["--animate", ""], "--animate: the name is empty", "name a file"),
        (["--animate", "a.gif", "--html", "a.html"], "--animate and --html exclude each other", "leave one"),
        (["--animate", "a.gif", NOTES], "--animate is an animation about one picture", "name one input"),
        (["--animate", "-", "--json"], "both want stdout", "-o FILE"),
        (["--animate", "a.gif", "--channel", "3"], "there is no channel 3", "leave --channel out"),
    ],
)
def test_what_is_refused(options: list[str], says: str, hint: str, convcli: Convcli, snapshot: Any) -> None:
    before = snapshot()
    ran = convcli("explain", NOTES, "-k", "1 2", *options)
    ran.check_refusal(1 if "channel" in says else 2, says, hint)
    assert snapshot() == before


def test_an_input_is_not_replaced(tiny: Path, convcli: Convcli) -> None:
    ran = convcli("explain", "tiny.png", "-k", "2", "--animate", "tiny.png")
    ran.check_refusal(1, "--animate: 'tiny.png' is the input itself", "add --force")
    assert convcli("explain", "tiny.png", "-k", "2", "--animate", "tiny.png", "--force").status == 0
    with Image.open(tiny) as made:
        assert made.size == (1280, 720)


def test_a_folder_gets_a_file_named_after_the_input(tiny: Path, convcli: Convcli) -> None:
    ran = convcli("explain", tiny, "-k", "2", "--animate", "new/")
    assert ran.out.decode() == "new/tiny-steps.gif\n"
    again = convcli("explain", tiny, "-k", "2", "--animate", "new/")
    again.check_refusal(1, "is already there", "--force")


def shows_window(lines: list[str]) -> bool:
    return any(line.startswith("[0][1]") for line in lines)


def test_the_terminal_plays_until_q(tmp_path: Path) -> None:
    with Screen("explain", NOTES, "-k", "0 1; 2 3", "-p", "valid", "--animate", "-", cwd=tmp_path) as screen:
        lines = screen.until(shows_window)
        assert lines[0] == "notes-3x3.csv: kernel 0 1; 2 3"
        assert screen.cursor_hidden
        assert not screen.echoes
        screen.press("q")
        assert screen.finish() == 0
        assert screen.echoes
        assert not screen.cursor_hidden


def test_control_c_ends_with_its_status_and_leaves_the_terminal_as_it_was(tmp_path: Path) -> None:
    with Screen("explain", NOTES, "-k", "0 1; 2 3", "-p", "valid", "--animate", "-", cwd=tmp_path) as screen:
        screen.until(shows_window)
        screen.press("\x03")
        assert screen.finish() == 130
        assert screen.echoes
        assert not screen.cursor_hidden


def test_the_terminal_speaks_chinese(tmp_path: Path) -> None:
    chosen = ("--pool", "max", "--padding", "1", "--animate", "-", "--lang", "zh")
    with Screen("explain", NOTES, *chosen, cwd=tmp_path) as screen:
        lines = "\n".join(screen.until(lambda lines: any("空" in line for line in lines))).replace(" ", "")
        for words in ("max池化，2x2", "填充后的输入，5x5", "结果，2x2", "窗口", "(0,0)：max(0)=0"):
            assert words in lines
        screen.press("q")
        assert screen.finish() == 0
