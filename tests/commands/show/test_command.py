"""`convcli show`: numbers as data against the oracle, tables as text, and what can go wrong."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image
from rich.cells import cell_len

from convcli.choices import PadMode
from convcli.commands.show.spec import Form, parse_region
from convcli.errors import UsageError
from tests import oracle
from tests.paths import SAMPLES
from tests.program import Convcli, force_colour, pixels

NOTES = SAMPLES / "notes-edge-6x8.csv"
CAMERA = SAMPLES / "camera.png"


def maps(convcli: Convcli, *args: object) -> list[dict[str, Any]]:
    ran = convcli("show", *args, "--as", "json")
    assert (ran.status, ran.err) == (0, "")
    return list(json.loads(ran.out)["maps"])


def test_the_notes_edges(convcli: Convcli) -> None:
    """White to black is 1, black to white -1, everything else 0."""
    ran = convcli("show", NOTES, "-k", "1 -1", "--pad", "valid")
    assert ran.out.decode().replace(str(NOTES), "notes").splitlines() == [
        "notes, kernel '1 -1'",
        "6 x 7, min -1, max 1, mean 0, zeros 71.4%, pad valid",
        "   0   1   2   3   4   5   6",
        *(f"{row}  0  +1█  0   0   0  -1█  0 " for row in range(6)),
        "bars behind numbers: distance from 0, █ is 1",
    ]
    (shown,) = maps(convcli, NOTES, "-k", "1 -1", "--pad", "valid")
    assert shown.pop("values") == [[0, 1, 0, 0, 0, -1, 0]] * 6
    assert shown == {
        **{"kernel": "1 -1", "pad": "valid", "shape": [6, 7], "min": -1, "max": 1, "mean": 0},
        "zeros": pytest.approx(30 / 42),
    }


def test_in_colour_over_a_pipe(convcli: Convcli, monkeypatch: pytest.MonkeyPatch) -> None:
    force_colour(monkeypatch)
    line = convcli("show", NOTES, "-k", "1 -1", "--pad", "valid").out.decode().splitlines()[3]
    cells = line.split("\x1b[")
    assert "38;2;255;255;255;48;2;180;4;38m  1" in cells
    assert "38;2;255;255;255;48;2;59;76;192m -1" in cells
    assert cells.count("38;2;0;0;0;48;2;221;221;221m  0") == 5
    plain = convcli("show", NOTES, "-k", "1 -1", "--pad", "valid", "--no-color").out.decode()
    assert "48;2" not in plain


def test_at_40_columns(convcli: Convcli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    Path("a.csv").write_text("0,0.5,-1,2.25,3,4\n1,2,3,4,5,6\n")
    assert convcli("show", "a.csv", "--max-size", 0).out.decode().splitlines() == [
        "a.csv",
        "2 x 6, min -1, max 6, mean 2.47917,",
        "zeros 8.33%",
        "       0       1       2       3",
        "0  0.000  +0.500▂ -1.000▃ +2.250▅",
        "1 +1.000▃ +2.000▅ +3.000▇ +4.000█",
        "bars behind numbers: distance from 0,",
        "█ is 4",
        "2 more columns to the right, from 4 on,",
        "did not fit; --region shows them",
    ]


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("args", [(), ("-k", "sobel-x"), ("-k", "sobel", "--score"), ("--preview",)])
def test_never_wider_nor_much_longer_than_a_screen(
    convcli: Convcli, monkeypatch: pytest.MonkeyPatch, width: int, args: tuple[str, ...]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.chdir(SAMPLES.parent)
    for name in ("camera.png", "coffee.png"):
        lines = convcli("show", f"sample_images/{name}", *args).out.decode().splitlines()
        assert max(map(cell_len, lines)) <= width
        maps = (3 if name == "coffee.png" else 1) * (2 if "--score" in args else 1)
        assert len(lines) <= max(72, 26 * maps)


@pytest.mark.parametrize("pad", PadMode)
def test_maps_are_the_oracle_s(convcli: Convcli, gray: Path, pad: PadMode) -> None:
    kernels = {"1 2; 3 -4": np.array([[1, 2], [3, -4]]), "0 1 5": np.array([[0, 1, 5]])}
    args = [word for spec in kernels for word in ("-k", spec)]
    options = {"stride": (2, 1), "dilation": (1, 2), "pad": pad}
    found = maps(convcli, gray, *args, "-p", pad, "-s", "2x1", "-d", "1x2", "--bias", "1.5")
    assert [one["kernel"] for one in found] == list(kernels)
    for one, weights in zip(found, kernels.values(), strict=True):
        expected = oracle.correlate(pixels(gray), weights, bias=1.5, **options)
        assert_allclose(one["values"], expected, rtol=1e-6)
        assert (one["pad"], one["shape"]) == (pad, list(expected.shape))
        assert one["min"] == expected.min()
        assert one["max"] == expected.max()
        assert one["mean"] == pytest.approx(expected.mean())
        assert one["zeros"] == pytest.approx((expected == 0).mean())


@pytest.mark.parametrize("pad", PadMode)
@pytest.mark.parametrize("center", [True, False])
def test_scores_are_the_oracle_s(convcli: Convcli, gray: Path, pad: PadMode, center: bool) -> None:
    weights = np.array([[1.0, 2, 0], [3, -4, 1]])
    flags = [] if center else ["--no-center"]
    (one,) = maps(convcli, gray, "-k", "1 2 0; 3 -4 1", "--score", "-p", pad, "-s", 2, *flags)
    expected = oracle.match_score(pixels(gray), weights, pad=pad, stride=(2, 2), center=center)
    assert_allclose(one["values"], expected, atol=1e-6)
    best = one["matches"][0]
    assert best["score"] == one["max"]
    assert expected[tuple(best["at"])] == pytest.approx(expected.max(), abs=1e-6)
    before = 0 if pad is PadMode.VALID else 1
    assert best["columns"] == [2 * best["at"][1] - before, 2 * best["at"][1] - before + 3]
    assert best["rows"] == [2 * best["at"][0], 2 * best["at"][0] + 2]
    assert one["opposites"][0]["score"] == one["min"]
    scores = [match["score"] for match in one["matches"]]
    assert scores == sorted(scores, reverse=True)


def test_a_feature_is_found_at_its_place(convcli: Convcli) -> None:
    cut = convcli("show", CAMERA, "--region", "100:116,200:216", "--as", "csv")
    Path("feature.csv").write_bytes(cut.out)
    assert_array_equal(np.loadtxt("feature.csv", delimiter=","), pixels(CAMERA)[100:116, 200:216])
    ran = convcli("show", CAMERA, "-k", "feature.csv", "--score", "--max-size", 4)
    lines = ran.out.decode().splitlines()
    assert "   1.0000 at 107,207: 100:116,200:216" in lines
    heading = "best matches, at row,column: window (1 of 0.7 or more, and the next best)"
    assert lines[lines.index(heading) + 1].startswith("   1.0000 at 107,207")
    (one,) = maps(convcli, CAMERA, "-k", "feature.csv", "--score", "-p", "valid")
    assert one["matches"][0] == {
        **{"at": [100, 200], "score": pytest.approx(1, abs=1e-6)},
        **{"rows": [100, 116], "columns": [200, 216]},
    }
    assert len(one["matches"]) == len(one["opposites"]) == 5
    places = [match["at"] for match in one["matches"]]
    for index, (row, column) in enumerate(places):
        assert all(max(abs(row - r), abs(column - c)) >= 8 for r, c in places[:index]), "half a window apart"


def test_the_picture_itself(convcli: Convcli, photo: Path, gray: Path) -> None:
    channels = maps(convcli, photo)
    assert [one["channel"] for one in channels] == ["red", "green", "blue"]
    assert [one["kernel"] for one in channels] == [None] * 3
    for index, one in enumerate(channels):
        assert_array_equal(one["values"], pixels(photo)[..., index])
    (one,) = maps(convcli, photo, "--gray")
    with Image.open(photo) as image:
        assert_array_equal(one["values"], np.asarray(image.convert("L")))
    (one,) = maps(convcli, gray, "--region", "-3:,5:9")
    assert one["values"] == pixels(gray)[-3:, 5:9].tolist()
    assert one["region"] == [[17, 20], [5, 9]]
    assert "0:20" not in convcli("show", gray, "--region", "-3:,5:9").out.decode()


def test_large_pictures_are_pooled_by_mean(convcli: Convcli) -> None:
    lines = convcli("show", CAMERA, "--max-size", 8, "--precision", 3).out.decode().splitlines()
    rows = [[float(word.rstrip("▁▂▃▄▅▆▇█")) for word in line.split()[1:]] for line in lines[3:11]]
    assert_allclose(rows, pixels(CAMERA).reshape(8, 64, 8, 64).mean((1, 3)), atol=0.000501)
    assert "mean of 64 x 64 values" in lines[12]
    assert lines[1].endswith(", pooled 64x64")


def test_options_of_filter_hold(convcli: Convcli, gray: Path) -> None:
    picture = pixels(gray)
    weights = np.array([[1.0, 2, 4]])
    (one,) = maps(convcli, gray, "-k", "1 2 4", "--convolve", "--normalize", "-p", "zero")
    assert_allclose(one["values"], oracle.correlate(picture, weights[:, ::-1] / 7, pad="zero"), rtol=1e-5)
    (one,) = maps(convcli, gray, "-k", "sobel")
    parts = maps(convcli, gray, "-k", "sobel", "--combine", "none")
    assert [part["kernel"] for part in parts] == ["sobel (1 of 2)", "sobel (2 of 2)"]
    assert_allclose(one["values"], np.hypot(*(part["values"] for part in parts)), rtol=1e-5)
    (one,) = maps(convcli, gray, "-k", "1 2 4", "-k", "1;1", "--chain", "-p", "valid")
    assert one["shape"] == [19, 25]


def test_csv_and_npy_hold_whole_maps(convcli: Convcli, photo: Path, gray: Path) -> None:
    ran = convcli("show", gray, "-k", "1/3 1/7", "-o", "y.csv")
    assert ran.out == b"y.csv\n"
    expected = oracle.correlate(pixels(gray), [[1 / 3, 1 / 7]])
    assert_allclose(np.loadtxt("y.csv", delimiter=","), expected, rtol=1e-6)
    convcli("show", photo, "-o", "y.npy")
    assert_array_equal(np.load("y.npy"), pixels(photo))
    assert convcli("show", photo, "--as", "npy").out == Path("y.npy").read_bytes()
    convcli("show", gray, "-k", "box", "-k", "identity", "-o", "y.json")
    assert [one["kernel"] for one in json.loads(Path("y.json").read_text())["maps"]] == ["box", "identity"]
    assert json.loads(convcli("show", gray, "--json").out) == json.loads(
        convcli("show", gray, "--as", "json").out
    )


def test_several_inputs(convcli: Convcli, photo: Path, gray: Path) -> None:
    ran = convcli("show", photo, "gone.png", gray, "--json")
    assert ran.status == 1
    assert [json.loads(line).get("maps", []) != [] for line in ran.out.splitlines()] == [True, False, True]
    lines = convcli("show", gray, gray, "--region", ":1,:1").out.decode().splitlines()
    assert lines == [*lines[:5], "", *lines[:5]]
    assert lines[0] == str(gray)


def test_stdin(convcli: Convcli) -> None:
    ran = convcli("show", "-", "-k", "1 -1", stdin=NOTES.read_bytes())
    assert ran.out.decode().startswith("stdin, kernel '1 -1'\n6 x 8,")


def test_what_is_left_out_is_said(convcli: Convcli) -> None:
    ran = convcli("show", SAMPLES / "cat-alpha.png", "--region", ":1,:1")
    assert ran.err.endswith("transparency is left out\n")
    frames = [Image.fromarray(np.full((4, 5), value, np.uint8)) for value in (0, 128, 255)]
    frames[0].save("a.gif", save_all=True, append_images=frames[1:])
    ran = convcli("show", "a.gif", "--gray")
    assert "a.gif: the first of 3 frames is shown; --frame N shows another" in ran.err
    assert "max 255" in convcli("show", "a.gif", "--gray", "--frame", 2).out.decode()
    ran = convcli("show", NOTES, "-k", "box", "--score")
    assert "'box' is flat" in ran.err
    assert "best matches: none" in ran.out.decode()


def test_results_that_overflow_are_null_in_json(convcli: Convcli) -> None:
    np.save("x.npy", np.full((2, 2), 1e308))
    ran = convcli("show", "x.npy", "-k", "1e3", "-p", "valid", "--as", "json")
    assert ran.err == "x.npy: 4 values are not finite: they left the range of float64\n"
    (one,) = json.loads(ran.out)["maps"]
    assert one["values"] == [[None, None]] * 2
    assert one["max"] is None
    assert "inf" in convcli("show", "x.npy", "-k", "1e3").out.decode()


def test_the_heading_says_what_changes_the_numbers(convcli: Convcli, photo: Path) -> None:
    def said(*args: object) -> str:
        lines = convcli("show", photo, "-k", "1 2", *args).out.decode().splitlines()
        end = next(number for number, line in enumerate(lines) if line.startswith("  "))
        return " ".join(" ".join(lines[1:end]).split())

    plain = said("--region", ":2,:2")
    assert plain.endswith("pad reflect")
    for args, words in {
        ("-p", "constant", "--pad-value", "7"): "pad constant 7",
        ("--padding", "3"): "pad reflect, padding 3",
        ("--padding", "1x2"): "pad reflect, padding 1x2",
        ("--padding", "1,2,3,4"): "pad reflect, padding 1,2,3,4",
        ("--padding", "full"): "pad reflect, padding full",
        ("-s", "2"): "pad reflect, stride 2",
        ("-s", "2x1", "-d", "1x3"): "pad reflect, stride 2x1, dilation 1x3",
        ("--convolve", "--normalize"): "pad reflect, convolved, normalized",
        ("--bias", "1.5"): "pad reflect, bias 1.5",
        ("-k", "1", "--chain"): "pad reflect, chained",
        ("-k", "1", "--combine", "max"): "pad reflect, combined by max",
        ("--gray",): "gray, pad reflect",
        ("--score", "--no-center"): "pad reflect, means not subtracted",
    }.items():
        found = said(*args, "--region", ":2,:2")
        assert found.endswith(f"%, {words}"), found
        assert ", of which 0:2,0:2, min" in found
    assert "%, pad" not in convcli("show", photo).out.decode(), "nothing slides, and nothing is padded"


def test_frames_and_layouts_are_in_the_heading(convcli: Convcli) -> None:
    np.save("a.npy", np.zeros((3, 2, 4)))
    assert "zeros 100%, layout chw\n" in convcli("show", "a.npy", "--layout", "chw").out.decode()
    frames = [Image.fromarray(np.full((4, 5), value, np.uint8)) for value in (0, 255)]
    frames[0].save("a.gif", save_all=True, append_images=frames[1:])
    assert "frame 1, gray\n" in convcli("show", "a.gif", "--gray", "--frame", 1).out.decode()


@pytest.mark.parametrize("pad", [mode for mode in PadMode if mode is not PadMode.VALID])
def test_the_padded_picture_without_a_kernel(convcli: Convcli, photo: Path, pad: PadMode) -> None:
    names = {"zero": "constant", "replicate": "edge", "reflect": "reflect"}
    names |= {"constant": "constant", "wrap": "wrap", "symmetric": "symmetric"}
    value = ["--pad-value", "-1.5"] if pad is PadMode.CONSTANT else []
    found = maps(convcli, photo, "--padding", "1,0,2,3", "-p", pad, *value)
    fill = {"constant_values": -1.5 if value else 0} if names[pad] == "constant" else {}
    assert [one["channel"] for one in found] == ["red", "green", "blue"]
    for index, one in enumerate(found):
        plane = pixels(photo)[..., index].astype(float)
        assert_array_equal(one["values"], np.pad(plane, ((1, 0), (2, 3)), mode=names[pad], **fill))
        assert one["pad"] == pad


def test_padding_is_marked(convcli: Convcli) -> None:
    Path("a.csv").write_text("1,2,3\n4,5,6\n")
    assert convcli("show", "a.csv", "--padding", "1x2", "-p", "replicate").out.decode().splitlines() == [
        "a.csv",
        "4 x 7, min 1, max 6, mean 3.5, zeros 0%, pad replicate, padding 1x2",
        "   -2   -1    0    1    2    3    4",
        "-1 [1▂] [1▂] [1▂] [2▃] [3▅] [3▅] [3▅]",
        " 0 [1▂] [1▂]  1▂   2▃   3▅  [3▅] [3▅]",
        " 1 [4▆] [4▆]  4▆   5▇   6█  [6█] [6█]",
        " 2 [4▆] [4▆] [4▆] [5▇] [6█] [6█] [6█]",
        "bars behind numbers: distance from 0, █ is 6",
        "[ ] is padding",
    ]
    (one,) = maps(convcli, "a.csv", "--padding", "1x2", "--region", "1:3,2:5")
    assert one["values"] == [[1, 2, 3], [4, 5, 6]]
    lines = convcli("show", "a.csv", "--padding", "1x2", "--region", "1:3,2:5").out.decode().splitlines()
    assert lines[3:6] == ["  0  1  2", "0 1▂ 2▃ 3▅", "1 4▆ 5▇ 6█"]
    dark = convcli("show", "a.csv", "--padding", "2", "-p", "wrap", "--preview").out.decode()
    assert "greyer: padding" in dark


def test_only_signed_maps_diverge(convcli: Convcli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Grey from black to white, channels in their own colour, blue and red only where one is negative."""
    force_colour(monkeypatch)
    Path("a.csv").write_text("0,1,2\n")
    out = convcli("show", "a.csv").out.decode()
    grounds = re.findall(r"48;2;(\d+);(\d+);(\d+)m", out)
    assert grounds == [("0",) * 3, ("128",) * 3, ("255",) * 3]
    assert "black is 0, white 2" in out
    Image.fromarray(np.array([[[9, 9, 9], [0, 0, 0]]], np.uint8)).save("a.png")
    grounds = re.findall(r"48;2;(\d+);(\d+);(\d+)m", convcli("show", "a.png").out.decode())
    for index in range(3):
        full, zero = (list(map(int, ground)) for ground in grounds[2 * index : 2 * index + 2])
        assert zero == [0, 0, 0]
        assert full.index(max(full)) == index
        assert sorted(full)[1] < max(full) / 2
    Path("b.csv").write_text("0,1,-2\n")
    out = convcli("show", "b.csv").out.decode()
    assert re.findall(r"48;2;([\d;]+)m", out)[::2] == ["221;221;221", "59;76;192"]
    assert "blue is negative, red positive, fullest at 2" in out


