"""Compares a matrix with the named kernels without parameters but a size: rotated, reflected and shifted."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from convcli.kernels import families, library
from convcli.kernels.kernel import Array
from convcli.kernels.recognition.match import Match, Recognised, misfit, sized
from convcli.kernels.recognition.trimming import Trimmed
from convcli.kernels.text import matrix

__all__ = ["COMPASS", "TURNS", "compare_matrices"]


# Directions of the masks of kirsch and robinson, in the order of the library.
COMPASS = ("E", "NE", "N", "NW", "W", "SW", "S", "SE")

# Rotations (counter-clockwise) and reflections of a kernel, in words, the simplest first.
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


def compare_matrices(trimmed: Trimmed) -> Iterator[Match]:
    """Yield the best match of every fixed matrix in each of its distinct orientations."""
    for spec, plane, cost, turns in _candidates(trimmed.plane.shape):
        tried: list[Array] = []
        for place, (turn, move) in enumerate(TURNS[:turns]):
            moved = np.ascontiguousarray(move(plane))
            if any(_same_line(moved, other) for other in tried):
                continue
            tried.append(moved)
            match = _best_place(trimmed, spec, moved, cost + (1 + place / 10 if turn else 0))
            if match is not None:
                yield match._replace(recognised=match.recognised._replace(turn=turn))


def _candidates(shape: tuple[int, ...]) -> Iterator[tuple[str, Array, float, int]]:
    """Yield names, matrices, costs, and how many of `TURNS` to try for each."""
    for name, entry in library.TABLE.items():
        if entry.weights:
            yield name, np.array(matrix(entry.weights, name)), 0.0, len(TURNS)
    for name in ("kirsch", "robinson"):
        for part, way in zip(library.TABLE[name].parts, COMPASS, strict=True):
            yield f"{name} ({way})", np.array(matrix(part, name)), 0.5, 1
    yield "identity", np.ones((1, 1)), 0.0, 1
    rows, columns = shape
    if rows * columns > 1:
        yield sized("box", (rows, columns)), families.box(size=(rows, columns)), 0.2, 1
    if rows % 2 and columns % 2 and rows * columns > 1:
        yield sized("highpass", (rows, columns)), families.highpass(size=(rows, columns)), 0.3, 1
    for size in _sizes_from(shape, least=1, most=9):
        if size != (1, 1):
            yield sized("binomial", size), families.binomial(size=size), 0.4, 1
    for size in _sizes_from(shape, least=3, most=31):
        if size[0] % 2 and size[1] % 2:
            yield sized("sobel-x", size), families.sobel_x(size=size), 0.1, len(TURNS)
            yield sized("sobel-y", size), families.sobel_y(size=size), 0.1, len(TURNS)


def _sizes_from(shape: Sequence[int], least: int, most: int) -> list[tuple[int, int]]:
    """Return sizes from `shape` up: small weights at the edges may be lost in noise."""
    rows, columns = shape
    more = [(rows + extra, columns + extra) for extra in range(0, 7, 2) if min(shape) > 1 or extra == 0]
    more += [(1, columns + 2 * extra) for extra in (1, 2, 3) if rows == 1]
    more += [(rows + 2 * extra, 1) for extra in (1, 2, 3) if columns == 1]
    return [size for size in more if least <= min(size) and max(size) <= max(most, max(shape))]


def _best_place(trimmed: Trimmed, spec: str, plane: Array, cost: float) -> Match | None:
    """Return the match at the shift where `plane` correlates most."""
    (rows, columns), (kh, kw) = trimmed.plane.shape, plane.shape
    if kh > rows + 6 or kw > columns + 6 or rows > kh or columns > kw:
        return None  # all of the trimmed matrix has weight, and must be covered
    wide = np.pad(trimmed.plane, ((kh - rows, kh - rows), (kw - columns, kw - columns)))
    dots = np.einsum("abij,ij->ab", sliding_window_view(wide, plane.shape), plane)
    at = np.unravel_index(np.argmax(np.abs(dots)), dots.shape)
    dot, own = float(dots[at]), float(np.sum(plane**2))
    gap = misfit(trimmed.plane, wide[at[0] : at[0] + kh, at[1] : at[1] + kw], plane)
    top, left = int(at[0]) - (kh - rows), int(at[1]) - (kw - columns)
    shift = trimmed.shift_of((top + (kh - 1) // 2, left + (kw - 1) // 2))
    cost = cost + (0.05 if shift != (0, 0) else 0) + (0.02 if dot < 0 else 0)
    return Match(Recognised(spec, dot / own, 1 - gap, shift=shift), gap, cost)


def _same_line(one: Array, other: Array) -> bool:
    """Whether two matrices are equal up to sign, which the scale includes."""
    return one.shape == other.shape and (np.array_equal(one, other) or np.array_equal(one, -other))
