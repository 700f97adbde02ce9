"""Matrices as other tools write them, parsed and never run: ImageMagick, vips, and programming languages.

===============================================  ===================================================
``3x3: 0,-1,0 -1,5,-1 0,-1,0``                   ImageMagick: columns x rows, ``+X+Y`` for the origin
``3 3 9 0`` on a line above the rows             vips: columns, rows, scale and offset
``np.array([[1, 2], [3, 4]]) / 9``               NumPy, PyTorch, JAX; also as they print arrays
``[1 2; 3 4]/9``, ``1/9 * {{1, 2}, {3, 4}}``     MATLAB, Octave, Julia; C, Mathematica
===============================================  ===================================================
"""

import re
from math import isqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convcli.errors import KernelError
from convcli.kernels.files.mapping import nested
from convcli.kernels.text import is_number, matrix, read_number

__all__ = ["CALL", "Written", "read_matrix", "read_notation"]


class Written(NamedTuple):
    """A matrix, its bias, and notes on how it was read."""

    weights: NDArray[Any]
    bias: float = 0.0
    notes: tuple[str, ...] = ()


# Sides, in weights, of the smallest square that a row may stand for, and of the largest that is spelled out.
_LEAST_SIDE, _WRITTEN_OUT = 3, 5

# Patterns are compiled when they are first used: few kernels are written like this, and it takes 2 ms.
# Gaps are limited, so that no search takes quadratic time.
_GAP = r"\s{0,9}"
_COMMENT = r"#.*|//.*"
# ImageMagick's WIDTHxHEIGHT+X+Y, a sign that asks for rotations, and the numbers.
_IMAGEMAGICK = rf"(?si)(\d{{1,6}})(?:x(\d{{1,6}}))?(?:\+(\d{{1,6}})\+(\d{{1,6}}))?{_GAP}([@<>]?){_GAP}:(.*)"
_NUMBER = r"([-+\d.][-+\d.e/]*)"
# Before an array: 'name =' or a declaration, and a factor. After it: a factor or a divisor.
_ASSIGNED = r"\A[A-Za-z_][\w\s.*:&<>]*(?:\[\w*\]\s*)*=(?!=)"
_TIMES = rf"(?i)\(?{_GAP}{_NUMBER}{_GAP}\)?{_GAP}\*\s*"
_SCALED = rf"(?i)(?<=[\])}}]){_GAP}\.?([*/]){_GAP}\(?{_GAP}{_NUMBER}{_GAP}\)?\Z"
CALL = r"(?s)\s*([A-Za-z_][\w.]*)\s*\((.*)"
# Functions that return their first argument as an array: numpy.array, torch.tensor, tf.constant, np.float32.
_ARRAY = r"(?i)(?:\w+\.)*(?:as)?(?:array|matrix|tensor|constant|float\d*|double)"
_AS_SQUARE = str.maketrans("{}()", "[][]")
# After the numbers in a call: dtype=np.float32, device='cuda:0', np.float32.
_OPTIONS = rf"(?a)(?:{_GAP},\s*(?:\w+{_GAP}={_GAP})?['\"A-Za-z_][\w.:'\"]*)*{_GAP}(?:,{_GAP})?"


def read_matrix(text: str, what: str, *, rows_end_at: str = ";") -> Written:
    """Read rows of numbers as `text.matrix` does; a row that may be meant as a square is noted."""
    rows = matrix(text, what, rows_end_at=rows_end_at)
    weights = np.array(rows)
    side = isqrt(weights.size)
    if len(rows) > 1 or side**2 != weights.size or side < _LEAST_SIDE or side % 2 == 0 or _peaked(rows[0]):
        return Written(weights)
    words = re.findall(r"[^\s,;\[\](){}]+", re.sub(_COMMENT, "", text))
    lines = [" ".join(words[at : at + side]) for at in range(0, len(words), side)]
    square = f"'{'; '.join(lines)}'" if side <= _WRITTEN_OUT else f"';' after every {side}"
    note = f"{what} is one row, 1 x {weights.size}; for {side} x {side} write {square}"
    return Written(weights, notes=(note,))


def _peaked(row: list[float]) -> bool:
    """Whether the numbers rise all the way to the middle and fall after it, as only rows do."""
    steps, half = np.sign(np.diff(row)), len(row) // 2
    return bool((steps[:half] > 0).all() and (steps[half:] < 0).all())


def read_notation(text: str, what: str) -> Written | None:
    """Read a matrix in one of the notations of this module; None where it is none of them."""
    text = re.sub(_COMMENT, "", text).strip()
    if found := re.fullmatch(_IMAGEMAGICK, text):
        return _imagemagick(found, what)
    return _in_brackets(text, what) or _vips(text, what)


