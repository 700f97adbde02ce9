"""Pooling explained: the working by hand, values as `pool` has them, and padding that never wins."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.paths import SAMPLES
from tests.program import Convcli

THREE, FIVE = SAMPLES / "notes-3x3.csv", SAMPLES / "notes-5x5.csv"


def shown(convcli: Convcli, *args: object) -> str:
    ran = convcli("explain", *args)
    assert (ran.status, ran.err) == (0, "")
    return "\n".join(line.rstrip() for line in ran.out.decode().splitlines()) + "\n"


def told(convcli: Convcli, *args: object) -> dict:
    ran = convcli("explain", *args, "--json")
    assert (ran.status, ran.err) == (0, "")
    return json.loads(ran.out)


MAXIMUM = """\
  picture  3 x 3, float64 data
  pooling  max: 2 x 2
  padding  none
  window   stride 2, dilation 1
  height   H' = floor((3 + 0 + 0 - 1*(2 - 1) - 1)/2) + 1 = 1
  width    W' = floor((3 + 0 + 0 - 1*(2 - 1) - 1)/2) + 1 = 1
  sees     rows 0 to 1, columns 0 to 1 (2 x 2)

  window
     0   1
  0  0   1
  1  3  *4
  max(0, 1, 3, 4) = 4

  * is the largest value

  value   4
  stored  4 (as it is; float64)
