import pytest

from convcli.engine.size import output_size
from convcli.errors import GeometryError, UsageError


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding", "dilation", "ceil", "expected"),
    [
        (5, 3, 1, 0, 1, False, 3),
        (5, 3, 2, 0, 1, False, 2),
        (6, 3, 2, 1, 1, False, 3),
        (6, 3, 2, 1, 1, True, 4),
        (5, 2, 2, 0, 1, True, 3),
        (5, 1, 3, 0, 1, True, 2),
        (3, 1, 3, 1, 1, True, 2),  # a third window would begin in the far padding
        (7, 3, 1, "same", 2, False, 7),
        (7, 4, 1, "same", 3, False, 7),
        (7, 4, 1, "full", 3, False, 16),
        (7, 4, 1, "valid", 2, False, 1),
        ((7, 9), (3, 4), (1, 2), "same", (2, 1), False, (7, 5)),
        ((7, 9), 3, 1, ((0, 1), (2, 3)), 1, False, (6, 12)),
    ],
)
def test_sizes(size, kernel, stride, padding, dilation, ceil, expected):
    result = output_size(size, kernel, stride, padding, dilation, ceil)
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize("ceil", [False, True])
def test_counting_windows_gives_the_same(ceil):
    for size in range(1, 12):
        for kernel in range(1, 6):
            for stride in range(1, 5):
                for pad in range(kernel // 2 + 1):
                    for dilation in (1, 2):
                        span = dilation * (kernel - 1) + 1
                        if span > size + 2 * pad:
                            continue
                        starts = range(-pad, size + pad, stride)
                        fit = [s for s in starts if s + span <= size + pad]
                        more = [s for s in starts if s not in fit and s < size]
                        hangs = ceil and more and more[0] == fit[-1] + stride and fit[-1] + span < size + pad
                        expected = len(fit) + bool(hangs)
                        assert output_size(size, kernel, stride, pad, dilation, ceil) == expected


def test_error_names_all_numbers():
    with pytest.raises(GeometryError) as caught:
        output_size((5, 6), (7, 3), padding=((0, 1), (2, 0)), dilation=(2, 1))
    for number in ("7x3", "13x3", "5x6", "6x8"):
        assert number in caught.value.message
    assert "smaller kernel" in caught.value.hint


@pytest.mark.parametrize(
    "arguments", [{"stride": 0}, {"padding": -1}, {"dilation": 0}, {"kernel": 0}, {"padding": "some"}]
)
def test_wrong_arguments(arguments):
    with pytest.raises(UsageError):
        output_size(**{"size": 5, "kernel": 3, **arguments})
