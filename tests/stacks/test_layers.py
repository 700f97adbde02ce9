"""Each layer type against loops that share no code with the product."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from convcli.choices import Combine, PadMode, PoolMode
from convcli.engine.layers.activations import UpsampleMode, upsample
from convcli.errors import GeometryError, UsageError
from convcli.stacks.build import TYPES
from convcli.stacks.trace import run
from tests import oracle
from tests.stacks.helpers import stack_of

RNG = np.random.default_rng(5)
X = RNG.normal(0, 1, (3, 9, 10))
VALUES = X.astype(np.float32)
HARD = np.array([[[0.0, -0.0, 1e-30, -1e30, 1e30, -100, 100, 0.25]]], np.float32)


def made(folder: Path, layer: dict[str, Any], x: np.ndarray = X, **top: Any) -> np.ndarray:
    result, (trace,) = run(stack_of(folder, layer, **top), x)
    assert result.dtype == x.dtype
    assert trace.shape == result.shape
    return result


def each(function: Any, x: np.ndarray) -> np.ndarray:
    return np.array([function(float(v)) for v in x.ravel()]).reshape(x.shape)


def logistic(v: float) -> float:
    return 1 / (1 + math.exp(-v)) if v > -700 else 0.0


ACTIVATIONS = {
    "relu": ({"type": "relu"}, lambda v: v if v > 0 else 0.0),
    "leaky": ({"type": "leaky-relu"}, lambda v: v if v > 0 else 0.01 * v),
    "leaky, steep": ({"type": "leaky-relu", "slope": 0.3}, lambda v: v if v > 0 else 0.3 * v),
    "sigmoid": ({"type": "sigmoid"}, logistic),
    "tanh": ({"type": "tanh"}, math.tanh),
    "power, below 1": ({"type": "power", "exponent": 0.5}, lambda v: math.sqrt(v) if v > 0 else 0.0),
    "power, above 1": (
        {"type": "power", "exponent": 1.25},
        lambda v: v * math.sqrt(math.sqrt(v)) if v > 0 else 0.0,
    ),
    "threshold": ({"type": "threshold", "limit": 0.25}, lambda v: v if v > 0.25 else 0.0),
    "threshold, below": (
        {"type": "threshold", "limit": -0.5, "below": -3},
        lambda v: v if v > -0.5 else -3.0,
    ),
    "threshold, both": (
        {"type": "threshold", "limit": 0, "below": -1, "above": 2},
        lambda v: 2.0 if v > 0 else -1.0,
    ),
}


@pytest.mark.parametrize(("layer", "function"), ACTIVATIONS.values(), ids=ACTIVATIONS)
@pytest.mark.parametrize("x", [X, VALUES, HARD], ids=["float64", "float32", "hard"])
def test_activations(tmp_path: Path, layer: dict[str, Any], function: Any, x: np.ndarray) -> None:
    tolerance = 1e-14 if x.dtype == np.float64 else 3e-7
    assert_allclose(made(tmp_path, layer, x), each(function, x), rtol=tolerance, atol=1e-37)


def test_nan_stays_visible(tmp_path: Path) -> None:
    x = np.full((1, 1, 1), np.nan)
    for kind in ("relu", "leaky-relu", "sigmoid", "tanh"):
        assert np.isnan(made(tmp_path, {"type": kind}, x)).all()
    assert np.isnan(made(tmp_path, {"type": "power", "exponent": 0.5}, x)).all()


@pytest.mark.parametrize("pad", PadMode)
def test_conv_with_inline_weights(tmp_path: Path, pad: PadMode) -> None:
    weight, bias = RNG.normal(0, 1, (4, 3, 3, 2)), RNG.normal(0, 1, 4)
    edges = ((0, 0), (0, 0)) if pad is PadMode.VALID else ((1, 2), (0, 3))
    layer = {"type": "conv", "weights": weight, "bias": bias, "pad": pad.value, "stride": [2, 1]}
    layer |= {"padding": [*edges[0], *edges[1]], "dilation": [1, 2]}
    if pad is PadMode.CONSTANT:
        layer["pad_value"] = 1.5
    expected = oracle.conv2d(
        X[None], weight, bias, stride=(2, 1), edges=edges, dilation=(1, 2), pad=pad, pad_value=1.5
    )
    assert_allclose(made(tmp_path, layer), expected[0], rtol=1e-10, atol=1e-12)


def test_conv_in_groups(tmp_path: Path) -> None:
    weight = RNG.normal(0, 1, (6, 1, 3, 3))
    expected = oracle.conv2d(X[None], weight, groups=3)
    result = made(tmp_path, {"type": "conv", "weights": weight, "groups": 3})
    assert_allclose(result, expected[0], rtol=1e-10, atol=1e-12)


def test_a_kernel_slides_over_every_channel(tmp_path: Path) -> None:
    matrix = np.array([[1.0, 2], [3, -4]])
    layer = {"type": "conv", "kernel": "1 2; 3 -4", "padding": "same", "pad": "wrap", "bias": 0.5}
    edges = oracle.edges_of("same", (2, 2), (1, 1))
    expected = [oracle.correlate(plane, matrix, padding=edges, pad="wrap", bias=0.5) for plane in X]
    assert_allclose(made(tmp_path, layer), expected, rtol=1e-12)
    assert_allclose(made(tmp_path, layer | {"kernel": matrix}), expected, rtol=1e-12)


def test_padding_defaults_to_none_and_zeros(tmp_path: Path) -> None:
    assert made(tmp_path, {"type": "conv", "kernel": "1 1 1; 1 1 1; 1 1 1"}).shape == (3, 7, 8)
    padded = made(tmp_path, {"type": "conv", "kernel": "1 1 1; 1 1 1; 1 1 1", "padding": 1})
    assert_allclose(padded[:, 0, 0], X[:, :2, :2].sum((1, 2)), rtol=1e-12)


def test_several_kernels_give_maps_in_the_order_of_a_depthwise_layer(tmp_path: Path) -> None:
    layer = {"type": "conv", "kernel": "sobel", "combine": "none"}
    x_kernel = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    weight = np.stack([x_kernel, x_kernel.T] * 3)[:, None]
    expected = oracle.conv2d(X[None], weight, groups=3)
    assert_allclose(made(tmp_path, layer), expected[0], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("how", [c for c in Combine if c is not Combine.NONE])
def test_kernels_combine_as_in_filter(tmp_path: Path, how: Combine) -> None:
    x_kernel = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    maps = oracle.conv2d(X[None], np.stack([x_kernel, x_kernel.T] * 3)[:, None], groups=3)[0]
    a, b = maps[::2], maps[1::2]
    expected = {
        "magnitude": np.sqrt(a**2 + b**2),
        "max": np.where(a > b, a, b),
        "sum": a + b,
        "orientation": np.degrees(np.arctan2(b, a)),
    }[how.value]
    result = made(tmp_path, {"type": "conv", "kernel": "sobel", "combine": how.value})
    assert_allclose(result, expected, rtol=1e-9, atol=1e-9)
    if how is Combine.MAGNITUDE:
        assert_array_equal(made(tmp_path, {"type": "conv", "kernel": "sobel"}), result)


def test_kernels_of_three_and_four_axes_sum_over_channels(tmp_path: Path) -> None:
    weight = RNG.normal(0, 1, (2, 3, 3, 3))
    expected = oracle.conv2d(X[None], weight)[0]
    np.save(tmp_path / "bank.npy", weight)
    np.save(tmp_path / "one.npy", weight[0])
    assert_allclose(made(tmp_path, {"type": "conv", "kernel": "bank.npy"}), expected, rtol=1e-10, atol=1e-12)
    one = made(tmp_path, {"type": "conv", "kernel": "one.npy"})
    assert_allclose(one, expected[:1], rtol=1e-10, atol=1e-12)


POOLS = {
    PoolMode.MAX: np.max,
    PoolMode.MIN: np.min,
    PoolMode.AVG: np.mean,
    PoolMode.MEDIAN: np.median,
    PoolMode.LP: lambda w: (np.abs(w) ** 3).sum() ** (1 / 3),
}


@pytest.mark.parametrize("mode", PoolMode)
def test_pool(tmp_path: Path, mode: PoolMode) -> None:
    layer = {"type": "pool", "mode": mode.value, "size": [3, 2], "stride": [2, 3], "norm": 3}
    expected = [
        [[POOLS[mode](plane[2 * r : 2 * r + 3, 3 * c : 3 * c + 2]) for c in range(3)] for r in range(4)]
        for plane in X
    ]
    assert_allclose(made(tmp_path, layer), expected, rtol=1e-10)
    whole = made(tmp_path, {"type": "pool", "mode": mode.value, "global": True, "norm": 3})
    assert_allclose(whole, [[[POOLS[mode](plane)]] for plane in X], rtol=1e-10)


def test_normalize(tmp_path: Path) -> None:
    mean, std = [0.1, -0.2, 0.3], [0.5, 2.0, 1.5]
    weight, bias = [1.0, -2.0, 3.0], [0.0, 1.0, 2.0]
    columns = [np.reshape(v, (3, 1, 1)) for v in (mean, std, weight, bias)]
    m, s, w, b = columns
    layer = {"type": "normalize", "mean": mean, "std": std}
    assert_allclose(made(tmp_path, layer), (X - m) / s, rtol=1e-12)
    assert_allclose(made(tmp_path, {"type": "normalize", "mean": 0.5, "std": 2}), (X - 0.5) / 2, rtol=1e-12)
    layer = {"type": "normalize", "mean": mean, "variance": std, "eps": 0.25, "weight": weight, "bias": bias}
    assert_allclose(made(tmp_path, layer), (X - m) / np.sqrt(s + 0.25) * w + b, rtol=1e-11, atol=1e-12)
    np.savez(
        tmp_path / "bn.npz",
        **{"n.running_mean": mean, "n.running_var": std, "n.weight": weight, "n.bias": bias},
    )
    by_name = made(tmp_path, {"type": "normalize", "statistics": "bn.npz:n", "eps": 0.25})
    assert_allclose(by_name, made(tmp_path, layer), rtol=1e-14)


def slow_upsample(plane: np.ndarray, factor: tuple[int, int], mode: str) -> np.ndarray:
    height, width = plane.shape
    result = np.empty((height * factor[0], width * factor[1]))
    for r in range(result.shape[0]):
        for c in range(result.shape[1]):
            if mode == "nearest":
                result[r, c] = plane[r // factor[0], c // factor[1]]
                continue
            total = 0.0
            for y in range(height):
                for x in range(width):
                    at = [
                        min(max((p + 0.5) / f - 0.5, 0), n - 1)
                        for p, f, n in zip((r, c), factor, plane.shape, strict=True)
                    ]
                    total += max(0.0, 1 - abs(at[0] - y)) * max(0.0, 1 - abs(at[1] - x)) * plane[y, x]
            result[r, c] = total
    return result


@pytest.mark.parametrize("mode", UpsampleMode)
@given(
    size=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    factor=st.tuples(st.integers(1, 4), st.integers(1, 4)),
)
def test_upsample(mode: UpsampleMode, size: tuple[int, int], factor: tuple[int, int]) -> None:
    x = np.random.default_rng(sum(size)).normal(0, 1, (2, *size))
    expected = [slow_upsample(plane, factor, mode.value) for plane in x]
    assert_allclose(upsample(x, factor, mode), expected, rtol=1e-12, atol=1e-12)


def test_upsample_as_a_layer(tmp_path: Path) -> None:
    layer = {"type": "upsample", "factor": [2, 3], "mode": "bilinear"}
    assert_allclose(made(tmp_path, layer), [slow_upsample(p, (2, 3), "bilinear") for p in X], atol=1e-12)
    assert made(tmp_path, {"type": "upsample"}).shape == (3, 18, 20)
    with pytest.raises(UsageError, match="way of upsampling 'cubic'"):
        upsample(X, 2, "cubic")
    with pytest.raises(GeometryError, match="not a picture"):
        upsample(X[0, 0], 2)


def test_all_types_are_tested_here() -> None:
    text = Path(__file__).read_text("utf-8")
    assert all(f'"type": "{kind}"' in text for kind in TYPES)


def test_threads_change_nothing(tmp_path: Path) -> None:
    x = RNG.normal(0, 1, (64, 70, 80)).astype(np.float32)
    weight = RNG.normal(0, 0.05, (64, 64, 3, 3)).astype(np.float32)
    np.savez(tmp_path / "w.npz", w=weight)
    stack = stack_of(
        tmp_path,
        {"type": "conv", "weights": "w.npz:w", "padding": 1},
        {"type": "pool", "size": 3, "stride": 2},
        {"type": "conv", "kernel": "gaussian:sigma=2"},
    )
    one, _ = run(stack, x, jobs=1)
    two, _ = run(stack, x, jobs=2)
    assert_array_equal(one, two)
