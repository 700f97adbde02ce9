"""Sizes, receptive fields and unused padding, found again by looking at which pixels count."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from convcli.engine.window import Axis
from convcli.stacks.geometry import AxisMap, even_sizes, output_sizes, receptive_field

few = st.integers(1, 3)
pads = st.integers(0, 3)
windows = st.builds(Axis, st.integers(1, 5), few, pads, pads, few).map(AxisMap)
enlarging = st.tuples(few, st.booleans()).map(lambda two: AxisMap(factor=two[0], linear=two[1]))
layers = st.lists(st.one_of(windows, windows, enlarging), min_size=1, max_size=4)


def seen_by_each(window: AxisMap, size: int) -> list[set[int]]:
    """Which padded or input positions each result is made of, window by window."""
    if window.whole:
        return [set(range(size))]
    if window.factor > 1:
        found = []
        for m in range(size * window.factor):
            at = (m + 0.5) / window.factor - 0.5
            near = {i for i in range(-1, size + 1) if abs(i - at) < 1}
            found.append(near if window.linear else {m // window.factor})
        return found
    taps, stride, low, high, dilation = window.window
    found = []
    start = -low
    while start + dilation * (taps - 1) < size + high:
        found.append({start + dilation * tap for tap in range(taps)})
        start += stride
    return found


@given(window=windows, size=st.integers(1, 30))
def test_size(window: AxisMap, size: int) -> None:
    assert window.output_size(size) == len(seen_by_each(window, size))


@given(window=windows, size=st.integers(1, 30))
def test_unused_padding_is_what_no_window_reaches(window: AxisMap, size: int) -> None:
    assume(window.output_size(size) > 0)
    reached = max(max(seen) for seen in seen_by_each(window, size))
    _, stride, low, high, _ = window.window
    missed = size + high - 1 - reached
    assert window.unused_padding(size) == (min(missed, high) if stride > 1 and low > 0 else 0)


@given(stack=layers)
def test_receptive_field_by_following_every_pixel(stack: list[AxisMap]) -> None:
    size = 150
    reach = [{i} for i in range(size)]
    for window in stack:
        seen = seen_by_each(window, len(reach))
        # Positions beyond the edge see nothing; far from it, that does not matter.
        reach = [set().union(*(reach[i] for i in some if 0 <= i < len(reach))) for some in seen]
    middle = [some for some in reach if some and min(some) > 40 and max(some) < size - 40]
    assume(len(middle) >= np.prod([window.factor for window in stack]))
    assert receptive_field(stack, size) == max(max(some) - min(some) + 1 for some in middle)


def test_a_window_that_sees_everything() -> None:
    stack = [AxisMap(Axis(3)), AxisMap(whole=True), AxisMap(factor=2)]
    assert output_sizes(stack, 10) == [10, 8, 1, 2]
    assert receptive_field(stack, 10) == 10


def test_sizes_stop_where_nothing_is_left() -> None:
    assert output_sizes([AxisMap(Axis(3, 2)), AxisMap(Axis(3, 2)), AxisMap(Axis(3))], 7) == [7, 3, 1, 0]


RESNET = [AxisMap(Axis(7, 2, 3, 3)), *[AxisMap(Axis(3, 2, 1, 1))] * 4]


def test_resnet_is_even_at_225_as_mind_the_pad_says() -> None:
    assert even_sizes(RESNET, 224) == (193, 225)
    assert [w.unused_padding(n) for w, n in zip(RESNET, output_sizes(RESNET, 224), strict=False)] == [
        1,
        1,
        1,
        1,
        1,
    ]
    assert [w.unused_padding(n) for w, n in zip(RESNET, output_sizes(RESNET, 225), strict=False)] == [
        0,
        0,
        0,
        0,
        0,
    ]


@given(stack=st.lists(windows, min_size=1, max_size=4), size=st.integers(20, 80))
def test_even_sizes_are_even_and_the_nearest(stack: list[AxisMap], size: int) -> None:
    def even(n: int) -> bool:
        found = output_sizes(stack, n)
        return found[-1] > 0 and not any(w.unused_padding(m) for w, m in zip(stack, found, strict=False))

    below = [n for n in range(1, size) if even(n)]
    above = [n for n in range(size + 1, size + 400) if even(n)]
    assert even_sizes(stack, size) == (*below[-1:], *above[:1])


@pytest.mark.parametrize(("ceil", "expected"), [(False, 4), (True, 5)])
def test_the_last_window_may_hang_over(ceil: bool, expected: int) -> None:
    window = AxisMap(Axis(3, 2), ceil)
    assert window.output_size(10) == expected