def test_a_score_keeps_its_peaks_in_the_table_and_lists_them(convcli: Convcli) -> None:
    """Eight copies of a feature on grey: each block of the pooled table shows its own; all are listed."""
    feature = np.array([[9.0, 0, 5, 0], [0, 0, 0, 0], [2, 0, 0, 7], [0, 4, 0, 0]])
    picture = np.full((200, 400), 4.0)
    places = [(25 + 100 * row, 25 + 100 * column) for row in range(2) for column in range(4)]
    for number, (row, column) in enumerate(places):
        picture[row : row + 4, column : column + 4] = feature if number % 3 else 9 - feature
    np.save("a.npy", picture)
    np.save("k.npy", feature)
    lines = convcli("show", "a.npy", "-k", "k.npy", "--score", "--max-size", 4, "-p", "valid").out.decode()
    table = [re.findall(r"[-+]1", line) for line in lines.splitlines() if re.match("(  0|100)  [-+]", line)]
    assert table == [
        ["-1", "+1", "+1", "-1"],
        ["+1", "+1", "-1", "+1"],
    ]
    assert "value farthest from 0 among 100 x 100 values" in " ".join(lines.split())
    assert "best matches, at row,column: window (5 of 0.7 or more)" in lines
    assert "best opposites, at row,column: window (3 of -0.7 or less, and the next best)" in lines
    for number, (row, column) in enumerate(places):
        sign = " " if number % 3 else "-"
        assert f"  {sign}1.0000 at {row},{column}: {row}:{row + 4},{column}:{column + 4}" in lines


