import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convcli.choices import PadMode
from convcli.engine.pad import pad2d, read_padded, sources
from convcli.engine.tiles import Piece
from convcli.errors import GeometryError, UsageError
from tests import oracle
from tests.engine.strategies import images, side

NUMPY = {
    PadMode.ZERO: {"mode": "constant"},
    PadMode.CONSTANT: {"mode": "constant", "constant_values": 1},
    PadMode.REFLECT: {"mode": "reflect"},
    PadMode.REPLICATE: {"mode": "edge"},
    PadMode.WRAP: {"mode": "wrap"},
    PadMode.SYMMETRIC: {"mode": "symmetric"},
}
WIDE = st.tuples(st.integers(0, 30), st.integers(0, 30))


@pytest.mark.parametrize("mode", PadMode)
@given(image=images(max_side=8), rows=WIDE, columns=WIDE)
def test_equals_np_pad(mode, image, rows, columns):
    if mode is PadMode.VALID:
        rows = columns = (0, 0)
        expected = image
    else:
        widths = (rows, columns) + ((0, 0),) * (image.ndim - 2)
        expected = np.pad(image, widths, **NUMPY[mode])
    padded = pad2d(image, (rows, columns), mode, 1)
    assert padded.dtype == image.dtype
    np.testing.assert_array_equal(padded, expected)


@pytest.mark.parametrize("mode", PadMode)
@given(size=st.integers(1, 9), sides=side)
def test_sources_walk_back_into_the_picture(mode, size, sides):
    before, after = (0, 0) if mode is PadMode.VALID else sides
    expected = [oracle.source(at, size, mode) for at in range(-before, size + after)]
    assert sources(size, before, after, mode).tolist() == [-1 if at is None else at for at in expected]


@pytest.mark.parametrize("mode", [mode for mode in PadMode if mode is not PadMode.VALID])
@given(
    image=images(max_side=8),
    padding=st.tuples(side, side),
    step=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    data=st.data(),
)
def test_a_rectangle_of_every_nth_row_and_column(mode, image, padding, step, data):
    padded = pad2d(image, padding, mode, 1)
    (y0, y1), (x0, x1) = (sorted(data.draw(st.tuples(*[st.integers(0, n)] * 2))) for n in padded.shape[:2])
    expected = padded[y0 : y1 : step[0], x0 : x1 : step[1]]
    maps = tuple(sources(n, *pair, mode) for n, pair in zip(image.shape, padding, strict=False))
    value = 1 if mode is PadMode.CONSTANT else 0
    into = np.full(expected.shape, 99, np.float64)
    read_padded(image, padding, maps, value, Piece(y0, y1, x0, x1), into, step)
    np.testing.assert_array_equal(into, expected)


def test_padding_spellings():
    image = np.arange(6.0).reshape(2, 3)
    assert pad2d(image, 1, "edge").shape == (4, 5)
    assert (
        pad2d(image, (0, 2), "scipy:reflect").tolist()
        == np.pad(image, ((0, 0), (2, 2)), "symmetric").tolist()
    )
    assert pad2d(image, "valid", "wrap").tolist() == image.tolist()


def test_the_result_is_a_copy():
    image = np.zeros((2, 2))
    pad2d(image, 0, "wrap")[...] = 1
    assert not image.any()


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        ((np.zeros((2, 2)), 1, "valid"), UsageError, "valid"),
        ((np.zeros((2, 2)), "same", "zero"), UsageError, "needs a kernel"),
        ((np.zeros((2, 2)), -1, "zero"), UsageError, "-1"),
        ((np.zeros((2, 2), np.uint8), 1, "constant", 256), UsageError, "256"),
        ((np.zeros((2, 2), np.uint8), 1, "constant", 0.5), UsageError, "0.5"),
        ((np.zeros((2, 2), complex), 1, "zero"), UsageError, "complex128"),
        ((np.zeros(3), 1, "zero"), GeometryError, "(3,)"),
        ((np.zeros((0, 3)), 1, "zero"), GeometryError, "(0, 3)"),
        ((np.zeros((2, 2)), 1, "reflct"), UsageError, "reflct"),
    ],
)
def test_errors(arguments, kind, words):
    with pytest.raises(kind) as caught:
        pad2d(*arguments)
    assert words in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(300, 200), (40, 50, 3), (1, 7, 2), (6, 1)])
@pytest.mark.parametrize("mode", PadMode)
def test_the_result_lies_in_memory_row_by_row(mode, shape, order):
    image = np.zeros(shape, np.float32, order)
    amount = 0 if mode is PadMode.VALID else ((2, 1), (0, 3))
    assert pad2d(image, amount, mode).flags.c_contiguous
