"""``convcli help``: the help of a command by its name."""

from typing import Annotated, Any

import typer

from convcli.errors import UsageError, shown, unknown
from convcli.options.option_groups import with_options
from convcli.options.typer_parsers import Command, PlainGroup, print_page, verbatim

__all__ = ["register"]


def _names(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer the names of commands."""
    command: Any = ctx.find_root().command
    return [name for name in command.about_commands() if name.startswith(incomplete)]


NamesArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="COMMAND",
        parser=verbatim,
        autocompletion=_names,
        show_default=False,
        help="The command, such as filter or kernels show; without it, all are listed.",
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
    context: Any = ctx.find_root()
    for name in names:
        group = context.command
        if not isinstance(group, PlainGroup):
            path = context.command_path
            raise UsageError(f"{path} has no command {shown(name)}", hint=f"see {path} --help")
        if name not in group.about_commands():
            raise unknown("command", name, group.about_commands())
        command: Any = group.get_command(context, name)
        context = typer.Context(command, info_name=name, parent=context)
    print_page(context.get_help())
