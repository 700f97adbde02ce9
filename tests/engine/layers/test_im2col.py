"""Every way of computing a layer, on shapes that take it, against windows that are cut out one by one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from convcli.choices import PadMode
from convcli.engine.layers.conv2d import conv2d
from tests.engine.strategies import seeds

NUMPY_MODES = {
    "zero": "constant",
    "constant": "constant",
    "reflect": "reflect",
    "replicate": "edge",
    "wrap": "wrap",
    "symmetric": "symmetric",
}


def by_windows(x, weight, bias, stride, edges, dilation, groups, pad, value):
    """Pad with NumPy, and multiply each shifted picture with its weight, in float64."""
    wide = [(0, 0), *edges]
    extra = {"constant_values": value} if pad == "constant" else {}
    padded = x.astype(np.float64)
    if pad != "valid":
        padded = np.stack([np.pad(image, wide, mode=NUMPY_MODES[pad], **extra) for image in padded])
    weight = weight.astype(np.float64)
    outputs, depth, kh, kw = weight.shape
    height = (padded.shape[2] - dilation[0] * (kh - 1) - 1) // stride[0] + 1
    width = (padded.shape[3] - dilation[1] * (kw - 1) - 1) // stride[1] + 1
    result = np.zeros((len(x), outputs, height, width)) + bias[:, None, None]
    each = outputs // groups
    for group in range(groups):
        channels = padded[:, group * depth : (group + 1) * depth]
        for i in range(kh):
            for j in range(kw):
                y, z = i * dilation[0], j * dilation[1]
                seen = channels[:, :, y : y + (height - 1) * stride[0] + 1 : stride[0]]
                seen = seen[..., z : z + (width - 1) * stride[1] + 1 : stride[1]]
                some = slice(group * each, (group + 1) * each)
                result[:, some] += np.tensordot(seen, weight[some, :, i, j], (1, 1)).transpose(0, 3, 1, 2)
    return result


WAYS = {
    # outputs, depth, groups, kernel, stride, dilation, size
    "one row at a time": (5, 3, 1, (3, 3), (1, 1), (1, 1), (40, 90)),
    "strided": (8, 3, 1, (7, 7), (2, 2), (1, 1), (60, 150)),
    "dilated phases": (6, 4, 1, (3, 2), (3, 1), (2, 3), (41, 100)),
    "phases that do not meet": (6, 4, 1, (2, 3), (2, 2), (4, 1), (43, 140)),
    "wide": (3, 2, 1, (3, 5), (1, 1), (1, 1), (9, 1100)),
    "joined": (7, 5, 1, (3, 3), (1, 2), (2, 1), (30, 33)),
    "pointwise": (9, 6, 1, (1, 1), (1, 1), (1, 1), (33, 80)),
    "groups": (6, 2, 3, (3, 3), (1, 1), (1, 1), (20, 70)),
    "groups, joined": (6, 2, 3, (3, 3), (1, 1), (1, 1), (20, 33)),
    "groups of several strips": (40, 1, 40, (3, 3), (1, 1), (1, 1), (60, 70)),
    "depthwise": (6, 1, 6, (3, 3), (1, 1), (1, 1), (50, 70)),
    "depthwise, two each": (10, 1, 5, (5, 4), (2, 3), (1, 2), (50, 70)),
    "depthwise, phases": (4, 1, 4, (3, 3), (2, 1), (3, 2), (45, 66)),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("pad", PadMode)
def test_ways(way, pad):
    """Of pictures and weights that are float32 as well, so that one reference serves both types."""
    outputs, depth, groups, kernel, stride, dilation, size = way
    edges = ((0, 0), (0, 0)) if pad is PadMode.VALID else ((2, 1), (0, 3))
    rng = np.random.default_rng(outputs * size[0])
    x = rng.normal(0, 1, (2, depth * groups, *size)).astype(np.float32)
    weight = rng.normal(0, 1, (outputs, depth, *kernel)).astype(np.float32)
    bias = rng.normal(0, 1, outputs)
    expected = by_windows(x, weight, bias, stride, edges, dilation, groups, pad.value, 1.5)
    for dtype, share in (("float32", 3e-6), ("float64", 1e-12)):
        result = conv2d(
            x.astype(dtype),
            weight.astype(dtype),
            bias,
            stride=stride,
            padding=edges,
            dilation=dilation,
            groups=groups,
            pad=pad,
            pad_value=1.5,
        )
        assert result.shape == expected.shape
        assert result.dtype == dtype
        allowed = share * np.abs(weight).sum((1, 2, 3)).max() * np.abs(x).max()
        assert_allclose(result, expected, rtol=0, atol=allowed, err_msg=dtype)


@settings(max_examples=25)
@given(
    seed=seeds,
    size=st.tuples(st.integers(5, 40), st.integers(5, 200)),
    kernel=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    edges=st.tuples(*[st.tuples(st.integers(0, 4), st.integers(0, 4))] * 2),
    groups=st.sampled_from((1, 1, 2, 4)),
    depth=st.sampled_from((1, 3)),
    pad=st.sampled_from(("zero", "reflect", "wrap", "replicate", "symmetric")),
)
def test_random_layers(seed, size, kernel, stride, edges, groups, depth, pad):
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 1, (1, depth * groups, *size))
    weight, bias = rng.normal(0, 1, (groups * 2, depth, *kernel)), rng.normal(0, 1, groups * 2)
    result = conv2d(x, weight, bias, stride=stride, padding=edges, groups=groups, pad=pad)
    expected = by_windows(x, weight, bias, stride, edges, (1, 1), groups, pad, 0)
    assert_allclose(result, expected, rtol=1e-9, atol=1e-11)


def test_whole_numbers_stay_exact():
    rng = np.random.default_rng(3)
    x = rng.integers(0, 256, (64, 20, 80)).astype("uint8")
    weight = rng.integers(-3, 4, (64, 64, 3, 3)).astype("float32")
    result = conv2d(x, weight, padding=1)
    expected = by_windows(x[None], weight, np.zeros(64), (1, 1), ((1, 1), (1, 1)), (1, 1), 1, "zero", 0)[0]
    assert_array_equal(result, expected)


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan, 3e38])
def test_what_is_not_finite_stays_in_its_windows(bad):
    rng = np.random.default_rng(4)
    x = rng.normal(0, 1, (64, 12, 80)).astype("f")
    weight = np.abs(rng.normal(0, 0.05, (64, 64, 3, 3))).astype("f")
    clean = conv2d(x, weight, padding=1)
    x[5, 6, 40] = bad
    result = conv2d(x, weight, padding=1)
    reached = np.zeros((12, 80), bool)
    reached[5:8, 39:42] = True
    assert_allclose(result[:, ~reached], clean[:, ~reached], rtol=1e-4, atol=1e-4)
    inside = result[:, reached]
    if np.isnan(bad):
        assert np.isnan(inside).all()
    else:
        assert (np.sign(inside) == np.sign(bad)).all()
        assert np.isinf(bad) == bool(np.isinf(inside).all())


def test_threads_change_nothing():
    rng = np.random.default_rng(5)
    for outputs, depth, groups, kernel, stride, dilation, size in WAYS.values():
        x = rng.normal(0, 1, (2, depth * groups, 3 * size[0], size[1])).astype("f")
        weight = rng.normal(0, 1, (outputs, depth, *kernel)).astype("f")
        options = {"stride": stride, "dilation": dilation, "groups": groups, "padding": 1}
        assert_array_equal(conv2d(x, weight, **options, jobs=1), conv2d(x, weight, **options, jobs=3))


def test_any_memory_layout():
    rng = np.random.default_rng(6)
    x = rng.normal(0, 1, (50, 70, 4)).astype(">f4")
    weight = np.asfortranarray(rng.normal(0, 1, (5, 4, 3, 3)).astype("f"))
    plain = conv2d(np.ascontiguousarray(x.transpose(2, 0, 1), "f"), weight, padding=1)
    assert_array_equal(conv2d(x.transpose(2, 0, 1), weight, padding=1), plain)
    assert_array_equal(conv2d(x[::-1].transpose(2, 0, 1)[:, ::-1], weight, padding=1), plain)
