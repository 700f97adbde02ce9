"""The page of a comparison: switch modes and layers, slide between truth and result, ask for values."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convcli.choices import Language
from convcli.commands.compare.figures import aligned
from convcli.commands.compare.montage import Corner, amplitude, worst_corner
from convcli.commands.compare.packed_errors import packed
from convcli.commands.compare.report import band_columns, region_columns
from convcli.commands.compare.study import Study
from convcli.commands.compare.tones import Tones, leading
from convcli.display.drawn.plot import COLOURS
from convcli.display.language import Say, both
from convcli.display.pages.page import page
from convcli.stacks.paddings.border_band import CORNERS, Comparison

__all__ = ["compare_page"]

Array = NDArray[np.floating[Any]]

# Most bytes of a page, whatever the size of the picture.
BUDGET = 1_900_000

# Most samples of all truths together in the first attempt at a page: more never fit into BUDGET bytes.
SAMPLES = 1_500_000

# Bits per sample of the truth: 16 are tried first, 12 if the page is too large.
BITS = (16, 12)

# Fewest rows, and columns, that are shown of a picture that has as many.
LEAST = 64


def compare_page(studies: Sequence[Study], budget: int = BUDGET, *, language: Language = Language.EN) -> str:
    """Return one self-contained HTML document about `studies`, one for each layer that can be chosen.

    Errors are stored in 16-bit steps of each array's range, and the truth as well where that fits into
    `budget` bytes, else in 12-bit steps; where that is too much, equally spaced rows and columns are shown,
    first and last among them, and the corners in full.
    """
    bits, share = (
        BITS[0],
        min(1.0, math.sqrt(SAMPLES / sum(leading(one.compared.truth).size for one in studies))),
    )

    def title(say: Say) -> str:
        return say("{title}: paddings compared", title=studies[-1].told(say).title)

    while True:
        data = {
            "colours": list(COLOURS),
            "opens": studies[-1].seen_best.pad.value,
            "studies": [_study(study, share, bits) for study in studies],
        }
        text = page(__package__, "compare", title, data, language=language)
        if (
            len(text) <= budget
            or max(max(study.compared.truth.shape[:2]) for study in studies) * share <= LEAST
        ):
            return text
        if bits == BITS[0]:
            bits = BITS[1]
        else:
            share *= min(0.9, 0.97 * math.sqrt(budget / len(text)))


def _study(study: Study, share: float, bits: int) -> dict[str, Any]:
    compared, truth = study.compared, study.compared.truth
    height, width = truth.shape[:2]
    rows, columns = (_chosen(side, share) for side in (height, width))
    whole = (len(rows), len(columns)) == (height, width)
    corner = worst_corner(study)
    channels = truth.shape[2] if truth.ndim == 3 else 1

    def shown(values: Array) -> Array:
        return leading(values)[np.ix_(rows, columns)]

    def closely(values: Array) -> Array:
        parts = [Corner(name, corner.side).of(leading(values)) for name in CORNERS]
        return np.concatenate(parts, axis=1)

    tones = Tones(truth, compared.peak)
    return {
        "told": both(__package__, lambda say: _told(study, say)),
        "reference": study.reference,
        "size": [height, width],
        "rows": rows.tolist(),
        "columns": columns.tolist(),
        "whole": whole,
        "steps": 2**bits - 2,
        "channels": channels,
        "unit": study.units.heading,
        "band": compared.band.depth,
        "corners": list(CORNERS),
        "side": corner.side,
        "signed": tones.signed,
        "tone": tones.limit,
        "amplitude": amplitude(study),
        "truth": packed(shown(truth), bits=bits),
        "truthCorners": packed(closely(truth)),
        "cases": [
            _case(one, study)
            | {
                "error": packed(shown(one.error), around_0=True),
                "errorCorners": packed(closely(one.error), around_0=True),
            }
            for one in compared.modes
        ],
    }


def _told(study: Study, say: Say) -> dict[str, Any]:
    """Return the sentences and tables in one language."""
    told = study.told(say)
    return {
        "title": told.title,
        "stage": told.stage,
        "facts": say("; ").join(told.facts),
        "verdict": told.verdict,
        "figures": _figures(study, say),
        "distances": _distances(study, say),
    }


def _figures(study: Study, say: Say) -> list[list[str]]:
    """Return the table of the band's figures: headings, then a row for each mode."""
    columns = [*band_columns(study, say), *region_columns(study, say)]
    modes = [
        say("{mode} (best)", mode=one.pad) if one in study.best else one.pad.value
        for one in study.compared.modes
    ]
    rows = zip(modes, *(column.cells for column in columns), strict=True)
    return [[say("padding"), *(column.head for column in columns)], *map(list, rows)]


def _distances(study: Study, say: Say) -> list[list[str]]:
    """Return the table of mean errors by distance: headings, then a row for each distance."""
    modes = study.compared.modes
    columns = [aligned(one.by_distance[: study.span].tolist()) for one in modes]
    rows = zip(map(str, range(study.span)), *columns, strict=True)
    return [[say("distance, px"), *(one.pad.value for one in modes)], *map(list, rows)]


def _case(one: Comparison, study: Study) -> dict[str, Any]:
    return {
        "mode": one.pad.value,
        "best": one in study.best,
        "byDistance": [_number(value) for value in one.by_distance[: study.span]],
        "cornerErrors": {name: _number(value) for name, value in one.corners.items()},
    }


def _number(value: float) -> float | str | None:
    """Return what JSON has for a number: nothing for NaN, a word for infinity."""
    if math.isnan(value):
        return None
    return float(value) if math.isfinite(value) else "infinite"


def _chosen(side: int, share: float) -> NDArray[np.intp]:
    """Return equally spaced indices of a side, the first and the last among them."""
    count = min(side, max(min(side, LEAST), round(side * share)))
    return np.rint(np.linspace(0, side - 1, count)).astype(np.intp)
