"""Groups of options: a class whose attributes are options, named by the commands that want them.

Not dataclasses: making ten of those takes longer than everything else that the command line does at start.
"""

import inspect
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Annotated, Any, get_args, get_origin, get_type_hints

__all__ = ["Options", "spread"]


class Options:
    """A group of options; a subclass annotates each with its type and Typer's ``Option``."""

    def __init__(self, **values: Any) -> None:
        vars(self).update(values)


def spread(command: Callable[..., None]) -> Callable[..., None]:
    """Make the fields of each group among `command`'s parameters options of their own.

    The command is called with the groups, made again from the options; everything else passes through. So no
    list of options is ever pasted from one command into another.
    """
    signature = inspect.signature(command)
    groups: dict[str, type[Options]] = {}
    flat: list[inspect.Parameter] = []
    for parameter in signature.parameters.values():
        kind = parameter.annotation
        if isinstance(kind, type) and issubclass(kind, Options):
            groups[parameter.name] = kind
            flat.extend(_options(kind))
        else:
            flat.append(_option(parameter.name, kind, parameter.default))

    @wraps(command)
    def call(**given: Any) -> None:
        made = {
            name: kind(**{option: given.pop(option) for option in kind.__annotations__})
            for name, kind in groups.items()
        }
        command(**made, **given)

    call.__annotations__ = {parameter.name: parameter.annotation for parameter in flat}
    vars(call).update(__signature__=signature.replace(parameters=flat))
    return call


def _options(group: type[Options]) -> Iterator[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    for name, hint in hints.items():
        yield _option(name, hint, getattr(group, name, inspect.Parameter.empty))


def _option(name: str, hint: Any, default: Any) -> inspect.Parameter:
    """Tell Typer of a flag, a list or a single word; what the word means is its parser's business."""
    if get_origin(hint) is Annotated:
        kind, info = get_args(hint)
        if get_origin(kind) is list:
            hint = Annotated[list[str], info]
        elif kind is not bool:
            hint = Annotated[str, info]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hint)
