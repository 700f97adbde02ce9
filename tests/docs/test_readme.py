"""Every command that the README shows is run, and what it shows of their output is what they print."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.docs import shown
from tests.docs.shown import blocks, check_python, commands, different, run
from tests.paths import ROOT

README = (ROOT / "README.md").read_text()
CHINESE = (ROOT / "README.zh-CN.md").read_text("utf-8")


def line_under(heading: str) -> str:
    (section,) = re.findall(rf"^{heading}\n(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)
    (block,) = re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    (line,) = block.splitlines()
    return str(line)


SETUP = ("## Run it", "## Test it")
SHOWN = [(command, output) for command, output in commands(README) if output is not None]
SILENT = [
    command
    for command, output in commands(README)
    if output is None and command not in map(line_under, SETUP)
]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shown.clone(tmp_path_factory.mktemp("readme") / "clone")


def test_there_is_much_to_run() -> None:
    assert len(SHOWN) >= 8
    assert len(SILENT) >= 5


def test_what_is_shown_is_printed(clone: Path) -> None:
    # One test, as commands read what those before them wrote.
    found = {command: different(run(command, clone).both, output) for command, output in SHOWN}
    assert {command: lines for command, lines in found.items() if lines} == {}


@pytest.mark.parametrize("command", SILENT)
def test_what_is_said_to_work_does(clone: Path, command: str) -> None:
    ran = run(command, clone)
    assert ran.status == 0, ran.both
    found = re.search(r"(?:-o |> )(\S+\.png)$", command)
    if found:
        with Image.open(clone / found[1]) as image:
            assert np.ptp(np.asarray(image)) > 30, "the picture shows something"


def test_many_files(clone: Path) -> None:
    (command,) = [command for command in SILENT if "--recursive" in command]
    run(command, clone)
    inputs = list((clone / "sample_images").glob("*.png"))
    assert len(inputs) >= 4
    assert len((clone / "report.jsonl").read_text().splitlines()) == len(inputs)
    assert len(list((clone / "sharpened").glob("*.png"))) == len(inputs)


def test_the_first_line_filters_a_photograph(clone: Path) -> None:
    parts = line_under("## Run it").split(" && ")
    assert parts[:2] == ["python3 -m venv .venv", ".venv/bin/pip install ."]
    ran = run(parts[2].removeprefix(".venv/bin/"), clone)
    assert ran.status == 0, ran.both
    with Image.open(clone / "edges.png") as image:
        assert image.size == (512, 512)
        assert np.asarray(image).std() > 30


def test_the_second_line_runs_these_tests() -> None:
    assert line_under("## Test it").endswith("&& .venv/bin/python -m pytest -n auto")


@pytest.mark.parametrize("code", blocks(README, "python"))
def test_python(clone: Path, code: str, capfd: pytest.CaptureFixture[str]) -> None:
    check_python(code, clone, capfd)


def test_the_picture_is_what_the_first_line_makes(clone: Path) -> None:
    run("convcli filter sample_images/camera.png -k sobel -p reflect -q -o again.png", clone)
    with (
        Image.open(ROOT / "docs/pictures/camera-sobel.png") as shown,
        Image.open(clone / "again.png") as made,
    ):
        assert shown.size == (1040, 512)
        difference = np.asarray(shown.crop((528, 0, 1040, 512)).convert("L"), int) - np.asarray(made)
    assert np.abs(difference).max() <= 1


def test_the_chinese_page_shows_the_same_commands_outputs_and_files() -> None:
    fences, headings = (
        [re.findall(pattern, page, re.MULTILINE | re.DOTALL) for page in (README, CHINESE)]
        for pattern in (r"^```\w+\n.*?^```$", r"^#+ ")
    )
    assert fences[0] == fences[1]
    assert headings[0] == headings[1]
    files = [re.findall(r"\]\(([^)#]+)", page) for page in (README, CHINESE)]
    assert set(files[0]) - {"README.zh-CN.md"} <= set(files[1])
    prose = re.sub(r"^```\w+\n.*?^```$", "", CHINESE, flags=re.MULTILINE | re.DOTALL)
    paragraphs = [text for text in prose.split("\n\n") if len(text) > 60]
    assert all(re.search("[\u4e00-\u9fff]", text) for text in paragraphs)


@pytest.mark.parametrize("page", [README, CHINESE], ids=["english", "chinese"])
def test_links_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page)
    assert len(links) >= 5
    for link in links:
        assert (ROOT / link).exists(), link
