"""Parameters of named kernels: allowed values and parser (``sigma=2,size=9``). No NumPy here."""

import math
from dataclasses import dataclass
from typing import TypeAlias

from convcli.errors import KernelError, nearest, shown
from convcli.kernels.text import read_number, rows_and_columns
from convcli.limits import KERNEL_SIDE

__all__ = ["Number", "Parameter", "Size", "Value", "read_parameters"]

Value = float | tuple[int, int]


@dataclass(frozen=True, eq=False, repr=False)
class _Parameter:
    """One parameter of a named kernel.

    Attributes
    ----------
    name
        As written in a SPEC; ``_`` and ``-`` are the same.
    default
        As written in a SPEC; empty where it follows from the other parameters.
    about
        Meaning and unit.
    derived
        Formula of the default where `default` is empty.
    synonyms
        Other names for it.
    """

    name: str
    default: str
    about: str
    derived: str = ""
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class Number(_Parameter):
    """A real number, from `minimum` (or above `above`) to `maximum`."""

    above: float = -math.inf
    minimum: float = -math.inf
    maximum: float = 1e6

    @property
    def allowed(self) -> str:
        """The allowed values, for hints."""
        if self.above > -math.inf:
            return f"a number above {self.above:g}, up to {self.maximum:g}"
        return f"a number from {max(self.minimum, -self.maximum):g} to {self.maximum:g}"

    def read(self, text: str) -> float:
        """Return the value of `text`; a ValueError says why it is not allowed."""
        value = read_number(text)
        if not (max(self.minimum, -self.maximum) <= value <= self.maximum and value > self.above):
            raise ValueError(f"{shown(text)} is out of range")
        return value


@dataclass(frozen=True, eq=False, repr=False)
class Size(_Parameter):
    """``N`` or ``RxC``: rows and columns, odd where the kernel needs a middle pixel."""

    odd: bool = True
    minimum: int = 1
    maximum: int = KERNEL_SIDE.most

    @property
    def allowed(self) -> str:
        """The allowed values, for hints."""
        kind = "an odd number" if self.odd else "a whole number"
        return f"{kind} N from {self.minimum} to {self.maximum}, or RxC for rows and columns"

    def read(self, text: str) -> tuple[int, int]:
        """Return the value of `text`; a ValueError says why it is not allowed."""
        size = rows_and_columns(text)
        for side in size:
            if not self.minimum <= side <= self.maximum:
                raise ValueError(f"{shown(text)} is out of range")
            if self.odd and side % 2 == 0:
                raise ValueError(f"{shown(text)} is even")
        return size


Parameter: TypeAlias = Number | Size


def read_parameters(text: str, known: tuple[Parameter, ...], name: str) -> dict[str, Value]:
    """Read ``sigma=2,size=9``, the text after a kernel's name and colon, as values by parameter.

    Values without a name are those of the parameters in order. `name` is the kernel's, for messages.
    """
    given: dict[str, Value] = {}
    items = [item.strip() for item in text.split(",")] if text.strip() else []
    for place, item in enumerate(items):
        left, equals, right = item.partition("=")
        parameter = _find(left.strip(), known, name) if equals else _at(place, item, known, name)
        if parameter.name in given:
            raise KernelError(f"{name}: {parameter.name} is given twice", hint="give each parameter once")
        value = right.strip() if equals else left
        try:
            given[parameter.name] = parameter.read(value)
        except ValueError as error:
            raise KernelError(
                f"{name}: {parameter.name} {error}", hint=f"{parameter.name} is {parameter.allowed}"
            ) from error
    return given


def _find(given: str, known: tuple[Parameter, ...], name: str) -> Parameter:
    spelled = given.lower().replace("_", "-")
    for parameter in known:
        if spelled == parameter.name or spelled in parameter.synonyms:
            return parameter
    raise KernelError(f"{name} has no parameter {shown(given)}", hint=_choices(spelled, known, name))


def _at(place: int, item: str, known: tuple[Parameter, ...], name: str) -> Parameter:
    if not item:
        raise KernelError(f"{name}: parameter {place + 1} is empty", hint=_choices("", known, name))
    if place >= len(known):
        raise KernelError(
            f"{name}: {shown(item)} is one parameter too many", hint=_choices(item.lower(), known, name)
        )
    return known[place]


def _choices(given: str, known: tuple[Parameter, ...], name: str) -> str:
    names = [parameter.name for parameter in known]
    if not names:
        return f"{name} takes no parameters"
    close = nearest(given, names)
    suggestion = f"did you mean '{close}'? " if close else ""
    return f"{suggestion}{name} takes {', '.join(names)}"
