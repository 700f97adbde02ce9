"""The arguments of a call by the names of its parameters, read as numbers, pairs, borders and kernels."""

import ast
from collections.abc import Callable
from dataclasses import dataclass
from inspect import Parameter, Signature
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias, TypeVar

import numpy as np

from convcli.choices import PadMode, RangeMode
from convcli.commands.translate.sources.equivalent import Equivalent, Weights, size_of, weights_of
from convcli.commands.translate.sources.literals import Named, Value, value_of
from convcli.engine.window import NO_PADDING
from convcli.errors import CannotTranslate, UsageError, cut_short
from convcli.kernels.kernel import Array
from convcli.limits import WINDOW
from convcli.parsing import PaddingPixels

__all__ = ["NO_PICTURE", "Arguments", "Picture", "Table", "bound", "padding_of"]


T = TypeVar("T", float, bool, str)


class Picture(NamedTuple):
    """The picture of a call: its file, the array's name if it is `named`, and what is done to it first."""

    file: str = ""
    gray: bool = False
    named: str = ""
    floats: bool = False
    pad: PadMode | None = None
    pad_value: float = 0.0
    padding: PaddingPixels = NO_PADDING


# For a filter that is applied to nothing, such as ``nn.MaxPool2d(2)``.
NO_PICTURE = Picture()


@dataclass(frozen=True)
class Arguments:
    """The arguments of a call as code, by name; `kernel_file` is the file of its kernel, if that is known."""

    call: str
    given: dict[str, ast.expr]
    picture: Picture = NO_PICTURE
    kernel_file: str = ""

    def value(self, name: str) -> Value:
        """Return what an argument is, None where it is not given."""
        return value_of(self.given[name]) if name in self.given else None

    def wrong(self, name: str, expected: str) -> UsageError:
        """Return the error for an argument that is missing, or not as expected."""
        found = (
            f"{cut_short(ast.unparse(self.given[name]))} does not fit" if name in self.given else "is missing"
        )
        return UsageError(f"{self.call}: {name} {found}", hint=f"give {expected}")

    def _of_kind(self, name: str, default: T | None, kind: type[T], expected: str) -> T:
        value = self.value(name)
        if value is None and default is not None:
            return default
        if not isinstance(value, kind):
            raise self.wrong(name, expected)
        return value

    def number(self, name: str, default: float | None = None, expected: str = "a number") -> float:
        """Return a number."""
        return self._of_kind(name, default, float, expected)

    def flag(self, name: str, default: bool) -> bool:
        """Return True or False."""
        return self._of_kind(name, default, bool, "True or False")

    def text(self, name: str, default: str) -> str:
        """Return a text."""
        return self._of_kind(name, default, str, "a text in quotes")

    def odd(self, name: str, default: int | None = None, most: int = WINDOW.most) -> int:
        """Return an odd whole number."""
        value = self.number(name, default, "an odd number")
        if value % 2 != 1 or not 1 <= value <= most:
            raise self.wrong(name, f"an odd number from 1 to {most}")
        return int(value)

    def numbers(self, name: str, default: float | None = None) -> tuple[float, float]:
        """Return one number for both axes, or one for each, as it is written: rows first in most calls."""
        value = self.value(name)
        if isinstance(value, tuple) and len(value) == 2 and all(isinstance(each, float) for each in value):
            return value
        one = self.number(name, default, "a number, or two")
        return one, one

    def pair(self, name: str, default: int | None = None, least: int = 1) -> tuple[int, int]:
        """Return one whole number for both axes, or one for each."""
        first, second = self.numbers(name, default)
        WINDOW.check(max(first, second), "use a smaller number", what=f"{self.call}: {name}")
        if first % 1 or second % 1 or min(first, second) < least:
            raise self.wrong(name, f"one or two whole numbers, {least} or more")
        return int(first), int(second)

    def border(self, tool: str, default: str) -> dict[str, Any]:
        """Return the padding that ``mode`` and ``cval`` say in the words of `tool`."""
        mode = PadMode.parse(f"{tool}:{self.text('mode', default)}")
        return padding_of(mode, self.number("cval", 0))

    def array(self, name: str, expected: str) -> Array:
        """Return numbers that stand in the call."""
        value = self.value(name)
        try:
            array = np.array(value if isinstance(value, tuple | np.ndarray) else ())
        except ValueError:  # rows of several lengths
            array = np.array(())
        if array.size == 0 or array.dtype.kind not in "bf":
            raise self.wrong(name, expected)
        return array.astype(np.float64)

    def made(self, **values: Any) -> Equivalent:
        """Return the equivalent of a call on its picture; results of floats are floats."""
        picture = self.picture
        values.setdefault("range", RangeMode.RAW if picture.floats else None)
        return Equivalent(input=picture.file, gray=picture.gray, array=picture.named, **values)

    def kernel(self, name: str, *, convolve: bool = False, **values: Any) -> Equivalent:
        """Return the equivalent that slides the kernel of an argument, by numbers, by file or by name."""
        value = self.value(name)
        if isinstance(value, tuple | np.ndarray):
            held = weights_of(self.array(name, "a matrix of numbers"))
        elif isinstance(value, Named):
            convolve = convolve != value.turned
            file = self.kernel_file or f"{value.last}.npy"
            size = size_of(file) if self.kernel_file or Path(file).is_file() else None
            held = Weights(file, size, "" if self.kernel_file else value.name)
        else:
            raise self.wrong(name, "a matrix of numbers")
        return self.made(kernel=held, convolve=convolve, **values)


# Arguments that no option of convcli stands for, and the only value that is read.
_USUAL = {
    "axes": "(0, 1)",
    "order": "0",
    "groups": "1",
    "return_indices": "False",
    "divisor_override": "None",
}

# For each call its parameters, in order, and what reads it.
Table: TypeAlias = dict[str, tuple[str, Callable[[Arguments], Equivalent]]]


def padding_of(mode: PadMode, value: float) -> dict[str, Any]:
    """Return padding mode and value; a constant border of 0 is black."""
    if mode is PadMode.CONSTANT and value:
        return {"pad": mode, "pad_value": value}
    return {"pad": PadMode.ZERO if mode is PadMode.CONSTANT else mode}


def bound(call: str, parameters: str, node: ast.Call) -> dict[str, ast.expr]:
    """Return the arguments of a call by the names of its `parameters`."""
    names = parameters.split()
    signature = Signature([Parameter(each, Parameter.POSITIONAL_OR_KEYWORD, default=None) for each in names])
    try:
        given = signature.bind(
            *node.args, **{word.arg or "**": word.value for word in node.keywords}
        ).arguments
    except TypeError as error:
        raise UsageError(f"{call}: {error}", hint=f"its arguments are {', '.join(names)}") from None
    for name, value in given.items():
        if name in _USUAL and ast.unparse(value) not in ("None", _USUAL[name]):
            found = f"{call}: {name}={cut_short(ast.unparse(value))}"
            raise CannotTranslate(
                f"{found} has no equivalent here", hint=f"only {name}={_USUAL[name]} has one"
            )
    return {name: value for name, value in given.items() if ast.unparse(value) != "None"}
