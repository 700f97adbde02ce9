"""Many channels and components on two screens, those that are chosen in full, and the report in Chinese."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.cells import cell_len

from tests.paths import SAMPLES
from tests.program import Convcli

CAT = SAMPLES / "cat-dark.png"
TWO_SCREENS = 48


def shown(convcli: Convcli, *args: object) -> list[str]:
    ran = convcli("explain", *args)
    assert (ran.status, ran.err) == (0, "")
    return [line.rstrip() for line in ran.out.decode().splitlines()]


def cells(lines: list[str], first: str) -> list[list[str]]:
    """The rows of the table whose heading begins with `first`, up to the next empty line."""
    start = next(place for place, line in enumerate(lines) if line.split()[:2] == first.split())
    end = lines.index("", start)
    return [re.split(r" {2,}", line.strip()) for line in lines[start + 2 : end]]


@pytest.fixture
def many(tmp_path: Path) -> tuple[np.ndarray, np.ndarray]:
    """A picture of 40 channels, and 12 maps of it."""
    rng = np.random.default_rng(8)
    picture, weights = rng.integers(-9, 10, (5, 6, 40)).astype(float), rng.integers(-3, 4, (12, 40, 3, 3))
    np.save(tmp_path / "picture.npy", picture)
    np.save(tmp_path / "maps.npy", weights.astype(float))
    np.save(tmp_path / "one.npy", weights[5].astype(float))
    return picture, weights


def test_colours_and_two_components(convcli: Convcli) -> None:
    lines = shown(convcli, CAT, "-k", "sobel", "--at", "5,7")
    assert len(lines) <= TWO_SCREENS
    pixels = np.asarray(Image.open(CAT), float)[4:7, 6:9]
    along = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    for name, channel in (("red", 0), ("green", 1), ("blue", 2)):
        right, down = (int((pixels[..., channel] * kernel).sum()) for kernel in (along, along.T))
        start = next(place for place, line in enumerate(lines) if line.startswith(f"  {name}: window"))
        assert re.findall(r"sum (-?\d+)", lines[start + 5]) == [str(right), str(down)]
        for row in range(3):
            numbers = list(map(int, re.findall(r"-?\d+", lines[start + 2 + row])))
            assert numbers[1:4] == pixels[row, :, channel].tolist()
            assert numbers[4:7] == (pixels[row, :, channel] * along[row]).tolist()
            assert numbers[7:] == (pixels[row, :, channel] * along.T[row]).tolist()


@pytest.mark.parametrize(
    "args",
    [
        ("-k", "sobel", "--convolve", "-d", "2", "--pad", "constant"),
        ("-k", "kirsch"),
        ("-k", "gaussian:sigma=5,size=31"),
        ("-k", "sobel:size=7", "--combine", "none"),
        ("-k", "log", "--lang", "zh"),
    ],
)
def test_colours_take_two_screens(convcli: Convcli, args: tuple[str, ...]) -> None:
    lines = shown(convcli, CAT, *args, "--at", "0,0")
    assert len(lines) <= TWO_SCREENS
    assert max(map(cell_len, lines)) <= 80
    assert any(line.startswith(("  stored", "  存储值")) for line in lines)


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("kernel", ["maps.npy", "one.npy", "sobel", "kirsch"])
@pytest.mark.parametrize(
    "choice", [(), ("--channel", "3"), ("--map", "0"), ("--lang", "zh"), ("--convolve", "-d", "2")]
)
def test_many_channels_take_two_screens(convcli: Convcli, kernel: str, choice: tuple[str, ...]) -> None:
    lines = shown(convcli, "picture.npy", "-k", kernel, "--at", "0,0", *choice)
    assert len(lines) <= TWO_SCREENS
    assert max(map(cell_len, lines)) <= 80


def test_the_totals_of_many_channels_add_up(convcli: Convcli, many: tuple[np.ndarray, np.ndarray]) -> None:
    picture, weights = many
    lines = shown(convcli, "picture.npy", "-k", "one.npy", "--at", "2,3")
    totals = np.einsum("ijc,cij->c", picture[1:4, 2:5], weights[5])
    *rows, others, total = cells(lines, "channel sum")
    assert [int(value) for _, value in rows] == [totals[int(name.split()[1])] for name, _ in rows]
    largest = int(np.abs(totals).argmax())
    assert f"channel {largest}" in [name for name, _ in rows]
    assert f"channel {largest}" in lines
    assert others[0] == f"the other {40 - len(rows)}"
    assert sum(int(value) for _, value in [*rows, others]) == int(total[1]) == totals.sum()
    assert "  This total is the farthest from 0; --channel N shows another." in lines


def test_maps_of_many_channels(convcli: Convcli, many: tuple[np.ndarray, np.ndarray]) -> None:
    picture, weights = many
    lines = shown(convcli, "picture.npy", "-k", "maps.npy", "--at", "2,3")
    totals = np.einsum("ijc,ocij->oc", picture[1:4, 2:5], weights)
    index, channel = np.unravel_index(np.abs(totals).argmax(), totals.shape)
    assert f"map {index}, channel {channel}" in lines
    *rows, others = cells(lines, "map sum")
    assert others == [f"the other {12 - len(rows)}"]
    for name, *numbers in rows:
        value = int(totals[int(name.split()[1])].sum())
        assert list(map(int, numbers)) == [value, 0, value, value]
    assert f"map {index}" in [row[0] for row in rows]
    lines = shown(convcli, "picture.npy", "-k", "maps.npy", "--at", "2,3", "--map", "7", "--channel", "39")
    assert "map 7, channel 39" in lines
    assert any(line.endswith(f" = {totals[7, 39]:g}") for line in lines)
    assert f"  sum     {totals[7].sum():g}" in lines
    said = convcli("explain", "picture.npy", "-k", "maps.npy", "--at", "2,3", "--map", "7", "--json")
    assert np.shape(json.loads(said.out)["products"]) == (12, 40, 3, 3)


def test_one_channel_and_one_component_in_full(convcli: Convcli) -> None:
    lines = shown(convcli, CAT, "-k", "sobel", "--at", "0,0", "--channel", "2", "--map", "1")
    assert "sobel-y, blue" in lines
    assert "  -14 - 24 - 14 + 0 + 0 + 0 + 14 + 24 + 14 = 0" in lines
    assert "  magnitude  blue sqrt(0^2 + 0^2) = 0" in lines
    assert not any("red " in line or "green" in line for line in lines if "stored" not in line)


@pytest.mark.parametrize(
    ("args", "status", "said"),
    [
        (["--channel", "3"], 1, "there is no channel 3: the picture has 3; hint: channels are 0 to 2"),
        (["--channel", "-1"], 1, "there is no channel -1: the picture has 3; hint: channels are 0 to 2"),
        (["--channel", "red"], 2, "--channel: 'red' is not a whole number"),
        (["--map", "2"], 2, "there is no map 2: the kernel has 2; hint: maps are 0 to 1"),
        (["--map", "-1"], 2, "there is no map -1: the kernel has 2; hint: maps are 0 to 1"),
        (["--map", "1", "-k", "box"], 2, "--kernel is given 2 times"),
    ],
)
def test_numbers_that_there_are_not(convcli: Convcli, args: list[str], status: int, said: str) -> None:
    convcli("explain", CAT, "-k", "sobel", "--at", "0,0", *args).check_refusal(status, said)
    assert said in convcli("explain", CAT, "-k", "sobel", "--at", "0,0", "--json", *args).err


CHINESE = """\
  图像    5 x 5，float64 数据
  卷积核  1 2 3; 4 5 6; 7 8 9：3 x 3，互相关
  填充    reflect：上 1，下 1，左 1，右 1
