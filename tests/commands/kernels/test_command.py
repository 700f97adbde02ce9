"""`convcli kernels`, `kernels show`, `kernels export`."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from convcli.kernels import library
from tests.program import Convcli, pixels


def test_the_list_has_every_kernel_in_80_columns(convcli: Convcli) -> None:
    ran = convcli("kernels", "--all")
    assert (ran.status, ran.err) == (0, "")
    text = ran.out.decode()
    words = set(text.replace(",", " ").split())
    assert set(library.names()) <= words
    assert set(library.SYNONYMS) <= words
    assert max(map(len, text.splitlines())) <= 80
    for option in ("-v", "--verbose"):
        assert convcli("kernels", option).out == ran.out


@pytest.mark.parametrize("words", [[], ["list"], ["--no-color"], ["list", "--no-color"]])
def test_the_list_fits_a_screen_of_80_by_24(convcli: Convcli, words: list[str]) -> None:
    ran = convcli("kernels", *words)
    assert (ran.status, ran.err) == (0, "")
    lines = ran.out.decode().splitlines()
    assert len(lines) <= 23, "one line is left for the prompt"
    assert max(map(len, lines)) <= 80
    rows = [re.split(r",? +", line.rstrip()) for line in lines]
    groups = [row[0] for row in rows if row[0]][:-2]
    assert groups == ["smooth", "sharp", "edges", "blobs", "waves"]
    found = set()
    for row in rows[:-2]:
        found |= {row[1], *(row[1] + end for end in ("-x", "-y") if end in row)}
    found |= {"robinson"} & {word for row in rows for word in row}
    assert found == set(library.names())
    assert "gaussian         Gaussian blur  sigma size sigma-x sigma-y" in ran.out.decode()


@pytest.mark.parametrize("width", [30, 50, 79, 200])
def test_the_list_is_never_cut(convcli: Convcli, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    text = convcli("kernels").out.decode()
    assert max(map(len, text.splitlines())) <= width
    assert ("no room for: groups, parameters" in " ".join(text.split())) == (width < 50)
    words = set(re.split(r"[ ,\n]+", text))
    for entry in library.TABLE.values():
        if "derivative " not in entry.about and "difference along" not in entry.about:
            assert set(re.split(r"[ ,]+", entry.about.partition(":")[0])) <= words


def test_the_list_has_pictures_and_responses(convcli: Convcli, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = convcli("kernels", "--all").out.decode().splitlines()
    assert lines[1].split() == ["kernel", "picture", "response", "what", "it", "does"]
    column = lines[1].index("response")

    def response(name: str) -> list[str]:
        (row,) = [number for number, line in enumerate(lines) if line.startswith(f" {name} ")]
        return [line[column : column + 10] for line in lines[row : row + 5]]

    assert response("identity") == ["@" * 10] * 5
    assert response("laplacian") == response("laplacian")[::-1]
    low, high = response("gaussian"), response("laplacian")
    assert low[2][4:6] == "##"
    assert low[0][:2] == "  "
    assert high[0][:2] == "##"
    assert high[2][4:6] in ("  ", "..")
    monkeypatch.setenv("COLUMNS", "40")
    narrow = convcli("kernels", "list", "--all").out.decode().splitlines()
    assert max(map(len, narrow)) <= 40
    assert narrow[1].split() == ["kernel", "picture", "what", "it", "does"]
    assert narrow[-1].rstrip() == "no room for: response"
    text = "".join(word for word in " ".join(narrow).split())
    assert all(name in text for name in (*library.names(), *library.SYNONYMS))


def test_the_list_as_json(convcli: Convcli) -> None:
    found = [json.loads(line) for line in convcli("kernels", "--json").out.splitlines()]
    assert [entry["kernel"] for entry in found] == list(library.names())
    assert all(entry["source"] and entry["about"] for entry in found)
    (gaussian,) = [entry for entry in found if entry["kernel"] == "gaussian"]
    assert "sigma" in gaussian["parameters"]
    assert {"blur", "gauss"} <= set(gaussian["synonyms"])
    for words in (["list", "--json"], ["--json", "list"]):
        assert convcli("kernels", *words).out == convcli("kernels", "--json").out


@pytest.mark.parametrize(
    "spec", ["gaussian", "blur:sigma=2", "[[1, 2], [3, 4]]", "1 2; 3 4", "-1 0 1", "-.5"]
)
def test_a_kernel_alone_is_shown(convcli: Convcli, spec: str) -> None:
    shown = convcli("kernels", "show", spec)
    assert (shown.status, shown.err) == (0, "")
    assert convcli("kernels", spec) == shown
    assert convcli("kernels", spec, "--json").out == convcli("kernels", "--json", "show", spec).out


@pytest.mark.parametrize("spec", ["-1 0 1", "-1,0,1", "-1e0 0 1", "-1 0 1 # a remark"])
def test_a_kernel_may_begin_with_a_minus(convcli: Convcli, spec: str) -> None:
    assert "-1  0  1" in convcli("kernels", "show", spec, "--no-color").out.decode()
    assert convcli("kernels", "export", spec, "--format", "csv").out == b"-1,0,1\n"
    assert convcli("kernels", "export", "-o", "-1.csv", spec).out == b"-1.csv\n"
    assert Path("-1.csv").read_text() == "-1,0,1\n"
    for option in ("-k", "--kernel"):
        assert convcli("show", "./-1.csv", option, spec, "--as", "csv").status == 0


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["kernels", "-1 0 x"], "kernel '-1 0 x': 'x' is not a number (row 1, column 3)"),
        (["kernels", "show", "-1 2; 3"], "kernel '-1 2; 3': row 2 has 1 number"),
        (["kernels", "show", "-z"], "-z"),
        (["kernels", "sobl"], "did you mean 'sobel'?"),
        (["kernels", "median"], "median is not a kernel"),
        (["kernels", "gone.npy"], "no such kernel file: 'gone.npy'"),
        (["kernels", "exprt"], "'export'"),
        (["kernels", "-o", "k.json", "export", "box"], "-o draws all kernels, not one"),
        (["kernels", "-o", "k.png", "box"], "-o draws all kernels, not one"),
    ],
)
def test_words_that_are_no_kernel(convcli: Convcli, args: list[str], says: str) -> None:
    convcli(*args).check_refusal(2, says)
    assert list(Path().iterdir()) == []


def test_the_sheet_has_every_kernel(convcli: Convcli) -> None:
    ran = convcli("kernels", "-o", "sheet.png")
    assert (ran.status, ran.out, ran.err) == (0, b"sheet.png\n", "")
    assert convcli("kernels", "list", "-o", "-").out == Path("sheet.png").read_bytes()
    sheet = pixels("sheet.png").astype(int)
    red, blue, zero = (180, 4, 38), (59, 76, 192), (221, 221, 221)

    def tile(index: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int_]]:
        """The picture of the weights of a kernel; all have a side of 96, and are 224 x 160 apart."""
        row, column = divmod(index, 5)
        return sheet[100 + 160 * row : 196 + 160 * row, 12 + 224 * column : 108 + 224 * column]

    def centres(index: int) -> list[list[tuple[int, ...]]]:
        return [[tuple(pixel) for pixel in row] for row in tile(index)[16::32, 16::32].tolist()]

    assert centres(0) == [[zero] * 3, [zero, red, zero], [zero] * 3], "identity"
    assert centres(1) == [[red] * 3] * 3, "box"
    assert [row[1] for row in centres(11)] == [zero] * 3, "sobel-x"
    assert (centres(11)[1][0], centres(11)[1][2]) == (blue, red)
    assert (centres(12)[0][1], centres(12)[2][1]) == (blue, red), "sobel-y"
    assert centres(25)[1][1] == blue, "laplacian"
    assert sheet.shape[1] <= 1200
    assert (sheet[:, -4:] == 255).all()


@pytest.mark.parametrize(
    ("output", "status", "says"),
    [("sheet.csv", 1, "not written as CSV"), ("sheet.xyz", 2, ".xyz"), ("gone/sheet.png", 1, "gone")],
)
def test_where_the_sheet_cannot_be_written(convcli: Convcli, output: str, status: int, says: str) -> None:
    convcli("kernels", "-o", output).check_refusal(status, says)
    assert list(Path().iterdir()) == []


def test_show(convcli: Convcli) -> None:
    text = convcli("kernels", "show", "sobel-x").out.decode()
    for line in ("-1  0  1", "-2  0  2", "separable, 3 + 3 multiplies instead of 9", "antisymmetric left"):
        assert line in text
    assert max(map(len, text.splitlines())) <= 80


def test_show_draws_the_response_with_its_axes(convcli: Convcli) -> None:
    lines = convcli("kernels", "show", "1 -1").out.decode().splitlines()
    top = next(number for number, line in enumerate(lines) if "|H(u, v)|" in line) + 1
    assert [line[:7].strip() for line in lines[top : top + 13]] == ["-1/2", *[""] * 5, "0", *[""] * 5, "1/2"]
    cells = lines[top][7:33]
    assert cells == cells[::-1], "as strong on either side of 0"
    assert cells[:2] == "@@"
    assert cells[12:14] == "  "
    assert {line[7:33] for line in lines[top : top + 13]} == {cells}, "nothing depends on u"
    assert lines[top + 13].split() == ["-1/2", "0", "1/2"]
    # sin(pi i / 24) in eighths; 4 of them, but for rounding, at i = 4
    assert re.fullmatch(r"  along v  ▁▂▃▄[▄▅]▅▆▇▇████  0 at 0, 1.41 at 1/4, 2 at 1/2 *", lines[top + 14])
    assert lines[top + 15].split()[3:] == ["0", "at", "0,", "0", "at", "1/4,", "0", "at", "1/2"]


def test_show_has_the_joint_response_of_what_is_combined(convcli: Convcli) -> None:
    text = convcli("kernels", "show", "sobel").out.decode()
    assert text.index("joint response") > text.index("component 1")
    assert "8 at 1/4" in text[text.index("joint response") :]
    assert "joint response" not in convcli("kernels", "show", "sobel-x").out.decode()


@pytest.mark.parametrize("name", library.names())
def test_every_kernel_can_be_shown(convcli: Convcli, name: str) -> None:
    ran = convcli("kernels", "show", name)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.decode().splitlines()[0] == name
    assert max(map(len, ran.out.decode().splitlines())) <= 80


def test_show_as_json(convcli: Convcli) -> None:
    said = json.loads(convcli("kernels", "show", "1 2 1; 2 4 2; 1 2 1", "--json").out)
    (part,) = said["components"]
    assert part["weights"] == [[1, 2, 1], [2, 4, 2], [1, 2, 1]]
    assert (part["sum"], part["gain"], part["rank"]) == (16, 16, 1)
    response = np.array(part["response"])
    across = 2 + 2 * np.cos(2 * np.pi * np.fft.fftshift(np.fft.fftfreq(24)))
    np.testing.assert_allclose(response, np.outer(across, across), atol=1e-12)


@pytest.mark.parametrize("suffix", ["json", "toml", "npy", "npz", "csv", "tsv", "txt"])
def test_exports_are_read_back(convcli: Convcli, suffix: str) -> None:
    ran = convcli("kernels", "export", "gaussian:sigma=1.3", "-o", f"k.{suffix}")
    assert ran.out.decode() == f"k.{suffix}\n"
    before = json.loads(convcli("kernels", "show", "gaussian:sigma=1.3", "--json").out)
    after = json.loads(convcli("kernels", "show", f"k.{suffix}", "--json").out)
    assert after["components"] == before["components"]


def test_several_components_are_kept_where_the_format_can(convcli: Convcli) -> None:
    convcli("kernels", "export", "sobel", "-o", "k.toml")
    said = json.loads(convcli("kernels", "show", "k.toml", "--json").out)
    assert (said["combine"], len(said["components"])) == ("magnitude", 2)
    ran = convcli("kernels", "export", "sobel", "-o", "k.csv")
    assert ran.status == 1
    assert "2 components" in ran.err
    assert not Path("k.csv").exists()


def test_export_to_stdout(convcli: Convcli) -> None:
    assert json.loads(convcli("kernels", "export", "laplacian").out)["kernel"][1] == [1, -4, 1]
    assert convcli("kernels", "export", "laplacian", "--format", "csv").out == b"0,1,0\n1,-4,1\n0,1,0\n"


@pytest.mark.parametrize(
    ("args", "status", "says"),
    [
        (["kernels", "show", "sobl"], 2, "did you mean 'sobel'?"),
        (["kernels", "show", "gone.npy"], 2, "'gone.npy'"),
        (["kernels", "export", "sobel", "-o", "k.png"], 2, "k.png"),
        (["kernels", "export", "box", "--format", "jsn"], 2, "json"),
        (["kernels", "shw"], 2, "'show'"),
    ],
)
def test_errors(convcli: Convcli, args: list[str], status: int, says: str) -> None:
    ran = convcli(*args)
    ran.check_refusal(status, says)
    assert list(Path().iterdir()) == []
