"""docs/learn.md shows what the program prints, and names what its options are."""

import re
import shutil
from pathlib import Path

import pytest
import typer

from convcli.cli import app
from tests.test_readme import ROOT, run, trimmed

PAGE = (ROOT / "docs" / "learn.md").read_text("utf-8")


def shown() -> list[tuple[str, str]]:
    """The commands with their output, in order: later ones use the files of earlier ones."""
    parts = [
        part.partition("\n")
        for block in re.findall(r"^```console\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    ]
    return [(command, output) for command, _, output in parts]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    shutil.copytree(ROOT / "sample_images", folder / "sample_images")
    return folder


def test_what_is_shown_is_printed(folder: Path) -> None:
    assert len(shown()) >= 8
    for command, output in shown():
        assert trimmed(run(command, folder).stdout) == trimmed(output), command


def test_the_first_commands_work(folder: Path) -> None:
    (block,) = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    for command in block.splitlines():
        assert run(command, folder).returncode == 0, command
    assert "sobel-x x 1.00 (cosine 1.0000)" in run(block.splitlines()[1], folder).stdout


def test_every_option_that_is_named_is_there() -> None:
    learn = typer.main.get_command(app).commands["learn"]
    options = {name for option in learn.params for name in (*option.opts, *option.secondary_opts)}
    named = set(re.findall(r"`(--[a-z0-9-]+)", PAGE))
    assert named <= options
    assert {"--per-channel", "--holdout", "--keep-saturated", "--l2", "--lr"} <= named
