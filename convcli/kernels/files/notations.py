"""Matrices as other tools write them, parsed and never run: ImageMagick, vips, and programming languages.

===============================================  ===================================================
``3x3: 0,-1,0 -1,5,-1 0,-1,0``                   ImageMagick: columns x rows, ``+X+Y`` for the origin
``3 3 9 0`` on a line above the rows             vips: columns, rows, scale and offset
``np.array([[1, 2], [3, 4]]) / 9``               NumPy, PyTorch, JAX; also as they print arrays
``[1 2; 3 4]/9``, ``1/9 * {{1, 2}, {3, 4}}``     MATLAB, Octave, Julia; C, Mathematica
``Mat_<char>(2, 2) << 1, 2, 3, 4``               OpenCV in C++
===============================================  ===================================================
"""

import re
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convcli.errors import KernelError
from convcli.kernels.files.mapping import nested
from convcli.kernels.text import is_number, matrix, read_number

__all__ = ["CALL", "Written", "read_matrix", "read_notation"]


class Written(NamedTuple):
    """A matrix that was written as text, the bias that comes with it, and what is to be said about it."""

    weights: NDArray[Any]
    bias: float = 0.0
    notes: tuple[str, ...] = ()


# Sides of the squares whose numbers, in one row, are asked about; larger ones are too long to write out.
_SQUARES = {9: 3, 25: 5, 49: 7, 81: 9, 121: 11}
_WRITTEN_OUT = 25

# Gaps are short, so that no search takes time by the square of a long one.
_GAP = r"\s{0,9}"
_COMMENT = re.compile(r"#.*|//.*")
# WIDTHxHEIGHT+X+Y, a sign for rotations, and the numbers.
_IMAGEMAGICK = re.compile(
    rf"(\d{{1,6}})(?:x(\d{{1,6}}))?(?:\+(\d{{1,6}})\+(\d{{1,6}}))?{_GAP}([@<>]?){_GAP}:(.*)",
    re.DOTALL | re.IGNORECASE,
)
# Lists of numbers between colons.
_FFMPEG = re.compile(r"(?:convolution=)?[\"']?([-+\d./e\s]+)(?::[-+\d./e\s]*)+[\"']?", re.IGNORECASE)
_NUMBER = r"([-+\d.][-+\d.e/]*)"
# What is before an array: a declaration or a name with '=', and a factor; and what it is divided by.
_ASSIGNED = re.compile(r"\A[A-Za-z_][\w\s.*:&<>]*(?:\[\w*\]\s*)*=(?!=)")
_TIMES = re.compile(rf"\(?{_GAP}{_NUMBER}{_GAP}\)?{_GAP}\*\s*", re.IGNORECASE)
_OVER = re.compile(rf"(?<=[\])}}]){_GAP}\.?/{_GAP}\(?{_GAP}{_NUMBER}{_GAP}\)?\Z", re.IGNORECASE)
CALL = re.compile(r"\s*([A-Za-z_][\w.]*)\s*\((.*)\)\s*", re.DOTALL)
_AS_SQUARE = str.maketrans("{}()", "[][]")
# The shape in ones([3, 3]) of NumPy, and in ones(3) of MATLAB.
_SIZES = rf"(\d{{1,3}}){_GAP},{_GAP}(\d{{1,3}})"
_SHAPE = re.compile(rf"\[{_GAP}{_SIZES}{_GAP}\]")
_SHAPE_ALONE = re.compile(r"\[?\s*(\d{1,3})(?:\s*,\s*(\d{1,3}))?\s*\]?")
# How one row becomes several: NumPy's and PyTorch's way, and that of OpenCV in C++.
_RESHAPED = re.compile(rf"\.(?:reshape|view)\({_GAP}\(?{_GAP}{_SIZES}{_GAP}\)?{_GAP}\)\Z")
_MAT = re.compile(
    rf"\(?{_GAP}(?:cv::)?Mat_<{_GAP}\w+{_GAP}>{_GAP}\({_GAP}{_SIZES}{_GAP}\){_GAP}<<([^()]*)\)?"
)
# After the numbers in a call: dtype=np.float32, device='cuda:0', np.float32.
_OPTIONS = re.compile(
    rf"(?:{_GAP},\s*(?:\w+{_GAP}={_GAP})?['\"A-Za-z_][\w.:'\"]*)*{_GAP}(?:,{_GAP})?", re.ASCII
)
_TOKEN = re.compile(r"[\[\]]|[^\s,\[\]]+")


def read_matrix(text: str, what: str, *, rows_end_at: str = ";") -> Written:
    """Read rows of numbers as `text.matrix` does; a row that may be meant as a square is noted."""
    rows = matrix(text, what, rows_end_at=rows_end_at)
    weights = np.array(rows)
    side = _SQUARES.get(weights.size)
    if len(rows) > 1 or side is None or _peaked(rows[0]):
        return Written(weights)
    words = re.findall(r"[^\s,;\[\](){}]+", _COMMENT.sub("", text))
    square = f"write {_square(words)}" if len(words) == weights.size else "end each row with ';'"
    return Written(weights, notes=(f"{what} is one row, 1 x {weights.size}; for {side} x {side} {square}",))


