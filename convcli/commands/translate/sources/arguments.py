"""The arguments of a call by the names of its parameters, read as numbers, pairs, borders and kernels."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from convcli.choices import PadMode
from convcli.commands.translate.sources.equivalent import Array, Equivalent, Weights, weights_of
from convcli.commands.translate.sources.literals import Named, Value
from convcli.errors import CannotTranslate, UsageError, shown, unknown
from convcli.kernels.spec import kernel
from convcli.limits import WINDOW

__all__ = ["NO_PICTURE", "Arguments", "Picture", "Table", "bound", "padding_of"]


class Picture(NamedTuple):
    """The picture of a call: a file, or that of an array `named` so; and how it is padded before."""

    file: str = ""
    gray: bool = False
    named: str = ""
    pad: PadMode | None = None
    pad_value: float = 0.0
    padding: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0))


# Where only a filter is named, without what it is applied to.
NO_PICTURE = Picture()


@dataclass(frozen=True)
class Arguments:
    """What a call named `call` is given; `kernel_file` is the file of its kernel, empty where not known."""

    call: str
    given: dict[str, Value]
    picture: Picture = NO_PICTURE
    kernel_file: str = ""

    def has(self, name: str) -> bool:
        """Whether an argument is given, and not None."""
        return self.given.get(name) is not None

    def wrong(self, name: str, expected: str) -> UsageError:
        """Return the error for an argument that is no such thing."""
        found = self.given.get(name)
        if found is None:
            return UsageError(f"{self.call}: {name} is missing", hint=f"give {expected}")
        said = found.name if isinstance(found, Named) else found
        value = f" {shown(said)}" if isinstance(said, str | float) else ""
        return UsageError(f"{self.call}: {name}{value} is not {expected}", hint="write it as a literal")

    def refuse(self, name: str, usual: Value, why: str, hint: str) -> None:
        """Refuse an argument without an equivalent, unless its value is the `usual` one."""
        if self.has(name) and self.given[name] != usual:
            raise CannotTranslate(f"{self.call}: {name} {why}", hint=hint)

    def number(self, name: str, default: float = 0.0) -> float:
        """Return a number."""
        value = self.given.get(name)
        if value is None:
            return default
        if isinstance(value, float):
            return value
        if isinstance(value, np.ndarray | tuple) and np.size(value) == 1:  # the bias of one map
            return float(self.array(name, "a number").item())
        raise self.wrong(name, "a number")

    def whole(self, name: str, default: int = 0) -> int:
        """Return a whole number."""
        value = self.number(name, default)
        if value != int(value):
            raise self.wrong(name, "a whole number")
        return int(value)

    def flag(self, name: str, default: bool) -> bool:
        """Return True or False."""
        value = self.given.get(name)
        if value is None:
            return default
        if isinstance(value, bool) or value in (0.0, 1.0):
            return bool(value)
        raise self.wrong(name, "True or False")

    def text(self, name: str, default: str) -> str:
        """Return a text."""
        value = self.given.get(name)
        if value is not None and not isinstance(value, str):
            raise self.wrong(name, "a text in quotes")
        return default if value is None else value

    def word(self, name: str, default: str = "") -> str:
        """Return the last part of a constant, such as ``BORDER_REFLECT``, or a whole number as text."""
        value = self.given.get(name)
        if value is None:
            return default
        if isinstance(value, float) and value == int(value):
            return str(int(value))
        if isinstance(value, Named):
            return value.last
        raise self.wrong(name, "a constant")

    def numbers(self, name: str, default: float | None = None) -> tuple[float, float]:
        """Return one number for both axes, or one for each, as it is written: rows first in most calls."""
        value = self.given.get(name)
        if isinstance(value, tuple) and len(value) == 2 and all(isinstance(each, float) for each in value):
            return value
        if isinstance(value, tuple) or (value is None and default is None):
            raise self.wrong(name, "a number, or two")
        one = self.number(name, default or 0.0)
        return one, one

    def pair(self, name: str, default: int | None = None, least: int = 1) -> tuple[int, int]:
        """Return one whole number for both axes, or one for each."""
        first, second = self.numbers(name, default)
        WINDOW.check(max(first, second), "use a smaller number", what=f"{self.call}: {name}")
        if first != int(first) or second != int(second) or min(first, second) < least:
            raise self.wrong(name, f"a whole number of at least {least}, or two")
        return int(first), int(second)

    def odd_square(self, name: str, default: int | None = None) -> tuple[int, int]:
        """Return the rows and columns of a window with one odd size."""
        size = self.pair(name, default)
        if size[0] != size[1] or size[0] % 2 == 0:
            raise self.wrong(name, "an odd number")
        return size

    def border(self, name: str, tool: str, default: str) -> PadMode:
        """Return the padding mode that `tool` means by the name that is given."""
        return PadMode.parse(f"{tool}:{self.text(name, default)}")

    def array(self, name: str, expected: str) -> Array:
        """Return numbers that stand in the call."""
        value = self.given.get(name)
        try:
            array = np.array(value if isinstance(value, tuple | np.ndarray) else (), dtype=np.float64)
        except (TypeError, ValueError):
            array = np.array(())
        if array.size == 0:
            raise self.wrong(name, expected)
        return array

    def made(self, **values: Any) -> Equivalent:
        """Return the equivalent of a call on its picture."""
        picture = self.picture
        return Equivalent(input=picture.file, gray=picture.gray, array=picture.named, **values)

    def kernel(self, name: str, *, convolve: bool = False, **values: Any) -> Equivalent:
        """Return the equivalent that slides the kernel of an argument, by numbers, by file or by name."""
        value = self.given.get(name)
        if isinstance(value, tuple | np.ndarray):
            held = weights_of(self.array(name, "a matrix of numbers"))
        elif isinstance(value, Named):
            convolve = convolve != value.turned
            held = Weights(f"{value.last}.npy", array=value.name)
            if self.kernel_file:
                rows, columns = kernel(self.kernel_file).components[0].shape[-2:]
                held = Weights(self.kernel_file, (int(rows), int(columns)))
        else:
            raise self.wrong(name, "a matrix of numbers")
        return self.made(kernel=held, convolve=convolve, **values)


# For each call its parameters, in order, and what reads it.
Table: TypeAlias = dict[str, tuple[str, Callable[[Arguments], Equivalent]]]


def padding_of(mode: PadMode, value: float) -> dict[str, Any]:
    """Return padding mode and value; a constant border of 0 is black."""
    if mode is PadMode.CONSTANT and value:
        return {"pad": mode, "pad_value": value}
    return {"pad": PadMode.ZERO if mode is PadMode.CONSTANT else mode}


def bound(
    call: str,
    parameters: str,
    given: list[Value],
    named: dict[str, Value],
    picture: Picture = NO_PICTURE,
    kernel_file: str = "",
) -> Arguments:
    """Return the arguments of a call by the names of its `parameters`."""
    names = parameters.split()
    if len(given) > len(names):
        raise UsageError(
            f"{call} is given {len(given)} arguments, and takes {len(names)}",
            hint=f"they are {', '.join(names)}",
        )
    values = dict(zip(names, given, strict=False))
    for name, value in named.items():
        if name not in names:
            raise unknown(f"argument of {call}", name, names)
        if name in values:
            raise UsageError(f"{call}: {name} is given twice", hint="leave one out")
        values[name] = value
    return Arguments(call, values, picture, kernel_file)
