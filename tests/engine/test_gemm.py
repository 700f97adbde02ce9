import numpy as np

from convcli.engine.gemm import columns_by_phase


def test_equal_negated_and_zero_columns_are_computed_once():
    kernel = np.array([[1, 0, 2, -1, 1], [3, 0, 4, -3, 3.0]])
    ((columns, uses),) = columns_by_phase(kernel, 1, 1)
    assert [column.tolist() for column in columns] == [[1, 3], [2, 4]]
    assert uses == [(0, 0, True), (2, 1, True), (3, 0, False), (4, 0, True)]


def test_nothing_of_nothing():
    assert columns_by_phase(np.zeros((2, 3)), 1, 1) == []


def test_columns_that_see_the_same_phase_stand_together():
    kernel = np.array([[1.0, 2, 1, 3, 1], [1, 2, 1, 3, 1]])
    even, odd = columns_by_phase(kernel, 2, 1)
    assert [use[0] for use in even.uses] == [0, 2, 4]
    assert len(even.distinct) == 1
    assert [use[0] for use in odd.uses] == [1, 3]
    (only,) = columns_by_phase(kernel, 2, 2)
    assert [use[0] for use in only.uses] == [0, 1, 2, 3, 4]