def _imagemagick(found: re.Match[str], what: str) -> Written:
    """Read ImageMagick's kernel string: ``WxH+X+Y: numbers``."""
    columns = int(found[1])
    rows = int(found[2] or columns)
    if found[5]:
        raise KernelError(
            f"{what}: {found[5]!r} makes several kernels by rotating it",
            hint="give each rotation with a -k of its own",
        )
    lists = [re.findall(r"[^\s,]+", part) for part in found[6].split(";")]
    words = [word for part in lists for word in part]
    count = rows * columns
    if len(words) > count == len(lists[0]):
        raise KernelError(f"{what}: ';' begins another kernel", hint="give each kernel with a -k of its own")
    if len(words) != count:
        numbers = "1 number" if len(words) == 1 else f"{len(words)} numbers"
        raise KernelError(
            f"{what} has {numbers}; ImageMagick's {columns}x{rows}, columns x rows, takes {count}",
            hint="give as many numbers, or write rows that end with ';'",
        )
    left_out = sum(word.lower() in ("nan", "-") for word in words)
    body = [("0" if word.lower() in ("nan", "-") else word) for word in words]
    lines = (" ".join(body[at : at + columns]) for at in range(0, count, columns))
    weights = np.array(matrix(";".join(lines), what))
    notes = []
    if left_out:
        notes.append(f"{what}: nan and '-', which ImageMagick leaves out of the kernel, are read as 0")
    if found[3] is not None:
        x, y = int(found[3]), int(found[4])
        if x >= columns or y >= rows:
            raise KernelError(
                f"{what}: the origin +{x}+{y} is outside", hint="count columns and rows from +0+0"
            )
        weights = _centred(weights, y, x)
        if weights.size > count:
            size = " x ".join(map(str, weights.shape))
            notes.append(f"{what}: zeros around it, {size} in all, bring its origin +{x}+{y} to the middle")
    return Written(weights, notes=tuple(notes))


def _centred(weights: NDArray[Any], row: int, column: int) -> NDArray[Any]:
    """Add zeros on one side of each axis where its middle (the first of two) is not at `row`, `column`."""
    widths = []
    for length, at in zip(weights.shape, (row, column), strict=True):
        after = length - 1 - at
        here = at == (length - 1) // 2
        widths.append((0, 0) if here else (max(0, after - at), max(0, at - after)))
    return np.pad(weights, widths)


def _vips(text: str, what: str) -> Written | None:
    """Read a vips matrix: the weights are divided by the scale, and the offset is the bias."""
    first, _, rest = text.partition("\n")
    head = [read_number(word) if is_number(word) else 0.0 for word in _vips_row(first)]
    if not 2 <= len(head) <= 4 or ";" in text or min(head[:2]) < 1:
        return None
    columns, height, scale, offset = [*head, *(1.0, 0.0)[len(head) - 2 :]]
    rows = [row for line in rest.splitlines() if (row := _vips_row(line))]
    widths = {len(row) for row in rows}
    if len(widths) != 1:
        return None
    right = (len(rows) == height) + (widths == {columns})
    if right < 2 and (right == 0 or widths == {len(head)}):
        return None  # the first line is an ordinary row
    if right < 2:
        raise KernelError(
            f"{what}: its first line, as of a vips matrix, says {height:g} rows of {columns:g} numbers; "
            f"there are {len(rows)} of {widths.pop()}",
            hint="correct the line, or leave it out",
        )
    if scale == 0:
        raise KernelError(f"{what}: the scale of the vips matrix is 0", hint="write 1 for none")
    note = f"{what}: the first line is read as that of a vips matrix; end rows with ';' if it is weights"
    notes = (note,) if columns == len(head) else ()
    weights = np.array(matrix("\n".join(map(" ".join, rows)), what))
    return Written(_scaled(weights, 1, scale), offset, notes)


def _vips_row(line: str) -> list[str]:
    return re.findall(r'[^\s,"]+', line)


def _in_brackets(text: str, what: str) -> Written | None:
    """Read nested brackets of any kind, or MATLAB's, in a call or not, times or over a number."""
    body = re.sub(_ASSIGNED, "", text, count=1).strip().removesuffix(";").strip()
    scale = {"*": "1", "/": "1"}
    if before := re.match(_TIMES, body):
        scale["*"], body = before[1], body[before.end() :]
    elif after := re.search(_SCALED, body):
        scale[after[1]], body = after[2], body[: after.start()]
    call = re.match(CALL, body)
    if call and not (re.fullmatch(_ARRAY, call[1]) and body.endswith(")")):
        return None
    on_lines = not (call or body.startswith("{"))
    body = (call[2][:-1] if call else body).strip().translate(_AS_SQUARE)
    end = body.rfind("]") + 1
    if not body.startswith("[") or not re.fullmatch(_OPTIONS, body[end:]) or re.search("[\"':]", body[:end]):
        return None
    body = body[:end]
    if re.match(r"\[\s*\[", body):
        found = Written(nested(_lists(body, what), what))
    else:
        found = read_matrix(body if on_lines else re.sub(r",?\s*\]\Z|\s+", " ", body[1:]), what)
    try:
        factor, divisor = read_number(scale["*"]), read_number(scale["/"])
    except ValueError as error:
        raise KernelError(f"{what}: {error}", hint="write a number such as 9 or 1/9") from None
    if divisor == 0:
        raise KernelError(f"{what} divides by zero", hint="divide by another number")
    return found._replace(weights=_scaled(found.weights, factor, divisor))


def _scaled(weights: NDArray[Any], factor: float, divisor: float) -> NDArray[Any]:
    with np.errstate(all="ignore"):  # what is not finite is refused later, with its place
        return weights * factor / divisor


def _lists(text: str, what: str) -> Any:
    """Return the words between nested square brackets, with or without commas, as lists of lists."""
    import json  # here for start-up: most kernels have no brackets

    text = re.sub(r"[^\s,\[\]]+", r'"\g<0>"', " ".join(text.split()))
    text = re.sub(r'(?<=["\]]) ?,? ?(?=["\[])', ",", text)
    try:
        return json.loads(re.sub(", ?]", "]", text))
    except (ValueError, RecursionError) as error:
        raise KernelError(
            f"{what}: its brackets or commas do not fit together", hint="write [[0, 1], [2, 3]]"
        ) from error
