"""The documentation says what the program does: every command, every option, every border name."""

import pytest
import typer

from convcli.border_names import PAD_NAMES_OF_TOOLS
from convcli.choices import PadMode
from convcli.cli import app
from convcli.cli.lookup import ABOUT
from tests.docs.shown import script
from tests.paths import ROOT


def test_the_page_of_commands_is_fresh() -> None:
    fresh = script("make_commands").page()
    assert (ROOT / "docs" / "commands.md").read_text() == fresh, (
        "run docs/make_commands.py > docs/commands.md"
    )


def test_what_the_list_of_commands_says_is_what_each_says() -> None:
    commands = typer.main.get_command(app).commands
    assert {name: command.help.partition("\n")[0] for name, command in commands.items()} == ABOUT


def test_every_option_has_help() -> None:
    root = typer.main.get_command(app)
    commands = [command for command in root.commands.values() if not hasattr(command, "commands")]
    commands += root.commands["kernels"].commands.values()
    assert {"filter", "pool", "show"} <= {command.name for command in commands}
    for command in commands:
        assert command.help
        for parameter in command.params:
            assert getattr(parameter, "help", None), f"{command.name}: {parameter.name}"


@pytest.mark.parametrize("tool", PAD_NAMES_OF_TOOLS)
def test_every_border_name_is_explained(tool: str) -> None:
    page = (ROOT / "docs" / "borders.md").read_text()
    (row,) = [line for line in page.splitlines() if line.startswith(f"| {tool} |")]
    cells = [cell.strip() for cell in row.split("|")[2:-1]]
    modes = ["zero", "constant", "reflect", "replicate", "wrap", "symmetric"]
    said = {
        name.strip("` "): mode for mode, cell in zip(modes, cells, strict=True) for name in cell.split(",")
    }
    said.pop("", None)
    assert said == PAD_NAMES_OF_TOOLS[tool]


def test_every_mode_is_drawn() -> None:
    page = (ROOT / "docs" / "borders.md").read_text()
    for mode in PadMode:
        assert f"| `{mode}` |" in page
    for synonym in PadMode.synonyms():
        assert f"`{synonym}`" in page
