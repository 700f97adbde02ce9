"""The sliding window: what it is read from, how large its result is, which outputs need no padding."""

import pytest

from convcli.choices import PadMode
from convcli.engine.window import Axis, Window
from convcli.errors import UsageError


@pytest.mark.parametrize(
    ("padding", "kernel", "dilation", "expected"),
    [
        ("same", (3, 4), (1, 1), ((1, 1), (1, 2))),
        ("same", (3, 4), (2, 3), ((2, 2), (4, 5))),
        ("full", (3, 4), (2, 1), ((4, 4), (3, 3))),
        ("valid", (3, 4), (1, 1), ((0, 0), (0, 0))),
        (2, (3, 4), (1, 1), ((2, 2), (2, 2))),
        ((1, 2), (3, 4), (1, 1), ((1, 1), (2, 2))),
        (((1, 2), (3, 4)), (3, 4), (1, 1), ((1, 2), (3, 4))),
    ],
)
def test_padding_in_pixels(padding, kernel, dilation, expected):
    assert Window.parse(kernel, padding=padding, dilation=dilation, pad=PadMode.REFLECT).padding == expected


@pytest.mark.parametrize("padding", ["same", "valid", 0, ((0, 0), (0, 0))])
def test_mode_valid_makes_up_nothing(padding):
    assert Window.parse((3, 3), padding=padding, pad=PadMode.VALID).padding == ((0, 0), (0, 0))


@pytest.mark.parametrize("padding", ["full", 1, (0, 1), ((0, 0), (0, 1))])
def test_mode_valid_with_pixels_is_a_contradiction(padding):
    with pytest.raises(UsageError, match="valid"):
        Window.parse((3, 3), padding=padding, pad=PadMode.VALID)


@pytest.mark.parametrize("axis", [Axis(3), Axis(4, 2, 1, 2, 3), Axis(5, 3, 7, 0, 2), Axis(2, 4, 9, 9, 1)])
@pytest.mark.parametrize("n", [1, 5, 16, 30])
def test_interior_outputs_read_no_padding(axis, n):
    def is_inside(output):
        first, end = axis.reads(output, output + 1)
        return axis.low <= first and end <= axis.low + n

    first, end = axis.interior(n)
    outputs = range(-20, 60)
    assert [output for output in outputs if is_inside(output)] == list(range(first, end))


def test_where_a_window_reads():
    assert Axis(3, 2, 1, 1, 4).reads(2, 5) == (4, 17)


def test_a_window_is_a_value():
    assert Window.parse(3, pad="mirror") == Window((3, 3), padding=((1, 1), (1, 1)), mode=PadMode.REFLECT)
    assert Window.parse(3, pad="zero", pad_value=7).constant == 0
    assert Window.parse(3, pad="constant", pad_value=7).constant == 7
    assert hash(Window.parse(3)) == hash(Window.parse((3, 3)))
