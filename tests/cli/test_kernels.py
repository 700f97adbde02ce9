"""`convcli kernels`, `kernels show`, `kernels export`."""

import json
from pathlib import Path

import numpy as np
import pytest

from convcli.kernels import library
from tests.cli.conftest import Convcli


def test_the_list_has_every_kernel_in_80_columns(convcli: Convcli) -> None:
    ran = convcli("kernels")
    assert ran.status == 0
    text = ran.out.decode()
    words = set(text.split())
    assert set(library.names()) <= words
    assert max(map(len, text.splitlines())) <= 80


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
        (["kernels", "export", "sobel", "-o", "k.png"], 1, "k.png"),
        (["kernels", "export", "box", "--format", "jsn"], 1, "json"),
        (["kernels", "shw"], 2, "'show'"),
    ],
)
def test_errors(convcli: Convcli, args: list[str], status: int, says: str) -> None:
    ran = convcli(*args)
    assert ran.status == status
    assert len(ran.lines) == 1
    assert ran.lines[0].startswith("error: ")
    assert says in ran.lines[0]
    assert ran.out == b""
    assert list(Path().iterdir()) == []
