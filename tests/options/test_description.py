"""A command as a value: read from its declaration, whatever the command."""

from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from convcli.options.description import Example, Option, describe, describe_all
from convcli.options.option_groups import Options, with_options
from convcli.options.panels import ADVANCED, ESSENTIALS, MESSAGES
from convcli.options.typer_parsers import Command, PlainGroup, verbatim
from convcli.parsing import parse_number, whole


class Sliding(Options):
    """One option of each kind."""

    json: Annotated[bool, typer.Option("--json", rich_help_panel=MESSAGES, help="One object per line.")] = (
        False
    )
    rare: Annotated[int, typer.Option("--rare", parser=whole, rich_help_panel=ADVANCED)] = 0
    pad: Annotated[
        str,
        typer.Option(
            "-p", "--pad", parser=verbatim, metavar="MODE", envvar="CONVCLI_PAD", rich_help_panel=ESSENTIALS,
            help="How it is padded. At .5 it is rounded, e.g. up.",
        ),
    ] = "reflect"  # fmt: skip
    gain: Annotated[float, typer.Option("--gain", parser=parse_number, help="Times this.")] = 2.0
    count: Annotated[
        int | None, typer.Option("--count", parser=whole, envvar="CONVCLI_COUNT", show_default="all")
    ] = None
    bias: Annotated[bool, typer.Option("--bias/--no-bias", help="Fit a bias.")] = True
    secret: Annotated[bool, typer.Option("--secret", hidden=True)] = False


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer(cls=PlainGroup, add_completion=False)

    @made.callback()
    def root() -> None:
        """Do things."""

    def slide(
        inputs: Annotated[list[str], typer.Argument(parser=verbatim, metavar="INPUT", help="Pictures.")],
        kernel: Annotated[list[str], typer.Option("-k", "--kernel", parser=verbatim, metavar="SPEC")],
        sliding: Sliding,
    ) -> None:
        """Slide kernels.

        First paragraph
        of two lines.

        Second.

        Examples
        --------
        # with the default
        convcli slide a.png -k box

        convcli slide b.png -k "1 -1" -p zero
        """

    made.command("slide", cls=Command)(with_options(slide))
    return made


def test_all_that_is_declared(app: typer.Typer) -> None:
    program, slide = describe_all(typer.Context(typer.main.get_command(app), info_name="convcli"))
    assert program.usage == "convcli [OPTIONS] COMMAND ..."
    assert program.commands == (("slide", "Slide kernels."),)
    assert slide.path == "convcli slide"
    assert slide.page == "convcli-slide"
    assert slide.usage == "convcli slide INPUT... -k SPEC [OPTIONS]"
    assert slide.about == "Slide kernels."
    assert slide.text == "First paragraph\nof two lines.\n\nSecond."
    assert slide.examples == (
        Example("with the default", "convcli slide a.png -k box"),
        Example("", 'convcli slide b.png -k "1 -1" -p zero'),
    )
    assert slide.commands == ()
    groups = slide.groups()
    assert list(groups) == [ESSENTIALS, "Options", MESSAGES, ADVANCED]
    assert groups[ESSENTIALS] == [
        Option(("INPUT...",), "", "Pictures.", "", True, "", ESSENTIALS),
        Option(
            ("-p", "--pad"),
            "MODE",
            "How it is padded. At .5 it is rounded, e.g. up.",
            "reflect",
            False,
            "CONVCLI_PAD",
            ESSENTIALS,
        ),
    ]
    others = {option.names[-1]: option for option in slide.options}
    assert others["--gain"].default == "2"
    assert others["--rare"].default == "0"
    assert (others["--count"].default, others["--count"].variable) == ("all", "CONVCLI_COUNT")
    assert others["--no-bias"].names == ("--bias", "--no-bias")
    assert others["--no-bias"].default == "on"
    assert others["--json"].default == ""
    assert others["--kernel"].required
    assert "--secret" not in others


def test_the_first_sentence_is_the_short_text(app: typer.Typer) -> None:
    command = typer.main.get_command(app).commands["slide"]
    (pad,) = [option for option in describe(typer.Context(command)).options if "--pad" in option.names]
    assert pad.short == "How it is padded"


@pytest.mark.parametrize(
    ("option", "variable", "text"),
    [
        ("--help", False, "How it is padded [default: reflect]"),
        ("--help-all", True, "e.g. up. [default: reflect]"),
    ],
)
def test_environment_variables_are_on_the_long_page(
    app: typer.Typer, option: str, variable: bool, text: str
) -> None:
    ran = CliRunner().invoke(app, ["slide", option], prog_name="convcli", env={"COLUMNS": "100"})
    words = " ".join(ran.stdout.split())
    assert text in words
    assert ("[env: CONVCLI_PAD]" in words) is variable
    assert ("[env: CONVCLI_COUNT]" in words) is variable
    assert ("--rare" in words.partition("More:")[0]) is variable
    assert "secret" not in words
