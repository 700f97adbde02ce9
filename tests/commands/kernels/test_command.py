"""`convcli kernels`, `kernels show`, `kernels export`."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from convcli.kernels import library
from tests.program import Convcli


def test_the_list_has_every_kernel_in_80_columns(convcli: Convcli) -> None:
    ran = convcli("kernels")
    assert ran.status == 0
    text = ran.out.decode()
    words = set(text.split())
    assert set(library.names()) <= words
    assert max(map(len, text.splitlines())) <= 80


def test_the_list_has_pictures_and_responses(convcli: Convcli, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = convcli("kernels").out.decode().splitlines()
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
    narrow = convcli("kernels").out.decode().splitlines()
    assert max(map(len, narrow)) <= 40
    assert narrow[1].split() == ["kernel", "picture", "what", "it", "does"]
    assert set(library.names()) <= set(" ".join(narrow).split())


def test_the_list_as_json(convcli: Convcli) -> None:
    found = [json.loads(line) for line in convcli("kernels", "--json").out.splitlines()]
    assert [entry["kernel"] for entry in found] == list(library.names())
    assert all(entry["source"] and entry["about"] for entry in found)
    (gaussian,) = [entry for entry in found if entry["kernel"] == "gaussian"]
    assert "sigma" in gaussian["parameters"]


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
