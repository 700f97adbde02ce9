"""Print docs/commands.md: every command with its examples and options, taken from the program itself.

Run ``python docs/make_commands.py > docs/commands.md`` after changing an option; a test compares the two.
"""

from collections.abc import Iterator

import typer

from convcli.cli import app
from convcli.options.description import Description, Example, Option, describe_all

HEAD = """# Commands

Made by `docs/make_commands.py` from the program's own help; `convcli COMMAND --help-all` and `man convcli`
say the same. Every command also takes `-h` and `--help`, `--help-all`, and `--version`.
"""
# Options that every command has.
EVERYWHERE = {"--help", "--help-all", "--version"}


def page() -> str:
    """Return the whole page."""
    root = typer.Context(typer.main.get_command(app), info_name="convcli")
    return "\n".join([HEAD, *(part for command in describe_all(root) for part in _parts(command))])


def _parts(command: Description) -> Iterator[str]:
    yield f"## `{command.path}`\n"
    yield f"`{command.usage}`\n"
    for paragraph in (command.about, *filter(None, command.text.split("\n\n"))):
        yield f"{' '.join(paragraph.split())}\n"
    yield "\n".join(["```bash", *map(_example, command.examples), "```\n"])
    if command.commands:
        yield "\n".join(f"- `{command.path} {name}`: {about}" for name, about in command.commands) + "\n"
    rows = [_row(option) for options in command.groups().values() for option in options]
    if any(rows):
        yield "\n".join(["| option | what it means | default |", "|---|---|---|", *filter(None, rows)]) + "\n"


def _example(example: Example) -> str:
    return f"# {example.about}\n{example.line}" if example.about else example.line


def _row(option: Option) -> str:
    if EVERYWHERE & {*option.names}:
        return ""
    names = " ".join(filter(None, [", ".join(f"`{name}`" for name in option.names), _code(option.value)]))
    variable = f" Environment: `{option.variable}`." if option.variable else ""
    cells = (names, option.text + variable, "required" if option.required else option.default)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _code(text: str) -> str:
    return text and f"`{text}`"


if __name__ == "__main__":
    print(page(), end="")