def test_a_long_list_of_matches_is_limited_and_says_so(convcli: Convcli) -> None:
    picture = np.zeros((40, 40))
    picture[4::8, 4::8] = 1
    np.save("a.npy", picture)
    dot = "0 0 0; 0 1 0; 0 0 0"
    out = convcli("show", "a.npy", "-k", dot, "--score").out.decode()
    assert "(25 of 0.7 or more, 10 shown; --json lists them all)" in " ".join(out.split())
    assert len(re.findall(r"^   1\.0000 at", out, re.MULTILINE)) == 10
    (one,) = maps(convcli, "a.npy", "-k", dot, "--score")
    found = {tuple(match["at"]) for match in one["matches"] if match["score"] > 0.99}
    assert found == {(row, column) for row in range(4, 40, 8) for column in range(4, 40, 8)}
    picture[4, 4] = 0
    np.save("a.npy", picture)
    out = convcli("show", "a.npy", "-k", dot, "--score").out.decode()
    assert "(24 of 0.7 or more)" in out, "up to a screen of them, all are listed"
    assert len(re.findall(r"^   1\.0000 at", out, re.MULTILINE)) == 24


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_a_heading_that_is_left_out_is_said(convcli: Convcli, name: str) -> None:
    Path(name).write_text("left,right\n1,2\n" if name == "a.csv" else "left\tright\n1\t2\n")
    word = "'left,right'" if name == "a.csv" else r"'left\tright'"
    said = f"{name}: line 1 is taken for a heading and left out: {word}\n"
    for args in (["show", name], ["filter", name, "-k", "1", "-o", "a.npy"], ["pool", name, "--size", "1"]):
        ran = convcli(*args)
        assert (ran.status, ran.err) == (0, said)
    assert convcli("show", NOTES).err == ""


