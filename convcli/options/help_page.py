"""Help pages for the terminal: the short one, a line for each option, and the long one with every word."""

import os
import re
import shutil
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

import typer

from convcli.options.description import Description, Option, describe
from convcli.options.panels import ADVANCED

__all__ = ["example_lines", "help_page"]

# Columns of a page: longer lines are hard to read, and shorter ones hold no option.
NARROWEST, WIDEST = 40, 100
# From this width on, meanings stand beside the names, whose column is no wider than NAMES.
BESIDE, NAMES = 60, 24
# How far meanings are indented below their names.
BELOW = " " * 8
# A space at which no line is broken.
NO_BREAK = "\N{NO-BREAK SPACE}"
# A word of a shell, with what it quotes; an option stays with its value.
WORD = r"""(?:[^\s"']|"[^"]*"|'[^']*')+"""
UNIT = re.compile(rf"-\S+ (?!-){WORD}|{WORD}")


def help_page(context: Any, *, full: bool = False) -> str:
    """Return the help of a context's command, as wide as the terminal."""
    width = max(NARROWEST, min(shutil.get_terminal_size().columns, WIDEST))
    return "\n".join(_lines(describe(context), width, full))


def _lines(command: Description, width: int, full: bool) -> Iterator[str]:
    first, *rest = _filled(f"Usage: {command.usage}", width, "       ")
    yield from (first.replace("Usage:", _heading("Usage:")), *rest)
    yield from _filled(command.about, width)
    for paragraph in command.text.split("\n\n") if full and command.text else ():
        yield from ("", *_filled(paragraph, width))
    if command.examples:
        yield from ("", _heading("Examples:"))
        for example in command.examples:
            yield from _filled(example.about, width, "  # ", "  # ")
            yield from (f"  {part}" for part in example_lines(example.line, width - 2))
    if command.commands:
        yield from ("", _heading("Commands:"), *_table(command.commands, width, _column(command.commands)))
    groups = {
        panel: [(_named(option, full), _meaning(option, full)) for option in options]
        for panel, options in command.groups().items()
        if full or panel != ADVANCED
    }
    column = 0 if full else _column(row for rows in groups.values() for row in rows)
    for panel, rows in groups.items():
        yield from ("", _heading(f"{panel}:"), *_table(rows, width, column))
    yield from ("", *_filled(_more(command, full), width))


def example_lines(line: str, width: int) -> Iterator[str]:
    """Yield a command line; one that is too long goes on after a backslash, as shells read it."""
    shown = ""
    for unit in UNIT.findall(line):
        if shown and len(shown) + len(unit) + 3 > width:
            yield f"{shown} \\"
            shown = "   "
        shown = f"{shown} {unit}" if shown else unit
    yield shown


def _column(rows: Iterable[tuple[str, str]]) -> int:
    """Return where meanings begin, beside all names but the longest."""
    return max((len(name) + 4 for name, _ in rows if len(name) + 4 <= NAMES), default=0)


def _table(rows: Iterable[tuple[str, str]], width: int, column: int) -> Iterator[str]:
    """Yield names with their meanings from `column` on; below where there is no room, or no column."""
    indent = " " * column if column and width >= BESIDE else BELOW
    for name, meaning in rows:
        lines = _filled(meaning, width, indent, indent) or [indent]
        if width >= BESIDE and len(name) + 4 <= column:
            yield f"  {_name(name)}{lines[0][len(name) + 2 :]}".rstrip()
            yield from lines[1:]
        else:
            yield from (*map(_name, _filled(f"  {name}", width, " " * 6)), *lines)


def _named(option: Option, full: bool) -> str:
    names = option.names
    if not full and len(names) == 2 and names[1] == f"--no-{names[0][2:]}":
        names = (f"--[no-]{names[0][2:]}",)
    indent = "    " if names[0].startswith("--") else ""
    return f"{indent}{', '.join(names)} {option.value}".rstrip()


def _meaning(option: Option, full: bool) -> str:
    notes = [note for note in option.notes if full or not note.startswith("[env")]
    return " ".join([option.text if full else option.short, *map(_together, notes)])


def _more(command: Description, full: bool) -> str:
    if full:
        return f"The manual says the same: man {command.page}."
    names = [option.names[-1] for option in command.groups()[ADVANCED]]
    # The first screen has to hold all commands: who installs completion finds the other on the long page.
    left_out = ", ".join(name for name in names if not name.startswith(("--help", "--show-completion")))
    variable = next((option.variable for option in command.options if option.variable), "")
    defaults = f"Variables such as {variable} set defaults. " if variable else ""
    longer = _together(f"{command.path} --help-all"), _together(f"man {command.page}")
    return f"More: {left_out}. {defaults}See {longer[0]}, or {longer[1]}."


def _together(words: str) -> str:
    """Keep words on one line: `_filled` breaks at plain spaces alone, and makes these plain afterwards."""
    return words.replace(" ", NO_BREAK)


def _filled(text: str, width: int, rest: str = "", first: str = "") -> list[str]:
    wrapper = textwrap.TextWrapper(
        width, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
    return [line.replace(NO_BREAK, " ") for line in wrapper.wrap(text)]


def _heading(text: str) -> str:
    return typer.style(text, bold=True) if _coloured() else text


def _name(text: str) -> str:
    return typer.style(text, fg="cyan") if _coloured() else text


def _coloured() -> bool:
    """Tell whether colours are wanted; `typer.echo` keeps them from what is no terminal."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
