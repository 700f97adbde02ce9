"""`convcli formats`, and docs/formats.md from the same table."""

import importlib.util
import json
import subprocess
import sys
from typing import Any

import pytest

from convcli.imaging.formats import every, is_picture, names
from tests.paths import ROOT
from tests.program import Convcli

PROMISED = {
    *("png", "jpeg", "tiff", "webp", "avif", "gif", "bmp", "pgm", "ppm", "pnm", "pam", "pfm", "jp2", "ico"),
    *("tga", "qoi"),
    *("npy", "npz", "csv", "tsv", "json", "fits", "zarr"),
}


def objects(convcli: Convcli) -> dict[str, dict[str, Any]]:
    lines = convcli("formats", "--json").out.decode().splitlines()
    return {one["format"]: one for one in map(json.loads, lines)}


def test_the_table_in_80_columns(convcli: Convcli) -> None:
    ran = convcli("formats")
    assert ran.status == 0
    lines = ran.out.decode().splitlines()
    assert max(map(len, lines)) <= 80
    first = [line.split()[0] for line in lines if line.strip()]
    assert set(first) >= PROMISED
    text = " ".join(" ".join(lines).split())
    assert "without a promise: dds" in text
    assert "convcli[deep]" in text
    assert "PostScript" in text


def test_narrow_terminals_cut_nothing_off(convcli: Convcli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    assert "…" not in convcli("formats").out.decode()


def test_json_has_every_format(convcli: Convcli) -> None:
    found = objects(convcli)
    assert {name for name, one in found.items() if one["promised"]} == PROMISED
    assert {name for name, one in found.items() if one["written"]} == set(names())
    assert {name for name, one in found.items() if not one["read"]} == {"pdf", "eps"}
    assert found["png"]["bits_written"] == ["8", "16"]
    assert found["gif"]["frames"]
    assert found["jp2"]["extra"] == "deep"


def test_what_a_folder_is_searched_for_comes_from_the_same_table(convcli: Convcli) -> None:
    seldom = {".npz", ".csv", ".tsv", ".json", ".zip"}
    for one in objects(convcli).values():
        for suffix in one["suffixes"]:
            assert is_picture(f"a{suffix.upper()}") == (one["read"] and suffix not in seldom), suffix
    assert not is_picture("a.eps")
    assert not is_picture("a.txt")


def test_neither_numpy_nor_pillow_is_imported() -> None:
    script = (
        "import sys\nfrom convcli.cli import app\n"
        "try: app(['formats'])\nexcept SystemExit: pass\n"
        "print(sorted({'numpy', 'PIL'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"


def test_the_page_is_made_from_the_table() -> None:
    path = ROOT / "docs" / "make_formats.py"
    spec = importlib.util.spec_from_file_location("make_formats", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    page = (ROOT / "docs" / "formats.md").read_text("utf-8")
    assert page == module.page(), "run docs/make_formats.py > docs/formats.md"
    for format in every():
        assert format.name in page
