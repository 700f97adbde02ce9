"""Typer commands and groups whose options are read by their own parsers, with help pages of our own.

Typer (0.29) coerces every value through pydantic, whose import costs more than a third of the start-up of a
whole command. Here each value is read by its option's ``parser=`` alone, so that pydantic is not imported.
"""

import os
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from convcli.choices import STDOUT
from convcli.errors import ConvcliError, UsageError
from convcli.options.foreign_options import ForeignWords, names_of
from convcli.options.panels import ADVANCED
from convcli.stores.files import local

__all__ = ["Command", "PlainGroup", "folder_path", "output_path", "print_page", "verbatim"]


def verbatim(text: str) -> str:
    """Read a word as it stands; a ``file://`` URL is the path that it names."""
    return local(text)


def output_path(text: str) -> str:
    """Read the name of a file to write; stdout's own names are ``-``."""
    return STDOUT if text in ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1") else local(text)


def folder_path(text: str) -> str:
    """Read the name of a folder to write into."""
    if not text:
        raise UsageError("the name is empty", hint="name a folder, such as . for this one")
    return local(text)


# A mixin: mypy does not know the Typer class behind it, whose methods these extend.
class _Asked(ForeignWords):
    """Base of commands and groups: adds ``--help``, ``--help-all`` and ``--version``."""

    _asking: Any = None

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, each read by its own parser; ``--help`` and the like are last."""
        *params, help_option = super().get_params(ctx)  # type: ignore[misc]
        self._asking = self._asking or _asking(help_option)
        return _with_own_parsers([*params, *self._asking])

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the short help page."""
        from convcli.options.help_page import help_page  # here, as only help needs it

        formatter.write(help_page(ctx))


class Command(_Asked, TyperCommand):
    """A command with its own parsers and help pages."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; ``--verbose`` is stronger than quiet by default.

        An error about an option that was not typed says which variable has set it.
        """
        if ctx.params.get("verbose") and _is_from_environment(ctx, "quiet"):
            ctx.params["quiet"] = False
        try:
            return super().invoke(ctx)
        except ConvcliError as error:
            said = re.findall(r"--[\w-]+", f"{error.message} {error.hint}")
            for parameter in self.params:
                if set(parameter.opts) & set(said) and _is_from_environment(ctx, parameter.name):
                    error.hint += f" ({parameter.envvar} is set)"
            raise


class PlainGroup(_Asked, TyperGroup):
    """A group of commands with its own parsers and help pages."""

    def about_commands(self) -> dict[str, str]:
        """Return the line of each command in help: the first of its own."""
        shown = {name: command for name, command in self.commands.items() if not command.hidden}
        return {name: (command.help or "").partition("\n")[0] for name, command in shown.items()}


def print_page(text: str) -> None:
    """Print a help page, through the pager too; in files and pipes without colours, unless forced."""
    from convcli.display.terminal.pager import paged

    if not paged(text if text.endswith("\n") else f"{text}\n"):
        typer.echo(text, color=True if os.environ.get("FORCE_COLOR") else None)


def _asking(help_option: Any) -> list[TyperOption]:
    """Make the options that are taken after every command, by the model of Typer's ``--help``."""
    pages: list[tuple[list[str], str, Callable[[Any], str]]] = [
        (["-h", "--help"], "Show the essentials and the options.", lambda ctx: ctx.get_help()),
        (["--help-all"], "Show every option with all that is said of it.", _long_page),
        (["--version"], "Print the version.", lambda ctx: ctx.obj),  # as the app's own context has it
    ]
    return [
        TyperOption(
            param_decls=names,
            help=help,
            callback=partial(_show, page),
            type_descriptor=help_option.type_descriptor,
            is_flag=True,
            expose_value=False,
            is_eager=True,
            rich_help_panel=ADVANCED,
        )
        for names, help, page in pages
    ]


def _show(page: Callable[[Any], str], ctx: Any, _parameter: Any, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        print_page(page(ctx))
        raise typer.Exit


def _long_page(ctx: Any) -> str:
    from convcli.options.help_page import help_page

    return help_page(ctx, full=True)


def _is_from_environment(ctx: Any, name: str) -> bool:
    source = ctx.get_parameter_source(name)
    return source is not None and source.name == "ENVIRONMENT"


def _with_own_parsers(parameters: list[Any]) -> list[Any]:
    """Make `parameters` read words with their own ``parser=`` alone; defaults stay as they are.

    Typer makes the parameters and has no setting for their class: so each instance's method is replaced.
    """
    for parameter in parameters:
        if isinstance(parameter, TyperArgument | TyperOption) and "process_value" not in vars(parameter):
            vars(parameter).update(process_value=_process_value(parameter))
    return parameters


def _process_value(parameter: TyperArgument | TyperOption) -> Callable[[Any, Any], Any]:
    parser = parameter.type_descriptor.parameter_info.parser
    coerce = parameter.process_value
    metavar = parameter.metavar or parameter.name
    option = metavar if isinstance(parameter, TyperArgument) else parameter.opts[-1]

    def read(word: Any, label: str) -> Any:
        try:
            return parser(word) if parser is not None and isinstance(word, str) else word
        except UsageError as error:
            message = error.message.replace(option, label)
            message = message if label in message else f"{label}: {message}"
            raise type(error)(message, hint=error.hint) from None

    def check(ctx: Any, value: Any) -> None:
        """Refuse the name of another option, which stands where the value is missing."""
        for word in value if isinstance(value, list | tuple) else (value,):
            dashed = isinstance(word, str) and word.startswith("-")
            if dashed and word in names_of(ctx.command.get_params(ctx)):
                hint = f"see {ctx.command_path} --help"
                raise UsageError(f"option {option} needs a value: {word} is an option", hint=hint)

    def process_value(ctx: Any, value: Any) -> Any:
        if isinstance(parameter, TyperOption):
            check(ctx, value)
        from_environment = _is_from_environment(ctx, parameter.name)
        label = str(parameter.envvar) if from_environment else option
        if parser is None and value is not None:
            if from_environment:
                from convcli.parsing import yes_or_no  # here, as seldom needed

                value = yes_or_no(value, label)
            return coerce(ctx, value)
        if parameter.multiple or parameter.nargs == -1:
            value = [read(word, label) for word in value or ()]
        else:
            value = read(value, label)
        if parameter.required and parameter.value_is_missing(value) and not ctx.resilient_parsing:
            add = f"add {min(parameter.opts, key=len)} {metavar}; " if option != metavar else ""
            raise UsageError(f"{label} is missing", hint=f"{add}see {ctx.command_path} --help")
        return parameter.callback(ctx, parameter, value) if parameter.callback is not None else value

    return process_value
