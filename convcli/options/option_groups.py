"""Records of options: classes whose fields are options, so that an option and its value are declared once.

A command names a record as a parameter, and is called with it. Records are not dataclasses: making ten of
those takes longer than all else that the command line does at start.
"""

import inspect
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Annotated, Any, ClassVar, Self, dataclass_transform, get_args, get_origin, get_type_hints

__all__ = ["Options", "with_options"]


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Options:
    """A frozen record; a subclass annotates each field with its type and Typer's ``Option``.

    A record may be made of others, by inheritance: their fields come first, in the order of the bases.
    """

    fields: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        inherited = [name for base in cls.__bases__ if issubclass(base, Options) for name in base.fields]
        cls.fields = tuple(dict.fromkeys([*inherited, *inspect.get_annotations(cls)]))

    def __init__(self, **values: Any) -> None:
        kind = type(self)
        for name in values.keys() - set(kind.fields):
            raise TypeError(f"{kind.__name__} has no field {name!r}")
        for name in kind.fields:
            if name not in values and not hasattr(kind, name):
                raise TypeError(f"{kind.__name__} needs a value for {name!r}")
        vars(self).update(values)
        self.check()

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: use replace({name}=...)")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def check(self) -> None:
        """Raise a UsageError where the values contradict each other; the base allows everything."""

    def replace(self, **changes: Any) -> Self:
        """Return the same record with other values for some fields."""
        return type(self)(**{**vars(self), **changes})


def with_options(command: Callable[..., None]) -> Callable[..., None]:
    """Replace each record among `command`'s parameters by its fields, for Typer to make options of.

    The command is called with the records, made from those options; other parameters pass through.
    """
    signature = inspect.signature(command)
    records: dict[str, type[Options]] = {}
    flat: dict[str, inspect.Parameter] = {}
    for parameter in signature.parameters.values():
        kind = parameter.annotation
        if isinstance(kind, type) and issubclass(kind, Options):
            records[parameter.name] = kind
            flat |= {option.name: option for option in _options(kind)}
        else:
            flat[parameter.name] = _option(parameter.name, kind, parameter.default)

    @wraps(command)
    def call(**given: Any) -> None:
        made = {
            name: kind(**{field: given[field] for field in kind.fields}) for name, kind in records.items()
        }
        others = {name: given[name] for name in given if name in signature.parameters}
        command(**others, **made)

    call.__annotations__ = {name: parameter.annotation for name, parameter in flat.items()}
    vars(call).update(__signature__=signature.replace(parameters=list(flat.values())))
    return call


def _options(record: type[Options]) -> Iterator[inspect.Parameter]:
    hints = get_type_hints(record, include_extras=True)
    for name in record.fields:
        yield _option(name, hints[name], getattr(record, name, inspect.Parameter.empty))


def _option(name: str, hint: Any, default: Any) -> inspect.Parameter:
    """Tell Typer of a flag, a list of words or a single word, which the option's parser reads."""
    if get_origin(hint) is Annotated:
        kind, info = get_args(hint)
        if get_origin(kind) is list:
            hint = Annotated[list[str], info]
        elif kind is not bool:
            hint = Annotated[str, info]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hint)
