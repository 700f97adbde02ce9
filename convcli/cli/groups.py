"""Groups of options: a frozen dataclass whose fields are options, named by the commands that want them."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from functools import wraps
from typing import Annotated, Any, get_args, get_origin, get_type_hints

__all__ = ["spread"]


def spread(command: Callable[..., None]) -> Callable[..., None]:
    """Make the fields of each group among `command`'s parameters options of their own.

    The command is called with the groups, made again from the options; everything else passes through. So no
    list of options is ever pasted from one command into another.
    """
    signature = inspect.signature(command)
    groups: dict[str, type[Any]] = {}
    flat: list[inspect.Parameter] = []
    for parameter in signature.parameters.values():
        kind = parameter.annotation
        if isinstance(kind, type) and is_dataclass(kind):
            groups[parameter.name] = kind
            flat.extend(_options(kind))
        else:
            flat.append(_option(parameter.name, kind, parameter.default))

    @wraps(command)
    def call(**given: Any) -> None:
        made = {
            name: kind(**{field.name: given.pop(field.name) for field in fields(kind)})
            for name, kind in groups.items()
        }
        command(**made, **given)

    call.__annotations__ = {parameter.name: parameter.annotation for parameter in flat}
    vars(call).update(__signature__=signature.replace(parameters=flat))
    return call


def _options(group: type[Any]) -> Iterator[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    for field in fields(group):
        default = inspect.Parameter.empty if field.default is MISSING else field.default
        yield _option(field.name, hints[field.name], default)


def _option(name: str, hint: Any, default: Any) -> inspect.Parameter:
    """Tell Typer of a flag, a list or a single word; what the word means is its parser's business."""
    if get_origin(hint) is Annotated:
        kind, info = get_args(hint)
        if get_origin(kind) is list:
            hint = Annotated[list[str], info]
        elif kind is not bool:
            hint = Annotated[str, info]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hint)
