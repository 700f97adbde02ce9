"""What is kept for a kernel is what would be worked out again."""

import numpy as np

from convcli.engine.kernel_cache import MAX_WEIGHTS, by_weights


def test_equal_weights_are_worked_out_once():
    calls = []

    @by_weights
    def total(weights, factor):
        calls.append(factor)
        return float(weights.sum()) * factor

    weights = np.arange(6.0).reshape(2, 3)
    assert [total(weights, 2), total(weights.copy(), 2), total(weights, 3)] == [30, 30, 45]
    assert calls == [2, 3]
    assert total(weights.T, 2) == 30
    assert total(weights.reshape(3, 2), 2) == 30
    assert calls == [2, 3, 2, 2]


def test_changed_weights_are_other_weights():
    @by_weights
    def total(weights):
        return float(weights.sum())

    weights = np.ones((3, 3))
    before = total(weights)
    weights[1, 1] = 5
    assert (before, total(weights)) == (9, 13)


def test_large_kernels_are_not_kept():
    calls = []

    @by_weights
    def size(weights):
        calls.append(weights.size)
        return weights.size

    large = np.ones((1, MAX_WEIGHTS + 1))
    assert size(large) == size(large) == MAX_WEIGHTS + 1
    assert len(calls) == 2
