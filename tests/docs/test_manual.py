"""The manual: a page for the program and each command, fresh, sound roff, and part of the wheel."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import typer

import convcli
from convcli.options.description import Option, describe_all
from tests.docs.shown import script
from tests.paths import ROOT
from tests.program import COMMANDS

FOLDER = ROOT / "docs" / "man"
PAGES = {path.name: path for path in sorted(FOLDER.iterdir())}
DESCRIBED = {f"{one.page}.1": one for one in describe_all(typer.Context(COMMANDS, info_name="convcli"))}
SECTIONS = [
    "NAME",
    "SYNOPSIS",
    "DESCRIPTION",
    "EXAMPLES",
    "OPTIONS",
    "EXIT STATUS",
    "ENVIRONMENT",
    "SEE ALSO",
]
each_page = pytest.mark.parametrize("name", PAGES)
with_man = pytest.mark.skipif(
    shutil.which("man") is None or shutil.which("groff") is None, reason="needs man and groff"
)


def shown(path: Path) -> str:
    """Return a page as `man` shows it in 80 columns, without overstrikes; any warning fails."""
    environment = {**os.environ, "MANWIDTH": "80", "LC_ALL": "C.UTF-8", "MANROFFOPT": "-ww"}
    command = ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", str(path)]
    done = subprocess.run(command, capture_output=True, timeout=60, env=environment)
    assert (done.returncode, done.stderr) == (0, b"")
    return re.sub(r"\x1b\[\d+m|.\x08", "", done.stdout.decode())


def test_the_manual_is_fresh() -> None:
    fresh = script("make_manual").pages()
    assert {name: path.read_text("utf-8") for name, path in PAGES.items()} == fresh, "run docs/make_manual.py"


def test_every_command_has_a_page() -> None:
    assert set(PAGES) == set(DESCRIBED)
    assert {"convcli.1", "convcli-filter.1", "convcli-kernels-show.1"} <= set(PAGES)


def test_the_wheel_installs_the_pages() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["shared-data"] == {"docs/man": "share/man/man1"}
    assert all(path.suffix == ".1" and path.is_file() for path in PAGES.values())


@with_man
@each_page
def test_a_page_says_all_of_it_without_a_warning(name: str) -> None:
    command, page = DESCRIBED[name], shown(PAGES[name])
    headings = re.findall(r"^([A-Z][A-Z ]+)$", page, re.MULTILINE)
    assert [heading for heading in headings if heading != "COMMANDS"] == SECTIONS
    words = " ".join(page.split())
    assert f"NAME {command.page} - {command.about.removesuffix('.')} SYNOPSIS {command.usage} " in words
    for option in command.options:
        assert f"{', '.join(option.names)} {option.value}".strip() in words
        assert " ".join([option.text, *option.notes]) in words
    for example in command.examples:
        assert example.line in words.replace(" \\ ", " ")
    assert f"convcli {convcli.__version__}" in page


@with_man
def test_text_that_roff_would_take_for_its_own(tmp_path: Path) -> None:
    """Leading dots and quotes, backslashes, hyphens, and what typesetting would make prettier."""
    text = r""".npy first; 'quoted' \fB and \n, a-b --c, `x' ^2 ~1 "all" \."""
    manual = script("make_manual")
    option = Option(("-x", "--ex-it"), "A|B", text, "'.a'", False, "CONVCLI_EX_IT", "Window")
    command = DESCRIBED["convcli-filter.1"]._replace(options=(option,), text=f"'First.\n\n{text}")
    page = tmp_path / "page.1"
    page.write_text("\n".join(manual._lines(command, [command])) + "\n")
    words = " ".join(shown(page).split())
    assert f"'First. {text} EXAMPLES" in words
    assert f"-x, --ex-it A|B {text} [default: '.a'] [env: CONVCLI_EX_IT]" in words
    assert "ENVIRONMENT CONVCLI_EX_IT Default of --ex-it. NO_COLOR" in words


@with_man
def test_man_finds_the_pages_by_their_names(tmp_path: Path) -> None:
    """As an installed wheel has them: `man convcli-filter` beside a `bin` on the PATH."""
    shutil.copytree(FOLDER, tmp_path / "share" / "man" / "man1")
    environment = {**os.environ, "MANPATH": str(tmp_path / "share" / "man"), "MANWIDTH": "80"}
    for words in (["convcli"], ["convcli-filter"], ["convcli", "filter"], ["convcli-kernels-show"]):
        done = subprocess.run(["man", *words], capture_output=True, timeout=60, env=environment)
        assert done.stderr == b""
        assert f"NAME {'-'.join(words)} - " in " ".join(re.sub(".\b", "", done.stdout.decode()).split())
