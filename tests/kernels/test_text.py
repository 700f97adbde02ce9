"""Numbers and matrices as typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convcli.errors import KernelError, shown
from convcli.kernels.text import is_number, matrix, read_number


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("2", 2),
        ("-.5", -0.5),
        ("+3.", 3),
        ("1e-3", 0.001),
        ("1E3", 1000),
        ("1/8", 0.125),
        ("-1/.5", -2),
        ("−2", -2),
    ],
)
def test_numbers(word, value):
    assert read_number(word) == value


@given(st.floats(allow_nan=False))
def test_every_float_reads_back(value):
    assert read_number(repr(value)) == value


@pytest.mark.parametrize(
    "word", ["", "-", ".", "e3", "1e", "1_0", "0x1", "١", "1/", "/2", "1/2/3", "1/0", "1/-0.0", "1 2"]
)
def test_words_that_are_not_numbers(word):
    assert not is_number(word)


def test_lines_only():
    assert matrix("1 2\n3 4", "it", rows_end_at="") == [[1, 2], [3, 4]]
    with pytest.raises(KernelError, match="'2;' is not a number"):
        matrix("1 2;\n3 4", "it", rows_end_at="")


@given(st.text(max_size=300))
def test_shown_is_one_printable_line(text):
    assert shown(text).isprintable()
    assert len(shown(text)) <= 12 * 50
