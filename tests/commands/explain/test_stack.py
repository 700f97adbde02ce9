"""A stack, layer by layer: the values of `run`, sums and regions that can be computed by hand."""

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import oracle
from tests.pages import english_in
from tests.paths import SAMPLES
from tests.program import Convcli, Ran

X, X_STACK = SAMPLES / "letter-x.csv", SAMPLES / "stacks" / "letter-x.toml"
SMALL = SAMPLES / "stacks" / "small.toml"

# Layers of every kind, in two channels.
MIXED = """
scale = "byte"
[[layer]]
type = "conv"
weights = [[[[1, 2, 0]]], [[[0, -1, 0.5]]], [[[3, 1, -2]]], [[[1, 1, 1]]]]
bias = [0.5, 0, -1, 2]
groups = 2
padding = [0, 1]
pad = "wrap"
[[layer]]
type = "normalize"
mean = [1, 2, 3, 4]
std = 2
[[layer]]
type = "pool"
mode = "avg"
size = 3
stride = 2
padding = 1
ceil = true
[[layer]]
type = "leaky-relu"
[[layer]]
type = "upsample"
mode = "bilinear"
[[layer]]
type = "conv"
kernel = "sobel"
bias = -3
padding = 1
[[layer]]
type = "pool"
mode = "min"
padding = [1, 1]
size = 2
"""


@pytest.fixture
def mixed(tmp_path: Path) -> tuple[Path, Path]:
    """A picture of two channels, and a stack of many kinds of layers."""
    picture, stack = tmp_path / "picture.npy", tmp_path / "mixed.toml"
    np.save(picture, np.random.default_rng(5).normal(size=(8, 7, 2)).round(2))
    stack.write_text(MIXED)
    return picture, stack


def told(ran: Ran) -> dict[str, Any]:
    assert (ran.status, ran.err) == (0, "")
    return json.loads(ran.out)


def test_the_letter_by_hand(convcli: Convcli) -> None:
    said = told(convcli("explain", X, "--stack", X_STACK, "--at", "0,0", "--map", 1, "--json"))
    letter = np.loadtxt(X, delimiter=",")
    # the second stroke rises to the right: its kernel is the first one's mirror image, and so is its path
    rising = np.array([[-1, -1, 1], [-1, 1, -1], [1, -1, -1]])
    layers = said["layers"]
    assert [layer["name"] for layer in layers] == ["input", "conv1", "relu1", "pool1", "conv2", "pool2"]
    assert [layer["shape"] for layer in layers[1:]] == [[3, 7, 7], [3, 7, 7], [3, 3, 3], [2, 2, 2], [2, 1, 1]]
    sizes = [layer["receptive_field"]["size"] for layer in layers]
    assert sizes == [[1, 1], [3, 3], [3, 3], [5, 5], [7, 7], [9, 9]]
    assert [layer["receptive_field"]["field"] for layer in layers] == sizes
    shares = [layer["receptive_field"]["share"] for layer in layers]
    np.testing.assert_allclose(shares, [1 / 81, 9 / 81, 9 / 81, 25 / 81, 49 / 81, 1])
    assert [layer["needed"]["size"] for layer in layers] == [[9, 9], [7, 7], [7, 7], [3, 3], [2, 2], [1, 1]]
    # conv2 at (0, 0): a rising stroke at (0, 1), a crossing at (1, 0), each the best of 3 x 3 places
    maps = {}
    for name, kernel in {"crossing": [[1, -1, 1], [-1, 1, -1], [1, -1, 1]], "rising": rising}.items():
        scores = [[(letter[r : r + 3, c : c + 3] * kernel).sum() - 4 for c in range(7)] for r in range(7)]
        maps[name] = np.maximum(scores, 0)
    rises, crosses = maps["rising"][0:3, 2:5].max(), maps["crossing"][2:5, 0:3].max()
    conv = layers[4]
    assert (conv["at"], conv["map"], conv["sums"], conv["bias"]) == ([0, 0], 1, [[0, crosses, rises]], [0])
    assert conv["value"] == rises + crosses
    assert sorted(layers[5]["read"]) == [6, 6, 6, 10]
    assert said["value"] == 10


def evaluated(text: str) -> float:
    """Compute the left side of a line such as ``conv1 (1, 2): products: 1 + 2 - 3 (bias) = 0``."""
    text = text.rpartition(" = ")[0].rpartition(": ")[2].replace("\u2212", "-")
    if text.startswith(("(", "\u221a")):
        return eval(text.replace("\u221a", "math.sqrt").replace("\u00b2", "**2"), {"math": math})
    name, inside = re.fullmatch(r"((?:[a-z][a-z-]*)?)(.*)", text).groups()
    known = {
        "min": lambda *values: min(values),
        "max": lambda *values: max(values),
        "magnitude": math.hypot,
        "leaky-relu": lambda value: max(value, 0.01 * value),
        "": lambda value: value,
    }
    arguments, _, added = inside.partition(")") if name else (inside, "", "")
    numbers = [float(word) for word in arguments.strip("()").split(",")] if name else []
    plain = re.sub(r" ?[\[(][a-z0-9]+[\])]", "", added if name else arguments)
    return (known[name](*numbers) if name else 0) + (eval(plain, {}) if plain.strip() else 0)


