"""Help of every command: short, aligned, with examples that run, at any width; and options after commands."""

import itertools
import os
import re
import shlex
from pathlib import Path

import pyte
import pytest
import typer

import convcli as package
from convcli.cli.lookup import ABOUT
from convcli.options.description import describe_all
from tests.docs.shown import clone, run
from tests.program import COMMANDS, Convcli, process
from tests.screen import Screen

DESCRIBED = {one.path: one for one in describe_all(typer.Context(COMMANDS, info_name="convcli"))}
each_path = pytest.mark.parametrize("path", DESCRIBED)
ROWS, COLUMNS = 24, 80


def words_of(path: str) -> list[str]:
    return path.split()[1:]


def on_a_terminal(*args: str, **environment: str) -> str:
    """Run the program on a terminal, and return all that it writes there."""
    with Screen(*args, cwd=Path(), rows=ROWS, columns=COLUMNS, **{"NO_COLOR": "", **environment}) as screen:
        assert screen.finish() in (0, 2)
        return screen.sent.decode()


def test_every_command_is_described() -> None:
    assert {path.split()[1] for path in DESCRIBED if " " in path} == set(ABOUT)
    assert {"convcli", "convcli filter", "convcli kernels show", "convcli kernels export"} <= set(DESCRIBED)


@each_path
def test_a_page_begins_with_usage_and_examples(convcli: Convcli, path: str) -> None:
    ran = convcli(*words_of(path), "--help")
    assert (ran.status, ran.err) == (0, "")
    usage, about, nothing, examples, *_ = ran.out.decode().splitlines()
    assert usage.startswith(f"Usage: {path} ")
    assert about == DESCRIBED[path].about
    assert (nothing, examples) == ("", "Examples:")


@each_path
def test_a_page_is_short_and_has_no_riddles(convcli: Convcli, path: str) -> None:
    page = convcli(*words_of(path), "--help").out.decode()
    lines = page.splitlines()
    assert len(lines) <= 60
    assert max(map(len, lines)) <= COLUMNS
    assert not re.search(r"<\w+(\[\w+\])?>|\(\d+\w?\)|[│╭╰]|default: (True|False|None)", page)
    last = " ".join(" ".join(lines[-2:]).split())
    assert last.endswith(f"See {path} --help-all, or man {path.replace(' ', '-')}.")


def test_the_essentials_come_first(convcli: Convcli) -> None:
    page = convcli("filter", "--help").out.decode()
    sections = re.findall(r"^(\w[\w ]*):\n((?:  .*\n)+)", page, re.MULTILINE)
    (_, examples), (heading, essentials), *others = sections
    assert heading == "Essentials"
    names = re.findall(r"^  (-\w, --\w+|\S+)", essentials, re.MULTILINE)
    assert [name for name in names if name[0] in "I-"] == [
        "INPUT...",
        "-k, --kernel",
        "-p, --pad",
        "-o, --output",
    ]
    assert examples.count("convcli filter ") == 3
    assert [name for name, _ in others] == ["Window", "Colours and pixels", "Files", "Speed and messages"]


def test_borders_of_scipy_are_explained(convcli: Convcli) -> None:
    short = " ".join(convcli("filter", "--help").out.decode().split())
    assert "SciPy's reflect is our symmetric" in short
    full = " ".join(convcli("filter", "--help-all").out.decode().split())
    assert "SciPy's mirror is our reflect" in full


@each_path
def test_the_long_page_says_everything(convcli: Convcli, path: str) -> None:
    page = " ".join(convcli(*words_of(path), "--help-all").out.decode().split())
    command = DESCRIBED[path]
    for option in command.options:
        assert f"{', '.join(option.names)} {option.value}".strip() in page
        assert option.text in page
    for _, about in command.commands:
        assert about in page
    assert " ".join(command.text.split()) in page
    assert page.isascii()  # whatever the terminal's encoding


def read(page: str) -> list[str]:
    """Return the words of a page, whatever its width."""
    return [word for word in page.split() if word not in ("\\", "#")]


@each_path
@pytest.mark.parametrize("option", ["--help", "--help-all"])
def test_any_width_shows_the_same_words(
    convcli: Convcli, monkeypatch: pytest.MonkeyPatch, path: str, option: str
) -> None:
    pages = {}
    for width in (40, 47, 59, 60, 80, 99, 250):
        monkeypatch.setenv("COLUMNS", str(width))
        pages[width] = convcli(*words_of(path), option).out.decode()
        assert max(map(len, pages[width].splitlines())) <= min(width, 100)
    for page in pages.values():
        assert read(page) == read(pages[80])


def test_the_first_screen_holds_all_of_it() -> None:
    """The line that was typed, the page from its first line on, and the next prompt."""
    screen = pyte.Screen(COLUMNS, ROWS)
    pyte.Stream(screen).feed("$ convcli\r\n" + on_a_terminal() + "$ ")
    assert screen.display[0].startswith("$ convcli ")
    assert screen.display[1].startswith("Usage: convcli ")
    assert screen.display[screen.cursor.y].startswith("$ ")
    listed = [line.split()[0] for line in screen.display if re.match(r"  [a-z]+  ", line)]
    assert listed == list(ABOUT)


