"""Typer commands and groups whose options are read by their own parsers.

Typer (0.29) coerces every value through pydantic, whose import costs more than a third of the start-up of a
whole command. Here each value is read by its option's ``parser=`` alone, so that pydantic is not imported.
"""

from collections.abc import Callable
from typing import Any

from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from convcli.choices import STDOUT
from convcli.errors import UsageError
from convcli.options.foreign_options import ForeignWords, names_of
from convcli.options.option_groups import is_from_environment
from convcli.parsing import yes_or_no

__all__ = ["Command", "PlainGroup", "folder_path", "output_path", "verbatim"]


def verbatim(text: str) -> str:
    """Read a word as it stands."""
    return text


def output_path(text: str) -> str:
    """Read the name of a file to write; stdout's own names are ``-``."""
    return STDOUT if text in ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1") else text


def folder_path(text: str) -> str:
    """Read the name of a folder to write into."""
    if not text:
        raise UsageError("the name is empty", hint="name a folder, such as . for this one")
    return text


class Command(ForeignWords, TyperCommand):
    """A command whose options are read by their own parsers."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, ``--help`` included."""
        return _with_own_parsers(super().get_params(ctx))


class PlainGroup(ForeignWords, TyperGroup):
    """A group of commands whose own options are read by their own parsers."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, ``--help`` included."""
        return _with_own_parsers(super().get_params(ctx))


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
        from_environment = is_from_environment(ctx, parameter.name)
        label = str(parameter.envvar) if from_environment else option
        if parser is None and value is not None:
            return coerce(ctx, yes_or_no(value, label) if from_environment else value)
        if parameter.multiple or parameter.nargs == -1:
            value = [read(word, label) for word in value or ()]
        else:
            value = read(value, label)
        if parameter.required and parameter.value_is_missing(value) and not ctx.resilient_parsing:
            raise UsageError(f"{label} is missing", hint=f"see {ctx.command_path} --help")
        return parameter.callback(ctx, parameter, value) if parameter.callback is not None else value

    return process_value