@pytest.mark.parametrize("at", [(0, 0), (1, 2), (-1, -1), (4, 0)])
def test_many_layers_at_many_pixels(
    convcli: Convcli, mixed: tuple[Path, Path], at: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")  # no line is broken
    picture, stack = mixed
    maps = [np.load(picture).astype(np.float64)]
    parts = MIXED.split("[[layer]]")
    for count in range(2, len(parts) + 1):
        Path("part.toml").write_text("[[layer]]".join(parts[:count]))
        assert convcli("run", "part.toml", picture, "-o", "made.npy", "-q").status == 0
        maps.append(np.load("made.npy"))
        Path("made.npy").unlink()
    where = ["--stack", stack, "--at", f"{at[0]},{at[1]}", "--map", 3]
    said = told(convcli("explain", picture, *where, "--json"))
    assert said["at"] == [place % n for place, n in zip(at, maps[-1].shape, strict=False)]
    for layer, made in zip(said["layers"], maps, strict=True):
        row, column = layer["at"]
        assert layer["value"] == pytest.approx(made[row, column, layer["map"]], rel=1e-9)
    first, sums = said["layers"][1], said["layers"][1]["sums"][0]
    weights = [[1, 2, 0], [0, -1, 0.5], [3, 1, -2], [1, 1, 1]][first["map"]]
    row, column = first["at"]
    seen = [oracle.source(column + tap - 1, 7, "wrap") for tap in range(3)]
    assert sums == pytest.approx([maps[0][row, seen, first["map"] // 2] @ weights])
    lines = convcli("explain", picture, *where).out.decode().splitlines()
    steps = [line.rstrip() for line in lines if re.match(r"  (conv|pool|leaky-relu)\d \(", line)]
    assert len(steps) == 5
    for line in steps:
        assert evaluated(line) == pytest.approx(float(line.rpartition(" = ")[2]), abs=2e-5), line


def test_the_report_is_a_table_and_two_screens(convcli: Convcli) -> None:
    ran = convcli("explain", X, "--stack", X_STACK, "--at", "0,0")
    lines = [line.rstrip() for line in ran.out.decode().splitlines()]
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 48
    assert "conv2   2x2x2  0..1,0..1    0,0     10  0..1,0..1  0..6,0..6" in lines
    assert "  pool2 (0, 0): max(10, 6, 6, 6) = 10" in lines
    text = " ".join(ran.out.decode().split())
    assert "one value of conv2 is computed from 12 of the 27 values before it" in text
    assert "3x3 (conv1), 5x5 (pool1), 7x7 (conv2), 9x9 (pool2); that of pool2 above sees 81 of 81" in text
    photo = convcli("explain", SAMPLES / "camera.png", "--stack", SMALL, "--at", "0,-1")
    lines = photo.out.decode().splitlines()
    assert max(len(line.rstrip()) for line in lines) <= 80
    assert len(lines) <= 48


def test_it_speaks_chinese(convcli: Convcli) -> None:
    ran = convcli("explain", X, "--stack", X_STACK, "--at", "0,0", "--lang", "zh")
    names = ("letter-x.csv", "letter-x.toml", "conv1", "relu1", "pool1", "conv2", "pool2")
    assert english_in(ran.out.decode().splitlines(), *names) == []
    assert "感受野" in ran.out.decode()


REFUSED = [
    (["--at", "1,0"], "there is no output pixel (1, 0): the output is 1x1"),
    (["--at", "0,0", "--map", "2"], "there is no map 2: the last layer makes 2"),
    ([], "--at is missing"),
    (["--at", "0,0", "--channel", "1"], "--channel has no effect with --stack"),
    (["--at", "0,0", "--range", "abs"], "--range has no effect with --stack"),
    (["--at", "0,0", "--gray"], "--gray has no effect with --stack"),
]


@pytest.mark.parametrize(("options", "says"), REFUSED, ids=[says for _, says in REFUSED])
def test_what_has_no_effect_is_refused(convcli: Convcli, options: list[str], says: str) -> None:
    ran = convcli("explain", X, "--stack", X_STACK, *options)
    assert ran.status != 0
    ran.check_refusal(ran.status, says)


def test_defaults_of_the_environment_are_for_other_commands(
    convcli: Convcli, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = convcli("explain", X, "--stack", X_STACK, "--at", "0,0")
    for name, value in {"GRAY": "1", "RANGE": "abs", "DEPTH": "16", "PAD": "wrap"}.items():
        monkeypatch.setenv(f"CONVCLI_{name}", value)
    assert convcli("explain", X, "--stack", X_STACK, "--at", "0,0") == before


def test_a_long_stack_is_refused(convcli: Convcli, tmp_path: Path) -> None:
    (tmp_path / "long.toml").write_text("[[layer]]\ntype = 'relu'\n" * 65)
    ran = convcli("explain", X, "--stack", "long.toml", "--at", "0,0")
    ran.check_refusal(2, "long.toml': number of layers 65 is above the limit of 64", "--summary")


def test_what_is_read_is_counted_without_padding(convcli: Convcli, tmp_path: Path) -> None:
    # a window of 5 x 5 at the corner of 2 x 3 pixels, reflected, is computed from all six
    (tmp_path / "small.csv").write_text("1,2,3\n4,5,6\n")
    (tmp_path / "one.toml").write_text(
        '[[layer]]\ntype = "conv"\nkernel = "binomial:size=5"\npadding = "same"\npad = "symmetric"\n'
    )
    ran = convcli("explain", tmp_path / "small.csv", "--stack", tmp_path / "one.toml", "--at", "0,0")
    assert "conv1 is computed from 6 of the 6 values before it" in " ".join(ran.out.decode().split())