def test_bare_is_the_help_but_not_a_success(convcli: Convcli) -> None:
    bare, asked = convcli(), convcli("--help")
    assert (bare.status, asked.status) == (2, 0)
    assert bare.out == asked.out == convcli("help").out


@each_path
def test_help_by_name(convcli: Convcli, path: str) -> None:
    words = words_of(path)
    expected = convcli(*words, "--help")
    for other in (convcli("help", *words), convcli(*words, "-h")):
        assert (other.status, other.out, other.err) == (0, expected.out, "")


@pytest.mark.parametrize(
    ("words", "says", "hint"),
    [
        ("help filtr", "no such command 'filtr'", "did you mean 'filter'?"),
        ("help kernels exprt", "no such command 'exprt'", "did you mean 'export'?"),
        ("help filter box", "convcli filter has no command 'box'", "see convcli filter --help"),
    ],
)
def test_help_of_what_is_not_there(convcli: Convcli, words: str, says: str, hint: str) -> None:
    convcli(*words.split()).check_refusal(2, says, hint)


@pytest.mark.parametrize(
    "words",
    [
        "--version",
        *(f"{path.removeprefix('convcli ')} --version" for path in DESCRIBED if " " in path),
        "filter img.png --version",
        "filter --version img.png -k sobel",
        "filter img.png -k nonsense --stride 0 --version",
        "pool --mode none --version",
        "kernels show sobel --version",
        "kernels --json --version",
    ],
)
def test_the_version_is_told_after_a_command_too(convcli: Convcli, words: str) -> None:
    ran = convcli(*words.split())
    assert (ran.status, ran.out.decode(), ran.err) == (0, f"convcli {package.__version__}\n", "")


@pytest.mark.parametrize(
    "words",
    ["filter img.png -k sobel --help", "filter -h img.png", "filter --stride 0 --help", "filter x.png -h"],
)
def test_help_is_given_wherever_it_is_asked_for(convcli: Convcli, words: str) -> None:
    ran = convcli(*words.split())
    assert (ran.status, ran.out, ran.err) == (0, convcli("filter", "--help").out, "")


def test_what_follows_two_dashes_is_a_file(convcli: Convcli) -> None:
    convcli("filter", "-k", "box", "--", "--help").check_refusal(1, "'--help'")


@each_path
def test_examples_run(path: str, tmp_path: Path) -> None:
    """Each is a line to paste into a shell; later ones may use the files of earlier ones."""
    examples = DESCRIBED[path].examples
    assert 2 <= len(examples) <= 4
    folder = clone(tmp_path / "clone")
    for example in examples:
        ran = run(example.line, folder)
        assert ran.status == 0, f"{example.line}\n{ran.both}"
        assert not [line for line in ran.lines if line.startswith("error:")]
        words = shlex.split(example.line)
        named = [
            value
            for option, value in itertools.pairwise(words)
            if option in ("-o", "--html", "--out-dir", "--save-maps") and value != "-"
        ]
        assert all((folder / name).exists() for name in named)
        assert named or ran.out


@each_path
def test_examples_that_are_folded_are_the_same_line(path: str) -> None:
    page = process(*words_of(path), "--help", env={**os.environ, "COLUMNS": "50"}).stdout.decode()
    lines = page.partition("Examples:\n")[2].partition("\n\n")[0].splitlines()
    script = "\n".join(line.strip() for line in lines if not line.startswith("  #"))
    joined = [" ".join(line.split()) for line in script.replace("\\\n", "").splitlines()]
    assert joined == [example.line for example in DESCRIBED[path].examples]


BOLD = "\x1b[1m"


def test_colours_are_for_terminals() -> None:
    assert f"{BOLD}Usage:" in on_a_terminal("filter", "--help")
    assert f"{BOLD}Usage:" in on_a_terminal()
    for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}):
        shown = on_a_terminal("filter", "--help", **environment)
        assert "Usage:" in shown
        assert "\x1b" not in shown
    inherited = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    inherited |= {"TERM": "xterm", "COLUMNS": "80"}
    piped = process("filter", "--help", env=inherited).stdout.decode()
    assert "\x1b" not in piped
    forced = process("filter", "--help", env={**inherited, "FORCE_COLOR": "1"}).stdout.decode()
    assert f"{BOLD}Usage:" in forced
    assert re.sub(r"\x1b\[\d+m", "", forced) == piped


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("convcli help ker", b"kernels"),
        ("convcli help kernels sh", b"show"),
        ("convcli help kernels fi", b""),
        ("convcli help filter fi", b""),
        ("convcli help nothing fi", b""),
        ("convcli filter --help-", b"--help-all"),
    ],
)
def test_completion_of_names(
    convcli: Convcli, monkeypatch: pytest.MonkeyPatch, line: str, offered: bytes
) -> None:
    environment = {
        "_CONVCLI_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split()) - 1),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert convcli().out.strip() == offered
