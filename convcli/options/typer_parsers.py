"""How the words of the command line become values.

Typer (0.29) coerces every value through pydantic, whose import costs more than a third of the start-up of a
whole command. All values here are read by the parsers that `options` names, so that import is not needed.
"""

from collections.abc import Callable
from typing import Any

from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from convcli.errors import UsageError

__all__ = [
    "Command",
    "PlainGroup",
    "verbatim",
]


def verbatim(text: str) -> str:
    """Read a word as it stands."""
    return text


class Command(TyperCommand):
    """A command whose words are read by the parsers of its options and by nothing else."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, ``--help`` included."""
        return plain(super().get_params(ctx))


class PlainGroup(TyperGroup):
    """A group of commands that reads its own options in the same way."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, ``--help`` included."""
        return plain(super().get_params(ctx))


def plain(parameters: list[Any]) -> list[Any]:
    """Replace Typer's coercion of `parameters` by their own parsers; what was not given stays as it is."""
    for parameter in parameters:
        if isinstance(parameter, TyperArgument | TyperOption) and "process_value" not in vars(parameter):
            vars(parameter).update(process_value=_reader(parameter))
    return parameters


def _reader(parameter: TyperArgument | TyperOption) -> Callable[[Any, Any], Any]:
    parser = parameter.type_descriptor.parameter_info.parser
    coerce = parameter.process_value
    metavar = parameter.metavar or parameter.name
    label = metavar if isinstance(parameter, TyperArgument) else parameter.opts[-1]

    def read(word: Any) -> Any:
        try:
            return parser(word) if parser is not None and isinstance(word, str) else word
        except UsageError as error:
            if label in error.message:
                raise
            raise type(error)(f"{label}: {error.message}", hint=error.hint) from None

    def process_value(ctx: Any, value: Any) -> Any:
        if parser is None and value is not None:
            return coerce(ctx, value)
        if parameter.multiple or parameter.nargs == -1:
            value = [read(word) for word in value or ()]
        else:
            value = read(value)
        if parameter.required and parameter.value_is_missing(value) and not ctx.resilient_parsing:
            raise UsageError(f"{label} is missing", hint=f"see {ctx.command_path} --help")
        return parameter.callback(ctx, parameter, value) if parameter.callback is not None else value

    return process_value
