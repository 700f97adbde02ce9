"""explain tells what filter does at one pixel: the same value and sample, padding from the same place."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convcli.choices import Combine, PadMode, RangeMode
from tests import oracle
from tests.paths import SAMPLES
from tests.program import Convcli

FIVE = SAMPLES / "notes-5x5.csv"
EMBOSS = "-2 -1 0; -1 1 1; 0 1 2"


def told(convcli: Convcli, *args: object) -> dict:
    ran = convcli("explain", *args, "--json")
    assert (ran.status, ran.err) == (0, "")
    return json.loads(ran.out)


def filtered(convcli: Convcli, suffix: str, *args: object) -> np.ndarray:
    ran = convcli("filter", *args, "-q", "-o", f"filtered{suffix}")
    assert ran.status == 0, ran.err
    return np.load("filtered.npy") if suffix == ".npy" else np.asarray(Image.open(f"filtered{suffix}"))


@pytest.mark.parametrize("pad", PadMode)
@pytest.mark.parametrize("at", [(0, 0), (-1, -1), (0, 4)])
def test_every_padding_at_the_edges(convcli: Convcli, gray: Path, pad: PadMode, at: tuple[int, int]) -> None:
    options = ["-k", EMBOSS, "-p", pad, "-s", "2x3", "-d", "2x1", "--bias", "3.5"]
    options += ["--pad-value", "7"] if pad is PadMode.CONSTANT else []
    said = told(convcli, gray, *options, "--at", f"{at[0]},{at[1]}")
    values = filtered(convcli, ".npy", gray, *options)
    stored = filtered(convcli, ".png", gray, *options)
    place = tuple(n % size for n, size in zip(at, values.shape, strict=True))
    assert said["at"] == list(place)
    assert said["size_in"] == [20, 27]
    assert said["size_out"] == list(values.shape)
    assert said["value"] == pytest.approx(float(values[place]), abs=1e-3)
    assert said["stored"] == stored[place]
    assert said["sum"] + said["bias"] == said["value"]
    assert said["sum"] == np.sum(said["products"])
    np.testing.assert_array_equal(said["products"], np.multiply(said["window"], said["kernel"]))
    pixels = np.asarray(Image.open(gray), float)
    edges = oracle.edges_of("valid" if pad is PadMode.VALID else "same", (3, 3), (2, 1))
    padded = oracle.pad(pixels, edges, str(pad), 7.0)
    rows, columns = place[0] * 2 + 2 * np.arange(3), place[1] * 3 + np.arange(3)
    np.testing.assert_array_equal(said["window"], padded[np.ix_(rows, columns)])
    for i, j in np.ndindex(3, 3):
        y = oracle.source(int(rows[i]) - edges[0][0], 20, str(pad).replace("valid", "zero"))
        x = oracle.source(int(columns[j]) - edges[1][0], 27, str(pad).replace("valid", "zero"))
        assert said["taken_from"][i][j] == (None if y is None or x is None else [y, x])
    assert said["formula"]["height"].endswith(f"= {values.shape[0]}")
    assert eval(said["formula"]["height"].split("=")[0], {"floor": np.floor}) == values.shape[0]
    assert eval(said["formula"]["width"].split("=")[0], {"floor": np.floor}) == values.shape[1]


@pytest.mark.parametrize("mode", [mode for mode in RangeMode if mode is not RangeMode.RAW])
@pytest.mark.parametrize("suffix", [".png", ".npy"])
def test_what_is_stored_is_what_filter_stores(
    convcli: Convcli, tmp_path: Path, mode: RangeMode, suffix: str
) -> None:
    pixels = np.random.default_rng(1).integers(0, 65536, (9, 7), dtype=np.uint16)
    if suffix == ".png":
        Image.fromarray(pixels).save(tmp_path / "in.png")
    else:
        np.save(tmp_path / "in.npy", pixels / 65535)
    options = [tmp_path / f"in{suffix}", "-k", EMBOSS, "--range", mode]
    stored = filtered(convcli, suffix, *options)
    cut = 0
    for at in [(0, 0), (4, 3), (8, 6), (2, 5), (3, 1)]:
        said = told(convcli, *options, "--at", f"{at[0]},{at[1]}")
        assert said["stored"] == stored[at]
        assert said["range"] == mode
        assert said["depth"] == stored.dtype.name
        cut += said["clipped"]
        if said["clipped"]:
            assert said["stored"] in (0, 65535, 1)
    assert bool(cut) == (not mode.startswith("scale"))


@pytest.mark.parametrize("how", [None, *Combine])
def test_components_one_by_one_and_then_together(convcli: Convcli, photo: Path, how: Combine | None) -> None:
    options = [photo, "-k", "sobel", "--bias", "2"] + (["--combine", how] if how else [])
    said = told(convcli, *options, "--at", "5,0")
    values = filtered(convcli, ".npy", *options)
    parts = [filtered(convcli, ".npy", photo, "-k", name)[5, 0] for name in ("sobel-x", "sobel-y")]
    np.testing.assert_allclose(said["sum"], parts, atol=1e-3)
    assert np.shape(said["window"]) == np.shape(said["products"]) == (2, 3, 3, 3)
    assert np.shape(said["kernel"]) == (2, 3, 3)
    if how is Combine.NONE:
        np.testing.assert_allclose(np.ravel(said["value"]), values[5, 0], atol=1e-3)
        np.testing.assert_allclose(said["value"], np.add(said["sum"], 2))
        assert "combined" not in said
    else:
        assert said["combine"] == (how or "magnitude")
        np.testing.assert_allclose(said["value"], values[5, 0], atol=1e-3)
        np.testing.assert_allclose(said["combined"], values[5, 0] - 2, atol=1e-3)
        assert said["bias"] == 2


def test_what_is_the_same_for_all_is_shown_once(convcli: Convcli, photo: Path) -> None:
    out = convcli("explain", photo, "-k", "sobel", "--at", "0,0", "--convolve").out.decode()
    assert out.count("taken from") == 1
    assert out.count("rotated by 180 degrees") == 3  # in the facts, and once for each component
    assert out.count("x sobel-x =") == out.count(": window") == 3


def test_channels_that_are_added_up(convcli: Convcli, photo: Path, tmp_path: Path) -> None:
    weights = np.random.default_rng(2).normal(size=(3, 2, 3))
    np.save(tmp_path / "k.npy", weights)
    said = told(convcli, photo, "-k", "k.npy", "--at", "-1,3", "-p", "wrap")
    values = filtered(convcli, ".npy", photo, "-k", "k.npy", "-p", "wrap")
    assert said["value"] == pytest.approx(float(values[-1, 3]), abs=1e-3)
    assert np.shape(said["products"]) == (3, 2, 3)
    ran = convcli("explain", photo, "-k", "k.npy", "--at", "0,0")
    assert [word for word in ("red", "green", "blue") if f"\n{word}\n" in ran.out.decode()] == [
        "red",
        "green",
        "blue",
    ]


@pytest.mark.parametrize("option", ["--convolve", "--normalize", "--gray"])
def test_options_of_filter(convcli: Convcli, photo: Path, option: str) -> None:
    options = [photo, "-k", "1 2 3; 4 5 6", option]
    said = told(convcli, *options, "--at", "7,30")
    np.testing.assert_allclose(said["value"], filtered(convcli, ".npy", *options)[7, 30], atol=1e-3)
    if option == "--convolve":
        assert said["kernel_given"] == [[1, 2, 3], [4, 5, 6]]
        assert said["kernel"] == [[6, 5, 4], [3, 2, 1]]
    else:
        assert "kernel_given" not in said


def test_the_receptive_field(convcli: Convcli) -> None:
    said = told(convcli, FIVE, "-k", "box", "-d", "2", "--at", "0,3", "-p", "zero")
    assert said["receptive_field"] == {
        "rows": [0, 2],
        "columns": [1, 4],
        "size": [3, 4],
        "window": {"rows": [-2, 2], "columns": [1, 5]},
    }
    assert said["pad_value"] == 0
    said = told(convcli, FIVE, "-k", "box", "--padding", "9", "--at", "0,0", "-p", "zero")
    assert said["receptive_field"]["size"] == [0, 0]
    assert said["receptive_field"]["rows"] is None


CORNER = """\
{path}: output pixel (0, 0)
  picture  5 x 5, float64 data
  kernel   1 2 3; 4 5 6; 7 8 9: 3 x 3, correlation
  padding  reflect: 1 above, 1 below, 1 left, 1 right
  height   H' = floor((5 + 1 + 1 - 1*(3 - 1) - 1)/1) + 1 = 5
  width    W' = floor((5 + 1 + 1 - 1*(3 - 1) - 1)/1) + 1 = 5
  sees     rows -1 to 1, columns -1 to 1 (3 x 3); in the picture rows 0 to 1,
           columns 0 to 1 (2 x 2)

  window           x kernel   = products
     -1   0   1
  -1 [4] [2] [4]    1 2 3       4  4 12
   0 [4]  3   4     4 5 6      16 15 24
   1 [4]  2   4     7 8 9      28 16 36
  4 + 4 + 12 + 16 + 15 + 24 + 28 + 16 + 36 = 155

  [ ] is padding; the row,column that it was taken from:
      -1   0   1
  -1 1,1 1,0 1,1
   0 0,1   ·   ·
   1 1,1   ·   ·

  sum     155
  bias    0
  value   155
  stored  155 (as it is; float64)
