"""Write docs/man: a manual page for the program and each command, taken from the program itself.

Run ``python docs/make_manual.py`` after changing an option; a test compares the two. The wheel installs the
pages, so that ``man convcli-filter`` shows them.
"""

from collections.abc import Iterator
from pathlib import Path

import typer

from convcli import __version__
from convcli.cli import app
from convcli.options.description import Description, Option, describe_all
from convcli.options.help_page import example_lines

FOLDER = Path(__file__).parent / "man"
# Columns of an example: terminals have 80, and manuals indent by 7, examples by 4.
WIDTH = 80 - 7 - 4
# Characters that roff would change or take for its own; hyphens stay what is typed.
ESCAPES = {"\\": "\\e", "-": "\\-", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti", '"': "\\(dq"}
STATUS = {
    "0": "All was done.",
    "1": "Some input failed; the others were processed.",
    "2": "Wrong usage: an option or argument, whatever the input.",
    "130": "Ended by Ctrl-C.",
}
# The command that reads no pictures has a status of its own.
TRANSLATED = {
    "0": "All was done.",
    "2": "Wrong usage: an option or argument, or a file that it names.",
    "3": "The tool, or with --from convcli, cannot do this.",
    "130": "Ended by Ctrl-C.",
}
ENVIRONMENT = {
    "NO_COLOR": "If set, there are no colours.",
    "FORCE_COLOR": "If set, there are colours even where stdout is no terminal.",
    "COLUMNS": "The width of help and tables, instead of the terminal's.",
    "PAGER": "The program, such as less, that shows help and tables longer than the screen.",
}


def pages() -> dict[str, str]:
    """Return each page by the name of its file."""
    root = typer.Context(typer.main.get_command(app), info_name="convcli")
    commands = list(describe_all(root))
    return {f"{command.page}.1": "\n".join(_lines(command, commands)) + "\n" for command in commands}


def _lines(command: Description, commands: list[Description]) -> Iterator[str]:
    title = _roff(command.page.upper())
    yield ".\\\" Made by docs/make_manual.py from the program's own help."
    yield f'.TH {title} 1 "" "convcli {__version__}" "convcli manual"'
    yield from (".nh", ".ad l")
    yield from (".SH NAME", f"{_roff(command.page)} \\- {_text(command.about.removesuffix('.'))}")
    path, usage = command.path, command.usage.removeprefix(command.path)
    yield from (".SH SYNOPSIS", f"{_bold(path)}{_roff(usage)}")
    yield from (".SH DESCRIPTION", _text(command.about))
    for paragraph in filter(None, command.text.split("\n\n")):
        yield from (".PP", _text(paragraph))
    yield ".SH EXAMPLES"
    for example in command.examples:
        yield from (".PP", _text(f"{example.about[:1].upper()}{example.about[1:]}:" if example.about else ""))
        yield from (".RS 4", ".nf", *map(_bold, example_lines(example.line, WIDTH)), ".fi", ".RE")
    if command.commands:
        yield ".SH COMMANDS"
        for name, about in command.commands:
            yield from (".TP", _bold(f"{path} {name}"), _text(about))
    yield ".SH OPTIONS"
    for panel, options in command.groups().items():
        yield f".SS {panel}"
        for option in options:
            yield from (".TP", _names(option), _meaning(option))
    yield from (".SH EXIT STATUS", *_table(TRANSLATED if path == "convcli translate" else STATUS))
    here = [other for other in commands if other.path.startswith(path)]
    options = sorted({(option.variable, option.names[-1]) for one in here for option in one.options})
    defaults = {variable: f"Default of {name}." for variable, name in options if variable}
    yield from (".SH ENVIRONMENT", *_table({**defaults, **ENVIRONMENT}))
    above = [other for other in commands if path.startswith(f"{other.path} ")]
    others = [other.page for other in (*above, *here) if other != command]
    yield from (".SH SEE ALSO", ", ".join(f"\\fB{_roff(name)}\\fR(1)" for name in others))


def _names(option: Option) -> str:
    if not option.names[0].startswith("-"):
        return _italic(option.names[0])
    return " ".join(filter(None, [", ".join(map(_bold, option.names)), _italic(option.value)]))


def _meaning(option: Option) -> str:
    return " ".join([_text(option.text), *(_roff(note).replace(" ", "\\ ") for note in option.notes)])


def _table(rows: dict[str, str]) -> Iterator[str]:
    for name, meaning in rows.items():
        yield from (".TP", _bold(name), _text(meaning))


def _text(words: str) -> str:
    """Return words as a line of text that roff does not take for a macro."""
    line = _roff(" ".join(words.split()))
    return f"\\&{line}" if line.startswith(".") else line


def _bold(words: str) -> str:
    return f"\\fB{_roff(words)}\\fR"


def _italic(words: str) -> str:
    return words and f"\\fI{_roff(words)}\\fR"


def _roff(words: str) -> str:
    return "".join(ESCAPES.get(character, character) for character in words)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    made = pages()
    for old in FOLDER.glob("*.1"):
        if old.name not in made:
            old.unlink()
    for name, text in made.items():
        (FOLDER / name).write_text(text, "utf-8")
