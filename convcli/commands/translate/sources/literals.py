"""Values that stand in Python code as literals, found by reading its syntax tree; nothing is ever run."""

import ast
import re
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np

from convcli.errors import UsageError, shown
from convcli.kernels.kernel import Array
from convcli.limits import Limit
from convcli.parsing import finite

__all__ = ["FLOATS", "KEEPING", "MODULES", "MOST", "Named", "Value", "dotted", "not_understood", "value_of"]


@dataclass(frozen=True)
class Named:
    """A name whose value is not known: an array such as ``k``, or a constant such as ``cv2.CV_64F``.

    `turned` says that the array is rotated by 180 degrees.
    """

    name: str
    turned: bool = False

    @property
    def last(self) -> str:
        """The name after its last dot."""
        return self.name.rpartition(".")[2]


Value = float | bool | str | None | tuple[Any, ...] | Array | Named

# Most numbers of an array that is written out.
MOST = Limit("array", 1 << 16, "numbers")
# Types that hold fractions, as code names them.
FLOATS = re.compile(r"float|double|half|\bf[248]\b")
# Functions and methods that change the type or the shape of an array, not the numbers in it.
KEEPING = frozenset(
    (
        *("array", "asarray", "tensor", "as_tensor", "from_numpy", "reshape", "view", "unsqueeze", "squeeze"),
        *("float16", "float32", "float64", "astype", "float", "double", "half", "to", "cpu", "cuda", "copy"),
    )
)
# Modules whose functions are called by their name, unlike the methods of an array.
MODULES = frozenset(("np", "numpy", "torch", "cv2"))

# The axes of ``flip`` that rotate a kernel by 180 degrees: rows and columns, or all.
_BOTH_AXES = ((), (0, 1), (-2, -1), (-1, -2), (2, 3))


def value_of(node: ast.AST) -> Value:
    """Return the value of an expression; a name stands for an array or a constant."""
    match node:
        case ast.Constant(value=bool() | str() | None as literal):
            return literal
        case ast.Constant(value=int() | float() as number):
            return _number(node, number)
        case ast.Name() | ast.Attribute() if name := dotted(node):
            return Named(name)
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return _listed(items)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _scaled(node, value_of(operand), -1.0)
        case ast.BinOp(left=left, op=ast.Mult() | ast.Div() as operator, right=right):
            return _product(node, value_of(left), operator, value_of(right))
        case ast.Subscript(value=source):
            return _part(node, value_of(source))
        case ast.Call():
            return _called(node)
        case _:
            raise not_understood(node)


