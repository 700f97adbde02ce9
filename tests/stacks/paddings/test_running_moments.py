"""Means, deviations and flatness of many arrays, against NumPy on all of them at once."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from convcli.choices import PadMode
from convcli.stacks.paddings.running_moments import RunningMoments
from convcli.stacks.paddings.tally import Tally
from tests.stacks.paddings.comparisons import comparison


def moments(arrays):
    found = RunningMoments()
    for one in arrays:
        found.add(one)
    return found


@settings(max_examples=30)
@given(
    shape=st.tuples(st.integers(1, 2), st.integers(1, 5), st.integers(1, 5)),
    count=st.integers(2, 12),
    offset=st.sampled_from((0.0, 1e3, -1e5)),
    seed=st.integers(0, 2**32 - 1),
)
def test_as_numpy_has_them(shape, count, offset, seed) -> None:
    arrays = np.random.default_rng(seed).normal(offset, 2.0, (count, *shape))
    found = moments(arrays)
    assert_allclose(found.mean, arrays.mean(0), rtol=1e-12)
    assert_allclose(found.variance, arrays.var(0, ddof=1), rtol=1e-6)
    assert_allclose(found.deviation, arrays.std(0, ddof=1), rtol=1e-6)
    mean, variance = found.flatness()
    chance = arrays.var(0, ddof=1).mean() / count
    assert mean == pytest.approx(math.sqrt(arrays.mean(0).var(axis=(1, 2)).mean() / chance), rel=1e-6)
    fourth = ((arrays - arrays.mean(0)) ** 4).mean(0)
    expected = np.maximum(fourth - arrays.var(0, ddof=1) ** 2, 0).mean() / count
    if expected > 1e-3:
        spread = arrays.var(0, ddof=1).var(axis=(1, 2)).mean()
        assert variance == pytest.approx(math.sqrt(spread / expected), rel=1e-4)


def test_chance_is_flat_and_a_frame_is_not() -> None:
    rng = np.random.default_rng(2)
    arrays = rng.normal(0, 1, (400, 1, 20, 20))
    mean, variance = moments(arrays).flatness()
    assert mean == pytest.approx(1, abs=0.12)
    assert variance == pytest.approx(1, abs=0.12)
    arrays[:, :, 0] *= 2
    assert moments(arrays).flatness()[1] > 3
    arrays[:, :, 0] += 1
    assert moments(arrays).flatness()[0] > 3


def test_what_does_not_vary() -> None:
    flat = np.full((1, 3, 3), 7.0)
    assert moments([flat, flat, flat]).flatness() == (0, 0)
    flat[0, 0] = 8
    assert moments([flat, flat]).flatness()[0] == math.inf


def test_a_tally_over_pictures() -> None:
    tally = Tally()
    errors = {PadMode.ZERO: (4.0, 2.0, 9.0), PadMode.REFLECT: (1.0, 2.0, 3.0), PadMode.WRAP: (8.0, 8.0, 2.0)}
    for index in range(3):
        tally.add([comparison(pad, maes[index]) for pad, maes in errors.items()], 10.0, measured=True)
    totals = {one.pad: one for one in tally.totals()}
    assert tally.pictures == 3
    for pad, maes in errors.items():
        assert totals[pad].mean == pytest.approx(np.mean(maes) / 10)
        assert totals[pad].spread == pytest.approx(np.std(maes) / 10)
        assert totals[pad].worst == max(maes) / 10
    assert {pad: one.wins for pad, one in totals.items()} == {"zero": 1, "reflect": 2, "wrap": 1}


def test_nothing_wins_where_no_truth_is_known() -> None:
    tally = Tally()
    tally.add([comparison(PadMode.ZERO, 1.0), comparison(PadMode.VALID, math.nan)], 1.0, measured=False)
    (only,) = tally.totals()
    assert (only.pad, only.wins, only.mean) == ("zero", 0, 1.0)
