"""Writes numbers and arrays as source code."""

import math
from collections.abc import Iterator

import numpy as np

from convcli.kernels.kernel import Array

__all__ = ["MOST_COLUMNS", "array_lines", "every", "number", "pair", "quotient"]

# Lines of literals are broken beyond so many characters.
MOST_COLUMNS = 88
# Largest common divisor that is looked for.
MOST_DIVISOR = 1 << 16


def number(value: float) -> str:
    """Return the shortest text that is read as the same double: ``2``, ``0.1``, ``1e-07``, ``-np.inf``."""
    if math.isnan(value):
        return "np.nan"
    if math.isinf(value):
        return "np.inf" if value > 0 else "-np.inf"
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


def pair(down: float, across: float) -> str:
    """Return ``3`` for a square, else ``(3, 5)``."""
    return number(down) if down == across else f"({number(down)}, {number(across)})"


def every(*steps: int) -> str:
    """Return the index that takes every so many values along each axis: ``[::2, :]``."""
    taken = ", ".join(f"::{step}" if step > 1 else ":" for step in steps).removesuffix(", :")
    return "" if set(steps) == {1} else f"[{taken.removesuffix(', :')}]"


def quotient(weights: Array) -> tuple[Array, int]:
    """Return whole numbers and a divisor that give exactly `weights`; else the weights themselves and 1."""
    smallest = np.abs(weights[weights != 0]).min(initial=1.0)
    divisor = round(1 / smallest) if smallest * MOST_DIVISOR > 1 else 1
    if divisor > 1:
        whole = np.rint(weights * divisor)
        if (whole / divisor == weights).all():
            return whole, divisor
    return weights, 1


def array_lines(name: str, weights: Array, dtype: str = "") -> Iterator[str]:
    """Return the lines ``name = np.array([[...], [...]])``, broken as `ruff format` breaks them."""
    whole, divisor = quotient(weights)
    end = f", dtype={dtype})" if dtype else ")"
    line = f"{name} = np.array({_nested(whole)}{end}" + (f" / {divisor}" if divisor > 1 else "")
    if len(line) <= MOST_COLUMNS:
        yield line
        return
    yield f"{name} = np.array("
    yield from _broken(whole, "    ", "," if dtype else "")
    if dtype:
        yield f"    dtype={dtype},"
    yield ")"
    if divisor > 1:
        yield f"{name} = {name} / {divisor}"


def _broken(values: Array, indent: str, end: str) -> Iterator[str]:
    """Return the lines of nested lists; a list that does not fit has a line for each of its values."""
    line = f"{indent}{_nested(values)}{end}"
    if len(line) <= MOST_COLUMNS or values.ndim == 0:
        yield line
        return
    yield f"{indent}["
    for value in values:
        yield from _broken(value, f"{indent}    ", ",")
    yield f"{indent}]{end}"


def _nested(values: Array) -> str:
    if np.ndim(values) == 0:
        return number(float(values))
    return f"[{', '.join(map(_nested, values))}]"
