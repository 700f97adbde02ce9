"""The letter X and its features: the scores of the figure that every course on convolution shows."""

import json
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from tests.paths import SAMPLES
from tests.program import Convcli

X = SAMPLES / "letter-x.csv"
FEATURES = [SAMPLES / f"letter-x-{name}.csv" for name in ("falling", "crossing", "rising")]
OPPOSITE = "-1 1 -1; 1 -1 1; -1 1 -1"
# Ninths, counted by hand: places of a window that are as the feature's, less those that are not.
FALLING = [
    [+7, -1, +1, +3, +5, -1, +3],
    [-1, +9, -1, +3, -1, +1, -1],
    [+1, -1, +9, -3, +1, -1, +5],
    [+3, +3, -3, +5, -3, +3, +3],
    [+5, -1, +1, -3, +9, -1, +1],
    [-1, +1, -1, +3, -1, +9, -1],
    [+3, -1, +5, +3, +1, -1, +7],
]


@pytest.fixture
def scores(convcli: Convcli) -> list[dict[str, Any]]:
    kernels = [word for kernel in (*FEATURES, OPPOSITE) for word in ("-k", kernel)]
    ran = convcli("show", X, *kernels, "--score", "--no-center", "-p", "valid", "--json")
    assert (ran.status, ran.err) == (0, "")
    return list(json.loads(ran.out)["maps"])


def test_one_command_shows_the_scores_of_the_figure(scores: list[dict[str, Any]]) -> None:
    falling, crossing, rising, opposite = (np.array(one["values"]) for one in scores)
    assert_allclose(9 * falling, FALLING, atol=1e-5)
    assert_allclose(9 * rising, np.fliplr(FALLING), atol=1e-5)
    assert crossing[3, 3] == pytest.approx(1)
    assert opposite[3, 3] == pytest.approx(-1)


def test_the_best_matches_are_on_the_strokes(scores: list[dict[str, Any]]) -> None:
    best = [match["at"] for match in scores[0]["matches"] if match["score"] > 0.99]
    assert best == [[1, 1], [4, 4]], "of the four, those that share no half of their windows"
    assert scores[3]["opposites"][0]["at"] == [3, 3]