def dotted(node: ast.AST) -> str:
    """Return ``a.b.c`` for names with dots between them, else nothing."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := dotted(node.value)):
        return f"{before}.{node.attr}"
    return ""


def not_understood(node: ast.AST) -> UsageError:
    """Return the error that names the code of `node`."""
    return UsageError(
        f"{shown(ast.unparse(node))} is not understood",
        hint="write numbers, or save the array and add -k FILE: nothing of the code is run",
    )


def _number(node: ast.AST, value: float) -> float:
    try:
        return finite(float(value), "a number of the call")
    except OverflowError:
        raise not_understood(node) from None


def _listed(items: list[ast.expr]) -> tuple[Any, ...]:
    values, held = list[Value](), 0
    for item in items:  # counted on the way: each may repeat a long list
        values.append(value_of(item))
        held += _leaves(values[-1])
        MOST.check(held, "save the array, and name its .npy with -k", what="a list")
    return tuple(values)


def _leaves(value: Value) -> int:
    if isinstance(value, tuple):
        return sum(map(_leaves, value))
    return value.size if isinstance(value, np.ndarray) else 1


def _product(node: ast.AST, left: Value, operator: ast.operator, right: Value) -> Value:
    """Read ``k / 9``, ``2 * k``, and ``[1] * 9``, which repeats a list."""
    divides = isinstance(operator, ast.Div)
    if isinstance(left, tuple) and isinstance(right, float) and not divides:
        MOST.check(_leaves(left) * right, "write fewer", what="a list")
        return left * int(right)
    if isinstance(right, float) and (right or not divides):
        return _scaled(node, left, right, divides=divides)
    if isinstance(left, float) and not divides:
        return _scaled(node, right, left)
    raise not_understood(node)


def _scaled(node: ast.AST, value: Value, factor: float, *, divides: bool = False) -> Value:
    if not isinstance(value, float | np.ndarray):
        raise not_understood(node)
    with np.errstate(all="ignore"):  # what is not finite is refused with the kernel
        scaled = np.divide(value, factor) if divides else np.multiply(value, factor)
    return _number(node, float(scaled)) if isinstance(value, float) else scaled


def _part(node: ast.Subscript, value: Value) -> Value:
    """Read ``k[::-1, ::-1]``, and ``k[None, None]``, which only changes the shape."""
    keys = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    words = {ast.unparse(key) for key in keys}
    if words == {"::-1"} and len(keys) == 2:
        return _turned(node, value)
    if isinstance(value, Named | np.ndarray) and words <= {"None", "...", ":", "np.newaxis"}:
        return value
    raise not_understood(node)


def _turned(node: ast.AST, value: Value) -> Value:
    if isinstance(value, Named):
        return replace(value, turned=not value.turned)
    return _array(node, value)[..., ::-1, ::-1]


def _called(node: ast.Call) -> Value:
    """Read ``np.array(...)``, ``np.ones(...)``, ``np.flip(k)``, ``k.astype(...)`` and their like."""
    name, arguments = dotted(node.func), node.args
    if isinstance(node.func, ast.Attribute):
        name = node.func.attr
        if dotted(node.func.value) not in MODULES:
            arguments = [node.func.value, *arguments]
    if name in KEEPING and arguments:
        value = value_of(arguments[0])
        value = _array(node, value) if isinstance(value, tuple) else value
        return _shaped(node, value, arguments[1:]) if name in ("reshape", "view") else value
    if name == "outer" and len(arguments) == 2:
        lines = [_array(node, value_of(each)) for each in arguments]
        MOST.check(lines[0].size * lines[1].size, "use shorter lists", what="an array")
        return np.outer(*lines)
    if name in ("ones", "eye") and arguments:
        shape, *more = map(value_of, arguments)
        lone = (shape, *(each for each in more if isinstance(each, float)))
        sides: tuple[Any, ...] = shape if isinstance(shape, tuple) else lone
        if name == "eye":  # without a diagonal of its own
            plain = len(sides) <= 2 and all(word.arg == "dtype" for word in node.keywords)
            sides = (sides * 2)[:2] if plain else (None,)
        if all(isinstance(each, float) and each >= 1 and each == int(each) for each in sides):
            counts = [int(each) for each in sides]
            MOST.check(prod(counts), "use a smaller kernel", what="an array")
            return np.ones(counts) if name == "ones" else np.eye(counts[0], counts[1])
    if name == "flip" and arguments:
        axes = [value_of(each) for each in [*arguments[1:], *(word.value for word in node.keywords)]]
        if tuple(axes[0] if axes and isinstance(axes[0], tuple) else axes) in _BOTH_AXES:
            return _turned(node, value_of(arguments[0]))
    raise not_understood(node)


def _shaped(node: ast.AST, value: Value, sides: list[ast.expr]) -> Value:
    """Return numbers in rows and columns as ``reshape`` puts them; the array of a name stays as it is."""
    if not isinstance(value, np.ndarray):
        return value
    try:
        return value.reshape(np.ravel(_listed(sides)).astype(int))
    except (TypeError, ValueError):
        raise not_understood(node) from None


def _array(node: ast.AST, value: Value) -> Array:
    """Return nested tuples of numbers as an array."""
    try:
        array = np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise not_understood(node) from None
    if array.size == 0:
        raise not_understood(node)
    return np.atleast_2d(array)
