"""``convcli help``: the help of a command by its name."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Annotated, Any

import typer

from convcli.errors import UsageError, shown
from convcli.options.option_groups import with_options
from convcli.options.typer_parsers import Command, PlainGroup, print_page, verbatim

__all__ = ["register"]


def _named(ctx: typer.Context, names: Iterable[str]) -> Any:
    """Return the context of the command that `names` lead to, from the program on."""
    found: Any = ctx.find_root()
    for name in names:
        known, command = None, None
        if isinstance(found.command, PlainGroup):
            known, command, _ = found.command.resolve_command(found, [name])
        if command is None:  # for completion, a group does not complain
            path = found.command_path
            raise UsageError(f"{path} has no command {shown(name)}", hint=f"see {path} --help")
        found = typer.Context(command, info_name=known, parent=found)
    return found


def _offered(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer the commands that may follow."""
    with suppress(UsageError):
        command = _named(ctx, ctx.params.get("names") or ()).command
        if isinstance(command, PlainGroup):
            return [name for name in command.about_commands() if name.startswith(incomplete)]
    return []


NamesArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="COMMAND",
        parser=verbatim,
        autocompletion=_offered,
        show_default=False,
        help="Such as filter or kernels show; without it, all commands are listed.",
    ),
]
# Without a name, the help of the program itself is shown.
NO_NAMES: list[str] = []


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("help", cls=Command)(with_options(show_help))


def show_help(ctx: typer.Context, names: NamesArgument = NO_NAMES) -> None:
    """Show the help of a command.

    Examples
    --------
    convcli help filter

    convcli help kernels show
    """
    print_page(_named(ctx, names).get_help())