"""


def test_the_report_in_chinese(convcli: Convcli, monkeypatch: pytest.MonkeyPatch) -> None:
    options = [SAMPLES / "notes-5x5.csv", "-k", "1 2 3; 4 5 6; 7 8 9", "--at", "0,0"]
    lines = shown(convcli, *options, "--lang", "zh")
    assert lines[0].endswith("：输出像素 (0, 0)")
    assert CHINESE in "\n".join(lines)
    # blocks beside each other stand where they do in English: their titles are as wide in cells
    english = shown(convcli, *options, "--lang", "en")
    for line, other in zip(lines, english, strict=True):
        if re.match(r"  -?[01] ", line):
            assert line == other
    heads = next(line for line in lines if "= 乘积" in line)
    other = next(line for line in english if "= products" in line)
    assert cell_len(heads.partition("=")[0]) == cell_len(other.partition("=")[0])
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert shown(convcli, *options) == lines
    assert json.loads(convcli("explain", *options, "--json").out)["pad"] == "reflect"
    refused = convcli("explain", *options, "--channel", "4")
    refused.check_refusal(1, "there is no channel 4: the picture has 1")


def test_pooling_in_chinese(convcli: Convcli) -> None:
    lines = shown(convcli, CAT, "--pool", "median", "--padding", "1", "--at", "0,0", "--lang", "zh")
    words = "\n".join(lines)
    for line in (
        "  池化  median：2 x 2",
        "  红：排序：24；中值 = 24",
        "存储值  红 24，绿 12，蓝 15（8 位）",
    ):
        assert line in words
    below_the_name = words.partition("：")[2]
    assert not re.search("[a-z]{3,}", re.sub("median|rgb|floor", "", below_the_name))
