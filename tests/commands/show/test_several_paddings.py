"""`convcli show -p a,b,c`: paddings side by side, where they differ, and how that is said."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from rich.cells import cell_len

import convcli as cv
from convcli.choices import PadMode
from convcli.options.completion import several_pads
from tests import oracle
from tests.paths import CASES, SAMPLES
from tests.program import Convcli, force_colour, pixels

NOTES = SAMPLES / "notes-5x5.csv"
KERNEL = "1 2 3; 4 5 6; 7 8 9"
FOUR = "zero,constant,reflect,replicate"
GOLDEN = {
    case["pad"]: case["output"]
    for case in json.loads((CASES / "golden.json").read_text())["cases"]
    if case["name"].startswith("5x5 * 1..9, ") and case["name"].endswith("padding, same size")
}


def lines(convcli: Convcli, *args: object) -> list[str]:
    ran = convcli("show", *args)
    assert (ran.status, ran.err) == (0, "")
    return [line.rstrip() for line in ran.out.decode().splitlines()]


def test_padded_matrices_by_hand(convcli: Convcli) -> None:
    Path("a.csv").write_text("1,2\n3,4\n")
    assert lines(convcli, "a.csv", "--padding", 1, "-p", "zero,constant,edge", "--pad-value", 7) == [
        "a.csv",
        "4 x 4, padding 1",
        "",
        "zero: min 0, max 4       constant 7: min 1, max 7   replicate: min 1, max 4",
        "   -1    0    1    2        -1    0    1    2          -1    0    1    2",
        "-1 [0 ] [0 ] [0 ] [0 ]   -1 [7█] [7█] [7█] [7█]     -1 [1▂] [1▂] [2▃] [2▃]",
        " 0 [0 ]  1▂   2▃  [0 ]    0 [7█]  1▂   2▃  [7█]      0 [1▂]  1▂   2▃  [2▃]",
        " 1 [0 ]  3▄   4▅  [0 ]    1 [7█]  3▄   4▅  [7█]      1 [3▄]  3▄   4▅  [4▅]",
        " 2 [0 ] [0 ] [0 ] [0 ]    2 [7█] [7█] [7█] [7█]      2 [3▄] [3▄] [4▅] [4▅]",
        "",
        "bars behind numbers: distance from 0, █ is 7",
        "[ ] is padding",
        "12 of 16 pixels differ, by 7 at most: 0 (zero) and 7 (constant 7) at -1,-1",
    ]


def test_results_are_marked_where_they_differ(convcli: Convcli) -> None:
    """Of ``1 2; 3 4`` each pixel minus its right neighbour; beyond the edge is 0, or the pixel itself."""
    Path("a.csv").write_text("1,2\n3,4\n")
    shown = lines(convcli, "a.csv", "-k", "1 -1", "-p", "zero,replicate,symmetric")
    rows = [re.findall(r"[-+]?\d+[▁-█ ]?\*?", line) for line in shown if re.match(r"[01] ", line)]
    assert [[word.replace(" ", "") for word in row] for row in rows] == [
        ["0", "-1▃", "+2▅*", "0", "-1▃", "0*", "0", "-1▃", "0*"],
        ["1", "-1▃", "+4█*", "1", "-1▃", "0*", "1", "-1▃", "0*"],
    ]
    assert shown[-2:] == [
        "2 of 4 results differ (*), by 4 at most: 0 (replicate) and 4 (zero) at 1,1",
        "replicate and symmetric are equal",
    ]


def test_the_figures_of_the_notes(convcli: Convcli) -> None:
    """Published results of PyTorch, from one command, as JSON and side by side."""
    args = (NOTES, "-k", KERNEL, "-p", FOUR, "--pad-value", 5)
    found = json.loads(convcli("show", *args, "--json").out)["maps"]
    assert [one["pad"] for one in found] == ["zero", "constant", "reflect", "replicate"]
    for one in found:
        assert one["values"] == GOLDEN[one["pad"]]
    shown = lines(convcli, *args)
    rows = [re.findall(r"\d+", line) for line in shown if re.match(r"[0-4]  *\d+\S+ ", line)]
    assert [row[1:6] + row[7:] for row in rows] == [
        [f"{number:.0f}" for pad in pads for number in GOLDEN[pad][row]]
        for pads in (("zero", "constant"), ("reflect", "replicate"))
        for row in range(5)
    ]
    starred = [len(re.findall(r"\*", line)) for line in shown if re.match(r"[0-4]  *\d+\S+ ", line)]
    assert starred == 2 * [10, 4, 4, 4, 10], "the border of 5 x 5, in two tables"
    assert shown[-1] == "16 of 25 results differ (*), by 219 at most: 96 (zero) and 315 (reflect) at 4,0"


def test_equal_modes_are_said_to_be(convcli: Convcli) -> None:
    shown = lines(convcli, NOTES, "-k", KERNEL, "-p", FOUR)
    assert shown[-1] == "zero and constant are equal"
    shown = lines(convcli, NOTES, "-k", KERNEL, "-p", "symmetric,replicate")
    assert shown[-1] == "symmetric and replicate are equal at all 25 results"
    assert "*" not in "".join(shown)


@pytest.mark.parametrize("spec", ["1 2; 3 -4", "gaussian:sigma=4", "1/3 1/7 -1/2"])
def test_places_are_those_that_differ(convcli: Convcli, gray: Path, spec: str) -> None:
    """Rounding does not count, whatever method computes a mode."""
    modes = ["zero", "wrap", "reflect"]
    found = json.loads(convcli("show", gray, "-k", spec, "-p", ",".join(modes), "--json").out)["maps"]
    weights = cv.kernel(spec).weights
    expected = [oracle.correlate(pixels(gray), weights, pad=mode) for mode in modes]
    for one, values in zip(found, expected, strict=True):
        np.testing.assert_allclose(one["values"], values, atol=1e-3)
    apart = np.ptp(np.stack(expected), axis=0)
    last = lines(convcli, gray, "-k", spec, "-p", ",".join(modes))[-2:]
    said = re.search(r"(\d+) of 540 results differ", " ".join(last))
    assert said is not None
    assert int(said[1]) == np.count_nonzero(apart > 1e-2)
    assert float(re.search(r"by ([\d.e+-]+) at most", " ".join(last))[1]) == pytest.approx(
        apart.max(), rel=1e-4
    )


def test_one_mode_is_as_it_was(convcli: Convcli) -> None:
    once = convcli("show", NOTES, "-k", "box", "-p", "zero").out
    assert convcli("show", NOTES, "-k", "box", "-p", "zero,zeros, ZERO").out == once
    assert b"pad zero" in once


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("modes", ["zero,reflect", "zero,constant,reflect,replicate,wrap,symmetric"])
@pytest.mark.parametrize(
    "args",
    [("--padding", 3), ("-k", "1/3 -1/7"), ("-k", "sobel-x", "--max-size", 7), ("-k", "1 2", "--score")],
)
def test_no_line_is_wider_and_all_fit_two_screens(
    convcli: Convcli,
    gray: Path,
    monkeypatch: pytest.MonkeyPatch,
    width: int,
    modes: str,
    args: tuple[object, ...],
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    shown = lines(convcli, gray.name, *args, "-p", modes)
    assert max(map(cell_len, shown)) <= width
    names = modes.split(",")
    most = 48 if width == 80 else 52  # sentences take more lines
    assert "--max-size" in args or len(shown) <= max(most, 6 * len(names) + 10)
    assert all(re.search(rf"(^|  ){name}(:|$|  )", "\n".join(shown), re.MULTILINE) for name in names)


def test_a_corner_of_a_large_picture(convcli: Convcli) -> None:
    shown = lines(convcli, SAMPLES / "camera.png", "--padding", 2, "-p", FOUR)
    part = re.search(
        r"^516 x 516, padding 2 \(the top left (\d+) x 5 is shown, --region shows others\)$", shown[1]
    )
    assert part is not None, shown[1]
    rows = [line for line in shown if re.match(r" *-?\d+ +\[", line)]
    assert len(rows) == 2 * int(part[1])
    padded = np.pad(pixels(SAMPLES / "camera.png"), 2, mode="reflect")
    first = [[int(word) for word in re.findall(r"(\d+)[▁-█]", row)[:5]] for row in rows[int(part[1]) :]]
    assert_array_equal(first, padded[: int(part[1]), :5])
    assert "4,112 of 266,256 pixels differ" in " ".join(shown), "516 x 516 less 512 x 512"
    shown = lines(
        convcli, SAMPLES / "camera.png", "--padding", 2, "-p", "zero,reflect", "--region", "-4:,-4:"
    )
    assert shown[1] == "516 x 516, of which 512:516,512:516, padding 2"
    rows = [re.findall(r"\d+(?=[▁-█])", line) for line in shown if re.match(r"\d+ +\S*\d", line)]
    assert_array_equal([[int(word) for word in row[-4:]] for row in rows], padded[-4:, -4:])


def test_channels_fit_two_screens(convcli: Convcli) -> None:
    shown = lines(convcli, SAMPLES / "coffee.png", "-k", "sobel-x", "-p", FOUR)
    assert len(shown) <= 48
    assert sum("replicate" in line.split() for line in shown) >= 3, "each channel has all modes"


def test_low_maps_are_below_each_other(convcli: Convcli) -> None:
    """A row of 20 numbers: 15 of them are 79 columns wide, half as wide it would be 7."""
    np.savetxt("a.csv", np.arange(16)[None] % 8, "%d", ",")
    shown = lines(convcli, "a.csv", "--padding", "0x2", "-p", "zero,reflect,wrap")
    assert shown[1] == "1 x 20, padding 0x2 (the top left 1 x 15 is shown, --region shows others)"
    rows = [re.findall(r"\d(?=[ ▁-█])", line)[-15:] for line in shown if line.startswith("0 ")]
    assert ["".join(row) for row in rows] == [f"{ends}0123456701234" for ends in ("00", "21", "67")]


def test_wide_numbers_and_long_names_stand_below_each_other(
    convcli: Convcli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    Path("a.csv").write_text("1\n")
    modes = ("-p", "zero,constant,wrap", "--pad-value", "-1e9")
    assert max(map(len, lines(convcli, "a.csv", "-k", "1 -1", *modes))) <= 40
    shown = lines(convcli, "a.csv", "-k", "1/3", "--precision", 17, "-p", "zero,wrap")
    assert sum(line.startswith("0 0.33333333333333331") for line in shown) == 2
    assert max(map(len, shown)) <= 40


def test_channels_and_kernels_have_tables_of_their_own(convcli: Convcli, photo: Path) -> None:
    shown = lines(convcli, photo.name, "-k", "1 2", "-k", "1;2", "-p", "zero,wrap", "--region", ":2,:2")
    titles = [line for line in shown if line.startswith(photo.name)]
    assert [title.partition(", ")[2] for title in titles] == [
        f"kernel {kernel!r}, {colour}" for kernel in ("1 2", "1;2") for colour in ("red", "green", "blue")
    ]
    found = json.loads(convcli("show", photo, "-k", "1 2", "-p", "zero,wrap", "--json").out)["maps"]
    assert [(one["channel"], one["pad"]) for one in found] == [
        (colour, pad) for colour in ("red", "green", "blue") for pad in ("zero", "wrap")
    ]


def test_marks_are_bold_too(convcli: Convcli, monkeypatch: pytest.MonkeyPatch) -> None:
    force_colour(monkeypatch)
    out = convcli("show", NOTES, "-k", KERNEL, "-p", "zero,reflect").out.decode()
    cells = re.findall(r"\x1b\[([\d;]*48;2;[\d;]*)m *\d+([* ])", out)
    assert len(cells) == 50
    assert {style.startswith("1;") == (mark == "*") for style, mark in cells} == {True}


def test_arrays_stack_and_tables_of_one_map_refuse(convcli: Convcli) -> None:
    args = ("show", NOTES, "-k", KERNEL, "-p", "zero,reflect")
    convcli(*args, "-o", "y.npy")
    assert_array_equal(np.load("y.npy"), np.dstack([GOLDEN["zero"], GOLDEN["reflect"]]))
    hint = "give one mode to --pad, or use --as json or npy"
    convcli(*args, "--as", "csv").check_refusal(1, ".csv holds one map, and there are 2", hint)


def test_pictures_have_titles(convcli: Convcli) -> None:
    shown = lines(convcli, NOTES, "--padding", 1, "-p", "zero,reflect", "--preview")
    assert any(line.split() == ["zero", "reflect"] for line in shown)
    shown = lines(convcli, SAMPLES / "coffee.png", "--padding", 40, "-p", "zero,reflect", "--preview")
    assert " ".join(shown).split().count("reflect") == 1


@pytest.mark.parametrize(
    ("args", "says", "hint"),
    [
        (["-p", "zero,reflect"], "--pad has no effect without a kernel", "--padding N"),
        (["-p", "zero,valid", "-k", "box"], "valid pads nothing, so its maps are smaller", "leave valid out"),
        (["-p", "zero,refect", "-k", "box"], "padding mode 'refect' is not known", "reflect"),
        (["-p", "zero,", "-k", "box"], "padding mode '' is not known", "zero, constant"),
        (["-p", "zero,wrap", "-k", "box", "--pad-value", 3], "--pad-value 3 has no effect", "constant"),
    ],
)
def test_refusals(convcli: Convcli, args: list[object], says: str, hint: str) -> None:
    convcli("show", NOTES, *args).check_refusal(2, says, hint)


def test_the_variable_may_hold_several(convcli: Convcli, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = convcli("show", NOTES).out
    monkeypatch.setenv("CONVCLI_PAD", "zero,reflect")
    assert convcli("show", NOTES).out == alone, "nothing is padded"
    assert "16 of 25 results differ" in convcli("show", NOTES, "-k", KERNEL).out.decode()


def test_completion_after_a_comma() -> None:
    assert several_pads("zero,re")[:2] == ["zero,reflect", "zero,replicate"]
    assert set(PadMode) <= set(several_pads(""))
