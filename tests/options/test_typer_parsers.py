"""What stands in for Typer's own coercion of words, with the lowest Typer allowed and the newest."""

import subprocess
import sys
from functools import partial
from typing import Annotated, Any

import pytest
import typer
from typer.testing import CliRunner

from convcli.choices import PadMode
from convcli.cli import app as convcli
from convcli.cli.lookup import ABOUT
from convcli.errors import UsageError
from convcli.options.option_groups import Options, with_options
from convcli.options.typer_parsers import Command, PlainGroup, verbatim
from convcli.parsing import parse_pair, whole

Given = dict[str, Any]


class Sizes(Options):
    """One option of each kind."""

    count: Annotated[int, typer.Option("-n", "--count", parser=whole)] = 7
    size: Annotated[
        tuple[int, int] | None, typer.Option("--size", parser=partial(parse_pair, what="size"))
    ] = None
    pad: Annotated[PadMode, typer.Option("--pad", parser=PadMode.parse)] = PadMode.REFLECT
    many: Annotated[list[int], typer.Option("--many", parser=whole)] = []  # noqa: RUF012 - frozen
    flag: Annotated[bool, typer.Option("--flag", help="A flag.")] = False
    switch: Annotated[bool, typer.Option("--switch/--no-switch")] = True


@pytest.fixture
def given() -> Given:
    """What the command was called with."""
    return {}


@pytest.fixture
def app(given: Given) -> typer.Typer:
    """A group of one command, whose words are read by their parsers alone."""
    made = typer.Typer(cls=PlainGroup, add_completion=False)

    @made.callback()
    def root() -> None:
        """Make a group of it."""

    def slide(
        words: Annotated[list[str], typer.Argument(parser=verbatim, metavar="INPUT")],
        kernel: Annotated[list[str], typer.Option("-k", "--kernel", parser=verbatim)],
        sizes: Sizes,
    ) -> None:
        given.update(vars(sizes), words=words, kernel=kernel)

    made.command("slide", cls=Command)(with_options(slide))
    return made


def run(app: typer.Typer, *words: str) -> Any:
    return CliRunner().invoke(app, list(words), prog_name="convcli")


def error_of(app: typer.Typer, *words: str) -> UsageError:
    error = run(app, *words).exception
    assert isinstance(error, UsageError), error
    return error


def test_defaults_stay_as_they_are(app: typer.Typer, given: Given) -> None:
    assert run(app, "slide", "one", "-k", "box").exit_code == 0
    assert given == {
        "words": ["one"], "kernel": ["box"], "count": 7, "size": None, "pad": PadMode.REFLECT,
        "many": [], "flag": False, "switch": True,
    }  # fmt: skip
    assert given["pad"] is PadMode.REFLECT


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        ("-n 3", "count", 3),
        ("--count=-3", "count", -3),
        ("--size 2x5", "size", (2, 5)),
        ("--pad MIRROR", "pad", PadMode.REFLECT),
        ("--pad scipy:reflect", "pad", PadMode.SYMMETRIC),
        ("--many 1 --many 2 --many 1", "many", [1, 2, 1]),
        ("--flag", "flag", True),
        ("--switch", "switch", True),
        ("--no-switch", "switch", False),
        ("-k sobel -k 5", "kernel", ["box", "sobel", "5"]),
        ("two -", "words", ["one", "two", "-"]),
        ("-- -1", "words", ["one", "-1"]),
    ],
)
def test_each_word_is_read_by_its_parser(
    app: typer.Typer, given: Given, words: str, name: str, value: object
) -> None:
    ran = run(app, "slide", "one", "-k", "box", *words.split())
    assert ran.exit_code == 0, ran.exception
    assert given[name] == value
    assert type(given[name]) is type(value)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--count x", "--count: 'x' is not a whole number"),
        ("-n x", "--count: 'x' is not a whole number"),
        ("--size 0", "--size: size 0 is too small"),
        ("--pad sane", "--pad: padding mode 'sane' is not known"),
        ("--many 1 --many x", "--many: 'x' is not a whole number"),
    ],
)
def test_errors_name_the_option(app: typer.Typer, given: Given, words: str, message: str) -> None:
    assert error_of(app, "slide", "one", "-k", "box", *words.split()).message == message
    assert given == {}


def test_an_option_is_named_once(app: typer.Typer) -> None:
    def refuse(text: str) -> str:
        raise UsageError(f"--size {text} is odd")

    @app.command("even", cls=Command)
    def even(size: Annotated[str, typer.Option("--size", parser=refuse)] = "2") -> None:
        """Take even sizes."""

    assert error_of(app, "even", "--size", "3").message == "--size 3 is odd"


@pytest.mark.parametrize(
    ("words", "missing", "add"), [("one", "--kernel", "add -k kernel; "), ("-k box", "INPUT", "")]
)
def test_what_is_required_is_asked_for(app: typer.Typer, words: str, missing: str, add: str) -> None:
    error = error_of(app, "slide", *words.split())
    assert (error.message, error.hint) == (f"{missing} is missing", f"{add}see convcli slide --help")


def test_help_needs_nothing_that_is_required(app: typer.Typer) -> None:
    ran = run(app, "slide", "--help")
    assert ran.exit_code == 0
    assert "--[no-]switch" in ran.stdout
    assert "A flag" in ran.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("filter one -k box --stride 0", "--stride: stride 0 is too small"),
        ("filter one", "--kernel is missing"),
        ("pool", "INPUT is missing"),
        ("pool one --mode least", "--mode: pooling mode 'least' is not known"),
        ("explain one -k box --at 3", "--at: '3' is not a place"),
        ("show one --nonsense", "no such option: --nonsense"),
    ],
)
def test_the_program_says_what_is_wrong_in_one_line(words: str, message: str) -> None:
    ran = run(convcli, *words.split())
    assert ran.exit_code == 2
    assert ran.stderr.startswith(f"error: {message}")
    assert ran.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["", *ABOUT])
def test_every_command_has_its_help(name: str) -> None:
    ran = run(convcli, *name.split(), "--help")
    assert ran.exit_code == 0
    assert ran.stderr == ""
    assert "Usage: " in ran.stdout


def test_pydantic_is_not_imported() -> None:
    code = (
        "import sys; from convcli.cli import app; "
        "app(['filter', 'none.png', '-k', 'box', '--stride', '0'], standalone_mode=False); "
        "print(sorted({'pydantic', 'numpy', 'PIL', 'rich'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
    assert ran.stderr.startswith("error: --stride")
