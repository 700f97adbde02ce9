"""The pages of docs/ say what the program does: their commands are run, what they show is what is printed."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.cells import cell_len

from tests.docs.shown import Shown, clone, commands, different, run, script
from tests.paths import ROOT, SAMPLES

PAGES = {path.name: path.read_text("utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}
PICTURES = ROOT / "docs" / "pictures"
SAMPLES_PAGE = (SAMPLES / "README.md").read_text("utf-8")
WITH_COMMANDS = {
    name: commands(text) for name, text in {**PAGES, "sample_images": SAMPLES_PAGE}.items() if commands(text)
}


def montage_of_the_dark_picture(folder: Path) -> None:
    with Image.open(folder / "dark.png") as made, Image.open(PICTURES / "compare-low-light.png") as shown:
        assert made.size == shown.size
        difference = np.abs(np.asarray(made, int) - np.asarray(shown))
    # Letters are drawn a little differently by other versions of FreeType.
    assert (difference > 8).mean() < 0.02


def montage_and_page(folder: Path) -> None:
    with Image.open(folder / "montage.png") as made:
        assert np.ptp(np.asarray(made)) > 200
    page = (folder / "page.html").read_text("utf-8")
    assert 100_000 < len(page) < 2_000_000


def spectrum(folder: Path) -> None:
    picture = PICTURES / "spectrum.png"
    with Image.open(picture) as shown, Image.open(folder / "spectrum.png") as made:
        assert shown.size == made.size
        apart = np.abs(np.asarray(shown, int) - np.asarray(made, int))
    assert apart[60:].max() <= 2, "but for the words about rounding"
    assert picture.stat().st_size < 200_000


def pictures_of_the_lesson(folder: Path) -> None:
    make = script("make_lesson")
    for section in make.lesson()["section"]:
        if "picture" not in section:
            continue
        shown, made = (make.frames(path) for path in (make.stored(section), folder / section["picture"]))
        assert len(shown) == len(made)
        for one, other in zip(shown, made, strict=True):
            assert one.size == other.size
            apart = np.abs(np.asarray(one.convert("RGB"), int) - np.asarray(other.convert("RGB")))
            # Letters are drawn a little differently by other versions of FreeType.
            assert (apart > 16).mean() < 0.02


# What the files that the commands of a page have written must be.
FILES = {
    "compare.md": (montage_of_the_dark_picture, montage_and_page),
    "lesson.md": (pictures_of_the_lesson,),
    "seeing.md": (spectrum,),
}


def to_run(name: str) -> list[Shown]:
    """The commands of a page, but for those of the lesson that an earlier page shows with the same output.

    The lesson's commands run in any order; most of the Chinese page print what they do on the English one.
    """
    if not name.startswith("lesson"):
        return WITH_COMMANDS[name]
    earlier = [other for other in WITH_COMMANDS if other < name]
    known = {(each.command, words(each.output)) for other in earlier for each in WITH_COMMANDS[other]}
    return [each for each in WITH_COMMANDS[name] if (each.command, words(each.output)) not in known]


def words(output: str | None) -> tuple[str, ...] | None:
    """What is printed, but for spaces and times."""
    return tuple(re.sub(r"\b[\d.]+ m?s\b|[─━]+", "", output).split()) if output is not None else None


def test_there_are_pages_with_commands() -> None:
    assert len(WITH_COMMANDS) >= 4


@pytest.mark.parametrize("name", WITH_COMMANDS)
def test_what_a_page_shows_is_what_is_printed(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONVCLI_LANG", "zh" if name.endswith(".zh-CN.md") else "en")
    folder = clone(tmp_path / "clone")
    for command, output in to_run(name):
        ran = run(command, folder)
        if output is None:
            assert ran.status == 0, f"{command}\n{ran.both}"
            continue
        assert different(ran.both, output) == [], command
        tables = [line for line in ran.both.splitlines() if not re.match(r"(error|\S+\.\w+): ", line)]
        assert max(map(cell_len, tables), default=0) <= 80, command
    for check in FILES.get(name, ()):
        check(folder)


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", PAGES[name]):
        assert (ROOT / "docs" / link).exists(), link


def test_commands_of_a_page() -> None:
    page = "```sh\n# about a\na | b\nc\n```\ntext\n```console\n$ d \\\n>  -e\n1\n2\n$ f\n```\n"
    assert commands(page) == [
        Shown("a | b", None),
        Shown("c", None),
        Shown("d  -e", "1\n2\n"),
        Shown("f", ""),
    ]


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("a  1.000", "a 1.009"),
        ("bias -0.0007101 ± 0.0012", "bias -0.0007125 ± 0.0012"),
        ("3x3 12 ms", "3x3 1.5 ms"),
        ("───", "─"),
        ("8e-16 of it", "9.5e-17 of it"),
        ("0.0  \n\n", "0.1\n"),
    ],
)
def test_rounding_does_not_count(printed: str, shown: str) -> None:
    assert different(printed, shown) == []


@pytest.mark.parametrize(
    ("printed", "shown"),
    [("1 2", "1 3"), ("1.0", "1.2"), ("7x7", "7x9"), ("a", "b"), ("a\nb", "a"), ("1", "-1")],
)
def test_everything_else_does(printed: str, shown: str) -> None:
    assert different(printed, shown) != []


def test_the_root_is_known() -> None:
    assert (ROOT / "pyproject.toml").exists()
