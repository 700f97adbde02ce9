"""Which named kernel a matrix is, up to scale, sign, quarter turns, mirrors, place and parameters."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from convcli.kernels import families, library
from convcli.kernels.recognition.parameter_search import EXACT, refined
from convcli.kernels.recognition.searched_families import SHAPES, Shape
from convcli.kernels.recognition.trimming import Window, trimmed, windows
from convcli.kernels.spec import kernel
from convcli.kernels.text import matrix

__all__ = ["ALIKE", "Known", "recognise"]

Array = NDArray[np.float64]
Floats = NDArray[np.floating[Any]]

ALIKE = 0.999
"""The cosine above which two kernels are taken for one."""

SUM = 1.5
"""What the name of a sum with the picture itself costs at least."""

COMPASS = ("E", "NE", "N", "NW", "W", "SW", "S", "SE")

TURNS: tuple[tuple[str, Callable[[Array], Array]], ...] = (
    ("", lambda plane: plane),
    ("turned 90 degrees", lambda plane: np.rot90(plane)),
    ("turned 180 degrees", lambda plane: np.rot90(plane, 2)),
    ("turned 270 degrees", lambda plane: np.rot90(plane, 3)),
    ("mirrored left to right", lambda plane: plane[:, ::-1]),
    ("mirrored top to bottom", lambda plane: plane[::-1]),
    ("mirrored at the diagonal", lambda plane: plane.T),
    ("mirrored at the rising diagonal", lambda plane: np.rot90(plane, 2).T),
)
"""What may have been done to a kernel (turns are counter-clockwise), the plainest first."""


class Known(NamedTuple):
    """A named kernel that another one is alike; `str` says it in one line.

    Attributes
    ----------
    spec
        The named kernel, as ``-k`` takes it (of ``kirsch`` and ``robinson`` one mask, its direction behind).
    scale
        What the named kernel is multiplied by, its sign included.
    cosine
        Of the angle between the two, 1 where they differ by scale alone.
    turn
        What was done to the named kernel, or how it was made, in words; empty if nothing.
    shift
        How far its centre is off the other's, rows down and columns to the right.
    identity
        How often the picture itself is added.
    """

    spec: str
    scale: float
    cosine: float
    turn: str = ""
    shift: tuple[int, int] = (0, 0)
    identity: float = 0.0

    def __str__(self) -> str:
        own = f"identity x {_two_places(self.identity)} + " if self.identity else ""
        done = "".join(f", {words}" for words in (self.turn, _moved(self.shift)) if words)
        return f"{own}{self.spec} x {_two_places(self.scale)}{done} (cosine {self.cosine:.4f})"


class _Match(NamedTuple):
    """A candidate; a parameter more costs 1, and that has to halve the misfit."""

    known: Known
    misfit: float
    cost: float

    def score(self) -> float:
        """What the best candidate has least of."""
        return math.log2(self.misfit + EXACT) + self.cost


class _Search:
    """The candidates so far, and whether others may be better."""

    def __init__(self, slack: float) -> None:
        self.found: list[_Match] = []
        self._least = max(EXACT, slack / 4)  # no misfit is far below what noise leaves

    def add(self, matches: Iterable[_Match]) -> None:
        self.found += [match for match in matches if match.known.cosine > ALIKE]

    def hopes(self, cost: float) -> bool:
        """Whether a name of that cost may have the best score."""
        return all(match.score() > math.log2(self._least) + cost for match in self.found)


def recognise(weights: Floats, errors: Floats | None = None) -> Known | None:
    """Return the named kernel that `weights` are, or None where there is none.

    It is compared by the cosine of the angle between matrices, ``sum(a b) / sqrt(sum(a^2) sum(b^2))``, at
    every place of the one in the other. Parameters are those of the greatest cosine, found by the damped
    Gauss-Newton steps of Levenberg and Marquardt from a coarse grid, and rounded as far as the cosine allows.
    A plainer name is taken where it is about as near: a fixed matrix before a size before a sigma.
    Sums ``a * identity + b * NAME`` are tried where nothing else fits; there the cosine counts without the
    middle weight, which `a` can always make right.

    Parameters
    ----------
    weights : (kh, kw) array
        For correlation.
    errors : (kh, kw) array, optional
        Standard errors: what is smaller than they are is no difference.

    References
    ----------
    Marquardt, An algorithm for least-squares estimation of nonlinear parameters, 1963.
    """
    largest = float(np.abs(weights).max())
    if largest == 0 or not np.isfinite(weights).all():
        return None
    plane = np.asarray(weights / largest, np.float64)
    known_errors = errors is not None and bool(np.isfinite(errors).all())
    noise = np.asarray(errors / largest if known_errors and errors is not None else np.zeros_like(plane))
    slack = EXACT + float(np.sum(noise**2) / np.sum(plane**2))
    window = trimmed(plane, 1e-7 + 5 * noise)
    search = _Search(slack)
    search.add(_matrices(window))
    for shape in SHAPES:
        if search.hopes(shape.cost):
            search.add(match for seen in windows(window) for match in _shaped(seen, shape, None, slack))
    if search.hopes(SUM):
        search.add(_sums(window, slack))
    if not search.found:
        return None
    best = min(search.found, key=_Match.score).known
    return best._replace(scale=best.scale * largest, identity=best.identity * largest)


def _matrices(window: Window) -> Iterator[_Match]:
    """Compare with all that have no parameter, or whole ones that follow from the size."""
    for spec, plane, cost, turns in _candidates(window.plane.shape):
        seen: list[Array] = []
        for place, (turn, move) in enumerate(TURNS[:turns]):
            moved = np.ascontiguousarray(move(plane))
            if any(_same(moved, other) for other in seen):
                continue
            seen.append(moved)
            match = _slid(window, spec, moved, cost + (1 + place / 10 if turn else 0))
            if match is not None:
                yield match._replace(known=match.known._replace(turn=turn))


def _candidates(shape: tuple[int, ...]) -> Iterator[tuple[str, Array, float, int]]:
    """Yield names, matrices, costs, and how many of `TURNS` make another kernel of each."""
    for name, entry in library.TABLE.items():
        if entry.weights:
            yield name, np.array(matrix(entry.weights, name)), 0.0, len(TURNS)
    for name in ("kirsch", "robinson"):
        for part, way in zip(library.TABLE[name].parts, COMPASS, strict=True):
            yield f"{name} ({way})", np.array(matrix(part, name)), 0.5, 1
    yield "identity", np.ones((1, 1)), 0.0, 1
    rows, columns = shape
    if rows * columns > 1:
        yield _sized("box", (rows, columns)), families.box(size=(rows, columns)), 0.2, 1
    if rows % 2 and columns % 2 and rows * columns > 1:
        yield _sized("highpass", (rows, columns)), families.highpass(size=(rows, columns)), 0.3, 1
    for size in _about(shape, least=1, most=9):
        if size != (1, 1):
            yield _sized("binomial", size), families.binomial(size=size), 0.4, 1
    for size in _about(shape, least=3, most=31):
        if size[0] % 2 and size[1] % 2:
            yield _sized("sobel-x", size), families.sobel_x(size=size), 0.1, len(TURNS)
            yield _sized("sobel-y", size), families.sobel_y(size=size), 0.1, len(TURNS)


def _about(shape: Sequence[int], least: int, most: int) -> list[tuple[int, int]]:
    """Sizes from `shape` up: faint weights at the edges may be lost in noise."""
    rows, columns = shape
    more = [(rows + extra, columns + extra) for extra in range(0, 7, 2) if min(shape) > 1 or extra == 0]
    more += [(1, columns + 2 * extra) for extra in (1, 2, 3) if rows == 1]
    more += [(rows + 2 * extra, 1) for extra in (1, 2, 3) if columns == 1]
    return [size for size in more if least <= min(size) and max(size) <= max(most, max(shape))]


def _slid(window: Window, spec: str, plane: Array, cost: float) -> _Match | None:
    """Find the place where `plane` is most alike."""
    (rows, columns), (kh, kw) = window.plane.shape, plane.shape
    if kh > rows + 6 or kw > columns + 6 or rows > kh or columns > kw:
        return None  # what is left over has weight: it has been trimmed
    wide = np.pad(window.plane, ((kh - rows, kh - rows), (kw - columns, kw - columns)))
    dots = np.einsum("abij,ij->ab", sliding_window_view(wide, plane.shape), plane)
    at = np.unravel_index(np.argmax(np.abs(dots)), dots.shape)
    dot, own = float(dots[at]), float(np.sum(plane**2))
    misfit = _misfit(window.plane, wide[at[0] : at[0] + kh, at[1] : at[1] + kw], plane)
    top, left = int(at[0]) - (kh - rows), int(at[1]) - (kw - columns)
    middle = (top + (kh - 1) // 2, left + (kw - 1) // 2)
    known = Known(spec, dot / own, 1 - misfit, shift=window.off(middle))
    return _Match(known, misfit, cost + (0.05 if known.shift != (0, 0) else 0) + (0.02 if dot < 0 else 0))


def _misfit(whole: Array, seen: Array, plane: Array) -> float:
    """Return ``1 - |cosine|``, without the digits that the difference would lose."""
    size, own = float(np.sqrt(np.sum(whole**2))), float(np.sqrt(np.sum(plane**2)))
    sign = 1.0 if float(np.sum(seen * plane)) >= 0 else -1.0
    beyond = max(0.0, 1 - float(np.sum(seen**2)) / size**2)
    return (float(np.sum((seen / size - sign * plane / own) ** 2)) + beyond) / 2


def _shaped(window: Window, shape: Shape, keep: NDArray[np.bool_] | None, slack: float) -> Iterator[_Match]:
    """Compare with a family whose parameters are real numbers; its kernels have a middle pixel."""
    rows, columns = window.plane.shape
    keep = np.ones((rows, columns), bool) if keep is None else keep
    (least_rows, least_columns), (most_rows, most_columns) = shape.least, shape.most
    fits = least_rows <= rows <= most_rows and least_columns <= columns <= most_columns
    if not (fits and rows % 2 and columns % 2):
        return
    found = refined(shape, window.plane, keep, enough=1 - ALIKE, slack=slack)
    made = shape.within(found.values, (rows, columns)) if found is not None else None
    if found is None or made is None:
        return
    scale = float(np.sum(window.plane * made * keep) / np.sum(made**2 * keep))
    known = Known(found.spec, scale, 1 - found.misfit, shape.how, window.off_centre)
    cost = shape.cost + (0.1 if "size=" in found.spec else 0) + (0.05 if known.shift != (0, 0) else 0)
    yield _Match(known, found.misfit, cost)


def _sums(window: Window, slack: float) -> Iterator[_Match]:
    """Compare with ``a * identity + b * NAME``, the middle weight left out."""
    for seen in windows(window):
        rows, columns = seen.plane.shape
        if not (rows % 2 and columns % 2) or rows * columns == 1:
            continue
        keep = np.ones((rows, columns), bool)
        keep[rows // 2, columns // 2] = False
        yield from (_of_the_whole(seen, keep, match) for match in _fixed_sums(seen, keep))
        if min(rows, columns) >= 5:
            for shape in SHAPES:
                if shape.added:
                    beside = (_with_identity(seen, match) for match in _shaped(seen, shape, keep, slack))
                    yield from (_of_the_whole(seen, keep, match) for match in beside)


def _of_the_whole(window: Window, keep: NDArray[np.bool_], match: _Match) -> _Match:
    """Make the misfit one of the whole matrix, to compare it with others: the middle weight is exact."""
    share = float(np.sum(window.plane[keep] ** 2) / np.sum(window.plane**2))
    return match._replace(misfit=match.misfit * share)


def _fixed_sums(window: Window, keep: NDArray[np.bool_]) -> Iterator[_Match]:
    rows, columns = window.plane.shape
    names = {"laplacian": SUM, "laplacian8": SUM + 0.1} if (rows, columns) == (3, 3) else {}
    planes = {
        name: (np.array(matrix(library.TABLE[name].weights, name)), cost) for name, cost in names.items()
    }
    size = (rows, columns)
    planes[_sized("box", size)] = (families.box(size=size), SUM + 0.2)
    for spec, (plane, cost) in planes.items():
        misfit = _misfit(window.plane * keep, window.plane * keep, plane * keep)
        scale = float(np.sum(window.plane * plane * keep) / np.sum(plane**2 * keep))
        if 1 - misfit <= ALIKE or (spec == "laplacian8" and scale > 0):
            continue  # a mean of the neighbours is a box
        if spec.startswith("box") and scale < 0 and size == (3, 3):
            continue
        own = float((window.plane - scale * plane)[~keep][0])
        yield _Match(Known(spec, scale, 1 - misfit, "", window.off_centre, own), misfit, cost)


def _with_identity(window: Window, match: _Match) -> _Match:
    """Give the middle weight to the picture itself; what takes a blur away is an unsharp mask."""
    known = match.known
    blur = kernel(known.spec).components[0]
    middle = window.plane.shape[0] // 2, window.plane.shape[1] // 2
    own = float(window.plane[middle]) - known.scale * float(blur[blur.shape[0] // 2, blur.shape[1] // 2])
    total = own + known.scale
    extra = 0.3 if known.turn else 0.0
    if known.scale * total < 0:
        sigma, comma, size = known.spec.partition(":")[2].partition(",")
        spec = f"unsharp:{sigma},amount={-known.scale / total:.3g}{comma}{size}"
        return _Match(known._replace(spec=spec, scale=total), match.misfit, SUM + 0.5 + extra)
    return _Match(known._replace(identity=own), match.misfit, SUM + 0.6 + extra)


def _sized(name: str, size: tuple[int, int]) -> str:
    if size == (3, 3):
        return name
    return f"{name}:size={size[0]}" if size[0] == size[1] else f"{name}:size={size[0]}x{size[1]}"


def _same(one: Array, other: Array) -> bool:
    """Whether two are the same but for a sign, which the scale has."""
    return one.shape == other.shape and (np.array_equal(one, other) or np.array_equal(one, -other))


def _moved(shift: tuple[int, int]) -> str:
    down, right = shift
    words = [f"{abs(down)} {'down' if down > 0 else 'up'}"] if down else []
    words += [f"{abs(right)} {'right' if right > 0 else 'left'}"] if right else []
    return f"{' and '.join(words)} of the middle" if words else ""


def _two_places(value: float) -> str:
    return f"{value:.2f}" if 0.995 <= abs(value) < 1e4 else f"{value:.3g}"
