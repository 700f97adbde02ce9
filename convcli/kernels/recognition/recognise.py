"""Recognises a named kernel in a matrix, up to scale, sign, rotation, reflection, shift and parameters."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convcli.kernels import families, library
from convcli.kernels.recognition.fixed_matrices import compare_matrices
from convcli.kernels.recognition.match import (
    MIN_COSINE,
    ROUNDING_MISFIT,
    Match,
    Recognised,
    misfit,
    sized,
)
from convcli.kernels.recognition.parameter_search import fit_parameters
from convcli.kernels.recognition.searched_families import SEARCHED_FAMILIES, Family
from convcli.kernels.recognition.trimming import Trimmed, recentred, trim
from convcli.kernels.spec import kernel
from convcli.kernels.text import matrix

__all__ = ["Recognised", "recognise"]

Floats = NDArray[np.floating[Any]]

# Cost of a sum with the identity, at least.
SUM_COST = 1.5


def recognise(weights: Floats, errors: Floats | None = None) -> Recognised | None:
    """Return the named kernel that matches `weights`, or None.

    Kernels are compared by the cosine of the angle between matrices, ``sum(a b) / sqrt(sum(a^2) sum(b^2))``,
    at every shift. Parameters are those of the largest cosine, found by the damped Gauss-Newton steps of
    Levenberg and Marquardt from a coarse grid, and rounded as far as the cosine allows. Of about equally near
    names the simplest is taken: a fixed matrix before a size before a sigma. Sums
    ``a * identity + b * NAME`` are tried where nothing else matches; there the cosine leaves out the middle
    weight, which `a` can always make equal.

    Parameters
    ----------
    weights : (kh, kw) array
        For correlation.
    errors : (kh, kw) array, optional
        Standard errors: smaller differences are ignored.

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
    slack = ROUNDING_MISFIT + float(np.sum(noise**2) / np.sum(plane**2))
    trimmed = trim(plane, 1e-7 + 5 * noise)
    floor = max(ROUNDING_MISFIT, slack / 4)  # no misfit is far below that of noise
    found = _alike(compare_matrices(trimmed))

    def may_win(cost: float) -> bool:
        """Whether a candidate of that cost may have the best score."""
        return all(match.score() > math.log2(floor) + cost for match in found)

    for family in SEARCHED_FAMILIES:
        if may_win(family.cost):
            for part in recentred(trimmed):
                found += _alike(_compare_family(part, family, None, slack))
    if may_win(SUM_COST):
        found += _alike(_compare_sums(trimmed, slack))
    if not found:
        return None
    best = min(found, key=Match.score).recognised
    return best._replace(scale=best.scale * largest, identity=best.identity * largest)


def _alike(matches: Iterator[Match]) -> list[Match]:
    return [match for match in matches if match.recognised.cosine > MIN_COSINE]


def _compare_family(
    trimmed: Trimmed, family: Family, keep: NDArray[np.bool_] | None, slack: float
) -> Iterator[Match]:
    """Yield the best match of a family with real parameters; its kernels have odd sizes."""
    rows, columns = trimmed.plane.shape
    keep = np.ones((rows, columns), bool) if keep is None else keep
    (min_rows, min_columns), (max_rows, max_columns) = family.smallest, family.largest
    fits = min_rows <= rows <= max_rows and min_columns <= columns <= max_columns
    if not (fits and rows % 2 and columns % 2):
        return
    found = fit_parameters(family, trimmed.plane, keep, enough=1 - MIN_COSINE, slack=slack)
    made = family.within(found.values, (rows, columns)) if found is not None else None
    if found is None or made is None:
        return
    scale = float(np.sum(trimmed.plane * made * keep) / np.sum(made**2 * keep))
    recognised = Recognised(found.spec, scale, 1 - found.misfit, family.how, trimmed.shift)
    cost = family.cost + (0.1 if "size=" in found.spec else 0) + (0.05 if recognised.shift != (0, 0) else 0)
    yield Match(recognised, found.misfit, cost)


def _compare_sums(trimmed: Trimmed, slack: float) -> Iterator[Match]:
    """Yield matches of ``a * identity + b * NAME``, compared without the middle weight."""
    for part in recentred(trimmed):
        rows, columns = part.plane.shape
        if not (rows % 2 and columns % 2) or rows * columns == 1:
            continue
        keep = np.ones((rows, columns), bool)
        keep[rows // 2, columns // 2] = False
        yield from (_of_the_whole(part, keep, match) for match in _fixed_sums(part, keep))
        if min(rows, columns) >= 5:
            for family in SEARCHED_FAMILIES:
                if family.added:
                    for match in _compare_family(part, family, keep, slack):
                        yield _of_the_whole(part, keep, _with_identity(part, match))


def _of_the_whole(trimmed: Trimmed, keep: NDArray[np.bool_], match: Match) -> Match:
    """Convert the misfit to that of the whole matrix, whose middle weight matches exactly."""
    share = float(np.sum(trimmed.plane[keep] ** 2) / np.sum(trimmed.plane**2))
    return match._replace(misfit=match.misfit * share)


def _fixed_sums(trimmed: Trimmed, keep: NDArray[np.bool_]) -> Iterator[Match]:
    size = (trimmed.plane.shape[0], trimmed.plane.shape[1])
    names = {"laplacian": SUM_COST, "laplacian8": SUM_COST + 0.1} if size == (3, 3) else {}
    planes = {
        name: (np.array(matrix(library.TABLE[name].weights, name)), cost) for name, cost in names.items()
    }
    planes[sized("box", size)] = (families.box(size=size), SUM_COST + 0.2)
    for spec, (plane, cost) in planes.items():
        gap = misfit(trimmed.plane * keep, trimmed.plane * keep, plane * keep)
        scale = float(np.sum(trimmed.plane * plane * keep) / np.sum(plane**2 * keep))
        if 1 - gap <= MIN_COSINE or (spec == "laplacian8" and scale > 0):
            continue  # a positive laplacian8 is a mean of the neighbours: a box
        if spec.startswith("box") and scale < 0 and size == (3, 3):
            continue
        own = float((trimmed.plane - scale * plane)[~keep][0])
        yield Match(Recognised(spec, scale, 1 - gap, "", trimmed.shift, own), gap, cost)


def _with_identity(trimmed: Trimmed, match: Match) -> Match:
    """Add the identity that matches the middle weight; with a negative blur it is an unsharp mask."""
    recognised = match.recognised
    blur = kernel(recognised.spec).components[0]
    middle, blur_middle = ((plane.shape[0] // 2, plane.shape[1] // 2) for plane in (trimmed.plane, blur))
    own = float(trimmed.plane[middle]) - recognised.scale * float(blur[blur_middle])
    total = own + recognised.scale
    extra = 0.3 if recognised.turn else 0.0
    if recognised.scale * total < 0:
        sigma, comma, size = recognised.spec.partition(":")[2].partition(",")
        spec = f"unsharp:{sigma},amount={-recognised.scale / total:.3g}{comma}{size}"
        return Match(recognised._replace(spec=spec, scale=total), match.misfit, SUM_COST + 0.5 + extra)
    return Match(recognised._replace(identity=own), match.misfit, SUM_COST + 0.6 + extra)
