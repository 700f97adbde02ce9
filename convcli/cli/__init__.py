"""The program: the group of all commands, and errors as lines on stderr and exit statuses."""

import gc
import os
import sys
from typing import Annotated, Any

import typer

from convcli import __version__
from convcli.cli.lookup import ABOUT, Commands, commands_for_help
from convcli.errors import ConvcliError, UsageError
from convcli.options.typer_parsers import PlainGroup
from convcli.pipeline import messages

__all__ = ["Group", "app", "main"]

# Exit statuses that a shell reports for a process that SIGINT (Ctrl-C) or SIGPIPE ended: 128 + signal.
INTERRUPTED = 130
PIPE_CLOSED = 141


class Group(PlainGroup):
    """The group of all commands; errors that end a command become a line on stderr and an exit status.

    The errors of single inputs of a batch are reported by `messages.deliver`, which goes on with the next.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands: Any = Commands()

    def list_commands(self, _ctx: Any) -> list[str]:
        """Return the commands' names, in the order of ``--help``."""
        return list(ABOUT)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help page, for which commands need not be imported."""
        loading, self.commands = self.commands, commands_for_help()
        try:
            super().format_help(ctx, formatter)
        finally:
            self.commands = loading

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named; see `convcli.errors` for the statuses."""
        try:
            result = super().invoke(ctx)
            if sys.stdout is not None:
                sys.stdout.flush()
            return result
        except ConvcliError as error:
            messages.complain(error)
            raise typer.Exit(error.exit_status) from error
        except BrokenPipeError as error:
            # The reader has gone; Python's own flush at exit must not complain about that again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(PIPE_CLOSED) from error
        except KeyboardInterrupt as error:
            messages.say("interrupted")
            raise typer.Exit(INTERRUPTED) from error
        except MemoryError as error:
            messages.say(
                "error: not enough memory; hint: use a smaller picture, or --frame N of an animation"
            )
            raise typer.Exit(1) from error

    def main(self, *args: Any, **options: Any) -> Any:
        """Run the program; wrong usage is told in one line, as every other error."""
        standalone = options.get("standalone_mode", True)
        options["standalone_mode"] = False
        try:
            status = super().main(*args, **options)
        except typer.TyperException as error:
            status = error.exit_code
            if error.message and not _is_help(error):
                messages.complain(_usage(error))
            else:
                sys.stdout.write(error.message)
        if standalone:
            sys.exit(status)
        return status


def _is_help(error: typer.TyperException) -> bool:
    return type(error).__name__ == "NoArgsIsHelpError"


def _usage(error: typer.TyperException) -> UsageError:
    message = error.format_message().rstrip(".").replace("\n", " ")
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "convcli"
    return UsageError(message[:1].lower() + message[1:], hint=f"see {command} --help")


app = typer.Typer(
    name="convcli",
    cls=Group,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"convcli {__version__}\n")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """The convolution workbench for the shell: filter pictures, and see what a convolution does."""


def main() -> None:
    """Run ``convcli`` with the arguments of the process."""
    # Imports make some hundred thousand objects that live to the end: looking through them for garbage, again
    # and again and once more at exit, would take a fifth of the time of a small picture.
    gc.set_threshold(200_000)
    # Our own threads share the work. OpenBLAS's, of use to the equations of `learn` alone, would spin for a
    # while on a core that others need.
    if sys.argv[1:2] != ["learn"]:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Pillow keeps 64 MB of a picture that has been read for the one that will be written: new memory is slow.
    os.environ.setdefault("PILLOW_BLOCKS_MAX", "4")
    try:
        app(prog_name="convcli")
    finally:
        # The interpreter's last collection, at exit, skips frozen objects: the system takes all memory back.
        gc.freeze()
