"""``--layout``: arrays of three axes have channels last in every file, or first where that is said."""

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import convcli as cv
from convcli.errors import UsageError
from tests.program import Convcli, pixels

LAYER = '[[layer]]\ntype = "pool"\nsize = 1\n'
STACK = 'scale = "byte"\n' + LAYER
RANDOM = np.random.default_rng(3)
LARGER = RANDOM.integers(0, 256, (30, 40, 3)).astype(np.float32)
ROWS_FIRST = LARGER[4:24, 6:36]
CHANNELS_FIRST = np.ascontiguousarray(np.moveaxis(ROWS_FIRST, 2, 0))


def save(suffix: str, array: np.ndarray[Any, Any], name: str) -> None:
    if suffix == "npy":
        np.save(f"{name}.npy", array)
    elif suffix == "npz":
        np.savez(f"{name}.npz", only=array)
    else:
        Path(f"{name}.json").write_text(json.dumps(array.tolist()))


def load(path: str) -> np.ndarray[Any, Any]:
    if path.endswith(".json"):
        return np.array(json.loads(Path(path).read_text()))
    loaded = np.load(path)
    return np.asarray(loaded[loaded.files[0]] if path.endswith(".npz") else loaded)


COMMANDS = {
    "filter": ["filter", "x.{}", "-k", "1"],
    "pool": ["pool", "x.{}", "--size", "1"],
    "run": ["run", "net.toml", "x.{}"],
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("suffix", ["npy", "npz", "json"])
def test_axes_read_and_written(convcli: Convcli, command: str, suffix: str) -> None:
    Path("net.toml").write_text(STACK)
    words = [word.format(suffix) for word in COMMANDS[command]]
    for layout, array in (("hwc", ROWS_FIRST), ("chw", CHANNELS_FIRST)):
        save(suffix, array, "x")
        ran = convcli(*words, "-o", f"y.{suffix}", "--layout", layout)
        assert (ran.status, ran.err) == (0, "")
        assert_array_equal(load(f"y.{suffix}"), array)
    ran = convcli(*words, "-o", "y.tif", "--layout", "chw")
    assert_array_equal(cv.read_image("y.tif"), ROWS_FIRST)
    ran = convcli(*words, "-o", "y.png", "--layout", "chw", "--range", "clip")
    assert_array_equal(pixels("y.png"), ROWS_FIRST.astype(np.uint8))


def test_pipes(convcli: Convcli) -> None:
    np.save("x.npy", CHANNELS_FIRST)
    ran = convcli("filter", "-", "-k", "1", "--layout", "CHW", stdin=Path("x.npy").read_bytes())
    assert ran.out == Path("x.npy").read_bytes()


def test_show_reads_and_writes(convcli: Convcli) -> None:
    np.save("x.npy", CHANNELS_FIRST)
    convcli("show", "x.npy", "--as", "npy", "-o", "y.npy", "--layout", "chw")
    assert_array_equal(np.load("y.npy"), CHANNELS_FIRST)
    said = json.loads(convcli("show", "x.npy", "--json", "--layout", "chw").out)
    assert [one["values"] for one in said["maps"]] == CHANNELS_FIRST.tolist()


def test_learn_reads_targets_too_and_repeats_the_option(convcli: Convcli) -> None:
    np.save("x.npy", CHANNELS_FIRST)
    np.save("y.npy", 2 * CHANNELS_FIRST)
    ran = convcli("learn", "x.npy", "y.npy", "--size", "1", "--layout", "chw", "-o", "k.json")
    assert ran.status == 0, ran.err
    assert json.loads(Path("k.json").read_text())["kernel"] == pytest.approx(np.array([[2.0]]))
    assert "--layout chw" in ran.err
    assert "looks like" not in ran.err
    np.save("y.npy", 2 * ROWS_FIRST)
    ran = convcli("learn", "x.npy", "y.npy", "--size", "1", "--layout", "chw")
    assert ran.status == 1


def test_compare_reads_the_truth_too(convcli: Convcli) -> None:
    np.save("x.npy", CHANNELS_FIRST)
    np.save("larger.npy", np.moveaxis(LARGER, 2, 0))
    words = ["compare", "x.npy", "-k", "box", "--truth", "larger.npy", "--json", "--layout", "chw"]
    found = json.loads(convcli(*words).out)
    np.save("x.npy", ROWS_FIRST)
    np.save("larger.npy", LARGER)
    expected = json.loads(convcli(*words[:-2]).out)
    assert found["modes"] == expected["modes"]


def test_explain_and_spectrum(convcli: Convcli) -> None:
    np.save("x.npy", CHANNELS_FIRST)
    at = ["explain", "x.npy", "-k", "1", "--at", "2,7", "--json", "--layout", "chw"]
    assert_array_equal(json.loads(convcli(*at).out)["value"], ROWS_FIRST[2, 7])
    said = json.loads(convcli("spectrum", "x.npy", "-k", "box", "--json", "--layout", "chw").out)
    assert said["size"] == [20, 30]


LOOKS = {
    "colours first": ((3, 48, 64), True),
    "one channel first": ((1, 48, 64), True),
    "many maps first": ((16, 200, 300), True),
    "colours": ((48, 64, 3), False),
    "a strip of colours": ((2, 64, 4), False),
    "many bands": ((145, 145, 200), False),
    "maps of a network, last": ((7, 7, 512), False),
    "pooled to one pixel": ((1, 1, 512), False),
}


@pytest.mark.parametrize(("shape", "looks"), LOOKS.values(), ids=LOOKS)
def test_what_looks_like_channels_first_is_said_once(
    convcli: Convcli, shape: tuple[int, ...], looks: bool
) -> None:
    np.save("x.npy", np.ones(shape, np.float32))
    for words in (
        ["filter", "x.npy", "-k", "1", "-o", "y.npy"],
        ["pool", "x.npy", "--global", "-o", "z.npy"],
    ):
        said = convcli(*words)
        assert said.status == 0
        assert len(said.lines) == looks
        assert said.err.count("--layout chw") == looks
        assert convcli(*words, "--layout", "chw").err == ""


MISTAKEN = {
    "filter": ["filter", "x.npy", "-k", "k.npy", "-o", "y.npy"],
    "filter to a picture": ["filter", "x.npy", "-k", "1", "-o", "y.png"],
    "run": ["run", "net.toml", "x.npy"],
    "show": ["show", "x.npy", "-k", "k.npy"],
    "explain": ["explain", "x.npy", "-k", "k.npy", "--at", "0,0"],
    "compare": ["compare", "x.npy", "-k", "k.npy"],
    "compare with the truth": ["compare", "x.npy", "-k", "box", "--truth", "y.npy"],
    "learn": ["learn", "x.npy", "y.npy"],
    "learn a target": ["learn", "y.npy", "x.npy"],
}


@pytest.mark.parametrize("words", MISTAKEN.values(), ids=MISTAKEN)
def test_rows_that_are_taken_for_channels_are_an_error_that_names_the_option(
    convcli: Convcli, words: list[str]
) -> None:
    Path("net.toml").write_text('scale = "imagenet"\n' + LAYER)
    np.save("k.npy", np.ones((3, 3, 3)))
    np.save("x.npy", np.ones((3, 48, 64), np.float32))
    np.save("y.npy", np.ones((50, 66, 3), np.float32))
    ran = convcli(*words)
    ran.check_refusal(1, "64", "--layout chw")
    assert "channels" in ran.err


def test_python(tmp_path: Path) -> None:
    cv.write_image(tmp_path / "x.npy", ROWS_FIRST, layout="chw")
    assert_array_equal(np.load(tmp_path / "x.npy"), CHANNELS_FIRST)
    read = cv.read_image(tmp_path / "x.npy", layout="chw")
    assert_array_equal(read, ROWS_FIRST)
    assert read.flags.c_contiguous
    with pytest.raises(UsageError, match="layout 'cwh' is not known"):
        cv.read_image(tmp_path / "x.npy", layout="cwh")


def test_wrong_layout(convcli: Convcli) -> None:
    np.save("x.npy", ROWS_FIRST)
    convcli("filter", "x.npy", "-k", "1", "--layout", "cwh").check_refusal(2, "'cwh' is not known", "chw")


def test_numbers_pass_through_every_format_unchanged(convcli: Convcli) -> None:
    """From one format to the next: shortest digits, denormals, and the largest numbers of float64."""
    given = np.array([[0.1, -1 / 3, 5e-324, 2.0**53 - 1], [1.7e308, 1e22, 123456789.123456789, 0]])
    np.save("0.npy", given)
    chain = ["npy", "csv", "tsv", "json", "npz", "npy"]
    for number, (before, after) in enumerate(itertools.pairwise(chain)):
        ran = convcli("filter", f"{number}.{before}", "-k", "1", "-o", f"{number + 1}.{after}")
        assert (ran.status, ran.err) == (0, "")
    assert_array_equal(np.load("5.npy"), given, strict=True)
