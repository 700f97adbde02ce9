"""Print docs/commands.md: every command with every option, taken from the program itself.

Run ``python docs/make_commands.py > docs/commands.md`` after changing an option; a test compares the two.
"""

from collections.abc import Iterator
from typing import Any

import typer

from convcli.cli import app

HEAD = """# Commands

Made by `docs/make_commands.py` from the program's own help. Common to all: stdout carries only the product
(picture bytes, paths of written files, JSON); everything for people goes to stderr. Exit status: 0 all done,
1 some input failed, 2 wrong usage, 130 on Ctrl-C.
"""


def page() -> str:
    """Return the whole page."""
    parts = [HEAD]
    for path, command in sorted(_commands(typer.main.get_command(app), "convcli")):
        parts.append(f"## `{path}`\n\n{_words(command.help or '')}\n\n{_table(command)}")
    return "\n".join(parts)


def _commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from _commands(below, f"{path} {name}")


def _table(command: Any) -> str:
    rows = ["| option | what it means | default |", "|---|---|---|"]
    for parameter in command.params:
        help_record = getattr(parameter, "help", None)
        if not help_record:
            continue
        names = (
            ", ".join(f"`{name}`" for name in (*sorted(parameter.opts, key=len), *parameter.secondary_opts))
            if _is_option(parameter)
            else ""
        )
        metavar = f" `{parameter.metavar}`" if parameter.metavar else ""
        cells = (f"{names}{metavar}".strip(), _words(help_record), _default(parameter))
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows) + "\n"


def _is_option(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "option")


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    if isinstance(parameter.show_default, str):
        return parameter.show_default
    value = parameter.default
    return "" if value is None or value is False else str(value)


def _words(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    print(page(), end="")