"""


def lines(out: bytes) -> list[str]:
    return [line.rstrip() for line in out.decode().splitlines()]


def test_a_corner_as_people_see_it(convcli: Convcli, tmp_path: Path) -> None:
    (tmp_path / "five.csv").write_bytes(FIVE.read_bytes())
    ran = convcli("explain", "five.csv", "--at", "0,0", "-k", "1 2 3; 4 5 6; 7 8 9")
    assert lines(ran.out) == CORNER.format(path="five.csv").splitlines()
    assert ran.err == ""


NARROW = """\
  kernel as given
   1 2 3
   4 5 6

  rotated by 180 degrees
   6 5 4
   3 2 1

  window          x kernel   = products
     2   3   4
  4  5   4   1     6 5 4      30 20  4
  5 [0] [0] [0]    3 2 1       0  0  0
  30 + 20 + 4 + 0 + 0 + 0 = 54

  [ ] is padding: the constant 0
"""


def test_forty_columns_and_a_rotated_kernel(convcli: Convcli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    ran = convcli("explain", FIVE, "--at", "-1,-2", "-k", "1 2 3; 4 5 6", "--convolve", "-p", "zero")
    assert NARROW in "\n".join(lines(ran.out)) + "\n"


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("kernel", ["gaussian:sigma=5,size=31", "motion:length=21", "sobel", "log"])
@pytest.mark.parametrize("extra", [(), ("--convolve", "-d", "3", "-p", "constant", "--pad-value", "1/3")])
def test_nothing_is_wider_than_the_terminal(
    convcli: Convcli,
    gray: Path,
    monkeypatch: pytest.MonkeyPatch,
    width: int,
    kernel: str,
    extra: tuple[str, ...],
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    ran = convcli("explain", gray.name, "--at", "1,1", "-k", kernel, *extra)
    shown = lines(ran.out)
    assert ran.status == 0
    assert max(map(len, shown)) <= width
    assert len(shown) < 110
    if "31" in kernel:
        assert any("shown: the middle 11 x" in line for line in shown)
    total = told(convcli, gray, "--at", "1,1", "-k", kernel, *extra)["value"]
    assert any(
        line.strip() == f"value      {total:.6g}" or line.split() == ["value", f"{total:.6g}"]
        for line in shown
    )


def test_several_pictures_and_their_notes(convcli: Convcli, gray: Path) -> None:
    ran = convcli("explain", gray, SAMPLES / "cat-alpha.png", "--at", "0,0", "-k", "box", "--json")
    assert [json.loads(line)["input"] for line in ran.out.splitlines()] == [
        str(gray),
        str(SAMPLES / "cat-alpha.png"),
    ]
    assert ran.lines == [f"{SAMPLES / 'cat-alpha.png'}: transparency is left out"]
    frames = [Image.new("L", (6, 5), value) for value in (10, 90)]
    frames[0].save("two.gif", save_all=True, append_images=frames[1:])
    ran = convcli("explain", "two.gif", "--at", "0,0", "-k", "identity", "--gray", "--json")
    assert ran.lines == ["two.gif: the first of 2 frames is explained; --frame N chooses another"]
    assert json.loads(ran.out)["value"] == 10
    assert told(convcli, "two.gif", "--at", "0,0", "-k", "identity", "--gray", "--frame", "1")["value"] == 90


@pytest.mark.parametrize(
    ("args", "status", "said"),
    [
        (
            ["--at", "20,0"],
            1,
            "no output pixel (20, 0): the output is 20x27; hint: rows are 0 to 19, columns 0 to 26",
        ),
        (["--at", "0,-28"], 1, "no output pixel (0, -28): the output is 20x27"),
        (["--at", "1"], 2, "--at: '1' is not a place; hint: write ROW,COLUMN, such as 0,0 or -1,-1"),
        (["--at", "1,x"], 2, "--at: '1,x' is not a place"),
        (["--at", "1,2,3"], 2, "--at: '1,2,3' is not a place"),
        ([], 2, "--at is missing; hint: name an output pixel: --at ROW,COLUMN, such as --at 0,0"),
        (["--at", "0,0", "-k", "box"], 2, "--kernel is given 2 times; hint: explain one kernel at a time"),
        (
            ["--at", "0,0", "-p", "valid", "-d", "30"],
            1,
            "kernel 3x3 (dilated to 61x61) is larger than the picture 20x27",
        ),
        (["--html", "no/page.html"], 1, "'no/page.html' cannot be written: the folder"),
        (["--html", "-", "--json"], 2, "--json and the picture both want stdout"),
        (["--html", "page.html", "other.png"], 2, "--html is a page about one picture; hint: name one input"),
        (["--at", "0,0", "--range", "raw", "--depth", "8"], 1, "--range raw keeps floats"),
        (["--html", "page.html", "--at", "99,99"], 1, "no output pixel (99, 99)"),
        (["--html", "gray.png/x", "--at", "0,0"], 1, "'gray.png/x' cannot be written"),
    ],
)
def test_errors(convcli: Convcli, gray: Path, snapshot, args: list[str], status: int, said: str) -> None:
    before = snapshot()
    ran = convcli("explain", gray.name, "-k", "sobel-x", *args)
    ran.check_refusal(status, said)
    assert snapshot() == before


def test_a_kernel_of_channels_that_the_picture_has_not(convcli: Convcli, gray: Path) -> None:
    np.save("k.npy", np.ones((3, 3, 3)))
    ran = convcli("explain", gray.name, "-k", "k.npy", "--at", "0,0")
    assert (ran.status, ran.out) == (1, b"")
    assert "kernel has weights for 3 channels, the picture has 1; hint:" in ran.err


def test_stdin_and_a_page_on_stdout(convcli: Convcli, gray: Path) -> None:
    ran = convcli("explain", "-", "-k", "sobel", "--at", "0,0", stdin=gray.read_bytes())
    assert ran.out.decode().startswith("stdin: output pixel (0, 0)\n") or ran.out.decode().startswith(
        "stdin: output pixel (0, 0) "
    )
    ran = convcli("explain", gray.name, "-k", "sobel", "--html", "-")
    assert ran.out.startswith(b"<!doctype html>")


def test_numbers_beyond_float64_are_null(convcli: Convcli) -> None:
    np.save("huge.npy", np.full((2, 2), 1e308))
    ran = convcli("explain", "huge.npy", "-k", "5 5; 5 5", "--at", "0,0", "--json")
    assert ran.err == "huge.npy: 1 value is not finite: it left the range of float64\n"
    said = json.loads(ran.out)
    assert said["sum"] is None
    assert said["products"] == [[None, None], [None, None]]


def test_a_sum_that_overflows_is_said(convcli: Convcli) -> None:
    np.save("x.npy", np.full((3, 3), 1e308))
    ran = convcli("explain", "x.npy", "-k", "9", "--at", "0,0")
    assert "inf" in ran.out.decode()
    assert convcli("explain", "x.npy", "-k", "1", "--at", "0,0").err == ""