@pytest.mark.parametrize(
    ("args", "status", "says"),
    [
        (["x.png"], 1, "'x.png' does not exist"),
        ([NOTES, "--score"], 2, "--score has no effect without a kernel; hint: add -k SPEC"),
        (
            [NOTES, "-p", "zero"],
            *(2, "without a kernel; hint: add -k SPEC, or --padding N to see the padded picture"),
        ),
        ([NOTES, "--padding", "full"], 2, "--padding has no effect without a kernel"),
        (
            [NOTES, "--padding", "2", "-s", "2"],
            2,
            "--stride has no effect without a kernel; hint: add -k SPEC",
        ),
        ([NOTES, "--padding", "2", "-p", "valid"], 2, "--pad valid pads nothing"),
        ([NOTES, "--padding", "99999999"], 1, "picture padded to"),
        ([NOTES, "--no-center"], 2, "--no-center has no effect without --score"),
        ([NOTES, "-k", "sobl"], 2, "did you mean 'sobel'?"),
        ([NOTES, "-k", "box", "--score", "--bias", "1"], 2, "--bias does not go with --score"),
        ([NOTES, "-k", "box", "-p", "valid", "-d", "9"], 1, "kernel 3x3 (dilated to 19x19) is larger"),
        ([NOTES, "-k", "box", "-p", "valid", "-d", "9", "--score"], 1, "is larger than the picture 6x8"),
        ([NOTES, "--region", "1:2"], 2, "region '1:2' is not understood"),
        ([NOTES, "--region", "a:2,:"], 2, "region 'a:2,:' is not understood"),
        ([NOTES, "--region", "4:4,:"], 1, "region 4:4,: is empty in a map of 6 x 8"),
        ([NOTES, "--region", ":,9:"], 1, "region :,9: is empty in a map of 6 x 8"),
        ([NOTES, "--max-size", "-1"], 2, "--max-size -1 is negative"),
        ([NOTES, "--precision", "99"], 2, "--precision 99 is not a number of decimals; hint: use 0 to 17"),
        ([NOTES, "--as", "jsn"], 2, "did you mean 'json'?"),
        ([NOTES, "--as", "csv", "--json"], 2, "--json and --as csv exclude each other"),
        ([NOTES, "--as", "csv", "--precision", "2"], 2, "--precision has no effect on csv"),
        ([NOTES, "--as", "npy", "--preview"], 2, "--preview has no effect on npy"),
        ([NOTES, "--graphics", "kitty"], 2, "--graphics kitty has no effect without --preview"),
        ([NOTES, "--graphics", "tty", "--preview"], 2, "graphics 'tty' is not known"),
        ([NOTES, "-o", "a.txt"], 2, "a table is not written to 'a.txt'"),
        ([NOTES, "-o", "gone/a.csv"], 1, "'gone/a.csv' cannot be written"),
        ([NOTES, NOTES, "--as", "csv"], 2, "2 inputs cannot all go to 'stdout' as csv"),
        ([NOTES, NOTES, "-o", "a.json"], 2, "2 inputs cannot all go to 'a.json'"),
        (["-", "-k", "-"], 2, "stdin (-) is wanted 2 times"),
        ([SAMPLES / "coffee.png", "--as", "csv"], 1, ".csv holds one map, and there are 3"),
        ([NOTES, "-k", "1 1", "-k", "1", "-p", "valid", "--as", "npy"], 1, "maps of 6 x 7, 6 x 8 do not fit"),
    ],
)
def test_errors(convcli: Convcli, args: list[object], status: int, says: str) -> None:
    ran = convcli("show", *args)
    ran.check_refusal(status, says)
    assert "; hint: " in ran.err
    assert list(Path().iterdir()) == []


