import numpy as np

from convcli.engine.correlation.gemm import columns_by_phase


def test_equal_and_negated_columns_are_computed_once():
    kernel = np.array([[1, 2, 3, 2, -1], [4, 5, 6, 5, -4.0]])
    ((columns, uses),) = columns_by_phase(kernel, 1, 1)
    assert [column.tolist() for column in columns] == [[1, 4], [2, 5], [3, 6]]
    assert uses == [(0, 0, True), (1, 1, True), (2, 2, True), (3, 1, True), (4, 0, False)]


def test_columns_of_zeros_are_left_out_where_that_leaves_few_passes():
    kernel = np.array([[0, 1, 0, 3, 0], [0, 2, 0, 4, 0.0]])
    ((columns, uses),) = columns_by_phase(kernel, 1, 1)
    assert [column.tolist() for column in columns] == [[1, 2], [3, 4]]
    assert [use[0] for use in uses] == [1, 3]


def test_equal_columns_in_many_passes_are_computed_each_for_itself():
    kernel = np.ones((3, 7))
    kernel[1, 3] = 2
    ((columns, uses),) = columns_by_phase(kernel, 1, 1)
    assert len(columns) == 7
    assert uses == [(j, j, True) for j in range(7)]


def test_nothing_of_nothing():
    assert columns_by_phase(np.zeros((2, 3)), 1, 1) == []


def test_columns_that_see_the_same_phase_stand_together():
    kernel = np.array([[1.0, 2, 1, 3, 1], [1, 2, 1, 3, 1]])
    even, odd = columns_by_phase(kernel, 2, 1)
    assert [use[0] for use in even.uses] == [0, 2, 4]
    assert [use[0] for use in odd.uses] == [1, 3]
    (only,) = columns_by_phase(kernel, 2, 2)
    assert [use[0] for use in only.uses] == [0, 1, 2, 3, 4]
