import numpy as np

from convcli.engine.gemm import distinct_columns


def test_equal_negated_and_zero_columns_are_computed_once():
    kernel = np.array([[1, 0, 2, -1, 1], [3, 0, 4, -3, 3.0]])
    columns, uses = distinct_columns(kernel)
    assert [column.tolist() for column in columns] == [[1, 3], [2, 4]]
    assert uses == [(0, 0, True), (2, 1, True), (3, 0, False), (4, 0, True)]


def test_nothing_of_nothing():
    assert distinct_columns(np.zeros((2, 3))) == ([], [])