def _square(words: list[str]) -> str:
    """Return the numbers of a square as rows; of a large one, how to write them."""
    side = _SQUARES[len(words)]
    if len(words) > _WRITTEN_OUT:
        return f"';' after every {side}"
    return f"'{'; '.join(' '.join(words[at : at + side]) for at in range(0, len(words), side))}'"


def _peaked(row: list[float]) -> bool:
    """Whether the numbers rise all the way to the middle and fall after it, as only rows do."""
    steps, half = np.sign(np.diff(row)), len(row) // 2
    return bool((steps[:half] > 0).all() and (steps[half:] < 0).all())


def read_notation(text: str, what: str) -> Written | None:
    """Read a matrix in one of the notations of this module; None where it is none of them."""
    text = _COMMENT.sub("", text).strip()
    if found := _IMAGEMAGICK.fullmatch(text):
        return _imagemagick(found, what)
    if (found := _FFMPEG.fullmatch(text)) and len(found[1].split()) in _SQUARES:
        square = _square(found[1].split())
        raise KernelError(
            f"{what}: ':' is between the matrices of ffmpeg's planes",
            hint=f"write one: {square}, with --normalize where ffmpeg divides by the sum (no rdiv)",
        )
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
    (columns, height), scale, offset = head[:2], *[*head[2:], *(1.0, 0.0)[len(head) - 2 :]]
    rows = [row for line in rest.splitlines() if (row := _vips_row(line))]
    widths = {len(row) for row in rows}
    if len(widths) != 1:
        return None
    says = (len(rows) == height) + (widths == {columns})
    if says < 2 and (says == 0 or widths == {len(head)}):
        return None  # the first line is a row like the others
    if says < 2:
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
    body = _ASSIGNED.sub("", text, count=1).strip().removesuffix(";").strip()
    times, over = "1", "1"
    if before := _TIMES.match(body):
        times, body = before[1], body[before.end() :]
    if after := _OVER.search(body):
        over, body = after[1], body[: after.start()]
    if reshaped := _RESHAPED.search(body):
        found = _called(body[: reshaped.start()], what)
    elif reshaped := _MAT.fullmatch(body):
        found = _row(reshaped[3], what)
    else:
        found = _called(body, what)
    if found is None:
        return None
    if reshaped:
        shape = (int(reshaped[1]), int(reshaped[2]))
        if shape[0] * shape[1] != found.weights.size:
            raise KernelError(
                f"{what} has {found.weights.size} numbers, not {shape[0]} x {shape[1]}", hint="count them"
            )
        found = Written(found.weights.reshape(shape))
    try:
        factor, divisor = read_number(times), read_number(over)
    except ValueError as error:
        raise KernelError(f"{what}: {error}", hint="write a number such as 9 or 1/9") from None
    if divisor == 0:
        raise KernelError(f"{what} divides by zero", hint="divide by another number")
    return found._replace(weights=_scaled(found.weights, factor, divisor))


def _scaled(weights: NDArray[Any], factor: float, divisor: float) -> NDArray[Any]:
    with np.errstate(all="ignore"):  # what is not finite is refused later, with its place
        return weights * factor / divisor


def _called(text: str, what: str) -> Written | None:
    """Read an array in brackets, alone or as the first argument of a call."""
    call = CALL.fullmatch(text)
    body = (call[2] if call else text).strip().translate(_AS_SQUARE)
    if call and call[1].endswith("ones"):
        shape = _SHAPE.match(body) if "." in call[1] else _SHAPE_ALONE.match(body)
        if shape is None or not _OPTIONS.fullmatch(body, shape.end()):
            return None
        return Written(np.ones((int(shape[1]), int(shape[2] or shape[1]))))
    end = body.rfind("]") + 1
    if not body.startswith("[") or not _OPTIONS.fullmatch(body, end) or re.search("[\"':]", body[:end]):
        return None
    body = body[:end]
    if not re.match(r"\[\s*\[", body):
        return _row(body[1:-1], what) if call or text.startswith("{") else read_matrix(body, what)
    if re.search(r"[\[,]\s*,", body):
        raise KernelError(f"{what}: there is no number between two commas", hint="write 0 for nothing")
    lists = _lists(body)
    return None if lists is None else Written(nested(lists, what))


def _row(text: str, what: str) -> Written:
    """Read numbers between commas, on several lines or not; ``;`` ends a row."""
    return read_matrix(" ".join(text.split()).removesuffix(","), what)


def _lists(text: str) -> Any:
    """Return the words between nested square brackets as lists of lists; None where they do not match."""
    stack: list[list[Any]] = [[]]
    for token in _TOKEN.findall(text):
        if token == "[":
            stack.append([])
        elif token != "]":
            stack[-1].append(token)
        elif len(stack) > 1:
            done = stack.pop()
            stack[-1].append(done)
        else:
            return None
    return stack[0][0] if len(stack) == 1 and len(stack[0]) == 1 else None
