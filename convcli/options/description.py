"""A command as a frozen value, read from its declaration: what help, manual and docs/commands.md show."""

import inspect
from collections.abc import Iterator
from typing import Any, NamedTuple

import typer

from convcli.options.panels import ADVANCED, ESSENTIALS, MESSAGES

__all__ = ["Description", "Example", "Option", "describe", "describe_all"]

# The heading of NumPy-style docstrings before the examples.
EXAMPLES = "Examples\n--------\n"


class Example(NamedTuple):
    """A line to type, and in words what it does."""

    about: str
    line: str


class Option(NamedTuple):
    """An option, or an argument: then the only name is that of its value."""

    names: tuple[str, ...]
    value: str
    text: str
    default: str
    required: bool
    variable: str
    panel: str

    @property
    def short(self) -> str:
        """The first sentence, which is all that the short page says."""
        return self.text.partition(". ")[0].removesuffix(".")

    @property
    def notes(self) -> tuple[str, ...]:
        """The default, and the environment variable that changes it."""
        named = {"default": self.default, "env": self.variable}
        return tuple(f"[{name}: {value}]" for name, value in named.items() if value)


class Description(NamedTuple):
    """The help of a command."""

    path: str
    usage: str
    about: str
    text: str
    examples: tuple[Example, ...]
    options: tuple[Option, ...]
    commands: tuple[tuple[str, str], ...]

    @property
    def page(self) -> str:
        """The name of the manual page."""
        return self.path.replace(" ", "-")

    def groups(self) -> dict[str, list[Option]]:
        """Return the options by their groups: the essentials first, what is seldom needed last."""
        groups: dict[str, list[Option]] = {ESSENTIALS: []}
        for option in self.options:
            groups.setdefault(option.panel, []).append(option)
        for last in (MESSAGES, ADVANCED):
            groups[last] = groups.pop(last, [])
        return {panel: options for panel, options in groups.items() if options}


def describe(context: Any) -> Description:
    """Describe the command of a Typer context."""
    command = context.command
    words, _, examples = inspect.cleandoc(command.help or "").partition(EXAMPLES)
    about, _, text = words.strip().partition("\n\n")
    parameters = command.get_params(context)
    return Description(
        path=context.command_path,
        usage=" ".join(_usage(context, parameters)),
        about=_one_line(about),
        text=text.strip(),
        examples=tuple(map(_example, filter(None, examples.strip().split("\n\n")))),
        options=tuple(_option(parameter) for parameter in parameters if not parameter.hidden),
        commands=tuple(getattr(command, "about_commands", dict)().items()),
    )


def describe_all(context: Any) -> Iterator[Description]:
    """Describe the command of a Typer context and all that are below it."""
    described = describe(context)
    yield described
    for name, _ in described.commands:
        command = context.command.get_command(context, name)
        yield from describe_all(typer.Context(command, info_name=name, parent=context))


def _usage(context: Any, parameters: list[Any]) -> Iterator[str]:
    yield context.command_path
    for parameter in parameters:
        if parameter.param_type_name == "argument":
            yield _argument(parameter)
    for parameter in parameters:
        if parameter.param_type_name == "option" and parameter.required:
            yield f"{min(parameter.opts, key=len)} {parameter.metavar or parameter.name.upper()}"
    yield "[OPTIONS]"
    if hasattr(context.command, "about_commands"):
        yield "[COMMAND ...]" if context.command.invoke_without_command else "COMMAND ..."


def _argument(parameter: Any) -> str:
    name = (parameter.metavar or parameter.name.upper()) + "..." * (parameter.nargs == -1)
    return name if parameter.required else f"[{name}]"


def _option(parameter: Any) -> Option:
    argument = parameter.param_type_name == "argument"
    names = (*sorted(parameter.opts, key=len), *getattr(parameter, "secondary_opts", ()))
    return Option(
        names=(_argument(parameter),) if argument else names,
        value="" if argument else parameter.metavar or "",
        text=_one_line(parameter.help or ""),
        default=_default(parameter),
        required=parameter.required,
        variable=parameter.envvar or "",
        panel=parameter.rich_help_panel or (ESSENTIALS if argument else "Options"),
    )


def _default(parameter: Any) -> str:
    """Return the default in words; nothing where it is not worth saying."""
    shown, value = parameter.show_default, parameter.default
    if isinstance(shown, str):
        return shown
    if getattr(parameter, "secondary_opts", ()):
        return "on" if value else "off"
    if shown is False or value is None or value is False or value in ((), []):
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _example(block: str) -> Example:
    about, _, line = block.rpartition("\n")
    return Example(about.removeprefix("# "), line)


def _one_line(text: str) -> str:
    return " ".join(text.split())
