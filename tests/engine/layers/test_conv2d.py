import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convcli.choices import PadMode
from convcli.engine.layers.conv2d import conv2d
from convcli.errors import ConvcliError, GeometryError, KernelError, UsageError
from tests import oracle
from tests.engine.strategies import dilations, seeds, strides
from tests.paths import CASES

GOLDEN = [c for c in json.loads((CASES / "golden.json").read_text("utf-8"))["cases"] if c["op"] == "conv2d"]
TORCH = np.load(CASES / "torch_conv2d.npz")
LAYERS = json.loads(str(TORCH["cases"]))["cases"]
TORCH_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "replicate", "wrap": "circular"}


def layer_bound(x, weight, extra=0.0):
    """Return the largest error of a sum over channels and weights."""
    share = 3e-6 if x.dtype == np.float32 else 1e-12
    return share * np.abs(weight).sum((1, 2, 3)).max() * max(np.abs(x).max(), extra)


def test_golden():
    (case,) = GOLDEN
    options = {"stride": case["stride"], "padding": case["padding"]}
    result = conv2d(case["input"], case["weight"], case["bias"], **options)
    np.testing.assert_allclose(result, case["output"], rtol=0, atol=1e-12)


@pytest.mark.parametrize("number", range(len(LAYERS)))
def test_equals_pytorch_as_stored(number):
    x, weight = TORCH[f"x{number}"], TORCH[f"weight{number}"]
    bias = TORCH.get(f"bias{number}")
    result = conv2d(x, weight, bias, **LAYERS[number])
    expected = TORCH[f"y{number}"]
    assert result.dtype == expected.dtype
    assert result.shape == expected.shape
    np.testing.assert_allclose(result, expected, rtol=1e-6, atol=layer_bound(x, weight, 2.5))


@pytest.mark.parametrize("mode", [*TORCH_MODES, "zero"])
@pytest.mark.parametrize("seed", range(6))
def test_equals_pytorch_live(mode, seed):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 1, (2, 6, 11, 12)).astype("float32")
    weight, bias = rng.normal(0, 1, (4, 3, 3, 2)).astype("float32"), rng.normal(0, 1, 4).astype("float32")
    result = conv2d(x, weight, bias, stride=(1, 2), dilation=2, groups=2, padding=((1, 2), (3, 0)), pad=mode)
    padded = torch.nn.functional.pad(
        torch.from_numpy(x), (3, 0, 1, 2), mode=TORCH_MODES.get(mode, "constant")
    )
    weights = torch.from_numpy(weight), torch.from_numpy(bias)
    expected = torch.nn.functional.conv2d(padded, *weights, stride=(1, 2), dilation=2, groups=2).numpy()
    np.testing.assert_allclose(result, expected, rtol=1e-6, atol=layer_bound(x, weight))


@pytest.mark.parametrize("pad", PadMode)
@settings(max_examples=15)
@given(
    seed=seeds,
    groups=st.integers(1, 3),
    kernel=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    stride=strides,
    dilation=dilations,
    edges=st.tuples(*[st.tuples(st.integers(0, 5), st.integers(0, 5))] * 2),
    dtype=st.sampled_from(("float32", "float64", "uint8")),
)
def test_equals_the_loop(pad, seed, groups, kernel, stride, dilation, edges, dtype):
    rng = np.random.default_rng(seed)
    edges = ((0, 0), (0, 0)) if pad is PadMode.VALID else edges
    spans = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    size = [span + int(rng.integers(0, 4)) for span in spans]
    x = (rng.random((2, 2 * groups, *size)) * 9).astype(dtype)
    weight, bias = rng.normal(0, 1, (2 * groups, 2, *kernel)).astype("float32"), rng.normal(0, 1, 2 * groups)
    options = {"stride": stride, "dilation": dilation, "groups": groups, "pad_value": 1.5}
    result = conv2d(x, weight, bias, padding=edges, pad=pad, **options)
    expected = oracle.conv2d(x, weight, bias, edges=edges, pad=pad, **options)
    assert result.shape == expected.shape
    share = 1e-6 if result.dtype == np.float32 else 1e-15
    np.testing.assert_allclose(
        result, expected, rtol=share, atol=layer_bound(x * result.dtype.type(1), weight)
    )
    alone = conv2d(x[1], weight, bias, padding=edges, pad=pad, **options)
    np.testing.assert_allclose(
        alone, result[1], rtol=share, atol=layer_bound(x * result.dtype.type(1), weight)
    )


def test_same_and_full():
    x, weight = np.ones((1, 5, 6)), np.ones((1, 1, 2, 4))
    assert conv2d(x, weight, padding="same").shape == (1, 5, 6)
    assert conv2d(x, weight, padding="full").shape == (1, 6, 9)
    assert conv2d(x, weight, padding="same")[0, 0].tolist() == [6, 8, 8, 8, 6, 4]


X, W = np.ones((3, 5, 5)), np.ones((4, 3, 3, 3))


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        ({"x": np.ones((2, 5, 5))}, GeometryError, ("2 channels", "expects 3")),
        ({"x": np.ones((4, 5, 5)), "groups": 2}, GeometryError, ("4 channels", "2 groups of 3")),
        ({"x": np.ones((6, 5, 5)), "weight": np.ones((3, 3, 1, 1)), "groups": 2}, UsageError, ("3 outputs",)),
        ({"x": np.ones((5, 5))}, GeometryError, ("(5, 5)",)),
        ({"x": np.ones((3, 0, 5))}, GeometryError, ("(3, 0, 5)",)),
        ({"x": np.ones((3, 5, 5), complex)}, UsageError, ("complex128",)),
        ({"weight": np.ones((3, 3, 3))}, KernelError, ("(3, 3, 3)",)),
        ({"weight": W * np.nan}, KernelError, ("not finite",)),
        ({"weight": W * 1j}, KernelError, ("complex128", "real numbers")),
        ({"bias": [1, 2]}, GeometryError, ("(2,)", "(4,)")),
        ({"bias": [1, 2, 3, np.inf]}, KernelError, ("bias",)),
        ({"dilation": 3}, GeometryError, ("3x3", "7x7", "5x5")),
        ({"groups": 0}, UsageError, ("groups 0",)),
        ({"stride": 0}, UsageError, ("stride 0",)),
        ({"pad": "valid", "padding": 1}, UsageError, ("valid",)),
    ],
)
def test_errors(arguments, kind, words):
    with pytest.raises(ConvcliError) as caught:
        conv2d(**{"x": X, "weight": W, **arguments})
    assert type(caught.value) is kind
    assert all(word in caught.value.message for word in words)
    assert caught.value.hint
