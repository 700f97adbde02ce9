"""How the words of the command line become values.

Typer (0.29) coerces every value through pydantic, whose import costs more than a third of the start-up of a
whole command. All values here are read by the parsers that `options` names, so that import is not needed.
"""

from collections.abc import Callable
from typing import Any

from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from convcli.errors import UsageError

__all__ = ["Command", "PlainGroup", "number", "pixel_count", "place", "power", "verbatim", "whole"]


def verbatim(text: str) -> str:
    """Read a word as it stands."""
    return text


def number(text: str) -> float:
    """Read a decimal number or a fraction such as ``1/9``.

    Raises
    ------
    UsageError
        `text` is neither, or not finite.
    """
    above, slash, below = text.partition("/")
    try:
        value = float(above) / float(below) if slash else float(above)
    except (ValueError, ZeroDivisionError):
        raise UsageError(f"{text!r} is not a number") from None
    if value - value != 0:
        raise UsageError(f"{text!r} is not finite")
    return value


def power(text: str) -> float:
    """Read a number as :func:`number` does; ``inf`` is infinity.

    Raises
    ------
    UsageError
        `text` is none.
    """
    return float("inf") if text.strip().lower() in ("inf", "infinity") else number(text)


def whole(text: str) -> int:
    """Read a whole number.

    Raises
    ------
    UsageError
        `text` is none.
    """
    try:
        return int(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a whole number") from None


def place(text: str) -> tuple[int, int]:
    """Read ``ROW,COLUMN``; negative numbers count from the end.

    Raises
    ------
    UsageError
        `text` is none.
    """
    words = text.strip().removeprefix("(").removesuffix(")").split(",")
    try:
        row, column = map(int, words)
    except ValueError:
        raise UsageError(f"{text!r} is not a place", hint="write ROW,COLUMN, such as 0,0 or -1,-1") from None
    return row, column


def pixel_count(text: str) -> int:
    """Read a number of pixels; ``k``, ``M`` and ``G`` stand for powers of 1024.

    Raises
    ------
    UsageError
        `text` is none.
    """
    digits = text.strip().lower().removesuffix("px")
    scale = {"k": 1024, "m": 1024**2, "g": 1024**3}.get(digits[-1:], 1)
    return int(number(digits[:-1] if scale > 1 else digits) * scale)


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