def test_the_input_is_not_replaced(convcli: Convcli) -> None:
    Path("a.csv").write_text("1,2\n")
    ran = convcli("show", "a.csv", "-o", "a.csv")
    assert ran.status == 1
    assert "'a.csv' is the input itself" in ran.err
    assert Path("a.csv").read_text() == "1,2\n"


def test_channels_of_a_kernel_have_no_score(convcli: Convcli, photo: Path) -> None:
    np.save("k.npy", np.ones((3, 2, 2)))
    ran = convcli("show", photo, "-k", "k.npy", "--score")
    assert ran.status == 1
    assert "sums over 3 channels" in ran.err
    (one,) = maps(convcli, photo, "-k", "k.npy", "-p", "valid")
    expected = oracle.correlate(pixels(photo).astype(float).sum(2), np.ones((2, 2)), pad="valid")
    assert_allclose(one["values"], expected, rtol=1e-6)


@given(st.lists(st.none() | st.integers(-9, 9), min_size=4, max_size=4))
@settings(max_examples=30)
def test_regions_are_python_slices(ends: list[int | None]) -> None:
    words = ["" if end is None else str(end) for end in ends]
    rows, columns = parse_region(f"{words[0]}:{words[1]}, {words[2]}:{words[3]}")
    values = np.arange(42).reshape(6, 7)
    assert_array_equal(
        values[slice(*rows), slice(*columns)], values[slice(ends[0], ends[1]), slice(ends[2], ends[3])]
    )


@pytest.mark.parametrize("text", ["", ":", "1,2", "0:1:2,:", ":,:,:", "0.5:,:"])
def test_other_regions_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not understood"):
        parse_region(text)


@pytest.mark.parametrize("form", [form for form in Form if form is not Form.TABLE])
def test_every_form_can_be_read_back(convcli: Convcli, form: Form) -> None:
    ran = convcli("show", NOTES, "-o", f"again.{form}")
    assert ran.status == 0
    if form is not Form.JSON:
        assert (
            convcli("show", f"again.{form}", "--json").out.split(b'"maps"')[1]
            == (convcli("show", NOTES, "--json").out.split(b'"maps"')[1])
        )
    else:
        assert json.loads(Path("again.json").read_text())["maps"] == maps(convcli, NOTES)
