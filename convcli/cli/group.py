"""The group of all commands: errors become lines on stderr, and exit statuses."""

import os
import sys
from typing import Any

import typer

from convcli import __version__
from convcli.cli import INTERRUPTED
from convcli.cli.lookup import ABOUT, Commands
from convcli.errors import ConvcliError, UsageError
from convcli.options.panels import ADVANCED
from convcli.options.typer_parsers import PlainGroup, print_page
from convcli.pipeline import messages

__all__ = ["Group", "app"]

# Exit status that a shell reports for a process that SIGPIPE ended: 128 + signal.
PIPE_CLOSED = 141


class Group(PlainGroup):
    """The group of all commands; errors that end a command become a line on stderr and an exit status.

    The errors of single inputs of a batch are reported by `pipeline.delivery`, which goes on with the next.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands: Any = Commands()

    def list_commands(self, _ctx: Any) -> list[str]:
        """Return the commands' names, in the order of ``--help``."""
        return list(ABOUT)

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, all seldom needed: help and version, and Typer's own of completion."""
        parameters = super().get_params(ctx)
        for parameter in parameters:
            parameter.rich_help_panel = ADVANCED
        return parameters

    def about_commands(self) -> dict[str, str]:
        """Return the line of each command in help, without importing any."""
        return ABOUT

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            messages.say(str(error) or "interrupted")
            raise typer.Exit(INTERRUPTED) from error

    def main(self, *args: Any, **options: Any) -> Any:
        """Run the program; whatever goes wrong is told in one line. See `convcli.errors` for the statuses."""
        standalone = options.get("standalone_mode", True)
        options["standalone_mode"] = False
        try:
            status = self._run(*args, **options)
            if not status:
                messages.finish()
        except BrokenPipeError:
            status = PIPE_CLOSED
        except ConvcliError as error:
            messages.complain(error)
            status = error.exit_status
        except OSError as error:
            messages.complain(messages.unwritable(error) if error.filename is None else _unreadable(error))
            status = 1
        except MemoryError:
            messages.say(
                "error: not enough memory; hint: use a smaller picture, or --frame N of an animation"
            )
            status = 1
        if status:
            messages.give_up_stdout()
        if standalone:
            sys.exit(status)
        return status

    def _run(self, *args: Any, **options: Any) -> Any:
        try:
            return super().main(*args, **options)
        except SystemExit as ended:  # of completion; of Typer and Rich too where stdout's reader has gone
            return PIPE_CLOSED if isinstance(ended.__context__, BrokenPipeError) else ended.code or 0
        except typer.TyperException as error:
            if error.message and not _is_help(error):
                messages.complain(_usage(error))
            else:
                print_page(error.message)
            return error.exit_code


def _unreadable(error: OSError) -> ConvcliError:
    name, reason = os.fsdecode(error.filename), (error.strerror or "it failed").lower()
    return ConvcliError(f"{name!r}: {reason}", hint="was it moved or deleted meanwhile?")


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
    context_settings={"obj": f"convcli {__version__}"},
)


@app.callback()
def root() -> None:
    """The convolution workbench for the shell: filter pictures, and see how it works.

    stdout carries only the product: the bytes of pictures, the paths of files that were written, or JSON.
    Everything for people goes to stderr. The exit status is 0 where all was done, 1 where some input failed,
    2 for wrong usage, 3 where another tool cannot do what is translated, and 130 after Ctrl-C.

    Examples
    --------
    convcli filter sample_images/camera.png -k sobel -o edges.png

    convcli explain sample_images/camera.png -k sobel-x --at 0,0
    """