"""


def test_the_largest_pixel_as_people_see_it(convcli: Convcli) -> None:
    out = shown(convcli, THREE, "--pool", "max", "--size", "2", "--at", "0,0")
    assert out.partition("output pixel (0, 0)\n")[2] == MAXIMUM


# The 3 x 3 window of 0 to 8 at the first pixel, and its 2 x 2 corner.
@pytest.mark.parametrize(
    ("args", "line"),
    [
        ("min --size 2", "min(0, 1, 3, 4) = 0"),
        ("avg --size 2", "(0 + 1 + 3 + 4) / 4 = 2"),
        ("median --size 2", "sorted: 0, 1, 3, 4; median = (1 + 3) / 2 = 2"),
        ("median --size 3", "sorted: 0, 1, 2, 3, 4, 5, 6, 7, 8; median = 4"),
        ("lp --size 2", "(|0|^2 + |1|^2 + |3|^2 + |4|^2)^(1/2) = 5.09902"),
        ("lp --size 2 --norm 3", "(|0|^3 + |1|^3 + |3|^3 + |4|^3)^(1/3) = 4.51436"),
        ("lp --size 2 --norm inf", "max(|0|, |1|, |3|, |4|) = 4"),
        ("max --size 2 --padding 1", "max(0) = 0"),
        ("avg --size 2 --padding 1", "(0 + 0 + 0 + 0) / 4 = 0"),
        ("avg --size 2 --padding 1 --no-count-include-pad", "0 / 1 = 0"),
        ("max --size 2 --dilation 2", "max(0, 2, 6, 8) = 8"),
        ("avg --size 4 --padding 1", "(sum of 16 values) / 16 = 36 / 16 = 2.25"),
    ],
)
def test_the_working_of_each_mode(convcli: Convcli, args: str, line: str) -> None:
    assert f"\n  {line}\n" in shown(convcli, THREE, "--pool", *args.split(), "--at", "0,0")


def test_padding_that_takes_no_part_and_padding_that_does(convcli: Convcli) -> None:
    options = [FIVE, "--size", "3", "--stride", "2", "--padding", "1", "--at", "0,0"]
    window = "     -1   0   1\n  -1 [ ] [ ] [ ]\n   0 [ ]  3  *4\n   1 [ ]  2   4\n  max(3, 4, 2, 4) = 4\n"
    out = shown(convcli, *options, "--pool", "max")
    assert window in out
    assert "[ ] is neutral padding, which takes no part: it never wins" in out
    out = shown(convcli, *options, "--pool", "avg")
    assert "  -1 [0] [0] [0]\n   0 [0]  3   4\n" in out
    assert "[ ] is padding, which counts as 0" in out
    out = shown(convcli, *options, "--pool", "max", "--pad", "wrap")
    assert "  -1 4,4 4,0 4,1\n   0 0,4   ·   ·\n   1 1,4   ·   ·\n" in out


def test_a_window_that_hangs_over_the_edge(convcli: Convcli) -> None:
    out = shown(convcli, FIVE, "--pool", "max", "--ceil", "--at", "-1,-1")
    assert "H' = ceil((5 + 0 + 0 - 1*(2 - 1) - 1)/2) + 1 = 3\n" in out
    assert "     4   5\n  4 *1   -\n  5  -   -\n  max(1) = 1\n" in out
    assert "- is beyond the padding" in out
    out = shown(convcli, THREE, "--pool", "max", "--ceil", "-s", "3", "--padding", "0,1,0,0", "--at", "0,0")
    assert "H' = ceil((3 + 0 + 1 - 1*(2 - 1) - 1)/3) + 1 - 1 = 1\n" in out
    assert "a last window would begin in the padding" in out


def test_the_channels_of_a_colour_beside_each_other(convcli: Convcli) -> None:
    Image.fromarray(np.arange(12, dtype=np.uint8).reshape(2, 2, 3)).save("rgb.png")
    out = shown(convcli, "rgb.png", "--pool", "max", "--at", "0,0")
    assert "  0  0   3   0  1   4    0  2   5\n  1  6  *9   1  7  *10   1  8  *11\n".replace(
        " ", ""
    ) in out.replace(" ", "")
    assert (
        "  red: max(0, 3, 6, 9) = 9\n  green: max(1, 4, 7, 10) = 10\n  blue: max(2, 5, 8, 11) = 11\n" in out
    )
    assert "  stored  red 9, green 10, blue 11 (8-bit)\n" in out
    out = shown(convcli, "rgb.png", "--pool", "max", "--at", "0,0", "--channel", "1")
    assert "max(1, 4, 7, 10) = 10" in out
    assert "blue" not in out


@pytest.mark.parametrize(
    "args",
    [
        "max --size 3 --stride 2 --padding 1 --ceil",
        "avg --size 3x2 --padding 1,2,0,1 --stride 2",
        "avg --size 3 --padding 1 --no-count-include-pad",
        "min --size 2 --dilation 2x3 --pad wrap --padding 2",
        "median --size 4 --pad constant --pad-value 9 --padding full",
        "lp --norm 3 --size 2 --range scale",
        "avg --size 2 --range unit",
    ],
)
@pytest.mark.parametrize("suffix", [".png", ".npy"])
def test_values_and_samples_are_those_of_pool(convcli: Convcli, args: str, suffix: str) -> None:
    pixels = np.random.default_rng(4).integers(0, 256, (9, 11, 3), dtype=np.uint8)
    Image.fromarray(pixels).save("x.png")
    np.save("x.npy", pixels / 255)
    mode, *options = args.split()
    assert convcli("pool", f"x{suffix}", "-m", mode, *options, "-q", "-o", f"y{suffix}").status == 0
    stored = np.load("y.npy") if suffix == ".npy" else np.asarray(Image.open("y.png"))
    if "--range" not in options:
        assert convcli("pool", f"x{suffix}", "-m", mode, *options, "-q", "-o", "values.npy").status == 0
        values = np.load("values.npy")
    for at in ((0, 0), (-1, -1), (1, 2)):
        said = told(convcli, f"x{suffix}", "--pool", mode, *options, "--at", f"{at[0]},{at[1]}")
        assert said["stored"] == stored[at].tolist()
        assert said["size_out"] == list(stored.shape[:2])
        if "--range" not in options:
            np.testing.assert_allclose(said["value"], values[at], rtol=1e-6, atol=1e-6)


def test_the_report(convcli: Convcli) -> None:
    said = told(convcli, FIVE, "--pool", "max", "--size", "3", "--padding", "1", "--at", "0,0")
    assert said["pool"] == "max"
    assert said["window"] == [[None, None, None], [None, 3, 4], [None, 2, 4]]
    assert said["taken_from"] == [[None] * 3, [None, [0, 0], [0, 1]], [None, [1, 0], [1, 1]]]
    assert said["counted"] == [[False] * 3, [False, True, True], [False, True, True]]
    assert said["chosen"] == [[1, 2]]
    assert (said["value"], said["stored"], said["pad"], said["pad_value"]) == (4, 4, "neutral", None)
    assert said["receptive_field"]["size"] == [2, 2]
    assert told(convcli, FIVE, "--pool", "l2", "--at", "0,0")["norm"] == 2


@pytest.mark.parametrize(
    ("args", "status", "said"),
    [
        (["--pool", "max", "-k", "box"], 2, "--kernel and --pool exclude each other; hint: explain one"),
        (
            ["--pool", "max", "--stack", "s.toml"],
            2,
            "--pool and --stack exclude each other; hint: explain one",
        ),
        ([], 2, "--kernel is missing; hint: add -k SPEC, --pool MODE or --stack FILE"),
        (["-k", "box", "--size", "3"], 2, "--size has no effect without --pool; hint: add --pool max"),
        (["-k", "box", "--norm", "3"], 2, "--norm has no effect without --pool; hint: add --pool max"),
        (["-k", "box", "--ceil"], 2, "--ceil has no effect without --pool; hint: add --pool max"),
        (["-k", "box", "--no-count-include-pad"], 2, "--no-count-include-pad has no effect without --pool"),
        (["--pool", "max", "--norm", "3"], 2, "--norm 3 has no effect with --pool max; hint: use --pool lp"),
        (["--pool", "min", "--no-count-include-pad"], 2, "no effect with --pool min; hint: use --pool avg"),
        (["--pool", "max", "--bias", "1"], 2, "--bias has no effect with --pool; hint: leave it out"),
        (["--pool", "max", "--convolve"], 2, "--convolve has no effect with --pool; hint: leave it out"),
        (["--pool", "max", "--normalize"], 2, "--normalize has no effect with --pool; hint: leave it out"),
        (["--pool", "max", "--combine", "sum"], 2, "--combine has no effect with --pool; hint: leave it out"),
        (
            ["--pool", "max", "--map", "0"],
            2,
            "--map has no effect with --pool; hint: each picture has one map",
        ),
        (
            ["--pool", "max", "--pad", "wrap"],
            2,
            "--pad wrap has no effect without padding; hint: add --padding",
        ),
        (["--pool", "max", "--pad-value", "1"], 2, "--pad-value 1 has no effect without --pad; hint: use"),
        (["--stack", "s.toml", "--pad", "wrap"], 2, "--pad has no effect with --stack; hint: leave it out"),
        (["--stack", "s.toml", "--bias", "2"], 2, "--bias has no effect with --stack; hint: leave it out"),
        (["--pool", "max", "--size", "4"], 1, "window 4x4 is larger than the picture 3x3; hint: pad it"),
        (["--pool", "max", "--size", "257"], 2, "window 257x257: its size 66049 is above the limit of 65536"),
        (["--pool", "max", "--size", "1", "--padding", "1"], 1, "leaves windows of 1 without any pixel"),
        (["--pool", "max", "--channel", "1"], 1, "there is no channel 1: the picture has 1; hint: leave"),
    ],
)
def test_options_that_contradict_each_other(
    convcli: Convcli, args: list[str], status: int, said: str
) -> None:
    convcli("explain", THREE, "--at", "0,0", *args).check_refusal(status, said)


def test_where_is_asked_for(convcli: Convcli) -> None:
    convcli("explain", THREE, "--pool", "max").check_refusal(2, "--at is missing; hint: name an output pixel")
    convcli("explain", THREE, "--pool", "max", "--at", "1,0").check_refusal(
        1, "the output is 1x1; hint: rows"
    )


def test_the_padding_of_the_environment_is_for_kernels(
    convcli: Convcli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONVCLI_PAD", "wrap")
    assert told(convcli, FIVE, "--pool", "max", "--padding", "1", "--at", "0,0")["pad"] == "neutral"
    assert told(convcli, FIVE, "-k", "box", "--at", "0,0")["pad"] == "wrap"
    monkeypatch.setenv("CONVCLI_PAD", "wrp")
    assert told(convcli, FIVE, "--pool", "max", "--at", "0,0")["pad"] == "neutral"
    refused = convcli("explain", FIVE, "-k", "box", "--at", "0,0")
    refused.check_refusal(2, "padding mode 'wrp' is not known", "(CONVCLI_PAD is set)")


def test_pooling_of_a_signal_speaks_of_one_axis(
    convcli: Convcli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("signal.json").write_text("[3, 1, 4, 1, 5]")
    ran = convcli("explain", "signal.json", "--pool", "max", "--size", "3", "--padding", "1", "--at", "0")
    assert [line.rstrip() for line in ran.out.decode().splitlines()] == [
        "signal.json: result at 0",
        "  signal   5 samples, float64",
        "  pooling  max: 3",
        "  padding  neutral: 1 before, 1 after",
        "  window   stride 3, dilation 1",
        "  length   N' = floor((5 + 1 + 1 - 1*(3 - 1) - 1)/3) + 1 = 2",
        "  sees     samples -1 to 1",
        "",
        "  window",
        "   -1   0   1",
        "   [ ] *3   1",
        "  max(3, 1) = 3",
        "",
        "  * is the largest value",
        "  [ ] is neutral padding, which takes no part: it never wins",
        "",
        "  value   3",
        "  stored  3 (as it is; float64)",
    ]
    ran = convcli("explain", "signal.json", "--pool", "max", "--at", "9")
    assert "there is no result at 9: there are 2; hint: positions are 0 to 1" in ran.err


def test_a_large_norm_is_what_pool_stores(convcli: Convcli, tmp_path: Path) -> None:
    Image.fromarray(np.array([[220, 0], [0, 220]], np.uint8)).save(tmp_path / "bright.png")
    said = told(convcli, tmp_path / "bright.png", "--pool", "lp", "--at", "0,0", "--norm", "100")
    assert (said["value"], said["stored"]) == (pytest.approx(220 * 2**0.01), 222)  # 221.53 rounded
